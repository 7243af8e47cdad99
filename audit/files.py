"""Writes files whole or not at all."""

import errno
import tempfile
from collections.abc import Mapping
from pathlib import Path


def write(files: Mapping[Path, bytes], *, mode: int = 0o644) -> None:
    """Write every file, making its folder where it is not there; what stood there before stays until all are whole.

    Raises `OSError` with the file in `filename` where one cannot be written, or something that is no file has its name,
    such as a device: then none of them has changed, unless the last step, giving them their names, was refused in the
    middle.
    """
    halves: list[tuple[Path, Path]] = []
    path = Path()
    try:
        for path, content in files.items():
            if path.exists() and not path.is_file():
                raise OSError(errno.EINVAL, "it is no file", str(path))
            path.parent.mkdir(parents=True, exist_ok=True)
            with tempfile.NamedTemporaryFile(dir=path.parent, prefix=f".{path.name[:40]}-", delete=False) as half:
                halves.append((Path(half.name), path))
                half.write(content)
            Path(half.name).chmod(mode)
        for half_path, path in halves:
            half_path.replace(path)
    except OSError as error:
        # The system's own error names the half-written file, which says nothing to whoever asked.
        raise OSError(error.errno, error.strerror or str(error), str(path)) from error
    finally:
        for half_path, _ in halves:
            half_path.unlink(missing_ok=True)

"""Reads the files of a folder that a stranger gave: plain files alone, and never more than was said."""

import os
import stat
import zlib
from collections.abc import Iterator
from pathlib import Path


def file(folder: Path, path: str, *, most: int) -> bytes:
    """Return a file's bytes; raises `ValueError` for more than `most`, what is no plain file, or cannot be read."""
    # Neither follows a link that takes the file's place after it was looked at, nor waits for a pipe's other end.
    flags = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
    try:
        descriptor = os.open(folder / path, flags)
        with os.fdopen(descriptor, "rb") as opened:
            if not stat.S_ISREG(os.fstat(descriptor).st_mode):
                raise ValueError("it is no plain file")
            content = opened.read(most + 1)
    except OSError as error:
        raise ValueError(f"cannot be read: {error.strerror}") from error
    if len(content) > most:
        raise ValueError(f"it is longer than {most} bytes")
    return content


def unpacked(content: bytes, *, size: int) -> bytes:
    """Unpack gzip that holds `size` bytes; raises `ValueError` where it holds more or fewer, or something follows."""
    reader = zlib.decompressobj(wbits=31)
    try:
        plain = reader.decompress(content, size + 1)
    except zlib.error as error:
        raise ValueError(f"it cannot be unpacked: {error}") from error
    if len(plain) != size:
        raise ValueError(f"unpacked it is not {size} bytes long")
    if not reader.eof or reader.unused_data:
        raise ValueError("its packing is cut off, or something follows it")
    return plain


def walked(folder: Path) -> Iterator[tuple[str, str]]:
    """Yield every path below `folder` in order, with `file`, `folder` or what else it is; links are not followed.

    A name that is no text, and a folder that cannot be listed, are something else.
    """
    yield from _walked(folder, "")


def _walked(folder: Path, below: str) -> Iterator[tuple[str, str]]:
    try:
        items = sorted(os.scandir(folder / below), key=lambda item: item.name)
    except OSError:
        yield below.rstrip("/"), "a folder that cannot be listed"
        return
    for item in items:
        path = below + item.name
        if item.is_symlink():
            yield path, "a symbolic link"
        elif item.is_dir(follow_symlinks=False):
            yield path, "folder"
            yield from _walked(folder, f"{path}/")
        else:
            yield path, "file" if item.is_file(follow_symlinks=False) else "neither a file nor a folder"

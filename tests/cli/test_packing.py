"""`audit check --packs` leaves evidence of the whole estate, or none."""

import shutil

from tests.cli.running import audit, said
from tests.support import POLICIES


def test_a_part_of_the_estate_is_not_packed_as_the_whole(tmp_path):
    """Where nothing says how much there is, nobody could tell that some was left out."""
    policies = shutil.copytree(POLICIES, tmp_path / "policies", ignore=shutil.ignore_patterns("__pycache__"))
    targets = policies / "targets.toml"
    lines = targets.read_text().splitlines()
    targets.write_text(
        "\n".join("subscriptions = []" if line.startswith("subscriptions = ") else line for line in lines)
    )
    words = ("check", "--live", "--packs", "packs", "--subscription", "one", "--policies", policies)
    assert "Name the whole estate in estate.subscriptions" in said(audit(*words, cwd=tmp_path))
    assert all(path.name.endswith(".unfinished") for path in (tmp_path / "packs").iterdir())

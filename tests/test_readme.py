"""What the README shows is what the product prints."""

import re

import pytest

from audit.reports import terminal
from tests.support import ROOT

BLOCKS = re.findall(r"```text\n(.*?)```", (ROOT / "README.md").read_text(), flags=re.DOTALL)


def lines(text):
    """Take a block's lines, the day of the audit left out."""
    return [re.sub(r"judged on \S+", "judged on …", line) for line in text.splitlines() if line.strip(" …")]


def printed(report):
    return set(lines(terminal.render(report, colour=False, width=100)))


def test_the_second_block_is_what_a_check_prints(untouched):
    """Every line of it, to the letter; the first block is the demo's, which has a test of its own."""
    assert not [line for line in lines(BLOCKS[1]) if line not in printed(untouched)]


def test_the_third_block_is_what_the_broken_line_prints(audited, copied, tmp_path):
    """Every line of it, to the letter."""
    project = copied(tmp_path)
    page = project / "stacks" / "portal.py"
    page.write_text(page.read_text().replace("client_affinity_enabled=False", "client_affinity_enabled=True"))
    report = audited(project)
    assert not [line for line in lines(BLOCKS[2]) if line not in printed(report)]


@pytest.mark.parametrize("link", re.findall(r"\]\(((?!https:)[^)#]+)\)", (ROOT / "README.md").read_text()))
def test_a_link_leads_somewhere(link):
    """To a file or folder of the repository."""
    assert (ROOT / link).exists()

"""The report of a quarter is composed once: every section and promise is there, and numbers come from tables alone."""

import re
from collections import Counter

import msgspec
import pytest

from audit.cli import replay, verify
from audit.model import Verdict
from audit.promises import Proof
from audit.quarters.model import Edition
from audit.reports.quarter.blocks import Figure, Table, Terms, Text, filled
from audit.reports.quarter.composing import composed
from audit.reports.quarter.shortening import why
from audit.reports.quarter.tabling import blocks, tables
from audit.runs import Identity
from tests.quarters import BOARD, CUSTOMER, NOTHING, OTHER_CANARY, QUARTER, many

EDITIONS = {"auditor": QUARTER, "board": BOARD, "customer": CUSTOMER, "no evidence": NOTHING}
each_edition = pytest.mark.parametrize("quarter", EDITIONS.values(), ids=EDITIONS)
EMPTY = Proof()
SECTIONS = [*(f"{number}. " for number in range(13)), "A. ", "B. ", "C. ", "D. "]
TOLD = re.compile(
    r"\{[a-z0-9.-]+\}|\d{8}T\d{6}Z-[0-9a-f]{8}|\d{4}-\d{2}-\d{2}|\d{4}Q\d|Art\. \d+(\(\d+\))?( and \d+)?|[A-Z]+-\d+"
)
ASSURANCE = re.compile(r"(?i)audit opinion|certif|guarantee|reasonable assurance|high assurance|very limited|assured")


def all_sections(sections):
    """Go through every section at every depth, with its depth."""
    for section in sections:
        yield section
        yield from all_sections(section.sections)


def prose(document):
    """Return every paragraph of our own words."""
    return [
        block for block in blocks(document.sections) if isinstance(block, Text) and block.kind in ("plain", "notice")
    ]


def find(document, name):
    """Return a table by its id."""
    return next(table for table in tables(document.sections) if table.id == name)


@each_edition
def test_every_section_stands_once_and_in_order(quarter):
    """Each edition has sections 0 to 12 and A to D, and none is empty."""
    sections = composed(quarter).sections
    assert [re.match(r"\w+\. ", section.heading).group() for section in sections] == SECTIONS
    assert all(section.blocks or section.sections for section in all_sections(sections))


@each_edition
def test_every_promise_is_told_once(quarter):
    """No promise is left out or told twice, whether it counts or not: a section, or a row of its statement's table."""
    document = composed(quarter)
    anchors = Counter(section.anchor for section in all_sections(document.sections))
    assert set(anchors.values()) == {1}
    if quarter.edition is Edition.AUDITOR:
        assert {f"promise-{one.id.lower()}": 1 for one in quarter.promises}.items() <= anchors.items()
    else:
        told = [row.cells[0].text for table in tables(document.sections) if in_short(table) for row in table.rows]
        assert sorted(told) == sorted(one.id for one in quarter.promises)
        assert not any(name.startswith("promise-") for name in anchors)


def in_short(table):
    """Tell whether a table is one in which a short edition tells a statement's promises."""
    return "What was promised" in table.columns


@pytest.mark.parametrize("quarter", [BOARD, CUSTOMER], ids=["board", "customer"])
def test_a_short_edition_qualifies_every_promise_that_was_not_kept(quarter):
    """The management's list counts by cause, names each promise once, and hides none that is unproven."""
    rows = find(composed(quarter), "TQ").rows
    named = [name for row in rows for name in row.cells[3].text.split(", ")]
    assert sorted(named) == sorted(
        one.id for one in quarter.promises if one.counted and one.verdict is not Verdict.KEPT
    )
    assert all(row.cells[2].number == len(row.cells[3].refs) for row in rows)


@pytest.mark.parametrize("quarter", [BOARD, CUSTOMER], ids=["board", "customer"])
def test_a_short_edition_says_why_a_promise_is_not_kept(quarter):
    """A few words stand beside every verdict but kept, and a letter for each week."""
    these = [table for table in tables(composed(quarter).sections) if in_short(table)]
    rows = {row.cells[0].text: row for table in these for row in table.rows}
    for one in quarter.promises:
        cells = rows[one.id].cells
        assert cells[2].verdict is one.verdict
        assert one.verdict is Verdict.KEPT or cells[3].text != "\u2013"
        assert not one.counted or len(cells[4].text) == len(quarter.weeks)
        assert cells[5].number == sum(test.population for test in one.tests)


def unproven(reason, needs=EMPTY):
    """Return a promise that counts and is unproven for a reason."""
    sample = next(one for one in QUARTER.promises if one.counted)
    return msgspec.structs.replace(sample, verdict=Verdict.UNPROVEN, reason=reason, needs=needs)


@pytest.mark.parametrize(
    ("reason", "needs", "told"),
    [
        pytest.param(
            "not attested: compute.days, geo.regions, compute.more (weeks 1 to 5); no evidence (week 6)",
            EMPTY,
            "not attested: targets of compute, geo",
            id="targets by area",
        ),
        pytest.param(
            "still needs: a data check (weeks 1 to 5); no evidence (week 6)",
            Proof(data_checks=("DP-01",)),
            "needs: a data check",
            id="what it still needs",
        ),
        pytest.param(
            "still needs: a probe (week 1); kept by the newest evidence",
            EMPTY,
            "for a part of the quarter it lacked: a probe",
            id="what it lacked before",
        ),
        pytest.param(
            "no evidence (week 6); not verified (week 9); kept by the newest evidence",
            EMPTY,
            "no evidence or not verified in some weeks; kept by the newest evidence",
            id="nothing but weeks",
        ),
        pytest.param(
            "AT-02: it expired on 2026-08-20 (weeks 8 to 9); a taste cannot be checked",
            EMPTY,
            "AT-02: it expired on 2026-08-20; a taste cannot be checked",
            id="words of people stay",
        ),
        pytest.param("no evidence", EMPTY, "no evidence", id="no evidence at all"),
    ],
)
def test_a_reason_is_told_in_few_words(reason, needs, told):
    """Each cause stands once and without its weeks, and none is lost."""
    assert why(unproven(reason, needs)) == told


@each_edition
def test_anchors_and_ids_are_unique(quarter):
    """An anchor leads to one place, and a number stands in one cell."""
    document = composed(quarter)
    found = [table.id.lower() for table in tables(document.sections)]
    found += [row.key for table in tables(document.sections) for row in table.rows]
    found += [section.anchor for section in all_sections(document.sections)]
    found += [block.id.lower() for block in blocks(document.sections) if isinstance(block, Figure)]
    assert [name for name, count in Counter(found).items() if count > 1] == []
    assert len(document.numbers) == sum(
        cell.number is not None for table in tables(document.sections) for row in table.rows for cell in row.cells
    )


@each_edition
def test_prose_takes_its_numbers_from_tables(quarter):
    """A paragraph of ours holds no figure but dates, ids and articles of a law; every other is a place for one."""
    document = composed(quarter)
    own = [TOLD.sub("", text.text) for text in prose(document)]
    assert [text for text in own if re.search(r"\d", text)] == []
    assert all(filled(text, document.numbers) for text in prose(document))


@each_edition
def test_a_number_is_the_text_of_its_cell(quarter):
    """What is read and what is counted are one; nothing is given in per cent."""
    document = composed(quarter)
    cells = [cell for table in tables(document.sections) for row in table.rows for cell in row.cells]
    assert [cell for cell in cells if cell.number is not None and cell.text != str(cell.number)] == []
    assert not any("%" in text.text for text in prose(document))


@each_edition
def test_it_claims_no_assurance(quarter):
    """The words of those who are allowed to give an opinion stand nowhere in ours."""
    said = [text.text for text in prose(composed(quarter))]
    assert [text for text in said if ASSURANCE.search(text)] == []


@each_edition
def test_unproven_promises_stay_in_the_total(quarter):
    """The verdicts of a row sum to its promises, and the statements to all."""
    rows = {row.key: [cell.number for cell in row.cells[1:]] for row in find(composed(quarter), "T1").rows}
    assert all(sum(numbers[1:]) == numbers[0] for numbers in rows.values())
    assert rows["t1-a"][0] + rows["t1-b"][0] == rows["t1-all"][0] == sum(one.counted for one in quarter.promises)


@pytest.mark.parametrize("quarter", [QUARTER, BOARD, CUSTOMER], ids=["auditor", "board", "customer"])
def test_the_reconciliation_sums(quarter):
    """Expected and appeared, less gone, is found; found is what is in and out of scope; the last row sums them."""
    rows = [[cell.number for cell in row.cells[1:7]] for row in find(composed(quarter), "T2").rows]
    assert all(was + came - went == found == within + without for was, came, went, found, within, without in rows)
    assert rows[-1] == [sum(column) for column in zip(*rows[:-1], strict=True)]


@pytest.mark.parametrize("quarter", [QUARTER, CUSTOMER], ids=["auditor", "customer"])
def test_evidence_resolves_both_ways(quarter):
    """Whatever is referred to stands in the index, and whatever stands there is referred to."""
    document = composed(quarter)
    index = {row.cells[0].text: row.cells[-1].text for row in find(document, "T11").rows}
    referred = {
        name
        for table in tables(document.sections)
        if "Evidence" in table.columns[1:]
        for row in table.rows
        for name in row.cells[table.columns.index("Evidence")].text.split(", ")
    } - {"\u2013"}
    assert referred <= set(index)
    assert all(users != "\u2013" for name, users in index.items() if quarter is QUARTER or name in referred)


@each_edition
def test_a_reference_leads_to_a_row_or_a_section(quarter):
    """No link of a cell leads nowhere."""
    document = composed(quarter)
    there = {row.key for table in tables(document.sections) for row in table.rows}
    there |= {section.anchor for section in all_sections(document.sections)}
    cells = [cell for table in tables(document.sections) for row in table.rows for cell in row.cells]
    assert {ref for cell in cells for ref in cell.refs} <= there


def test_what_the_evidence_lacks_stands_on_the_first_page():
    """Holes, a doubted pack, no timestamp, an expired attestation and a refused listing come before the result."""
    first = composed(QUARTER).sections[0]
    notices = " ".join(block.text for block in first.blocks if isinstance(block, Text) and block.kind == "notice")
    for word in ("without any evidence", "not verify", "timestamp", "Attestations that do not hold", "could not see"):
        assert word in notices


def test_no_evidence_is_said_and_never_reads_as_kept():
    """A quarter without a pack has all of its sections, nil returns, and not one promise or week that is kept."""
    document = composed(NOTHING)
    assert document.verdict is Verdict.UNPROVEN
    assert document.numbers["t1-all-kept"] == 0
    assert sum(number for anchor, number in document.numbers.items() if re.fullmatch(r"t4-.*-kept", anchor)) == 0
    said = " ".join(filled(text, document.numbers) for text in prose(document))
    for nil in ("No drill was recorded", "Nothing was seen to be broken", "No pack of the quarter could be read"):
        assert nil in said
    assert find(document, "T7").empty.startswith("Nil return")


def test_no_register_of_breaches_is_no_nil_return():
    document = composed(msgspec.structs.replace(QUARTER, breaches=(), has_register=False))
    assert find(document, "T7").empty.startswith("No register of breaches")


def test_what_was_broken_for_a_part_of_the_period_shows_from_when_to_when():
    """The exception tells its stretches, the promise its weeks."""
    document = composed(QUARTER)
    told = {row.cells[0].text: row.cells[4].text for row in find(document, "T5").rows}
    assert told["X-1a2b3c4d"].startswith("2026-10-12 to 2026-10-19 (seen otherwise on 2026-10-05; seen otherwise again")
    weeks = {row.cells[0].text: row.cells[-1].text for row in find(document, "T4").rows}
    assert "broken 2026-10-12 to 2026-10-25" in weeks["A-01"]


def test_each_figure_has_a_table_that_says_the_same():
    """A drawing names its table, tells its numbers in words, and loads nothing."""
    document = composed(QUARTER)
    names = {table.id for table in tables(document.sections)}
    found = [block for block in blocks(document.sections) if isinstance(block, Figure)]
    assert [figure.id for figure in found] == ["F1", "F2", "F3", "F4", "F5"]
    for figure in found:
        assert figure.table in names
        assert figure.alt in figure.svg.replace("&amp;", "&")
        assert not re.search(r"<script|href|url\(|<image|<style", figure.svg)


def test_without_drills_there_is_no_figure_of_them():
    """F4 and F5 stand only where something was measured."""
    found = {block.id for block in blocks(composed(NOTHING).sections) if isinstance(block, Figure)}
    assert found == {"F1", "F2"}


def test_a_place_to_sign_is_empty_and_by_role():
    """Nobody's name stands in a block to sign."""
    document = composed(QUARTER)
    signed = [
        block for block in blocks(document.sections) if isinstance(block, Terms) and ("Signature", "") in block.terms
    ]
    assert len(signed) == 4
    assert {said for block in signed for _, said in block.terms} == {""}


def test_only_the_auditors_edition_tells_who_read_the_clouds():
    """A customer's edition holds no tenant and no principal."""
    assert b"66666666-7777" in msgspec.json.encode(composed(QUARTER))
    assert b"66666666-7777" not in msgspec.json.encode(composed(CUSTOMER))


def test_another_customers_canary_is_in_no_part_of_a_customers_document():
    """What the quarter of an edition does not hold, its document cannot say."""
    assert CUSTOMER.edition is Edition.CUSTOMER
    assert OTHER_CANARY.encode() not in msgspec.json.encode(composed(CUSTOMER))
    assert b"c-11" not in msgspec.json.encode(composed(CUSTOMER))


@pytest.mark.parametrize("command", [verify.command, replay.command], ids=["verify", "replay"])
def test_a_command_that_readers_are_told_is_one_that_there_is(command):
    """What appendix B and the cover say to type has the options of the command itself."""
    codes = [block.text for block in blocks(composed(QUARTER).sections) if isinstance(block, Text)]
    (told,) = [text.split() for text in codes if text.startswith(f"audit {command.name} ")]
    options = {name for param in command.params for name in param.opts}
    assert {word for word in told if word.startswith("--")} <= options


def test_the_board_reads_the_inventory_by_provider():
    """A provider stands once, and all of them sum to what all types do."""
    by_type, by_provider = find(composed(QUARTER), "T2").rows, find(composed(BOARD), "T2").rows
    names = [row.cells[0].text for row in by_provider[:-1]]
    assert len(names) == len(set(names)) <= len(by_type) - 1
    assert not any("/" in name for name in names)
    assert [cell.number for cell in by_provider[-1].cells] == [cell.number for cell in by_type[-1].cells]


def test_an_identity_is_told_once_however_many_sessions_it_had():
    """What names one session of a role is left out, so that every run of a quarter reads as one."""
    role = "arn:aws:sts::000000000000:assumed-role/reader"
    packs = [
        msgspec.structs.replace(pack, identities=(Identity("aws", "000000000000", f"{role}/run-{number}"),))
        for number, pack in enumerate(QUARTER.packs)
    ]
    method = composed(msgspec.structs.replace(QUARTER, packs=tuple(packs))).sections[4]
    (told,) = [block.terms for block in method.blocks if isinstance(block, Terms)]
    assert told == (("Read aws as", f"{role} of 000000000000"),)


def test_the_same_quarter_gives_the_same_document():
    """Nothing goes in but the quarter, however long it is."""
    assert composed(many(50)) == composed(many(50))
    assert {type(block) for block in blocks(composed(QUARTER).sections)} >= {Table, Text, Terms, Figure}

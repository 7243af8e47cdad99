"""The appendices: where the evidence is, how to check it, the machine files, and the words used."""

from __future__ import annotations

from collections import defaultdict

from audit.quarters.model import Edition, Quarter
from audit.reports.quarter.blocks import Block, Items, Section, Table, Terms, Text
from audit.reports.quarter.tabling import moment, row, table

CHECKS = (
    ("With the product, offline, with nothing but the public key", "audit verify PACK --key KEY.pem"),
    ("Deriving the same verdicts again from the raw answers", "audit replay PACK"),
    (
        "With a tool that others made (compliance-trestle): the signed manifest",
        "trestle verify-manifest --manifest PACK/manifest.json --signature PACK/seal/manifest.dsse.json "
        "--public-key KEY.pem",
    ),
    (
        "With a tool that others made (OpenSSL): the timestamp",
        "openssl ts -verify -data PACK/seal/pack.dsse.json -in PACK/seal/pack.tsr -CAfile AUTHORITY.pem",
    ),
)
PROVES = (
    "that the bytes of the pack are those that were sealed: nothing was changed, added, taken away or put in another "
    "order",
    "that whoever sealed them held the key with this fingerprint",
    "where there is a timestamp of an authority that you trust: that they existed before that moment",
    "that the verdicts follow from the answers that are kept in the pack: anybody can derive them again",
)
PROVES_NOT = (
    "that the program looked everywhere: that is what the reconciliation of what there was is for",
    "that the cloud told the truth about itself",
    "that another estate was not shown to the program: that is what identities and digests of rules are for",
    "that people kept to what they say in attestations",
)
FILES = (
    ("quarter.json", "everything in this report for programs, with every number by its anchor"),
    ("assessment-results.json", "the results in OSCAL, for tools of auditors"),
    ("assessment-plan.json", "the plan in OSCAL that the results refer to"),
    ("component-definition.json", "the controls in OSCAL"),
    ("*.csv", "the tables for a spreadsheet; a text that a spreadsheet would run is led by an apostrophe"),
)
GLOSSARY = (
    ("Promise", "one commitment of a published statement, in our own words; the company's own are counted"),
    ("Control", "one claim about one kind of resource that a program can check"),
    ("Finding", "what one control says of one resource, with its reason and evidence"),
    ("Exception", "what was broken or waived, with the time in which it was seen so"),
    ("Waiver", "a deviation accepted in writing by a role, until a date"),
    ("Attestation", "a person's dated word, by role, for what no machine can see; it expires"),
    ("Gap", "what could not be seen; whatever it may hide is unproven"),
    ("Pack", "the evidence of one run, drill or report, in one folder"),
    ("Seal", "a signature over the list of a pack's files, which names the seal before it"),
    ("Target", "a number that the company chose to mean its promise by"),
    ("RPO", "recovery point objective: how old restored data may be"),
    ("RTO", "recovery time objective: how long a restoration may take"),
    ("Proof level 0, configured", "a policy of backup covers the item"),
    ("Proof level 1, present", "there is a recovery point, and its age is known"),
    ("Proof level 2, bytes intact", "what is stored matches its checksums"),
    ("Proof level 3, restored", "the platform restored it somewhere"),
    ("Proof level 4, sound", "the engine's own check of the restored copy passes"),
    ("Proof level 5, content right", "known content came back, and is fresh"),
    ("Proof level 6, usable", "somebody could work with it: an action of the service itself succeeded"),
)


def evidence_refs(quarter: Quarter) -> dict[str, str]:
    """Return for each piece of evidence the row of the index that it stands in; empty where there is no index."""
    return {row_.cells[0].text: row_.key for row_ in _index(quarter).rows}


def index(quarter: Quarter) -> Section:
    """Write appendix A: every piece of evidence, and what refers to it."""
    if quarter.evidence:
        blocks: tuple[Block, ...] = (_index(quarter),)
    elif quarter.edition is Edition.BOARD:
        blocks = (Text(text="The index of evidence stands in the auditor's edition."),)
    else:
        blocks = (Text(text="There is no evidence in this quarter that this edition could refer to.", kind="notice"),)
    return Section(anchor="evidence", heading="A. Evidence index", blocks=blocks)


def _index(quarter: Quarter) -> Table:
    users: dict[str, list[str]] = defaultdict(list)
    for exception in quarter.exceptions:
        for name in exception.evidence:
            users[name].append(exception.id)
    for promise in quarter.promises:
        for name in dict.fromkeys((*promise.evidence, *(name for test in promise.tests for name in test.evidence))):
            users[name].append(promise.id)
    rows = [
        row(one.id, one.id, one.kind, one.what, one.pack, moment(one.at), one.digest, ", ".join(users[one.id]))
        for one in quarter.evidence
    ]
    return table(
        "T11",
        "Evidence that this report refers to",
        ("Evidence", "Kind", "What was asked or looked at", "Pack", "At", "SHA-256", "Used by"),
        rows,
        widths=(3, 2, 6, 5, 4, 6, 3) if quarter.edition is Edition.AUDITOR else (3, 3, 4, 5, 4, 6, 9),
        source="Source: the packs; an answer lies in its pack below answers, under its digest.",
    )


def checking(quarter: Quarter) -> Section:
    """Write appendix B: how to check a pack without us, and what a seal does and does not prove."""
    here: list[Block] = [Text(text="Each pack is a folder. It can be checked on any machine, without a network.")]
    for what, command in CHECKS:
        here += [Text(text=f"{what}:"), Text(text=command, kind="code")]
    if quarter.keys:
        here.append(Text(text="Keys that packs of this quarter were verified with; compare them with those published:"))
        here.append(Terms(terms=tuple((key[:16], print_) for key, print_ in sorted(quarter.keys.items()))))
    else:
        here.append(Text(text="No pack of this quarter was verified with any key.", kind="notice"))
    here += [Text(text="What a valid seal proves:"), Items(items=PROVES)]
    here += [Text(text="What a valid seal does not prove:"), Items(items=PROVES_NOT)]
    return Section(anchor="verify", heading="B. How to verify", blocks=tuple(here))


def files() -> Section:
    """Write appendix C: the files for machines that come with every edition."""
    lead = Text(text="These files come with the report, are embedded in its PDF and are listed in its manifest.")
    return Section(anchor="files", heading="C. Machine files", blocks=(lead, Terms(terms=FILES)))


def glossary() -> Section:
    """Write appendix D: the words of this report."""
    return Section(anchor="glossary", heading="D. Glossary", blocks=(Terms(terms=GLOSSARY),))

"""Packs made by hand, judged for real: customers' accounts that stand shut or open, week by week."""

from datetime import UTC, date, datetime, timedelta

import msgspec

from audit.drill_record import (
    Check,
    CleanUp,
    Document,
    DrillRecord,
    DrillVerdict,
    Item,
    Left,
    Measured,
    Operator,
    Population,
    Recoverability,
)
from audit.engine import judge
from audit.kinds.keyvault import KEY_VAULT
from audit.kinds.storage import STORAGE_ACCOUNT
from audit.model import Answer, Gap, Plane, Snapshot
from audit.people import Customer, Customers
from audit.promises import Commitment, Proof, Statement
from audit.quarters.building import build
from audit.runs import Checked, Fault, Identity, Pack, PackKind, Run
from tests.made import control, policies, thing

SUBSCRIPTION = "0b0c5a3e-1111-4222-8333-444455556666"
FIRST = datetime(2026, 10, 1, 2, tzinfo=UTC)
"""A Thursday: it belongs to the week of the Monday after it."""
MONDAYS = tuple(datetime(2026, 10, 5, 2, tzinfo=UTC) + timedelta(weeks=number) for number in range(13))
RUNS = MONDAYS[:12]
"""One run for each of the twelve weeks of 2026Q4; the last has one Monday more."""
BEFORE = datetime(2026, 9, 28, 2, tzinfo=UTC)
END = date(2026, 12, 31)
CUSTOMERS = Customers(
    customer=(
        Customer(pseudonym="c-07", tags={"customer": "c-07"}),
        Customer(pseudonym="c-08", tags={"customer": "c-08"}),
    )
)
SHUT = control("storage-shut", on=(STORAGE_ACCOUNT,))
SEALED = control("keyvault-sealed", on=(KEY_VAULT,))


def commitment(identity, *controls, **more):
    """Make one commitment."""
    fields = {"promise_text": f"The promise {identity}.", "sentences": ("0" * 64,), "binds": "processor", **more}
    return Commitment(id=identity, controls=controls, **fields)


def rules(*commitments, controls=(SHUT, SEALED), digest="d" * 64, **more):
    """Make policies with one statement; two promises by default."""
    commitments = commitments or (commitment("S-1", "storage-shut"), commitment("S-2", "keyvault-sealed"))
    statement = Statement(
        id="S",
        company="A locksmith",
        title="What we promise",
        url="https://locks.example/promises",
        seen=date(2026, 1, 1),
        digest=digest,
        scope=("files",),
        sentences=("0" * 64,),
        commitments=commitments,
    )
    made = policies(*controls, statements=(statement,))
    return msgspec.structs.replace(made, customers=CUSTOMERS, **more)


RULES = rules()


def account(name, *, shut=True, customer="", at=FIRST, kind=STORAGE_ACCOUNT):
    """Make a storage account, or a thing of another kind, that stands shut or open."""
    identity = f"/subscriptions/{SUBSCRIPTION}/resourcegroups/all/providers/{kind.arm.lower()}/{name}"
    body = {"shut": shut, "location": "uksouth", "tags": {"customer": customer} if customer else {}}
    made = thing(kind, identity, body, name=name, plane=Plane.LIVE)
    url = f"GET https://management.azure.com{identity}?api-version=2024-01-01"
    answer = Answer(url=url, at=at, request_id=f"r-{name}", digest=f"{abs(hash_of(name)):064x}")
    return msgspec.structs.replace(made, seen_at=at, answers=(answer,))


def hash_of(text):
    """Make a number of a text, the same in every process."""
    return int.from_bytes(text.encode(), "big") % 2**200


def vault(name="keys", **more):
    """Make a key vault."""
    return account(name, kind=KEY_VAULT, **more)


def checked(at, *, sealed=True, faults=(), kind=PackKind.RUN, mark="1f3a9c2e"):
    """Say what a check found of a pack."""
    return Checked(
        id=f"{at:%Y%m%dT%H%M%SZ}-{mark}",
        kind=kind,
        sealed=sealed,
        faults=tuple(Fault("report.json.gz", text) for text in faults),
        signers=("key-1",) if sealed else (),
        digest=f"{int(at.timestamp()):064x}" if sealed else "",
    )


def pack(at, *resources, policies=RULES, gaps=(), run=None, **more):
    """Make the pack of one run: what it saw, judged."""
    resources = resources or (account("files", at=at), vault(at=at))
    snapshot = Snapshot(
        plane=Plane.LIVE,
        origin="a subscription",
        seen_at=at,
        resources=tuple(sorted(resources, key=lambda one: one.id)),
        gaps=tuple(Gap(reason, kinds) for reason, kinds in gaps),
    )
    found = checked(at, **more)
    made = Run(
        id=found.id,
        began=at,
        ended=at + timedelta(minutes=5),
        product="promise-audit 6",
        identities=(Identity("azure", "tenant", "principal"),),
        versions={"msgspec": "1"},
        policies={"controls/storage/shut.py": "1" * 64},
    )
    return Pack(
        checked=found,
        run=msgspec.structs.replace(made, **(run or {})),
        snapshot=snapshot,
        report=judge(snapshot, policies, at.date(), product="promise-audit 6"),
    )


def year(**more):
    """Make a pack for each week, all in order."""
    return [pack(at, **more) for at in RUNS]


def quarter(packs, policies=RULES, *, name="2026Q4", as_of=END, **more):
    """Build the quarter."""
    return build(packs, quarter=name, as_of=as_of, policies=policies, product="promise-audit 6", **more)


def promise(made, identity="S-1"):
    """Find a promise of a quarter."""
    return next(one for one in made.promises if one.id == identity)


def drill(at, *, ref="item-1", state="proven", level=5, rpo="met", rto="met", in_scope=1, cleanup="clean", **more):
    """Make the pack of a drill on one item."""
    customer, promises = more.pop("customer", ""), more.pop("commitments", ("S-1",))
    record = DrillRecord(
        schema="promise-audit/drill-record/1",
        drill_id=f"drill-{ref}-{at:%m%d}",
        commitments=promises,
        proves=more.pop("proves", ("BCK-13",)),
        item=Item(kind="sql", ref=ref, customer=customer),
        population=Population(
            in_scope=in_scope, eligible=in_scope, excluded=(Left(ref="none"),), method="least recent", seed="1"
        ),
        checks=(Check(id="checkdb", level=4, result="pass"),),
        verdict=DrillVerdict(
            recoverability=Recoverability(state=state, level=level),
            rpo=Measured(achieved_s=60, target_s=3600, state=rpo, basis="canary"),
            rto=Measured(achieved_s=60, target_s=3600, state=rto, basis="level 5"),
            cleanup=CleanUp(state=cleanup),
        ),
        operator=Operator(identity="principal", role="operator", authorised_by="plan-1"),
        tool=Document(ref="promise-audit", sha256="0" * 64),
        began=at,
        ended=at + timedelta(hours=1),
        **{key: value for key, value in more.items() if key == "negative_control"},
    )
    rest = {key: value for key, value in more.items() if key != "negative_control"}
    return Pack(checked=checked(at, kind=PackKind.DRILL, mark=f"{hash_of(ref) % 2**32:08x}", **rest), drill=record)


DRILLED = rules(
    commitment("S-1", "storage-shut", pending=Proof(drills=("BCK-13",))), commitment("S-2", "keyvault-sealed")
)

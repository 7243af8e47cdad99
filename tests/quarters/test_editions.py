"""A customer reads of what is theirs and of nobody else, and no edition is better than the whole."""

from datetime import UTC, date, datetime, timedelta

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from audit.model import AuditError, Verdict, broken, kept
from audit.people import Breach, Customers, Response, Shared
from audit.promises import Waiver
from audit.quarters.editions import edition
from audit.quarters.model import Edition
from tests.made import control
from tests.quarter_packs import (
    BEFORE,
    CUSTOMERS,
    DRILLED,
    RULES,
    RUNS,
    SEALED,
    STORAGE_ACCOUNT,
    SUBSCRIPTION,
    account,
    drill,
    pack,
    promise,
    quarter,
    rules,
    vault,
)

K, U, B, NA = Verdict.KEPT, Verdict.UNPROVEN, Verdict.BROKEN, Verdict.NOT_APPLICABLE


def theirs(packs, policies=RULES, customer="c-07", **more):
    made = quarter(packs, policies, **more)
    return edition(made, Edition.CUSTOMER, policies=policies, customer=customer, packs=packs)


def weekly(seen, policies=RULES):
    return [pack(at, *seen(number, at), policies=policies) for number, at in enumerate(RUNS)]


def test_what_is_broken_at_another_customer_leaves_a_promise_kept():
    packs = weekly(
        lambda number, at: (
            account("seven", customer="c-07"),
            account("eight", customer="c-08", shut=number != 3),
            vault(),
        )
    )
    assert promise(quarter(packs)).verdict is B
    assert promise(theirs(packs)).verdict is K
    assert promise(theirs(packs, customer="c-08")).verdict is B
    assert promise(theirs(packs)).tests[0].population == 1


def test_what_is_shared_counts_for_all_and_is_told_without_a_name():
    packs = weekly(
        lambda number, at: (account("common", shut=number != 11), account("seven", customer="c-07"), vault())
    )
    made = theirs(packs)
    (one,) = made.exceptions
    assert promise(made).verdict is B
    assert promise(made).exceptions == (one.id,)
    assert (one.name, one.resource, one.reason, one.evidence, one.customers) == ("1 shared resource", "", "", (), ())
    assert b"common" not in msgspec.json.encode(made)


def test_what_is_shared_and_left_out_counts_all_the_same():
    policies = rules()
    policies = msgspec.structs.replace(
        policies, customers=Customers(customer=CUSTOMERS.customer, shared=Shared.LEFT_OUT)
    )
    packs = weekly(lambda number, at: (account("common", shut=False), vault()), policies)
    made = theirs(packs, policies)
    assert made.exceptions == ()
    assert promise(made).verdict is B
    assert any("count in the verdicts" in text for text in made.leaves_out)


def test_a_control_that_speaks_of_others_alone_is_not_applicable_and_proves_nothing():
    packs = weekly(lambda number, at: (account("eight", customer="c-08"), vault()))
    found = promise(theirs(packs))
    assert (found.verdict, found.tests[0].now, found.tests[0].population) == (U, NA, 0)


def test_holes_and_doubts_are_in_every_edition():
    packs = weekly(lambda number, at: (account("seven", customer="c-07"), vault()))
    packs[4] = msgspec.structs.replace(packs[4], checked=msgspec.structs.replace(packs[4].checked, sealed=False))
    del packs[2]
    whole = quarter(packs)
    for which in Edition:
        made = edition(whole, which, policies=RULES, customer="c-07", packs=packs)
        assert [week.state for week in made.weeks] == [week.state for week in whole.weeks]
        assert promise(made).verdict is U
        assert promise(made).weeks[2] is promise(made).weeks[4] is U


def test_a_customer_whose_pseudonym_nobody_knows_gets_no_report():
    with pytest.raises(AuditError, match="'c-99' is no customer of customers.toml"):
        theirs([], customer="c-99")


def test_subscriptions_are_spelt_otherwise_in_a_customers_edition():
    packs = weekly(lambda number, at: (account("seven", customer="c-07", shut=False), vault()))
    assert SUBSCRIPTION in quarter(packs).exceptions[0].resource
    made = theirs(packs)
    assert made.exceptions[0].name == "seven"
    assert SUBSCRIPTION.encode() not in msgspec.json.encode(made)


def test_the_board_reads_exceptions_by_control_and_no_index():
    packs = weekly(lambda number, at: (*(account(f"a{one}", shut=False) for one in range(5)), vault()))
    whole = quarter(packs)
    made = edition(whole, Edition.BOARD, policies=RULES)
    (one,) = made.exceptions
    assert (len(whole.exceptions), one.name, one.reason) == (5, "5 resources", "it stands open")
    assert promise(made).exceptions == (one.id,)
    assert made.evidence == ()
    assert not any(test.evidence for found in made.promises for test in found.tests)
    assert (made.verdict, made.weeks) == (whole.verdict, whole.weeks)


def test_every_reference_of_an_edition_leads_somewhere():
    packs = [*weekly(lambda number, at: (account("seven", customer="c-07", shut=False), vault()), DRILLED)]
    packs.append(drill(RUNS[5] + timedelta(hours=1), customer="c-07"))
    for which in Edition:
        made = edition(quarter(packs, DRILLED), which, policies=DRILLED, customer="c-07", packs=packs)
        refs = {ref for one in made.exceptions for ref in one.evidence}
        refs |= {ref for one in made.promises for ref in one.evidence}
        refs |= {ref for one in made.promises for test in one.tests for ref in test.evidence}
        assert refs == {piece.id for piece in made.evidence}
        ids = {one.id for one in made.exceptions}
        assert {ref for one in made.promises for ref in one.exceptions} <= ids


CANARY = "canary-of-eight"


def gossip(account):
    """Rule in words that name a neighbour."""
    if account.read("shut", bool):
        return kept(f"shut beside {CANARY}-1")
    return broken(f"open beside {CANARY}-2", change={"shut": True})


def full_of_canaries(seed):
    """Make a quarter in which the other customer's name stands wherever a text can."""
    rule = control("storage-shut", gossip, on=(STORAGE_ACCOUNT,))
    answer = {
        "cause": f"see {CANARY}-1.",
        "response": f"{CANARY}-2.example",
        "risk": "c-08",
        "owner": "platform",
        "due": date(2026, 12, 1),
    }
    now = datetime(2026, 11, 2, tzinfo=UTC)
    breach = {"aware": now, "facts": f"{CANARY} was open", "effects": CANARY, "remedy": CANARY, "owner": "platform"}
    policies = rules(
        *DRILLED.statements[0].commitments,
        controls=(rule, SEALED),
        responses=tuple(
            Response(control="storage-shut", resource=name, **answer) for name in ("seven", f"{CANARY}-1", "common")
        ),
        breaches=(
            Breach(id="B-1", customers=("c-07", "c-08"), **breach),
            Breach(id=f"B-2-{CANARY}", customers=("c-08",), **breach),
        ),
        waivers=(
            Waiver(
                control="storage-shut",
                resource=f"{CANARY}-1",
                planes=("live",),
                reason=f"as for {CANARY}-2",
                owner="platform",
                until=date(2026, 11, 9),
            ),
        ),
    )
    packs = [
        pack(
            at,
            account("seven", customer="c-07", shut=seed[number] != "own"),
            account(f"{CANARY}-1", customer="c-08", shut=seed[number] != "other"),
            account(f"{CANARY}-2", customer="c-08", shut=number % 2 == 0),
            account("common", shut=seed[number] != "shared"),
            vault(),
            policies=policies,
            gaps=((f"{CANARY} answered 403", ()),) if seed[number] == "gap" else (),
            faults=(f"{CANARY} was edited",) if seed[number] == "edited" else (),
        )
        for number, at in enumerate((BEFORE, *RUNS))
    ]
    drills = [
        drill(at + timedelta(hours=1), ref=ref, customer=customer, state="failed", level=2, cleanup="failed")
        for at in (BEFORE, RUNS[4])
        for ref, customer in (("item-7", "c-07"), (f"{CANARY}-1", "c-08"))
    ]
    return [*packs, *drills], policies


@settings(max_examples=20, deadline=None)
@given(st.lists(st.sampled_from(["own", "other", "shared", "gap", "edited", "fine"]), min_size=13, max_size=13))
def test_no_byte_of_a_customers_edition_names_another(seed):
    packs, policies = full_of_canaries(seed)
    made = theirs(packs, policies)
    content = msgspec.json.encode(made).decode()
    assert CANARY not in content
    assert "c-08" not in content
    assert CANARY in msgspec.json.encode(quarter(packs, policies)).decode()

"""What people answer for: incidents and breach duties, waivers, attestations and the sign-off."""

from __future__ import annotations

from audit.quarters.model import BreachInPeriod, Edition, Quarter
from audit.reports.quarter.blocks import Row, Section, Table, Terms, Text
from audit.reports.quarter.shortening import areas, is_short
from audit.reports.quarter.tabling import day, moment, row, table

CLOCK = (
    "The clock runs from when the company became aware of a breach to when it told the controllers concerned "
    "(Art. 33(2) GDPR). The clock for telling an authority is the controller's own, and is not judged here."
)


def incidents(quarter: Quarter) -> Section:
    """Write section 8: every breach with its clock, or that there is none in the register, or no register."""
    nil = "Nil return: the register of breaches holds none for this quarter."
    if quarter.edition is Edition.CUSTOMER:
        nil = "Nil return: the register of breaches holds none for this quarter that concerns this customer."
    if not quarter.has_register:
        nil = "No register of breaches stands with the policies, so nothing is known of any: this is no nil return."
    customers = ("Customers",) if quarter.edition is not Edition.CUSTOMER else ()
    clocks = table(
        "T7",
        "Breaches, and from awareness to notice",
        ("Breach", "Aware", "Notice given", "Minutes to notice", "State", *customers, "Owner"),
        [_clock(one, quarter) for one in quarter.breaches],
        widths=(3, 3, 3, 2, 4, *((2,) if customers else ()), 3),
        source="Source: the register of breaches that the company keeps.",
        empty=nil,
    )
    facts = table(
        "T7.F",
        "Facts, effects and remedies of each breach",
        ("Breach", "Facts", "Effects", "Remedy", "Why late or without notice"),
        [
            row(one.breach.id, one.breach.id, one.breach.facts, one.breach.effects, one.breach.remedy, one.breach.late)
            for one in quarter.breaches
        ],
        widths=(3, 5, 4, 4, 4),
        source="Source: the same register (Art. 33(5) GDPR).",
        empty="There is nothing to tell.",
    )
    blocks = (Text(text=CLOCK), clocks, facts) if quarter.breaches else (Text(text=CLOCK), clocks)
    return Section(anchor="incidents", heading="8. Incidents and breach duties", blocks=blocks)


def _clock(one: BreachInPeriod, quarter: Quarter) -> Row:
    breach = one.breach
    notice = moment(breach.notified) if breach.notified else "nobody was told yet"
    state = f"closed {day(breach.closed)}" if breach.closed else "open"
    customers = (", ".join(breach.customers),) if quarter.edition is not Edition.CUSTOMER else ()
    return row(breach.id, breach.id, moment(breach.aware), notice, one.minutes, state, *customers, breach.owner)


def waivers(quarter: Quarter) -> Section:
    """Write section 10: what was accepted in writing, and what people vouch for."""
    blocks = (_waivers(quarter), _attestations(quarter), _targets(quarter))
    return Section(anchor="waivers", heading="10. Waivers and attestations", blocks=blocks)


def _waivers(quarter: Quarter) -> Table:
    rows = [
        row(
            f"{one.waiver.control} {one.waiver.resource}",
            one.waiver.control,
            one.waiver.resource,
            one.waiver.reason,
            one.waiver.owner,
            day(one.waiver.until),
            "excuses what is there" if one.excuses else "excuses nothing",
            ", ".join(one.flaws) or "none",
        )
        for one in quarter.waivers
    ]
    return table(
        "T9",
        "Deviations accepted in writing",
        ("Control", "Resource", "Reason", "Owner", "Until", "By the newest evidence", "Flaws"),
        rows,
        widths=(4, 3, 5, 3, 3, 4, 3),
        source="Source: the file of waivers; none excuses a promise that is categorical.",
        empty="No deviation was accepted by waiver.",
    )


def _attestations(quarter: Quarter) -> Table:
    rows = [
        row(
            f"{one.attestation.id} {one.attestation.on}",
            one.attestation.id,
            one.attestation.role,
            one.attestation.looked_at,
            day(one.attestation.on),
            day(one.attestation.until),
            f"holds: {one.state}" if one.holds else f"does not hold: {one.reason or one.state}",
            one.attestation.evidence,
        )
        for one in quarter.attestations
    ]
    return table(
        "T9.A",
        "What people vouch for, by role",
        ("Attestation", "Role", "Looked at", "On", "Until", "State", "SHA-256 of what was seen"),
        rows,
        widths=(5, 6, 5, 4, 4, 8, 14) if is_short(quarter) else (3, 3, 4, 3, 3, 4, 5),
        source="Source: the file of attestations; one that does not hold proves nothing.",
        empty="Nobody attested anything: what needs an attestation is unproven.",
    )


def _targets(quarter: Quarter) -> Table:
    names = quarter.targets_unattested
    columns: tuple[str, ...] = ("Target", "What follows")
    rows = [row(name, name, "promises that are measured by it are unproven") for name in names]
    if is_short(quarter):
        columns = ("Targets of", "Number", "Which; promises that are measured by them are unproven")
        rows = [row(area, area, len(these), ", ".join(map(_own, these))) for area, these in areas(names).items()]
    return table(
        "T9.T",
        "Targets that no valid attestation covers",
        columns,
        rows,
        widths=(2, 2, 9) if is_short(quarter) else (1, 2),
        source="Source: the targets that controls asked for, and the attestations that hold.",
        empty="Every target that a control asked for is attested.",
    )


def _own(target: str) -> str:
    """Return a target's name within its area."""
    return target.partition(".")[2] or target


def sign_off(quarter: Quarter) -> Section:
    """Write section 12: who made it, who read it against the evidence, and what the data protection officer says."""
    text = (
        "By role. The data protection officer monitors and advises (Art. 38 and 39 GDPR): the comment is theirs, and "
        "they answer for no promise."
    )
    sign = (("Signature", ""), ("Date", ""))
    sections = (
        Section(anchor="sign-off-prepared", heading="Prepared by", blocks=(Terms(terms=(("Role", ""), *sign)),)),
        Section(anchor="sign-off-reviewed", heading="Reviewed by", blocks=(Terms(terms=(("Role", ""), *sign)),)),
        Section(
            anchor="sign-off-officer",
            heading="Data protection officer",
            blocks=(Terms(terms=(("Comment", ""), *sign)),),
        ),
    )
    return Section(anchor="sign-off", heading="12. Sign-off", blocks=(Text(text=text),), sections=sections)

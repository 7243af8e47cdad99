"""What a bank account's international number looks like in each country that has them, and whether one adds up."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache

_STRUCTURES = (
    # How each country fills its number after the two check digits, by its registrar (ISO 13616, the IBAN registry of
    # https://www.swift.com): so many digits (n), capital letters (a) or either (c).
    "AD8n12c AE19n AL8n16c AT16n AZ4a20c BA16n BE12n BG4a6n8c BH4a14c BI23n BR23n1a1c BY4c4n16c CH5n12c CR18n CY8n16c "
    "CZ20n DE18n DJ23n DK14n DO4c20n EE16n EG25n ES20n FI14n FK2a12n FO14n FR10n11c2n GB4a14n GE2a16n GI4a15c GL14n "
    "GR7n16c GT4c20c HN4a20n HR17n HU24n IE4a14n IL19n IQ4a15n IS22n IT1a10n12c JO4a4n18c KW4a22c KZ3n13c LB4n20c "
    "LC4a24c LI5n12c LT16n LU3n13c LV4a13c LY21n MC10n11c2n MD2c18c ME18n MK3n10c2n MN16n MR23n MT4a5n18c MU4a19n3a "
    "NI4a20n NL4a10n NO11n OM3n16c PK4a16c PL24n PS4a21c PT21n QA4a21c RO4a16c RS18n RU14n15c SA2n18c SC4a20n3a SD14n "
    "SE20n SI15n SK20n SM1a10n12c SO19n ST21n SV4a20n TL19n TN20n TR6n16c UA6n19c VA18n VG4a16n XK16n YE4a4n18c"
)
_LEAST, _MOST = 2, 98
_ONE_OF = {"n": "[0-9]", "a": "[A-Z]", "c": "[0-9A-Z]"}
_GAP = r"[ -]?(?:\r?\n)?"
_HEAD = re.compile(rf"(?<![0-9A-Za-z])[A-Z]{{2}}[0-9]{_GAP}[0-9](?={_GAP}[0-9A-Z])", re.IGNORECASE | re.ASCII)


def ibans(text: str) -> Iterator[tuple[int, int, str]]:
    """Yield where each account number starts and ends, and the number without what separates its groups."""
    for head in _HEAD.finditer(text):
        shape = _shape(text[head.start() : head.start() + 2].upper())
        found = shape.match(text, head.start()) if shape else None
        if found and _adds_up(number := re.sub(r"[\s-]", "", found[0]).upper()):
            yield found.start(), found.end(), number


def _adds_up(number: str) -> bool:
    """Check by ISO 7064, MOD 97-10; check digits run from 02 to 98."""
    if not _LEAST <= int(number[2:4]) <= _MOST:
        return False
    return int("".join(str(int(sign, 36)) for sign in number[4:] + number[:4])) % 97 == 1


@cache
def _shape(country: str) -> re.Pattern[str] | None:
    """Return what a country's numbers look like, with or without gaps; None for one that has none."""
    structure = next((one for one in _STRUCTURES.split() if one.startswith(country)), None)
    if structure is None:
        return None
    parts = re.findall(r"(\d+)([nac])", structure[2:])
    signs = [_ONE_OF[kind] for count, kind in parts for _ in range(int(count))]
    text = _GAP.join([*country, *["[0-9]"] * 2, *signs])
    return re.compile(rf"{text}(?![0-9A-Za-z])", re.IGNORECASE | re.ASCII)

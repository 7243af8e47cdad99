"""Numbers of cards, accounts and persons are found however they are written, and nothing else is taken for one."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from audit.sources.data.numbers import CLASSES, found, joined
from tests.data.planting import BRANDS, card, grouped, iban, insurance, seeded

SALT = b"salt"
CARD = card(seeded(7))


def counts(text):
    return {kind: len(digests) for kind, digests in found(text, SALT).items()}


@pytest.mark.parametrize(("beginning", "length"), BRANDS)
@pytest.mark.parametrize("gap", ["", " ", "-", ".", "\n", "\r\n", "\u00a0", " - ", "\u2011", "\n> "], ids=repr)
def test_a_card_of_every_brand_is_found_with_every_gap(beginning, length, gap):
    number = card(seeded(length), beginning, length)
    text = f"please charge my card {grouped(number, gap)} today"
    assert found(text, SALT) == found(number, SALT)
    assert counts(text) == {"cards": 1}


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(f"card:{CARD}", id="after a colon"),
        pytest.param(f"card{CARD}", id="after a word"),
        pytest.param(f'{{"note": "x\\n{CARD}"}}', id="after an escaped line's end"),
        pytest.param(f"1,{CARD},05/27,123", id="between commas"),
        pytest.param(f"%B{CARD}^DOE/JOHN^2512101123456789?", id="the first track of a magnetic stripe"),
        pytest.param(f";{CARD}=25121011234567890?", id="the second track"),
        pytest.param(f"{CARD}D25121011234567890F", id="the second track as chips keep it"),
        pytest.param(f"V{CARD}", id="after a letter for the brand"),
        pytest.param(f"ID{CARD}", id="after a short word"),
        pytest.param(f"{grouped(CARD, ' ')} 0527 123", id="before its expiry"),
        pytest.param(f"12 {grouped(CARD, ' ')}", id="after another number"),
        pytest.param(f"my card is {CARD[:6]}\n{CARD[6:]} as I said", id="wrapped anywhere"),
        pytest.param("".join(chr(0x660 + int(sign)) for sign in CARD), id="Arabic digits"),
        pytest.param("".join(chr(0xFF10 + int(sign)) for sign in CARD), id="wide digits"),
        pytest.param("\u200b".join(CARD), id="signs without width between"),
        pytest.param(" ".join(CARD), id="digit by digit"),
        pytest.param(f"x%20{CARD}", id="in an address of the web"),
        pytest.param(f"file_{CARD}.pdf", id="in a file's name"),
        pytest.param("x" * 65_530 + f" {CARD} " + "y" * 70_000, id="across two pieces"),
    ],
)
def test_a_card_is_found_wherever_people_write_it(text):
    assert counts(text) == {"cards": 1}


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(CARD[:-1] + str((int(CARD[-1]) + 1) % 10), id="a wrong check digit"),
        pytest.param(f"7{CARD}", id="in more digits"),
        pytest.param(f"{CARD}000000", id="before more digits"),
        pytest.param(f"0.{CARD}", id="after a point"),
        pytest.param(f"a{CARD}f", id="in a digest"),
        pytest.param(f"9e107d9d{CARD}", id="after a digest"),
        pytest.param(f"9e107cc{CARD}", id="after a digest that ends like a word"),
        pytest.param(f"b{CARD}d2513", id="in a digest with a D after it"),
        pytest.param("501812345678-0000-4000-8000-676100000004", id="half a unique id"),
        pytest.param(f"00000000-0000-4000-8000-{card(seeded(1), '6761', 12)}", id="a unique id"),
        pytest.param(f"+{CARD}", id="after a plus"),
        pytest.param(f"1234 {grouped(CARD, ' ')} 5678", id="in a longer row"),
        pytest.param(f"==============={CARD}==", id="between the parts of a mail"),
        pytest.param("9784000000006", id="a book"),
        pytest.param("4006381333931", id="goods"),
        pytest.param("20261123033045 1700000000000 1700000000000000000", id="moments"),
        pytest.param("GB82 WEST 1234 5698 7654 33", id="an account that does not add up"),
        pytest.param("XX82 WEST 1234 5698 7654 32", id="an account of nowhere"),
        pytest.param("QQ123457C GB123457A AB123457E xAB123457A", id="no insurance numbers"),
        pytest.param("ab123457c", id="a digest cut short"),
        pytest.param("", id="nothing"),
    ],
)
def test_what_only_looks_like_a_number_is_none(text):
    assert counts(text) == {}


@pytest.mark.parametrize("text", ["4111111111111111", "4242 4242 4242 4242", "3782-822463-10005", "AB 12 34 56 C"])
def test_numbers_for_trying_are_told_apart(text):
    assert counts(text) == {"test": 1}


@pytest.mark.parametrize("text", ["GB29NWBK60161331926819", "GB29 NWBK 6016 1331 9268 19 so",
                                  "gb29nwbk60161331926819", "DE89 3704 0044 0532 0130 00",
                                  "FR14-2004-1010-0505-0001-3M02-606",
                                  "NO9386011117947", "MT84MALT011000012345MTLCAST001S"])  # fmt: skip
def test_accounts_are_found_and_their_digits_are_no_card(text):
    assert counts(text) == {"ibans": 1}


@pytest.mark.parametrize("text", ["JM 34 12 75 A", "jm341275a,", "NI: JM341275A"])
def test_insurance_numbers_are_found(text):
    assert counts(text) == {"insurance": 1}


def test_equal_numbers_count_once_and_another_salt_makes_other_digests():
    twice = found(f"{CARD} and {grouped(CARD, '-')}", SALT)
    assert len(twice["cards"]) == 1
    assert joined(twice, found(CARD, SALT)) == twice
    assert twice != found(CARD, b"another")


def test_no_number_stands_in_what_is_told():
    random = seeded(3)
    numbers = [card(random), iban(random), insurance(random)]
    told = repr(found(" ".join(numbers), SALT))
    assert not [number for number in numbers if number in told or number[4:12] in told]


@settings(max_examples=60, deadline=None)
@given(st.text(alphabet=st.sampled_from("0123456789 -.\nAGBx"), max_size=200), st.sampled_from(BRANDS), st.integers())
def test_a_card_on_a_line_of_its_own_is_found_whatever_stands_before(before, brand, seed):
    number = card(seeded(seed), *brand)
    assert found(number, SALT)["cards"] <= found(f"{before}\n\nIt is:\n\nx: {number}\n", SALT)["cards"]


@pytest.mark.parametrize("part", ["1 ", "4", "\n1", "GB29", "4111 "])
def test_texts_made_to_be_slow_call_for_the_time(part):
    calls, text = [], part * 30_000
    found(text, SALT, tick=lambda: calls.append(1))
    assert calls
    assert set(counts(text)) <= set(CLASSES)

"""Nothing secret and nobody's name is left in what a cloud answered, and what controls compare stays comparable."""

import json
from unicodedata import normalize
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as some

from audit.evidence.redaction import NO_JSON, Redaction, redacted, texts
from audit.model import AuditError

KEY = b"random"
PEM = "-----BEGIN PRIVATE KEY-----\nCANARY\n-----END PRIVATE KEY-----"
LONG = "CANARY" + "a" * 80 + "=="


def told(value, cloud="azure", **more):
    """Redact a value, and read it back."""
    return json.loads(redacted(json.dumps(value).encode(), cloud, more.pop("names", {}), key=KEY, **more))


@pytest.mark.parametrize(
    "value",
    [
        pytest.param({"primaryKey": "CANARY"}, id="a key by its name"),
        pytest.param({"name": "DB_PASSWORD", "value": "CANARY"}, id="a value by its neighbour"),
        pytest.param({"protectedSettings": {"script": {"run": ["CANARY"]}}}, id="sealed settings"),
        pytest.param({"osProfile": {"customData": "CANARY"}}, id="custom data"),
        pytest.param({"url": "https://a.blob.core.windows.net/c?sv=1&sig=CANARY%3D&se=2"}, id="a signature"),
        pytest.param({"link": "https%3A%2F%2Fa%2Fc%3Fsig%3DCANARY"}, id="a signature, URL-encoded"),
        pytest.param({"text": "AccountName=a;AccountKey=CANARY==;EndpointSuffix=x"}, id="a connection string"),
        pytest.param({"text": "Server=s;User Id=u;Password=CANARY;"}, id="a password"),
        pytest.param({"text": "PWD=CANARY"}, id="a password, upper case"),
        pytest.param({"text": 'Password="CANARY with; blanks"'}, id="a quoted password"),
        pytest.param({"text": '{"password":"CANARY"}'}, id="JSON in a text"),
        pytest.param(
            {"text": json.dumps(json.dumps({"clientSecret": 'CANARY " CANARY'}))}, id="JSON in JSON in a text"
        ),
        pytest.param({"text": "Authorization: Bearer CANARY.abc-123"}, id="a bearer token"),
        pytest.param({"text": "Authorization: Basic CANARYxyz=="}, id="basic authentication"),
        pytest.param({"text": "https://ann:CANARY@host/path"}, id="a password in an address"),
        pytest.param({"text": f"first {PEM} last"}, id="a private key"),
        pytest.param({"text": PEM[:40]}, id="a private key cut off"),
        pytest.param({"text": LONG}, id="a storage key alone"),
        pytest.param({"Password=CANARY": 1}, id="in a property's name"),
        pytest.param({"deep": [{"text": ["x", {"secret": "CANARY"}]}]}, id="deep"),
    ],
)
def test_a_secret_goes_wherever_it_stands(value):
    assert "CANARY" not in json.dumps(told(value))


@pytest.mark.parametrize(
    ("cloud", "value"),
    [
        pytest.param("graph", {"displayName": "CANARY Smith"}, id="a name"),
        pytest.param("graph", {"businessPhones": ["CANARY 1"]}, id="a phone in a list"),
        pytest.param("graph", {"deviceName": "CANARYs-phone"}, id="a device"),
        pytest.param("graph", {"userPrincipalName": "canary_x.org#EXT#@t.example"}, id="a guest"),
        pytest.param("azure", {"message": "The client 'canary@x.example' may not"}, id="an address in a message"),
        pytest.param("azure", {"url": "https://a/users/canary%40x.example"}, id="an address in a URL"),
        pytest.param("azure", {"url": "https://a/users/CANARY_x.org%23EXT%23%40t.example/x"}, id="a guest in a URL"),
        pytest.param("azure", {"emails": "canary@localhost;canary2@x.example"}, id="a contact"),
        pytest.param("azure", {"phoneNumber": "CANARY"}, id="a number"),
        pytest.param("azure", {"name": "CANARY", "emailAddress": "a@x.example"}, id="a receiver"),
        pytest.param("azure", {"login": "CANARY", "sid": "1"}, id="a database's administrator"),
        pytest.param("azure", {"systemData": {"createdBy": "CANARY"}}, id="who made it"),
        pytest.param("aws", {"Owner": {"DisplayName": "CANARY", "ID": "1"}}, id="an owner"),
        pytest.param("aws", {"Key": "CANARY/mail.pst", "VersionId": "1"}, id="an object"),
        pytest.param("aws", {"UserId": "AROAAAAAAAAAAAAAAAAAA:CANARY", "Arn": "x"}, id="a session"),
        pytest.param("aws", {"Arn": "arn:aws:sts::1:assumed-role/auditor/CANARY"}, id="a session's name"),
        pytest.param("aws", {"Policy": '{"AWS":"arn:aws:iam::1:user/CANARY"}'}, id="a user in a policy"),
    ],
)
def test_a_person_becomes_a_placeholder(cloud, value):
    assert "canary" not in json.dumps(told(value, cloud)).lower()


def test_equal_stays_equal_and_an_address_keeps_its_domain():
    found = told({"a": "ann@x.example", "b": "Ann@x.example", "c": "bob@x.example", "d": "to ann@x.example."})
    assert found["a"].endswith("@x.example")
    assert found["a"].lower() == found["b"].lower()
    assert found["a"] != found["c"]
    assert found["d"] == f"to {found['a']}."


def test_another_run_has_other_placeholders():
    """Nobody can try names against them."""
    one, other = (Redaction(key).text("ann@x.example") for key in (b"one", b"other"))
    assert one != other


def test_what_the_targets_spell_stays_readable():
    value = {"name": "Data-Protection", "emailAddress": "dpo@x.example", "arn": "arn:aws:iam::1:user/audit"}
    readable = tuple(
        texts({"a": {"b": ["data-protection", 7], "c": "dpo@x.example"}, "d": "arn:aws:iam::1:user/audit"})
    )
    assert told(value, readable=readable) == value


def test_ids_numbers_and_what_is_empty_stay():
    value = {
        "id": "/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/mail/providers/a.B/c/d",
        "password": None,
        "secret": "",
        "numbers": [1, 2.5, -3, 10**17, True, False, None],
        "principalId": "0a0d17e5-c11e-4a70-8a0d-17e5c11e0001",
        "createdBy": "0a0d17e5-c11e-4a70-8a0d-17e5c11e0001",
        "actions": ["Microsoft.KeyVault/vaults/secrets/*", "secretsmanager:GetSecretValue"],
        "keyUri": "https://v.vault.azure.net/keys/k/0a0d17e5c11e4a708a0d17e5c11e0001",
        "arn": "arn:aws:secretsmanager:eu-west-2:1:secret:s",
    }
    assert told(value) == value


@pytest.mark.parametrize("content", [b"<html>CANARY", b'{"a": "CANARY', b"\xff\xfe", b"[" * 100_000, b'{"a": NaN}'])
def test_what_is_no_json_is_left_out_whole(content):
    assert Redaction(KEY)(content, "azure") == NO_JSON


def test_nothing_stays_nothing():
    assert Redaction(KEY)(b"", "aws") == b""


NAMES = {"c-07": ("Acmé & Sons", "acme"), "c-08": ("Other",)}


@pytest.mark.parametrize(
    ("text", "hidden"),
    [
        pytest.param("/resourceGroups/ACME-prod", "/resourceGroups/c-07-2-prod", id="upper case"),
        pytest.param("acme01.example", "c-07-201.example", id="before digits"),
        pytest.param("ann@acme.example", "@c-07-2.example", id="a domain"),
        pytest.param("a%2Facme%20x", "a%2Fc-07-2%20x", id="after an escape"),
        pytest.param("of Acmé & Sons", "of c-07", id="several words"),
        pytest.param(quote("of Acmé & Sons"), "of%20c-07", id="URL-encoded"),
        pytest.param(json.dumps("Acmé & Sons"), '"c-07"', id="escaped"),
        pytest.param("acmeology", "acmeology", id="another word"),
    ],
)
def test_a_customers_name_becomes_the_pseudonym(text, hidden):
    found = Redaction(KEY, names=NAMES).text(text)
    assert found.endswith(hidden) if hidden.startswith("@") else found == hidden


def test_a_tag_becomes_the_pseudonym_alone():
    """Whatever word it used: what is whose is told by it."""
    value = {"tags": {"customer": "ACME"}, "TagSet": [{"Key": "customer", "Value": "acme"}]}
    assert told(value, names=NAMES) == {"tags": {"customer": "c-07"}, "TagSet": [{"Key": "customer", "Value": "c-07"}]}


def test_a_question_about_what_was_renamed_reaches_it():
    hidden = Redaction(KEY, names=NAMES)
    real = "/subscriptions/s/resourceGroups/rg-Acme/providers/a.B/c/other-1"
    seen = json.loads(
        hidden(json.dumps({"id": real, "nextLink": "https://a/b?$skiptoken=QUNNRQ&x=1"}).encode(), "azure")
    )
    assert (
        hidden.real(f"https://host{seen['id'].lower()}?api-version=1").lower()
        == f"https://host{real}?api-version=1".lower()
    )
    assert "QUNNRQ" not in seen["nextLink"]
    assert hidden.real(seen["nextLink"]) == "https://a/b?$skiptoken=QUNNRQ&x=1"


def test_two_properties_that_become_one_stay_two():
    assert len(told({"ann@x.example": 1, "Ann@X.example": 2})) == 2


@pytest.mark.parametrize("order", [1, -1])
def test_two_things_that_would_be_called_alike_are_refused(order):
    """Else what is asked of one would be answered by the other, and one of them not looked at."""
    hidden = Redaction(KEY, names={"c-07": ("acme",)})
    content = [json.dumps({"id": f"/groups/{name}"}).encode() for name in ("rg-acme", "rg-c-07")][::order]
    hidden(content[0], "azure")
    with pytest.raises(AuditError, match="rg-c-07 would stand for two things"):
        hidden(content[1], "azure")


def test_a_pseudonym_in_tags_and_in_questions_is_no_second_thing():
    hidden = Redaction(KEY, names={"c-07": ("acme",)})
    seen = json.loads(hidden(b'{"id": "/groups/rg-acme", "tags": {"customer": "for c-07"}, "by": "c-07"}', "azure"))
    assert hidden.text(f"GET https://host{seen['id']}") == "GET https://host/groups/rg-c-07"
    assert json.loads(hidden(b'{"id": "/groups/rg-acme/files"}', "azure"))["id"] == "/groups/rg-c-07/files"


@pytest.mark.parametrize("form", ["NFC", "NFD"])
@pytest.mark.parametrize("spelt", [str, quote, str.upper])
def test_a_customers_name_goes_however_its_marks_are_written(form, spelt):
    hidden = Redaction(KEY, names={"c-09": (normalize("NFD", "Müller"),)})
    assert hidden.text(f"of {spelt(normalize(form, 'Müller'))} in it") == "of c-09 in it"


@pytest.mark.parametrize("at", ["@", "%40", "%2540", r"\u0040"])
def test_an_address_goes_however_its_sign_is_written(at):
    assert "canary" not in Redaction(KEY).text(f"by canary{at}x.example now")


def test_a_pseudonym_that_holds_a_customers_word_is_refused():
    with pytest.raises(ValueError, match="pseudonym"):
        Redaction(KEY, names={"acme-1": ("acme",)})


leaves = some.none() | some.booleans() | some.integers(-(2**53), 2**53) | some.text(max_size=30)
values = some.recursive(
    leaves | some.sampled_from(["ann@x.example", "Password=x", "acme", PEM]),
    lambda inner: some.lists(inner, max_size=4) | some.dictionaries(some.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)


@given(values)
def test_redacting_again_changes_nothing(value):
    hidden = Redaction(KEY, names=NAMES)
    once = hidden(json.dumps(value).encode(), "graph")
    assert Redaction(KEY, names=NAMES)(once, "graph") == once


def forms(canary):
    """Spell a text as answers do."""
    upper = canary.upper()
    return [canary, upper, quote(canary), quote(upper, safe=""), json.dumps(canary)[1:-1], json.dumps(upper)[1:-1]]


@given(
    some.sampled_from(["acme", "Acmé & Sons", "other"]),
    some.integers(0, 5),
    some.text(alphabet="-_/. 0123456789:=&?", max_size=6),
    some.text(alphabet="-_/. 0123456789:=&?", max_size=6),
    some.booleans(),
)
def test_no_form_of_a_customers_name_survives(word, form, before, after, in_key):
    text = f"{before}{forms(word)[form]}{after}"
    value = {text: 1} if in_key else {"x": [text]}
    left = json.dumps(told(value, names=NAMES), ensure_ascii=False).lower()
    assert not any(spelt.lower() in left for spelt in forms(word))


@given(some.text(alphabet="abcdefgh.+_-", min_size=1, max_size=12), some.sampled_from(["", "<", "mailto:", "'", " "]))
def test_no_address_survives(local, before):
    canary = f"zq{local}zq"
    left = json.dumps(told({"x": f"{before}{canary}@x.example", "y": quote(f"{canary}@x.example", safe="")}))
    assert canary not in left

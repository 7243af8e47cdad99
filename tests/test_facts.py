"""A value is read only where it was seen, known and of the expected shape; anything else is no evidence."""

import pytest

from audit.facts import AMBIGUOUS, MISSHAPEN, SECRET, UNKNOWN, Cause, Part, Reading, Reference, Unseen, fits, readings

LINK = Reference("urn:pulumi:s::p::t::other", "id")


def facts(body):
    """Make something to read from."""
    return Part("it", "", body)


@pytest.mark.parametrize(
    ("body", "path", "shape", "value"),
    [
        pytest.param({"on": True}, "on", bool, True, id="a bool"),
        pytest.param({"on": False}, "on", bool, False, id="false is a value"),
        pytest.param({"days": 0}, "days", int, 0, id="zero is a value"),
        pytest.param({"name": ""}, "name", str, "", id="an empty text is a value"),
        pytest.param({"rules": []}, "rules", list, [], id="an empty list is a value"),
        pytest.param({"days": 7.0}, "days", int, 7, id="a whole float counts as an int"),
        pytest.param({"days": 7}, "days", float, 7, id="an int counts as a float"),
        pytest.param({"share": 0.5}, "share", float, 0.5, id="a float"),
        pytest.param({"a": {"b": {"c": "deep"}}}, "a.b.c", str, "deep", id="nested"),
        pytest.param({"a": {"b": 1}}, "a", dict, {"b": 1}, id="an object"),
    ],
)
def test_a_value_that_was_seen_is_returned(body, path, shape, value):
    """What stands at the path comes back as the shape asked for."""
    found = facts(body).read(path, shape)
    assert found == value
    assert type(found) is type(value)


@pytest.mark.parametrize(
    ("body", "path", "shape", "reason", "cause"),
    [
        pytest.param({}, "on", bool, "on was not seen", Cause.MISSING, id="absent"),
        pytest.param({"on": None}, "on", bool, "on was not seen", Cause.MISSING, id="null"),
        pytest.param({"a": {}}, "a.b.c", str, "a.b.c was not seen", Cause.MISSING, id="absent on the way"),
        pytest.param({"a": None}, "a.b", str, "a.b was not seen", Cause.MISSING, id="null on the way"),
        pytest.param({"on": UNKNOWN}, "on", bool, "on is not known before deployment", Cause.UNKNOWN, id="unknown"),
        pytest.param(
            {"a": UNKNOWN}, "a.b", bool, "a.b is not known before deployment", Cause.UNKNOWN, id="unknown on the way"
        ),
        pytest.param({"on": SECRET}, "on", bool, "on is a secret and was not looked at", Cause.MISSING, id="secret"),
        pytest.param(
            {"on": AMBIGUOUS}, "on", bool, "on stands twice with different values", Cause.MISSING, id="ambiguous"
        ),
        pytest.param({"on": LINK}, "on", str, "on is not known before deployment", Cause.UNKNOWN, id="a reference"),
        pytest.param(
            {"a": LINK}, "a.b", str, "a.b is not known before deployment", Cause.UNKNOWN, id="a reference on the way"
        ),
        pytest.param(
            {"rules": ["a", UNKNOWN]},
            "rules",
            list,
            "rules is not known before deployment",
            Cause.UNKNOWN,
            id="a list with an unknown inside",
        ),
        pytest.param(
            {"rules": [{"ports": {"from": LINK}}]},
            "rules",
            list,
            "rules is not known before deployment",
            Cause.UNKNOWN,
            id="a reference deep inside a list",
        ),
        pytest.param(
            {"a": {"key": SECRET}},
            "a",
            dict,
            "a is a secret and was not looked at",
            Cause.MISSING,
            id="a secret inside",
        ),
        pytest.param(
            {"properties": UNKNOWN},
            "on",
            bool,
            "on is not known before deployment",
            Cause.UNKNOWN,
            id="below unknown properties",
        ),
        pytest.param(
            {"properties": LINK},
            "on",
            bool,
            "on is not known before deployment",
            Cause.UNKNOWN,
            id="below properties of another resource",
        ),
        pytest.param(
            {"a": "text"},
            "a.b",
            bool,
            "a.b lies below something of an unexpected shape",
            Cause.MISSING,
            id="below a text",
        ),
        pytest.param(
            {"a": [{"b": True}]},
            "a.b",
            bool,
            "a.b lies below something of an unexpected shape",
            Cause.MISSING,
            id="below a list",
        ),
    ],
)
def test_a_value_that_was_not_seen_is_no_evidence(body, path, shape, reason, cause):
    """The reason names the path and why nothing was read there, and the cause says who can mend it."""
    with pytest.raises(Unseen) as caught:
        facts(body).read(path, shape)
    assert str(caught.value) == reason
    assert caught.value.cause is cause


@pytest.mark.parametrize(
    ("value", "shape"),
    [
        pytest.param("true", bool, id="text for a bool"),
        pytest.param(1, bool, id="an int for a bool"),
        pytest.param(0, bool, id="zero for a bool"),
        pytest.param(True, int, id="a bool for an int"),
        pytest.param("7", int, id="text for an int"),
        pytest.param(7.5, int, id="a fraction for an int"),
        pytest.param(float("nan"), int, id="no number for an int"),
        pytest.param(float("inf"), int, id="infinity for an int"),
        pytest.param(True, float, id="a bool for a float"),
        pytest.param(7, str, id="an int for text"),
        pytest.param(["a"], str, id="a list for text"),
        pytest.param("abc", list, id="text for a list"),
        pytest.param({"a": 1}, list, id="an object for a list"),
        pytest.param([], dict, id="a list for an object"),
    ],
)
def test_a_value_of_another_shape_is_no_evidence(value, shape):
    """The reason says what was expected and what was seen; a default does not stand in for it."""
    assert not fits(value, shape)
    for absent in ({}, {"absent": shape()}):
        with pytest.raises(Unseen, match=f"a has an unexpected shape: {shape.__name__} expected, ") as caught:
            facts({"a": value}).read("a", shape, **absent)
        assert caught.value.cause is Cause.MISSING


@pytest.mark.parametrize(
    ("body", "value"),
    [
        pytest.param({}, True, id="absent"),
        pytest.param({"a": None}, True, id="null on the way"),
        pytest.param({"a": {"b": None}}, True, id="null"),
        pytest.param({"a": {"b": False}}, False, id="set"),
    ],
)
def test_a_documented_default_stands_in_for_what_is_absent(body, value):
    """The platform's own default counts only where nothing was set."""
    assert facts(body).read("a.b", bool, absent=True) is value


@pytest.mark.parametrize(
    "body",
    [
        pytest.param({"a": {"b": UNKNOWN}}, id="unknown"),
        pytest.param({"a": {"b": SECRET}}, id="secret"),
        pytest.param({"a": {"b": LINK}}, id="a reference"),
        pytest.param({"a": UNKNOWN}, id="unknown on the way"),
        pytest.param({"a": LINK}, id="a reference on the way"),
        pytest.param({"a": "text"}, id="another shape on the way"),
        pytest.param({"a": {"properties": UNKNOWN}}, id="below unknown properties"),
    ],
)
def test_a_default_never_stands_in_for_what_could_not_be_read(body):
    """Hiding a value must not make it look like the default."""
    with pytest.raises(Unseen):
        facts(body).read("a.b", bool, absent=True)


def test_what_is_beside_unknown_properties_can_be_read():
    """Only what is not there may be hidden by them."""
    assert facts({"properties": UNKNOWN, "location": "uksouth"}).read("location", str) == "uksouth"


def test_looking_returns_whatever_is_there():
    """Markers and references come back as they are, and absence is None."""
    seen = facts({"a": UNKNOWN, "b": LINK, "c": {"d": 1}, "e": "text"})
    assert [seen.look(path) for path in ("a", "b", "c.d", "c.x", "e.f")] == [UNKNOWN, LINK, 1, None, MISSHAPEN]


@pytest.mark.parametrize(
    ("value", "texts"),
    [
        pytest.param(["a", "b"], ("a", "b"), id="texts"),
        pytest.param([], (), id="none"),
        pytest.param(None, ("z",), id="absent"),
    ],
)
def test_a_list_of_text_is_read_as_texts(value, texts):
    """A default stands in for an absent list only."""
    assert facts({"a": value}).texts("a", absent=("z",)) == texts


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        pytest.param(None, "a was not seen", id="absent"),
        pytest.param("a", "a has an unexpected shape: list expected, 'a' seen", id="one text"),
        pytest.param(["a", 1], "a has an unexpected shape: a list of text expected", id="a number among texts"),
        pytest.param(["a", None], "a has an unexpected shape: a list of text expected", id="a null among texts"),
        pytest.param(["a", UNKNOWN], "a is not known before deployment", id="an unknown among texts"),
    ],
)
def test_a_list_of_anything_else_is_no_list_of_text(value, reason):
    """One item that is not text spoils the list."""
    with pytest.raises(Unseen) as caught:
        facts({"a": value}).texts("a")
    assert str(caught.value) == reason


def test_objects_of_a_list_are_read_as_parts_with_full_paths():
    """What is missing in one of them is named from the resource down."""
    first, second = facts({"a": {"rules": [{"port": 25}, {}]}}).each("a.rules")
    assert first.read("port", int) == 25
    assert second.path("port") == "a.rules[1].port"
    with pytest.raises(Unseen, match=r"^a\.rules\[1\]\.port was not seen$"):
        second.read("port", int)


def test_parts_of_parts_keep_their_path():
    """Lists inside lists are named with both positions."""
    (outer,) = facts({"rules": [{"ends": [{"port": 1}]}]}).each("rules")
    (inner,) = outer.each("ends")
    assert inner.path("port") == "rules[0].ends[0].port"


@pytest.mark.parametrize(
    ("value", "reason", "cause"),
    [
        pytest.param(None, "rules was not seen as a list", Cause.MISSING, id="absent"),
        pytest.param("text", "rules was not seen as a list", Cause.MISSING, id="text"),
        pytest.param({"a": 1}, "rules was not seen as a list", Cause.MISSING, id="an object"),
        pytest.param(UNKNOWN, "rules is not known before deployment", Cause.UNKNOWN, id="an unknown list"),
        pytest.param(LINK, "rules is not known before deployment", Cause.UNKNOWN, id="another resource's list"),
        pytest.param(
            [{}, UNKNOWN], "rules[1] is not known before deployment", Cause.UNKNOWN, id="an unknown among objects"
        ),
        pytest.param([LINK], "rules[0] is not known before deployment", Cause.UNKNOWN, id="a reference among objects"),
        pytest.param(
            ["text"], "rules[0] has an unexpected shape: an object expected", Cause.MISSING, id="text among objects"
        ),
        pytest.param(
            [None], "rules[0] has an unexpected shape: an object expected", Cause.MISSING, id="null among objects"
        ),
    ],
)
def test_a_list_with_anything_unseen_in_it_has_no_parts(value, reason, cause):
    """Leaving an element out would hide it from the control."""
    with pytest.raises(Unseen) as caught:
        facts({"rules": value}).each("rules")
    assert str(caught.value) == reason
    assert caught.value.cause is cause


def test_an_absent_list_has_no_parts_only_where_a_default_says_so():
    """An unknown list is not an absent one."""
    assert facts({}).each("rules", absent=()) == ()
    with pytest.raises(Unseen):
        facts({"rules": UNKNOWN}).each("rules", absent=())


@pytest.mark.parametrize("value", [pytest.param(LINK, id="a reference"), pytest.param("/subscriptions/s", id="an id")])
def test_a_link_is_a_reference_or_an_id(value):
    """Both say where something points."""
    assert facts({"a": {"id": value}}).link("a.id") == value


@pytest.mark.parametrize(
    ("value", "cause"),
    [
        pytest.param(None, Cause.MISSING, id="absent"),
        pytest.param("", Cause.MISSING, id="empty"),
        pytest.param(7, Cause.MISSING, id="a number"),
        pytest.param({"id": "x"}, Cause.MISSING, id="an object"),
        pytest.param(UNKNOWN, Cause.UNKNOWN, id="unknown"),
        pytest.param(SECRET, Cause.MISSING, id="secret"),
    ],
)
def test_anything_else_is_no_link(value, cause):
    """What does not say where it points is no evidence."""
    with pytest.raises(Unseen) as caught:
        facts({"a": value}).link("a")
    assert caught.value.cause is cause


def test_an_absent_link_may_have_a_default():
    """A resource that need not point anywhere says so with None."""
    assert facts({}).link("a", absent=None) is None


def test_every_value_read_is_recorded_with_its_owner_and_full_path():
    """The evidence of a ruling is what was read to make it, absences included."""
    with readings() as seen:
        one = facts({"on": True, "rules": [{"port": 25}]})
        one.read("on", bool)
        one.read("off", bool, absent=False)
        one.each("rules")[0].read("port", int)
    assert seen == [
        Reading("it", "on", True),
        Reading("it", "off", None),
        Reading("it", "rules", [{"port": 25}]),
        Reading("it", "rules[0].port", 25),
    ]


def test_what_could_not_be_read_is_recorded_too():
    """A ruling that stops on an unknown value shows which one."""
    with readings() as seen, pytest.raises(Unseen):
        facts({"on": UNKNOWN}).read("on", bool)
    assert seen == [Reading("it", "on", UNKNOWN)]


def test_nothing_is_recorded_outside():
    """What is read before and after belongs to another ruling."""
    one = facts({"a": 1, "b": 2, "c": 3})
    one.read("a", int)
    with readings() as seen:
        one.read("b", int)
    one.read("c", int)
    assert [reading.path for reading in seen] == ["b"]

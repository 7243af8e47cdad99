"""Queries are read and run as Resource Graph does; what is not understood is an error, never an empty result."""

import pytest

from audit.sandbox.kusto import InvalidQuery, parse
from audit.sandbox.kusto_values import Shape

COLUMNS = {
    "id": Shape.TEXT,
    "name": Shape.TEXT,
    "type": Shape.TEXT,
    "location": Shape.TEXT,
    "properties": Shape.OBJECT,
    "tags": Shape.OBJECT,
    "zones": Shape.OBJECT,
}
ROWS = [
    {
        "id": "/b",
        "name": "Beta",
        "type": "microsoft.storage/storageaccounts",
        "location": "uksouth",
        "properties": {"tls": "TLS1_2", "open": False, "days": 7, "rules": [{"port": 25}], "net": {"action": "Deny"}},
        "tags": {"data": "mail", "cost centre": "12"},
        "zones": ["1", "2"],
    },
    {
        "id": "/a",
        "name": "alpha-one",
        "type": "microsoft.compute/virtualmachines",
        "location": "ukwest",
        "properties": {"open": True, "days": 35.5, "net": None},
        "tags": None,
        "zones": None,
    },
    {
        "id": "/c",
        "name": "gamma",
        "type": "microsoft.compute/disks",
        "location": "uksouth",
        "properties": {},
        "tags": {},
        "zones": None,
    },
]


def run(query):
    return parse(query, COLUMNS).run(ROWS)


def ids(query):
    return [row["id"] for row in run(query)]


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        pytest.param("name == 'Beta'", ["/b"], id="equal"),
        pytest.param("name == 'beta'", [], id="equal minds case"),
        pytest.param("name =~ 'beta'", ["/b"], id="alike does not mind case"),
        pytest.param("name != 'Beta'", ["/a", "/c"], id="not equal"),
        pytest.param("name !~ 'BETA'", ["/a", "/c"], id="not alike"),
        pytest.param('location == "uksouth"', ["/b", "/c"], id="double quotes"),
        pytest.param(r"name == 'Be\u0074a' or name == 'ga\'mma' or name == 'gamma'", ["/c"], id="escapes"),
        pytest.param("name == @'gamma'", ["/c"], id="verbatim text"),
        pytest.param("type in ('microsoft.compute/disks')", ["/c"], id="in"),
        pytest.param("type in ('Microsoft.Compute/disks')", [], id="in minds case"),
        pytest.param("type in~ ('Microsoft.Compute/disks', 'x')", ["/c"], id="in without case"),
        pytest.param("type !in ('microsoft.compute/disks')", ["/b", "/a"], id="not in"),
        pytest.param("type !in~ ('MICROSOFT.compute/disks')", ["/b", "/a"], id="not in without case"),
        pytest.param("type contains 'COMPUTE'", ["/a", "/c"], id="contains"),
        pytest.param("type !contains 'compute'", ["/b"], id="contains not"),
        pytest.param("type startswith 'Microsoft.Storage'", ["/b"], id="starts with"),
        pytest.param("type endswith 'Disks'", ["/c"], id="ends with"),
        pytest.param("name has 'one'", ["/a"], id="has a term"),
        pytest.param("name has 'lph'", [], id="has no part of a term"),
        pytest.param("isnotempty(tags.data)", ["/b"], id="not empty"),
        pytest.param("isempty(tags.data)", ["/a", "/c"], id="empty"),
        pytest.param("isnull(properties.days)", ["/c"], id="null"),
        pytest.param("isnotnull(properties.days)", ["/b", "/a"], id="not null"),
        pytest.param("properties.open == true", ["/a"], id="a flag"),
        pytest.param("properties.open == 'false'", ["/b"], id="a flag as text"),
        pytest.param("properties.open != true", ["/b", "/c"], id="what is not there is not true"),
        pytest.param("tobool(properties.open)", ["/a"], id="a flag by itself"),
        pytest.param("properties.days == 7", ["/b"], id="a number"),
        pytest.param("properties.days > 7", ["/a"], id="greater"),
        pytest.param("properties.days >= 7 and properties.days <= 35.5", ["/b", "/a"], id="between"),
        pytest.param("properties.days < -1", [], id="a negative number"),
        pytest.param("type in ('x', tolower('MICROSOFT.compute/disks'))", ["/c"], id="in a list that is computed"),
        pytest.param("properties.days in (7, 8)", ["/b"], id="in a list of numbers"),
        pytest.param("properties.tls > 3", [], id="a text inside an object is no number"),
        pytest.param("properties.net.action == 'Deny'", ["/b"], id="a nested path"),
        pytest.param("properties['net']['action'] == 'Deny'", ["/b"], id="a quoted path"),
        pytest.param("tags['cost centre'] == '12'", ["/b"], id="a name with a blank"),
        pytest.param("['location'] == 'ukwest'", ["/a"], id="a quoted column"),
        pytest.param("properties.rules[0].port == 25", ["/b"], id="a position"),
        pytest.param("zones[5] == '1'", [], id="a position past the end"),
        pytest.param("properties.Net.action == 'Deny'", [], id="property names mind case"),
        pytest.param("tolower(name) == 'beta'", ["/b"], id="tolower"),
        pytest.param("toupper(name) == 'BETA'", ["/b"], id="toupper"),
        pytest.param("tostring(properties.days) == '7'", ["/b"], id="tostring"),
        pytest.param("not(location == 'uksouth')", ["/a"], id="not"),
        pytest.param("location == 'uksouth' and (name == 'gamma' or name == 'x')", ["/c"], id="brackets"),
        pytest.param("name == 'x' or name == 'gamma' and location == 'uksouth'", ["/c"], id="and binds before or"),
    ],
)
def test_where_keeps_the_rows_that_fit(condition, expected):
    assert ids(f"resources | where {condition}") == expected


@pytest.mark.parametrize(
    ("steps", "expected"),
    [
        pytest.param("order by id asc", ["/a", "/b", "/c"], id="rising"),
        pytest.param("order by id", ["/c", "/b", "/a"], id="falling unless told otherwise"),
        pytest.param("sort by location asc, id desc", ["/c", "/b", "/a"], id="two keys"),
        pytest.param("order by properties.days asc", ["/c", "/b", "/a"], id="nothing comes first in rising order"),
        pytest.param("order by properties.days desc", ["/a", "/b", "/c"], id="nothing comes last in falling order"),
        pytest.param("order by tolower(name) asc | take 1", ["/a"], id="take"),
        pytest.param("order by id asc | limit 2", ["/a", "/b"], id="limit"),
        pytest.param("where location == 'uksouth' | where name == 'gamma'", ["/c"], id="two conditions"),
    ],
)
def test_steps_follow_each_other(steps, expected):
    assert ids(f"resources | {steps}") == expected


@pytest.mark.parametrize(
    ("steps", "expected"),
    [
        pytest.param("where id == '/c' | project id, name", [{"id": "/c", "name": "gamma"}], id="project"),
        pytest.param("where id == '/b' | project d = properties.days", [{"d": 7}], id="a new name"),
        pytest.param(
            "where id == '/b' | project properties.net.action", [{"properties_net_action": "Deny"}], id="path"
        ),
        pytest.param("where id == '/b' | project tostring(properties.days)", [{"properties_days": "7"}], id="tostring"),
        pytest.param("where id == '/b' | project id, tolower(name)", [{"id": "/b", "Column2": "beta"}], id="no name"),
        pytest.param("where id == '/b' | extend d = properties.days | project d", [{"d": 7}], id="extend"),
        pytest.param("where id == '/b' | project t = type =~ 'x'", [{"t": False}], id="a comparison"),
        pytest.param("count", [{"Count": 3}], id="count"),
        pytest.param("where name == 'none' | count", [{"Count": 0}], id="count of nothing"),
        pytest.param("summarize count()", [{"count_": 3}], id="summarize all"),
        pytest.param(
            "summarize count() by location | order by location asc",
            [{"location": "uksouth", "count_": 2}, {"location": "ukwest", "count_": 1}],
            id="summarize by a column",
        ),
        pytest.param(
            "summarize n = count() by place = tolower(location) | where n > 1",
            [{"place": "uksouth", "n": 2}],
            id="summarize by an expression",
        ),
    ],
)
def test_steps_give_new_columns(steps, expected):
    assert run(f"resources | {steps}") == expected


def test_the_auditors_own_query_is_understood():
    query = """resources
    // every kind of the table at once
    | where type in~ ('Microsoft.Storage/storageAccounts', 'Microsoft.Compute/disks')
    | project id, name, type, location, properties, tags, zones // what a resource is made of
    | order by id asc"""
    assert ids(query) == ["/b", "/c"]
    assert parse(query, COLUMNS).columns == COLUMNS


def test_a_table_is_named_without_case():
    assert parse("ResourceContainers", COLUMNS).table == "resourcecontainers"


def test_a_query_that_limits_itself_says_so():
    assert parse("resources | take 3", COLUMNS).limited
    assert not parse("resources", COLUMNS).limited


@pytest.mark.parametrize(
    ("query", "code", "words"),
    [
        pytest.param("", "ParserFailure", "a table expected", id="nothing"),
        pytest.param("| where a == 1", "ParserFailure", "a table expected", id="no table"),
        pytest.param("resources where name == 'x'", "ParserFailure", "end of the query", id="no bar"),
        pytest.param("resources | join kind=inner (x) on id", "InvalidQueryLanguage", "'join'", id="join"),
        pytest.param("resources | mv-expand zones", "InvalidQueryLanguage", "'mv'", id="mv-expand"),
        pytest.param("resources | project-away id", "ParserFailure", "'away'", id="project-away"),
        pytest.param("resources; print 1", "ParserFailure", "not understood", id="a second statement"),
        pytest.param("resources | where name", "Default", "string", id="a text for a condition"),
        pytest.param("resources | where nam == 'x'", "Default", "'nam'", id="an unknown column"),
        pytest.param("resources | project id | where name == 'x'", "Default", "'name'", id="a column projected away"),
        pytest.param("resources | where name.x == 'x'", "Default", "inside the column", id="inside a text"),
        pytest.param("resources | where name has_any ('x')", "Default", "string", id="an operator that is not known"),
        pytest.param("resources | where properties.days between (1 .. 2)", "Default", "object", id="between"),
        pytest.param("resources | where ago(7d) > 1", "Default", "'ago'", id="an unknown function"),
        pytest.param("resources | where name > 'a'", "Default", "cannot be compared", id="texts have no order"),
        pytest.param("resources | where name > 3", "Default", "cannot be compared", id="a text is no number"),
        pytest.param("resources | where name == 'x", "ParserFailure", "not understood", id="an open quote"),
        pytest.param("resources | where (name == 'x'", "ParserFailure", "')' expected", id="an open bracket"),
        pytest.param("resources | where name in 'x'", "ParserFailure", "'(' expected", id="in without a list"),
        pytest.param("resources | take many", "ParserFailure", "number of rows", id="take without a number"),
        pytest.param("resources | take 1.5", "Default", "whole number", id="a part of a row"),
        pytest.param("resources | summarize max(id) by name", "ParserFailure", "count()", id="another aggregation"),
        pytest.param("resources | project id, id", "Default", "already declared", id="the same column twice"),
        pytest.param("resources | order by id asc nulls last", "ParserFailure", "end of the query", id="nulls last"),
        pytest.param("resources | where name == 'x' extra", "ParserFailure", "end of the query", id="words left over"),
    ],
)
def test_what_is_not_understood_is_an_error(query, code, words):
    with pytest.raises(InvalidQuery, match=".") as caught:
        parse(query, COLUMNS)
    assert caught.value.detail["code"] == code
    assert words in str(caught.value)


def test_an_error_tells_its_place_as_azure_does():
    with pytest.raises(InvalidQuery) as caught:
        parse("resources\n| where name ==\n| take 1", COLUMNS)
    assert caught.value.detail == {
        "code": "ParserFailure",
        "message": "ParserFailure",
        "line": 3,
        "characterPositionInLine": 0,
        "token": "|",
    }

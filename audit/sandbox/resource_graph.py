"""Azure Resource Graph: one query over many resources, a thousand rows a page.

https://learn.microsoft.com/rest/api/azureresourcegraph/resourcegraph/resources/resources
"""

import base64
import hashlib
import json
import uuid
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from audit.kinds import BY_ARM
from audit.sandbox.answers import Reply
from audit.sandbox.kusto import InvalidQuery, Query, parse
from audit.sandbox.kusto_values import Shape
from audit.sandbox.permissions import allowed, granted
from audit.sandbox.store import Store
from audit.sandbox.tables import COLUMNS, TABLES, Row, rows

PATH = "/providers/Microsoft.ResourceGraph/resources"
PAGE = 1000
"""The most rows that one answer holds."""
# 15 queries in 5 seconds: https://learn.microsoft.com/azure/governance/resource-graph/concepts/guidance-for-throttled-requests
_QUOTA = {"x-ms-user-quota-remaining": "14", "x-ms-user-quota-resets-after": "00:00:05"}
Result = list[Mapping[str, Any]]
_KEPT = 4
_LAST: dict[tuple[str, str, str], Result] = {}
"""The results between whose pages a client may be: without them every page would run the query again."""
_INVALID = {
    "code": "InvalidQuery",
    "message": "Query is invalid. Please refer to the documentation for the Azure Resource Graph service "
    "and fix the error before retrying.",
}


class _Refused(Exception):
    """A request that Resource Graph answers with 400; `details` say why."""

    def __init__(self, *details: Mapping[str, Any]) -> None:
        super().__init__(details[-1]["message"])
        self.details = details


def answer(store: Store, body: Any) -> Reply:
    """Answer one query, for the identity whose permissions the store holds; an error answers 400.

    What the identity may not read is left out without a word, as in Azure.
    """
    try:
        return Reply(200, _page(store, _object(body)), dict(_QUOTA))
    except _Refused as refused:
        return _bad_request(refused.details)


def resize_pages(store: Store, size: int) -> None:
    """Let pages hold fewer rows than Azure's, so that a small estate has several."""
    store.put_document("settings", "resourceGraph", {"pageSize": size})


def _page(store: Store, body: Mapping[str, Any]) -> dict[str, Any]:
    query = _query(body)
    subscriptions = _subscriptions(store, body)
    options = body.get("options") or {}
    start = _start(options, body)
    result = _result(store, query, subscriptions, body)
    size = _size(store, options)
    shown = result[start : start + size]
    more = start + len(shown) < len(result)
    # Where it cannot page, Resource Graph says so by `resultTruncated` and gives no token:
    # https://learn.microsoft.com/azure/governance/resource-graph/concepts/paging-results
    paged = not query.limited and any(shape is not Shape.OBJECT for shape in query.columns.values())
    return {
        "totalRecords": len(result),
        "count": len(shown),
        "resultTruncated": "true" if more and not paged else "false",
        "facets": [],
        "data": _data(query, shown, options),
        **({"$skipToken": _token(start + len(shown), body)} if more and paged else {}),
    }


def _result(store: Store, query: Query, subscriptions: Sequence[str], body: Mapping[str, Any]) -> Result:
    """Run a query over what the identity may read; the last results are kept while nothing in the store changes."""
    state = (str(store.path), _fingerprint(body), _state(store))
    found = _LAST.get(state)
    if found is None:
        found = query.run(_readable(store, rows(store, query.table, subscriptions)))
        while len(_LAST) >= _KEPT:
            # Another thread may have taken the same one out.
            _LAST.pop(next(iter(_LAST)), None)
        _LAST[state] = found
    return found


def _state(store: Store) -> str:
    """Return a text that changes whenever anything in the store does that an answer rests on."""
    query = "select count(*), max(changed) from resources"
    changed = store.connection.execute(query).fetchone()
    return json.dumps([changed, granted(store), store.documents("subscription")])


def _query(body: Mapping[str, Any]) -> Query:
    text = body.get("query")
    if not isinstance(text, str) or not text.strip():
        raise _Refused({"code": "InvalidQuery", "message": "Query cannot be empty."})
    try:
        query = parse(text, COLUMNS)
    except InvalidQuery as error:
        raise _Refused(_INVALID, error.detail) from error
    if query.table not in TABLES:
        message = f"Table {query.table} is invalid, unsupported or disallowed."
        raise _Refused({"code": "DisallowedLogicalTableName", "message": message})
    return query


def _subscriptions(store: Store, body: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the subscriptions that a query is about: those it names and that exist, or all where it names none."""
    named = body.get("subscriptions") or []
    if not named:
        return store.subscriptions
    asked = {str(name).lower() for name in named}
    found = tuple(name for name in store.subscriptions if name.lower() in asked)
    if not found:
        given = ", ".join(str(name) for name in named)
        message = (
            "There must be at least one subscription that is eligible to contain resources. "
            f"Given: '{given}'. Learn more at: https://aka.ms/arg-error-novalidsubscriptions"
        )
        raise _Refused({"code": "NoValidSubscriptionsInQueryRequest", "message": message})
    return found


def _readable(store: Store, found: Iterable[Row]) -> list[Row]:
    """Leave out the rows of a type that the identity may not read."""
    may: dict[str, bool] = {}
    readable = []
    for row in found:
        name = row["type"]
        if name not in may:
            kind = BY_ARM.get(name)
            may[name] = allowed(store, kind.permission if kind else f"{name}/read")
        if may[name]:
            readable.append(row)
    return readable


def _size(store: Store, options: Mapping[str, Any]) -> int:
    """Return how many rows the page may hold; raises `_Refused` where the request asks for more than Azure gives."""
    settings = store.document("settings", "resourceGraph") or {}
    most = min(int(settings.get("pageSize", PAGE)), PAGE)
    asked = options.get("$top")
    if asked is None:
        return most
    if not isinstance(asked, int) or not 1 <= asked <= PAGE:
        raise _Refused({"code": "InvalidQueryOptions", "message": f"$top must be from 1 to {PAGE}."})
    return min(asked, most)


def _start(options: Mapping[str, Any], body: Mapping[str, Any]) -> int:
    """Return the number of the first row to show; a token that was given for another query is refused."""
    token = options.get("$skipToken")
    if not token:
        skip = options.get("$skip") or 0
        if not isinstance(skip, int) or skip < 0:
            raise _Refused({"code": "InvalidQueryOptions", "message": "$skip must not be negative."})
        return skip
    try:
        found = json.loads(base64.urlsafe_b64decode(str(token)))
        start, query = int(found["skip"]), str(found["query"])
    except (ValueError, KeyError, TypeError):
        start, query = 0, ""
    if query != _fingerprint(body):
        raise _Refused({"code": "InvalidSkipToken", "message": "The $skipToken is not one of this query."})
    return start


def _token(start: int, body: Mapping[str, Any]) -> str:
    text = json.dumps({"skip": start, "query": _fingerprint(body)})
    return base64.urlsafe_b64encode(text.encode()).decode()


def _fingerprint(body: Mapping[str, Any]) -> str:
    asked = [body.get("query"), body.get("subscriptions"), body.get("managementGroups")]
    return hashlib.sha256(json.dumps(asked).encode()).hexdigest()


def _data(query: Query, shown: Sequence[Mapping[str, Any]], options: Mapping[str, Any]) -> Any:
    form = str(options.get("resultFormat") or "objectArray").lower()
    if form == "objectarray":
        return list(shown)
    if form != "table":
        raise _Refused({"code": "InvalidQueryOptions", "message": "resultFormat must be table or objectArray."})
    columns = [{"name": name, "type": shape.value} for name, shape in query.columns.items()]
    return {"columns": columns, "rows": [[row.get(name) for name in query.columns] for row in shown]}


def _object(body: Any) -> Mapping[str, Any]:
    if not isinstance(body, Mapping):
        raise _Refused({"code": "InvalidQuery", "message": "The request must be a JSON object with a query."})
    return body


def _bad_request(details: Sequence[Mapping[str, Any]]) -> Reply:
    now, correlation = datetime.now(UTC).isoformat(), uuid.uuid4()
    message = f"Please provide below info when asking for support: timestamp = {now}, correlationId = {correlation}."
    error = {"code": "BadRequest", "message": message, "details": [dict(detail) for detail in details]}
    return Reply(400, {"error": error}, dict(_QUOTA))

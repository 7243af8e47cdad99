"""The moments that an answer dates, and how long before it they were."""

from datetime import datetime, timedelta

from audit.model import Resource, Unseen

_SKEW = timedelta(minutes=5)
"""How far two clocks may differ without either being wrong."""


def moment(resource: Resource, path: str) -> datetime:
    """Return the moment at `path`; raises `Unseen` where there is none, or one without a time zone."""
    text = resource.read(path, str)
    try:
        found = datetime.fromisoformat(text)
    except ValueError as error:
        raise Unseen(f"{path} is {text!r}, which is no moment") from error
    if found.tzinfo is None:
        # Nobody knows which hour it means.
        raise Unseen(f"{path} is {text!r}, which names no time zone")
    return found


def age(resource: Resource, path: str) -> timedelta:
    """Return the time from the moment at `path` to the moment at which the resource was seen.

    Raises `Unseen` where there is no moment, and for one in the future: by a wrong clock anything would look fresh.
    """
    passed = resource.seen_at - moment(resource, path)
    if passed < -_SKEW:
        raise Unseen(f"{path} is {resource.read(path, str)}, which lies after the moment at which it was seen")
    return max(passed, timedelta())


def words(passed: timedelta) -> str:
    """Say a time in words: minutes below two hours, hours below three days, and days from there on."""
    if passed < timedelta(hours=2):
        return f"{passed // timedelta(minutes=1)} minutes"
    return f"{passed // timedelta(hours=1)} hours" if passed < timedelta(days=3) else f"{passed.days} days"

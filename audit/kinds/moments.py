"""How long before an answer something happened that the answer dates."""

from datetime import datetime, timedelta

from audit.model import Resource, Unseen

_SKEW = timedelta(minutes=5)
"""How far two clocks may differ without either being wrong."""


def age(resource: Resource, path: str) -> timedelta:
    """Return the time from the moment at `path` to the moment at which the resource was seen.

    Raises `Unseen` where there is no moment, and for one in the future: by a wrong clock anything would look fresh.
    """
    text = resource.read(path, str)
    try:
        passed = resource.seen_at - datetime.fromisoformat(text)
    except (ValueError, TypeError) as error:
        # A moment without a time zone is none: nobody knows which hour it means.
        raise Unseen(f"{path} is {text!r}, which is no moment") from error
    if passed < -_SKEW:
        raise Unseen(f"{path} is {text}, which lies after the moment at which it was seen")
    return max(passed, timedelta())


def words(passed: timedelta) -> str:
    """Say a time in words: minutes below two hours, hours below three days, and days from there on."""
    if passed < timedelta(hours=2):
        return f"{passed // timedelta(minutes=1)} minutes"
    return f"{passed // timedelta(hours=1)} hours" if passed < timedelta(days=3) else f"{passed.days} days"

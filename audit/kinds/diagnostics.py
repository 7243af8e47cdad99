"""Whether a diagnostic setting sends a log to a workspace."""

from audit.kinds.insights import DIAGNOSTIC_SETTING
from audit.model import Neighbour, Part, Resource, same


def sends(setting: Resource, category: str, *groups: str) -> bool:
    """Tell whether a setting sends a category to a workspace, by its own name or within one of `groups`.

    Raises `Unseen` where a log that carries it does not say whether it is on.
    """
    # A setting without a workspace keeps its logs elsewhere, and is not the one looked for.
    return bool(setting.link("workspaceId", absent="")) and any(
        _carries(log, category, groups) and log.read("enabled", bool) is True for log in setting.each("logs")
    )


def _carries(log: Part, category: str, groups: tuple[str, ...]) -> bool:
    """Tell whether a log speaks of a category; it names either one category or one group."""
    group = log.read("categoryGroup", str, absent="")
    return same(log.read("category", str, absent=""), category) or any(same(group, name) for name in groups)


def example(*logs: object, of: object = "it", **more: object) -> Neighbour:
    """Make an example's setting of `of`, the name of a resource or a whole link, which sends `logs` to a workspace."""
    link = {"$reference": of} if isinstance(of, str) else of
    body = {"resourceUri": link, "workspaceId": "/subscriptions/x/workspaces/y", "logs": list(logs), **more}
    return Neighbour(DIAGNOSTIC_SETTING, body, name="to-workspace")

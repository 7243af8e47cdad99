"""Send a resource's own logs to the one workspace that keeps them."""

from collections.abc import Sequence

import pulumi
from pulumi_azure_native import monitor, operationalinsights


def diagnose(
    name: str,
    *,
    target_id: pulumi.Input[str],
    workspace: operationalinsights.Workspace,
    categories: Sequence[str] = (),
    groups: Sequence[str] = (),
    parent: pulumi.Resource,
) -> monitor.DiagnosticSetting:
    """Declare that `target_id` sends its log `categories` and category `groups` to `workspace`.

    Azure refuses a category that stands both by itself and in a group, so a caller names one or the other.
    Raises `ValueError` where neither is given: a setting without logs would look like logging and be none.
    """
    if not categories and not groups:
        raise ValueError(f"{name}: name at least one log category or category group")
    logs = [monitor.DiagnosticsLogSettingsArgs(category=category, enabled=True) for category in categories]
    logs += [monitor.DiagnosticsLogSettingsArgs(category_group=group, enabled=True) for group in groups]
    return monitor.DiagnosticSetting(
        name,
        name="to-workspace",
        resource_uri=target_id,
        workspace_id=workspace.id,
        logs=logs,
        opts=pulumi.ResourceOptions(parent=parent),
    )

"""Patching windows: every machine has its own, so that no two members of a group restart in the same one."""

import pulumi
from pulumi_azure_native import compute, maintenance

from config import Settings
from network import Site

_DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_HOURS = ("18:00", "22:00", "02:00")


def patch(
    name: str, *, settings: Settings, site: Site, machine: compute.VirtualMachine, window: int, parent: pulumi.Resource
) -> maintenance.ConfigurationAssignment:
    """Patch `machine` once a week in its own window, the `window`th of the week's.

    Raises `IndexError` where the week has no such window.
    """
    own = _window(name, settings=settings, site=site, window=window, parent=parent)
    return maintenance.ConfigurationAssignment(
        f"{name}-patching",
        resource_group_name=site.group.name,
        configuration_assignment_name=f"{settings.prefix}-{name}-patching",
        location=site.region,
        provider_name="Microsoft.Compute",
        resource_type="virtualMachines",
        resource_name_=machine.name,
        resource_id=machine.id,
        maintenance_configuration_id=own.id,
        opts=pulumi.ResourceOptions(parent=parent),
    )


def _window(
    name: str, *, settings: Settings, site: Site, window: int, parent: pulumi.Resource
) -> maintenance.MaintenanceConfiguration:
    """Declare one machine's window: three and a half hours, once a week, outside the British working day.

    Members of a group that restarted together would stop the service, or leave the group without a majority.
    """
    return maintenance.MaintenanceConfiguration(
        f"{name}-window",
        resource_group_name=site.group.name,
        resource_name_=f"{settings.prefix}-{name}-window",
        location=site.region,
        maintenance_scope="InGuestPatch",
        visibility="Custom",
        start_date_time=f"{settings.patching_from} {_HOURS[window // len(_DAYS)]}",
        duration="03:30",
        time_zone="GMT Standard Time",
        recur_every=f"Week {_DAYS[window % len(_DAYS)]}",
        extension_properties={"InGuestPatchMode": "User"},
        install_patches=maintenance.InputPatchConfigurationArgs(
            reboot_setting="IfRequired",
            windows_parameters=maintenance.InputWindowsParametersArgs(
                classifications_to_include=["Critical", "Security"],
                # A patch that waits for a restart protects nobody.
                exclude_kbs_requiring_reboot=False,
            ),
        ),
        tags={"data": "platform"},
        opts=pulumi.ResourceOptions(parent=parent),
    )

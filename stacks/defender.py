"""Defender for Cloud watches every kind of resource that holds or guards personal data."""

from collections.abc import Sequence

import pulumi
from pulumi_azure_native import security

from config import Settings


class Defender(pulumi.ComponentResource):
    """One paid Defender plan for each kind of resource that the estate uses.

    The free plan looks at settings; only a paid one watches what happens, which is what telling customers of a breach
    in time depends on.
    """

    plans: tuple[security.Pricing, ...]

    def __init__(self, name: str, *, settings: Settings, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("promise-audit:stacks:Defender", name, None, opts)
        self._scope = f"subscriptions/{settings.subscription_id}"
        self.plans = (
            self._plan(f"{name}-posture", "CloudPosture"),
            # P2 brings what P1 leaves out: access on request, and a look at files and software.
            self._plan(f"{name}-machines", "VirtualMachines", sub_plan="P2"),
            self._plan(f"{name}-sql-servers", "SqlServers"),
            self._plan(f"{name}-sql-machines", "SqlServerVirtualMachines"),
            self._plan(
                f"{name}-storage",
                "StorageAccounts",
                sub_plan="DefenderForStorageV2",
                extensions=_storage_extensions(),
            ),
            self._plan(f"{name}-key-vaults", "KeyVaults", sub_plan="PerKeyVault"),
            self._plan(f"{name}-resource-manager", "Arm", sub_plan="PerSubscription"),
            self._plan(f"{name}-app-services", "AppServices"),
        )
        self.register_outputs({})

    def _plan(
        self,
        name: str,
        plan: str,
        *,
        sub_plan: str | None = None,
        extensions: Sequence[security.ExtensionArgs] | None = None,
    ) -> security.Pricing:
        """Declare the paid plan of one kind of resource, and `sub_plan` where Azure sells several."""
        return security.Pricing(
            name,
            scope_id=self._scope,
            pricing_name=plan,
            pricing_tier="Standard",
            sub_plan=sub_plan,
            extensions=extensions,
            opts=pulumi.ResourceOptions(parent=self),
        )


def _storage_extensions() -> list[security.ExtensionArgs]:
    """Look for malware in what is uploaded, and for personal data where none should be."""
    return [
        security.ExtensionArgs(
            name="OnUploadMalwareScanning",
            is_enabled="True",
            # Scanning is paid by the gigabyte; past the cap Defender reports that it stopped.
            additional_extension_properties={"CapGBPerMonthPerStorageAccount": "5000"},
        ),
        security.ExtensionArgs(name="SensitiveDataDiscovery", is_enabled="True"),
    ]

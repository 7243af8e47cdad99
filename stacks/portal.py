"""The website and customer portal: TLS only, no cookies of the platform's making, no passwords for publishing."""

import pulumi
from config import Settings
from diagnostics import diagnose
from monitoring import Monitoring
from network import Network, Site
from pulumi_azure_native import resources, web


class Portal(pulumi.ComponentResource):
    """A web app on a plan spread over the primary region's zones, reaching inwards through the virtual network."""

    plan: web.AppServicePlan
    app: web.WebApp

    def __init__(
        self,
        name: str,
        *,
        settings: Settings,
        network: Network,
        monitoring: Monitoring,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        super().__init__("promise-audit:stacks:Portal", name, None, opts)
        self._label = name
        self._settings = settings
        self._site = network.primary
        self._group = resources.ResourceGroup(
            f"{name}-group",
            resource_group_name=f"{settings.prefix}-portal",
            location=self._site.region,
            tags={"data": "website contacts"},
            opts=pulumi.ResourceOptions(parent=self),
        )
        self.plan = self._plan()
        self.app = self._app(self._site)
        self._forbid_passwords()
        self._log(monitoring)
        self.register_outputs({"host": self.app.default_host_name})

    def _plan(self) -> web.AppServicePlan:
        return web.AppServicePlan(
            f"{self._label}-plan",
            name=f"{self._settings.prefix}-portal",
            resource_group_name=self._group.name,
            location=self._site.region,
            kind="linux",
            reserved=True,
            zone_redundant=True,
            sku=web.SkuDescriptionArgs(name="P1v3", tier="PremiumV3", capacity=self._settings.portal_instances),
            tags={"data": "website contacts"},
            opts=pulumi.ResourceOptions(parent=self),
        )

    def _app(self, site: Site) -> web.WebApp:
        return web.WebApp(
            f"{self._label}-app",
            name=f"{self._settings.prefix}-portal",
            resource_group_name=self._group.name,
            location=site.region,
            kind="app,linux",
            reserved=True,
            enabled=True,
            server_farm_id=self.plan.id,
            https_only=True,
            end_to_end_encryption_enabled=True,
            # Affinity would set a cookie on every visitor, and the statement promises none.
            client_affinity_enabled=False,
            client_affinity_proxy_enabled=False,
            public_network_access="Enabled",
            ssh_enabled=False,
            virtual_network_subnet_id=site.subnets["web"].id,
            outbound_vnet_routing=web.OutboundVnetRoutingArgs(all_traffic=True),
            identity=web.ManagedServiceIdentityArgs(type=web.ManagedServiceIdentityType.SYSTEM_ASSIGNED),
            site_config=_site_config(),
            tags={"data": "website contacts"},
            opts=pulumi.ResourceOptions(parent=self),
        )

    def _forbid_passwords(self) -> None:
        """Refuse the publishing passwords that every web app is born with."""
        web.WebAppFtpAllowed(
            f"{self._label}-ftp",
            name=self.app.name,
            resource_group_name=self._group.name,
            allow=False,
            opts=pulumi.ResourceOptions(parent=self),
        )
        web.WebAppScmAllowed(
            f"{self._label}-scm",
            name=self.app.name,
            resource_group_name=self._group.name,
            allow=False,
            opts=pulumi.ResourceOptions(parent=self),
        )

    def _log(self, monitoring: Monitoring) -> None:
        diagnose(
            f"{self._label}-logs",
            target_id=self.app.id,
            workspace=monitoring.workspace,
            categories=(
                "AppServiceHTTPLogs",
                "AppServiceAuditLogs",
                "AppServiceIPSecAuditLogs",
                "AppServicePlatformLogs",
            ),
            parent=self,
        )


def _site_config() -> web.SiteConfigArgs:
    return web.SiteConfigArgs(
        always_on=True,
        linux_fx_version="PYTHON|3.12",
        min_tls_version="1.2",
        scm_min_tls_version="1.2",
        ftps_state="Disabled",
        http20_enabled=True,
        http_logging_enabled=True,
        remote_debugging_enabled=False,
        web_sockets_enabled=False,
        health_check_path="/health",
        # Visitors come from anywhere; the publishing site admits nobody, and code is published through ARM.
        ip_security_restrictions_default_action="Allow",
        scm_ip_security_restrictions_default_action="Deny",
        scm_ip_security_restrictions_use_main=False,
    )

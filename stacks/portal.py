"""The website and customer portal: TLS only, no cookies of the platform's making, no passwords for publishing."""

import pulumi
from pulumi_azure_native import resources, web

from config import Settings
from diagnostics import diagnose
from monitoring import Monitoring
from network import Network, Site


class Portal(pulumi.ComponentResource):
    """A web app on a plan spread over the primary region's zones, reaching inwards through the virtual network.

    A site without cookies and transfers by TLS alone are promised; both are settings of the platform, declared here
    whatever the code of the site does.
    """

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
        """Declare the plan, its instances spread over the region's zones."""
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
        """Declare the app: TLS from the visitor to the very worker, and an identity instead of stored passwords."""
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
            # A website is there to be reached.
            public_network_access="Enabled",
            # A shell in the container would be a way for administrators past Bastion.
            ssh_enabled=False,
            virtual_network_subnet_id=site.subnets["web"].id,
            # What it sends leaves through the virtual network, under its security group.
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
        """Have visits, sign-ins to the publishing site and platform events told to the workspace."""
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
    """Return what Azure keeps apart from the app: transport, publishing and debugging, each written out."""
    return web.SiteConfigArgs(
        always_on=True,
        linux_fx_version="PYTHON|3.12",
        min_tls_version="1.2",
        scm_min_tls_version="1.2",
        # Passwords of FTP are those that `_forbid_passwords` refuses; here the port itself is closed.
        ftps_state="Disabled",
        http20_enabled=True,
        http_logging_enabled=True,
        # A debugger reads every visitor's memory.
        remote_debugging_enabled=False,
        web_sockets_enabled=False,
        health_check_path="/health",
        # Visitors come from anywhere; the publishing site admits nobody, and code is published through ARM.
        ip_security_restrictions_default_action="Allow",
        scm_ip_security_restrictions_default_action="Deny",
        scm_ip_security_restrictions_use_main=False,
    )

"""Web apps, their slots, plans and publishing credentials, and the gateways in front of them."""

from collections.abc import Iterable

import msgspec

from audit.model import Kind, Parent, Resource

_GATEWAY_PARTS = (
    "authenticationCertificates[]",
    "backendAddressPools[]",
    "backendHttpSettingsCollection[]",
    "backendSettingsCollection[]",
    "frontendIPConfigurations[]",
    "frontendPorts[]",
    "gatewayIPConfigurations[]",
    "httpListeners[]",
    "listeners[]",
    "loadDistributionPolicies[]",
    "privateLinkConfigurations[]",
    "privateLinkConfigurations[].ipConfigurations[]",
    "probes[]",
    "redirectConfigurations[]",
    "requestRoutingRules[]",
    "rewriteRuleSets[]",
    "routingRules[]",
    "sslCertificates[]",
    "sslProfiles[]",
    "trustedClientCertificates[]",
    "trustedRootCertificates[]",
    "urlPathMaps[]",
    "urlPathMaps[].pathRules[]",
)
APP_SERVICE_PLAN = Kind(
    arm="Microsoft.Web/serverfarms",
    api="2025-05-01",
    pulumi=("azure-native:web:AppServicePlan",),
    regional=True,
    names="{name}",
    table="resources",
)
# Azure leaves most of `siteConfig` out when a site is read: `with_settings` fills it from the site's `config/web`.
WEB_APP = Kind(
    arm="Microsoft.Web/sites",
    api="2025-05-01",
    pulumi=("azure-native:web:WebApp",),
    regional=True,
    names="{name}",
    table="resources",
)
WEB_APP_CONFIG = Kind(
    arm="Microsoft.Web/sites/config",
    api="2025-05-01",
    # A program sets it inside the site, as `siteConfig`.
    pulumi=(),
    parent=Parent(WEB_APP.arm, by="name"),
    names="{name}/web",
)
WEB_APP_SLOT = Kind(
    arm="Microsoft.Web/sites/slots",
    api="2025-05-01",
    pulumi=("azure-native:web:WebAppSlot",),
    regional=True,
    parent=Parent(WEB_APP.arm, by="name"),
    names="{name}/{slot}",
    table="resources",
)
WEB_APP_SLOT_CONFIG = Kind(
    arm="Microsoft.Web/sites/slots/config",
    api="2025-05-01",
    pulumi=(),
    parent=Parent(WEB_APP_SLOT.arm, by="slot"),
    names="{name}/{slot}/web",
)
FTP_CREDENTIALS_POLICY = Kind(
    arm="Microsoft.Web/sites/basicPublishingCredentialsPolicies/ftp",
    api="2025-05-01",
    pulumi=("azure-native:web:WebAppFtpAllowed",),
    parent=Parent(WEB_APP.arm, by="name"),
    names="{name}/ftp",
    action="Microsoft.Web/sites/basicPublishingCredentialsPolicies/read",
)
SCM_CREDENTIALS_POLICY = Kind(
    arm="Microsoft.Web/sites/basicPublishingCredentialsPolicies/scm",
    api="2025-05-01",
    pulumi=("azure-native:web:WebAppScmAllowed",),
    parent=Parent(WEB_APP.arm, by="name"),
    names="{name}/scm",
    action="Microsoft.Web/sites/basicPublishingCredentialsPolicies/read",
)
SLOT_FTP_CREDENTIALS_POLICY = Kind(
    arm="Microsoft.Web/sites/slots/basicPublishingCredentialsPolicies/ftp",
    api="2025-05-01",
    pulumi=("azure-native:web:WebAppFtpAllowedSlot",),
    parent=Parent(WEB_APP_SLOT.arm, by="slot"),
    names="{name}/{slot}/ftp",
    action="Microsoft.Web/sites/slots/basicPublishingCredentialsPolicies/read",
)
SLOT_SCM_CREDENTIALS_POLICY = Kind(
    arm="Microsoft.Web/sites/slots/basicPublishingCredentialsPolicies/scm",
    api="2025-05-01",
    pulumi=("azure-native:web:WebAppScmAllowedSlot",),
    parent=Parent(WEB_APP_SLOT.arm, by="slot"),
    names="{name}/{slot}/scm",
    action="Microsoft.Web/sites/slots/basicPublishingCredentialsPolicies/read",
)
APPLICATION_GATEWAY = Kind(
    arm="Microsoft.Network/applicationGateways",
    api="2024-05-01",
    pulumi=("azure-native:network:ApplicationGateway",),
    regional=True,
    names="{applicationGatewayName}",
    wraps=_GATEWAY_PARTS,
    # Other types keep the SKU beside `properties`.
    top=("-sku",),
    table="resources",
)


def with_settings(resources: Iterable[Resource]) -> tuple[Resource, ...]:
    """Give each live site the settings that ARM answers apart from it, as `siteConfig`, where a program declares them.

    One whose settings were not seen comes back as it is.
    """
    seen = tuple(resources)
    kept_apart = (WEB_APP_CONFIG.arm, WEB_APP_SLOT_CONFIG.arm)
    settings = {one.id.rpartition("/config/")[0]: one for one in seen if one.type in kept_apart}
    return tuple(_filled(one, settings[one.id]) if one.id in settings else one for one in seen)


def _filled(site: Resource, settings: Resource) -> Resource:
    """Put settings into a site; what the site's own answer says beside them stays."""
    config = site.body.get("siteConfig")
    own = {key: value for key, value in config.items() if value is not None} if isinstance(config, dict) else {}
    path = {"name", "slot", "subscriptionId", "resourceGroupName"}
    told = {key: value for key, value in settings.body.items() if key not in path}
    return msgspec.structs.replace(
        site,
        body={**site.body, "siteConfig": {**own, **told}},
        answers=tuple(dict.fromkeys((*site.answers, *settings.answers))),
    )

"""Web apps, their slots, plans and publishing credentials, and the gateways in front of them."""

from audit.model import Kind, Parent

APP_SERVICE_PLAN = Kind(
    arm="Microsoft.Web/serverfarms",
    api="2025-05-01",
    pulumi=("azure-native:web:AppServicePlan",),
    regional=True,
)
# Azure leaves most of `siteConfig` out when a site is read: a live source fills it from the site's `config/web`.
WEB_APP = Kind(
    arm="Microsoft.Web/sites",
    api="2025-05-01",
    pulumi=("azure-native:web:WebApp",),
    regional=True,
)
WEB_APP_SLOT = Kind(
    arm="Microsoft.Web/sites/slots",
    api="2025-05-01",
    pulumi=("azure-native:web:WebAppSlot",),
    regional=True,
    parent=Parent(WEB_APP.arm, by="name"),
)
FTP_CREDENTIALS_POLICY = Kind(
    arm="Microsoft.Web/sites/basicPublishingCredentialsPolicies/ftp",
    api="2025-05-01",
    pulumi=("azure-native:web:WebAppFtpAllowed",),
    parent=Parent(WEB_APP.arm, by="name"),
)
SCM_CREDENTIALS_POLICY = Kind(
    arm="Microsoft.Web/sites/basicPublishingCredentialsPolicies/scm",
    api="2025-05-01",
    pulumi=("azure-native:web:WebAppScmAllowed",),
    parent=Parent(WEB_APP.arm, by="name"),
)
SLOT_FTP_CREDENTIALS_POLICY = Kind(
    arm="Microsoft.Web/sites/slots/basicPublishingCredentialsPolicies/ftp",
    api="2025-05-01",
    pulumi=("azure-native:web:WebAppFtpAllowedSlot",),
    parent=Parent(WEB_APP_SLOT.arm, by="slot"),
)
SLOT_SCM_CREDENTIALS_POLICY = Kind(
    arm="Microsoft.Web/sites/slots/basicPublishingCredentialsPolicies/scm",
    api="2025-05-01",
    pulumi=("azure-native:web:WebAppScmAllowedSlot",),
    parent=Parent(WEB_APP_SLOT.arm, by="slot"),
)
APPLICATION_GATEWAY = Kind(
    arm="Microsoft.Network/applicationGateways",
    api="2024-05-01",
    pulumi=("azure-native:network:ApplicationGateway",),
    regional=True,
)

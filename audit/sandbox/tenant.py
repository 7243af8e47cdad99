"""A small tenant that keeps what is promised of identities: ids and roles, no name of a person."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from audit.sandbox.store import Store
from audit.sandbox.tokens import CLIENT

_NOUGHT = "00000000-0000-0000-0000-0000000000"
GUARD_GROUP, ADMINISTRATORS_GROUP = f"{_NOUGHT}02", f"{_NOUGHT}03"
"""The groups that the stacks' configuration names by these ids."""
BREAK_GLASS = f"{_NOUGHT}04"
"""The account for emergencies, which no sign-in rule may lock out."""
OWNERS = (f"{_NOUGHT}10", f"{_NOUGHT}11")
"""The two people who own the subscriptions and administer the directory."""
STAFF = (f"{_NOUGHT}20", f"{_NOUGHT}21", f"{_NOUGHT}22")
STAFF_GROUP = f"{_NOUGHT}05"
GLOBAL_ADMINISTRATOR, GLOBAL_READER = "62e90394-69f5-4237-9190-012177145e10", "f2ef992c-3afb-46b9-b7cf-a126ee74c451"
"""https://learn.microsoft.com/entra/identity/role-based-access-control/permissions-reference"""
RESTRICTED_GUEST = "2af84b1e-32c8-42b7-82bc-daa82404023b"
"""https://learn.microsoft.com/entra/identity/users/users-restrict-guest-permissions"""
_KNOWN_PLATFORMS = ["android", "iOS", "windows", "macOS", "linux", "windowsPhone"]


def put_object(store: Store, place: str, item: Mapping[str, Any]) -> None:
    """Keep one object of Graph in its collection, such as `/users`, in the place of the one with its id."""
    store.put_document(f"graph{place}", str(item["id"]), item)


def seed(store: Store, *, now: datetime | None = None) -> None:
    """Fill the directory with a small tenant; its devices reported shortly before `now`."""
    for place, items in (_objects(store.tenant) | _settings()).items():
        for item in items:
            put_object(store, place, item)
    numbered = {
        "/identity/conditionalAccess/policies": _sign_in_policies(),
        "/deviceManagement/deviceCompliancePolicies": _compliance_policies(),
        "/deviceManagement/managedDevices": _devices(now or store.now()),
    }
    for kind, (place, items) in enumerate(numbered.items(), start=1):
        for number, item in enumerate(items, start=1):
            put_object(store, place, {"id": f"00000000-0000-0000-{kind:04}-{number:012}", **item})


def _objects(tenant: str) -> dict[str, list[dict[str, Any]]]:
    """Return what the directory itself holds, by collection."""
    people = (*OWNERS, BREAK_GLASS, *STAFF)
    return {
        "/organization": [{"id": tenant, "tenantType": "AAD"}],
        "/domains": [{"id": "example.com", "isVerified": True, "isDefault": True, "authenticationType": "Managed"}],
        "/users": [
            {"id": person, "displayName": f"Person {number}", "userType": "Member", "accountEnabled": True}
            for number, person in enumerate(people, start=1)
        ],
        "/groups": [
            {"id": GUARD_GROUP, "securityEnabled": True, "members": _members("user", STAFF[:2])},
            {"id": ADMINISTRATORS_GROUP, "securityEnabled": True, "members": _members("user", OWNERS)},
            {"id": STAFF_GROUP, "securityEnabled": True, "members": _members("user", (*OWNERS, *STAFF))},
        ],
        "/servicePrincipals": [
            {
                "id": CLIENT,
                "appId": CLIENT,
                "servicePrincipalType": "Application",
                "appOwnerOrganizationId": tenant,
                "accountEnabled": True,
            }
        ],
        "/directoryRoles": [
            {
                "displayName": "Global Administrator",
                **_role(f"{_NOUGHT}30", GLOBAL_ADMINISTRATOR, _members("user", (*OWNERS, BREAK_GLASS))),
            },
            {
                "displayName": "Global Reader",
                **_role(f"{_NOUGHT}31", GLOBAL_READER, _members("servicePrincipal", (CLIENT,))),
            },
        ],
    }


def _settings() -> dict[str, list[dict[str, Any]]]:
    """Return the settings that a tenant has once, by their paths."""
    return {
        "/policies/authorizationPolicy": [
            {
                "id": "authorizationPolicy",
                "displayName": "Authorization Policy",
                "description": "Used to manage authorization related settings across the company.",
                "allowInvitesFrom": "adminsAndGuestInviters",
                "guestUserRoleId": RESTRICTED_GUEST,
                "blockMsolPowerShell": True,
            }
        ],
        "/deviceManagement": [
            {
                "id": f"{_NOUGHT}40",
                "settings": {
                    "secureByDefault": True,
                    "isScheduledActionEnabled": True,
                    "deviceComplianceCheckinThresholdDays": 30,
                },
            }
        ],
    }


def _members(kind: str, ids: tuple[str, ...]) -> list[dict[str, str]]:
    return [{"@odata.type": f"#microsoft.graph.{kind}", "id": identity} for identity in ids]


def _role(identity: str, template: str, members: list[dict[str, str]]) -> dict[str, Any]:
    return {"id": identity, "roleTemplateId": template, "members": members}


def _sign_in_policies() -> list[dict[str, Any]]:
    """Return the conditional access policies: a second factor, no old clients, sound phones, no unknown platform.

    https://learn.microsoft.com/graph/api/resources/conditionalaccesspolicy
    """
    phones = {"includePlatforms": ["android", "iOS"], "excludePlatforms": []}
    unknown = {"includePlatforms": ["all"], "excludePlatforms": _KNOWN_PLATFORMS}
    return [
        _sign_in_policy("A second factor", ["mfa"]),
        _sign_in_policy("No old clients", ["block"], clients=["exchangeActiveSync", "other"]),
        _sign_in_policy("Sound phones", ["compliantDevice", "compliantApplication"], platforms=phones),
        _sign_in_policy("No unknown platform", ["block"], platforms=unknown),
    ]


def _sign_in_policy(
    name: str, grants: list[str], *, clients: list[str] | None = None, platforms: dict[str, list[str]] | None = None
) -> dict[str, Any]:
    """Make a policy for everybody but the account for emergencies, and for every application."""
    nobody: list[str] = []
    users = ("includeUsers", "excludeUsers", "includeGroups", "excludeGroups", "includeRoles", "excludeRoles")
    return {
        "displayName": name,
        "state": "enabled",
        "conditions": {
            "users": {**dict.fromkeys(users, nobody), "includeUsers": ["All"], "excludeUsers": [BREAK_GLASS]},
            "applications": {"includeApplications": ["All"], "excludeApplications": [], "includeUserActions": []},
            "clientAppTypes": clients or ["all"],
            "platforms": platforms,
            "locations": None,
            "devices": None,
            "clientApplications": None,
            "signInRiskLevels": [],
            "userRiskLevels": [],
            "servicePrincipalRiskLevels": [],
        },
        "grantControls": {
            "operator": "OR",
            "builtInControls": grants,
            "customAuthenticationFactors": [],
            "termsOfUse": [],
            "authenticationStrength": None,
        },
        "sessionControls": None,
    }


def _compliance_policies() -> list[dict[str, Any]]:
    """Return a compliance policy for each platform: https://learn.microsoft.com/graph/api/resources/intune-deviceconfig-devicecompliancepolicy."""
    computer = {"passwordRequired": True, "storageRequireEncryption": True}
    phone = {**computer, "securityBlockJailbrokenDevices": True}
    settings = {
        "ios": {"passcodeRequired": True, "securityBlockJailbrokenDevices": True},
        "androidWorkProfile": phone,
        "windows10": {**computer, "bitLockerEnabled": True, "secureBootEnabled": True},
        "macOS": computer,
    }
    target = {"@odata.type": "#microsoft.graph.groupAssignmentTarget", "groupId": STAFF_GROUP}
    return [
        {
            "@odata.type": f"#microsoft.graph.{platform}CompliancePolicy",
            **demands,
            "assignments": [{"id": f"{platform}_{STAFF_GROUP}", "target": target}],
        }
        for platform, demands in settings.items()
    ]


def _devices(now: datetime) -> list[dict[str, Any]]:
    """Return the devices that are supplied: https://learn.microsoft.com/graph/api/resources/intune-devices-manageddevice."""
    systems = ("iOS", "Android", "Windows", "Windows", "macOS")
    return [
        {
            "operatingSystem": system,
            "complianceState": "compliant",
            "isEncrypted": True,
            "managementState": "managed",
            "lastSyncDateTime": (now - timedelta(hours=number + 1)).strftime("%Y-%m-%dT%H:%M:%SZ"),
        }
        for number, system in enumerate(systems)
    ]

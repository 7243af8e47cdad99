"""Who may sign in, with what, and who administers: Microsoft Graph's own types, versions and names.

A row's `listing` is the path below `v1.0` with the few properties that controls read: no name, address, number or
serial of a person or a device. A collection answers pages of `value`; the rows named last, which have no collection,
answer the one object itself. Bodies keep Graph's names and their `id`. One is spelt otherwise: an annotation's name
holds a dot, which parts the steps of a path, so `@odata.type` stands in the body as `odataType`, at every depth.

Graph expands at most twenty members and says nothing of the others
(https://developer.microsoft.com/graph/known-issues/?search=13635). Where a list in a body of `EXPANDS` holds as many,
it must be read on at `<path of the listing>/<id>/<property>`; until that was done it may be cut.
"""

from collections.abc import Iterator

from audit.model import Estate, Kind, Part, Resource, Scope, Unseen, readings

EXPANDED_AT_MOST = 20


def _row(name: str, *, listing: str, action: str) -> Kind:
    """Make the row of a type; `action` is the permission that reading it takes."""
    arm = f"microsoft.graph.{name}"
    return Kind(arm=arm, api="v1.0", pulumi=(), scope=Scope.TENANT, listing=listing, action=action)


USER = _row(
    "user",
    listing="/users?$select=id,userType,accountEnabled&$top=999",
    action="User.Read.All",
)
GROUP = _row(
    "group",
    listing="/groups?$select=id&$expand=members($select=id)",
    action="GroupMember.Read.All",
)
SERVICE_PRINCIPAL = _row(
    "servicePrincipal",
    listing="/servicePrincipals?$select=id,servicePrincipalType,appOwnerOrganizationId,accountEnabled&$top=999",
    action="Application.Read.All",
)
DIRECTORY_ROLE = _row(
    "directoryRole",
    # Graph lists the roles that somebody was ever given; one that nobody ever held is not in the answer.
    listing="/directoryRoles?$select=id,roleTemplateId&$expand=members($select=id)",
    action="RoleManagement.Read.Directory",
)
CONDITIONAL_ACCESS_POLICY = _row(
    "conditionalAccessPolicy",
    listing="/identity/conditionalAccess/policies?$select=id,state,conditions,grantControls",
    action="Policy.Read.All",
)
DEVICE_COMPLIANCE_POLICY = _row(
    "deviceCompliancePolicy",
    # Without $select: what is promised of a policy differs by platform, and a base type's $select leaves it out.
    listing="/deviceManagement/deviceCompliancePolicies?$expand=assignments",
    action="DeviceManagementConfiguration.Read.All",
)
MANAGED_DEVICE = _row(
    "managedDevice",
    listing=(
        "/deviceManagement/managedDevices"
        "?$select=id,operatingSystem,complianceState,isEncrypted,lastSyncDateTime,managementState"
    ),
    action="DeviceManagementManagedDevices.Read.All",
)
AUTHORIZATION_POLICY = _row(
    "authorizationPolicy",
    listing="/policies/authorizationPolicy?$select=id,allowInvitesFrom,guestUserRoleId",
    action="Policy.Read.All",
)
DEVICE_MANAGEMENT = _row(
    "deviceManagement",
    listing="/deviceManagement?$select=id,settings",
    action="DeviceManagementConfiguration.Read.All",
)

ONE_OF_A_KIND = (AUTHORIZATION_POLICY.arm, DEVICE_MANAGEMENT.arm)
"""What a tenant has one of: its path answers the object itself."""
EXPANDS = {GROUP.arm: "members", DIRECTORY_ROLE.arm: "members"}
"""Kind → the property whose directory objects Graph expands, and cuts."""
_SIGNS_NOBODY_IN = ("#microsoft.graph.device", "#microsoft.graph.orgContact")


def find(estate: Estate, identity: str, *kinds: Kind) -> Resource | None:
    """Return the object of the directory that bears an id, None where no listing of `kinds` holds it."""
    for kind in kinds:
        # What is looked up is no fact of any resource, so it is kept out of the evidence.
        with readings():
            try:
                return estate.target(Part("", "", {"id": f"{kind.arm}/{identity}"}), "id")
            except Unseen:
                continue
    return None


def holders(estate: Estate, found: Resource) -> Iterator[Resource]:
    """Yield each user and service principal that an object stands for: itself, or its members at any depth.

    Raises `Unseen` where a list of members may be cut, or one of them is in no listing.
    """
    done: set[str] = set()
    waiting = [found]
    while waiting:
        current = waiting.pop()
        if current.id in done:
            continue
        done.add(current.id)
        if current.type in EXPANDS:
            waiting.extend(_members(estate, current))
        else:
            yield current


def _members(estate: Estate, group: Resource) -> Iterator[Resource]:
    """Yield the members of a group or role that can sign in, or are groups themselves; raises as `holders` does."""
    listed = group.each(EXPANDS[group.type])
    if len(listed) == EXPANDED_AT_MOST:
        raise Unseen(f"{group.name} shows {EXPANDED_AT_MOST} members, as many as Graph shows at once: it may have more")
    for member in listed:
        found = find(estate, member.read("id", str), USER, GROUP, SERVICE_PRINCIPAL)
        if found is not None:
            yield found
        elif member.read("odataType", str) not in _SIGNS_NOBODY_IN:
            raise Unseen(f"{member.path('id')} of {group.name} is in no listing of the directory")

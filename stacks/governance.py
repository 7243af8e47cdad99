"""Rules that Azure itself enforces on the subscription: where things may be, what may not be deleted, who may look."""

from collections.abc import Mapping

import pulumi
from pulumi_azure_native import authorization

from auditor_role import auditor_role
from config import PRIMARY, SECONDARY, Settings

RESOURCE_LOCATIONS = "/providers/Microsoft.Authorization/policyDefinitions/e56962a6-4747-49cd-b67b-bf8b01975c4c"
GROUP_LOCATIONS = "/providers/Microsoft.Authorization/policyDefinitions/e765b5de-1225-4ba3-bd56-1ac6695af988"
BENCHMARK = "/providers/Microsoft.Authorization/policySetDefinitions/1f3afdf9-d0c9-4c3d-847f-89da613e70a8"


class Governance(pulumi.ComponentResource):
    """Location policies, the cloud security benchmark, delete locks and the auditor's role.

    What the rest of this program declares can be changed by hand in the portal; what stands here holds against that
    too, because Azure itself refuses.
    """

    auditor: authorization.RoleDefinition
    locks: Mapping[str, authorization.ManagementLockByScope]

    def __init__(
        self,
        name: str,
        *,
        settings: Settings,
        protected: Mapping[str, pulumi.Input[str]],
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        """Declare the rules; `protected` maps a short name to the id of each resource that must not be deleted."""
        super().__init__("promise-audit:stacks:Governance", name, None, opts)
        self._label = name
        self._scope = f"/subscriptions/{settings.subscription_id}"
        self._keep_in_the_uk(
            "resource",
            definition=RESOURCE_LOCATIONS,
            assignment="allowed-locations",
            title="Resources lie in the United Kingdom",
            description="Refuses any resource outside the two regions that the privacy statement allows.",
        )
        self._keep_in_the_uk(
            "group",
            definition=GROUP_LOCATIONS,
            assignment="allowed-group-locations",
            title="Resource groups lie in the United Kingdom",
            description="Refuses any resource group outside the two regions: a group stores its resources' metadata.",
        )
        self._measure_against_the_benchmark()
        self.locks = {key: self._lock(key, scope) for key, scope in protected.items()}
        self.auditor = auditor_role(name, scope=self._scope, opts=pulumi.ResourceOptions(parent=self))
        self.register_outputs({"auditor": self.auditor.id})

    def _keep_in_the_uk(
        self, what: str, *, definition: str, assignment: str, title: str, description: str
    ) -> authorization.PolicyAssignment:
        """Have Azure refuse what lies anywhere else, whoever asks for it and by whatever tool.

        Resource groups need a definition of their own beside the one for resources, as a group's location is where
        Azure keeps what it knows of its contents.
        """
        return authorization.PolicyAssignment(
            f"{self._label}-{what}-locations",
            policy_assignment_name=assignment,
            display_name=title,
            description=description,
            scope=self._scope,
            policy_definition_id=definition,
            enforcement_mode="Default",
            # No exception: what stood outside the policy would be outside the promise too.
            not_scopes=[],
            parameters={"listOfAllowedLocations": authorization.ParameterValuesValueArgs(value=[PRIMARY, SECONDARY])},
            opts=pulumi.ResourceOptions(parent=self, protect=True),
        )

    def _measure_against_the_benchmark(self) -> authorization.PolicyAssignment:
        """Measure the subscription against Microsoft's benchmark, which is what is meant here by good practice."""
        return authorization.PolicyAssignment(
            f"{self._label}-benchmark",
            policy_assignment_name="security-benchmark",
            display_name="Microsoft cloud security benchmark",
            description="Reports what departs from the benchmark; it audits and refuses nothing.",
            scope=self._scope,
            policy_definition_id=BENCHMARK,
            enforcement_mode="Default",
            not_scopes=[],
            opts=pulumi.ResourceOptions(parent=self),
        )

    def _lock(self, key: str, scope: pulumi.Input[str]) -> authorization.ManagementLockByScope:
        """Keep a resource from being deleted, by its owners too.

        To destroy a stack on purpose, its locks go first, each with the lead's approval.
        """
        return authorization.ManagementLockByScope(
            f"{self._label}-keep-{key}",
            lock_name=f"keep-{key}",
            scope=scope,
            level="CanNotDelete",
            notes="Holds or guards personal data. Remove this lock only with the data protection lead's approval.",
            opts=pulumi.ResourceOptions(parent=self),
        )

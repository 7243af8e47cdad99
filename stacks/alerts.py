"""Changes that weaken the estate, and faults of the platform under it, reach those who answer for a breach."""

import pulumi
from config import Settings
from pulumi_azure_native import monitor, resources, security

OPERATIONS = (
    "Microsoft.Authorization/locks/delete",
    "Microsoft.Authorization/policyAssignments/delete",
    "Microsoft.Authorization/policyAssignments/write",
    "Microsoft.Authorization/roleAssignments/write",
    "Microsoft.KeyVault/vaults/delete",
    "Microsoft.ManagedServices/registrationAssignments/write",
    "Microsoft.Network/networkSecurityGroups/delete",
    "Microsoft.Network/networkSecurityGroups/securityRules/delete",
    "Microsoft.Network/networkSecurityGroups/securityRules/write",
    "Microsoft.Network/networkSecurityGroups/write",
    "Microsoft.Network/publicIPAddresses/delete",
    "Microsoft.Network/publicIPAddresses/write",
    "Microsoft.RecoveryServices/vaults/backupFabrics/protectionContainers/protectedItems/delete",
    "Microsoft.RecoveryServices/vaults/write",
    "Microsoft.Security/policies/write",
    "Microsoft.Security/securitySolutions/delete",
    "Microsoft.Security/securitySolutions/write",
    "Microsoft.Sql/servers/firewallRules/delete",
    "Microsoft.Sql/servers/firewallRules/write",
    "Microsoft.Storage/storageAccounts/delete",
)
"""Operations after which data may be readable, lost or unwatched: each has an alert of its own."""

OWNER_ROLE = "8e3af657-a8ff-443c-a75c-2fe8c4bcb635"
"""Azure's built-in Owner role."""


class Alerts(pulumi.ComponentResource):
    """The people to be told of a breach, one alert an operation, service health, and Defender's contact."""

    breach: monitor.ActionGroup

    def __init__(
        self,
        name: str,
        *,
        settings: Settings,
        group: resources.ResourceGroup,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        super().__init__("promise-audit:stacks:Alerts", name, None, opts)
        self._label = name
        self._settings = settings
        self._group = group
        self.breach = self._breach_group()
        for operation in OPERATIONS:
            self._operation_alert(operation)
        self._service_health_alert()
        self._security_contact()
        self.register_outputs({"breach": self.breach.id})

    def _breach_group(self) -> monitor.ActionGroup:
        """Reach people in two ways, so that one mailbox that nobody reads does not stop the breach clock."""
        return monitor.ActionGroup(
            f"{self._label}-breach",
            action_group_name=f"{self._settings.prefix}-breach",
            group_short_name="breach",
            resource_group_name=self._group.name,
            location="global",
            enabled=True,
            email_receivers=[
                monitor.MicrosoftCommonEmailReceiverArgs(
                    name="data-protection",
                    email_address=self._settings.breach_mailbox,
                    use_common_alert_schema=True,
                ),
                monitor.MicrosoftCommonEmailReceiverArgs(
                    name="accountable",
                    email_address=self._settings.accountable_mailbox,
                    use_common_alert_schema=True,
                ),
            ],
            arm_role_receivers=[
                monitor.ArmRoleReceiverArgs(name="owners", role_id=OWNER_ROLE, use_common_alert_schema=True),
            ],
            tags={"data": "platform"},
            opts=pulumi.ResourceOptions(parent=self),
        )

    def _operation_alert(self, operation: str) -> monitor.ActivityLogAlert:
        # The category is left at Administrative for Microsoft.Security too: a write through ARM is logged there,
        # while the log's Security category carries what Defender found.
        slug = operation.removeprefix("Microsoft.").replace("/", "-").lower()
        return monitor.ActivityLogAlert(
            f"{self._label}-{slug}",
            activity_log_alert_name=f"{self._settings.prefix}-{slug}",
            description=f"{operation} was called in this subscription",
            resource_group_name=self._group.name,
            location="global",
            enabled=True,
            scopes=[f"/subscriptions/{self._settings.subscription_id}"],
            condition=monitor.AlertRuleAllOfConditionArgs(
                all_of=[
                    monitor.AlertRuleAnyOfOrLeafConditionArgs(field="category", equals="Administrative"),
                    monitor.AlertRuleAnyOfOrLeafConditionArgs(field="operationName", equals=operation),
                ],
            ),
            actions=monitor.ActionListArgs(
                action_groups=[monitor.ActionGroupArgs(action_group_id=self.breach.id)],
            ),
            tags={"data": "platform"},
            opts=pulumi.ResourceOptions(parent=self),
        )

    def _service_health_alert(self) -> monitor.ActivityLogAlert:
        return monitor.ActivityLogAlert(
            f"{self._label}-service-health",
            activity_log_alert_name=f"{self._settings.prefix}-service-health",
            description="Azure reports an incident, maintenance or a security advisory that concerns this subscription",
            resource_group_name=self._group.name,
            location="global",
            enabled=True,
            scopes=[f"/subscriptions/{self._settings.subscription_id}"],
            condition=monitor.AlertRuleAllOfConditionArgs(
                all_of=[monitor.AlertRuleAnyOfOrLeafConditionArgs(field="category", equals="ServiceHealth")],
            ),
            actions=monitor.ActionListArgs(
                action_groups=[monitor.ActionGroupArgs(action_group_id=self.breach.id)],
            ),
            tags={"data": "platform"},
            opts=pulumi.ResourceOptions(parent=self),
        )

    def _security_contact(self) -> security.SecurityContact:
        return security.SecurityContact(
            f"{self._label}-security-contact",
            security_contact_name="default",
            emails=f"{self._settings.breach_mailbox};{self._settings.accountable_mailbox}",
            is_enabled=True,
            notifications_by_role=security.SecurityContactPropertiesNotificationsByRoleArgs(
                state="On",
                roles=["Owner"],
            ),
            notifications_sources=[
                security.NotificationsSourceAlertArgs(source_type="Alert", minimal_severity="Low"),
                security.NotificationsSourceAttackPathArgs(source_type="AttackPath", minimal_risk_level="High"),
            ],
            opts=pulumi.ResourceOptions(parent=self),
        )

"""Changes that weaken the estate, and faults of the platform under it, reach those who answer for a breach."""

from collections.abc import Sequence

import pulumi
from pulumi_azure_native import monitor, resources, security

from config import Settings

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
    """The people to be told of a breach, one alert an operation, service health, and Defender's contact.

    Customers are promised word of a breach as soon as possible, and the law counts its hours from the moment that it is
    known. This is how it comes to be known.
    """

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
            # A role rather than a person: whoever owns the subscription on the day is told.
            arm_role_receivers=[
                monitor.ArmRoleReceiverArgs(name="owners", role_id=OWNER_ROLE, use_common_alert_schema=True),
            ],
            tags={"data": "platform"},
            opts=pulumi.ResourceOptions(parent=self),
        )

    def _operation_alert(self, operation: str) -> monitor.ActivityLogAlert:
        """Tell them that `operation` was called, whether or not it was allowed: a refused attempt is news as well.

        The category is Administrative for Microsoft.Security too: a write through ARM is logged there, while the log's
        Security category carries what Defender found.
        """
        return self._alert(
            operation.removeprefix("Microsoft.").replace("/", "-").lower(),
            description=f"{operation} was called in this subscription",
            conditions=[
                monitor.AlertRuleAnyOfOrLeafConditionArgs(field="category", equals="Administrative"),
                monitor.AlertRuleAnyOfOrLeafConditionArgs(field="operationName", equals=operation),
            ],
        )

    def _service_health_alert(self) -> monitor.ActivityLogAlert:
        """Tell them of the platform's own faults, which customers are promised to hear of from us."""
        return self._alert(
            "service-health",
            description="Azure reports an incident, maintenance or a security advisory that concerns this subscription",
            conditions=[monitor.AlertRuleAnyOfOrLeafConditionArgs(field="category", equals="ServiceHealth")],
        )

    def _alert(
        self, slug: str, *, description: str, conditions: Sequence[monitor.AlertRuleAnyOfOrLeafConditionArgs]
    ) -> monitor.ActivityLogAlert:
        """Declare an alert on what the activity log of the whole subscription says under all of `conditions`."""
        return monitor.ActivityLogAlert(
            f"{self._label}-{slug}",
            activity_log_alert_name=f"{self._settings.prefix}-{slug}",
            description=description,
            resource_group_name=self._group.name,
            # The rule lies in no region; the location policy leaves what is global alone.
            location="global",
            enabled=True,
            # The whole subscription: also what this program did not make.
            scopes=[f"/subscriptions/{self._settings.subscription_id}"],
            condition=monitor.AlertRuleAllOfConditionArgs(all_of=conditions),
            actions=monitor.ActionListArgs(
                action_groups=[monitor.ActionGroupArgs(action_group_id=self.breach.id)],
            ),
            tags={"data": "platform"},
            opts=pulumi.ResourceOptions(parent=self),
        )

    def _security_contact(self) -> security.SecurityContact:
        """Have Defender write to the same two mailboxes, and to the subscription's owners."""
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
                # The first signs of a breach are seldom graded high.
                security.NotificationsSourceAlertArgs(source_type="Alert", minimal_severity="Low"),
                security.NotificationsSourceAttackPathArgs(source_type="AttackPath", minimal_risk_level="High"),
            ],
            opts=pulumi.ResourceOptions(parent=self),
        )

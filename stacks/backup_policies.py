"""How often machines are backed up, and for how long each copy is kept."""

import pulumi
from pulumi_azure_native import recoveryservices, resources

_MIDNIGHT = "2026-01-01T00:00:00Z"
"""Azure reads the time of day from it and ignores the date."""


def machine_policy(
    name: str,
    *,
    vault: recoveryservices.Vault,
    group: resources.ResourceGroup,
    after: list[pulumi.Resource],
) -> recoveryservices.ProtectionPolicy:
    """Declare a backup every four hours, kept 35 days, with weekly, monthly and yearly copies kept longer.

    It waits for what `after` names, such as the guard: a policy that came first could be weakened by one person.
    """
    return recoveryservices.ProtectionPolicy(
        f"{name}-policy",
        vault_name=vault.name,
        resource_group_name=group.name,
        policy_name="machines-every-four-hours",
        properties=recoveryservices.AzureIaaSVMProtectionPolicyArgs(
            backup_management_type="AzureIaasVM",
            # Only an enhanced policy backs up more often than daily.
            policy_type="V2",
            time_zone="UTC",
            # The last week's copies also stay beside the disk, from where a restore takes minutes instead of hours.
            instant_rp_retention_range_in_days=7,
            schedule_policy=recoveryservices.SimpleSchedulePolicyV2Args(
                schedule_policy_type="SimpleSchedulePolicyV2",
                schedule_run_frequency="Hourly",
                hourly_schedule=recoveryservices.HourlyScheduleArgs(
                    interval=4,
                    schedule_window_start_time=_MIDNIGHT,
                    # Round the clock: mail is not a matter of office hours.
                    schedule_window_duration=24,
                ),
            ),
            retention_policy=_retention(),
        ),
        opts=pulumi.ResourceOptions(parent=vault, depends_on=after),
    )


def _retention() -> recoveryservices.LongTermRetentionPolicyArgs:
    """Keep a day's copies 35 days, a week's 12 weeks, a month's 12 months and a year's 7 years.

    Once the vault is locked these figures can grow and never shrink, so a slip of the pen would stay for good.
    """
    sunday = recoveryservices.WeeklyRetentionFormatArgs(
        days_of_the_week=[recoveryservices.DayOfWeek.SUNDAY],
        weeks_of_the_month=[recoveryservices.WeekOfMonth.FIRST],
    )
    return recoveryservices.LongTermRetentionPolicyArgs(
        retention_policy_type="LongTermRetentionPolicy",
        daily_schedule=recoveryservices.DailyRetentionScheduleArgs(
            retention_times=[_MIDNIGHT],
            retention_duration=recoveryservices.RetentionDurationArgs(count=35, duration_type="Days"),
        ),
        weekly_schedule=recoveryservices.WeeklyRetentionScheduleArgs(
            days_of_the_week=[recoveryservices.DayOfWeek.SUNDAY],
            retention_times=[_MIDNIGHT],
            retention_duration=recoveryservices.RetentionDurationArgs(count=12, duration_type="Weeks"),
        ),
        monthly_schedule=recoveryservices.MonthlyRetentionScheduleArgs(
            retention_schedule_format_type="Weekly",
            retention_schedule_weekly=sunday,
            retention_times=[_MIDNIGHT],
            retention_duration=recoveryservices.RetentionDurationArgs(count=12, duration_type="Months"),
        ),
        yearly_schedule=recoveryservices.YearlyRetentionScheduleArgs(
            months_of_year=[recoveryservices.MonthOfYear.JANUARY],
            retention_schedule_format_type="Weekly",
            retention_schedule_weekly=sunday,
            retention_times=[_MIDNIGHT],
            retention_duration=recoveryservices.RetentionDurationArgs(count=7, duration_type="Years"),
        ),
    )

"""The settings by which environments differ: sizes, counts, names and identities, never security."""

import ipaddress
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Literal

import pulumi

Region = Literal["uksouth", "ukwest"]
PRIMARY: Region = "uksouth"
SECONDARY: Region = "ukwest"
REGIONS: tuple[Region, Region] = (PRIMARY, SECONDARY)
SHORT: Mapping[Region, str] = {PRIMARY: "uks", SECONDARY: "ukw"}
"""Azure's own short names, for ARM names that may be 24 letters long at most."""

_LOCAL_NAME_MUST = "3 to 20 lower-case letters, not beginning with admin"
_GUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_HOST = re.compile(r"(?=.{1,253}$)([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]{2,63}")
_MAILBOX = re.compile(rf"[a-z0-9.+-]+@{_HOST.pattern}")


class SettingsError(pulumi.RunError):
    """A setting is missing or wrong; the message is one line that Pulumi prints without a traceback."""


@dataclass(frozen=True, kw_only=True)
class Settings:
    """What one environment chose, read and checked once."""

    environment: str
    prefix: str
    """Opens every ARM name; differs between environments because some names are unique in the world."""
    domain: str
    tenant_id: str
    subscription_id: str
    guard_subscription_id: str
    """The subscription of the Resource Guard, whose owners are not the backup's."""
    guard_group: str
    """Object id of the Entra group that may approve destructive backup operations."""
    administrators_group: str
    """Object id of the Entra group that administers the databases."""
    aws_account_id: str
    partner_ranges: tuple[str, ...]
    """CIDR ranges of the mail filter: the only senders and receivers of SMTP."""
    partner_mx: tuple[str, ...]
    """The filter's mail exchangers, most preferred first."""
    partner_spf: str
    """The filter's SPF domain, included by ours."""
    breach_mailbox: str
    accountable_mailbox: str
    mailbox_servers: int
    """Mailbox machines in the primary region; one more stands in the secondary."""
    machine_size: str
    """Size of mailbox machines."""
    support_size: str
    """Size of witnesses, domain controllers, portal and management machines."""
    mailbox_disk_gb: int
    sql_capacity: int
    """vCores of the provisioning database."""
    portal_instances: int
    vaults_keyed: bool
    """False in a new environment's first run alone: Azure gives a backup vault our key only once the vault exists."""
    closed_doors: frozenset[str]
    """Resources that `audit lock` has locked for good: a record of it, which locks nothing itself."""
    patching_from: str
    """The first day of the patching windows: Azure refuses one that has passed when the window is made."""
    administrator_name: str
    """Local administrator of new machines."""
    administrator_password: pulumi.Output[str] = field(repr=False)


def load() -> Settings:
    """Read the settings of the selected stack.

    Raises `SettingsError`, naming the key and what it must be, for the first one that is missing or wrong.
    """
    config = _Reader(pulumi.Config("promise-audit"))
    return Settings(
        environment=config.text("environment", "sandbox, staging or production", r"sandbox|staging|production"),
        prefix=config.text("prefix", "3 to 10 lower-case letters or digits, a letter first", r"[a-z][a-z0-9]{2,9}"),
        domain=config.text("domain", "a domain name", _HOST),
        tenant_id=config.guid("tenantId"),
        subscription_id=config.guid("subscriptionId"),
        guard_subscription_id=config.guid("guardSubscriptionId"),
        guard_group=config.guid("guardGroup"),
        administrators_group=config.guid("administratorsGroup"),
        aws_account_id=config.text("awsAccountId", "12 digits", r"\d{12}"),
        partner_ranges=config.texts("partnerRanges", "a list of public CIDR ranges", _is_range),
        partner_mx=config.texts("partnerMx", "a list of host names", _is_host),
        partner_spf=config.text("partnerSpf", "a domain name", _HOST),
        breach_mailbox=config.text("breachMailbox", "a mail address", _MAILBOX),
        accountable_mailbox=config.text("accountableMailbox", "a mail address", _MAILBOX),
        mailbox_servers=config.count("mailboxServers", least=2, most=8),
        machine_size=config.text("machineSize", "a machine size such as Standard_E8s_v5", r"Standard_\w+"),
        support_size=config.text("supportSize", "a machine size such as Standard_D2s_v5", r"Standard_\w+"),
        mailbox_disk_gb=config.count("mailboxDiskGb", least=32, most=4095),
        sql_capacity=config.count("sqlCapacity", least=2, most=80),
        portal_instances=config.count("portalInstances", least=2, most=30),
        vaults_keyed=config.text("vaultsKeyed", "true, or false in the first run", r"true|false") == "true",
        closed_doors=config.names("closedDoors", "a list of the names of resources"),
        patching_from=config.text("patchingFrom", "a day as YYYY-MM-DD", r"20\d\d-[01]\d-[0-3]\d"),
        administrator_name=config.text("administratorName", _LOCAL_NAME_MUST, r"(?!admin)[a-z]{3,20}"),
        administrator_password=config.secret("administratorPassword"),
    )


class _Reader:
    """Reads one key after the other, and says in one line which is wrong and what it must be."""

    def __init__(self, config: pulumi.Config) -> None:
        self._config = config

    def text(self, key: str, must: str, pattern: str | re.Pattern[str]) -> str:
        """Return the text at `key`; raises `SettingsError` where it does not match all of `pattern`."""
        value = self._config.get(key)
        if value is None:
            raise self._error(key, must, "is missing")
        if re.fullmatch(pattern, value) is None:
            raise self._error(key, must, f"is {value!r}")
        return value

    def guid(self, key: str) -> str:
        """Return the Entra or Azure id at `key`; raises `SettingsError` as `text` does."""
        return self.text(key, "a lower-case GUID", _GUID)

    def count(self, key: str, *, least: int, most: int) -> int:
        """Return the whole number at `key`; raises `SettingsError` where it is none or out of bounds.

        Both bounds are allowed.
        """
        must = f"a whole number from {least} to {most}"
        value = int(self.text(key, must, r"\d{1,9}"))
        if not least <= value <= most:
            raise self._error(key, must, f"is {value}")
        return value

    def texts(self, key: str, must: str, good: Callable[[str], bool]) -> tuple[str, ...]:
        """Return the list of text at `key`; raises `SettingsError` where it is empty or one of it is not `good`.

        `must` says in words what `good` asks for.
        """
        try:
            values = self._config.get_object(key)
        except pulumi.ConfigTypeError:
            raise self._error(key, must, f"is {self._config.get(key)!r}") from None
        if values is None:
            raise self._error(key, must, "is missing")
        if not isinstance(values, list) or not values:
            raise self._error(key, must, f"is {values!r}")
        wrong = next((value for value in values if not (isinstance(value, str) and good(value))), None)
        if wrong is not None:
            raise self._error(key, must, f"holds {wrong!r}")
        return tuple(values)

    def names(self, key: str, must: str) -> frozenset[str]:
        """Return the names at `key`, none where nothing is set; raises `SettingsError` where it holds anything else."""
        if self._config.get(key) in (None, "[]"):
            return frozenset()
        return frozenset(self.texts(key, must, lambda name: re.fullmatch(r"[a-z0-9-]+", name) is not None))

    def secret(self, key: str) -> pulumi.Output[str]:
        """Return the secret at `key` unread; raises `SettingsError` where it is missing.

        It stays an output that Pulumi keeps encrypted, so nothing here can check what it says.
        """
        value = self._config.get_secret(key)
        if value is None:
            raise self._error(key, f"set with `pulumi config set --secret {key}`", "is missing")
        return value

    def _error(self, key: str, must: str, seen: str) -> SettingsError:
        """Make the error that names the key in full (`project:key`), what was seen there, and what it must be."""
        return SettingsError(f"setting {self._config.full_key(key)} {seen}: it must be {must}")


def _is_host(value: str) -> bool:
    """Tell whether `value` is one whole host name: in lower case, and with no dot at its end."""
    return _HOST.fullmatch(value) is not None


def _is_range(value: str) -> bool:
    """Tell whether `value` is a CIDR range narrow enough to be a partner's, and not of a private network.

    False for a text that is no range at all, and for a range with host bits set.
    """
    try:
        network = ipaddress.ip_network(value)
    except ValueError:
        return False
    private = any(network.version == 4 and network.overlaps(ipaddress.ip_network(block)) for block in _PRIVATE)
    return network.prefixlen >= 8 and not private


_PRIVATE = ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "127.0.0.0/8")

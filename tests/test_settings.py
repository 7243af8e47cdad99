"""A stack's settings: each environment's are sound, and one that is missing or wrong is named in one line."""

import asyncio
import json
import runpy
from pathlib import Path

import pulumi
import pytest
import yaml

STACKS = Path(__file__).parents[1] / "stacks"
ENVIRONMENTS = ("sandbox", "staging", "production")
GUID = "a lower-case GUID"
CONFIG = runpy.run_path(str(STACKS / "config.py"))


def _file(environment):
    """Return the settings file of `environment` as Pulumi hands it over: every value text, lists as JSON."""
    entries = yaml.safe_load((STACKS / "config" / f"Pulumi.{environment}.yaml").read_text())["config"]
    plain = {key: value if isinstance(value, str) else json.dumps(value) for key, value in entries.items()}
    return plain | dict.fromkeys(_secrets(entries), "hunter2")


def _secrets(entries):
    return [key for key, value in entries.items() if isinstance(value, dict) and "secure" in value]


@pytest.fixture
def load():
    """Read settings from a mapping of key to text, leaving no configuration behind."""
    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)

    def _load(entries):
        pulumi.runtime.set_all_config(entries)
        return CONFIG["load"]()

    yield _load
    pulumi.runtime.set_all_config({})
    loop.close()


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_every_environment_has_sound_settings(load, environment):
    """The files in the repository load, with the password set."""
    assert load(_file(environment)).environment == environment


def test_environments_differ_in_values_and_not_in_what_is_set():
    """No environment can leave out what another one sets."""
    keys = {environment: sorted(_file(environment)) for environment in ENVIRONMENTS}
    assert keys["staging"] == keys["sandbox"]
    assert keys["production"] == keys["sandbox"]


def test_names_that_are_unique_in_the_world_differ_between_environments(load):
    """Two environments would otherwise claim the same vault and storage account."""
    assert len({load(_file(environment)).prefix for environment in ENVIRONMENTS}) == len(ENVIRONMENTS)


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_the_password_stands_in_no_file(environment):
    """What stands there is encrypted, and is the only such entry."""
    entries = yaml.safe_load((STACKS / "config" / f"Pulumi.{environment}.yaml").read_text())["config"]
    assert _secrets(entries) == ["promise-audit:administratorPassword"]


def test_the_password_is_a_secret_and_is_not_shown(load):
    """Printing the settings does not print it."""
    settings = load(_file("sandbox"))
    assert "hunter2" not in repr(settings)
    assert isinstance(settings.administrator_password, pulumi.Output)


@pytest.mark.parametrize(
    ("key", "value", "trouble"),
    [
        pytest.param("environment", None, "is missing: it must be sandbox, staging or production", id="no environment"),
        pytest.param(
            "environment", "test", "is 'test': it must be sandbox, staging or production", id="an unknown environment"
        ),
        pytest.param(
            "prefix",
            "Hosting",
            "is 'Hosting': it must be 3 to 10 lower-case letters or digits, a letter first",
            id="a prefix that storage names refuse",
        ),
        pytest.param(
            "prefix",
            "hostingbyus",
            "is 'hostingbyus': it must be 3 to 10 lower-case letters or digits, a letter first",
            id="a prefix too long for a computer's name",
        ),
        pytest.param("domain", "hosting", "is 'hosting': it must be a domain name", id="a domain of one label"),
        pytest.param("domain", "", "is '': it must be a domain name", id="an empty domain"),
        pytest.param("tenantId", "contoso", f"is 'contoso': it must be {GUID}", id="a tenant by name"),
        pytest.param("subscriptionId", None, f"is missing: it must be {GUID}", id="no subscription"),
        pytest.param("guardSubscriptionId", "0", f"is '0': it must be {GUID}", id="no id of the guard's subscription"),
        pytest.param("guardGroup", None, f"is missing: it must be {GUID}", id="nobody to approve"),
        pytest.param("administratorsGroup", "dba", f"is 'dba': it must be {GUID}", id="administrators by name"),
        pytest.param("awsAccountId", "123", "is '123': it must be 12 digits", id="a short account"),
        pytest.param("partnerRanges", None, "is missing: it must be a list of public CIDR ranges", id="no ranges"),
        pytest.param("partnerRanges", "[]", "is []: it must be a list of public CIDR ranges", id="an empty list"),
        pytest.param(
            "partnerRanges",
            '"192.0.2.0/24"',
            "is '192.0.2.0/24': it must be a list of public CIDR ranges",
            id="no list",
        ),
        pytest.param(
            "partnerRanges", "192.0.2.0/24", "is '192.0.2.0/24': it must be a list of public CIDR ranges", id="no JSON"
        ),
        pytest.param(
            "partnerRanges",
            '["0.0.0.0/0"]',
            "holds '0.0.0.0/0': it must be a list of public CIDR ranges",
            id="everybody a partner",
        ),
        pytest.param(
            "partnerRanges",
            '["192.0.2.0/24", "10.0.0.0/8"]',
            "holds '10.0.0.0/8': it must be a list of public CIDR ranges",
            id="our own network a partner",
        ),
        pytest.param(
            "partnerRanges", "[25]", "holds 25: it must be a list of public CIDR ranges", id="a range that is a number"
        ),
        pytest.param(
            "partnerMx",
            '["192.0.2.1"]',
            "holds '192.0.2.1': it must be a list of host names",
            id="an address as exchanger",
        ),
        pytest.param("partnerSpf", None, "is missing: it must be a domain name", id="no SPF domain"),
        pytest.param("breachMailbox", "post", "is 'post': it must be a mail address", id="a mailbox without a domain"),
        pytest.param("accountableMailbox", None, "is missing: it must be a mail address", id="nobody accountable"),
        pytest.param("mailboxServers", "1", "is 1: it must be a whole number from 2 to 8", id="one mailbox server"),
        pytest.param(
            "mailboxServers", "two", "is 'two': it must be a whole number from 2 to 8", id="a number in words"
        ),
        pytest.param(
            "machineSize",
            "E8",
            "is 'E8': it must be a machine size such as Standard_E8s_v5",
            id="a size unknown to Azure",
        ),
        pytest.param(
            "supportSize", None, "is missing: it must be a machine size such as Standard_D2s_v5", id="no support size"
        ),
        pytest.param("mailboxDiskGb", "16", "is 16: it must be a whole number from 32 to 4095", id="too small a disk"),
        pytest.param("sqlCapacity", "2.5", "is '2.5': it must be a whole number from 2 to 80", id="half a core"),
        pytest.param("portalInstances", "1", "is 1: it must be a whole number from 2 to 30", id="one portal instance"),
        pytest.param("patchingFrom", "soon", "is 'soon': it must be a day as YYYY-MM-DD", id="no day to patch from"),
        pytest.param(
            "vaultsKeyed", "yes", "is 'yes': it must be true, or false in the first run", id="neither true nor false"
        ),
        pytest.param(
            "administratorName",
            "administrator",
            "is 'administrator': it must be 3 to 20 lower-case letters, not beginning with admin",
            id="a name that Azure refuses",
        ),
        pytest.param(
            "closedDoors",
            '["Exchange Vault"]',
            "holds 'Exchange Vault': it must be a list of the names of resources",
            id="a locked resource that has no such name",
        ),
        pytest.param(
            "administratorPassword",
            None,
            "is missing: it must be set with `pulumi config set --secret administratorPassword`",
            id="no password",
        ),
    ],
)
def test_a_wrong_setting_is_one_line_that_names_the_key_and_what_it_must_be(load, key, value, trouble):
    """The whole message is compared: it is what the owner of the environment reads."""
    name = f"promise-audit:{key}"
    others = {known: text for known, text in _file("sandbox").items() if known != name}
    with pytest.raises(CONFIG["SettingsError"]) as raised:
        load(others if value is None else others | {name: value})
    assert str(raised.value) == f"setting {name} {trouble}"


@pytest.mark.parametrize(
    ("value", "names"),
    [
        pytest.param(None, set(), id="nothing said"),
        pytest.param("[]", set(), id="none"),
        pytest.param('["exchange-vault", "archive-account"]', {"exchange-vault", "archive-account"}, id="two"),
    ],
)
def test_nothing_was_locked_that_is_not_named(load, value, names):
    entries = _file("production")
    assert load(entries if value is None else entries | {"promise-audit:closedDoors": value}).closed_doors == names

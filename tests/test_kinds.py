"""The rows of kinds say what a live source must ask, and put together what ARM answers apart."""

import pytest

from audit.kinds import BY_ARM, KINDS, kind_of
from audit.kinds.dns import RECORD_SET
from audit.kinds.resources import RESOURCE_GROUP
from audit.kinds.web import WEB_APP, WEB_APP_CONFIG, WEB_APP_SLOT, WEB_APP_SLOT_CONFIG, with_settings
from audit.model import Plane, Scope
from tests.made import thing
from tests.support import CONTROLS

SITE = "/subscriptions/s/resourcegroups/rg/providers/microsoft.web/sites/portal"
SLOT = f"{SITE}/slots/next"


def live(kind, identity, **body):
    return thing(kind, identity, body, plane=Plane.LIVE)


@pytest.mark.parametrize(
    ("kind", "settings", "identity"),
    [
        pytest.param(WEB_APP, WEB_APP_CONFIG, SITE, id="a site"),
        pytest.param(WEB_APP_SLOT, WEB_APP_SLOT_CONFIG, SLOT, id="a slot"),
    ],
)
def test_a_site_gets_the_settings_that_arm_answers_apart(kind, settings, identity):
    """What the site's own answer holds stays, but for what it leaves empty."""
    site = live(kind, identity, httpsOnly=True, siteConfig={"ftpsState": None, "linuxFxVersion": "PYTHON|3.12"})
    config = live(settings, f"{identity}/config/web", ftpsState="Disabled", name="portal", resourceGroupName="rg")
    filled, kept = with_settings([site, config])
    assert kept is config
    assert filled.body == {
        "httpsOnly": True,
        "siteConfig": {"ftpsState": "Disabled", "linuxFxVersion": "PYTHON|3.12"},
    }
    assert with_settings([filled, config]) == (filled, config)


def test_a_site_whose_settings_were_not_seen_stays_as_it_is():
    """A control then finds nothing to read, and proves nothing."""
    site, other = (
        live(WEB_APP, SITE, siteConfig=None),
        live(WEB_APP_CONFIG, f"{SITE}-2/config/web", ftpsState="Disabled"),
    )
    assert with_settings([site, other]) == (site, other)


ATTACHED = [
    pytest.param(kind, on, id=f"{control.id} on {on.arm}")
    for control in CONTROLS.values()
    for kind in control.needs
    for on in control.on
    if kind.attached and kind not in control.on
]


@pytest.mark.parametrize(("kind", "on"), ATTACHED)
def test_what_a_control_needs_is_asked_of_what_it_judges(kind, on):
    """An extension that is asked for resource by resource names every type on which, or below which, one is wanted."""
    assert any(f"{arm}/".startswith(f"{on.arm}/") for arm in kind.attached)


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind.attached], ids=lambda kind: kind.arm)
def test_what_is_asked_resource_by_resource_names_known_types(kind):
    assert kind.scope is Scope.ANY
    assert all(arm.lower() in BY_ARM for arm in kind.attached)


@pytest.mark.parametrize(
    ("spelt", "kind"),
    [
        pytest.param("Microsoft.Network/dnszones/MX", RECORD_SET, id="a record set by its own type"),
        pytest.param(
            "microsoft.resources/subscriptions/resourcegroups", RESOURCE_GROUP, id="as Resource Graph spells it"
        ),
        pytest.param("Microsoft.Network/dnszones/recordsets", RECORD_SET, id="the row's own spelling"),
    ],
)
def test_another_spelling_of_a_type_is_the_same_kind(spelt, kind):
    assert kind_of(spelt) is kind

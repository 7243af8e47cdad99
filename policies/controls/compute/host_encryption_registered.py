"""Every subscription with machines may encrypt on the host.

Catalogue: CMP-02.

## Why we promise this
Without the feature Azure refuses encryption on the host to the next machine, and whoever makes it leaves it out.

## How to keep it
Run `az feature register --namespace Microsoft.Compute --name EncryptionAtHost` in the subscription once.
"""

from typing import Any

from audit.kinds.compute import VIRTUAL_MACHINE
from audit.kinds.features import FEATURE_REGISTRATION
from audit.kinds.scopes import subscription_of
from audit.model import (
    Estate,
    Example,
    Neighbour,
    Plane,
    Resource,
    Ruling,
    Severity,
    Verdict,
    any_of,
    broken,
    kept,
    missing,
    same,
)

ON = VIRTUAL_MACHINE
NEEDS = (FEATURE_REGISTRATION,)
SEVERITY = Severity.HIGH
# A feature is asked for once, by hand: only the subscription itself shows it.
PLANES = (Plane.LIVE,)

PROVIDER, FEATURE, READY = "Microsoft.Compute", "EncryptionAtHost", "Registered"


def judge(machine: Resource, estate: Estate) -> Ruling:
    own, asked = subscription_of(machine.id), estate.of(FEATURE_REGISTRATION)
    found = [one for one in asked if subscription_of(one.id) == own and _is_wanted(one)]
    if not found:
        wanted = f'provider_namespace="{PROVIDER}", feature_name="{FEATURE}"'
        return missing(
            f"{PROVIDER}/{FEATURE} was never registered", declare=f"features.SubscriptionFeatureRegistration({wanted})"
        )
    return any_of(_judge_registration, found)


def _judge_registration(registration: Resource) -> Ruling:
    state = registration.read("state", str)
    if same(state, READY):
        return kept(f"{PROVIDER}/{FEATURE} is {READY}")
    return broken(f"{PROVIDER}/{FEATURE} is {state}, promised {READY}")


def _is_wanted(registration: Resource) -> bool:
    provider, feature = registration.read("providerNamespace", str), registration.read("featureName", str)
    return same(provider, PROVIDER) and same(feature, FEATURE)


def _feature(state: Any, feature: Any = FEATURE, provider: str = PROVIDER) -> Neighbour:
    body = {"providerNamespace": provider, "featureName": feature, "state": state}
    return Neighbour(FEATURE_REGISTRATION, body, name=f"{feature}")


EXAMPLES = (
    Example(Verdict.KEPT, {}, (_feature(READY),)),
    Example(Verdict.BROKEN, {}, (_feature("NotRegistered"),)),
    Example(Verdict.BROKEN, {}, (_feature("Pending"),), note="asked for, and not given yet"),
    Example(Verdict.BROKEN, {}, (_feature(READY, "UltraSSD"),), note="another feature"),
    Example(Verdict.BROKEN, {}, note="never asked for"),
    Example(Verdict.UNPROVEN, {}, (_feature(None),)),
    Example(Verdict.UNPROVEN, {}, (_feature(READY, {"$unknown": True}),)),
)

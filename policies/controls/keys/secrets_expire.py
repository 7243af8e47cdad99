"""Every secret in a key vault expires, and none that is in force has expired.

Catalogue: KEY-08.

## Why we promise this
A password that lasts for ever is stolen once and good for ever.

## How to keep it
Give each `keyvault.Secret` `attributes=keyvault.SecretAttributesArgs(expires=…)` in seconds since 1970, or, better,
keep none: machines and services sign in with identities of their own. Azure never changes a secret by itself.
"""

from datetime import UTC, datetime
from typing import Any

from audit.kinds.keyvault import KEY_VAULT, KEY_VAULT_SECRET
from audit.model import (
    Cause,
    Estate,
    Example,
    Neighbour,
    Resource,
    Ruling,
    Severity,
    Unseen,
    Verdict,
    broken,
    every,
    kept,
)

NEEDS = (KEY_VAULT, KEY_VAULT_SECRET)
SEVERITY = Severity.MEDIUM
ABSENT = {"attributes.enabled": "azure-native 3.29 docstring of keyvault.SecretAttributesArgs.enabled"}


def judge(estate: Estate) -> Ruling:
    vaults = estate.of(KEY_VAULT)
    if not vaults:
        raise Unseen("no key vault was seen, so neither was a secret", Cause.NOTHING)
    secrets = estate.of(KEY_VAULT_SECRET)
    if not secrets:
        return kept(f"no secret is kept in a vault: {len(vaults)} seen")
    ruling = every(_judge_secret, secrets)
    return kept(f"every secret in force expires: {len(secrets)} seen") if ruling.verdict is Verdict.KEPT else ruling


def _judge_secret(secret: Resource) -> Ruling:
    """Rule on one secret, as of when it was seen; raises `Unseen` where no end of it was seen."""
    if secret.look("attributes.enabled") is not None and secret.read("attributes.enabled", bool) is False:
        return kept(f"{secret.name} is off")
    ends = datetime.fromtimestamp(secret.read("attributes.exp", int), UTC)
    if ends <= secret.seen_at:
        return broken(f"{secret.name} expired on {ends:%Y-%m-%d} and is still there", subject=secret)
    return kept(f"{secret.name} expires on {ends:%Y-%m-%d}")


_VAULT = Neighbour(KEY_VAULT, {"vaultName": "ring"}, name="ring")
# Examples are seen on 15 January 2026 at noon.
_NOON = 1768478400


def _secret(expires: Any, name: str = "secret", *, on: Any = True) -> Neighbour:
    attributes = {"enabled": on, "exp": expires}
    return Neighbour(KEY_VAULT_SECRET, {"vaultName": {"$reference": "ring"}, "attributes": attributes}, name=name)


EXAMPLES = (
    Example(Verdict.KEPT, {}, (_VAULT,), note="no secret at all"),
    Example(Verdict.KEPT, {}, (_VAULT, _secret(_NOON + 1))),
    Example(Verdict.BROKEN, {}, (_VAULT, _secret(_NOON))),
    Example(Verdict.BROKEN, {}, (_VAULT, _secret(_NOON + 1), _secret(_NOON - 86400, "old"))),
    Example(Verdict.KEPT, {}, (_VAULT, _secret(_NOON - 86400, "old", on=False)), note="it is off"),
    Example(Verdict.UNPROVEN, {}, (_VAULT, _secret(None)), note="it may last for ever"),
    Example(Verdict.UNPROVEN, {}, (_VAULT, _secret({"$unknown": True}))),
    Example(Verdict.UNPROVEN, {}, note="no vault was seen"),
)

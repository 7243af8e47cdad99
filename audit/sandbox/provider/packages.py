"""The packages that have a stand-in, and how each makes its provider of its settings."""

import json
from collections.abc import Callable, Mapping

from audit.model import AuditError
from audit.sandbox.process import Running
from audit.sandbox.provider.serving import Configured, Provider


def _azure(found: Running) -> Configured:
    # Each package's clients are heavy, and one process serves one package.
    from audit.sandbox.provider.azure_native import AzureNative
    from audit.sandbox.provider.client import Client

    client = Client(found)

    def make(settings: Mapping[str, str]) -> Provider:
        return AzureNative(
            client,
            subscription=settings.get("subscriptionId") or found.subscription,
            tenant=found.tenant,
            principal=found.client,
            location=settings.get("location", ""),
        )

    return make


def _aws(found: Running) -> Configured:
    from audit.sandbox.provider.aws import Aws

    if not found.aws:
        raise AuditError(f"no local AWS runs in {found.folder}. Install promise-audit[sandbox] and start it again.")

    def make(settings: Mapping[str, str]) -> Provider:
        allowed = json.loads(settings.get("allowedAccountIds") or "[]")
        region = settings.get("region") or "eu-west-2"
        return Aws(f"http://127.0.0.1:{found.aws}", region=region, allowed=tuple(allowed))

    return make


PACKAGES: Mapping[str, Callable[[Running], Configured]] = {"azure-native": _azure, "aws": _aws}
"""Package → what makes its providers for a local Azure that runs; raises `AuditError` where that has no such cloud."""

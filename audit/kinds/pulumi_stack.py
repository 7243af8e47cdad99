"""A Pulumi stack's own settings: where its state is kept, and what opens the secrets in it.

No cloud holds these as resources: they stand in `Pulumi.yaml` and `Pulumi.<stack>.yaml`, whose forms are
https://www.pulumi.com/docs/iac/concepts/projects/project-file/ and
https://www.pulumi.com/docs/iac/concepts/projects/stack-settings-file/.
"""

import re
from urllib.parse import parse_qsl, urlsplit

from audit.model import Kind, Unseen

# `url`: what `backend.url` of the project says. `stack`: the name of the stack that was looked at.
STATE_BACKEND = Kind(arm="Pulumi::Stack::Backend", api="3", pulumi=())
# `provider`: what `secretsprovider` of the stack says; `passphrase` where only a salt stands there. `stack`: as above.
STATE_SECRETS = Kind(arm="Pulumi::Stack::SecretsProvider", api="3", pulumi=())

FILE_STORES = ("azblob", "s3", "gs", "file")
"""The schemes of backends that keep files and open none of them; any other address is a service that answers.

https://www.pulumi.com/docs/iac/concepts/state-and-backends/
"""


def scheme(address: str) -> str:
    """Return the scheme of an address in lower case, empty where it has none."""
    return address.partition("://")[0].lower() if "://" in address else ""


def account(url: str) -> str:
    """Return the storage account that a backend `azblob://CONTAINER?storage_account=ACCOUNT` lies in.

    Raises `Unseen` where the address names none, as the machine that runs Pulumi then chooses it, and where it says
    more than that: its other parameters lead to another host than Azure's.
    https://pkg.go.dev/gocloud.dev/blob/azureblob#URLOpener
    """
    asked = parse_qsl(urlsplit(url).query, keep_blank_values=True)
    others = sorted({name for name, _ in asked if name != "storage_account"})
    if others:
        raise Unseen(f"the backend's address has {', '.join(others)}, which may lead to another host")
    named = [value for _, value in asked if value]
    if len(named) != 1:
        raise Unseen("the backend's address names no storage account: add ?storage_account=")
    return named[0].lower()


def vault(provider: str) -> str:
    """Return the key vault of `azurekeyvault://VAULT.vault.azure.net/keys/KEY`, empty where it is no such address.

    https://www.pulumi.com/docs/iac/concepts/secrets/#azure-key-vault
    """
    form = r"azurekeyvault://([a-z0-9-]{3,24})\.vault\.azure\.net/keys/[A-Za-z0-9-]+(/[0-9a-f]*)?"
    found = re.fullmatch(form, provider, re.IGNORECASE)
    return found.group(1).lower() if found else ""

"""What one request asks of the Blob service, and what it may find there."""

from __future__ import annotations

from datetime import datetime

import msgspec

from audit.sandbox import blob_accounts, blobs
from audit.sandbox.answers import Call, Refusal
from audit.sandbox.blob_accounts import Account, Container
from audit.sandbox.blobs import Blob, Version


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """One request: of an account, a container or a blob."""

    call: Call
    account: Account
    container: str = ""
    blob: str = ""
    secondary: bool = False
    """Whether the copy in the other region is read."""

    @property
    def now(self) -> datetime:
        """Return the moment that is looked at: behind, where the other region is asked."""
        store = self.call.store
        return blob_accounts.last_synced(store, self.account) if self.secondary else store.now()

    def held_in(self) -> Container:
        """Return the container; raises `Refusal` where there is none."""
        found = blob_accounts.container(self.call.store, self.account, self.container)
        if found is None:
            raise Refusal(404, "ContainerNotFound", "The specified container does not exist.")
        return found

    def found(self) -> Blob:
        """Return all that was ever written under the name."""
        return blobs.found(self.call.store, self.account.name, self.container, self.blob)

    def listed(self) -> tuple[Blob, ...]:
        """Return all that the container holds or held."""
        return blobs.listed(self.call.store, self.account.name, self.container)

    def keep(self, blob: Blob) -> None:
        """Keep what the name holds now."""
        blobs.keep(self.call.store, self.account.name, self.container, blob)

    def version(self) -> Version:
        """Return the version that is asked for, by default the current one; raises `Refusal` where there is none."""
        self.held_in()
        blob, wanted = self.found(), self.call.query.get("versionid", "")
        if wanted:
            found = blob.of(wanted)
            visible = found if found and found.written <= self.now else None
        else:
            visible = blob.standing(self.now) if self.secondary else blob.current
        if visible is None or visible.harm == "gone":
            raise Refusal(404, "BlobNotFound", "The specified blob does not exist.")
        return visible.at(self.now)

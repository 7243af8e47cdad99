"""`audit key`: make a key that signs packs, and show the public half of one."""

import os
from pathlib import Path

import click

from audit.files import write
from audit.model import AuditError


@click.group("key")
def command() -> None:
    """Make a key that signs packs, or show the public half of one.

    The passphrase of a key's file is read from PROMISE_AUDIT_KEY_PASSPHRASE, and from nowhere else.
    """


@command.command("new")
@click.argument("name", type=click.Path(path_type=Path))
def new(name: Path) -> None:
    """Make an Ed25519 key: NAME.pem, which only you can read, and NAME.pub.pem for everyone who verifies.

    It overwrites nothing. Prints the key's id, by which a check names it.
    """
    from audit.evidence.signers import PASSPHRASE, new_key  # it brings cryptography

    private, public = name.with_name(f"{name.name}.pem"), name.with_name(f"{name.name}.pub.pem")
    for path in (private, public):
        if os.path.lexists(path):
            raise AuditError(f"{path} is there already. Choose another name: a key is never overwritten.")
    secret, key = new_key(os.environ.get(PASSPHRASE, ""))
    try:
        write({public: key.pem.encode()})
        # Nobody else may read it at any moment, and nothing that came meanwhile is overwritten.
        with os.fdopen(os.open(private, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(secret)
    except OSError as error:
        raise AuditError(f"cannot write {error.filename}: {error.strerror}. Name another folder.") from error
    click.echo(f"{private}: keep it to yourself")
    click.echo(f"{public}: give it to whoever verifies")
    click.echo(f"id {key.id}")


@command.command("public")
@click.argument("uri")
def public(uri: str) -> None:
    """Print the public half of a key: FILE.pem, azurekms:VAULT/KEY or awskms:KEY."""
    from audit.evidence.signers import PASSPHRASE, signer  # as above

    click.echo(signer(uri, passphrase=os.environ.get(PASSPHRASE, "")).key.pem, nl=False)

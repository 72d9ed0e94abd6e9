"""Proof: certificates, statements and the ledger, each checked by name."""

from pathlib import Path

import click

from retention import wiring
from retention.cli.common import as_json, show
from retention.errors import CertificateError

_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
_SIGNS = {True: "ok  ", False: "FAIL", None: "-   "}


@click.command()
@click.argument("file", type=_FILE)
@click.option("--issuer", type=_FILE, help="The issuer's certificate, got another way.")
@click.option("--ledger-key", help="The ledger's public key, got another way.")
@as_json
def verify(*, file: Path, issuer: Path | None, ledger_key: str | None, as_json: bool) -> None:
    """Check the certificate or statement FILE, offline.

    Without --issuer, the certificate beside FILE (issuer.pem) is used, or that of this
    installation: compare its fingerprint with the one that reached you another way.
    """
    from retention.adapters.seal import check as checking  # noqa: PLC0415  # slow to load
    from retention.adapters.typeset import Typst  # noqa: PLC0415  # slow to load

    trusted = checking.Trusted(*_trusted(file, issuer, ledger_key))
    checks = checking.check(file.read_bytes(), trusted, typesetter=Typst())
    rows = [{"number": c.number, "check": c.name, "ok": c.ok, "detail": c.detail} for c in checks]
    if as_json:
        show(rows, as_json=True, empty="")
    else:
        for c in checks:
            click.echo(f"{_SIGNS[c.ok]} {c.number:>2}. {c.name}: {c.detail}")
    checking.require(checks)
    if not as_json:
        click.echo(f"{file.name} is what the issuer signed, sealed and put on its ledger.")


def _trusted(file: Path, issuer: Path | None, ledger_key: str | None) -> tuple[bytes, str]:
    beside, key = file.with_name("issuer.pem"), file.with_name("ledger.vkey")
    if issuer is not None:
        return issuer.read_bytes(), ledger_key or ""
    if beside.is_file():
        return beside.read_bytes(), ledger_key or (key.read_text().strip() if key.is_file() else "")
    work = wiring.compose()
    if not (work.settings.home / "keys" / "issuer").is_dir():
        raise CertificateError(
            "there is nothing to trust here",
            hint="give --issuer: the certificate that the issuer gave you another way",
        )
    return work.keyring.issuer.certificate_pem, ledger_key or work.keyring.ledger.public_text


@click.group()
def ledger() -> None:
    """Prove the ledger, or sign a checkpoint of it."""


@ledger.command(name="audit")
def ledger_audit() -> None:
    """Check every entry, and name the first that is broken."""
    count = wiring.compose().ledger.audit()
    click.echo(f"{count} entries, each what its leaf says, all under one root.")


@ledger.command(name="checkpoint")
def ledger_checkpoint() -> None:
    """Print a signed checkpoint.

    Keep it where nobody who writes the ledger can reach it.
    """
    click.echo(wiring.compose().ledger.checkpoint().note, nl=False)

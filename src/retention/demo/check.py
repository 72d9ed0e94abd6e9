"""The end of the story: check everything as a controller would, with nothing but files."""

import shutil
import subprocess
from pathlib import Path
from typing import TypedDict

from retention import wiring
from retention.adapters.seal import check as checking
from retention.adapters.seal.document import attachments
from retention.adapters.typeset import Typst
from retention.demo.told import Narrator
from retention.errors import CertificateError
from retention.steps.cases import cases
from retention.views.certificate_view import ISSUER, SCRIPT, STATEMENT


class Found(TypedDict):
    """What a demonstration came to."""

    datasets: int
    destroyed: int
    certificates: list[str]


def check_everything(work: wiring.Composition, folder: Path, tell: Narrator) -> Found:
    """Write the certificates out, check each one and the ledger; raise at the first that fails."""
    out = folder / "certificates"
    out.mkdir(exist_ok=True)
    (case,) = cases(work.ledger)
    (out / ISSUER).write_bytes(work.keyring.issuer.certificate_pem)
    ledger_key = work.keyring.ledger.public_text
    (out / "ledger.vkey").write_text(f"{ledger_key}\n", encoding="utf-8")
    names = []
    for number, sealed in sorted(case.sealed.items()):
        pdf = work.evidence.read(sealed.text("pdf"))
        (out / f"{number}.pdf").write_bytes(pdf)
        trusted = checking.Trusted((out / ISSUER).read_bytes(), ledger_key)
        checks = checking.check(pdf, trusted, typesetter=Typst())
        checking.require(checks)
        passed = sum(1 for each in checks if each.ok)
        tell.say(f"retention verify {number}.pdf: {passed} checks passed, none failed.")
        _by_openssl(pdf, out / number, tell)
        names.append(f"{number}.pdf")
    tell.say(f"The ledger proves itself: {work.ledger.audit()} entries, every one under the root.")
    return {
        "datasets": len(case.verified),
        "destroyed": sum(r.number("destroyed") for r in case.verified.values()),
        "certificates": names,
    }


def _by_openssl(pdf: bytes, folder: Path, tell: Narrator) -> None:
    """Run the attached script, which knows nothing of us."""
    folder.mkdir(exist_ok=True)
    for name, content in attachments(pdf).items():
        (folder / name).write_bytes(content)
    if shutil.which("openssl") is None:
        tell.note(["openssl is not on this machine: the attached script was not run"])
        return
    words = ["sh", SCRIPT, STATEMENT, ISSUER]
    said = subprocess.run(words, cwd=folder, capture_output=True, text=True, check=False)  # noqa: S603  # the script that we attach
    if said.returncode or "VERIFIED" not in said.stdout:
        raise CertificateError("openssl does not agree", hint="run verify.sh by hand and look")
    tell.note(["openssl agrees, by the ten-line script attached to it"])

"""The words and the data of one invented certificate, letter by letter.

Where a change is meant, the failing test says which file to copy over which.  A change of words
or layout also needs a new number of the template, or older certificates fail check 13.
"""

import json
import subprocess
from pathlib import Path

import pytest

from retention.adapters.typeset import Typst
from retention.domain.certificate import Certificate
from retention.views.certificate_view import Kit, document
from retention.views.letters import certificate_letter
from tests.support.certificates import BACKUP, LEDGER, certificate, counts, dataset
from tests.unit.test_letters import PARTY, notice

HERE = Path(__file__).parent
PEM = b"-----BEGIN CERTIFICATE-----\nSU5WRU5URUQ=\n-----END CERTIFICATE-----\n"
KIT = Kit(
    envelope=b"{}\n",
    entry=b'{"index":18203}',
    proof=f"c2sp.org/tlog-proof@v1\nindex 18203\n\n{LEDGER}\n18204\nAA==\n".encode(),
    issuer_pem=PEM,
)


def partial():
    rows = [
        dataset(fates=counts(1000, absent_before=2, held_back=4, refused=3, failed=1, arrivals=7)),
        dataset("northern-ireland", residual=[BACKUP]),
    ]
    return certificate(rows, demonstration=True)


def same(name, found, tmp_path):
    kept = HERE / name
    if not kept.exists() or kept.read_text() != found:
        (tmp_path / name).write_text(found)
        pytest.fail(f"if this change is meant: cp {tmp_path / name} {kept}")


def words(text):
    """Return the text without what differs between versions of the program that extracts it."""
    return "\n".join(" ".join(line.split()) for line in text.splitlines() if line.strip()) + "\n"


def test_the_statement(tmp_path):
    statement = partial().statement()
    same("partial.statement.json", json.dumps(json.loads(statement), indent=1) + "\n", tmp_path)
    assert Certificate.read(statement) == partial()


@pytest.mark.parametrize(("name", "made"), [("partial", partial), ("interim", certificate)])
def test_the_words_on_the_pages(name, made, tmp_path):
    pages = document(made(), KIT)
    (tmp_path / "x.pdf").write_bytes(Typst().pdf(pages.template, pages.data, pages.attachments))
    command = ["pdftotext", "-raw", "-nopgbrk", tmp_path / "x.pdf", "-"]
    text = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    same(f"{name}.txt", words(text), tmp_path)


def test_the_letters(tmp_path):
    for name, letter in {
        "letter-notice.txt": notice(),
        "letter-certificate.txt": certificate_letter(partial(), PARTY),
    }.items():
        same(name, f"Subject: {letter.subject}\n\n{letter.body}", tmp_path)


def test_the_read_me(tmp_path):
    same(
        "README-of-the-kit.txt",
        document(certificate(), KIT).attachments["README.txt"].decode(),
        tmp_path,
    )

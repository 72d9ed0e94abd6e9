"""The law of the typesetter: archivable, accessible, the same bytes, and data is only data."""

import hashlib
import json
import os
import subprocess
import sys
from dataclasses import replace

import pytest

from retention.adapters.typeset import Typst
from retention.domain.wording import BANNED, CertificateType
from retention.errors import CertificateError
from retention.views.certificate_sections import ROWS_MAX
from retention.views.certificate_view import document
from tests.support.certificates import BACKUP, certificate, counts, dataset, every_fate
from tests.support.kits import Issuer

VARIANTS = {
    "interim": certificate,
    "final": lambda: certificate([dataset()]),
    "partial": lambda: certificate([dataset(fates=counts(9, failed=1, arrivals=3))]),
    "nil": lambda: certificate([dataset(fates=counts(absent_before=2))]),
    "correction": lambda: certificate(
        [dataset()], type=CertificateType.CORRECTION, supersedes="RET-1"
    ),
    "demonstration": lambda: certificate(demonstration=True),
    "every fate": lambda: certificate([dataset(residual=every_fate())]),
}


@pytest.fixture(scope="module")
def issuer(tmp_path_factory):
    return Issuer(tmp_path_factory.mktemp("keys"))


def pages(issuer, made):
    made = issuer.signed(made)
    return document(made, issuer.kit(made, {}))


def set_(issuer, made):
    found = pages(issuer, made)
    return issuer.typesetter.pdf(found.template, found.data, found.attachments)


def text(pdf, tmp_path, *options):
    (tmp_path / "x.pdf").write_bytes(pdf)
    command = ["pdftotext", *options, tmp_path / "x.pdf", "-"]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


@pytest.mark.parametrize("variant", VARIANTS)
def test_every_variant_is_archivable_and_accessible(issuer, variant, tmp_path):
    pdf = set_(issuer, VARIANTS[variant]())
    assert b"pdfaid:part>3<" in pdf
    assert b"pdfaid:conformance>A<" in pdf
    assert b"pdfuaid:part>1<" in pdf
    (tmp_path / "x.pdf").write_bytes(pdf)
    told = subprocess.run(
        ["pdfinfo", tmp_path / "x.pdf"], capture_output=True, text=True, check=True
    )
    assert "Tagged:          yes" in told.stdout
    assert "JavaScript:      no" in told.stdout
    # Poppler mistakes a truth value that PDF allows; whatever else it complains of is ours.
    assert [line for line in told.stderr.splitlines() if "Suspects" not in line] == []


@pytest.mark.parametrize("variant", VARIANTS)
def test_no_variant_uses_a_word_that_nobody_can_show(issuer, variant, tmp_path):
    words = " ".join(text(set_(issuer, VARIANTS[variant]()), tmp_path).lower().split())
    assert not [word for word in BANNED if word in words]


def test_the_same_input_is_the_same_bytes_in_another_process_place_and_zone(issuer, tmp_path):
    found = pages(issuer, certificate())
    (tmp_path / "data").write_bytes(found.data)
    (tmp_path / "files").mkdir()
    for name, content in found.attachments.items():
        (tmp_path / "files" / name).write_bytes(content)
    program = """
import hashlib, pathlib, sys
from retention.adapters.typeset import Typst
files = {p.name: p.read_bytes() for p in sorted(pathlib.Path("files").iterdir(), reverse=True)}
pdf = Typst().pdf("certificate.typ", pathlib.Path("data").read_bytes(), files)
print(hashlib.sha256(pdf).hexdigest())
"""
    environment = {**os.environ, "TZ": "Pacific/Kiritimati", "LC_ALL": "C", "HOME": str(tmp_path)}
    told = subprocess.run(
        [sys.executable, "-c", program],
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    )
    here = issuer.typesetter.pdf(found.template, found.data, found.attachments)
    assert told.stdout.strip() == hashlib.sha256(here).hexdigest()


def test_no_font_of_the_machine_is_used(issuer, tmp_path):
    (tmp_path / "x.pdf").write_bytes(set_(issuer, certificate()))
    told = subprocess.run(
        ["pdffonts", tmp_path / "x.pdf"], capture_output=True, text=True, check=True
    )
    names = {line.split()[0].partition("+")[2] for line in told.stdout.splitlines()[2:]}
    assert {name.partition("-")[0] for name in names} == {"Inter", "DejaVuSansMono"}


MARKUP = '#read("/etc/passwd") *bold* $x$ \\u{41} // no [x] @label <b>&amp;</b> #import "x"'


def test_markup_in_data_is_printed_and_not_obeyed(issuer, tmp_path):
    made = certificate([dataset(describes=MARKUP, residual=[replace(BACKUP, where=MARKUP)])])
    made = replace(made, authority=replace(made.authority, title=MARKUP, mandate=MARKUP))
    words = " ".join(text(set_(issuer, made), tmp_path, "-raw").split())
    assert words.count(MARKUP) >= 3
    assert "root:" not in words


def test_a_demonstration_says_so_on_every_page_and_to_a_screen_reader(issuer, tmp_path):
    pdf = set_(issuer, certificate(demonstration=True))
    shown = text(pdf, tmp_path).removesuffix("\f").split("\f")
    assert len(shown) >= 3
    assert all("DEMONSTRATION" in page for page in shown)
    (tmp_path / "x.pdf").write_bytes(pdf)
    command = ["pdfinfo", "-struct-text", tmp_path / "x.pdf"]
    told = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    assert "DEMONSTRATION." in told
    info = subprocess.run(
        ["pdfinfo", tmp_path / "x.pdf"], capture_output=True, text=True, check=True
    ).stdout
    assert "Title:           DEMONSTRATION: Interim certificate" in info
    assert "DEMONSTRATION" not in text(set_(issuer, certificate()), tmp_path)


def test_a_table_is_cut_and_says_that_it_is_not_the_whole_list(issuer, tmp_path):
    rows = [dataset(year=f"{n:04}") for n in range(ROWS_MAX + 5)]
    shown = text(set_(issuer, certificate(rows)), tmp_path, "-raw")
    assert f"This is not the whole list: {ROWS_MAX} of 205 datasets are" in shown
    whole = text(set_(issuer, certificate(rows[:ROWS_MAX])), tmp_path, "-raw")
    assert f"{ROWS_MAX} of" not in whole


@pytest.mark.parametrize("number", [*range(1, 12), 19, 28, 37])
def test_tables_stay_accessible_wherever_the_page_breaks(issuer, number):
    """A table that is cut by a page is where a typesetter loses its structure."""
    rows = [dataset(year=f"{n:04}", residual=[BACKUP] * (n % 3)) for n in range(number)]
    for demonstration in (True, False):
        assert set_(issuer, certificate(rows, demonstration=demonstration))


@pytest.mark.parametrize(
    "template",
    [
        "#set document(date: none)\n= No title",
        '#set document(title: "x", date: none)\n= One\n=== Three',
        '#set document(title: "x", date: none)\n#image(bytes("<svg xmlns=\'http://www.w3.org/2000/svg\'/>"))',
        "#no-such-function()",
    ],
)
def test_what_is_not_accessible_is_refused(tmp_path, template):
    (tmp_path / "bad.typ").write_text(template)
    data = json.dumps({"issued_at": "2031-04-12T09:14:02+00:00"}).encode()
    with pytest.raises(CertificateError, match="refused the document"):
        Typst(tmp_path).pdf("bad.typ", data, {})


@pytest.mark.parametrize("name", ["../x", "a/b", "/etc/passwd", ".hidden", ""])
def test_a_name_that_leads_out_of_the_folder_is_refused(name):
    data = json.dumps({"issued_at": "2031-04-12T09:14:02+00:00"}).encode()
    with pytest.raises(ValueError, match="no folder"):
        Typst().pdf("certificate.typ", data, {name: b""})

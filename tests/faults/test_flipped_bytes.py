"""One byte of what a controller received is changed: every verifier says so, and which check failed."""

import random
import subprocess
from importlib.resources import files
from io import BytesIO

import pytest
from pyhanko.pdf_utils.generic import NumberObject, pdf_name
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter

from retention.adapters.seal.check import NAMES, check, check_pdf, check_statement, require
from retention.errors import CertificateError
from tests.support.kits import Issuer

ELSEWHERE = 500  # random places outside the seal
BITS = (0x01, 0x20, 0x80)  # another digit, another case, no text at all


@pytest.fixture(scope="module")
def issued(tmp_path_factory):
    return Issuer(tmp_path_factory.mktemp("keys")).issue()


def flipped(content, at, bit=0x01):
    changed = bytearray(content)
    changed[at] ^= bit
    return bytes(changed)


def failed(checks):
    return [each for each in checks if each.ok is False]


def test_no_byte_of_the_seal_or_after_it_can_change(issued):
    begin = issued.pdf.rindex(b"/Contents <") - 200
    update = range(len(issued.unsealed), len(issued.pdf))
    places = {*range(begin, len(issued.pdf)), *update}
    assert len(places) > 5000
    for at in places:
        bit = BITS[at % len(BITS)]
        (found,) = failed(check_pdf(flipped(issued.pdf, at, bit), issued.trusted))
        assert found.number in {1, 2, 3, 4}, at
        assert found.detail
        assert "do not rely on it" in found.hint


def test_no_byte_elsewhere_can_change(issued):
    places = random.Random(7).sample(range(len(issued.unsealed)), ELSEWHERE)
    for at in places:
        changed = flipped(issued.pdf, at, random.Random(at).randrange(1, 256))
        if changed.startswith(b"%PDF-"):
            (found,) = failed(check(changed, issued.trusted))
            assert found.number in {1, 3}, at
        else:  # then it is no PDF at all, and no statement either
            assert failed(check(changed, issued.trusted))


def test_no_byte_of_the_envelope_can_change(issued):
    line = issued.kit.envelope
    numbers = set()
    for at in range(len(line)):
        (found,) = failed(check_statement(flipped(line, at, BITS[at % 3]), issued.trusted))
        numbers.add(found.number)
    assert numbers == {7, 8}


@pytest.mark.parametrize("cut", [0, 1, 5, 100, -1, -2, -700])
def test_no_byte_can_be_missing(issued, cut):
    assert failed(check_pdf(issued.pdf[:cut], issued.trusted))


def test_nothing_can_be_added_after_the_seal(issued):
    (found,) = failed(check_pdf(issued.pdf + b"\n", issued.trusted))
    assert found.name == NAMES[1] == "one seal covers every byte"


def test_a_page_turned_after_the_seal_is_refused(issued):
    """Readers still call such a file signed: only the rule about changes shows it."""
    writer = IncrementalPdfFileWriter(BytesIO(issued.pdf))
    page = writer.root["/Pages"]["/Kids"][0]
    page[pdf_name("/Rotate")] = NumberObject(90)
    writer.update_container(page)
    out = BytesIO()
    writer.write(out)
    assert out.getvalue().startswith(issued.pdf)
    (found,) = failed(check_pdf(out.getvalue(), issued.trusted))
    assert found.number == 1


def test_another_issuer_with_the_same_name_is_refused(issued, tmp_path):
    other = Issuer(tmp_path).issue()
    (found,) = failed(check_pdf(other.pdf, issued.trusted))
    assert found.number == 2
    (found,) = failed(check_statement(other.kit.envelope, issued.trusted))
    assert found.number == 8


def test_the_script_agrees_on_every_flip_that_is_tried(issued, tmp_path):
    script = files("retention.views") / "verify.sh"
    statement, issuer = tmp_path / "statement.dsse.json", tmp_path / "issuer.pem"
    issuer.write_bytes(issued.kit.issuer_pem)
    line = issued.kit.envelope

    def run(content):
        statement.write_bytes(content)
        command = ["sh", script, statement, issuer]
        return subprocess.run(command, capture_output=True, text=True, check=False)

    good = run(line)
    assert good.returncode == 0, good.stderr
    assert issued.certificate.digest.removeprefix("sha256:") in good.stdout
    assert not failed(check_statement(line, issued.trusted))
    edges = [0, 1, len(line) - 1, len(line) - 2, line.index(b'","payloadType') - 1]
    edges += [line.index(b"keyid") + 20, line.index(b'"sig":"') + 8, line.rindex(b'"}]}') - 1]
    for at in [*edges, *random.Random(5).sample(range(len(line)), 32)]:
        changed = flipped(line, at, BITS[at % 3])
        assert failed(check_statement(changed, issued.trusted)), at
        found = run(changed)
        assert found.returncode == 1, at
        assert found.stderr.startswith("FAILED") or "FAILED" in found.stderr
    for changed in (line[:-1], line + b"\n", line.replace(b"\n", b"\r\n"), b"", line * 2):
        assert failed(check_statement(changed, issued.trusted))
        assert run(changed).returncode == 1


def test_the_script_refuses_another_issuer(issued, tmp_path):
    other = Issuer(tmp_path / "other")
    (tmp_path / "s").write_bytes(issued.kit.envelope)
    (tmp_path / "i").write_bytes(other.keys.certificate_pem)
    script = files("retention.views") / "verify.sh"
    command = ["sh", script, tmp_path / "s", tmp_path / "i"]
    found = subprocess.run(command, capture_output=True, text=True, check=False)
    assert found.returncode == 1
    assert "another key" in found.stderr


def test_a_failed_check_is_an_error_with_a_name_and_a_hint(issued):
    with pytest.raises(CertificateError, match="check 3, the document is as it was sealed") as got:
        require(check_pdf(flipped(issued.pdf, 5000), issued.trusted))
    assert got.value.exit_code == 43
    assert "ask the issuer" in got.value.hint

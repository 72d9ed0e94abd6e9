"""Keys, signatures and seals, by their laws and by other people's programs."""

import multiprocessing
import re
import subprocess
from datetime import UTC, datetime

import pytest
from cryptography import x509

from retention.adapters.seal.container import located
from retention.adapters.seal.keys import (
    PRIVATE,
    TrustedKeys,
    ed25519_signer,
    issuer_keys,
)
from retention.errors import RefusedError
from tests.support.kits import FixedClock, Issuer

NOW = datetime(2026, 5, 4, 10, 0, tzinfo=UTC)


@pytest.fixture(params=["ec", "ed25519"])
def signer(request, tmp_path):
    if request.param == "ed25519":
        return ed25519_signer(tmp_path / "gate")
    return issuer_keys(tmp_path / "issuer", common_name="Example", clock=FixedClock()).signer


@pytest.fixture(scope="module")
def issued(tmp_path_factory):
    return Issuer(tmp_path_factory.mktemp("keys"), FixedClock(NOW)).issue()


def openssl(*args, **options):
    return subprocess.run(["openssl", *map(str, args)], capture_output=True, check=False, **options)


# Signs, Checks


def test_a_trusted_key_holds_for_exactly_its_message(signer):
    keys = TrustedKeys.of(signer.public_pem)
    signature = signer.sign(b"message")
    assert keys.holds(signer.key_id, b"message", signature)
    assert not keys.holds(signer.key_id, b"massage", signature)
    assert not keys.holds(signer.key_id, b"message", signature[:-1])
    assert not keys.holds(signer.key_id, b"message", b"")


def test_an_unknown_key_never_signed_anything(signer, tmp_path):
    other = ed25519_signer(tmp_path / "other")
    keys = TrustedKeys.of(other.public_pem)
    assert not keys.holds(signer.key_id, b"message", signer.sign(b"message"))
    assert not TrustedKeys([]).holds(signer.key_id, b"message", signer.sign(b"message"))


def test_a_signature_is_the_same_every_time(signer):
    assert signer.sign(b"message") == signer.sign(b"message")


def test_a_key_id_is_what_openssl_says_of_the_public_key(signer, tmp_path):
    (tmp_path / "public.pem").write_bytes(signer.public_pem)
    der = openssl("pkey", "-pubin", "-in", tmp_path / "public.pem", "-outform", "DER").stdout
    digest = openssl("dgst", "-sha256", "-r", input=der).stdout.decode()
    assert signer.key_id == "sha256:" + digest.partition(" ")[0]


# Key files


def test_keys_are_made_once_and_read_by_their_owner_alone(tmp_path):
    first = issuer_keys(tmp_path / "issuer", common_name="Example", clock=FixedClock())
    again = issuer_keys(tmp_path / "issuer", common_name="Renamed", clock=FixedClock(NOW))
    assert first.signer.key_id == again.signer.key_id
    assert first.certificate_pem == again.certificate_pem
    modes = {each.name: each.stat().st_mode & 0o777 for each in (tmp_path / "issuer").iterdir()}
    assert modes == {"key.pem": 0o600, "public.pem": 0o644, "certificate.pem": 0o644}
    assert [each.name for each in tmp_path.iterdir()] == ["issuer"]  # nothing half-made is left


def test_a_key_that_others_can_read_is_refused(tmp_path):
    ed25519_signer(tmp_path / "gate")
    (tmp_path / "gate" / PRIVATE).chmod(0o640)
    with pytest.raises(RefusedError, match="others than its owner") as got:
        ed25519_signer(tmp_path / "gate")
    assert "chmod 600" in got.value.hint


def _open(folder, barrier, answers):
    barrier.wait()
    keys = issuer_keys(folder, common_name="Example", clock=FixedClock())
    certificate = x509.load_pem_x509_certificate(keys.certificate_pem)
    assert certificate.public_key() == keys.signer.key.public_key()
    answers.put(keys.signer.key_id)


def test_of_processes_that_start_at_once_all_have_the_same_keys(tmp_path):
    fork = multiprocessing.get_context("fork")
    barrier, answers = fork.Barrier(6), fork.Queue()
    args = (tmp_path / "keys" / "issuer", barrier, answers)
    workers = [fork.Process(target=_open, args=args) for _ in range(6)]
    for each in workers:
        each.start()
    found = {answers.get(timeout=30) for _ in workers}
    for each in workers:
        each.join(timeout=30)
        assert each.exitcode == 0
    assert len(found) == 1
    assert [each.name for each in (tmp_path / "keys").iterdir()] == ["issuer"]


def test_the_certificate_is_for_signatures_and_outlives_what_it_signs(issued):
    found = x509.load_pem_x509_certificate(issued.kit.issuer_pem)
    usage = found.extensions.get_extension_for_class(x509.KeyUsage).value
    assert (usage.digital_signature, usage.content_commitment, usage.key_cert_sign) == (
        True,
        True,
        False,
    )
    assert found.not_valid_before_utc == NOW
    assert (found.not_valid_after_utc - NOW).days >= 20 * 365 + 5


def test_a_long_name_still_makes_a_certificate(tmp_path):
    name = "An Organisation With A Name That Goes On And On " * 4
    keys = issuer_keys(tmp_path / "issuer", common_name=name, clock=FixedClock())
    assert name.startswith(
        x509.load_pem_x509_certificate(keys.certificate_pem).subject.rdns[0]._attributes[0].value
    )


# Seals


def test_a_seal_only_adds_at_the_end(issued):
    assert issued.pdf.startswith(issued.unsealed)


def test_a_seal_is_of_the_clocks_time_and_says_nothing_of_today(issued):
    update = issued.pdf[len(issued.unsealed) :]
    assert re.findall(rb"D:(\d{14})|\(D\\072(\d{14})", update) == [(b"", b"20260504100000")]


def test_a_seal_leaves_version_and_metadata_as_pdf_a_wants_them(issued):
    update = issued.pdf[len(issued.unsealed) :]
    assert b"/Version" not in update
    assert b"/Producer" not in update
    assert b"xmpmeta" not in update


def test_a_seal_has_a_name_for_screen_readers_and_shows_nothing(issued):
    update = issued.pdf[len(issued.unsealed) :]
    assert b"/TU (Electronic seal of Example Benchmarking" in update
    assert b"/Tabs /S" in update
    assert b"/AP" not in update


def test_a_seal_can_be_made_where_an_event_loop_runs(tmp_path):
    import asyncio

    issuer = Issuer(tmp_path)

    async def work():
        return issuer.issue().pdf

    assert asyncio.run(work()).startswith(b"%PDF-")


def test_poppler_finds_the_seal_valid_and_total(issued, tmp_path):
    (tmp_path / "sealed.pdf").write_bytes(issued.pdf)
    command = ["pdfsig", "-nocert", tmp_path / "sealed.pdf"]
    told = subprocess.run(command, capture_output=True, text=True, check=False).stdout
    assert "Signature is Valid" in told
    assert "Total document signed" in told
    assert "ETSI.CAdES.detached" in told
    assert "Signature #2" not in told


def test_poppler_sees_a_changed_byte(issued, tmp_path):
    changed = bytearray(issued.pdf)
    changed[5000] ^= 1
    (tmp_path / "changed.pdf").write_bytes(changed)
    command = ["pdfsig", "-nocert", tmp_path / "changed.pdf"]
    told = subprocess.run(command, capture_output=True, text=True, check=False).stdout
    assert "Digest Mismatch" in told


def test_openssl_verifies_the_seal_as_cades(issued, tmp_path):
    found = located(issued.pdf)
    for name, content in {
        "covered": found.covered,
        "seal": bytes.fromhex(found.digits.decode()),
        "issuer.pem": issued.kit.issuer_pem,
    }.items():
        (tmp_path / name).write_bytes(content)
    given = ["-in", tmp_path / "seal", "-inform", "DER", "-content", tmp_path / "covered"]
    trust = ["-CAfile", tmp_path / "issuer.pem", "-purpose", "any", "-no_check_time"]
    told = openssl("cms", "-verify", "-binary", "-cades", *given, *trust, "-out", "/dev/null")
    assert told.returncode == 0, told.stderr
    assert b"CAdES Verification successful" in told.stderr


def test_the_attached_files_can_be_taken_out_and_checked_by_hand(issued, tmp_path):
    (tmp_path / "sealed.pdf").write_bytes(issued.pdf)
    command = ["pdfdetach", "-saveall", "-o", tmp_path, tmp_path / "sealed.pdf"]
    subprocess.run(command, check=True, capture_output=True)
    command = ["sh", "verify.sh", "statement.dsse.json", "issuer.pem"]
    told = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert told.returncode == 0, told.stderr
    assert told.stdout.startswith("VERIFIED")
    assert "Example Benchmarking Ltd" in told.stdout
    fingerprint = told.stdout.rpartition("=")[2].strip()
    assert fingerprint in (tmp_path / "README.txt").read_text()

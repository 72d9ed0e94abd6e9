"""The thirteen checks: each fails for its own reason, by its own number."""

import json
import re
from dataclasses import replace

import pytest

from retention.adapters.seal import check as checking
from retention.adapters.seal.check import NAMES, Trusted, check, check_pdf, check_statement, require
from retention.adapters.typeset import Typst
from retention.domain.dsse import Envelope, pae
from retention.errors import CertificateError
from retention.views.certificate_view import document
from tests.support.certificates import certificate, counts, dataset
from tests.support.kits import Issuer


@pytest.fixture(scope="module")
def issuer(tmp_path_factory):
    return Issuer(tmp_path_factory.mktemp("keys"))


@pytest.fixture(scope="module")
def other(tmp_path_factory):
    return Issuer(tmp_path_factory.mktemp("other"))


def failure(checks):
    (found,) = [each for each in checks if each.ok is False]
    assert all(each.ok is True for each in checks if each.number < found.number)
    assert all(each.ok is None for each in checks if each.number > found.number)
    return found


def test_a_good_certificate_passes_all_thirteen(issuer):
    made = issuer.issue()
    found = check_pdf(made.pdf, made.trusted, typesetter=issuer.typesetter)
    assert [(each.number, each.ok) for each in found] == [(n, True) for n in range(1, 14)]
    require(found)


def test_a_good_statement_passes_its_three(issuer):
    made = issuer.issue()
    found = check(made.kit.envelope, made.trusted)
    assert [(each.number, each.ok) for each in found] == [(7, True), (8, True), (9, True)]


def test_every_type_of_certificate_passes(issuer):
    partial = certificate([dataset(fates=counts(3, refused=1, arrivals=2))])
    nil = certificate([dataset(fates=counts(absent_before=1))], demonstration=True)
    for made in (partial, nil):
        issued = issuer.issue(made)
        require(check_pdf(issued.pdf, issued.trusted, typesetter=issuer.typesetter))


def test_prose_and_code_have_the_same_numbers():
    told = re.findall(r"^(\d+)\. +\*(.+?)\.\*", checking.__doc__, re.MULTILINE)
    assert {int(number): name.lower() for number, name in told} == {
        number: name.lower() for number, name in NAMES.items()
    }


def test_an_attached_file_too_few(issuer):
    data = json.loads(document(certificate(), issuer.kit(certificate(), {})).data)
    made = issuer.issue(data={"attachments": data["attachments"][:-1]})
    found = failure(check_pdf(made.pdf, made.trusted))
    assert found.number == 6
    assert found.detail.startswith("1 attached files are missing")


def test_another_issuers_certificate_attached(issuer, other):
    made = issuer.issue(kit={"issuer_pem": other.keys.certificate_pem})
    found = failure(check_pdf(made.pdf, made.trusted))
    assert (found.number, found.detail) == (6, "the attached certificate is not the trusted one")


def test_an_envelope_spelled_another_way(issuer):
    pretty = json.dumps(json.loads(issuer.issue().kit.envelope), indent=1).encode()
    made = issuer.issue(kit={"envelope": pretty})
    assert failure(check_pdf(made.pdf, made.trusted)).number == 7


def test_a_statement_signed_by_another_key(issuer, other):
    made = other.kit(other.signed(certificate()), {})
    found = issuer.issue(kit={"envelope": made.envelope})
    assert failure(check_pdf(found.pdf, found.trusted)).number == 8


def test_a_statement_whose_numbers_do_not_reconcile(issuer):
    statement = json.loads(issuer.issue().certificate.statement())
    statement["predicate"]["what"]["datasets"][0]["verification"]["destroyed"] -= 1
    payload = json.dumps(statement, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    signer = issuer.keys.signer
    signature = signer.sign(pae(payload.encode()))
    line = Envelope(payload.encode(), signer.key_id, signature).line()
    found = failure(check_statement(line, issuer.trusted))
    assert found.number == 9
    assert "planned is not destroyed" in found.detail


def test_a_statement_that_names_another_key(issuer):
    made = certificate()  # its issuer_key is none of ours
    found = issuer.kit(made, {})
    assert failure(check_statement(found.envelope, issuer.trusted)).number == 9


@pytest.mark.parametrize("fact", ["certificate", "statement", "type", "proposal"])
def test_a_ledger_entry_of_something_else(issuer, fact):
    made = issuer.issue(entry={fact: "other"})
    assert failure(check_pdf(made.pdf, made.trusted)).number == 10


def test_a_ledger_entry_that_is_none(issuer):
    made = issuer.issue()
    for junk in (b'{"index":1}', b'{"index":1,"facts":[],"kind":"certified"}'):
        found = issuer.issue(kit={"entry": junk, "proof": made.kit.proof})
        assert failure(check_pdf(found.pdf, found.trusted)).number == 10


def test_a_proof_of_another_entry_or_by_another_ledger(issuer, other):
    made = issuer.issue()
    wrong = issuer.proof(b"something else")
    found = issuer.issue(kit={"proof": wrong})
    assert failure(check_pdf(found.pdf, found.trusted)).number == 11
    stranger = replace(made.trusted, ledger=str(other.log))
    assert failure(check_pdf(made.pdf, stranger)).number == 11


def test_without_the_ledgers_key_its_proof_is_not_looked_at(issuer):
    made = issuer.issue()
    found = check_pdf(made.pdf, Trusted(made.trusted.issuer_pem))
    assert {each.number: each.ok for each in found if each.ok is not True} == {11: None, 13: None}
    require(found)


def test_metadata_that_name_another_statement(issuer):
    made = issuer.issue(data={"keywords": ["statement sha256:00"]})
    assert failure(check_pdf(made.pdf, made.trusted)).number == 12


def test_pages_that_say_something_else(issuer):
    made = issuer.issue(data={"wording": "Everything is gone, believe us."})
    found = failure(check_pdf(made.pdf, made.trusted, typesetter=issuer.typesetter))
    assert found.number == 13
    assert [c.ok for c in check_pdf(made.pdf, made.trusted)][-1] is None


class OtherVersion(Typst):
    def pdf(self, template, data, attachments):
        return super().pdf(template, data, attachments).replace(b"Typst 0", b"Typst 9")


def test_pages_are_not_compared_with_those_of_another_typesetter(issuer):
    made = issuer.issue()
    last = check_pdf(made.pdf, made.trusted, typesetter=OtherVersion())[-1]
    assert (last.ok, last.detail) == (None, "not made: another version of the typesetter set it")


@pytest.mark.parametrize(
    "trusted", [(b"", ""), (b"junk", ""), (b"-----BEGIN CERTIFICATE-----", "")]
)
def test_nothing_is_checked_against_what_is_no_certificate(trusted):
    with pytest.raises(CertificateError, match="no certificate"):
        Trusted(*trusted)


def test_nothing_is_checked_against_what_is_no_ledger_key(issuer):
    with pytest.raises(CertificateError, match="no public key"):
        Trusted(issuer.keys.certificate_pem, "ledger+00+AAAA")


@pytest.mark.parametrize("junk", [b"", b"hello", b"%PDF-1.7\n", b"{}", b"\x00" * 50])
def test_junk_fails_its_first_check(issuer, junk):
    assert failure(check(junk, issuer.trusted)).number in {1, 7}

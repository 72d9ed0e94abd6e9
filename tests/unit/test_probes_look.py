"""How one version is kept, with Amazon's own answers."""

from datetime import UTC, datetime

import pytest

from retention.adapters.s3.probe import S3Probes
from retention.domain.dataset import Kind, ObjectVersion
from retention.errors import StoreRefusedError, StoreUnavailableError
from retention.ports.probe import Looked
from tests.support.amazon import DENIED, LOST, Amazon

PLACE = "s3://nacel/"
VERSION = ObjectVersion("patient/2019/x", Kind.DATA, "v1")


def looked(*, locks=True, **answers):
    return S3Probes(Amazon(**answers).client).look(PLACE, VERSION, locks=locks)


ON = "<ObjectLockConfiguration><ObjectLockEnabled>Enabled</ObjectLockEnabled></ObjectLockConfiguration>"
UNTIL = "2030-01-02T03:04:05.000Z"
KEPT = f"<Retention><Mode>GOVERNANCE</Mode><RetainUntilDate>{UNTIL}</RetainUntilDate></Retention>"


def held(status):
    return f"<LegalHold><Status>{status}</Status></LegalHold>"


@pytest.mark.parametrize(
    ("answers", "found"),
    [
        ({}, Looked("", "", None, legal_hold=False)),
        ({"object_lock": ON}, Looked("", "", None, legal_hold=False)),
        (
            {"object_lock": ON, "retention": KEPT, "legal_hold": held("ON")},
            Looked("", "GOVERNANCE", datetime(2030, 1, 2, 3, 4, 5, tzinfo=UTC), legal_hold=True),
        ),
        ({"object_lock": ON, "legal_hold": held("OFF")}, Looked("", "", None, legal_hold=False)),
        ({"object_lock": ON, "legal_hold": held("")}, Looked("", "", None, None)),
        ({"object_lock": ON, "retention": "<Retention/>"}, Looked("", None, None, legal_hold=False)),
        ({"object_lock": ON, "retention": DENIED, "legal_hold": DENIED}, Looked("")),
        ({"object_lock": DENIED, "retention": KEPT},
         Looked("", "GOVERNANCE", datetime(2030, 1, 2, 3, 4, 5, tzinfo=UTC), legal_hold=False)),
        ({"object_lock": ON, "retention": (400, "InvalidRequest")},
         Looked("", None, None, legal_hold=False)),
        ({"head_object": (403, "")}, Looked(None, "", None, legal_hold=False)),
        ({"head_object": (404, "")}, Looked(None, "", None, legal_hold=False)),
        ({"head_object": (503, "")}, Looked(None, "", None, legal_hold=False)),
    ],
)  # fmt: skip
def test_how_one_version_is_kept(answers, found):
    assert looked(**answers) == found


def test_how_one_version_is_encrypted():
    headers = {"x-amz-server-side-encryption": "aws:kms"}
    assert looked(locks=False, head_object=headers) == Looked("aws:kms")
    headers["x-amz-server-side-encryption-aws-kms-key-id"] = "key/1"
    assert looked(locks=False, head_object=headers) == Looked("aws:kms key/1")


def test_what_is_refused_once_in_a_bucket_is_not_asked_of_its_other_versions():
    made = Amazon(head_object=(403, ""), object_lock=DENIED, retention=DENIED)
    probes = S3Probes(made.client)
    for number in range(3):
        version = ObjectVersion(f"patient/{number}", Kind.DATA, "v1")
        assert probes.look(PLACE, version, locks=True) == Looked(legal_hold=False)
    assert made.asked == ["head-object", "object-lock", "retention", *["legal-hold"] * 3]
    probes.look("s3://other/", VERSION, locks=False)
    assert made.asked[-1] == "head-object"


def test_a_version_that_went_meanwhile_says_nothing_of_the_next():
    made = Amazon(head_object=[(404, ""), {"x-amz-server-side-encryption": "AES256"}])
    probes = S3Probes(made.client)
    assert probes.look(PLACE, VERSION, locks=False) == Looked()
    assert probes.look(PLACE, VERSION, locks=False) == Looked("AES256")


def test_where_nothing_can_be_locked_no_version_is_asked_about_it():
    made = Amazon()
    probes = S3Probes(made.client)
    probes.capabilities(PLACE)
    before = len(made.asked)
    probes.look(PLACE, VERSION, locks=True)
    assert made.asked[before:] == ["head-object"]


def test_looking_at_a_bucket_that_is_missing_or_that_does_not_answer_is_an_error():
    with pytest.raises(StoreUnavailableError):
        looked(head_object=LOST)
    with pytest.raises(StoreRefusedError):
        looked(object_lock=(404, "NoSuchBucket"))


@pytest.mark.parametrize("kind", [Kind.MARKER, Kind.UPLOAD])
def test_what_holds_no_content_is_not_looked_at(kind):
    made = Amazon()
    found = S3Probes(made.client).look(PLACE, ObjectVersion("x", kind, "v1"), locks=True)
    assert (found, made.asked) == (Looked(), [])

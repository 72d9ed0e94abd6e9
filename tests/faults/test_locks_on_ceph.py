"""Rule 10 on a store that enforces locks: refused is told with its date, and nothing is bypassed."""

import json
import re
from datetime import UTC, datetime, timedelta
from time import sleep

import pytest
from botocore.exceptions import ClientError

from retention.adapters.s3.roles import bucket_policy, ceph_principal
from retention.domain.calendar import london_day
from retention.domain.dataset import Kind
from retention.domain.entry import Entry
from retention.domain.refusal import Lock
from retention.steps.refusals import locked
from tests.support.composed import compose
from tests.support.overheard import overheard
from tests.support.real_world import RealWorld

pytestmark = pytest.mark.ceph

DATASET = "INV/patient/2019"
FAR = datetime.now(UTC).replace(microsecond=0) + timedelta(days=400)


@pytest.fixture
def world(tmp_path, ceph):
    return RealWorld(tmp_path / "home", ceph, lock=True)


def put(world, name, **lock):
    return world.bucket.put(f"patient/2019/{name}", name.encode(), **lock)


def kept(mode, until):
    return {"ObjectLockMode": mode, "ObjectLockRetainUntilDate": until}


def lock_of(world, version):
    """Return what the owner reads of one version's lock: mode, date and legal hold."""
    named = {"Bucket": world.bucket.name, "Key": version.key, "VersionId": version.version_id}
    owner, found = world.ceph.owner, []
    for call, part in (
        (owner.get_object_retention, "Retention"),
        (owner.get_object_legal_hold, "LegalHold"),
    ):
        try:
            found.append(call(**named)[part])
        except ClientError as error:
            found.append(error.response["Error"]["Code"])
    return found


def disposed(world):
    """Dispose of everything and look; return the proposal."""
    proposal = world.approved()
    world.dispose(proposal)
    world.check_gone(proposal)
    return proposal


def refused(world, proposal):
    """Return what the verifier wrote of each refused number: lock and date."""
    lines = [each for each in world.verified_lines(proposal) if each["fate"] == "refused"]
    assert all(set(each) <= {"n", "fate", "lock", "until"} for each in lines)
    return [(each["lock"], each.get("until")) for each in lines]


def stamped(at):
    return f"{at.astimezone(UTC):%Y-%m-%dT%H:%M:%S}.000Z"


def reported(world, proposal):
    """Certify, and return the one dataset on the partial report."""
    world.certify(proposal)
    (dataset,) = world.certificate(proposal, "partial").what.datasets
    return dataset


@pytest.mark.parametrize("mode", ["GOVERNANCE", pytest.param("COMPLIANCE", marks=pytest.mark.full)])
def test_a_locked_version_is_refused_with_its_date_and_its_lock_is_as_it_was(world, mode):
    free, held = put(world, "free"), put(world, "held", **kept(mode, FAR))
    before = lock_of(world, held)
    proposal = disposed(world)
    assert {key for key, _, _ in world.listed()} == {held.key}
    assert free.key not in {key for key, _, _ in world.listed()}
    assert refused(world, proposal) == [(mode.lower(), stamped(FAR))]
    assert lock_of(world, held) == before
    assert before[0]["Mode"] == mode
    dataset = reported(world, proposal)
    (refusal,) = dataset.refusals
    assert (refusal.lock, refusal.versions) == (Lock(mode.lower()), 1)
    assert refusal.until == london_day(FAR)
    assert (dataset.verification.destroyed, dataset.verification.refused) == (1, 1)
    assert locked(world.ledger, world.clock.today()) == {DATASET: london_day(FAR)}


def test_a_legal_hold_has_no_date(world):
    held = put(world, "held")
    world.bucket.lock(held)
    before = lock_of(world, held)
    proposal = disposed(world)
    assert refused(world, proposal) == [("legal_hold", None)]
    assert lock_of(world, held) == before
    assert before[1] == {"Status": "ON"}
    (refusal,) = reported(world, proposal).refusals
    assert (refusal.lock, refusal.until) == (Lock.LEGAL_HOLD, None)


@pytest.mark.full
def test_the_default_retention_of_a_bucket_is_on_each_version(world):
    world.ceph.owner.put_object_lock_configuration(
        Bucket=world.bucket.name,
        ObjectLockConfiguration={
            "ObjectLockEnabled": "Enabled",
            "Rule": {"DefaultRetention": {"Mode": "GOVERNANCE", "Days": 2}},
        },
    )
    versions = [put(world, name) for name in ("a", "b", "c")]
    before = [lock_of(world, each) for each in versions]
    proposal = disposed(world)
    found = refused(world, proposal)
    assert [lock for lock, _ in found] == ["governance"] * 3
    for (_, until), (retention, _) in zip(found, before, strict=True):
        read = retention["RetainUntilDate"]
        assert abs(datetime.fromisoformat(until) - read) < timedelta(milliseconds=1)
    assert [lock_of(world, each) for each in versions] == before
    (refusal,) = reported(world, proposal).refusals
    assert refusal.versions == 3
    assert locked(world.ledger, world.clock.today()) == {DATASET: refusal.until}


def test_what_a_policy_denies_is_under_no_lock(world):
    roles = {role: ceph_principal(role) for role in ("surveyor", "verifier", "destroyer")}
    policy = json.loads(bucket_policy(world.bucket.name, **roles, ceph=True))
    denied = put(world, "denied")
    policy["Statement"].append(
        {
            "Sid": "Invented",
            "Effect": "Deny",
            "Principal": "*",
            "Action": ["s3:DeleteObjectVersion"],
            "Resource": [f"arn:aws:s3:::{world.bucket.name}/{denied.key}"],
        }
    )
    world.ceph.owner.put_bucket_policy(Bucket=world.bucket.name, Policy=json.dumps(policy))
    put(world, "free")
    proposal = disposed(world)
    assert refused(world, proposal) == [("denied", None)]
    assert {key for key, _, _ in world.listed()} == {denied.key}
    (refusal,) = reported(world, proposal).refusals
    assert (refusal.lock, refusal.until) == (Lock.DENIED, None)
    assert locked(world.ledger, world.clock.today()) == {}


@pytest.mark.full
def test_each_refusal_is_told_on_its_own_line_and_the_marker_stays_with_its_data(world):
    versions = {
        "compliance": put(world, "a", **kept("COMPLIANCE", FAR)),
        "governance": put(world, "b", **kept("GOVERNANCE", FAR + timedelta(days=9))),
        "legal_hold": put(world, "c"),
    }
    world.bucket.lock(versions["legal_hold"])
    hidden = world.bucket.hide(versions["compliance"].key)
    put(world, "d")
    proposal = disposed(world)
    assert {lock for lock, _ in refused(world, proposal)} == set(versions)
    assert (hidden.key, Kind.MARKER, hidden.version_id) in world.listed()
    dataset = reported(world, proposal)
    assert dataset.verification.refused == 3
    assert dataset.verification.held_back == 1
    assert len(world.kinds(Entry.REFUSED)) == 3


REQUEST = re.compile(rb"(?:^|\n)(GET|HEAD|PUT|POST|DELETE) (\S+) HTTP/1\.1\r\n")


def test_nothing_that_we_send_bypasses_or_changes_a_lock(world):
    held = put(world, "held", **kept("GOVERNANCE", FAR))
    world.bucket.lock(put(world, "too"))
    world.bucket.start_upload("patient/2019/unfinished")
    proposal = world.approved()
    with overheard(world.ceph.endpoint_url) as (url, pieces):
        world.work = compose(world.environment | {"RETENTION_S3_ENDPOINT_URL": url})
        world.dispose(proposal)
        world.check_gone(proposal)
    sent = b"".join(pieces)
    requests = REQUEST.findall(sent)
    assert (b"POST", f"/{world.bucket.name}?delete=".encode()) in [(m, p) for m, p in requests]
    assert {method for method, _ in requests} >= {b"GET", b"POST", b"DELETE"}
    assert any(b"?retention" in path for _, path in requests)
    for method, path in requests:
        assert method != b"PUT"
        assert method in {b"GET", b"HEAD"} or b"?delete" in path or b"uploadId=" in path
        assert b"versionId" not in path or method in {b"GET", b"HEAD"}
    assert b"bypass" not in sent.lower()
    assert b"x-amz-object-lock" not in sent.lower()
    assert lock_of(world, held)[0]["Mode"] == "GOVERNANCE"


@pytest.mark.full
@pytest.mark.parametrize("mode", ["GOVERNANCE", "COMPLIANCE"])
def test_once_its_lock_has_ended_a_fresh_approval_destroys_the_rest(world, mode):
    soon = datetime.now(UTC).replace(microsecond=0) + timedelta(seconds=12)
    put(world, "free")
    put(world, "held", **kept(mode, soon))
    first = disposed(world)
    assert refused(world, first) == [(mode.lower(), stamped(soon))]
    day = reported(world, first).refusals[0].could_go_on
    world.advance()  # what is left goes back to review
    world.survey()
    world.advance()
    world.controllers_answer()
    while world.clock.today() < day:
        assert world.propose() == []
        world.clock.step(days=1)
    if (left := (soon - datetime.now(UTC)).total_seconds()) > 0:
        sleep(left + 1)
    world.survey()
    world.advance()
    (again,) = world.propose()
    assert again != first
    world.approve(again)
    world.dispose(again)
    world.check_gone(again)
    world.certify(again)
    assert world.listed() == set()
    assert "final" in world.case(again).certified
    assert locked(world.ledger, world.clock.today()) == {}

"""The Laws of ``ports.probe.Probes``, on Ceph and on the look-alike, with real configurations."""

import json
import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from urllib.error import HTTPError
from urllib.parse import parse_qs, urlsplit
from urllib.request import urlopen

import pytest

from retention.adapters.s3.lists import S3Lists
from retention.adapters.s3.probe import S3Probes
from retention.adapters.s3.roles import ceph_principal
from retention.domain.dataset import Kind, ObjectVersion
from retention.errors import StoreRefusedError, StoreUnavailableError
from retention.ports.probe import Capabilities, Looked
from tests.support.wire import Wire

SERVERS = ["moto", pytest.param("ceph", marks=pytest.mark.ceph)]
OUR_OWN = re.compile("[0-9a-f]{32}")  # an id that nobody but us can have made


@pytest.fixture(params=SERVERS)
def server(request):
    return request.getfixturevalue(request.param)


_CLIENTS = {}  # by server and role: each takes a while to make


def asked(server, bucket, role="surveyor", path=""):
    key = (server.endpoint_url, role)
    if key not in _CLIENTS:
        _CLIENTS[key] = server.client(role)
    return S3Probes(_CLIENTS[key]).capabilities(bucket.place(path))


def filled(server, *, versioned=True, lock=False):
    """Return a bucket with something of each kind in it."""
    bucket = server.bucket(versioned=versioned, lock=lock)
    for key in ("p/x", "p/y", "q/z"):
        bucket.put(key, b"content")
    if versioned or lock:
        bucket.put("p/x", b"anew")
        bucket.hide("p/y")
    bucket.start_upload("p/u")
    return bucket


@pytest.mark.parametrize("role", ["surveyor", "owner"])
@pytest.mark.parametrize("state", ["versioned", "suspended", "never versioned", "locked"])
def test_nothing_is_changed_by_asking(server, state, role):
    bucket = filled(server, versioned=state != "never versioned", lock=state == "locked")
    if state == "suspended":
        bucket.suspend()
        bucket.put("p/loose")
    lists = S3Lists(server.owner)
    before = list(lists.versions(bucket.place()))
    probes = S3Probes(server.client(role, attempts_max=1))
    for path in ("", "p/"):
        probes.capabilities(bucket.place(path))
    for version in before:
        probes.look(bucket.place(), version, locks=True)
    after = list(lists.versions(bucket.place()))
    assert after == before
    assert [v.etag for v in after] == [v.etag for v in before]


@pytest.mark.parametrize("role", ["surveyor", "owner"])
def test_no_delete_is_sent_without_an_id_of_our_own_making(server, role):
    bucket = filled(server)
    there = list(S3Lists(server.owner).versions(bucket.place()))
    client = server.client(role, attempts_max=1)
    wire = Wire(client)
    probes = S3Probes(client)
    for path in ("", "p/"):
        probes.capabilities(bucket.place(path))
    for version in there:
        probes.look(bucket.place(), version, locks=True)
    assert {request.method for request in wire.requests} == {"GET", "HEAD", "DELETE"}
    ends = [urlsplit(request.url) for request in wire.requests if request.method == "DELETE"]
    assert len(ends) == 4
    for end, folder in zip(ends, ("", "", "p/", "p/"), strict=True):
        query = parse_qs(end.query)
        (the_id,) = query.get("versionId") or query["uploadId"]
        assert OUR_OWN.fullmatch(the_id)
        assert the_id not in {v.version_id for v in there}
        key = end.path.removeprefix(f"/{bucket.name}/")
        assert re.fullmatch(f"{folder}[0-9a-f]{{64}}", key)
    assert len({end.query for end in ends}) == 4, "each is made anew"


def test_whether_it_keeps_versions(server):
    bucket = server.bucket(versioned=False)
    assert (asked(server, bucket).versioning, asked(server, bucket).mfa_delete) == ("off", False)
    bucket.resume()
    assert asked(server, bucket).versioning == "enabled"
    bucket.suspend()
    assert asked(server, bucket).versioning == "suspended"


def test_whether_it_locks_what_is_written(server):
    found = asked(server, server.bucket())
    assert (found.object_lock, found.lock_default) == (False, "")
    bucket = server.bucket(lock=True)
    found = asked(server, bucket)
    assert (found.object_lock, found.lock_default) == (True, "")
    rule = {"DefaultRetention": {"Mode": "GOVERNANCE", "Days": 2}}
    bucket.client.put_object_lock_configuration(
        Bucket=bucket.name,
        ObjectLockConfiguration={"ObjectLockEnabled": "Enabled", "Rule": rule},
    )
    assert asked(server, bucket).lock_default == "GOVERNANCE P2D"


def rule(name, **more):
    return {"ID": name, "Status": "Enabled", "Filter": {"Prefix": "p/"}, **more}


def test_which_rules_destroy_by_date_alone(server):
    bucket = server.bucket()
    assert asked(server, bucket).expires == ()
    days = {"Expiration": {"Days": 30}}
    rules = [
        rule(
            "everything",
            **days,
            NoncurrentVersionExpiration={"NoncurrentDays": 3},
            AbortIncompleteMultipartUpload={"DaysAfterInitiation": 7},
        ),
        rule("markers", Expiration={"ExpiredObjectDeleteMarker": True}, Filter={"Prefix": "m/"}),
        rule("elsewhere", **days, Filter={"Prefix": "tmp/"}),
        {**rule("off", **days, Filter={"Prefix": "off/"}), "Status": "Disabled"},
    ]
    bucket.client.put_bucket_lifecycle_configuration(
        Bucket=bucket.name, LifecycleConfiguration={"Rules": rules}
    )
    every = "everything: current versions, older versions, unfinished uploads"
    assert set(asked(server, bucket).expires) == {
        every,
        "markers: delete markers",
        "elsewhere: current versions",
    }
    assert asked(server, bucket, path="p/2019/").expires == (every,)


def policy(bucket, principal, **more):
    """Return a policy that lets *principal* read, or do what *more* says."""
    reading = {
        "Effect": "Allow",
        "Principal": principal,
        "Action": "s3:GetObject",
        "Resource": f"arn:aws:s3:::{bucket.name}/*",
        **more,
    }
    return json.dumps({"Version": "2012-10-17", "Statement": [reading]})


def anybody_reads(server, bucket, key):
    try:
        with urlopen(f"{server.endpoint_url}/{bucket.name}/{key}", timeout=10) as said:
            return said.status == 200
    except HTTPError:
        return False


@pytest.mark.parametrize(
    ("principal", "public"),
    [("*", ("policy",)), ({"AWS": "*"}, ("policy",)),
     ({"AWS": [ceph_principal("surveyor")]}, ())],
)  # fmt: skip
def test_a_policy_that_lets_anybody_in_is_told(server, principal, public):
    bucket = server.bucket()
    bucket.put("p/x")
    bucket.client.put_bucket_policy(Bucket=bucket.name, Policy=policy(bucket, principal))
    assert asked(server, bucket, "owner").public == public


@pytest.mark.parametrize("acl", ["public-read", "authenticated-read"])
def test_an_access_list_that_lets_everybody_in_is_told(server, acl):
    bucket = server.bucket()
    assert asked(server, bucket).public == ()
    bucket.client.put_bucket_acl(Bucket=bucket.name, ACL=acl)
    assert asked(server, bucket).public == ("acl",)


@pytest.mark.ceph
def test_a_block_that_ceph_keeps_and_does_not_enforce_is_not_believed(ceph):
    bucket = ceph.bucket()
    bucket.put("p/x")
    bucket.client.put_bucket_policy(Bucket=bucket.name, Policy=policy(bucket, "*"))
    names = ("BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets")
    bucket.client.put_public_access_block(
        Bucket=bucket.name, PublicAccessBlockConfiguration=dict.fromkeys(names, True)
    )
    assert anybody_reads(ceph, bucket, "p/x")
    assert asked(ceph, bucket, "owner").public == ("policy",)


@pytest.mark.ceph
def test_ceph_calls_the_policy_of_the_roles_public_and_we_do_not(ceph):
    bucket = ceph.bucket()
    bucket.put("p/x")
    status = ceph.client("surveyor").get_bucket_policy_status(Bucket=bucket.name)
    assert status["PolicyStatus"]["IsPublic"] is True
    assert not anybody_reads(ceph, bucket, "p/x")
    assert asked(ceph, bucket).public == ()


@pytest.mark.ceph
def test_what_ceph_lets_the_surveyor_know(ceph):
    found = asked(ceph, ceph.bucket())
    assert found.unknown == {
        "encryption": "AccessDenied",  # Ceph 16 has no such right to give
        "inventories": "AccessDenied",
        "region": "NotSaid",
        "replicates_to": "NotSaid",
    }
    assert (found.public, found.surveyor_can) == ((), ())


@pytest.mark.ceph
def test_a_question_that_ceph_takes_for_a_listing_got_no_answer(ceph):
    bucket = ceph.bucket()
    bucket.put("p/x")
    said = ceph.owner.get_bucket_encryption(Bucket=bucket.name)
    assert said["ResponseMetadata"]["HTTPStatusCode"] == 200, "and so it looks like an answer"
    found = asked(ceph, bucket, "owner")
    assert (found.encryption, found.unknown["encryption"]) == (None, "NotUnderstood")
    assert (found.inventories, found.unknown["inventories"]) == (None, "NotUnderstood")


@pytest.mark.ceph
@pytest.mark.parametrize("state", ["versioned", "suspended", "never versioned"])
@pytest.mark.parametrize(
    ("role", "can"),
    [("surveyor", ()), ("verifier", ()), ("destroyer", ("delete", "abort")),
     ("owner", ("delete", "abort"))],
)  # fmt: skip
def test_who_could_destroy(ceph, role, can, state):
    bucket = ceph.bucket(versioned=state != "never versioned")
    if state == "suspended":
        bucket.suspend()
    found = asked(ceph, bucket, role)
    assert found.surveyor_can == can
    assert "surveyor_can" not in found.unknown


@pytest.mark.ceph
def test_who_may_only_destroy_is_told_nothing_else(ceph):
    found = asked(ceph, ceph.bucket(), "destroyer")
    names = found.__dataclass_fields__.keys() - {"unknown", "surveyor_can"}
    assert {getattr(found, name) for name in names} == {None}
    assert found.unknown == dict.fromkeys(names, "AccessDenied")


@pytest.mark.ceph
@pytest.mark.parametrize(
    ("action", "can"),
    [("s3:DeleteObjectVersion", ("delete",)), ("s3:AbortMultipartUpload", ("abort",))],
)
def test_a_right_to_destroy_in_one_folder_is_seen_from_there(ceph, action, can):
    bucket = ceph.bucket()
    who, where = {"AWS": [ceph_principal("surveyor")]}, f"arn:aws:s3:::{bucket.name}/p/*"
    text = policy(bucket, who, Action=[action], Resource=where)
    bucket.client.put_bucket_policy(Bucket=bucket.name, Policy=text)
    assert asked(ceph, bucket, path="p/").surveyor_can == can
    assert asked(ceph, bucket, path="q/").surveyor_can == ()


def test_how_moto_encrypts_by_default(moto):
    bucket = moto.bucket()
    assert asked(moto, bucket).encryption == ""
    default = {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": "testkey-1"}
    bucket.client.put_bucket_encryption(
        Bucket=bucket.name,
        ServerSideEncryptionConfiguration={
            "Rules": [{"ApplyServerSideEncryptionByDefault": default}]
        },
    )
    assert asked(moto, bucket).encryption == "aws:kms testkey-1"


def test_where_moto_is_and_copies_to(moto):
    source, target = moto.bucket(), moto.bucket()
    assert (asked(moto, source).region, asked(moto, source).replicates_to) == ("us-east-1", ())
    copying = {
        "ID": "all",
        "Priority": 1,
        "Status": "Enabled",
        "Filter": {},
        "DeleteMarkerReplication": {"Status": "Disabled"},
        "Destination": {"Bucket": f"arn:aws:s3:::{target.name}"},
    }
    source.client.put_bucket_replication(
        Bucket=source.name,
        ReplicationConfiguration={"Role": "arn:aws:iam::123456789012:role/r", "Rules": [copying]},
    )
    assert asked(moto, source).replicates_to == (target.place(),)


def test_where_the_inventories_of_moto_lie(moto):
    bucket = moto.bucket()
    assert asked(moto, bucket).inventories == ()
    for name, on in (("daily", True), ("weekly", False)):
        to = {"Bucket": "arn:aws:s3:::lists", "Format": "Parquet", "Prefix": "of"}
        bucket.client.put_bucket_inventory_configuration(
            Bucket=bucket.name,
            Id=name,
            InventoryConfiguration={
                "Id": name,
                "IsEnabled": on,
                "IncludedObjectVersions": "All",  # moto says so of every one
                "Schedule": {"Frequency": "Daily"},
                "Destination": {"S3BucketDestination": to},
            },
        )
    assert asked(moto, bucket).inventories == (f"s3://lists/of/{bucket.name}/daily/",)


def test_a_bucket_that_is_not_there_is_an_error(server):
    for place in ("s3://no-such-bucket/", "s3://No_Such_Bucket/"):
        with pytest.raises(StoreRefusedError) as caught:
            S3Probes(server.client("owner")).capabilities(place)
        assert "compare the place" in caught.value.hint
    version = ObjectVersion("p/x", Kind.DATA, "v1")
    with pytest.raises(StoreRefusedError):
        S3Probes(server.client("owner")).look("s3://no-such-bucket/", version, locks=True)


def test_a_server_that_is_not_there_is_unavailable(moto):
    client = replace(moto, endpoint_url="http://127.0.0.1:9").client(attempts_max=1)
    with pytest.raises(StoreUnavailableError):
        S3Probes(client).capabilities("s3://bucket/")
    with pytest.raises(StoreUnavailableError):
        S3Probes(client).look("s3://bucket/", ObjectVersion("x", Kind.DATA, "v1"), locks=True)


@pytest.mark.ceph
def test_a_wrong_secret_is_an_error_and_not_a_bucket_of_which_nothing_is_known(ceph):
    bucket = ceph.bucket()
    with pytest.raises(StoreRefusedError, match="SignatureDoesNotMatch"):
        S3Probes(ceph.client("surveyor", secret="a-wrong-secret")).capabilities(bucket.place())


@pytest.mark.parametrize("calls", [1, 5, 9])
def test_a_connection_that_breaks_off_leaves_the_rest_unknown(server, calls):
    client = server.client("surveyor", attempts_max=1)
    bucket = server.bucket()
    wire = Wire(client)
    wire.calls_max = calls
    found = S3Probes(client).capabilities(bucket.place())
    assert found.versioning == "enabled"
    assert "ConnectionClosedError" in found.unknown.values()
    assert (found.surveyor_can, found.unknown["surveyor_can"]) == (None, "ConnectionClosedError")


def test_how_a_version_is_encrypted(server):
    bucket = server.bucket()
    plain = bucket.put("p/plain")
    named = {"ServerSideEncryption": "aws:kms", "SSEKMSKeyId": "testkey-1"}
    probes = S3Probes(server.client("owner"))
    assert probes.look(bucket.place(), plain, locks=False) == Looked("")
    kept = bucket.put("p/kept", b"x", **named)
    assert probes.look(bucket.place(), kept, locks=False) == Looked("aws:kms testkey-1")


@pytest.mark.ceph
def test_locks_and_holds_are_seen_by_who_may_not_read(ceph):
    bucket = ceph.bucket(lock=True)
    until = datetime.now(UTC).replace(microsecond=0) + timedelta(days=1)
    lock = {"ObjectLockMode": "GOVERNANCE", "ObjectLockRetainUntilDate": until}
    kept, free = bucket.put("p/kept", **lock), bucket.put("p/free")
    held = bucket.put("p/held")
    bucket.lock(held)
    client = ceph.client("surveyor")
    wire = Wire(client)
    probes = S3Probes(client)
    look = {v: probes.look(bucket.place(), v, locks=True) for v in (kept, free, held)}
    assert look[kept] == Looked(None, "GOVERNANCE", until, legal_hold=False)
    assert look[free] == Looked(None, "", None, legal_hold=False)
    assert look[held] == Looked(None, "", None, legal_hold=True)
    assert wire.sent.count("HeadObject") == 1, "refused once, it is not asked again"


@pytest.mark.ceph
def test_where_nothing_can_be_locked_nothing_is(ceph):
    bucket = ceph.bucket()
    found = S3Probes(ceph.client("surveyor")).look(bucket.place(), bucket.put("p/x"), locks=True)
    assert found == Looked(None, "", None, legal_hold=False)


def test_what_is_not_wanted_is_not_asked(moto):
    bucket = moto.bucket()
    said = S3Probes(moto.owner).capabilities(bucket.place(), only=("versioning", "object_lock"))
    assert (said.versioning, said.object_lock) == ("enabled", False)
    assert said.unknown == {}
    assert said == Capabilities("enabled", False, object_lock=False, lock_default=said.lock_default)

"""Each role may do its own and no more: shown on Ceph, with the policy that we give out."""

import json

import pytest
from botocore.exceptions import ClientError

from retention.adapters.s3.destroys import S3Destroys
from retention.adapters.s3.lists import S3Lists
from retention.adapters.s3.roles import bucket_policy
from retention.domain.dataset import Answer
from retention.errors import StoreRefusedError

pytestmark = pytest.mark.ceph
LOOKERS = ["surveyor", "verifier"]


@pytest.fixture
def bucket(ceph):
    return ceph.bucket()


def refused(call, **arguments):
    with pytest.raises(ClientError) as caught:
        call(**arguments)
    assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == 403
    return True


@pytest.mark.parametrize("role", LOOKERS)
def test_who_looks_sees_all_and_destroys_nothing(ceph, bucket, role):
    there = [bucket.put("p/x"), bucket.hide("p/x"), bucket.start_upload("p/x")]
    client = ceph.client(role)
    assert list(S3Lists(client).versions(bucket.place("p/"))) == there
    answers = S3Destroys(client).destroy(bucket.place("p/"), there)
    assert answers == dict.fromkeys(there, Answer.REFUSED)
    assert list(S3Lists(client).versions(bucket.place("p/"))) == there


@pytest.mark.parametrize("role", LOOKERS)
def test_who_looks_can_neither_read_nor_write(ceph, bucket, role):
    version, client = bucket.put("p/x"), ceph.client(role)
    named = {"Bucket": bucket.name, "Key": "p/x"}
    assert refused(client.get_object, **named)
    assert refused(client.get_object, **named, VersionId=version.version_id)
    assert refused(client.put_object, **named, Body=b"")
    assert refused(client.delete_object, **named)
    assert refused(client.delete_object, **named, VersionId=version.version_id)
    assert refused(client.create_multipart_upload, **named)
    assert refused(client.put_bucket_policy, Bucket=bucket.name, Policy="{}")
    assert refused(client.create_bucket, Bucket=f"{role}-of-its-own")
    assert client.get_bucket_versioning(Bucket=bucket.name)["Status"] == "Enabled"


def test_who_destroys_can_neither_look_nor_read_nor_write(ceph, bucket):
    version, client = bucket.put("p/x"), ceph.client("destroyer")
    named = {"Bucket": bucket.name, "Key": "p/x"}
    with pytest.raises(StoreRefusedError) as caught:
        list(S3Lists(client).versions(bucket.place("p/")))
    assert "grant this role" in caught.value.hint
    assert refused(client.list_objects_v2, Bucket=bucket.name)
    assert refused(client.list_object_versions, Bucket=bucket.name)
    assert refused(client.list_multipart_uploads, Bucket=bucket.name)
    assert refused(client.get_object, **named, VersionId=version.version_id)
    assert refused(client.put_object, **named, Body=b"")
    assert refused(client.put_bucket_policy, Bucket=bucket.name, Policy="{}")
    assert refused(client.put_bucket_versioning, Bucket=bucket.name, VersioningConfiguration={})
    assert refused(client.create_bucket, Bucket="destroyer-of-its-own")


def test_who_keeps_the_policy_can_do_nothing_else(ceph, bucket):
    version, client = bucket.put("p/x"), ceph.client("custodian")
    named = {"Bucket": bucket.name, "Key": "p/x"}
    text = client.get_bucket_policy(Bucket=bucket.name)["Policy"]
    client.put_bucket_policy(Bucket=bucket.name, Policy=text)
    assert refused(client.list_objects_v2, Bucket=bucket.name)
    assert refused(client.list_object_versions, Bucket=bucket.name)
    assert refused(client.get_object, **named)
    assert refused(client.put_object, **named, Body=b"")
    assert refused(client.delete_object, **named, VersionId=version.version_id)
    assert refused(client.get_bucket_versioning, Bucket=bucket.name)
    assert refused(client.put_bucket_versioning, Bucket=bucket.name, VersioningConfiguration={})
    assert refused(client.create_bucket, Bucket="custodian-of-its-own")


@pytest.mark.parametrize("role", [*LOOKERS, "destroyer"])
def test_nobody_else_may_keep_the_policy(ceph, bucket, role):
    client = ceph.client(role)
    text = ceph.owner.get_bucket_policy(Bucket=bucket.name)["Policy"]
    assert refused(client.put_bucket_policy, Bucket=bucket.name, Policy=text)
    assert refused(client.delete_bucket_policy, Bucket=bucket.name)


def test_who_destroys_can_leave_no_delete_marker(ceph, bucket):
    version, client = bucket.put("p/x"), ceph.client("destroyer")
    assert refused(client.delete_object, Bucket=bucket.name, Key="p/x")
    said = client.delete_objects(Bucket=bucket.name, Delete={"Objects": [{"Key": "p/x"}]})
    assert [error["Code"] for error in said["Errors"]] == ["AccessDenied"]
    assert list(S3Lists(ceph.client("verifier")).versions(bucket.place("p/"))) == [version]


def test_a_place_of_the_owner_alone_is_closed_to_all_roles(ceph, bucket):
    version = bucket.put("p/x")
    bucket.client.delete_bucket_policy(Bucket=bucket.name)
    for role in LOOKERS:
        with pytest.raises(StoreRefusedError):
            list(S3Lists(ceph.client(role)).versions(bucket.place("p/")))
    answers = S3Destroys(ceph.client("destroyer")).destroy(bucket.place("p/"), [version])
    assert answers == {version: Answer.REFUSED}
    assert list(S3Lists(ceph.owner).versions(bucket.place("p/"))) == [version]


def test_a_right_that_is_lost_in_the_middle_of_a_listing_ends_it(ceph, bucket):
    there = [bucket.put(f"p/{n}") for n in range(4)]
    rows = S3Lists(ceph.client("surveyor"), page_rows=2).versions(bucket.place("p/"))
    assert next(rows) == there[0]
    bucket.client.delete_bucket_policy(Bucket=bucket.name)
    with pytest.raises(StoreRefusedError):
        list(rows)


def test_amazon_gets_no_right_that_only_ceph_asks_for():
    roles = {role: f"arn:aws:iam::123456789012:role/{role}" for role in (*LOOKERS, "destroyer")}
    statements = json.loads(bucket_policy("nacel", **roles))["Statement"]
    assert "PutBucketPolicy" not in json.dumps(statements)  # without a custodian nobody may
    granted = {s["Sid"]: s["Action"] for s in statements if s["Effect"] == "Allow"}
    assert granted["Destroying"] == ["s3:DeleteObjectVersion", "s3:AbortMultipartUpload"]
    assert "s3:DeleteObject" not in json.dumps(granted).replace("s3:DeleteObjectVersion", "")
    assert not any("Delete" in action for action in granted["Looking"])

"""What only a server can show of ``ports.access``: hands in between, other roles, wires that break."""

import json

import pytest
from botocore.exceptions import ClientError

from retention.adapters.s3 import policy
from retention.adapters.s3.access import S3Access
from retention.adapters.s3.destroys import S3Destroys
from retention.adapters.s3.lists import S3Lists
from retention.adapters.s3.roles import ceph_principal
from retention.domain.dataset import Answer
from retention.errors import StaleError, StoreRefusedError, StoreUnavailableError
from tests.support.accesses import EXEMPT, MARKS, BucketBench
from tests.support.wire import Wire

SERVERS = ["moto", pytest.param("ceph", marks=pytest.mark.ceph)]
ONE = MARKS[0]


@pytest.fixture(scope="module")
def bench(ceph):
    ceph.add_user("onlooker")
    return BucketBench(ceph, enforces=True)


def closed(bench, folders=("p/",)):
    """Return a bucket in which these folders are closed."""
    root = bench.root()
    plan = bench.access.withdrawal(root, [f"{root}{each}" for each in folders], ONE)
    bench.access.make(plan)
    return root


@pytest.mark.ceph
def test_everything_of_a_disposal_works_while_access_is_withdrawn(ceph, bench):
    """The whole way on Ceph: both engines list, versions and uploads go, and nothing is left."""
    bucket = ceph.bucket()
    there = [bucket.put("p/x", b"1"), bucket.put("p/x", b"2"), bucket.hide("p/x")]
    there.append(bucket.start_upload("p/y"))
    place = bucket.place("p/")
    bench.access.make(bench.access.withdrawal(bucket.place(), [place], ONE))
    assert list(ceph.fast("surveyor").versions(place)) == sorted(there)
    answers = S3Destroys(ceph.client("destroyer")).destroy(place, there)
    assert answers == dict.fromkeys(there, Answer.TAKEN)
    assert list(S3Lists(ceph.client("verifier")).versions(place)) == []


@pytest.mark.ceph
def test_nobody_else_writes_deletes_or_copies_in_a_place_that_is_closed(bench):
    root = closed(bench)
    bucket = root.split("/")[2]
    for who in ("owner", "onlooker"):
        client = bench.client(who)
        named = {"Bucket": bucket, "Key": "p/x"}
        source = {"Bucket": bucket, "Key": "p/x"}
        for call, asked in (
            (client.get_object, named),
            (client.put_object, {**named, "Body": b""}),
            (client.delete_object, named),
            (client.create_multipart_upload, named),
            (client.copy_object, {"Bucket": bucket, "Key": "q/copy", "CopySource": source}),
        ):
            with pytest.raises(ClientError) as caught:
                call(**asked)
            assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == 403


@pytest.mark.ceph
@pytest.mark.parametrize("folder", ["é x/", "a+b%/", "new line\n/", 'quote"\\/', "[a]/"])
def test_odd_names_are_closed_as_well_as_others(ceph, bench, folder):
    bucket = ceph.bucket()
    bucket.put(f"{folder}x")
    bucket.put("e x/x")
    root = bucket.place()
    text = bench.text(root)
    bench.access.make(bench.access.withdrawal(root, [f"{root}{folder}"], ONE))
    with pytest.raises(ClientError):
        ceph.owner.get_object(Bucket=bucket.name, Key=f"{folder}x")
    ceph.owner.get_object(Bucket=bucket.name, Key="e x/x")
    assert len(list(S3Lists(bench.client("surveyor")).versions(f"{root}{folder}"))) == 1
    assert policy.meaning(policy.without(bench.text(root))) == policy.meaning(text)


@pytest.mark.ceph
@pytest.mark.parametrize("role", ["surveyor", "destroyer", "verifier", "onlooker"])
def test_no_other_role_can_withdraw_access_or_give_it_back(bench, role):
    root = closed(bench)
    before = bench.text(root)
    access = S3Access(bench.client(role), exempt=EXEMPT)
    plan = bench.access.withdrawal(root, [f"{root}q/"], MARKS[1])
    with pytest.raises(StoreRefusedError) as caught:
        access.make(plan)
    assert caught.value.hint
    with pytest.raises(ClientError):
        bench.client(role).delete_bucket_policy(Bucket=root.split("/")[2])
    assert bench.text(root) == before


@pytest.mark.ceph
def test_ceph_takes_a_condition_on_the_arn_and_does_not_know_it(ceph, bench):
    """Why our statement names whom it spares twice: with this one alone nobody is kept out."""
    root = bench.root()
    bucket = root.split("/")[2]
    alone = {
        "Effect": "Deny",
        "Principal": "*",
        "Action": "s3:GetObject",
        "Resource": f"arn:aws:s3:::{bucket}/*",
        "Condition": {"ArnNotEquals": {"aws:PrincipalArn": [ceph_principal("surveyor")]}},
    }
    said = [*policy.statements_of(bench.text(root)), alone]
    text = json.dumps({"Version": "2012-10-17", "Statement": said})
    ceph.owner.put_bucket_policy(Bucket=bucket, Policy=text)
    assert ceph.owner.get_object(Bucket=bucket, Key="p/x")


@pytest.mark.parametrize("server", SERVERS)
def test_another_hand_between_looking_and_putting_is_seen_afterwards(request, server):
    """The one gap that S3 leaves: what we put is overwritten, and we do not say that it stands."""
    server = request.getfixturevalue(server)
    bench = BucketBench(server, enforces=False)
    root = bench.root()
    theirs = bench.text(root)
    plan = bench.access.withdrawal(root, [f"{root}p/"], ONE)
    put = bench.access._client.put_bucket_policy

    def overwritten(**asked):
        put(**asked)
        server.owner.put_bucket_policy(Bucket=asked["Bucket"], Policy=theirs)

    bench.access._client.put_bucket_policy = overwritten
    with pytest.raises(StaleError):
        bench.access.make(plan)
    assert policy.meaning(bench.text(root)) == policy.meaning(theirs)


@pytest.mark.parametrize("server", SERVERS)
def test_an_answer_that_is_lost_is_found_by_the_next_try(request, server):
    server = request.getfixturevalue(server)
    bench = BucketBench(server, enforces=False)
    root = bench.root()
    plan = bench.access.withdrawal(root, [f"{root}p/"], ONE)
    client = server.client("custodian", attempts_max=1)
    cut = Wire(client)
    cut.calls_max = 1  # it reads, and the next call never arrives
    with pytest.raises(StoreUnavailableError):
        S3Access(client, exempt=EXEMPT).make(plan)
    deaf = server.client("custodian", attempts_max=1)
    reads = S3Access(deaf, exempt=EXEMPT)
    put = deaf.put_bucket_policy

    def lost(**asked):
        Wire(deaf).deaf = True
        return put(**asked)

    deaf.put_bucket_policy = lost
    with pytest.raises(StoreUnavailableError):
        reads.make(plan)
    assert bench.access.withdrawal(root, [f"{root}p/"], ONE).is_made
    bench.access.make(plan)

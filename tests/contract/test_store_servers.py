"""What only a server can show of the Laws in ``test_store``: wires that break, secrets, locks."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from retention.adapters.s3.destroys import S3Destroys
from retention.adapters.s3.lists import S3Lists
from retention.domain.dataset import Answer, Kind, ObjectVersion
from retention.errors import StoreRefusedError, StoreUnavailableError
from tests.support.engines import ENGINES, LISTED, cut_after, engine
from tests.support.wire import Wire

SERVERS = ["moto", pytest.param("ceph", marks=pytest.mark.ceph)]


@pytest.mark.parametrize("listed", LISTED)
@pytest.mark.parametrize("calls", range(5))
def test_a_listing_that_breaks_off_raises_and_what_came_is_true(request, listed, calls):
    server, which = request.getfixturevalue(listed[0]), listed[1]
    bucket = server.bucket()
    there = [bucket.put(f"p/{n}") for n in range(12)] + [bucket.start_upload("p/u")]
    lists = engine(server, which, page_rows=3, attempts_max=1)
    cut_after(lists, calls)  # one page of uploads, four of versions
    seen = []
    with pytest.raises(StoreUnavailableError) as caught:
        seen.extend(lists.versions(bucket.place("p/")))
    assert caught.value.retryable
    assert seen == sorted(there)[: len(seen)]


@pytest.mark.parametrize("which", ENGINES)
def test_a_server_that_is_not_there_cannot_be_listed(moto, which):
    lists = engine(replace(moto, endpoint_url="http://127.0.0.1:9"), which, attempts_max=1)
    with pytest.raises(StoreUnavailableError):
        list(lists.versions("s3://bucket/p/"))


def test_what_is_ordered_of_a_server_that_is_not_there_is_unknown(moto):
    client = replace(moto, endpoint_url="http://127.0.0.1:9").client(attempts_max=1)
    asked = ObjectVersion("p/x", Kind.DATA, "v1")
    assert S3Destroys(client).destroy("s3://bucket/p/", [asked]) == {asked: Answer.UNKNOWN}


@pytest.mark.ceph
def test_a_wrong_secret_or_a_stranger_is_not_let_in(ceph):
    """Shown on Ceph alone: moto takes any secret.  Of an order nothing is known: none was read."""
    bucket = ceph.bucket()
    version = bucket.put("p/x")
    for user in ("surveyor", "destroyer", "stranger"):
        for which in ENGINES:
            lists = engine(ceph, which, user, secret="a-wrong-secret")
            with pytest.raises(StoreRefusedError) as caught:
                list(lists.versions(bucket.place("p/")))
            assert "set the" in caught.value.hint
            assert "a-wrong-secret" not in f"{caught.value!r} {caught.value.hint} {lists!r}"
        client = ceph.client(user, secret="a-wrong-secret")
        assert S3Destroys(client).destroy(bucket.place("p/"), [version]) == {
            version: Answer.UNKNOWN
        }
    assert list(S3Lists(ceph.client("verifier")).versions(bucket.place("p/"))) == [version]


@pytest.mark.ceph
def test_the_paginator_of_boto3_misses_versions_where_ours_does_not(ceph):
    """It decodes a marker that Ceph gave bare: page one ends in ``%2F`` and page two begins at /."""
    bucket = ceph.bucket()
    there = [bucket.put(f"p/a{rest}") for rest in ("!1", "!2", "%2Fb", "-1", "-2", "b", "c")]
    client = ceph.client("surveyor")
    pages = client.get_paginator("list_object_versions").paginate(
        Bucket=bucket.name, PaginationConfig={"PageSize": 3}
    )
    theirs = [row["Key"] for page in pages for row in page["Versions"]]
    assert theirs == [v.key for v in there if v.key not in {"p/a-1", "p/a-2"}]
    for which in ENGINES:
        assert list(engine(ceph, which, page_rows=3).versions(bucket.place("p/"))) == there


@pytest.mark.ceph
@pytest.mark.parametrize("mode", ["GOVERNANCE", "COMPLIANCE"])
def test_no_mode_of_object_lock_is_got_round(ceph, mode):
    """With the owner's credentials, who could bypass GOVERNANCE by asking for it: we never ask."""
    bucket = ceph.bucket(lock=True)
    until = datetime.now(UTC) + timedelta(days=1)
    lock = {"ObjectLockMode": mode, "ObjectLockRetainUntilDate": until}
    locked = [bucket.put("p/x", **lock), bucket.put("p/new\nline", **lock)]
    free = [bucket.put("p/x"), bucket.hide("p/x")]
    for client in (ceph.client("destroyer"), bucket.client):
        answers = S3Destroys(client).destroy(bucket.place("p/"), [*locked, *free])
        assert answers == {
            **dict.fromkeys(locked, Answer.REFUSED),
            **dict.fromkeys(free, Answer.TAKEN),
        }
    assert list(S3Lists(ceph.client("verifier")).versions(bucket.place("p/"))) == sorted(locked)


@pytest.mark.parametrize("server", SERVERS)
def test_no_versions_no_call(request, server):
    server = request.getfixturevalue(server)
    bucket, client = server.bucket(), server.client("destroyer")
    wire, version = Wire(client), bucket.put("p/x")
    destroys = S3Destroys(client)
    assert destroys.destroy(bucket.place("p/"), []) == {}
    assert destroys.destroy(bucket.place("q/"), [version]) == {version: Answer.REFUSED}
    assert wire.sent == []


@pytest.mark.parametrize("server", SERVERS)
def test_an_answer_that_is_lost_is_unknown_whatever_happened(request, server):
    server = request.getfixturevalue(server)
    bucket, client = server.bucket(), server.client("destroyer", attempts_max=1)
    there = [bucket.put("p/x"), bucket.put("p/tab\tstop"), bucket.start_upload("p/x")]
    elsewhere = bucket.put("q/x")
    wire = Wire(client)
    wire.deaf = True
    answers = S3Destroys(client).destroy(bucket.place("p/"), [*there, elsewhere])
    assert answers == {**dict.fromkeys(there, Answer.UNKNOWN), elsewhere: Answer.REFUSED}
    lists = S3Lists(server.client("verifier"))
    assert list(lists.versions(bucket.place())) == [elsewhere]
    wire.deaf, wire.calls_max = False, 0
    answers = S3Destroys(client).destroy(bucket.place("q/"), [elsewhere])
    assert answers == {elsewhere: Answer.UNKNOWN}
    assert list(lists.versions(bucket.place())) == [elsewhere]

"""What is made of the answers to orders when the way to the store is bad, by both engines."""

import random
from functools import lru_cache
from threading import Lock

import pytest

from retention.adapters.s3.client import client
from retention.adapters.s3.destroys import S3Destroys
from retention.adapters.s3.fast import FastLists, FastMany, Login
from retention.adapters.s3.lists import S3Lists
from retention.domain.dataset import Answer
from tests.support.faulty import FAULTS, HANGING, IN_LISTS, READ_TIMEOUT_S, Schedule, faulty
from tests.support.s3_http import REGION, MemoryS3, Sessions
from tests.support.stores import MemoryStore

ENGINES = ["fast", "plain"]


class Script(Schedule):
    """Faults in the order in which they stand; None is none."""

    def __init__(self, *names):
        self.names, self.requests, self.lock = list(names), 0, Lock()
        self.chance = random.Random(1)

    def draw(self, operation):
        self.requests += 1
        return self.names.pop(0) if self.names else None


@pytest.fixture(scope="module")
def server():
    with faulty() as running:
        yield running


@pytest.fixture
def store():
    return MemoryStore()


def logins_of(server, store, *names):
    logins = Sessions()
    server.show(MemoryS3(store, logins), Script(*names))
    return logins


def boto3(server, logins, role="destroyer", attempts_max=2):
    return made(server.endpoint_url, role, logins.secrets[role], logins.token, attempts_max)


@lru_cache
def made(endpoint_url, role, secret, token, attempts_max):
    return client(
        endpoint_url=endpoint_url,
        region=REGION,
        access_key=role,
        secret=secret,
        session_token=token,
        read_timeout_s=READ_TIMEOUT_S,
        attempts_max=attempts_max,
    )


def fast(server, logins, role="destroyer"):
    return {
        "endpoint_url": server.endpoint_url,
        "region": REGION,
        "credentials": lambda: Login(role, logins.secrets[role], logins.token),
        "read_timeout_s": READ_TIMEOUT_S,
        "attempts_max": 2,
        "sleep": lambda seconds: None,
    }


def destroyer(which, server, logins, **options):
    many = FastMany(**fast(server, logins), lanes=1) if which == "fast" else None
    return S3Destroys(boto3(server, logins, **options), many)


def filled(store):
    bucket = store.bucket()
    for n in range(4):
        bucket.put(f"p/{n} +%2F", b"x")
    bucket.hide("p/1 +%2F")
    bucket.put("q/beside", b"stays")
    return bucket, [v for v in sorted(bucket.held) if v.key.startswith("p/")]


def test_without_faults_the_server_is_a_store_like_any_other(server, store):
    bucket, rows = filled(store)
    upload = bucket.start_upload("p/upload")
    bucket.put("p/\x01", b"x")
    logins = logins_of(server, store)
    there = sorted(v for v in bucket.held if v.key.startswith("p/"))
    plain = S3Lists(boto3(server, logins, "verifier"), page_rows=2)
    quick = FastLists(**fast(server, logins, "surveyor"), page_rows=3)
    for lister in (plain, quick):
        listed = list(lister.versions(bucket.place("p/")))
        assert listed == there
        assert [v.etag for v in listed] == [v.etag for v in there]
    assert upload in there
    for which in ENGINES:
        answers = destroyer(which, server, logins).destroy(bucket.place("p/"), there)
        assert answers[rows[0]] is Answer.TAKEN
    assert {v.key for v in bucket.held} == {"q/beside"}


@pytest.mark.parametrize("role", ["surveyor", "verifier"])
def test_who_looks_may_not_destroy_and_who_destroys_may_not_look(server, store, role):
    bucket, rows = filled(store)
    logins = logins_of(server, store)
    looking = S3Destroys(boto3(server, logins, role))
    assert set(looking.destroy(bucket.place("p/"), rows).values()) == {Answer.REFUSED}
    with pytest.raises(Exception, match="AccessDenied"):
        list(S3Lists(boto3(server, logins)).versions(bucket.place("p/")))


@pytest.mark.parametrize("which", ENGINES)
@pytest.mark.parametrize("first", ["reset_after", "internal_after", "hang_after"])
def test_an_order_that_may_have_been_carried_out_is_not_refused_by_what_is_said_later(
    server, store, which, first
):
    bucket, rows = filled(store)
    logins = logins_of(server, store, first, "denied")
    answers = destroyer(which, server, logins).destroy(bucket.place("p/"), rows)
    assert set(answers.values()) == {Answer.UNKNOWN}
    assert not bucket.held & set(rows)


@pytest.mark.parametrize("which", ENGINES)
def test_a_lock_that_is_met_by_a_second_try_is_asked_about_once_more(server, store, which):
    bucket, rows = filled(store)
    store.locked.add(rows[0])
    logins = logins_of(server, store, "reset", None)
    orders = destroyer(which, server, logins)
    assert orders.destroy(bucket.place("p/"), rows)[rows[0]] is Answer.UNKNOWN
    assert orders.destroy(bucket.place("p/"), rows)[rows[0]] is Answer.REFUSED


@pytest.mark.parametrize("which", ENGINES)
@pytest.mark.parametrize("fault", ["expired", "too_skewed"])
def test_who_was_not_let_in_knows_nothing_of_the_order(server, store, which, fault):
    bucket, rows = filled(store)
    logins = logins_of(server, store, fault)
    found = destroyer(which, server, logins, attempts_max=1).destroy(bucket.place("p/"), rows)
    renewed = (which, fault) == ("fast", "expired")
    assert set(found.values()) == {Answer.TAKEN if renewed else Answer.UNKNOWN}
    assert bool(bucket.held & set(rows)) is not renewed


@pytest.mark.parametrize("which", ENGINES)
@pytest.mark.parametrize("fault", sorted(set(FAULTS) - {"short"}))
def test_whatever_befalls_an_order_nothing_is_taken_that_is_there(server, store, which, fault):
    bucket, rows = filled(store)
    logins = logins_of(server, store, *[fault] * (1 if fault in HANGING | IN_LISTS.keys() else 2))
    orders = destroyer(which, server, logins, attempts_max=1)
    answers = orders.destroy(bucket.place("p/"), rows)
    assert answers.keys() == set(rows)
    assert not {v for v, answer in answers.items() if answer is Answer.TAKEN} & bucket.held
    assert {v.key for v in bucket.held} >= {"q/beside"}
    server.play.do_late(all_of_it=True)
    server.play.schedule.names.clear()
    orders = destroyer(which, server, logins)
    assert set(orders.destroy(bucket.place("p/"), rows).values()) == {Answer.TAKEN}
    assert not bucket.held & set(rows)

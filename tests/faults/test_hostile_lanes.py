"""Logins that expire, regions that change, lanes that end together, and what nobody may read."""

import logging
from threading import Event
from threading import enumerate as threads

import pytest

from retention.adapters.s3.fast import Login
from retention.errors import StoreError, StoreRefusedError
from retention.ports.store import WHOLE
from tests.support.hostile import Script, hostile
from tests.support.hostile_buckets import STORED, SWEPT, fast
from tests.support.s3_pages import Stored, row
from tests.support.sweeps import swept
from tests.support.tricks import LIES, PASSING


@pytest.fixture(scope="module")
def server():
    with hostile() as running:
        yield running


# Who asks, and where


def test_a_login_that_expires_on_the_way_is_renewed_once_and_nothing_is_missed(server):
    script = Script(STORED, tokens=["first"])
    place = server.play(script)
    given = []

    def credentials():
        given.append(script.tokens[-1])
        return Login("surveyor", "a-secret", script.tokens[-1])

    found = []
    for version in fast(server, credentials=credentials).versions(place):
        found.append(version)
        if len(found) == 5:
            script.tokens.append("second")
    assert found == STORED.listed
    assert given == ["first", "second"]
    tokens = [headers["X-Amz-Security-Token"] for headers in script.headers]
    assert tokens == sorted(tokens)


def test_lanes_that_find_a_login_expired_together_ask_for_one(server):
    script = Script(STORED, tokens=["old", "new"])
    logins = iter(["old", "new", "never asked for"])
    lists = fast(
        server, credentials=lambda: Login("surveyor", "a-secret", next(logins)), page_rows=1
    )
    assert swept(lists.sweep(server.play(script), [WHOLE]), [WHOLE]) == SWEPT
    assert next(logins) == "never asked for"


def test_a_login_that_is_expired_when_it_is_new_is_refused(server):
    script = Script(STORED, tokens=["old", "new"])
    lists = fast(server, credentials=lambda: Login("surveyor", "a-secret", "old"))
    with pytest.raises(StoreRefusedError, match="ExpiredToken") as caught:
        list(lists.versions(server.play(script)))
    assert "log this role in" in caught.value.hint
    assert len(script.asked) == 2


def test_with_an_endpoint_of_ones_own_a_region_changes_the_signature_and_not_the_host(server):
    script = Script(STORED, region="eu-west-2")
    place = server.play(script)
    assert list(fast(server).versions(place)) == STORED.listed
    assert swept(fast(server).sweep(place, [WHOLE]), [WHOLE]) == SWEPT
    regions = [each["Authorization"].split("/")[2] for each in script.headers]
    assert regions.count("us-east-1") <= 2


def test_a_store_that_sends_us_round_and_round_is_refused(server):
    place = server.play(Script(STORED, region="no region at all"))
    with pytest.raises(StoreRefusedError, match="AuthorizationHeaderMalformed") as caught:
        list(fast(server).versions(place))
    assert "region" in caught.value.hint
    script = Script(STORED, tricks=["to_another_region"] * 99)
    with pytest.raises(StoreRefusedError, match="PermanentRedirect"):
        list(fast(server).versions(server.play(script)))
    assert len(script.asked) <= 5


def test_a_redirect_to_another_host_is_not_followed(server):
    with hostile() as other:
        there = Script(STORED)
        other.play(there)
        elsewhere = f"{other.endpoint_url}/{there.stored.name}"
        for trick in ("moved_for_good", "moved_for_now"):
            script = Script(STORED, tricks=[trick] * 99, elsewhere=elsewhere)
            with pytest.raises(StoreRefusedError, match="Redirect") as caught:
                list(fast(server).versions(server.play(script)))
            assert "endpoint" in caught.value.hint
        assert there.asked == []


# Lanes


def test_a_busy_store_is_asked_by_fewer_lanes(server):
    rows = tuple(row(f"p/{n:04}", "v1", n) for n in range(400))
    script = Script(Stored("bucket", rows), tricks=[None] * 30 + ["slow_down"] * 8)
    lists = fast(server, lanes=8, page_rows=2, attempts_max=20)
    place = server.play(script)
    found = swept(lists.sweep(place, [WHOLE]), [WHOLE])
    assert found == sorted(rows)


def test_an_error_in_one_lane_ends_all_of_them_and_comes_once(server):
    rows = tuple(row(f"p/{n:04}", "v1", n) for n in range(300))
    script = Script(Stored("bucket", rows), tricks=[None] * 40 + ["denied"] * 99)
    pages = fast(server, lanes=8, page_rows=1).sweep(server.play(script), [WHOLE])
    seen = []
    with pytest.raises(StoreRefusedError, match="AccessDenied"):
        seen.extend(pages)
    assert 0 < sum(len(each.page) for each in seen) < 300
    assert list(pages) == []
    assert not lanes_alive()


def test_who_may_not_look_ahead_sees_all_of_it_in_one_lane(server):
    rows = tuple(row(f"p/{n % 7}/{n:04}", "v1", n) for n in range(0, 700, 7))
    script = Script(Stored("bucket", rows))
    script.refuses = lambda query: query["max-keys"] == "1" or "delimiter" in query
    pages = list(fast(server, lanes=8, page_rows=2).sweep(server.play(script), [WHOLE]))
    assert swept(pages, [WHOLE]) == sorted(rows)
    assert len({each.lane for each in pages}) == 1
    assert any(script.refuses(query) for query in script.asked)


def test_a_mistake_of_the_caller_comes_out_of_a_lane_too(server):
    def credentials():
        raise LookupError("no such role")

    pages = fast(server, credentials=credentials).sweep(server.play(Script(STORED)), [WHOLE])
    with pytest.raises(LookupError):
        list(pages)
    assert not lanes_alive()


def test_a_sweep_that_is_given_up_does_not_wait_for_a_server_that_hangs(server):
    """The server answers only after the test; and the lanes would wait for ten minutes."""
    held = Event()
    rows = tuple(row(f"p/{n:04}", "v1", n) for n in range(100))
    script = Script(Stored("bucket", rows), tricks=[None] * 6 + ["hold"] * 9, held=held)
    lists = fast(server, lanes=4, page_rows=1, read_timeout_s=600)
    pages = lists.sweep(server.play(script), [WHOLE])
    try:
        for _ in range(3):
            next(pages)
        script.holding.wait(60)
        pages.close()
        assert not lanes_alive()
        assert script.together > 0
    finally:
        held.set()


def test_nobody_who_waits_for_a_turn_or_a_pause_is_left_behind(server):
    """Here pauses are real, and longer than the whole suite may take if they were waited for."""
    rows = tuple(row(f"p/{n:04}", "v1", n) for n in range(100))
    script = Script(Stored("bucket", rows), tricks=[None] * 20 + ["slow_down"] * 999)
    pages = fast(server, lanes=8, page_rows=1, attempts_max=999, sleep=None).sweep(
        server.play(script), [WHOLE]
    )
    next(pages)
    while script.tricks.count("slow_down") > 990:
        script.lock.acquire(timeout=0.01) and script.lock.release()
    pages.close()
    assert not lanes_alive()


def lanes_alive():
    return [thread for thread in threads() if thread.name.startswith("lane ")]


# What may not be said


def test_no_key_and_no_secret_is_in_a_log_or_an_error(server, caplog):
    for name in ("botocore", "urllib3"):
        logging.getLogger(name).setLevel(logging.NOTSET)  # as if nobody had asked anything yet
    names = tuple(row(f"patient-4711/{n}", "v1", n) for n in range(9))
    stored = Stored("bucket", names)
    seen = []
    with caplog.at_level(logging.DEBUG):
        for trick in [None, *sorted(PASSING), *sorted(LIES), "denied"]:
            lists = fast(server, attempts_max=2)
            place = server.play(Script(stored, tricks=[None, None, trick, trick]))
            for listing in (
                lists.versions(place + "patient-4711/"),
                lists.sweep(place + "patient-4711/", [WHOLE]),
            ):
                try:
                    seen += [repr(each) for each in listing]
                except StoreError as error:
                    seen += [repr(error), str(error), error.hint]
            seen.append(repr(vars(lists)))
    everything = caplog.text + "".join(seen)
    assert "4711" not in everything
    assert "a-secret" not in everything

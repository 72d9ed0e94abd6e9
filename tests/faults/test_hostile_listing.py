"""Networks that break, stores that are busy, and pages that lie: all of it, or a StoreError.

Every schedule of misbehaviour has a seed; what a test found once it finds again.
"""

import logging
import random
from threading import Event
from threading import enumerate as threads

import pytest

from retention.adapters.s3.client import client
from retention.adapters.s3.fast import FastLists, Login
from retention.adapters.s3.lists import S3Lists
from retention.domain.dataset import Kind, ObjectVersion
from retention.errors import StoreError, StoreRefusedError, StoreUnavailableError
from retention.ports.store import WHOLE
from tests.support.hostile import HANGING, LIES, PASSING, Script, hostile, seeded
from tests.support.s3_pages import AMAZON, CEPH, STYLES, Stored, instant_of, row
from tests.support.sweeps import swept

LOGIN = Login("surveyor", "a-secret")
QUICKLY = sorted(set(PASSING) - set(HANGING))
ODD = "abc019/-.+%& é\n'\"<\U0001f600"
STRANGERS_SECRET = "another-secret"


@pytest.fixture(scope="module")
def server():
    with hostile({"surveyor": "a-secret", "stranger": STRANGERS_SECRET}) as running:
        yield running


@pytest.fixture(scope="module")
def careful(server):
    """A client that asks once: its own pauses would take the time of the whole suite."""
    return client(
        endpoint_url=server.endpoint_url,
        region="us-east-1",
        access_key="surveyor",
        secret="a-secret",
        read_timeout_s=0.3,
        attempts_max=1,
    )


def fast(server, *, credentials=lambda: LOGIN, **options):
    settings = {
        "page_rows": 3,
        "lanes": 3,
        "sleep": lambda _: None,
    } | options
    return FastLists(
        endpoint_url=server.endpoint_url, region="us-east-1", credentials=credentials, **settings
    )


def some(seed, name="bucket"):
    """Return a bucket of odd keys, some with several versions, and uploads."""
    chance = random.Random(seed)
    keys = {"p/" + "".join(chance.choices(ODD, k=chance.randint(1, 6))) for _ in range(14)}
    rows = []
    for key in sorted(keys):
        for n in range(chance.randint(1, 3), 0, -1):
            rows.append(row(key, f"v{n}", len(rows), marker=chance.random() < 0.3))
    begun = chance.sample(sorted(keys), 4)
    uploads = (
        ObjectVersion(key, Kind.UPLOAD, f"u{n}", modified_at=instant_of(n))
        for n, key in enumerate([*begun, *begun[:2]])
    )
    return Stored(name, tuple(rows), tuple(uploads))


STORED = some(7)
SWEPT = sorted(STORED.rows)


# Passing faults: the same page is asked for again


@pytest.mark.parametrize("style", STYLES, ids=lambda style: style.name)
@pytest.mark.parametrize("trick", QUICKLY)
def test_what_passes_is_waited_for(server, trick, style):
    for at in (0, 1, 3):
        tricks = [None] * at + [trick, None, trick, trick]
        place = server.play(Script(STORED, style, list(tricks)))
        assert list(fast(server).versions(place)) == STORED.listed
        place = server.play(Script(STORED, style, list(tricks)))
        assert swept(fast(server).sweep(place, [WHOLE]), [WHOLE]) == SWEPT


def test_an_answer_that_does_not_come_is_asked_for_again(server):
    lists = fast(server, read_timeout_s=0.1, attempts_max=30)
    for at in (0, 2):
        place = server.play(Script(STORED, tricks=[None] * at + ["hang", None, "hang"]))
        assert list(lists.versions(place)) == STORED.listed
        place = server.play(Script(STORED, tricks=[None] * at + ["hang", None, "hang"]))
        assert swept(lists.sweep(place, [WHOLE]), [WHOLE]) == SWEPT


@pytest.mark.parametrize("trick", sorted(PASSING))
def test_what_does_not_pass_ends_after_so_many_attempts(server, trick):
    script = Script(STORED, tricks=[None] * 3 + [trick] * 100)
    pauses = []
    patience_s = 0.05 if trick in HANGING else 5
    lists = fast(server, attempts_max=5, sleep=pauses.append, read_timeout_s=patience_s)
    with pytest.raises(StoreUnavailableError) as caught:
        list(lists.versions(server.play(script)))
    assert caught.value.retryable
    assert "4711" not in f"{caught.value!r} {caught.value.hint}"
    assert len(pauses) == 4
    assert [query.get("key-marker") for query in script.asked[3:]] == [STORED.rows[2].key] * 5
    for n, pause in enumerate(pauses):
        assert 0.5 <= pause / (0.2 * 2**n) <= 1


def test_pauses_differ_and_do_not_grow_for_ever(server):
    pauses = []
    lists = fast(server, attempts_max=14, sleep=pauses.append)
    for _ in range(2):
        with pytest.raises(StoreUnavailableError):
            list(lists.versions(server.play(Script(STORED, tricks=["internal"] * 20))))
    assert pauses[:13] != pauses[13:]
    assert max(pauses) <= 20


@pytest.mark.parametrize("seed", range(120))
def test_any_schedule_of_passing_faults_ends_in_the_whole_listing(server, seed):
    stored = some(seed)
    style = STYLES[seed % len(STYLES)]
    tricks = seeded(seed, QUICKLY, requests=60, share=0.3)
    lists = fast(server, attempts_max=12, page_rows=1 + seed % 7, lanes=1 + seed % 4)
    place = server.play(Script(stored, style, tricks)) + "p/"
    if seed % 2:
        assert list(lists.versions(place)) == stored.listed
    else:
        assert swept(lists.sweep(place, [WHOLE]), [WHOLE]) == sorted(stored.rows)


@pytest.mark.parametrize("seed", range(40))
def test_the_careful_engine_says_all_or_raises(server, careful, seed):
    stored = some(seed)
    style = STYLES[seed % len(STYLES)]
    if style.encodes is False:
        style = CEPH
    tricks = seeded(seed, QUICKLY, requests=60, share=0.05)
    place = server.play(Script(stored, style, tricks)) + "p/"
    lists, seen = S3Lists(careful, page_rows=1 + seed % 7), []
    try:
        seen.extend(lists.versions(place))
    except StoreError:
        assert seen == stored.listed[: len(seen)]
    else:
        assert seen == stored.listed


# Lies: never a short listing


LYING = sorted(LIES)


def says_all_or_raises(stored, listing):
    seen, error = [], None
    try:
        seen.extend(listing)
    except StoreError as caught:
        error = caught
    assert len(set(seen)) == len(seen)
    if error is None:
        assert sorted(seen) == sorted(stored)
    else:
        assert error.hint
        assert "p/" not in str(error)
        assert set(seen) <= set(stored)


def rows_of(pages):
    for each in pages:
        page = each.page
        for key, version_id, marker in zip(page.keys, page.ids, page.markers, strict=True):
            yield row(key, version_id, marker=marker)


@pytest.mark.parametrize("style", STYLES, ids=lambda style: style.name)
@pytest.mark.parametrize("lie", LYING)
def test_a_page_that_lies_is_never_taken_for_the_end(server, lie, style):
    for at in range(5):
        for always in (False, True):
            tricks = [None] * at + [lie] * (99 if always else 1)
            lists = fast(server, attempts_max=3)
            place = server.play(Script(STORED, style, list(tricks))) + "p/"
            says_all_or_raises(STORED.listed, lists.versions(place))
            place = server.play(Script(STORED, style, list(tricks))) + "p/"
            says_all_or_raises(SWEPT, rows_of(lists.sweep(place, [WHOLE])))


CAUGHT_BY_BOTH = (
    "without_truncated",
    "empty_and_more",
    "first_row_again",
    "backwards",
    "last_page_again",
    "first_page_again",
    "not_utf_8",
    "not_utf_8_at_all",
    "no_id",
    "elsewhere",
    "two_roots",
    "no_end",
)


@pytest.mark.parametrize("style", [AMAZON, CEPH], ids=lambda style: style.name)
@pytest.mark.parametrize("lie", CAUGHT_BY_BOTH)
def test_the_careful_engine_is_not_lied_to_either(server, careful, lie, style):
    for at in range(4):
        place = server.play(Script(STORED, style, [None] * at + [lie])) + "p/"
        says_all_or_raises(STORED.listed, S3Lists(careful, page_rows=3).versions(place))
        place = server.play(Script(STORED, style, [None] * at + [lie])) + "p/"
        says_all_or_raises(SWEPT, rows_of(S3Lists(careful, page_rows=3).sweep(place, [WHOLE])))


MUST_RAISE = sorted({*LYING} - {"last_page_again", "first_page_again"})


@pytest.mark.parametrize("lie", MUST_RAISE)
def test_a_store_that_always_lies_is_never_listed(server, lie):
    place = server.play(Script(STORED, tricks=[None] + [lie] * 99)) + "p/"
    with pytest.raises(StoreError):
        list(fast(server, attempts_max=2, page_rows=1000).versions(place))


@pytest.mark.parametrize("seed", range(100))
def test_any_schedule_of_lies_and_faults_says_all_or_raises(server, seed):
    stored = some(seed)
    style = STYLES[seed % len(STYLES)]
    tricks = seeded(seed, [*LYING, *QUICKLY], requests=60, share=0.15)
    lists = fast(server, attempts_max=8, page_rows=1 + seed % 7, lanes=1 + seed % 4)
    place = server.play(Script(stored, style, tricks)) + "p/"
    if seed % 2:
        says_all_or_raises(stored.listed, lists.versions(place))
    else:
        says_all_or_raises(stored.rows, rows_of(lists.sweep(place, [WHOLE])))


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

"""Networks that break, stores that are busy, and pages that lie: all of it, or a StoreError.

Every schedule of misbehaviour has a seed; what a test found once it finds again.
"""

import pytest

from retention.adapters.s3.client import client
from retention.adapters.s3.lists import S3Lists
from retention.errors import StoreError, StoreUnavailableError
from retention.ports.store import WHOLE
from tests.support.hostile import Script, hostile, seeded
from tests.support.hostile_buckets import STORED, SWEPT, fast, some
from tests.support.s3_pages import AMAZON, CEPH, STYLES, row
from tests.support.sweeps import swept
from tests.support.tricks import HANGING, LIES, PASSING

QUICKLY = sorted(set(PASSING) - set(HANGING))


@pytest.fixture(scope="module")
def server():
    with hostile() as running:
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


@pytest.mark.parametrize(
    "lie",
    ["empty_and_more", "without_truncated", "first_row_again", "in_folders", "other_prefix"],
)
def test_a_store_that_lies_about_uploads_is_found_out_at_once(server, lie):
    script = Script(STORED, tricks=[lie] * 99)
    with pytest.raises(StoreError):
        list(fast(server, page_rows=1000).uploads(server.play(script) + "p/"))
    assert len(script.asked) == 1


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

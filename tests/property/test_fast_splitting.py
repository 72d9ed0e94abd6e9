"""However ranges are cut and in whatever order lanes go on: all of it is given out, and once."""

from bisect import bisect_right

from hypothesis import given
from hypothesis import strategies as st

from retention.adapters.s3.fast.middle import alphabet_of, middle, spread, successor
from retention.adapters.s3.fast.work import PAGES_MIN, Claim, Work
from retention.ports.store import Page, Span, Swept
from tests.contract.test_sweeps import cut_at
from tests.support.s3_pages import instant_of
from tests.support.sweeps import swept

LETTERS = "ab0/~é\U0001f600\x01"
words = st.text(LETTERS, max_size=6)


@given(words, words, st.text(LETTERS + "xyz", max_size=8))
def test_a_middle_lies_strictly_between(one, other, letters):
    low, high = sorted((one, other))
    for above in (high, None):
        bound = middle(low, above, alphabet_of(letters))
        if bound is not None:
            assert low < bound
            assert above is None or bound < above


@given(st.text(LETTERS, min_size=1, max_size=4), words)
def test_a_successor_is_above_all_that_begin_so(prefix, rest):
    bound = successor(prefix)
    assert bound is not None
    assert prefix + rest < bound
    assert not bound.startswith(prefix)
    bound.encode()


def test_nothing_is_above_the_last_letter():
    assert successor("") is None
    assert successor("\U0010ffff\U0010ffff") is None
    assert successor("a\U0010ffff") == "b"
    assert successor("\ud7ff") == "\ue000"
    assert successor("\x01") == " "


def test_a_middle_is_about_half_way():
    assert middle("p/part-0001", "p/part-1", "0123456789") == "p/part-05"
    assert middle("p/part-0001", "p/part-0009", "0123456789") == "p/part-0005"
    assert middle("p/a9", "p/b", "0123456789ab") == "p/ab"
    assert middle("p/a", "p/a", "ab") is None
    assert middle("p/a", "p/a0", "0") is None


@given(st.lists(words, unique=True), st.integers(2, 20))
def test_bounds_are_spread_evenly(bounds, pieces):
    found = spread(sorted(bounds), pieces)
    assert found == sorted(set(found))
    assert set(found) <= set(bounds)
    assert len(found) == min(pieces - 1, len(bounds)) or len(bounds) < pieces


class Server:
    """Answers as a store does, one key after another, with pages of two."""

    def __init__(self, keys):
        self.keys = sorted(keys)

    def page(self, after, rows=2):
        at = bisect_right(self.keys, after)
        shown = self.keys[at : at + rows]
        many = len(shown)
        page = Page(
            shown,
            ["v1"] * many,
            [False] * many,
            [1] * many,
            ["e"] * many,
            [instant_of(0)] * many,
            ["STANDARD"] * many,
            [""] * many,
        )
        return page, at + rows < len(self.keys)


@given(
    keys=st.lists(words, max_size=40, unique=True),
    edges=st.lists(words, max_size=4),
    data=st.data(),
)
def test_all_is_finished_once_whoever_cuts_what_and_when(keys, edges, data):
    server, spans = Server(keys), cut_at(edges)
    work, said = Work(spans), []
    walked, claims = {}, []  # range: how far its lane has asked

    def step():
        moves = []
        if work._waiting or any(not r.claimed and r.pages >= r.pages_needed for r in work._walked):
            moves.append("take")
        moves += ["walk"] * bool(walked) + ["cut"] * bool(claims)
        move = data.draw(st.sampled_from(moves))
        if move == "take":
            found = work.take()
            if isinstance(found, Claim):
                claims.append(found)
            else:
                walked[found] = found.after
        elif move == "cut":
            claim = claims.pop(data.draw(st.integers(0, len(claims) - 1)))
            bounds = data.draw(st.lists(words, max_size=3, unique=True).map(sorted))
            work.cut(claim, bounds)
        else:
            one = data.draw(st.sampled_from(list(walked)))
            page, more = server.page(walked[one])
            said.extend((id(one), *each) for each in work.gave(one, page, more=more))
            if work.is_over(one):
                del walked[one]
            else:
                walked[one] = page.keys[-1]

    while work._waiting or work._walked:
        step()
    assert work.take() is None
    pages = [Swept(lane, page, span) for lane, page, span in said]
    assert [version.key for version in swept(pages, spans)] == sorted(set(keys) - {""})


def test_a_claim_that_comes_too_late_changes_nothing():
    work = Work([Span()])
    one = work.take()
    server = Server("abcdefghijklmnop")
    for after in ["", *"bdfhjln"][:PAGES_MIN]:
        work.gave(one, server.page(after)[0], more=True)
    claim = work.take()
    assert isinstance(claim, Claim)
    work.gave(one, server.page(one.key)[0], more=True)
    work.cut(claim, [one.key, "a"])
    assert one.through is None
    assert not one.claimed
    ((page, span),) = work.gave(one, server.page("n")[0], more=False)
    assert (page.keys, span) == (["o", "p"], Span())
    work.cut(claim, ["z"])
    assert work.take() is None

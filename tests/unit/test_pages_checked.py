"""What is shown was checked first: edited, slow and closed lists, on the gate's own pages."""

import asyncio
import functools
import threading

import httpx
import pytest

from retention.domain.case import proposal_stream
from retention.domain.entry import Draft, Entry
from retention.gate.pages import answers, checking, lists
from retention.gate.pages.answers import BrokenOffError
from tests.support.opened import PASSWORD, Opened, served

KEY = "patient/2019"  # begins every key of the first dataset, and stands in no other text


@pytest.fixture
def opened(tmp_path):
    return Opened(tmp_path)


class Edited:
    """The evidence, with the last row of the last manifest lost."""

    def __init__(self, opened):
        self.evidence, self.pack = opened.world.evidence, opened.proposal.items[-1].manifest.pack

    def read(self, digest):
        return self.evidence.read(digest)

    def lines(self, digest):
        found = list(self.evidence.lines(digest))
        return iter(found[:-1] if digest == self.pack else found)


def with_(opened, **ports):
    """Return pages over other ports."""
    kept = opened.opening
    opened.opening = type(kept)(**{n: ports.get(n, getattr(kept, n)) for n in kept.__slots__})
    return opened.made()


def test_an_edited_list_is_shown_by_no_page_and_says_what_to_do(opened, caplog):
    pages = with_(opened, evidence=Edited(opened))
    for form in ("", ".csv"):
        answer = opened.get(opened.path + form, pages=pages)
        assert (answer.status_code, KEY in answer.text) == (500, False)
        assert "Nobody may decide on it" in answer.text
    assert KEY not in caplog.text


def test_a_csv_that_does_not_match_its_root_breaks_off(opened, monkeypatch, caplog):
    monkeypatch.setattr(answers, "CHUNK_BYTES", 1)
    pages = with_(opened, evidence=Edited(opened))
    with pytest.raises(BrokenOffError):
        opened.get(opened.path + ".csv", pages=pages)
    assert "broken off: UnverifiedError" in caplog.text
    assert KEY not in caplog.text


def test_over_a_wire_it_breaks_off_before_its_end(opened, monkeypatch):
    monkeypatch.setattr(answers, "CHUNK_BYTES", 1)
    auth = ("rm-01", PASSWORD)
    path = f"{opened.path}.csv"
    with served(opened.pages) as url:
        assert httpx.get(url + path, auth=auth, trust_env=False).status_code == 200
    with (
        served(with_(opened, evidence=Edited(opened))) as url,
        pytest.raises(httpx.RemoteProtocolError, match="incomplete"),
    ):
        httpx.get(url + path, auth=auth, trust_env=False)


class Slow:
    """The evidence, which waits before it reads a pack."""

    def __init__(self, evidence):
        self.evidence, self.go_on = evidence, threading.Event()

    def read(self, digest):
        return self.evidence.read(digest)

    def lines(self, digest):
        assert self.go_on.wait(10)
        return self.evidence.lines(digest)


def test_a_list_that_takes_long_is_checked_before_any_of_it_is_shown(opened, monkeypatch):
    monkeypatch.setattr(lists, "Checks", functools.partial(checking.Checks, wait_s=0.05))
    slow = Slow(opened.world.evidence)
    pages = with_(opened, evidence=slow)

    async def story():
        async with opened.client("rm-01", pages=pages) as client:
            first = await client.get(opened.path)
            before = opened.opened()
            slow.go_on.set()
            for _ in range(100):
                last = await client.get(opened.path)
                if last.status_code == 200:
                    break
            return first, before, last

    first, before, last = asyncio.run(story())
    assert (first.status_code, before, last.status_code) == (202, [], 200)
    assert KEY not in first.text
    assert f"0 of {opened.proposal.versions} rows so far" in first.text
    assert '<meta http-equiv="refresh" content="5">' in first.text


def test_a_list_is_checked_once_in_a_process(opened, monkeypatch):
    done = []
    whole = checking.check
    monkeypatch.setattr(checking, "check", lambda *each: (done.append(1), whole(*each)))
    for _ in range(3):
        assert opened.get(opened.path).status_code == 200
    assert len(done) == 1


def close(opened, item):
    """Destroy the key of one manifest, as is done on its day."""
    manifest = item.manifest
    opened.keys.close(manifest.pack)
    facts = {"proposal": opened.digest, "root": manifest.root, "pack": manifest.pack}
    stream = proposal_stream(opened.digest)
    opened.world.ledger.append(Draft(stream, Entry.MANIFEST_CLOSING, facts))
    facts["versions"] = manifest.versions
    opened.world.ledger.append(Draft(stream, Entry.MANIFEST_CLOSED, facts))


def test_a_closed_manifest_is_gone_and_the_disposal_list_stays(opened):
    close(opened, opened.proposal.items[1])
    for form in ("", ".csv"):
        answer = opened.get(opened.path + form)
        assert answer.status_code == 410
        assert "The keys of 1 manifest of this proposal were destroyed" in answer.text
        assert KEY not in answer.text
    assert opened.opened() == []
    assert opened.get(opened.path + ".pdf").status_code == 200


def test_a_key_that_was_destroyed_before_it_was_written_is_gone_as_well(opened):
    opened.keys.close(opened.proposal.items[1].manifest.pack)
    assert [opened.get(opened.path + form).status_code for form in ("", ".csv")] == [410, 410]


def test_what_an_approver_left_out_is_told_and_still_stands_there(opened):
    assert "left out" not in opened.get(opened.path).text
    exceptions = "2: refuse because it is not asked about now"
    opened.world.answer(opened.digest, "rm-01", decision="approve except", exceptions=exceptions)
    page = opened.get(opened.path).text
    assert "Approvers left out number 2, which stands here all the same." in page
    assert page.count("left out by an approver") == 1
    assert "patient/2020" in page


def test_only_so_many_take_the_list_along_at_once(opened, monkeypatch):
    monkeypatch.setattr(lists, "TAKEN_MAX", 1)
    slow = Slow(opened.world.evidence)
    pages = with_(opened, evidence=slow)

    async def story():
        async with opened.client("rm-01", pages=pages) as client:
            first = asyncio.create_task(client.get(f"{opened.path}.csv"))
            for _ in range(200):
                await asyncio.sleep(0.01)
                if opened.opened():
                    break
            second = await client.get(f"{opened.path}.csv")
            slow.go_on.set()
            third = await first
            return second.status_code, third.status_code, opened.opened()

    assert asyncio.run(story()) == (429, 200, [("rm-01", "csv")])


def test_who_stops_reading_is_let_go(opened, monkeypatch):
    monkeypatch.setattr(answers, "CHUNK_BYTES", 1)
    monkeypatch.setattr(answers, "SEND_S", 0.05)

    async def story():
        async def receive():
            await asyncio.Event().wait()

        async def send(message):
            if message.get("more_body"):
                await asyncio.Event().wait()

        header = httpx.BasicAuth("rm-01", PASSWORD)._auth_header.encode()
        scope = {
            "type": "http", "method": "GET", "path": f"{opened.path}.csv",
            "headers": [(b"authorization", header)],
        }  # fmt: skip
        await opened.pages(scope, receive, send)

    with pytest.raises(BrokenOffError, match="nobody reads"):
        asyncio.run(story())

"""What is asked of the server behind the gate is asked again while its database is taken."""

import asyncio
from time import monotonic

import pytest

from retention.gate import http
from retention.gate.http import ask

SCOPE = {"type": "http", "headers": [(b"content-length", b"99"), (b"x-kept", b"yes")]}


class Busy:
    """Answers 503 and then raises, as Prefect does, until it was asked *times*."""

    def __init__(self, times, status=201):
        self.times, self.status, self.bodies = times, status, []

    async def __call__(self, scope, receive, send):
        self.bodies.append((await receive())["body"])
        busy = len(self.bodies) <= self.times
        await send({"type": "http.response.start", "status": 503 if busy else self.status})
        await send({"type": "http.response.body", "body": b""})
        if busy:
            raise OSError("database is locked")


def asked(inner, waits=(0, 0)):
    async def never():
        await asyncio.Event().wait()

    return asyncio.run(ask(inner, SCOPE, never, b"{}", waits))


@pytest.mark.parametrize(("times", "status"), [(0, 201), (1, 201), (2, 201), (3, 503)])
def test_a_busy_server_is_asked_again_with_the_same_body(times, status):
    inner = Busy(times)
    assert [m["type"] for m in asked(inner)] == ["http.response.start", "http.response.body"]
    assert asked(Busy(times))[0]["status"] == status
    assert inner.bodies == [b"{}"] * min(times + 1, 3)


def test_a_refusal_is_not_asked_again():
    inner = Busy(0, status=409)
    assert asked(inner)[0]["status"] == 409
    assert len(inner.bodies) == 1


def test_a_server_that_only_raises_is_a_failure_and_not_a_silence():
    async def broken(scope, receive, send):
        raise OSError("it broke")

    assert asked(broken)[0]["status"] == 500


def test_a_question_is_heard_out_once_it_is_whole(monkeypatch):
    monkeypatch.setattr(http, "ANSWERED_WITHIN_S", 0.05)
    pieces = [
        {"type": "http.request", "body": b"a", "more_body": True},
        {"type": "http.request", "body": b"b", "more_body": False},
        {"type": "http.disconnect"},
    ]

    async def told(messages):
        left = list(messages)

        async def receive():
            return left.pop(0)

        heard, began = http.heard_out(receive), monotonic()
        got = [await heard() for _ in messages]
        return got, monotonic() - began

    got, took_s = asyncio.run(told(pieces))
    assert (got, took_s >= 0.05) == (pieces, True)
    broken = [pieces[0], pieces[2]]  # in the midst of the question: said at once
    got, took_s = asyncio.run(told(broken))
    assert (got, took_s < 0.05) == (broken, True)

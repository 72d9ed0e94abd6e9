"""The pages of the stock UIs, with a few lines of our own: a session that is over ends there, too.

Prefect 3.8's UI means to forget the password at a 401, but the error is thrown before that is
reached, so that it shows an error and asks again; the older UI forgets nothing either.  So the
page forgets the password and is loaded anew, and then there is nothing but the login box.
"""

from collections.abc import Sequence
from typing import Final

from retention.gate.http import (
    App,
    Message,
    Receive,
    Scope,
    Send,
    adding,
    keeping_within,
    without_coding,
)

# A wrong password at the login box is told there, by the answer to /admin/version.
_SCRIPT: Final = b"""<script>{
const kept = "prefect-password";
const seen = (status, url) => {
  if (status !== 401 || url.endsWith("/admin/version") || !localStorage.getItem(kept)) return;
  localStorage.removeItem(kept);
  location.reload();
};
const ask = window.fetch;
window.fetch = async (...given) => {
  const answer = await ask(...given);
  seen(answer.status, answer.url);
  return answer;
};
const open = XMLHttpRequest.prototype.open;
XMLHttpRequest.prototype.open = function (...given) {
  this.addEventListener("load", () => seen(this.status, this.responseURL));
  return open.apply(this, given);
};
}</script>"""
_FORGET: Final = b"""<script>localStorage.removeItem("prefect-password")</script>"""
_HEAD: Final = b"<head>"
_OF_THE_BODY: Final = frozenset({b"content-length", b"etag", b"last-modified", b"cache-control"})
_CONDITIONS: Final = frozenset({b"if-none-match", b"if-modified-since", b"range"})


def is_document(scope: Scope) -> bool:
    """Tell whether a browser asks for a page, and not for a part of one."""
    wanted = [value for name, value in scope["headers"] if name == b"accept"]
    return scope["method"] == "GET" and any(b"text/html" in value for value in wanted)


async def serve_document(
    inner: App,
    scope: Scope,
    receive: Receive,
    send: Send,
    over: Sequence[tuple[bytes, bytes]] = (),
) -> None:
    """Answer with what *inner* answers, and with our lines in it if it is a page.

    *over* are the headers that end a session in the browser: then the password goes with it.
    """
    kept = [(name, value) for name, value in scope["headers"] if name not in _CONDITIONS]
    messages: list[Message] = []

    async def keep(message: Message) -> None:
        messages.append(message)

    await inner(without_coding({**scope, "headers": kept}), receive, keep)
    start = messages[0]
    headers = list(start.get("headers", []))
    body = b"".join(each.get("body", b"") for each in messages[1:])
    if dict(headers).get(b"content-type", b"").startswith(b"text/html"):
        body = body.replace(_HEAD, _HEAD + (_FORGET if over else b"") + _SCRIPT, 1)
        headers = [(name, value) for name, value in headers if name not in _OF_THE_BODY]
        headers += [(b"content-length", b"%d" % len(body)), (b"cache-control", b"no-store")]
    told = keeping_within(adding(send, over))
    await told({**start, "headers": headers})
    await told({"type": "http.response.body", "body": body})

"""The page of the stock UI, with one line of our own: a session that is over is seen at once.

Prefect 3.8's UI means to forget the password at a 401, but the error is thrown before that is
reached, so that it shows an error and asks again.  Only when it is loaded does it ask first
whether the password is still right, and leads to its login box if not: so it is loaded anew.
"""

from typing import Final

from retention.gate.http import App, Message, Receive, Scope, Send, keeping_within, without_coding

_SCRIPT: Final = b"""<script>{const ask = window.fetch; window.fetch = async (...given) => {
const answer = await ask(...given);
if (answer.status === 401 && !answer.url.endsWith("/admin/version")
    && localStorage.getItem("prefect-password")) location.reload();
return answer;}}</script>"""
_HEAD: Final = b"<head>"
_OF_THE_BODY: Final = frozenset({b"content-length", b"etag"})
_CONDITIONS: Final = frozenset({b"if-none-match", b"if-modified-since", b"range"})


def is_document(scope: Scope) -> bool:
    """Tell whether a browser asks for a page, and not for a part of one."""
    wanted = [value for name, value in scope["headers"] if name == b"accept"]
    return scope["method"] == "GET" and any(b"text/html" in value for value in wanted)


async def serve_document(inner: App, scope: Scope, receive: Receive, send: Send) -> None:
    """Answer with what *inner* answers, and with our line in it if it is a page."""
    kept = [(name, value) for name, value in scope["headers"] if name not in _CONDITIONS]
    messages: list[Message] = []

    async def keep(message: Message) -> None:
        messages.append(message)

    await inner(without_coding({**scope, "headers": kept}), receive, keep)
    start = messages[0]
    headers = list(start.get("headers", []))
    body = b"".join(each.get("body", b"") for each in messages[1:])
    if dict(headers).get(b"content-type", b"").startswith(b"text/html"):
        body = body.replace(_HEAD, _HEAD + _SCRIPT, 1)
        headers = [(name, value) for name, value in headers if name not in _OF_THE_BODY]
        headers.append((b"content-length", b"%d" % len(body)))
    told = keeping_within(send)
    await told({**start, "headers": headers})
    await told({"type": "http.response.body", "body": body})

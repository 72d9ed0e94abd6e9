"""What a hostile server does with a request: faults that pass, ends, and pages that cannot be true.

A fault acts on the connection itself; a lie returns the body that is sent in the place of a page.
"""

import random
import re
from collections.abc import Callable

from tests.support.s3_pages import uploads_page, versions_page

HANG_S = 0.6

# What networks, proxies and busy stores do


def _honest(script, query):
    make = uploads_page if "uploads" in query else versions_page
    return make(script.stored, query, script.style).written()


def _says(status, code):
    return lambda answers, script, query: answers.error(status, code)


def _sends(body, status=200, **headers):
    return lambda answers, script, query: answers.send(status, body, **headers)


def _reset(answers, script, query):
    answers.reset()


def _reset_in_body(answers, script, query):
    body = _honest(script, query)
    answers.send(200, body[: len(body) // 2], length=len(body))
    answers.reset()


def _half(answers, script, query):
    body = _honest(script, query)
    answers.close_connection = True
    answers.send(200, body[: len(body) // 2], length=len(body))


def _cut(answers, script, query):
    body = _honest(script, query)
    answers.send(200, body[: random.Random(len(body)).randrange(len(body))])


def _hang(answers, script, query):
    answers.server_said.stopping.wait(HANG_S)
    answers.close_connection = True


def _no_http(answers, script, query):
    answers.wfile.write(b"this is no HTTP at all\r\n\r\n")
    answers.close_connection = True


def _hold(answers, script, query):
    script.holding.set()
    script.held.wait(900)
    answers.close_connection = True


def _moved(status, code):
    def says(answers, script, query):
        answers.error(status, code, Location=script.elsewhere)

    return says


def _to_another_region(answers, script, query):
    region = f"eu-west-{len(script.asked)}"
    answers.error(301, "PermanentRedirect", x_amz_bucket_region=region)
    script.region = region


def _endless(answers, script, query):
    answers.wfile.write(b"HTTP/1.1 200 OK\r\n\r\n")
    answers.close_connection = True
    while not answers.server_said.stopping.is_set():
        answers.wfile.write(b" " * 1_000_000)


def _drip(answers, script, query):
    answers.wfile.write(b"HTTP/1.1 200 OK\r\n\r\n")
    answers.close_connection = True
    while not answers.server_said.stopping.wait(0.02):
        answers.wfile.write(b" ")


def _by_location(answers, script, query):
    script.region = "eu-west-3"
    location = "https://bucket.s3.eu-west-3.amazonaws.com/?versions"
    answers.error(307, "TemporaryRedirect", Location=location)


# What is neither passing nor a lie
FINAL: dict[str, Callable] = {
    "denied": _says(403, "AccessDenied"),
    "hold": _hold,
    "endless": _endless,
    "drip": _drip,
    "moved_for_good": _moved(301, "PermanentRedirect"),
    "moved_for_now": _moved(307, "TemporaryRedirect"),
    "to_another_region": _to_another_region,
    "to_another_region_by_location": _by_location,
}

HTML = b"<!DOCTYPE html><html><body><p>Sorry<br>try later</body></html>"
PASSING: dict[str, Callable] = {
    "slow_down": _says(503, "SlowDown"),
    "internal": _says(500, "InternalError"),
    "too_many": _says(429, "TooManyRequests"),
    "timed_out": _says(400, "RequestTimeout"),
    "unavailable_html": _sends(HTML, 502),
    "slow_down_in_200": _sends(b"<Error><Code>SlowDown</Code></Error>"),
    "internal_in_200": _sends(b"<?xml version='1.0'?>\n<Error><Code>InternalError</Code></Error>"),
    "html_in_200": _sends(HTML),
    "xhtml_in_200": _sends(
        b"<html xmlns='http://www.w3.org/1999/xhtml'><body>p/4711</body></html>"
    ),
    "empty_200": _sends(b""),
    "reset": _reset,
    "reset_in_body": _reset_in_body,
    "half": _half,
    "cut": _cut,
    "no_http": _no_http,
}
HANGING: dict[str, Callable] = {"hang": _hang}
PASSING |= HANGING


# Pages that cannot be true


def _head(page, script, **said):
    page.head = [(name, said.get(name, text)) for name, text in page.head]
    return page.written()


def _without_truncated(page, script):
    page.head = [each for each in page.head if each[0] != "IsTruncated"]
    return page.written()


def _truncated_twice(page, script):
    page.head = [*page.head, ("IsTruncated", "false")]
    return page.written()


def _empty_and_more(page, script):
    page.rows, page.rows_text = [], [""]
    return _head(page, script, IsTruncated="true")


def _first_row_again(page, script):
    page.rows = [*page.rows, *page.rows[:1]]
    return page.written()


def _backwards(page, script):
    page.rows = page.rows[::-1]
    return page.written()


def _page_again(number):
    def lie(page, script):
        pages = script.pages.get(page.root)
        return pages[number] if pages else page.written()

    return lie


def _in_folders(page, script):
    """Answer as if common prefixes had been asked for."""
    page.rows, page.prefixes = [], ["p/"]
    return _head(page, script, IsTruncated="false")


def _delimited(page, script):
    page.rows, page.head = [], [*page.head, ("Delimiter", "/")]
    return _head(page, script, IsTruncated="false")


def _in_text(old, new):
    """Return a lie that changes the first *old* behind the head of a page."""

    def lie(page, script):
        before, tag, rest = page.written().partition(b"<Key>")
        return before + tag + rest.replace(old, new, 1) if tag else before

    return lie


def _not_utf_8(page, script):
    body = page.written()  # without an encoding these letters are a key as good as any
    encoded = page.encoded and page.style.encodes
    return body.replace(b"</Key>", b"%FF</Key>", 1) if encoded else body


def _everywhere(old, new):
    return lambda page, script: page.written().replace(old, new)


LIES: dict[str, Callable] = {
    "without_truncated": _without_truncated,
    "truncated_twice": _truncated_twice,
    "truncated_maybe": lambda page, script: _head(page, script, IsTruncated="maybe"),
    "empty_and_more": _empty_and_more,
    "in_folders": _in_folders,
    "delimited": _delimited,
    "first_row_again": _first_row_again,
    "backwards": _backwards,
    "last_page_again": _page_again(-1),
    "first_page_again": _page_again(0),
    "other_bucket": lambda page, script: _head(page, script, Name="other", Bucket="other"),
    "other_prefix": lambda page, script: _head(page, script, Prefix="q/"),
    "other_marker": lambda page, script: _head(page, script, KeyMarker="p/zzz"),
    "other_encoding": lambda page, script: _head(page, script, EncodingType="base64"),
    "other_root": _everywhere(b"ListVersionsResult", b"ListBucketResult"),
    "not_utf_8": _not_utf_8,
    "not_utf_8_at_all": _in_text(b"</Key>", b"\xff</Key>"),
    "no_key": _in_text(b"</Key>", b"</Key><Key>p/x</Key>"),
    "no_id": lambda page, script: re.sub(rb"<(\w+)Id>[^<]*</\1Id>", b"", page.written(), count=4),
    "elsewhere": lambda page, script: page.written().replace(b"<Key>p", b"<Key>\x7fp"),
    "two_roots": lambda page, script: page.written() * 2,
    "no_end": lambda page, script: page.written().rpartition(b"</")[0],
    "entity": lambda page, script: page.written().replace(
        b"?>\n", b'?>\n<!DOCTYPE x [<!ENTITY k "p/a">]>', 1
    ),
    "utf_16": lambda page, script: page.written().decode().encode("utf-16"),
    "another_namespace": _in_text(b"<Size>", b'<Size xmlns="urn:other">'),
}

"""What we make of a server's words: each page and each answer here was written by the test."""

import logging
from datetime import UTC, datetime
from urllib.parse import parse_qs, urlsplit

import pytest

from retention.adapters.s3.client import client, instant
from retention.adapters.s3.destroys import S3Destroys
from retention.adapters.s3.lists import S3Lists
from retention.domain.dataset import Answer, Kind, ObjectVersion
from retention.errors import StoreError, StoreRefusedError, StoreUnavailableError
from tests.support.wire import Wire

PLACE = "s3://bucket/p/"
NO_UPLOADS = b"<R><IsTruncated>false</IsTruncated></R>"
SECRET = "a-very-secret-secret"


def nobody():
    return client(
        endpoint_url="http://127.0.0.1:9",
        region="us-east-1",
        access_key="nobody",
        secret=SECRET,
        attempts_max=1,
    )


def row(key, version_id="v1", *, marker=False):
    tag = "DeleteMarker" if marker else "Version"
    return (
        f"<{tag}><Key>{key}</Key><VersionId>{version_id}</VersionId>"
        f"<LastModified>2026-11-23T17:09:26.163Z</LastModified></{tag}>"
    )


def page(*rows, more=False, tail=""):
    truncated = "true" if more else "false"
    return f"<R><IsTruncated>{truncated}</IsTruncated>{''.join(rows)}{tail}</R>".encode()


ENCODED = "<EncodingType>url</EncodingType>"


def listing(*pages, uploads=(NO_UPLOADS,), place=PLACE):
    """Return the rows that come of these pages, and the wire they came over."""
    asking = nobody()
    wire = Wire(asking, [(200, body) for body in (*uploads, *pages)])
    return list(S3Lists(asking).versions(place)), wire


def keys_of(*pages):
    return [each.key for each in listing(*pages)[0]]


def test_a_key_is_decoded_once_and_only_if_the_page_says_so():
    assert keys_of(page(row("p/a%2Fb+c"))) == ["p/a%2Fb+c"]
    assert keys_of(page(row("p%2Fa%252Fb%2Bc"), tail=ENCODED)) == ["p/a%2Fb+c"]
    assert keys_of(page(row("p/a+b%20c&quot;&amp;"), tail=ENCODED)) == ['p/a b c"&']


def test_a_key_that_is_not_utf_8_is_an_error():
    with pytest.raises(StoreError, match="UTF-8"):
        listing(page(row("p/%FF"), tail=ENCODED))


def test_the_next_page_begins_after_the_last_row_whatever_the_server_proposes():
    proposal = "<NextKeyMarker>p/z</NextKeyMarker><NextVersionIdMarker>v9</NextVersionIdMarker>"
    first = page(
        row("p%2Fa%252F", "v1"), row("p%2Fa%252F", "v0"), more=True, tail=ENCODED + proposal
    )
    rows, wire = listing(first, page(row("p%2Fb"), tail=ENCODED))
    assert [r.key for r in rows] == ["p/a%2F", "p/a%2F", "p/b"]
    asked = parse_qs(urlsplit(wire.requests[-1].url).query)
    assert (asked["key-marker"], asked["version-id-marker"]) == (["p/a%2F"], ["v0"])


@pytest.mark.parametrize("last_id", ["data", "marker"])
def test_a_page_that_ends_in_data_and_marker_of_one_key_says_which_is_last(last_id):
    proposal = f"<NextVersionIdMarker>{last_id}</NextVersionIdMarker>"
    rows = [row("p/a", "data"), row("p/a", "marker", marker=True)]
    _, wire = listing(page(*rows, more=True, tail=proposal), page(row("p/b")))
    asked = parse_qs(urlsplit(wire.requests[-1].url).query)
    assert asked["version-id-marker"] == [last_id]


def test_uploads_go_on_after_the_last_row_too():
    def upload(key, upload_id):
        return f"<Upload><Key>{key}</Key><UploadId>{upload_id}</UploadId></Upload>"

    proposal = "<NextKeyMarker>p/z</NextKeyMarker><NextUploadIdMarker>u9</NextUploadIdMarker>"
    uploads = [page(upload("p/b%2F", "u1"), more=True, tail=proposal), page(upload("p/a", "u2"))]
    rows, wire = listing(page(row("p/a")), uploads=uploads)
    assert [(r.key, r.kind, r.version_id) for r in rows] == [
        ("p/a", Kind.DATA, "v1"),
        ("p/a", Kind.UPLOAD, "u2"),
        ("p/b%2F", Kind.UPLOAD, "u1"),
    ]
    assert wire.sent == ["ListMultipartUploads"] * 2 + ["ListObjectVersions"]
    asked = parse_qs(urlsplit(wire.requests[1].url).query)
    assert (asked["key-marker"], asked["upload-id-marker"]) == (["p/b%2F"], ["u1"])
    with pytest.raises(StoreError, match="twice"):
        listing(page(), uploads=[uploads[0], uploads[0]])


@pytest.mark.parametrize(
    ("pages", "what"),
    [
        ([page(row("p/b"), row("p/a"))], "out of order"),
        ([page(row("p/b"), more=True), page(row("p/a"))], "out of order"),
        ([page(row("p/b"), more=True), page(row("p/a", marker=True))], "out of order"),
        ([page(row("p/a"), row("p/a"))], "twice"),
        ([page(row("p/a"), more=True), page(row("p/a"))], "twice"),
        ([page(more=True)], "empty"),
        ([page(row("p/a"), more=True), page(more=True)], "empty"),
        ([b"<R></R>"], "whether it is the last"),
        ([b"<R>" + row("p/a").encode() + b"</R>"], "whether it is the last"),
        ([page(row("q/a"))], "elsewhere"),
        ([page(row("p/a", ""))], "no id"),
        ([page("<Version><Key>p/a</Key></Version>")], "not whole"),
    ],
)
def test_a_listing_that_contradicts_itself_is_an_error(pages, what):
    with pytest.raises(StoreError, match=what) as caught:
        listing(*pages)
    assert caught.value.hint
    assert "p/a" not in str(caught.value)


@pytest.mark.parametrize("body", [b"", b"<R><IsTruncated>fal", b"not XML"])
def test_a_page_that_breaks_off_is_an_error(body):
    with pytest.raises(StoreError):
        listing(body)
    with pytest.raises(StoreError):
        listing(page(), uploads=[body])


def failure(code, key="p/4711"):
    return f"<Error><Code>{code}</Code><Message>{key} failed</Message></Error>".encode()


FAILURES = [
    (403, "AccessDenied", StoreRefusedError, Answer.REFUSED),
    (403, "SignatureDoesNotMatch", StoreRefusedError, Answer.UNKNOWN),
    (403, "InvalidAccessKeyId", StoreRefusedError, Answer.UNKNOWN),
    (403, "RequestTimeTooSkewed", StoreRefusedError, Answer.UNKNOWN),
    (400, "ExpiredToken", StoreRefusedError, Answer.UNKNOWN),
    (404, "NoSuchBucket", StoreRefusedError, Answer.FAILED),
    (400, "MalformedXML", StoreRefusedError, Answer.FAILED),
    (400, "RequestTimeout", StoreUnavailableError, Answer.UNKNOWN),
    (429, "TooMany", StoreUnavailableError, Answer.UNKNOWN),
    (500, "InternalError", StoreUnavailableError, Answer.UNKNOWN),
    (503, "SlowDown", StoreUnavailableError, Answer.UNKNOWN),
]


@pytest.mark.parametrize(("status", "code", "error", "answer"), FAILURES)
def test_each_failure_has_its_family_and_its_answer(status, code, error, answer):
    asking = nobody()
    Wire(asking, [(status, failure(code))])
    with pytest.raises(error, match=code) as caught:
        list(S3Lists(asking).versions(PLACE))
    assert caught.value.hint
    assert "4711" not in f"{caught.value}{caught.value.hint}"
    asked = [
        ObjectVersion("p/x", Kind.DATA, "v1"),
        ObjectVersion("p/\x01", Kind.DATA, "v1"),
        ObjectVersion("p/x", Kind.UPLOAD, "u1"),
    ]
    Wire(asking, [(status, failure(code))] * 3)
    assert S3Destroys(asking).destroy(PLACE, asked) == dict.fromkeys(asked, answer)


def test_a_code_that_is_no_word_is_not_repeated():
    asking = nobody()
    Wire(asking, [(400, failure("patient 4711"))])
    with pytest.raises(StoreRefusedError, match="Unknown"):
        list(S3Lists(asking).versions(PLACE))


def test_a_bucket_that_cannot_be_is_refused_before_anything_is_sent():
    asking = nobody()
    wire, asked = Wire(asking), ObjectVersion("p/x", Kind.DATA, "v1")
    with pytest.raises(StoreRefusedError, match="ParamValidationError"):
        list(S3Lists(asking).versions("s3://no$bucket/p/"))
    assert S3Destroys(asking).destroy("s3://no$bucket/p/", [asked]) == {asked: Answer.FAILED}
    assert wire.sent == []


@pytest.mark.parametrize("place", ["files://bucket/p/", "s3://bucket/p", "p/"])
def test_a_place_that_is_none_of_ours_is_a_mistake_of_the_caller(place):
    asking = nobody()
    with pytest.raises(ValueError):
        S3Lists(asking).versions(place)
    with pytest.raises(ValueError):
        S3Destroys(asking).destroy(place, [])


def deleted(key, version_id="v1"):
    return f"<Deleted><Key>{key}</Key><VersionId>{version_id}</VersionId></Deleted>"


def error(key, code, version_id="v1"):
    named = f"<VersionId>{version_id}</VersionId>" if version_id is not None else ""
    return f"<Error><Key>{key}</Key>{named}<Code>{code}</Code></Error>"


@pytest.mark.parametrize(
    ("said", "answer"),
    [
        (deleted("p/x"), Answer.TAKEN),
        (error("p/x", "AccessDenied"), Answer.REFUSED),
        (error("p/x", "ObjectLocked"), Answer.REFUSED),
        (error("p/x", "NoSuchVersion"), Answer.TAKEN),
        (error("p/x", "InternalError"), Answer.FAILED),
        (error("p/x", "SomethingNew"), Answer.FAILED),
        (error("p/x", "AccessDenied", ""), Answer.REFUSED),
        (error("p/x", "AccessDenied", None), Answer.REFUSED),
        (deleted("p/x") + error("p/x", "InternalError"), Answer.FAILED),
        ("", Answer.UNKNOWN),
        (deleted("p/x", "v2"), Answer.UNKNOWN),
        (deleted("p/X"), Answer.UNKNOWN),
        ("<Deleted><Key>p/x</Key></Deleted>", Answer.UNKNOWN),
        (error("p/x", "NoSuchKey", None), Answer.UNKNOWN),
    ],
)
def test_every_answer_is_read_and_silence_is_unknown(said, answer):
    asking = nobody()
    wire = Wire(asking, [(200, f"<R>{said}{deleted('p/y')}</R>".encode())])
    asked = [ObjectVersion("p/x", Kind.DATA, "v1"), ObjectVersion("p/y", Kind.DATA, "v1")]
    assert S3Destroys(asking).destroy(PLACE, asked) == {asked[0]: answer, asked[1]: Answer.TAKEN}
    (request,) = wire.requests
    assert b"<Quiet>false</Quiet>" in request.body
    assert not [name for name in request.headers if "bypass" in name.lower()]


def test_a_refusal_without_a_version_says_nothing_of_one_that_went():
    asking = nobody()
    Wire(asking, [(200, f"<R>{deleted('p/x')}{error('p/x', 'AccessDenied', None)}</R>".encode())])
    went, stays = (ObjectVersion("p/x", Kind.DATA, v) for v in ("v1", "v2"))
    answers = S3Destroys(asking).destroy(PLACE, [went, stays])
    assert answers == {went: Answer.TAKEN, stays: Answer.REFUSED}


def test_what_is_not_one_exact_thing_is_never_sent():
    asking = nobody()
    wire = Wire(asking)
    asked = [
        ObjectVersion("p/x", Kind.DATA, ""),
        ObjectVersion("p/x", Kind.DATA, " "),
        ObjectVersion("p/x", Kind.DATA, "v1\n"),
        ObjectVersion("p/\ud800", Kind.DATA, "v1"),
        ObjectVersion("", Kind.DATA, "v1"),
        ObjectVersion("p", Kind.DATA, "v1"),
        ObjectVersion("P/x", Kind.DATA, "v1"),
        ObjectVersion("p/x", Kind.UPLOAD, ""),
    ]
    assert S3Destroys(asking).destroy(PLACE, asked) == dict.fromkeys(asked, Answer.REFUSED)
    assert wire.sent == []


def test_a_key_that_xml_would_change_goes_by_itself():
    asking = nobody()
    wire = Wire(asking, [(204, b"")] * 2 + [(200, f"<R>{deleted('p/x')}</R>".encode())])
    asked = [ObjectVersion(key, Kind.DATA, "v1") for key in ("p/x", "p/a\rb", "p/\x01")]
    assert set(S3Destroys(asking).destroy(PLACE, asked).values()) == {Answer.TAKEN}
    assert wire.sent == ["DeleteObject", "DeleteObject", "DeleteObjects"]


@pytest.mark.parametrize("page_rows", [0, -1, 1001])
def test_a_page_has_from_1_to_1000_rows(page_rows):
    with pytest.raises(ValueError, match="1000"):
        S3Lists(nobody(), page_rows=page_rows)


@pytest.mark.parametrize(
    ("text", "at"),
    [
        ("2026-11-23T17:09:26.163Z", datetime(2026, 11, 23, 17, 9, 26, 163000, UTC)),
        ("2026-11-23T17:09:26Z", datetime(2026, 11, 23, 17, 9, 26, tzinfo=UTC)),
        ("Mon, 23 Nov 2026 17:09:26 GMT", datetime(2026, 11, 23, 17, 9, 26, tzinfo=UTC)),
        ("2026-11-23T17:09:26", datetime(2026, 11, 23, 17, 9, 26, tzinfo=UTC)),
    ],
)
def test_every_form_of_time_is_read(text, at):
    assert instant(text) == at


def test_nothing_of_the_users_own_settings_has_a_say(monkeypatch):
    monkeypatch.setenv("AWS_PROFILE", "no-such-profile")
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://elsewhere.invalid")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "somebody")
    amazon = client(endpoint_url=None, region="eu-west-2", access_key="us", secret=SECRET)
    assert amazon.meta.endpoint_url == "https://s3.eu-west-2.amazonaws.com"
    wire = Wire(amazon, [(200, NO_UPLOADS), (200, page())])
    assert list(S3Lists(amazon).versions(PLACE)) == []
    assert b"Credential=us/" in wire.requests[0].headers["Authorization"]


def test_a_secret_is_nowhere_to_be_read(caplog):
    with caplog.at_level(logging.DEBUG):
        asking = nobody()
        with pytest.raises(StoreUnavailableError) as caught:
            list(S3Lists(asking).versions(PLACE))
    assert SECRET not in f"{asking!r} {vars(asking)!r} {caught.value!r} {caplog.text}"

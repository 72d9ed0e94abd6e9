"""What the fast engine makes of one page: each was written by the test."""

from datetime import UTC, datetime

import pytest

from retention.adapters.s3.fast.listing import Asked, SaidError, answer_of
from retention.adapters.s3.fast.parse import Quick
from retention.adapters.s3.fast.strict import DEPTH_MAX, document
from retention.adapters.s3.fast.trouble import UnreadableError
from retention.errors import StoreError
from tests.support.s3_pages import NAMESPACE

ASKED = Asked("bucket", "p/")
OWNER = "<Owner><ID>abc</ID><DisplayName>who</DisplayName></Owner>"


def version(key="p/a", version_id="v1", size="5", extra=""):
    return (
        f"<Version><Key>{key}</Key><VersionId>{version_id}</VersionId><IsLatest>true</IsLatest>"
        f"<LastModified>2026-11-23T17:09:26.163Z</LastModified><ETag>&quot;abc-2&quot;</ETag>"
        f"{extra}<Size>{size}</Size><StorageClass>STANDARD</StorageClass>{OWNER}</Version>"
    )


def marker(key="p/a", version_id="m1"):
    return (
        f"<DeleteMarker><Key>{key}</Key><VersionId>{version_id}</VersionId>"
        f"<IsLatest>true</IsLatest><LastModified>2026-11-23T17:09:27Z</LastModified>{OWNER}"
        "</DeleteMarker>"
    )


def page(*rows, more=False, said="", encoded=True, name="bucket"):
    head = f"<Name>{name}</Name><Prefix>p/</Prefix>{said}"
    head += f"<IsTruncated>{'true' if more else 'false'}</IsTruncated>"
    head += "<EncodingType>url</EncodingType>" if encoded else ""
    return (
        f'<?xml version="1.0" encoding="UTF-8"?>\n<ListVersionsResult xmlns="{NAMESPACE}">'
        f"{head}{''.join(rows)}</ListVersionsResult>"
    ).encode()


def both(body, asked=ASKED):
    """Return what both parsers say, which is the same."""
    strictly, quick = answer_of(body, asked), Quick()
    assert answer_of(body, asked, quick) == strictly
    return strictly


def test_rows_become_columns():
    kinds = (
        "<ChecksumAlgorithm>CRC32</ChecksumAlgorithm><ChecksumAlgorithm>SHA256</ChecksumAlgorithm>"
    )
    body = page(version(extra=kinds + "<ChecksumType>COMPOSITE</ChecksumType>"), marker("p/b"))
    found = both(body).page
    assert Quick().read(body) is not None
    assert found.keys == ["p/a", "p/b"]
    assert found.ids == ["v1", "m1"]
    assert found.markers == [False, True]
    assert found.sizes == [5, 0]
    assert found.etags == ["abc-2", ""]
    assert found.modified == [
        datetime(2026, 11, 23, 17, 9, 26, 163000, UTC),
        datetime(2026, 11, 23, 17, 9, 27, tzinfo=UTC),
    ]
    assert found.classes == ["STANDARD", ""]
    assert found.checksums == ["CRC32,SHA256", ""]


def test_keys_are_decoded_if_the_page_says_so_and_as_xml_always():
    assert both(page(version("p/a%2Fb+c%0A"))).page.keys == ["p/a/b c\n"]
    assert both(page(version("p%2F%252F%F0%9F%98%80"))).page.keys == ["p/%2F\U0001f600"]
    assert both(page(version("p/a%2Fb+c&amp;"), encoded=False)).page.keys == ["p/a%2Fb+c&"]
    assert both(page(version("p/&#65;&lt;&#x1f600;"), encoded=False)).page.keys == [
        "p/A<\U0001f600"
    ]


def test_the_next_page_begins_after_the_last_row_whatever_the_server_proposes():
    said = "<NextKeyMarker>p/zzz</NextKeyMarker><NextVersionIdMarker>v9</NextVersionIdMarker>"
    answer = both(page(version("p/a%252F", "v2"), version("p/a%252F", "v1"), more=True, said=said))
    assert (answer.last, answer.more) == (("p/a%2F", "v1"), True)


@pytest.mark.parametrize(("said", "last"), [("v1", "v1"), ("m1", "m1"), ("v9", "m1"), ("", "m1")])
def test_where_markers_stand_apart_the_page_says_which_of_two_is_last(said, last):
    said = f"<NextVersionIdMarker>{said}</NextVersionIdMarker>"
    answer = both(page(version(), marker(), more=True, said=said))
    assert answer.last == ("p/a", last)


def test_versions_and_markers_that_stand_apart_are_put_together():
    answer = both(page(version("p/a"), version("p/c"), marker("p/b"), marker("p/c")))
    assert answer.page.keys == ["p/a", "p/b", "p/c", "p/c"]
    assert answer.page.markers == [False, True, False, True]
    for wrong in (
        (version("p/c"), version("p/a"), marker("p/b")),
        (version("p/a"), marker("p/c"), marker("p/b")),
        (marker("p/b"), version("p/a")),
        (version("p/b"), marker("p/a"), version("p/c")),
    ):
        with pytest.raises(StoreError, match="out of order"):
            both(page(*wrong))


def test_a_marker_that_xml_cannot_carry_is_read_over():
    """As Ceph writes them: no page is gone on from by what it proposes."""
    said = "<KeyMarker>p/&#x01;</KeyMarker><NextKeyMarker>p/&#x02;</NextKeyMarker>"
    answer = both(page(version("p/%02"), more=True, said=said), Asked("bucket", "p/", "p/\x01"))
    assert answer.last == ("p/\x02", "v1")
    with pytest.raises(UnreadableError):
        answer_of(page(version("p/&#x01;"), encoded=False), ASKED)


@pytest.mark.parametrize(
    ("body", "what"),
    [
        (page(version()).replace(b"<IsTruncated>false</IsTruncated>", b""), "whether it is the"),
        (page(version(), said="<IsTruncated>false</IsTruncated>"), "twice"),
        (page(version(), said="<EncodingType>url</EncodingType>"), "twice"),
        (page(version()).replace(b">url<", b">base64<"), "not known"),
        (page(version(), name="another"), "another question"),
        (page(version()).replace(b"<Prefix>p/<", b"<Prefix>q/<"), "another question"),
        (page(version(), said="<KeyMarker>p/0</KeyMarker>"), "another question"),
        (page(version(), said="<Delimiter>/</Delimiter>"), "another question"),
        (
            page(said="<CommonPrefixes><Prefix>p/a/</Prefix></CommonPrefixes>"),
            "another question",
        ),
        (page(version("q/a")), "elsewhere"),
        (page(version("p/a"), version("q/a")), "elsewhere"),
        (page(version("a/a"), version("p/a")), "elsewhere"),
        (page(version("p/%FF")), "UTF-8"),
        (page(version("p/%C3")), "UTF-8"),
        (page(version("p/100%")), "not encoded"),
        (page(version("p/%4")), "not encoded"),
        (page(version(version_id="")), "no id"),
        (page(version(""), encoded=False), "no key"),
        (page(version(size="five")), "no number"),
        (page(version(size="-5")), "no number"),
        (page(version(size="")), "no number"),
        (page(version(extra="<Key>p/b</Key>")), "twice"),
        (page(version(extra="<Size>6</Size>")), "twice"),
        (page(version().replace("<Size>5</Size>", "")), "not whole"),
        (page(version().replace("LastModified", "Modified")), "not whole"),
        (page(version().replace("VersionId>", "Id>")), "not whole"),
        (page(version().replace("2026-11-23T17:09:26.163Z", "lately")), "when it was written"),
        (page(version()).replace(b"26.163Z", b"26X"), "when it was written"),
        (page(version()).replace(b"2026-11-23T17:09:26.163Z", b"2026-11-23"), "when it was"),
        (page(version()).replace(b"2026-11-23T", b"2026-13-23T"), "when it was written"),
        (page(version("p/b"), version("p/a")), "out of order"),
        (page(version()).replace(b"ListVersionsResult", b"ListBucketResult"), "another kind"),
    ],
)
def test_a_page_that_contradicts_itself_is_an_error(body, what):
    for quick in (None, Quick()):
        with pytest.raises(StoreError, match=what) as caught:
            answer_of(body, ASKED, quick)
        assert caught.value.hint
        assert "p/" not in str(caught.value)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<",
        page(version())[:-1],
        page(version()) + b"x",
        page(version()) + page(),
        page(version()).replace(b"Owner><ID", b"Owner><Id"),
        page(version(extra="<Size")),
        page(version(extra="text")),
        page(version("p/&key;")),
        page(version("p/\x0b"), encoded=False),
        page(version("p/]]>")),
        page(version()).replace(b"?>\n", b'?>\n<!DOCTYPE x [<!ENTITY key "p/b">]>'),
        page(version()).replace(b"UTF-8", b"ISO-8859-1"),
        page(version()).decode().encode("utf-16"),
        page(version()).replace(b"p/a", b"p/\xff"),
        page(version()).replace(b"<Size>", b'<Size xmlns="urn:other">'),
        page(version()).replace(b"<Version>", b'<Version xmlns="urn:other">'),
        b"<html><body>no</body></html>",
        b"<!DOCTYPE html><html><body>no<br></body></html>",
        b"<a>" * (DEPTH_MAX + 1) + b"</a>" * (DEPTH_MAX + 1),
    ],
)
def test_a_body_that_is_no_page_is_asked_for_again(body):
    for quick in (None, Quick()):
        with pytest.raises(UnreadableError) as caught:
            answer_of(body, ASKED, quick)
        assert not str(caught.value)


def test_an_error_in_the_place_of_a_page_is_not_a_page():
    with pytest.raises(SaidError):
        answer_of(b"<Error><Code>SlowDown</Code></Error>", ASKED)


def test_what_a_store_repeats_of_the_question_may_be_encoded_or_not():
    asked = Asked("bucket", "p/", "p/a b+c", "v1")
    for repeated in ("p/a b+c", "p%2Fa+b%2Bc", "p/a%20b%2Bc", ""):
        said = f"<KeyMarker>{repeated}</KeyMarker><VersionIdMarker>v1</VersionIdMarker>"
        assert both(page(version("p/b"), said=said), asked).page.keys == ["p/b"]
    said = "<KeyMarker>p%2Fa+b%2Bc</KeyMarker>"
    with pytest.raises(StoreError, match="another question"):
        answer_of(page(version("p/b"), said=said, encoded=False), asked)
    said = "<KeyMarker>p/a b+c</KeyMarker><VersionIdMarker/>"
    with pytest.raises(StoreError, match="another question"):
        answer_of(page(version("p/b"), said=said), asked)


@pytest.mark.parametrize(
    ("text", "at"),
    [
        ("2026-11-23T17:09:26.163Z", datetime(2026, 11, 23, 17, 9, 26, 163000, UTC)),
        ("2026-11-23T17:09:26Z", datetime(2026, 11, 23, 17, 9, 26, tzinfo=UTC)),
        ("2026-11-23T18:09:26+01:00", datetime(2026, 11, 23, 17, 9, 26, tzinfo=UTC)),
        ("2026-11-23T17:09:26", datetime(2026, 11, 23, 17, 9, 26, tzinfo=UTC)),
    ],
)
def test_instants_have_a_zone(text, at):
    body = page(version(), version("p/b").replace("2026-11-23T17:09:26.163Z", text))
    found = both(body).page.modified[1]
    assert (found, found.tzinfo is not None) == (at, True)


def test_a_shape_is_learned_once_and_forgiving_of_what_only_some_rows_have():
    quick = Quick()
    kinds = "<ChecksumAlgorithm>CRC32</ChecksumAlgorithm>"
    rows = [version("p/a"), version("p/b", extra=kinds), marker("p/c")]
    rows.append(version("p/d").replace("<DisplayName>who</DisplayName>", ""))
    assert quick.read(page(*rows)) is not None
    learned = quick._shape
    for _ in range(3):
        assert quick.read(page(*rows[::2])) is not None
    assert quick._shape is learned


@pytest.mark.parametrize("between", ["", " ", "\n  ", "   \t "])
def test_spaces_between_rows_and_names_in_quotes_do_not_slow_the_parser_down(between):
    """Ceph sends spaces while it looks, and leaves the sign of O'Brien to XML."""
    rows = [version("p/O&apos;B&amp;lt;"), version("p/b", extra=""), marker("p/c")]
    body = page(between.join(["", *rows, ""]))
    assert Quick().read(body) is not None
    assert both(body).page.keys == ["p/O'B&lt;", "p/b", "p/c"]


def test_rows_in_two_orders_are_left_to_the_strict_parser():
    turned = version("p/b").replace("<Size>5</Size>", "").replace("<ETag>", "<Size>5</Size><ETag>")
    assert Quick().read(page(version("p/a"), turned)) is None
    assert both(page(version("p/a"), turned)).page.sizes == [5, 5]


def test_an_element_is_small_and_says_nothing_of_itself():
    root = document(page(version("p/4711")))
    assert "4711" not in repr(root)
    assert "4711" not in repr(answer_of(page(version("p/4711")), ASKED))

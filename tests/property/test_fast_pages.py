"""The quick parser never says anything else than the strict one: of any page, whole or damaged."""

import re
from xml.sax.saxutils import escape

from hypothesis import given
from hypothesis import strategies as st

from retention.adapters.s3.fast.listing import Asked, SaidError, answer_of
from retention.adapters.s3.fast.parse import Quick
from retention.adapters.s3.fast.trouble import UnreadableError
from retention.errors import StoreError
from tests.support.s3_pages import NAMESPACE

ASKED = Asked("bucket")
ODD = "&<>\"'%+ /\t\n\r\x00\x01\x0b\x1f\x7f\x85\xa0éæ\u2028\ud7ff\ufffd\ufffe\uffff\U0001f600]]>x"
letters = st.one_of(st.sampled_from(ODD), st.characters(codec="utf-8"), st.sampled_from("abc019/"))
keys = st.text(letters, min_size=1, max_size=12)
KNOWN = ("Key", "VersionId", "IsLatest", "LastModified", "ETag", "Size", "StorageClass")


@st.composite
def written(draw, text):
    """Return *text* as some server might put it into XML."""
    way = draw(st.sampled_from(["escaped", "escaped", "quoted", "numbers", "bare", "cdata"]))
    if way == "quoted":
        return escape(text, {'"': "&quot;", "'": "&apos;"})
    if way == "numbers":
        return "".join(f"&#x{ord(c):x};" if c in "&<>\r\n" else c for c in text)
    if way == "cdata":
        return f"<![CDATA[{text}]]>"
    return text if way == "bare" else escape(text)


@st.composite
def rows(draw, order, extras):
    """Return one row whose elements stand in this *order*."""
    marker = draw(st.booleans()) and draw(st.booleans())
    number = draw(st.integers(0, 10**12))
    texts = {
        "Key": draw(written(draw(keys))),
        "VersionId": draw(st.sampled_from(["null", f"v{number:031d}", "a.b-c_d~", "&amp;", ""])),
        "IsLatest": draw(st.sampled_from(["true", "false"])),
        "LastModified": draw(
            st.sampled_from(
                [
                    "2026-11-23T17:09:26.163Z",
                    "2024-02-29T23:59:59Z",
                    "2026-11-23T17:09:26+01:00",
                    "2026-11-23T17:09:26",
                    "Mon, 23 Nov 2026 17:09:26 GMT",
                    "yesterday",
                ]
            )
        ),
        "Owner": "<ID>abc</ID>" + draw(st.sampled_from(["", "<DisplayName>R&amp;D</DisplayName>"])),
    }
    if not marker or draw(st.booleans()):
        texts["ETag"] = draw(
            st.sampled_from(["&quot;abc-2&quot;", '"abc"', "abc", "&#34;abc&#34;", '"'])
        )
        texts["Size"] = draw(st.sampled_from([str(number), "0", "007", " 1", "-1", "1_0", "٣"]))
        texts["StorageClass"] = draw(st.sampled_from(["STANDARD", "GLACIER", ""]))
        kinds = draw(st.lists(st.sampled_from(["CRC32", "CRC64NVME", "SHA256"]), max_size=3))
        texts["ChecksumAlgorithm"] = kinds
        texts["ChecksumType"] = "FULL_OBJECT"
        texts["RestoreStatus"] = "<IsRestoreInProgress>false</IsRestoreInProgress>"
        texts["Strange"] = draw(st.sampled_from(["", "<Deeper><Still>x</Still></Deeper>", "text"]))
    dropped = draw(st.sets(st.sampled_from(sorted({*texts, "none"})), max_size=1))
    parts = []
    for name in order:
        if name not in texts or (name in dropped and (name not in KNOWN or extras)):
            continue
        values = texts[name] if isinstance(texts[name], list) else [texts[name]]
        parts += [f"<{name}>{value}</{name}>" for value in values]
    tag = "DeleteMarker" if marker else "Version"
    return f"<{tag}>{''.join(parts)}</{tag}>"


NAMES = (*KNOWN, "ChecksumAlgorithm", "ChecksumType", "Owner", "RestoreStatus", "Strange")
SIMPLE = st.fixed_dictionaries({"number": st.integers(0, 10**9), "marker": st.booleans()})


@st.composite
def regular(draw):
    """Return a page as one server would write it: one order, plain letters, optional elements."""
    order = draw(st.permutations(NAMES))
    optional = draw(st.sets(st.sampled_from(NAMES[6:])))
    found = []
    for n, each in enumerate(draw(st.lists(SIMPLE, min_size=1, max_size=12))):
        kinds = ["CRC32", "SHA256"][: each["number"] % 3]
        texts = {
            "Key": f"p/{n:03}-{draw(st.sampled_from(['x', '%2F', '%25', '+', 'é', '%0A', '%00', '&apos;', '&amp;lt;']))}",
            "VersionId": f"v{each['number']}",
            "IsLatest": "true",
            "LastModified": "2026-11-23T17:09:26.163Z",
            "Owner": "<ID>abc</ID>" + "<DisplayName>x</DisplayName>" * (each["number"] % 2),
        }
        if not each["marker"]:
            texts |= {
                "ETag": "&quot;abc&quot;" if each["number"] % 5 else '"abc"',
                "Size": str(each["number"]),
                "StorageClass": "STANDARD",
                "ChecksumAlgorithm": kinds,
                "ChecksumType": "COMPOSITE",
                "RestoreStatus": "<IsRestoreInProgress>true</IsRestoreInProgress>",
                "Strange": "text",
            }
        left_out = {name for name in optional if each["number"] % 7 == len(name) % 7}
        parts = [
            f"<{name}>{value}</{name}>"
            for name in order
            if name in texts and name not in left_out
            for value in (texts[name] if isinstance(texts[name], list) else [texts[name]])
        ]
        tag = "DeleteMarker" if each["marker"] else "Version"
        found.append(f"<{tag}>{''.join(parts)}</{tag}>")
    return page(found, encoding=draw(st.booleans()))


def page(found, *, encoding=False, root="ListVersionsResult", between="", tail="", prefix=""):
    head = "<Name>bucket</Name><Prefix/><IsTruncated>false</IsTruncated>"
    head += "<EncodingType>url</EncodingType>" if encoding else ""
    colon = f"{prefix}:" if prefix else ""
    spaces = f' xmlns{":" if prefix else ""}{prefix}="{NAMESPACE}"'
    inside = between.join([head, *found, tail])
    if prefix:
        inside = re.sub(r"<(/?)(?=[A-Z])", rf"<\1{colon}", inside)
    text = (
        f'<?xml version="1.0" encoding="UTF-8"?>\n<{colon}{root}{spaces}>{inside}</{colon}{root}>'
    )
    return text.encode("utf-8", "surrogatepass")


@st.composite
def strange(draw):
    """Return a page of anything that servers might write, and things that they should not."""
    order = draw(st.permutations(NAMES)) if draw(st.booleans()) else NAMES
    found = draw(st.lists(rows(order, extras=draw(st.booleans())), max_size=6))
    between = draw(st.sampled_from(["", "", "", "\n  ", "<!-- <Version> -->", "x"]))
    body = page(
        found,
        encoding=draw(st.booleans()),
        between=between,
        tail=draw(
            st.sampled_from(["", "", "<MaxKeys>3</MaxKeys>", "<Version/>", "<RowsStandHere/>"])
        ),
        prefix=draw(st.sampled_from(["", "", "", "s3"])),
    )
    return body.replace(b"<Size>", b'<Size x="y">', draw(st.sampled_from([0, 0, 1])))


PIECES = [
    *(b"<", b">", b"&", b"&amp;", b"&lt;", b'"', b"]]>", b"<!--", b"-->", b"<![CDATA[", b"<?x?>"),
    *(b"\x00", b"\r", b"\r\n", b"\x0b", b"\xff", b"\xc3", b"\xef\xbf\xbe", b"\xef\xbb\xbf", b" "),
    *(b"</Version>", b"<Version>", b"</DeleteMarker>", b"<DeleteMarker>", b"<Key>", b"</Key>"),
    *(b"<ETag>", b"</ETag>", b"<RowsStandHere/>", b"<X/>", b"<X></X>", b"<Owner>", b"</Owner>"),
    *(b"<ListVersionsResult>", b"</ListVersionsResult>", b"<IsTruncated>true</IsTruncated>"),
    *(b"&#13;", b"&#x1;", b"&quot;", b"%", b"%00", b"%C3", b"+", b"0", b"<Size>1</Size>"),
    *(b"<Version/>", b"<RowsStandHere/><!--", b"<DeleteMarker></DeleteMarker>", b"<!---->"),
]


@st.composite
def damaged(draw, pages):
    """Return a page with a few things cut, flipped, put in or put elsewhere."""
    body = bytearray(draw(pages))
    for _ in range(draw(st.integers(1, 4))):
        at = draw(st.integers(0, len(body)))
        way = draw(st.sampled_from(["flip", "drop", "insert", "insert", "move", "end"]))
        if way == "flip" and at < len(body):
            body[at] ^= 1 << draw(st.integers(0, 7))
        elif way == "drop":
            del body[at : at + draw(st.integers(1, 40))]
        elif way == "insert":
            body[at:at] = draw(st.sampled_from(PIECES))
        elif way == "move":
            end = at + draw(st.integers(1, 200))
            piece = body[at:end]
            to = draw(st.integers(0, len(body)))
            body[to:to] = piece
        elif way == "end":
            del body[at:]
    return bytes(body)


def outcome(body, quick=None):
    """Return what comes of a page: an answer, or which kind of error."""
    try:
        return answer_of(body, ASKED, quick)
    except (StoreError, UnreadableError, SaidError) as error:
        return type(error)


TAUGHT = Quick()  # by whatever came before


def agrees(body):
    strictly = outcome(body)
    assert outcome(body, Quick()) == strictly
    assert outcome(body, TAUGHT) == strictly


@given(strange())
def test_of_any_page_both_parsers_say_the_same(body):
    agrees(body)


@given(regular(), st.data())
def test_of_a_damaged_page_they_say_the_same(body, data):
    quick = Quick()
    outcome(body, quick)
    broken = data.draw(damaged(st.just(body)))
    assert outcome(broken, quick) == outcome(broken)
    agrees(broken)


@given(damaged(strange()))
def test_of_a_strange_and_damaged_page_too(body):
    agrees(body)


WHEN = "<LastModified>2026-11-23T17:09:26Z</LastModified>"
SIZE = "<Size>1</Size><Owner><ID>o</ID></Owner>"
TWO = [
    f"<Version><Key>p/a</Key><VersionId>v1</VersionId>{WHEN}<ETag>&quot;e&quot;</ETag>{SIZE}</Version>",
    f"<DeleteMarker><Key>p/b</Key><VersionId>v2</VersionId>{WHEN}</DeleteMarker>",
]


def agrees_anyhow(bodies):
    """Assert it of bodies that are near a page, by a parser that knows that page and no other."""
    quick = Quick()
    assert quick.read(page(TWO)) is not None
    known = vars(quick).copy()
    for body in bodies:
        vars(quick).update(known)
        if quick.read(body) is not None:
            vars(quick).update(known)
            assert outcome(body, quick) == outcome(body), body


def test_any_piece_at_any_place_is_read_as_the_strict_parser_reads_it():
    whole = page(TWO)
    places = range(len(whole) + 1)
    agrees_anyhow(whole[:at] + piece + whole[at:] for piece in PIECES for at in places)


def test_any_byte_that_is_lost_or_flipped_is_read_as_the_strict_parser_reads_it():
    whole = page(TWO)
    for at in range(len(whole)):
        flipped = (bytes([whole[at] ^ 1 << bit]) for bit in range(8))
        agrees_anyhow(whole[:at] + one + whole[at + 1 :] for one in (*flipped, b""))
        agrees_anyhow([whole[:at]])


@given(regular())
def test_the_quick_parser_reads_what_one_server_writes(body):
    """Or the others show nothing: it might always leave the page to the strict parser."""
    assert Quick().read(body) is not None

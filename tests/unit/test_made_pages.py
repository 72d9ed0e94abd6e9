"""The pages of the benchmarks' stub: what a client reads from them is the bucket that was made."""

from urllib.parse import unquote_plus, urlencode
from xml.etree import ElementTree as ET

import pytest

from benchmarks.support.made import Made, etag, modified, version_id
from benchmarks.support.stub_s3 import answer

BUCKETS = (Made(0), Made(1, 1), Made(2, 1), Made(12, 1), Made(231, 7, 3), Made(1234, 40))
PREFIXES = ("", "patient/england/", "patient/engl", "patient/wales/2010/", "zzz")


def ask(made, **options):
    """Return a page: its root, and its parts by name with their texts."""
    query = urlencode({name.replace("_", "-"): value for name, value in options.items()})
    status, body, _ = answer("GET", f"/{made.name}?{query}")
    assert status == "200 OK"
    root = ET.fromstring(b"".join(body))
    for each in root.iter():
        each.tag = each.tag.rpartition("}")[2]
    return root


def told(row):
    return {each.tag: each.text or "" for each in row}


def versions(made, rows, **options):
    """Yield the rows and the common prefixes of a whole listing, as a client goes from page to page."""
    marker = {}
    for _ in range(made.rows + 1):
        page = ask(made, versions="", max_keys=rows, **options, **marker)
        here = [told(e) | {"kind": e.tag} for e in page if e.tag in {"Version", "DeleteMarker"}]
        prefixes = [e.findtext("Prefix") for e in page if e.tag == "CommonPrefixes"]
        assert len(here) + len(prefixes) <= rows
        yield from here
        yield from prefixes
        if page.findtext("IsTruncated") == "false":
            return
        assert here or prefixes
        plain = unquote_plus if options.get("encoding_type") else str
        marker = {"key_marker": plain(page.findtext("NextKeyMarker"))}
        if version := page.findtext("NextVersionIdMarker"):
            marker["version_id_marker"] = version
    pytest.fail("it does not end")


def current(made, rows, **options):
    marker = {}
    for _ in range(made.rows + 1):
        page = ask(made, list_type=2, max_keys=rows, **options, **marker)
        assert int(page.findtext("KeyCount")) or not marker
        yield from (e.findtext("Key") for e in page if e.tag == "Contents")
        yield from (e.findtext("Prefix") for e in page if e.tag == "CommonPrefixes")
        if page.findtext("IsTruncated") == "false":
            return
        marker = {"continuation_token": page.findtext("NextContinuationToken")}
    pytest.fail("it does not end")


def grouped(keys, prefix, delimiter):
    """Return *keys* as a listing shows them, each once: alone, or by what they have in common."""
    found = {}
    for key in keys:
        head, cut, _ = key[len(prefix) :].partition(delimiter) if delimiter else (key, "", "")
        found[prefix + head + cut if cut else key] = None
    return list(found)


@pytest.mark.parametrize("made", BUCKETS, ids=lambda made: made.name)
def test_keys_ascend_and_the_rows_of_a_key_are_together(made):
    keys = [made.key_of(row) for row in range(made.rows)]
    assert keys == sorted(keys)
    assert len(set(keys)) == made.keys
    assert len({key.rpartition("/")[0] for key in keys}) == min(made.datasets, made.keys)
    assert len({version_id(row) for row in range(made.rows)}) == made.rows


@pytest.mark.parametrize("rows", [1, 3, 7, 1000])
@pytest.mark.parametrize("encoding", ["", "url"])
@pytest.mark.parametrize("made", BUCKETS[:5], ids=lambda made: made.name)
def test_every_version_is_told_once_whatever_the_page(made, encoding, rows):
    plain = unquote_plus if encoding else str
    found = [
        (plain(each["Key"]), each["VersionId"], each["kind"], each["LastModified"][:19],
         int(each.get("Size", 0)), each.get("ETag", ""))
        for each in versions(made, rows, encoding_type=encoding)
    ]  # fmt: skip
    assert found == [
        (made.key_of(n), version_id(n), "DeleteMarker", modified(n), 0, "")
        if made.is_marker(n)
        else (made.key_of(n), version_id(n), "Version", modified(n), made.size(n), f'"{etag(n)}"')
        for n in range(made.rows)
    ]
    markers = sum(kind == "DeleteMarker" for _, _, kind, *_ in found)
    assert made.totals() == (len(found), markers, sum(size for *_, size, _ in found))


@pytest.mark.parametrize("delimiter", ["", "/"])
@pytest.mark.parametrize("prefix", PREFIXES)
@pytest.mark.parametrize("made", BUCKETS, ids=lambda made: made.name)
def test_prefix_and_delimiter_leave_what_lies_there(made, prefix, delimiter):
    asked = {"prefix": prefix, "delimiter": delimiter}
    here = [n for n in range(made.rows) if made.key_of(n).startswith(prefix)]
    for rows in (4, 7, 1000):
        found = (e if isinstance(e, str) else e["Key"] for e in versions(made, rows, **asked))
        assert sorted(set(found)) == grouped(map(made.key_of, here), prefix, delimiter)
        shown = [made.key_of(n) for n in here if made.is_current(n)]
        assert sorted(current(made, rows, **asked)) == grouped(shown, prefix, delimiter)


def test_a_listing_begins_behind_any_key_whether_it_is_there_or_not():
    made = Made(231, 7, 3)
    keys = [made.key_of(n) for n in range(made.rows)]
    shown = [made.key_of(n) for n in range(made.rows) if made.is_current(n)]
    for after in (*keys[:30], keys[40][:-2], "a", "zzz"):
        page = ask(made, versions="", key_marker=after, max_keys=5)
        found = [e.findtext("Key") for e in page if e.tag in {"Version", "DeleteMarker"}]
        assert found == [key for key in keys if key > after][:5]
        page = ask(made, list_type=2, start_after=after, max_keys=5)
        found = [e.findtext("Key") for e in page if e.tag == "Contents"]
        assert found == [key for key in shown if key > after][:5]


@pytest.mark.parametrize(
    ("method", "target", "status"),
    [
        ("HEAD", "/made-10", "200 OK"),
        ("GET", "/made-10?location", "200 OK"),
        ("GET", "/made-10?uploads", "200 OK"),
        ("GET", "/other?versions", "404 Not Found"),
        ("GET", "/made-10-0?versions", "404 Not Found"),
        ("GET", "/made-ten?versions", "404 Not Found"),
        ("GET", "/made-10", "501 Not Implemented"),
        ("HEAD", "/made-10/key", "501 Not Implemented"),
        ("PUT", "/made-10/key", "501 Not Implemented"),
    ],
)
def test_what_is_not_a_listing_is_answered_plainly_or_refused(method, target, status):
    assert answer(method, target)[0] == status


def test_an_answer_waits_as_the_name_of_its_bucket_says():
    slow = Made(10, wait_ms=50)
    assert Made.parse(slow.name) == slow
    assert answer("GET", f"/{slow.name}?versions")[2] == 50
    assert answer("GET", f"/{Made(10).name}?versions")[2] == 0

"""The gate's own pages: who opens which list, what is written first, and what nobody is shown."""

import csv
import html
import io
import re

import pytest

from retention.domain.case import proposal_stream
from retention.domain.entry import Draft, Entry
from retention.errors import LedgerBrokenError
from retention.steps import full_list
from retention.steps.opening import AGAIN_AFTER
from retention.views import links
from retention.views.disposal_list_csv import unguarded
from tests.support.opened import OFFICER, Opened

MAY = ("rm-01", "iao-01", "both-01", OFFICER.id)
FORMS = ("", ".csv", ".pdf", ".xlsx")
KEY = "patient/2019"  # begins every key of the first dataset, and stands in no other text


@pytest.fixture
def opened(tmp_path):
    return Opened(tmp_path)


def rows_on(page):
    """Return numbers and keys as a reader of the page sees them."""
    cells = re.findall(
        r'<tr><td class="n">([\d,]+)</td><td class="n">\d+</td><td>[^<]+</td>'
        r'<th scope="row"><bdi[^>]*>(.*?)</bdi>',
        page,
    )
    return [
        (int(n.replace(",", "")), html.unescape(re.sub(r"<[^>]+>", "|", key))) for n, key in cells
    ]


def frozen(opened):
    """Return every row of the frozen manifests, in their order."""
    items = opened.proposal.items
    return [
        row
        for item in items
        for row in full_list.rows_of(
            opened.world.evidence.lines(item.manifest.pack), item.manifest.root
        )
    ]


def test_the_page_shows_every_row_and_says_that_it_is_the_whole_list(opened):
    answer = opened.get(opened.path)
    assert answer.status_code == 200
    rows = frozen(opened)
    assert f"{len(rows)} object versions</strong>" in answer.text.replace(" of 2 datasets", "")
    assert f"Showing {len(rows)} of {len(rows)} rows of this list: 1 to {len(rows)}." in answer.text
    assert [number for number, _ in rows_on(answer.text)] == list(range(1, len(rows) + 1))
    assert opened.proposal.mark in answer.text
    assert "checked</strong> against" in answer.text.lower()
    assert "2 November 2026, 09:00" in answer.text


def test_keys_are_text_on_the_page_and_what_hides_is_named(opened):
    page = opened.get(opened.path).text
    keys = [key for _, key in rows_on(page)]
    assert "<script" not in page
    assert "patient/2019/<script>alert(1)</script>&amp;" in [key.replace("|", "") for key in keys]
    assert "patient/2019/report|U+202E right-to-left override|gpj.exe" in keys
    assert "patient/2019/ends with a space|space|" in keys
    assert "patient/2019/tab|tab|and|line feed|line" in keys
    assert "\u202e" not in page


@pytest.mark.parametrize(
    ("fields", "wanted"),
    [
        ({"words": "gpj"}, lambda row: "gpj" in row.version.key),
        ({"words": "GPJ"}, lambda row: False),
        ({"words": '"quoted"'}, lambda row: '"quoted"' in row.version.key),
        ({"words": "\t"}, lambda row: "\t" in row.version.key),
        ({"words": " "}, lambda row: " " in row.version.key),
        ({"kind": "marker"}, lambda row: row.version.kind == "marker"),
        ({"dataset": "2"}, lambda row: "/2020/" in row.version.key),
        ({"dataset": "2", "kind": "upload", "words": "2020"}, lambda row: "2020/up" in row.version.key),
        ({"dataset": "7"}, lambda row: False),
    ],
)  # fmt: skip
def test_a_search_shows_what_matches_and_of_how_many(opened, fields, wanted):
    answer = opened.search(**fields)
    numbers = [n for n, row in enumerate(frozen(opened), start=1) if wanted(row)]
    assert [number for number, _ in rows_on(answer.text)] == numbers
    told = f"Showing {len(numbers)} of {len(numbers)} "
    assert told + ("rows" if set(fields) == {"dataset"} and numbers else "") in answer.text


def test_page_after_page_shows_every_row_once(tmp_path):
    opened = Opened(tmp_path, objects=40)
    rows, seen, page, at = frozen(opened), [], opened.get(opened.path).text, ""
    for _ in range(9):
        seen += [number for number, _ in rows_on(page)]
        told = re.search(r"Showing 200 of ([\d,]+) rows", page) or re.search(r"of (\d+) rows", page)
        assert int(told[1]) == len(rows) > 200
        more = re.search(r'value="([\d.]+)">Next', page)
        if more is None:
            break
        at = more[1]
        page = opened.search(at=at).text
    assert seen == list(range(1, len(rows) + 1))
    assert at == "1.2"


def test_what_somebody_looked_for_is_written_nowhere(opened, caplog):
    caplog.set_level("DEBUG")
    answer = opened.search(words="gpj")
    assert answer.status_code == 200
    assert "gpj" not in caplog.text
    assert not any("gpj" in str(record.facts) for record in opened.world.ledger.records)
    assert "gpj" not in str(answer.request.url)
    assert "gpj" not in str(answer.headers)


def test_the_csv_has_every_row_exactly_and_no_formula(opened):
    answer = opened.get(opened.path + ".csv")
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/csv; charset=utf-8")
    names, *cells = csv.reader(io.StringIO(answer.content.decode("utf-8-sig"), newline=""))
    rows = frozen(opened)
    told = [dict(zip(names, each, strict=True)) for each in cells]
    assert [unguarded(each["key"]) for each in told] == [row.version.key for row in rows]
    assert [each["version"] for each in told] == [row.version.version_id for row in rows]
    assert [each["etag"] for each in told] == [row.version.etag for row in rows]
    assert [each["number"] for each in told] == [str(n) for n in range(1, len(rows) + 1)]
    assert {each["place"] for each in told} >= {
        "s3://records/patient/2019/",
        "s3://dr/patient/2020/",
    }


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("person", MAY)
def test_who_may_decide_and_the_dpo_open_it_and_it_is_written(opened, person, form):
    length = len(opened.world.ledger.stream(proposal_stream(opened.digest)))
    assert opened.get(opened.path + form, person).status_code == 200
    assert opened.opened() == [(person, form.strip(".") or "html")]
    (record,) = opened.world.kinds(Entry.OPENED)
    assert record.stream == f"opened:{opened.digest.removeprefix('sha256:')}"
    assert len(opened.world.ledger.stream(proposal_stream(opened.digest))) == length


@pytest.mark.parametrize("form", FORMS)
def test_others_are_told_who_may(opened, form):
    answer = opened.get(opened.path + form, "audit-01")
    assert answer.status_code == 403
    assert "both-01, dpo-01, iao-01, rm-01" in answer.text
    assert KEY not in answer.text
    assert opened.get(opened.path + form, "stranger").status_code == 403
    assert opened.opened() == []


@pytest.mark.parametrize("person", ["", "planner", "nobody-known"])
@pytest.mark.parametrize("form", FORMS)
def test_who_proves_nothing_and_services_are_shown_nothing(opened, form, person):
    answer = opened.get(opened.path + form, person)
    assert answer.status_code == 401
    assert answer.headers["www-authenticate"] == 'Basic realm="retention"'
    assert opened.proposal.mark not in answer.text
    seen = opened.get(opened.path + form, person, headers={"accept": "text/html"})
    assert seen.headers["location"] == f"/retention/login?next={opened.path}{form}"
    assert opened.opened() == []


def test_pages_of_one_sitting_are_one_opening_and_each_file_is_one(opened):
    for _ in range(2):
        opened.get(opened.path)
        opened.search(words="x")
        opened.get(opened.path + ".csv")
    assert opened.opened() == [("rm-01", "html"), ("rm-01", "csv"), ("rm-01", "csv")]
    opened.get(opened.path, "iao-01")
    opened.world.clock.moment += AGAIN_AFTER
    opened.get(opened.path)
    assert opened.opened()[3:] == [("iao-01", "html"), ("rm-01", "html")]


@pytest.mark.parametrize("form", FORMS)
def test_what_cannot_be_written_is_not_shown(opened, form):
    def broken(name):
        if name == "ledger.append":
            raise LedgerBrokenError("it is away", hint="look")

    with opened.world.dying(broken):
        answer = opened.get(opened.path + form)
    assert answer.status_code == 503
    assert KEY not in answer.text
    assert opened.proposal.mark not in answer.text


@pytest.mark.parametrize("method", ["HEAD", "PUT", "DELETE", "OPTIONS", "PATCH", "TRACE", "BREW"])
def test_nothing_else_is_done_to_a_list(opened, method):
    for form in FORMS:
        answer = opened.ask(method, opened.path + form, "rm-01")
        assert (answer.status_code, answer.headers["allow"]) == (405, "GET")
    assert opened.ask("POST", opened.path + ".csv", "rm-01").status_code == 405
    assert opened.opened() == []


TRICKS = [
    "/retention/proposals/{hex}/",
    "/retention/proposals//{hex}",
    "/retention//proposals/{hex}",
    "/retention/proposals/{hex}.html",
    "/retention/proposals/{hex}.csv/x",
    "/retention/proposals/{hex}.CSV",
    "/retention/proposals/{upper}",
    "/retention/proposals/{short}",
    "/retention/proposals/{hex}0",
    "/retention/proposals/sha256:{hex}",
    "/retention/proposals/{mark}",
    "/retention/proposals/%2e%2e/proposals/{hex}",
    "/retention/proposals%2F{hex}",
    "/retention/proposals/{hex}%0a",
    "/retention/proposals/{hex}%00",
    "/retention/proposals/{hex};x",
    "/retention/../retention/proposals/x",
    "/retention/login/x",
    "/retention/x",
]


@pytest.mark.parametrize("path", TRICKS)
def test_a_path_that_is_not_ours_letter_by_letter_is_none(opened, path):
    digits = opened.digest.removeprefix("sha256:")
    mark = opened.proposal.mark
    path = path.format(hex=digits, upper=digits.upper(), short=digits[:-1], mark=mark)
    assert opened.get(path).status_code == 404
    assert opened.opened() == []


def test_a_digest_of_nothing_is_no_proposal(opened):
    answer = opened.get(links.link("sha256:" + "0" * 64))
    assert answer.status_code == 404
    assert "No such proposal" in answer.text


def test_every_answer_forbids_to_keep_it_to_frame_it_and_to_run_anything(opened):
    answers_ = [
        *(opened.get(opened.path + form) for form in FORMS),
        opened.get("/retention/proposals"),
        opened.get("/retention/login"),
        opened.get("/retention/x"),
        opened.get(opened.path, "audit-01"),
        opened.get(opened.path, ""),
        opened.ask("HEAD", opened.path, "rm-01"),
    ]
    for answer in answers_:
        policy = answer.headers["content-security-policy"]
        assert policy.startswith("default-src 'none'; style-src 'sha256-")
        assert "frame-ancestors 'none'" in policy
        assert "unsafe" not in policy
        assert answer.headers["cache-control"] == "no-store"
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["referrer-policy"] == "same-origin"


def test_a_spent_proposal_can_still_be_opened(opened):
    stream = proposal_stream(opened.digest)
    opened.world.ledger.append(
        Draft(stream, Entry.SPENT, {"proposal": opened.digest, "why": "declined"})
    )
    answer = opened.get(opened.path)
    assert (answer.status_code, "spent: declined" in answer.text) == (200, True)


def test_somebody_sees_the_proposals_that_they_may_open_and_for_whom_each_waits(opened):
    page = opened.get("/retention/proposals").text
    assert "Of 1 proposal you may open 1." in page
    assert f'href="{opened.path}"' in page
    assert "waits for the records manager" in page
    opened.world.answer(opened.digest, "rm-01")
    assert "waits for the information asset owner" in opened.get("/retention/proposals").text
    page = opened.get("/retention/proposals", "audit-01").text
    assert "Of 1 proposal you may open 0." in page
    assert opened.proposal.mark not in page
    assert opened.get("/retention/proposals", "stranger").status_code == 403
    assert "Numbers 2 to 1 of 1" in opened.get("/retention/proposals?from=2").text
    assert opened.get("/retention/proposals?from=x%00").status_code == 200
    assert opened.opened() == []


def test_links_lead_to_the_page_and_to_the_ui(opened):
    digits = opened.digest.removeprefix("sha256:")
    assert links.link(digits) == links.link(opened.digest) == opened.path
    assert links.run_link("a/b") == "/v2/runs/flow-run/a%2Fb"
    assert links.deployment_link("x") == "/v2/deployments/deployment/x"
    with pytest.raises(ValueError, match="digest"):
        links.link("../login")

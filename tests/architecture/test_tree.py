"""What must and what must not stand in the files of the project, whatever their kind."""

import re
from itertools import pairwise

import pytest

from tests.architecture.tree import ROOT, text_files

# Written so that this file does not break its own rules.
MACHINE_PATH = re.compile(r"(?<![\w.}~*-])/(?:home|root|[U]sers|work)/[\w.]|\b[A-Z]:\\[U]sers\\")
PACKAGE_HOST = re.compile(
    r"py[p]i\.(?:org|python)|python[h]osted|np[m]js\.|np[m]\.pkg|(?:deb|security|snapshot)\.deb[i]an"
    r"|archive\.ub[u]ntu|conda\.anac[o]nda|crates\.i[o]|proxy\.gol[a]ng",
    re.IGNORECASE,
)
BANNED = re.compile(
    r"\bperma[n]ently\b|\birrecover[a]bl[ey]\b|\bmilitary[\s-]+gr[a]de\b|\ball\s+c[o]pies\b",
    re.IGNORECASE,
)
PARTS = ("Context", "Decision", "Consequences")
DECISIONS = sorted((ROOT / "infra/decisions").glob("*.md"))
DECISION_LINES_MAX = 45


def found(pattern: re.Pattern[str], *folders: str) -> list[str]:
    return [
        f"{name}:{number}: {said[0]}"
        for name, text in text_files(*folders)
        for number, line in enumerate(text.splitlines(), start=1)
        if (said := pattern.search(line))
    ]


def whole(pattern: re.Pattern[str], *folders: str) -> list[str]:
    """Find what may run over the end of a line."""
    return [f"{name}: {said[0]}" for name, text in text_files(*folders)
            for said in pattern.finditer(text)]  # fmt: skip


def faults_of_decision(name: str, text: str) -> list[str]:
    """Say what is missing from one page of infra/decisions/."""
    faults = []
    if not re.fullmatch(r"[0-9]{4}-[a-z0-9-]+\.md", name):
        faults.append("its name is not 0001-in-few-words.md")
    if not re.match(rf"# {name[:4]}: \S.*\n\n[0-9]{{4}}-[0-9]{{2}}-[0-9]{{2}}\n", text):
        faults.append("it does not begin with its number, its name and its day")
    faults += [f"no part {part}" for part in PARTS if f"\n## {part}\n\n" not in text]
    if len(text.splitlines()) > DECISION_LINES_MAX:
        faults.append(f"more than {DECISION_LINES_MAX} lines")
    return faults


def test_no_file_names_a_path_of_one_machine():
    assert found(MACHINE_PATH) == []


def test_no_file_names_a_host_that_packages_come_from():
    assert found(PACKAGE_HOST) == []


def test_no_view_uses_a_word_that_claims_more_than_can_be_shown():
    assert whole(BANNED, "src/retention/views") == []


def test_views_and_templates_are_among_the_files_looked_at():
    names = {name for name, _ in text_files("src/retention/views")}
    assert any(name.endswith(".py") for name in names)
    assert any(name.endswith(".typ") for name in names)


@pytest.mark.parametrize("name", ["README.md", "CHANGELOG.md", "LICENSE", "docs/developing.md",
                                  "infra/README.md", "policies/README.md"])  # fmt: skip
def test_a_newcomer_finds(name):
    assert len((ROOT / name).read_text(encoding="utf-8").splitlines()) > 10


def test_the_changelog_says_what_comes_first():
    text = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    assert re.search(r"^## (Unreleased|[0-9]+\.[0-9]+\.[0-9]+ )", text, re.MULTILINE)


@pytest.mark.parametrize("page", DECISIONS, ids=lambda page: page.stem)
def test_a_decision_gives_context_decision_and_consequences(page):
    assert faults_of_decision(page.name, page.read_text(encoding="utf-8")) == []


def test_decisions_are_numbered_without_a_gap():
    numbers = [int(page.name[:4]) for page in DECISIONS]
    assert numbers[0] == 1
    assert all(after == before + 1 for before, after in pairwise(numbers))


@pytest.mark.parametrize(
    ("pattern", "line"),
    [
        (MACHINE_PATH, "cd /ho" + "me/ann/project"),
        (MACHINE_PATH, 'path = "/wo' + 'rk/main"'),
        (MACHINE_PATH, "(/ro" + "ot/.cache)"),
        (MACHINE_PATH, "C:\\Us" + "ers\\ann"),
        (PACKAGE_HOST, "https://py" + "pi.org/simple"),
        (PACKAGE_HOST, "https://files.python" + "hosted.org/packages"),
        (PACKAGE_HOST, "http://deb.deb" + "ian.org/debian"),
        (PACKAGE_HOST, "registry.np" + "mjs.org"),
        (BANNED, "was Perma" + "nently deleted"),
        (BANNED, "irrecover" + "ably gone"),
        (BANNED, "military-gr" + "ade"),
        (BANNED, "of all\n    cop" + "ies"),
    ],
)
def test_the_patterns_catch(pattern, line):
    assert pattern.search(line)


@pytest.mark.parametrize(
    ("pattern", "line"),
    [
        (MACHINE_PATH, "s3://bucket/ho" + "me/x"),
        (MACHINE_PATH, "/usr/sbin/policy-rc.d"),
        (MACHINE_PATH, "/v2/runs/flow-run/"),
        (PACKAGE_HOST, "runs on Debian and Ubuntu"),
        (BANNED, 'covers = "all-cop' + 'ies"'),
        (BANNED, "permanent"),
    ],
)
def test_the_patterns_let_pass(pattern, line):
    assert not pattern.search(line)


GOOD_PAGE = (
    "# 0009: Nine\n\n2026-11-23\n\n## Context\n\nc\n\n## Decision\n\nd\n\n## Consequences\n\ne\n"
)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("nine.md", GOOD_PAGE),
        ("0008-nine.md", GOOD_PAGE),
        ("0009-nine.md", GOOD_PAGE.replace("2026-11-23", "today")),
        ("0009-nine.md", GOOD_PAGE.replace("## Consequences", "## So")),
        ("0009-nine.md", GOOD_PAGE + "\n" * 45),
    ],
)
def test_a_decision_that_lacks_something_is_caught(name, text):
    assert faults_of_decision(name, text)
    assert not faults_of_decision("0009-nine.md", GOOD_PAGE)

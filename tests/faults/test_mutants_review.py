"""What the tests of reviews are worth: who decided, what, and what follows from it."""

import pytest

from tests.support.mutants import STEPS, Mutant, all_pass, can_be_changed, is_killed, tree

__all__ = ["tree"]  # a fixture

REVIEWS = ("unit/test_otherwise.py", "stateful/test_reviews.py")
WHO = ("unit/test_approvers.py", "unit/test_story.py", "unit/test_findings.py")
ACTS = ("unit/test_acts.py",)
MUTANTS = (
    Mutant(
        "a hold that was asked for on the form is not placed",
        f"{STEPS}/otherwise.py",
        "        found.add(held, ports)",
        "        pass",
        REVIEWS,
    ),
    Mutant(
        "what only a party may instruct is recorded by ourselves",
        f"{STEPS}/otherwise.py",
        "        if agreement.our_role is OurRole.CONTROLLER:\n            found.add",
        "        if agreement:\n            found.add",
        ("unit/test_otherwise.py",),
    ),
    Mutant(
        "an extension goes past the day by which it must be gone",
        f"{STEPS}/otherwise.py",
        "    if each.until > last:",
        "    if False:",
        REVIEWS,
    ),
    Mutant(
        "what a party was asked about is proposed again meanwhile",
        f"{STEPS}/propose.py",
        "and str(each.assessment.dataset) not in asked",
        "and True",
        REVIEWS,
    ),
    Mutant(
        "what an exception names stays on the list",
        f"{STEPS}/answers.py",
        " not in decided.numbers)",
        " not in set())",
        ("unit/test_otherwise.py", "unit/test_story.py"),
    ),
    Mutant(
        "somebody knows of an inquiry, and everything is approved",
        f"{STEPS}/answers.py",
        "    if inquiries == Inquiries.SOME and decided.verdict.approves:",
        "    if False:",
        REVIEWS,
    ),
    Mutant(
        "the mark is not compared",
        f"{STEPS}/answers.py",
        '    if said["mark"].casefold() != proposal.mark:',
        "    if False:",
        ("unit/test_story.py", "unit/test_otherwise.py", "stateful/test_reviews.py"),
    ),
    Mutant(
        "an answer that the gate did not sign counts",
        f"{STEPS}/witnessed.py",
        "    if not is_signed(signed, about, gate):",
        "    if False:",
        ("unit/test_story.py", "unit/test_acts.py", "unit/test_findings.py"),
    ),
    Mutant(
        "another answer than the one that was signed counts",
        f"{STEPS}/witnessed.py",
        "    if not is_of(signed, answer, evidence):",
        "    if False:",
        ("unit/test_story.py",),
    ),
    Mutant(
        "a conflict of interest is passed over",
        "src/retention/domain/approvers.py",
        "        if conflict.about in matter.about and conflict.days.have(day):",
        "        if False:",
        (*WHO, "property/test_approvers.py"),
    ),
    Mutant(
        "the data protection officer decides",
        "src/retention/domain/approvers.py",
        "    if DPO in person.roles:",
        "    if False:",
        (*WHO, "property/test_approvers.py"),
    ),
    Mutant(
        "whoever recorded the triggers approves alone",
        "src/retention/domain/approvers.py",
        "            if seat.person in matter.recorders:\n                continue",
        "            if False:\n                continue",
        (*WHO, "property/test_approvers.py"),
    ),
    Mutant(
        "an act is confirmed by somebody else",
        f"{STEPS}/acts/desk.py",
        '    if signed.text("person") != asked.by.id:',
        "    if False:",
        ACTS,
    ),
    Mutant(
        "a yes to one preview is a yes to another",
        f"{STEPS}/acts/desk.py",
        "f\"{CONFIRM}-{seen.removeprefix('sha256:')}\"",
        'f"{CONFIRM}-same"',
        ACTS,
    ),
    Mutant(
        "a list is opened and nobody writes that down",
        f"{STEPS}/opening.py",
        "    ports.ledger.append(Draft(stream, Entry.OPENED, facts))",
        "    pass",
        ("unit/test_pages.py", "unit/test_full_list.py"),
    ),
)


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.breaks)
def test_what_a_mutant_changes_is_there_to_be_changed(mutant):
    assert can_be_changed(mutant)


@pytest.mark.full
def test_without_a_mutant_the_named_tests_pass(tree):
    all_pass(tree, MUTANTS)


@pytest.mark.full
@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.breaks)
def test_a_mutant_is_killed(tree, mutant):
    is_killed(tree, mutant)

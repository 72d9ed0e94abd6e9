"""What the tests of gate and destruction are worth: each of these mutants must be killed by one."""

import pytest

from tests.support.mutants import STEPS, Mutant, all_pass, can_be_changed, is_killed, tree

__all__ = ["tree"]  # a fixture

AUTHORITY = ("unit/test_authority.py", "unit/test_findings.py", "unit/test_story.py")
SAFEGUARDS = ("unit/test_safeguards.py",)
RACES = ("faults/test_races.py", "unit/test_halting.py")
MUTANTS = (
    Mutant(
        "rule 1: what nobody approved to the end is destroyed",
        f"{STEPS}/authorise.py",
        'if case.approved is None or case.approved.text("roots") != approval.roots_digest:',
        "if False:",
        AUTHORITY,
    ),
    Mutant(
        "rule 4: holds are not read before a batch",
        f"{STEPS}/authorise.py",
        "        require_no_hold(self.ledger,",
        "        0 and require_no_hold(self.ledger,",
        ("faults/test_races.py", "unit/test_story.py", "unit/test_findings.py"),
    ),
    Mutant(
        "rule 4: a hold that comes between the yes and the intent is overlooked",
        f"{STEPS}/taking_up.py",
        "expect={**expect, **ground, stream: before}",
        "expect={**expect, stream: before}",
        RACES,
    ),
    Mutant(
        "rule 5: a spent approval is used again",
        f"{STEPS}/authorise.py",
        "        if case.spent is not None:\n",
        "        if False:\n",
        (*AUTHORITY, *RACES),
    ),
    Mutant(
        "rule 5: an approval that lapsed is used",
        f"{STEPS}/authorise.py",
        "    if today > approval.lapses_after:",
        "    if False:",
        ("unit/test_findings.py", "unit/test_disposal.py", "unit/test_story.py", "stateful"),
    ),
    Mutant(
        "cooling-off is not waited out",
        f"{STEPS}/authorise.py",
        "    if today < approval.may_begin_on:",
        "    if False:",
    ),
    Mutant(
        "it begins before it is due",
        f"{STEPS}/authorise.py",
        "    if item.due_on is not None and today < date.fromisoformat(item.due_on):",
        "    if False:",
    ),
    Mutant(
        "rule 6: one person is enough",
        f"{STEPS}/authorise.py",
        "        if len(set(people)) != len(people):",
        "        if False:",
        AUTHORITY,
    ),
    Mutant(
        "rule 6: the gate's signature is not looked at",
        f"{STEPS}/authorise.py",
        "            if not self._is_genuine(case, record):",
        "            if False:",
        AUTHORITY,
    ),
    Mutant(
        "a new agreement version does not void what was shown",
        f"{STEPS}/authorise.py",
        "    if (governing.version, governing.digest) != (proposal.version, proposal.agreement_digest):",
        "    if False:",
        (*AUTHORITY, "unit/test_disposal.py"),
    ),
    Mutant(
        "drift before the first intent does not void",
        f"{STEPS}/begin.py",
        '        if record.number("arrivals"):',
        "        if False:",
        ("unit/test_findings.py", "unit/test_story.py", "unit/test_disposal.py"),
    ),
    Mutant(
        "rule 7: markers go together with their data",
        f"{STEPS}/destroy.py",
        "data = [(n, row) for n, row in there if row.version.kind is not Kind.MARKER]",
        "data = there",
    ),
    Mutant(
        "rule 7: a marker goes although its data stayed",
        f"{STEPS}/destroy.py",
        "spared = {row.version.key for n, row in data if answers[n] is not Answer.TAKEN}",
        "spared = set()",
    ),
    Mutant(
        "rule 7: a marker goes although an earlier piece of its key stayed",
        f"{STEPS}/destroy.py",
        "    if data_left:\n",
        "    if False:\n",
    ),
    Mutant(
        "rule 8: the order goes out before its intent",
        f"{STEPS}/destroy.py",
        "    if run.breaker.is_open(place) or not _is_taken_up(batch, run, ports):\n        return False\n",
        "    ports.store.destroy(place, [row.version for _, row in batch.rows])\n"
        "    if run.breaker.is_open(place) or not _is_taken_up(batch, run, ports):\n        return False\n",
        ("faults/test_crash.py", "unit/test_halting.py", *RACES),
    ),
    Mutant(
        "two workers may hold one batch",
        "src/retention/domain/orders.py",
        "            return Standing.HELD if self.is_held(now) else Standing.OPEN",
        "            return Standing.OPEN",
        ("faults/test_races.py", "stateful"),
    ),
    Mutant(
        "a batch is taken up although another worker wrote in its stream",
        f"{STEPS}/taking_up.py",
        "expect={**expect, **ground, stream: before}",
        "expect={**expect, **ground}",
        ("faults/test_races.py", "stateful"),
    ),
    Mutant(
        "an answer that did not come is a success",
        f"{STEPS}/destroy.py",
        "answers[number] = said.get(row.version, Answer.UNKNOWN)",
        "answers[number] = said.get(row.version, Answer.TAKEN)",
        ("unit/test_taking_up.py", "unit/test_disposal.py"),
    ),
    Mutant(
        "rule 9: what the store answered is the fate",
        f"{STEPS}/verify.py",
        "Answer.TAKEN: (Fate.DESTROYED, Fate.FAILED),",
        "Answer.TAKEN: (Fate.DESTROYED, Fate.DESTROYED),",
    ),
    Mutant(
        "rule 9: what was not seen is gone",
        f"{STEPS}/verify.py",
        "    if seen in {Seen.UNSEEN, Seen.CHANGED}:",
        "    if seen in {Seen.CHANGED}:",
    ),
    Mutant(
        "a manifest that was edited at rest is acted on",
        "src/retention/domain/manifest.py",
        'if "sha256:" + tree.root().hex() != root:',
        "if False:",
        ("unit/test_taking_up.py",),
    ),
    Mutant(
        "rule 16: caps are not asked for again",
        f"{STEPS}/authorise.py",
        "        require_within_caps(kept,",
        "        0 and require_within_caps(kept,",
        SAFEGUARDS,
    ),
    Mutant(
        "rule 16: an empty place is believed",
        f"{STEPS}/begin.py",
        "    if not looks_empty(present, manifest.versions):\n        return\n",
        "    return\n",
        SAFEGUARDS,
    ),
    Mutant(
        "a ledger of yesterday is believed",
        f"{STEPS}/authorise.py",
        "        self.safeguards.require_newest_ledger()\n",
        "",
        SAFEGUARDS,
    ),
    Mutant(
        "a survey that is behind does not matter",
        f"{STEPS}/safeguards.py",
        "            if not good or _is_old(good[-1], today):",
        "            if False:",
        SAFEGUARDS,
    ),
    Mutant(
        "a run that was cancelled goes on",
        f"{STEPS}/authorise.py",
        "        require_not_cancelled(case, self.ledger, self.library)\n",
        "",
        RACES,
    ),
    Mutant(
        "of what a yes follows from, what grew is not read again",
        f"{STEPS}/steady.py",
        "if said_on == [today, edition] and self.ledger.lengths(list(ground)) == ground:",
        "if said_on == [today, edition]:",
        ("faults/test_races.py", "unit/test_steady.py"),
    ),
    Mutant(
        "yesterday's yes holds today",
        f"{STEPS}/steady.py",
        "if said_on == [today, edition] and ",
        "if said_on[1] == edition and ",
        ("unit/test_steady.py",),
    ),
    Mutant(
        "somebody who left people.toml in mid-run approves on",
        f"{STEPS}/steady.py",
        "if said_on == [today, edition] and self",
        "if said_on[0] == today and self",
        ("unit/test_steady.py", "unit/test_review_findings.py"),
    ),
    Mutant(
        "a store that does not answer is asked for ever",
        f"{STEPS}/breaker.py",
        "        return self._unheard[_store(place)] >= BREAKS_AFTER",
        "        return False",
        ("unit/test_taking_up.py",),
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

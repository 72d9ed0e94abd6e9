"""What a certificate may and may not claim."""

import json
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from retention.domain.beyond_use import TESTS, BeyondUse
from retention.domain.certificate import (
    PREDICATE_TYPE,
    Certificate,
    Decision,
    HoldCheck,
    People,
    StatementAndIntegrity,
    type_for,
)
from retention.domain.certified import Counts, Timeline
from retention.domain.plain import from_plain, to_plain
from retention.domain.wording import (
    BANNED,
    MANIFESTS_KEPT,
    NOT_COVERED,
    ONE_FACTOR,
    RELIED_ON_STORE,
    WORDING,
    CertificateType,
    Grade,
    banned_in,
)
from retention.errors import CertificateError
from retention.views.certificate_remains import remaining_rows, remaining_tells
from tests.support.certificates import (
    BACKUP,
    ISSUED_AT,
    WORD,
    at,
    certificate,
    counts,
    dataset,
    every_fate,
)

T = CertificateType
few = st.integers(0, 50)
PARTS = ("destroyed", "absent_before", "held_back", "refused", "failed")


@given(st.tuples(few, few, few, few, few), st.integers(-3, 3))
def test_numbers_reconcile_or_there_is_no_certificate(parts, error):
    planned = sum(parts) + error
    given_ = dict(zip(PARTS, parts, strict=True))
    if error == 0:
        assert Counts(planned=planned, unknown=0, **given_).left == sum(parts[2:])
    else:
        with pytest.raises(CertificateError, match="planned is not"):
            Counts(planned=planned, unknown=0, **given_)


def test_one_unknown_fate_is_no_certificate():
    with pytest.raises(CertificateError, match="1 fates are unknown"):
        counts(10, unknown=1)


def test_no_count_is_below_nought():
    with pytest.raises(CertificateError, match="below nought"):
        Counts(
            planned=1, destroyed=2, absent_before=0, held_back=-1, refused=0, failed=0, unknown=0
        )


@pytest.mark.parametrize("left", ["held_back", "refused", "failed"])
def test_whatever_is_left_makes_it_a_partial_report(left):
    rows = [dataset(fates=counts(5, **{left: 1}))]
    assert type_for(rows) is T.PARTIAL
    assert certificate(rows).identity.title == "Partial destruction report"
    for other in (T.INTERIM, T.FINAL, T.NIL):
        with pytest.raises(CertificateError, match="the type is"):
            certificate(rows, type=other)


def test_nothing_left_is_no_partial_report():
    with pytest.raises(CertificateError, match="the type is"):
        certificate([dataset()], type=T.PARTIAL)


def test_a_final_certificate_waits_for_every_residual_copy():
    rows = [dataset(residual=[BACKUP])]
    assert type_for(rows) is T.INTERIM
    with pytest.raises(CertificateError, match="1 residual copies are pending"):
        certificate(rows, type=T.FINAL)
    gone = replace(BACKUP, seen_gone_at=at(0, 1), attested=WORD)
    assert certificate([dataset(residual=[gone])]).identity.type is T.FINAL
    held = [dataset(residual=[replace(gone, held_by="H-0001")])]
    assert type_for(held) is T.INTERIM
    with pytest.raises(CertificateError, match="1 residual copies are pending"):
        certificate(held, type=T.FINAL)


def test_nothing_destroyed_is_a_nil_certificate_and_only_that():
    rows = [dataset(fates=counts(absent_before=3))]
    assert certificate(rows).identity.type is T.NIL
    for other in (T.INTERIM, T.FINAL):
        with pytest.raises(CertificateError, match="the type is"):
            certificate(rows, type=other)
    with pytest.raises(CertificateError):
        certificate([dataset()], type=T.NIL)


def test_a_correction_names_what_it_corrects_and_nothing_else_does():
    made = certificate([dataset()], type=T.CORRECTION, supersedes="RET-2031-0001")
    assert made.identity.supersedes == "RET-2031-0001"
    with pytest.raises(CertificateError, match="supersedes"):
        certificate([dataset()], type=T.CORRECTION)
    with pytest.raises(CertificateError, match="supersedes"):
        certificate([dataset()], supersedes="RET-2031-0001")


def test_every_joint_controller_is_named():
    both = dataset(controllers=("audit-sponsor", "somebody-else"))
    with pytest.raises(CertificateError, match="joint controller"):
        certificate([both])


def test_destroyed_on_is_the_london_day_of_the_last_success():
    late = datetime(2026, 3, 31, 23, 15, tzinfo=UTC)  # 1 April in London
    story = Timeline(
        frozen_at=late - timedelta(days=9),
        listed_at=late - timedelta(minutes=2),
        first_intent_at=late - timedelta(minutes=1),
        last_outcome_at=late,
        verified_at=late + timedelta(hours=1),
    )
    assert story.destroyed_on == date(2026, 4, 1)


@pytest.mark.parametrize(
    ("name", "moved"),
    [
        ("listed_at", at(17)),
        ("first_intent_at", at(0, 8)),
        ("last_outcome_at", at(0, 7, 30)),
        ("verified_at", at(0, 6, 50)),
    ],
)
def test_a_story_out_of_order_is_refused(name, moved):
    with pytest.raises(CertificateError, match="order"):
        replace(dataset().how, **{name: moved})


def test_what_is_seen_after_the_issue_is_refused():
    with pytest.raises(CertificateError, match="not in this order"):
        certificate([dataset()], issued_at=at(0, 6, 30))


def test_who_decided_after_the_first_order_is_refused():
    made = certificate([dataset()])
    late = replace(made.people.approvals[0], decided_at=at(0, 6, 50))
    with pytest.raises(CertificateError, match="not in this order"):
        replace(made, people=replace(made.people, approvals=(late,)))


def test_destroyed_without_a_successful_outcome_is_refused():
    with pytest.raises(CertificateError, match="no outcome"):
        dataset(how=replace(dataset().how, last_outcome_at=None))


def test_planned_is_the_number_of_lines_of_the_manifest():
    with pytest.raises(CertificateError, match="lines of the manifest"):
        dataset(versions=1203)


def test_a_manifest_root_is_a_digest():
    with pytest.raises(CertificateError, match="SHA-256"):
        dataset(manifest_root="sha256:12")


def test_whoever_gave_the_orders_is_not_who_looked():
    made = certificate()
    for other in (
        replace(made.verification, verifier="destroyer"),
        replace(made.verification, separate_credentials=False),
    ):
        with pytest.raises(CertificateError, match="also looked"):
            replace(made, verification=other)


def test_a_matching_hold_is_no_certificate():
    with pytest.raises(CertificateError, match="hold matched"):
        HoldCheck(at=ISSUED_AT, holds=2, matching=1)


def test_nobody_and_one_person_twice_are_no_approvers():
    one = certificate().people.approvals[0]
    with pytest.raises(CertificateError, match="nobody"):
        People(approvals=(), identity_proof=ONE_FACTOR)
    with pytest.raises(CertificateError, match="twice"):
        People(approvals=(one, replace(one, step="other")), identity_proof=ONE_FACTOR)


def test_no_dataset_and_one_twice_are_refused():
    with pytest.raises(CertificateError, match="twice"):
        certificate([dataset(), dataset()])


@pytest.mark.parametrize("word", BANNED)
def test_no_certificate_claims_what_nobody_can_show(word):
    with pytest.raises(CertificateError, match="nobody can show"):
        StatementAndIntegrity(wording=f"gone\n {word.upper()}", issuer_key="k", ledger="l")


def test_our_own_sentences_use_no_banned_word():
    ours = [*WORDING.values(), *NOT_COVERED, *RELIED_ON_STORE, ONE_FACTOR, MANIFESTS_KEPT, *TESTS]
    assert not [found for text in ours for found in banned_in(text)]
    assert set(WORDING) == set(T)


def test_residual_copies_are_graded_by_how_we_know():
    gone = at(0, 1)
    assert BACKUP.grade is Grade.PENDING
    for checked_by, grade, word in [
        ("engine", Grade.OBSERVED, None),
        ("provider document", Grade.RELIED_ON, WORD),
        ("person", Grade.ATTESTED, WORD),
    ]:
        seen = replace(BACKUP, checked_by=checked_by, seen_gone_at=gone, attested=word)
        assert seen.grade is grade


@pytest.mark.parametrize("checked_by", ["provider document", "person"])
def test_what_we_cannot_look_at_is_gone_by_somebodys_word_alone(checked_by):
    with pytest.raises(CertificateError, match="nobody gave it"):
        replace(BACKUP, checked_by=checked_by, seen_gone_at=at(0, 1))
    with pytest.raises(CertificateError, match="nobody gave it"):
        replace(BACKUP, checked_by="engine", seen_gone_at=at(0, 1), attested=WORD)


@pytest.mark.parametrize("tests", list(product([True, False], repeat=4)))
def test_fewer_than_four_tests_are_not_beyond_use(tests):
    put = replace(BACKUP, beyond_use=BeyondUse(tests, "iao-1", date(2031, 1, 15)))
    assert put.is_pending
    assert put.grade is (Grade.BEYOND_USE if all(tests) else Grade.PENDING)
    (_, _, _, chip), *_ = remaining_rows(certificate([dataset(residual=[put])]))
    said = str(tells(put))
    assert ("not put beyond use" in said) is not all(tests)
    assert "17 May 2031" in chip["says"]
    for number, (met, test) in enumerate(zip(tests, TESTS, strict=True), start=1):
        assert (f"{test} ({number})" in said) is all(tests)
        assert (f"that {test} (test {number})" in said) is not met
    assert "iao-1 looked on 15 January 2031" in said


def test_a_copy_has_one_fate():
    assert {each.grade for each in every_fate()} == set(Grade)
    left = replace(BACKUP, until=None, not_covered_clause="9.8")
    assert left.grade is Grade.NOT_COVERED
    assert certificate([dataset(residual=[left])]).identity.type is T.FINAL
    for also in ({"until": BACKUP.until}, {"held_by": "H-0001"}):
        with pytest.raises(CertificateError, match="not covered"):
            replace(left, **also)
    assert replace(BACKUP, held_by="H-0001").grade is Grade.HELD


def test_a_window_that_closed_unseen_says_so_and_is_no_final_certificate():
    late = replace(BACKUP, until=date(2031, 4, 11))
    assert certificate([dataset(residual=[late])]).identity.type is T.INTERIM
    assert "should have ended by 11 April 2031" in str(tells(late))
    on_its_last_day = replace(BACKUP, until=ISSUED_AT.date())
    assert "should have ended" not in str(tells(on_its_last_day))


def test_the_manifests_are_named_as_what_remains_on_every_certificate():
    for made, until in [
        (certificate(), "15 August 2031"),  # the window after the day by which the last copy ends
        (certificate([dataset()]), "11 July 2031"),
        (certificate([dataset(fates=counts(5, failed=1), residual=[BACKUP])]), "11 July 2031"),
        (certificate([dataset(fates=counts(absent_before=2))]), "11 July 2031"),
    ]:
        *_, (what, kind, _, chip) = remaining_rows(made)
        assert "names of objects" in what["main"]
        assert (kind, chip["says"]) == ("manifest", f"pending until about {until}")
        assert remaining_tells(made)[-1] == {"note": MANIFESTS_KEPT}


def tells(copy):
    return remaining_tells(certificate([dataset(residual=[copy])]))


def test_a_statement_names_each_dataset_by_its_manifest_root():
    made = certificate()
    statement = json.loads(made.statement())
    assert statement["_type"] == "https://in-toto.io/Statement/v1"
    assert statement["predicateType"] == PREDICATE_TYPE
    assert [(s["name"], "sha256:" + s["digest"]["sha256"]) for s in statement["subject"]] == [
        (d.id, d.manifest_root) for d in made.what.datasets
    ]


def test_what_is_read_back_is_what_was_written():
    for made in (certificate(), certificate([dataset(fates=counts(absent_before=2))])):
        assert Certificate.read(made.statement()) == made


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("what", "versions"), 1),  # a total that is not its own
        (("what", "datasets", 0, "verification", "destroyed"), 1203),
        (("what", "datasets", 0, "verification", "destroyed"), True),
        (("what", "datasets", 0, "how", "destroyed_on"), "2031-04-11"),
        (("identity", "issued_on"), "2031-04-13"),
        (("identity", "type"), "final"),
        (("identity", "type"), "splendid"),
        (("identity", "number"), 7),
        (("identity", "extra"), "x"),
        (("what", "datasets"), "none"),
        (("people", "approvals"), []),
    ],
)
def test_a_statement_whose_parts_do_not_fit_is_not_read(path, value):
    statement = json.loads(certificate().statement())
    place = statement["predicate"]
    for step in path[:-1]:
        place = place[step]
    place[path[-1]] = value
    with pytest.raises(CertificateError):
        Certificate.read(json.dumps(statement, sort_keys=True, separators=(",", ":")).encode())


@pytest.mark.parametrize(
    "junk", [b"", b"{}", b"[]", b"null", b'{"predicate":[]}', b"\xff", b"[" * 9000]
)
def test_junk_is_no_statement(junk):
    with pytest.raises(CertificateError):
        Certificate.read(junk)


def test_a_second_spelling_of_a_statement_is_refused():
    statement = certificate().statement()
    with pytest.raises(CertificateError, match="one spelling"):
        Certificate.read(json.dumps(json.loads(statement)).encode())


def test_plain_values_are_read_strictly():
    one = certificate().people.approvals[0]
    assert from_plain(Decision, to_plain(one)) == one
    with pytest.raises(ValueError, match="Decision does not have"):
        from_plain(Decision, {"step": "x"})

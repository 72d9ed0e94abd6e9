"""A key on a certificate: two dates, or why it is kept; and never a ground for a number."""

from datetime import date, timedelta

import pytest

from retention.domain.certificate import Certificate
from retention.domain.certified import KeyEnd, ResidualCopy
from retention.domain.erasure import WORDS, Doubt
from retention.domain.wording import banned_in
from retention.errors import CertificateError
from retention.views.certificate_remains import remaining_rows, remaining_tells
from tests.support.certificates import ISSUED_AT, certificate, dataset
from tests.support.kms import arn_of

ARN = arn_of(7)
ORDERED_AT = ISSUED_AT - timedelta(hours=3)


def key(*, until=None, seen_gone_at=None, held_by="", **end):
    return ResidualCopy(
        copy="key-r1",
        kind="key",
        where=ARN,
        checked_by="engine",
        until=until,
        seen_gone_at=seen_gone_at,
        held_by=held_by,
        key=KeyEnd(**end),
    )


def words(copy):
    """Return what the pages say of it: the row, and the sentences below."""
    made = certificate([dataset(residual=[copy])])
    assert Certificate.read(made.statement()) == made
    row, tells = remaining_rows(made)[0], remaining_tells(made)
    return row[0]["main"], row[3]["says"], " ".join(each.get("callout", "") for each in tells)


def test_a_pending_key_has_two_dates_and_can_be_recovered():
    main, says, told = words(key(until=date(2031, 5, 9), unusable_since=ORDERED_AT))
    assert says == "pending until 9 May 2031; unusable since 2031-04-12 06:14:02 UTC"
    assert f"{ARN} is unusable since its end was ordered" in told
    assert "can be recovered until its day" in told
    assert "No decryption was tried" in told
    assert ARN not in main  # it is wider than a column
    assert main == f"Key …{ARN[-12:]} in eu-west-2"


def test_a_key_that_is_gone_says_since_when_and_who_does_not_know_it():
    gone = key(until=date(2031, 4, 12), seen_gone_at=ISSUED_AT, unusable_since=ORDERED_AT)
    _, says, told = words(gone)
    assert says.startswith("observed: gone, seen")
    assert "unusable since 2031-04-12" in says
    assert "known no more" in told


def test_of_a_key_that_was_not_ordered_yet_nothing_is_claimed():
    _, says, told = words(key())
    assert says == "pending until a day not known yet"
    assert "nothing is claimed yet" in told


@pytest.mark.parametrize("doubt", Doubt)
def test_a_key_that_is_kept_says_why_in_words_that_may_be_used(doubt):
    _, says, told = words(key(kept_because=(doubt.value,)))
    assert says == "not covered: nothing is claimed by it"
    assert WORDS[doubt] in told
    assert "unusable" not in says
    assert banned_in(told) == []


def test_a_kept_key_that_is_held_says_so_and_waits():
    held = key(kept_because=("held",), held_by="H-0001")
    assert held.is_pending
    assert words(held)[1] == "residual held by H-0001"


def test_no_key_is_kept_and_unusable():
    with pytest.raises(CertificateError, match="unusable, too"):
        KeyEnd(kept_because=("shared",), unusable_since=ORDERED_AT)


def test_a_final_certificate_waits_for_a_pending_key_and_not_for_a_kept_one():
    assert key(until=date(2031, 5, 9), unusable_since=ORDERED_AT).is_pending
    assert not key(kept_because=("shared",)).is_pending

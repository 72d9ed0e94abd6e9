"""Laws of relying on the end of a key: one doubt is enough, and what is not known is one."""

from dataclasses import fields, replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from retention.domain.erasure import (
    WORDS,
    Doubt,
    Elsewhere,
    Protected,
    doubts,
    doubts_in,
    is_for_good,
    of_key,
    text_of,
)
from retention.domain.key import KeyLook, KeyState, is_key_arn

GONE_AT = datetime(2026, 11, 2, 9, tzinfo=UTC)
GOOD = KeyLook(
    state=KeyState.ENABLED,
    customers=True,
    imported=False,
    elsewhere=False,
    is_replica=False,
    replicas=0,
    grants=0,
)
WHOLE = Protected(versions=3, looked_at=3, under_it=3, declared=3)
MAYBE = st.sampled_from([True, False, None])
LOOKS = st.builds(
    KeyLook,
    state=st.sampled_from(KeyState),
    customers=MAYBE,
    imported=MAYBE,
    elsewhere=MAYBE,
    is_replica=MAYBE,
    replicas=st.sampled_from([None, 0, 1, 3]),
    grants=st.sampled_from([None, 0, 1, 3]),
    aliases=st.sampled_from([None, 0, 2]),
    used_at=st.sampled_from([None, GONE_AT - timedelta(1), GONE_AT, GONE_AT + timedelta(1)]),
)
COUNTS = st.integers(0, 4)
SHOWN = st.lists(
    st.builds(Protected, versions=COUNTS, looked_at=COUNTS, under_it=COUNTS, declared=COUNTS),
    max_size=3,
)
OTHERS = st.builds(Elsewhere, COUNTS, COUNTS)


def found(look=GOOD, shown=(WHOLE,), others=Elsewhere()):  # noqa: B008 - it is frozen
    return doubts(look, shown, others, seen_gone_at=GONE_AT)


def test_a_key_of_which_everything_is_known_and_good_may_go():
    assert found() == ()
    assert found(replace(GOOD, state=KeyState.DISABLED, aliases=7)) == ()


@given(LOOKS, SHOWN, OTHERS)
def test_no_doubt_means_that_every_condition_is_known_to_hold(look, shown, others):
    holds = (
        look.state in {KeyState.ENABLED, KeyState.DISABLED}
        and look.customers is True
        and look.imported is False
        and look.elsewhere is False
        and look.is_replica is False
        and look.replicas == 0
        and look.grants == 0
        and (look.used_at is None or look.used_at <= GONE_AT)
        and bool(shown)
        and all(
            each.versions <= each.looked_at <= each.declared and each.under_it for each in shown
        )
        and others == Elsewhere()
    )
    assert (found(look, shown, others) == ()) == holds


@given(LOOKS, st.sampled_from([f.name for f in fields(KeyLook) if f.default is None]))
def test_knowing_less_of_a_key_never_lets_it_go(look, name):
    known = found(look)
    less = replace(look, **{name: None})
    if name not in {"used_at", "aliases", "deletion_at"} and look.state is not KeyState.ABSENT:
        assert Doubt.NOT_TOLD in found(less)
    if known and name != "used_at":
        assert found(less)


@given(LOOKS, SHOWN, OTHERS, COUNTS)
def test_more_that_needs_the_key_never_lets_it_go(look, shown, others, more):
    before = set(found(look, shown, others))
    after = found(look, shown, Elsewhere(others.under_it + more, others.unknown + more))
    assert before <= set(after)


@given(st.lists(st.sampled_from(Doubt), unique=True))
def test_doubts_are_read_as_they_were_written(some):
    assert doubts_in(text_of(some)) == tuple(some)


@given(LOOKS)
def test_doubts_come_in_one_order_each_once(look):
    order = list(Doubt)
    places = [order.index(each) for each in of_key(look)]
    assert places == sorted(set(places))


@pytest.mark.parametrize("doubt", Doubt)
def test_every_doubt_has_words_that_name_nobody_and_claim_nothing(doubt):
    assert len(WORDS[doubt]) > 15
    assert WORDS[doubt][0].islower()


def test_what_another_look_may_tell_otherwise_is_not_for_good():
    passing = {each for each in Doubt if not is_for_good((each,))}
    assert passing == {Doubt.NOT_TOLD, Doubt.ELSEWHERE_UNKNOWN, Doubt.STATE}
    assert is_for_good((Doubt.NOT_TOLD, Doubt.SHARED))
    assert not is_for_good(())


ARN = "arn:aws:kms:eu-west-2:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab"


@pytest.mark.parametrize(
    "arn",
    [
        ARN,
        ARN.replace("arn:aws:", "arn:aws-us-gov:").replace("eu-west-2", "us-gov-west-1"),
        ARN.replace("arn:aws:", "arn:aws-cn:").replace("eu-west-2", "cn-north-1"),
        ARN.partition("/")[0] + "/mrk-" + "0a" * 16,
        ARN.replace("eu-west-2", "ap-southeast-11"),
    ],
)
def test_the_arns_of_keys_are_taken(arn):
    assert is_key_arn(arn)


@given(st.integers(0, len(ARN) - 1), st.characters())
def test_a_letter_that_is_no_part_of_an_arn_is_noticed(at, letter):
    changed = ARN[:at] + letter + ARN[at + 1 :]
    plain = "abcdefghijklmnopqrstuvwxyz0123456789-"
    assert not is_key_arn(changed) or changed == ARN or letter in plain
    assert not is_key_arn(changed + letter)
    assert not is_key_arn(letter + changed)


@pytest.mark.parametrize("name", ["alias/records", ARN.replace("key/", "alias/"), ARN + "\n", "*"])
def test_what_may_come_to_mean_another_key_is_none(name):
    assert not is_key_arn(name)

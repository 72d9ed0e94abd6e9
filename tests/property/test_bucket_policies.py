"""Bucket policies of every shape: what is not ours means afterwards what it meant, and nobody of
ours is locked out."""

import json

import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from retention.adapters.s3 import lockout, policy
from retention.adapters.s3.access import S3Access
from retention.adapters.s3.roles import bucket_policy
from retention.errors import RefusedError, StaleError
from retention.ports.access import Change
from tests.support.accesses import MARKS

ROOT = "s3://records/"
ITSELF = "arn:aws:s3:::records"
AMAZON = tuple(
    f"arn:aws:iam::123456789012:role/path/{role}"
    for role in ("archivist", "custodian", "destroyer", "surveyor", "verifier")
)
CEPH = tuple(f"arn:aws:iam:::user/{arn.rpartition('/')[2]}" for arn in AMAZON)
OTHERS = ("arn:aws:iam::123456789012:role/analyst", "arn:aws:iam::210987654321:root", "*")
ACTIONS = ("s3:GetObject", "s3:Get*", "s3:*", "s3:PutObject", "s3:ListBucket", "s3:PutBucketPolicy")


def one_or_many(values):
    return st.sampled_from(values) | st.lists(st.sampled_from(values), min_size=1, max_size=3)


whom = st.just("*") | st.fixed_dictionaries({"AWS": one_or_many([*AMAZON, *CEPH, *OTHERS])})
conditions = st.dictionaries(
    st.sampled_from(["StringEquals", "ArnNotLike", "IpAddress", "Bool", "StringLikeIfExists"]),
    st.dictionaries(
        st.sampled_from(["aws:PrincipalArn", "s3:prefix", "aws:SourceIp", "aws:SecureTransport"]),
        st.sampled_from(["p/*", "*", AMAZON[3], "192.0.2.0/24", True, ["a", "b"]]),
        max_size=2,
    ),
    max_size=2,
)


@st.composite
def statements(draw):
    """A statement of somebody else's."""
    found = {
        "Effect": draw(st.sampled_from(["Allow", "Deny"])),
        draw(st.sampled_from(["Principal", "NotPrincipal"])): draw(whom),
        draw(st.sampled_from(["Action", "NotAction"])): draw(one_or_many(ACTIONS)),
        draw(st.sampled_from(["Resource", "NotResource"])): draw(
            one_or_many([ITSELF, f"{ITSELF}/*", f"{ITSELF}/p/*"])
        ),
    }
    if draw(st.booleans()):
        found["Sid"] = draw(st.sampled_from(["One", "RetentionAccess", "RetentionAccessXObjects"]))
    if condition := draw(conditions):
        found["Condition"] = condition
    return found


@st.composite
def policies(draw):
    """A policy that somebody else wrote; "" for none."""
    found = draw(st.lists(statements(), max_size=4))
    if not found:
        return ""
    document = {"Version": draw(st.sampled_from(["2012-10-17", "2008-10-17"])), "Statement": found}
    if len(found) == 1 and draw(st.booleans()):
        document["Statement"] = found[0]
    if draw(st.booleans()):
        document["Id"] = "theirs"
    return json.dumps(document, indent=draw(st.sampled_from([None, 2])))


class Client:
    """A bucket's policy, given back as a store might: in another order, lists of one as words."""

    def __init__(self, text):
        self.text = text

    def get_bucket_policy(self, **_):
        return {"Policy": self.text}

    def put_bucket_policy(self, **asked):
        self.text = shuffled(asked["Policy"])

    def delete_bucket_policy(self, **_):
        self.text = ""


def shuffled(text):
    """Return a policy that means the same, and reads otherwise."""

    def turned(value):
        if isinstance(value, dict):
            return {name: turned(each) for name, each in reversed(value.items())}
        if isinstance(value, list):
            found = [turned(each) for each in reversed(value)]
            return found[0] if len(found) == 1 and isinstance(found[0], str) else found
        return value

    return json.dumps(turned(json.loads(text)))


def shut(before, after, exempt=AMAZON):
    """Return what *after* denies our own roles beyond *before*."""
    return lockout.locked_out(before, after, bucket="records", prefixes=["p/"], exempt=exempt)


@pytest.mark.parametrize("exempt", [AMAZON, CEPH], ids=["amazon", "ceph"])
@settings(deadline=None)
@given(before=policies(), order=st.permutations(MARKS[:2]))
def test_others_mean_what_they_meant_and_ours_are_not_locked_out(exempt, before, order):
    client = Client(before)
    access = S3Access(client, exempt=exempt)
    done = {}
    for mark in MARKS[:2]:
        done[mark] = access.withdrawal(ROOT, [f"{ROOT}p/"], mark)
        access.make(done[mark])
        assert policy.meaning(policy.without(client.text)) == policy.meaning(before)
        ours = {f"RetentionAccess{policy.short(mark)}{half}" for half in ("Objects", "Listing")}
        assert ours <= {each.get("Sid") for each in policy.statements_of(client.text)}
    assert not shut(before, client.text, exempt)
    for mark in order:
        access.make(access.restoration(done[mark], mark))
        assert policy.meaning(policy.without(client.text)) == policy.meaning(before)
    assert policy.meaning(client.text) == policy.meaning(before)


@settings(deadline=None)
@given(before=policies(), others=policies())
def test_a_policy_that_another_one_became_is_left_alone(before, others):
    assume(policy.meaning(before) != policy.meaning(others))
    client = Client(before)
    access = S3Access(client, exempt=AMAZON)
    plan = access.withdrawal(ROOT, [f"{ROOT}p/"], MARKS[0])
    client.text = others
    with pytest.raises(StaleError):
        access.make(plan)
    assert client.text == others
    client.text = before
    access.make(plan)
    ours = policy.statements_of(policy.only(client.text, MARKS[0]))
    document = policy.document_of(others)
    client.text = theirs = policy.text_of(document, [*policy.statements_of(others), *ours])
    with pytest.raises(StaleError):
        access.restoration(Change(ROOT, plan.before, plan.after), MARKS[0])
    assert client.text == theirs


@given(text=policies())
def test_another_spelling_means_the_same(text):
    assume(text)
    assert policy.meaning(shuffled(text)) == policy.meaning(text)


names = st.sampled_from([*AMAZON, *CEPH, *(f"arn:aws:iam::1{n}:user/{n}" for n in range(9))])


@given(exempt=st.lists(names, min_size=1, unique=True), who=names)
@example(exempt=[CEPH[0]], who=AMAZON[0])
def test_whoever_is_not_exempt_is_denied_and_whoever_is_is_not(exempt, who):
    text = policy.text_of({}, policy.closing("records", ["p/"], MARKS[0], exempt))
    for context in ({}, {"aws:PrincipalArn": who}):
        asked = lockout.Request((who,), "s3:GetObject", f"{ITSELF}/p/x", context)
        assert bool(lockout.denying(text, asked)) is (who not in exempt)
        aside = lockout.Request((who,), "s3:GetObject", f"{ITSELF}/p-extra/x", context)
        assert not lockout.denying(text, aside)


def test_a_session_of_an_exempt_role_is_known_by_its_role_and_another_is_not():
    text = policy.text_of({}, policy.closing("records", ["p/"], MARKS[0], AMAZON))
    for role, closed in ((AMAZON[3], False), ("arn:aws:iam::123456789012:role/analyst", True)):
        session = f"arn:aws:sts::123456789012:assumed-role/{role.rpartition('/')[2]}/s"
        asked = lockout.Request(
            (session,), "s3:GetObject", f"{ITSELF}/p/x", {"aws:PrincipalArn": role}
        )
        assert bool(lockout.denying(text, asked)) is closed


def test_nobody_at_all_is_denied_by_name():
    """Who has no name, having not logged in, is kept out too."""
    text = policy.text_of({}, policy.closing("records", ["p/"], MARKS[0], AMAZON))
    assert lockout.denying(text, lockout.Request((), "s3:GetObject", f"{ITSELF}/p/x"))


LOCKING = [
    {"Principal": "*"},  # everybody
    {"Principal": {"AWS": AMAZON[3]}},  # one of ours, by name
    {"Principal": {"AWS": "123456789012"}},  # its whole account
    {"Principal": {"AWS": "arn:aws:iam::123456789012:root"}},
    {"NotPrincipal": {"AWS": list(AMAZON[:3])}},  # not enough of us
    {"Principal": "*", "Condition": {"ArnNotLike": {"aws:PrincipalArn": "*analyst"}}},
    {"Principal": "*", "Condition": {"IpAddress": {"aws:SourceIp": "192.0.2.0/24"}}},  # perhaps
]


@pytest.mark.parametrize("whom", LOCKING, ids=str)
@pytest.mark.parametrize("action", ["s3:ListBucketVersions", "s3:list*", "s3:*"])
def test_a_statement_that_locks_one_of_ours_out_is_seen(whom, action):
    bad = {"Effect": "Deny", "Action": action, "Resource": ITSELF, **whom}
    before = bucket_policy("records", surveyor=AMAZON[3], verifier=AMAZON[4], destroyer=AMAZON[2])
    after = policy.text_of(policy.document_of(before), [*policy.statements_of(before), bad])
    assert shut(before, after)
    assert not shut(after, after)


@pytest.mark.parametrize("action", ["s3:PutBucketPolicy", "s3:DeleteBucketPolicy", "s3:*Policy"])
def test_a_statement_that_would_close_the_policy_itself_is_seen(action):
    bad = {"Effect": "Deny", "Action": action, "Resource": ITSELF, "NotPrincipal": {"AWS": AMAZON}}
    after = policy.text_of({}, [bad])
    assert shut("", after)


def test_what_would_lock_one_of_ours_out_is_never_put(monkeypatch):
    """As if whoever writes our statement had forgotten somebody."""
    closing = policy.closing
    monkeypatch.setattr(policy, "closing", lambda b, p, m, exempt: closing(b, p, m, exempt[:-1]))
    client = Client("")
    with pytest.raises(RefusedError) as caught:
        S3Access(client, exempt=AMAZON).withdrawal(ROOT, [f"{ROOT}p/"], MARKS[0])
    assert "lock out" in str(caught.value)
    assert client.text == ""


@pytest.mark.parametrize("text", ["{", "[]", '{"Statement": ["x"]}', '{"Statement": 5}',
                                  '{"Statement": [{"Condition": "x"}]}'])  # fmt: skip
def test_what_is_not_written_as_a_policy_is_refused_and_stays(text):
    client = Client(text)
    with pytest.raises(RefusedError):
        S3Access(client, exempt=AMAZON).withdrawal(ROOT, [f"{ROOT}p/"], MARKS[0])
    assert client.text == text

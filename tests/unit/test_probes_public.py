"""By what a bucket is public: policies, access lists and blocks, with Amazon's own answers."""

import json

import pytest

from tests.support.amazon import DENIED
from tests.support.amazon import capabilities as said

ELSEWHERE = "https://s3.look-alike.invalid"


def policy(**statement):
    allow = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::nacel/*"}
    return json.dumps({"Version": "2012-10-17", "Statement": [{**allow, **statement}]})


STATUS = "<PolicyStatus><IsPublic>{}</IsPublic></PolicyStatus>"
IF = {"IpAddress": {"aws:SourceIp": "192.0.2.0/24"}}
OWN = {"AWS": ["arn:aws:iam::123456789012:root"], "Service": "s3.amazonaws.com"}


@pytest.mark.parametrize(
    ("text", "status", "public"),
    [
        (policy(Principal="*"), DENIED, ("policy",)),
        (policy(Principal={"AWS": "*"}), DENIED, ("policy",)),
        (policy(Principal={"AWS": ["arn:aws:iam::123456789012:root", "*"]}), DENIED, ("policy",)),
        (policy(NotPrincipal=OWN), DENIED, ("policy",)),
        (policy(Principal="*", Effect="Deny"), DENIED, ()),
        (policy(Principal=OWN), STATUS.format("true"), ()),  # as Ceph says of every policy
        (policy(Principal="*", Condition=IF), STATUS.format("false"), ()),
        (policy(Principal="*", Condition=IF), STATUS.format("true"), ("policy",)),
        (policy(Principal={"Federated": "login.invalid"}), STATUS.format("true"), ("policy",)),
        (DENIED, STATUS.format("true"), ("policy",)),
        (DENIED, STATUS.format("false"), ()),
        (DENIED, (404, "NoSuchBucketPolicy"), ()),
        ((405, "MethodNotAllowed"), STATUS.format("true"), ("policy",)),
        ("no JSON", STATUS.format("false"), ()),
    ],
)
def test_a_policy_that_lets_anybody_in(text, status, public):
    found = said(policy=text, policyStatus=status)
    assert (found.public, found.unknown) == (public, {})


@pytest.mark.parametrize(
    ("text", "status", "code"),
    [
        (policy(Principal="*", Condition=IF), DENIED, "Conditions"),
        (policy(Principal="*", Condition=IF), "<PolicyStatus/>", "Conditions"),
        (DENIED, DENIED, "AccessDenied"),
        ("[]", (501, "NotImplemented"), "NotImplemented"),
        ('{"Statement": ["x"]}', "<PolicyStatus/>", "NotSaid"),
        (policy(Effect="Perhaps", Principal="*"), DENIED, "AccessDenied"),
    ],
)
def test_a_policy_of_which_nothing_certain_can_be_said(text, status, code):
    found = said(policy=text, policyStatus=status)
    assert (found.public, found.unknown) == (None, {"public": code})


def grants(*groups):
    rows = (
        f"<Grant><Grantee><URI>http://acs.amazonaws.com/groups/{each}</URI></Grantee>"
        "<Permission>READ</Permission></Grant>"
        for each in groups
    )
    return (
        f"<AccessControlPolicy><Owner><ID>us</ID></Owner><AccessControlList>{''.join(rows)}"
        "</AccessControlList></AccessControlPolicy>"
    )


@pytest.mark.parametrize(
    ("groups", "public"),
    [
        (["global/AllUsers"], ("acl",)),
        (["s3/LogDelivery", "global/AuthenticatedUsers"], ("acl",)),
        (["s3/LogDelivery"], ()),
    ],
)
def test_an_access_list_that_lets_everybody_in(groups, public):
    assert said(acl=grants(*groups)).public == public


def block(**settings):
    rows = "".join(f"<{name}>{value}</{name}>" for name, value in settings.items())
    return f"<PublicAccessBlockConfiguration>{rows}</PublicAccessBlockConfiguration>"


@pytest.mark.parametrize(
    ("blocked", "public"),
    [
        (block(RestrictPublicBuckets="true", IgnorePublicAcls="true"), ()),
        (block(RestrictPublicBuckets="true", IgnorePublicAcls="false"), ("acl",)),
        (block(IgnorePublicAcls="true"), ("policy",)),
        (block(BlockPublicAcls="true", BlockPublicPolicy="true"), ("policy", "acl")),
        (DENIED, ("policy", "acl")),
    ],
)
def test_a_block_counts_for_what_it_blocks(blocked, public):
    asked = {"policy": policy(Principal="*"), "acl": grants("global/AllUsers")}
    assert said(publicAccessBlock=blocked, **asked).public == public


def test_a_block_of_a_store_that_is_not_amazon_is_not_relied_on():
    blocked = block(RestrictPublicBuckets="true", IgnorePublicAcls="true")
    found = said(endpoint_url=ELSEWHERE, publicAccessBlock=blocked, policy=policy(Principal="*"))
    assert found.public == ("policy",)


def test_what_is_certain_and_bad_is_told_beside_what_is_not_known():
    found = said(policy=policy(Principal="*"), acl=DENIED)
    assert (found.public, found.unknown) == (("policy",), {"public": "AccessDenied"})
    found = said(delete=(400, "InvalidArgument"), abort=(404, "NoSuchUpload"))
    assert found.surveyor_can == ("abort",)
    assert found.unknown == {"surveyor_can": "InvalidArgument"}

"""Nobody of ours may use a key; who looks cannot end one, and who ends one cannot read."""

import json

import pytest

from retention.adapters.kms.roles import ENDING, LOOKING, key_statements
from retention.adapters.s3.roles import bucket_policy

ROLES = {role: f"arn:aws:iam::111122223333:role/{role}" for role in
         ("surveyor", "verifier", "destroyer")}  # fmt: skip


def allowed(statements, role):
    """What *role* may do, by the rules of AWS: allowed somewhere, and denied nowhere."""
    mine = [s for s in statements if ROLES[role] in s["Principal"]["AWS"]]
    granted = {a for s in mine if s["Effect"] == "Allow" for a in s["Action"]}
    spared = [set(s["NotAction"]) for s in mine if s["Effect"] == "Deny"]
    return {a for a in granted if all(a in each for each in spared)}


@pytest.mark.parametrize(
    ("role", "may"), [("surveyor", LOOKING), ("verifier", LOOKING), ("destroyer", ENDING)]
)
def test_each_role_may_do_its_own_with_a_key_and_is_denied_all_else(role, may):
    statements = key_statements(**ROLES)
    assert allowed(statements, role) == set(may)
    denies = [
        s for s in statements if ROLES[role] in s["Principal"]["AWS"] and s["Effect"] == "Deny"
    ]
    assert denies
    for use in (
        "kms:Decrypt",
        "kms:Encrypt",
        "kms:ReEncryptFrom",
        "kms:EnableKey",
        "kms:CreateGrant",
    ):
        assert all(use not in each["NotAction"] for each in denies)


def test_who_looks_cannot_end_a_key():
    assert not {a for a in LOOKING if "Schedule" in a or "Cancel" in a or "Delete" in a}


@pytest.mark.parametrize("keyed", [True, False])
def test_only_the_surveyor_asks_under_which_key_a_version_lies_and_only_where_that_is_told(keyed):
    statements = json.loads(bucket_policy("records", **ROLES, keyed=keyed))["Statement"]
    asks = {role for role in ROLES if "s3:GetObjectVersion" in allowed(statements, role)}
    assert asks == ({"surveyor"} if keyed else set())
    for arn in ROLES.values():
        denies = [s for s in statements
                  if arn in s["Principal"]["AWS"] and s["Effect"] == "Deny"]  # fmt: skip
        assert len(denies) == 1

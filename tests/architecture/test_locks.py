"""No word for ending or changing a lock stands anywhere in the source: what is not there is not sent."""

import ast
import re

import pytest

from retention.adapters.s3.roles import bucket_policy
from tests.architecture.tree import Module, modules

# As operations, parameters, headers, and actions of a policy; questions about locks are none.
WORDS = re.compile(
    r"bypass_?governance|put_?object_?(retention|legal_?hold|lock)|x-amz-(bypass|object-lock)",
    re.IGNORECASE,
)
PARAMETERS = re.compile("ObjectLock(Mode|RetainUntilDate|LegalHoldStatus)")  # elsewhere: columns


def said(module):
    """Return every name and text in *module* that could reach a store; docstrings cannot."""
    documents = {
        id(node.body[0].value)
        for node in module.nodes
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef)
        and node.body
        and isinstance(node.body[0], ast.Expr)
    }
    for node in module.nodes:
        if isinstance(node, ast.Constant) and id(node) not in documents:
            yield (
                node.value.decode(errors="replace") if isinstance(node.value, bytes) else node.value
            )
        elif isinstance(node, ast.Attribute):
            yield node.attr
        elif isinstance(node, ast.keyword) and node.arg:
            yield "put_object_lock" if PARAMETERS.fullmatch(node.arg) else node.arg
        elif isinstance(node, ast.Name):
            yield node.id


def found_in(module):
    return sorted({text for text in said(module) if isinstance(text, str) and WORDS.search(text)})


def test_no_word_that_ends_or_changes_a_lock_stands_in_the_source():
    found = {module.name: found_in(module) for module in modules("src", "flows")}
    assert len(found) > 200
    assert {name: words for name, words in found.items() if words} == {}


def test_no_role_of_ours_may_change_a_lock_or_go_round_it():
    names = {"surveyor": "a", "verifier": "b", "destroyer": "c"}
    for ceph in (False, True):
        policy = bucket_policy("any", **names, ceph=ceph)
        assert not WORDS.search(policy)
        assert "s3:Get" in policy


@pytest.mark.parametrize(
    "text",
    [
        "client.put_object_retention(Bucket=b)",
        "client.delete_objects(BypassGovernanceRetention=True)",
        "headers['x-amz-bypass-governance-retention'] = 'true'",
        "send(b'PUT', 'x-amz-object-lock-mode')",
        "call = client.put_object_legal_hold",
        "actions = ['s3:PutObjectRetention']",
        "client.put_object(ObjectLockMode='GOVERNANCE')",
    ],
)
def test_a_careless_word_would_be_seen(text):
    assert found_in(Module("sample.py", text))

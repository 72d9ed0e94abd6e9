"""Where in the source something is asked of S3 that ends or changes anything, and how.

The types say who may destroy; this says where the words for it stand at all.  ``could.py`` sends
a delete to learn whether it would be let through: it can name nothing that anybody wrote.
"""

import ast

import pytest

from retention.adapters.kms import Service
from retention.adapters.s3.client import client
from tests.architecture.tree import ROOT, Module, modules

PROBE = "src/retention/adapters/s3/probe/"
COULD = f"{PROBE}could.py"
ENDS = {  # the words, and the only modules in which they may stand
    "delete_object": {
        "src/retention/adapters/s3/destroys.py",
        COULD,
        "src/retention/demo/estate.py",  # fills its own invented buckets, and hides things in them
    },
    "delete_objects": {"src/retention/adapters/s3/destroys.py"},
    "delete_bucket_policy": {"src/retention/adapters/s3/access.py"},  # and no object with it
    "abort_multipart_upload": {"src/retention/adapters/s3/destroys.py", COULD},
}
ARN = "arn:aws:kms:eu-west-2:111122223333:key/00000000-0000-4000-8000-000000000000"
QUESTIONS = ("get_", "head_", "list_")


@pytest.fixture(scope="module")
def operations():
    """Every method of a client that asks S3 for something."""
    made = client(endpoint_url=None, region="eu-west-2", access_key="any", secret="any")
    return set(made.meta.method_to_api_mapping)


def named(module, names):
    """Return which of *names* stand as an attribute in *module*, each as often as it does."""
    return [n.attr for n in module.nodes if isinstance(n, ast.Attribute) and n.attr in names]


def test_the_words_that_end_something_stand_where_they_may_and_nowhere_else(operations):
    ending = {each for each in operations if each.startswith(("delete_", "abort_"))}
    assert ending >= ENDS.keys()
    found = {}
    for module in modules("src", "flows"):
        for name in named(module, ending):
            found.setdefault(name, set()).add(module.name)
    assert found == ENDS


def test_whoever_asks_about_a_bucket_has_words_for_questions_alone(operations):
    others = {each for each in operations if not each.startswith(QUESTIONS)}
    found = {m.name: named(m, others) for m in modules(PROBE)}
    assert len(found) > 4
    assert {name: said for name, said in found.items() if said} == {
        COULD: ["delete_object", "abort_multipart_upload"]
    }


def orders(module):
    """Return the keywords of each order, by its name."""
    found = {}
    for node in module.nodes:
        if isinstance(node, ast.Call):
            words = [a.attr for a in node.args if isinstance(a, ast.Attribute) and a.attr in ENDS]
            found |= {word: {k.arg for k in node.keywords} for word in words}
    return found


def drawn(module):
    """Return the names to which what was drawn by lot is given, whole or as the end, each time."""
    found = []
    for node in module.nodes:
        if isinstance(node, ast.Assign) and "token_hex(" in ast.unparse(node.value):
            target, value = node.targets[0], node.value
            pairs = zip(target.elts, value.elts, strict=True)
            found += [t.id for t, v in pairs if ast.unparse(v).split(" + ")[-1][:9] == "token_hex"]
    return sorted(found)


def test_the_question_that_is_an_order_can_name_nothing_that_is_there():
    module = Module.read(ROOT / COULD)
    functions = [n for n in module.nodes if isinstance(n, ast.FunctionDef)]
    assert {arg.arg for f in functions for arg in f.args.args} == {"client", "asking"}
    assert orders(module) == {
        "delete_object": {"Key", "VersionId"},
        "abort_multipart_upload": {"Key", "UploadId"},
    }
    assert drawn(module) == ["key", "key", "upload_id", "version_id"]
    assert not {"ObjectVersion", "S3Destroys"} & module.imported.keys()


@pytest.mark.parametrize(
    ("text", "keywords", "names"),
    [
        ("ask(client.delete_object, Key=key)", {"Key"}, []),
        ("key, v = given, token_hex(16)\nask(c.delete_object, Key=key, VersionId=v)",
         {"Key", "VersionId"}, ["v"]),
        ("key, v = token_hex(8) + given, 'null'", None, []),
    ],
)  # fmt: skip
def test_a_careless_order_would_be_seen(text, keywords, names):
    module = Module("sample.py", text)
    assert orders(module).get("delete_object") == keywords
    assert drawn(module) == names


# KMS: what ends a key, or could let somebody read with one, and the only modules that may say it.
KEYS_END = {
    "schedule_key_deletion": {"src/retention/adapters/kms/destroys.py"},
    "cancel_key_deletion": {"src/retention/adapters/kms/cancels.py"},
}
ASKS_OF_KEYS = {"describe_key", "get_key_last_usage", "list_grants", "list_aliases"}


def test_of_keys_nothing_is_asked_but_how_they_are_and_only_by_their_arn():
    made = Service(endpoint_url=None, login=lambda: ("any", "any", "")).of(ARN)
    others = set(made.meta.method_to_api_mapping) - ASKS_OF_KEYS
    assert others >= {"decrypt", "enable_key", "delete_imported_key_material", *KEYS_END}
    found = {}
    # The words of S3, of dictionaries and of seals are others', though some are spelt alike.
    for module in modules("src/retention/adapters/kms"):
        for name in named(module, others):
            found.setdefault(name, set()).add(module.name)
        for node in module.nodes:
            if isinstance(node, ast.Call) and "KeyId" in {k.arg for k in node.keywords}:
                (key,) = (k.value for k in node.keywords if k.arg == "KeyId")
                assert ast.unparse(key) == "arn"
    assert found == KEYS_END


def test_nobody_else_names_what_ends_a_key():
    named_in = {m.name for m in modules("src", "flows") if named(m, KEYS_END)}
    assert named_in == {name for names in KEYS_END.values() for name in names}

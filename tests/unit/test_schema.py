"""The JSON Schema for editors: current, complete, and of one mind with the reader."""

import copy
import json
import tomllib
from datetime import date

import jsonschema
import pytest

from retention.agreements import FaultyAgreementsError, read
from retention.agreements.schema import schema, schema_text
from tests.support.policies import CONTRACT, POLICIES, contract, texts

FILE = POLICIES / "agreement.schema.json"
CHECKER = jsonschema.Draft7Validator(schema(), format_checker=jsonschema.FormatChecker())


def plain(value):
    """As editors see it: a date is a text of that form."""
    if isinstance(value, dict):
        return {key: plain(each) for key, each in value.items()}
    if isinstance(value, list):
        return [plain(each) for each in value]
    return value.isoformat() if isinstance(value, date) else value


def said():
    return plain(tomllib.loads(contract()[CONTRACT]))


def complaints(value):
    return [f"{each.json_path}: {each.message}" for each in CHECKER.iter_errors(value)]


def tables(node, path="schema"):
    """Every table of properties in the schema, with where it is."""
    if isinstance(node, dict):
        for name, each in node.get("properties", {}).items():
            yield f"{path}.{name}", each
        for key, each in node.items():
            if key not in {"if", "then"}:  # conditions name keys that are described elsewhere
                yield from tables(each, f"{path}.{key}")
    elif isinstance(node, list):
        for each in node:
            yield from tables(each, path)


def test_the_file_is_what_make_schema_writes():
    assert FILE.read_text("utf-8") == schema_text()


def test_the_schema_is_one():
    jsonschema.Draft7Validator.check_schema(schema())


def test_every_key_has_a_description_that_teaches():
    found = dict(tables(schema()))
    assert len(found) > 100
    bare = [name for name, each in found.items() if len(each.get("description", "")) < 15]
    assert bare == []


AGREEMENTS = {name: text for name, text in texts(POLICIES).items() if name.endswith("/v1.toml")}


@pytest.mark.parametrize("name", AGREEMENTS)
def test_every_agreement_fits_and_names_the_schema_where_it_is(name):
    assert complaints(plain(tomllib.loads(AGREEMENTS[name]))) == []
    head = AGREEMENTS[name].split("\n\n")[0].splitlines()
    (named,) = [line for line in head if line.startswith("#:schema ")]
    assert ((POLICIES / name).parent / named.removeprefix("#:schema ")).resolve() == FILE


def test_all_agreements_are_looked_at():
    assert len(AGREEMENTS) == 16


def test_the_contract_fits():
    assert complaints(said()) == []


def changed(path, value=None):
    """The contract with one value in place of another, or without it."""
    document = copy.deepcopy(said())
    *parents, last = path
    here = document
    for part in parents:
        here = here[part]
    if value is None:
        del here[last]
    else:
        here[last] = value
    return document


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("agreement", "descibes"), "x"),
        (("class", 0, "copies", 0, "stoer"), "x"),
        (("class", 0, "controllers_by_nation", "England"), ["hqip"]),
        (("class", 1, "trigger"), {"earliest": ["dsa-ended", "x"], "latest": ["dsa-ended", "x"]}),
        (("class", 1, "trigger"), {}),
        (("class", 0, "keep_at_least"), {"years": 75}),
        (("class", 0, "keep_at_least"), "5 years"),
        (("class", 0, "then"), "destory"),
        (("class", 0, "then"), None),
        (("class", 0, "after_end"), None),
        (("class", 0, "after_end_clause"), None),
        (("class", 0, "destroy_by_covers"), None),
        (("class", 0, "special_category"), None),
        (("class", 2, "dispose_within"), None),
        (("class", 2, "cut_off"), None),
        (("class", 2, "return_to"), None),
        (("class", 3, "archive"), None),
        (("disposal", "silence"), None),
        (("disposal",), None),
        (("agreement", "in_force"), None),
        (("agreement", "version"), "3"),
        (("class", 0, "datasets"), ["s3://bucket/no-slash"]),
    ],
    ids=str,
)
def test_what_does_not_fit_is_complained_of(path, value):
    assert complaints(changed(path, value))


def test_an_age_and_a_year_of_its_own_fit():
    document = changed(("class", 0, "keep_at_least"), {"age": 25, "one_more_if_17_at": "dsa-ended"})
    document["class"][3]["cut_off"] = {"year_end": "08-31"}
    assert complaints(document) == []


def test_what_the_schema_refuses_the_reader_refuses():
    """The schema is the weaker of the two: an editor that is content proves nothing."""
    text = contract()[CONTRACT]
    for old, new in (
        ('then             = "destroy"  ', 'then = "destory" '),
        ("after_end_clause", "after_end_claus"),
        ('silence         = "wait"', 'silence = "no"'),
    ):
        assert old in text
        broken = text.replace(old, new, 1)
        assert complaints(plain(tomllib.loads(broken)))
        with pytest.raises(FaultyAgreementsError):
            read(contract(broken))


def test_it_is_written_by_its_module(tmp_path, monkeypatch):
    import runpy
    import sys

    monkeypatch.setattr(sys, "argv", ["schema", str(tmp_path / "made.json")])
    monkeypatch.delitem(sys.modules, "retention.agreements.schema")
    runpy.run_module("retention.agreements.schema", run_name="__main__")
    assert json.loads((tmp_path / "made.json").read_text("utf-8")) == schema()

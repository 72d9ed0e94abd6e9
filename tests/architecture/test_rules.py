"""The table of rules, against its own samples and against the tree."""

import pytest

from tests.architecture.table import RULES
from tests.architecture.tree import Module, modules

FOLDERS = ("src", "flows", "tests", "benchmarks", "infra")
TREE = modules(*FOLDERS)


@pytest.mark.parametrize("rule", RULES, ids=str)
def test_the_tree_keeps_the_rule(rule):
    bound = [module for module in TREE if rule.holds(module.name)]
    assert bound, "a rule that holds nowhere is no rule"
    found = [f"{m}:{line}: {why}" for m in bound for line, why in rule.faults(m)]
    if found:
        pytest.fail("\n".join([rule.name, *found]), pytrace=False)


@pytest.mark.parametrize(
    ("rule", "sample"),
    [(rule, text) for rule in RULES for text in rule.bad],
    ids=lambda x: str(x)[:60],
)
def test_a_rule_catches_its_bad_samples(rule, sample):
    assert rule.holds(rule.at)
    assert list(rule.faults(Module(rule.at, sample)))


@pytest.mark.parametrize(
    ("rule", "sample"),
    [(rule, text) for rule in RULES for text in rule.good],
    ids=lambda x: str(x)[:60],
)
def test_a_rule_leaves_its_good_samples_alone(rule, sample):
    assert not list(rule.faults(Module(rule.at, sample)))


def test_the_rules_about_clock_and_environment_spare_wiring_alone():
    spared = {m.name for m in TREE if m.name.startswith(("src/", "flows/"))}
    for rule in RULES:
        if rule.name.startswith("nothing outside wiring"):
            spared &= {m.name for m in TREE if not rule.holds(m.name)}
    assert all(name.startswith(("src/retention/wiring", "tests/")) for name in spared)


def test_the_modules_of_every_layer_are_looked_at():
    looked_at = {name for m in TREE if (name := m.name).startswith(("src/", "flows/"))}
    assert len({name.split("/")[2] for name in looked_at if name.startswith("src/")}) > 8
    assert any(name.startswith("flows/") for name in looked_at)

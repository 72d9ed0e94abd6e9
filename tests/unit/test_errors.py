import pickle

import pytest

from retention import errors
from retention.errors import RetentionError

FAMILIES = [
    e for e in vars(errors).values() if isinstance(e, type) and issubclass(e, RetentionError)
]


@pytest.mark.parametrize("family", FAMILIES)
def test_an_error_crosses_processes_with_its_hint(family):
    again = pickle.loads(pickle.dumps(family("what", hint="what to do")))
    assert (type(again), str(again), again.hint) == (family, "what", "what to do")


def test_every_family_has_a_code_of_its_own():
    codes = [family.exit_code for family in FAMILIES]
    assert len(codes) == len(set(codes))
    assert 2 not in codes  # usage
    assert all(family.__name__.endswith("Error") for family in FAMILIES)

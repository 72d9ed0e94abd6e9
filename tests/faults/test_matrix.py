"""Everything that may befall a disposal on the way, in stories that a seed draws.

A failure says which, and the command that tells it again; ``python -m tests.faults.soak`` tells
as many as there is time for.
"""

import pytest

from tests.faults.matrix import tell
from tests.support.faulty import faulty
from tests.support.grounds import OnCeph

SEEDS, SEEDS_FULL, SEEDS_CEPH = range(30), range(1000, 1300), range(30)


@pytest.fixture(scope="module")
def server():
    with faulty() as running:
        yield running


@pytest.mark.parametrize("seed", SEEDS)
def test_whatever_befalls_a_disposal_it_stays_true(seed, tmp_path, server):
    tell(seed, tmp_path, server)


@pytest.mark.full
@pytest.mark.parametrize("seed", SEEDS_FULL)
def test_whatever_befalls_a_large_disposal_it_stays_true(seed, tmp_path, server):
    tell(seed, tmp_path, server, patient=True)


@pytest.mark.full
@pytest.mark.ceph
@pytest.mark.parametrize("seed", SEEDS_CEPH)
def test_whatever_befalls_a_disposal_on_ceph_it_stays_true(seed, tmp_path, server, ceph):
    tell(seed, tmp_path, server, world=OnCeph, ceph=ceph)

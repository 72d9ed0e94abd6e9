from flows import reconcile as real
from tests.support.fake_flows import install

install()
reconcile = real.reconcile

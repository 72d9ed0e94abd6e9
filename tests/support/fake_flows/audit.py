from flows import audit as real
from tests.support.fake_flows import install

install()
audit = real.audit

from flows import hold as real
from tests.support.fake_flows import install

install()
hold = real.hold

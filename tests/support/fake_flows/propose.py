from flows import propose as real
from tests.support.fake_flows import install

install()
propose = real.propose

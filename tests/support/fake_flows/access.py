from flows import access as real
from tests.support.fake_flows import install

install()
access = real.access

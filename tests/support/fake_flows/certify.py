from flows import certify as real
from tests.support.fake_flows import install

install()
certify = real.certify

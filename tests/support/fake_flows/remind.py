from flows import remind as real
from tests.support.fake_flows import install

install()
remind = real.remind

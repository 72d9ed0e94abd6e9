from flows import stop as real
from tests.support.fake_flows import install

install()
stop = real.stop

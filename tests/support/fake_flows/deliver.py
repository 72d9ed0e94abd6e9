from flows import deliver as real
from tests.support.fake_flows import install

install()
deliver = real.deliver

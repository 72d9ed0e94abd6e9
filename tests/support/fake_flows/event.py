from flows import event as real
from tests.support.fake_flows import install

install()
event = real.event

from flows import ask as real
from tests.support.fake_flows import install

install()
ask = real.ask

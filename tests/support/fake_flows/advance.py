from flows import advance as real
from tests.support.fake_flows import install

install()
advance = real.advance

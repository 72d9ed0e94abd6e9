from flows import advance as real
from tests.support.slow_flows import install

install()
advance = real.advance

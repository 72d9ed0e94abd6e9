from flows import abort as real
from tests.support.fake_flows import install

install()
abort = real.abort

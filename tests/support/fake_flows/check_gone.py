from flows import check_gone as real
from tests.support.fake_flows import install

install()
check_gone = real.check_gone

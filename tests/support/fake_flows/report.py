from flows import report as real
from tests.support.fake_flows import install

install()
report = real.report

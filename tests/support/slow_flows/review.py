from flows import review as real
from tests.support.slow_flows import install

install()
review = real.review

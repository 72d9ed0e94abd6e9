from flows import review as real
from tests.support.fake_flows import install

install()
review = real.review

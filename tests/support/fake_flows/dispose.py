from flows import dispose as real
from tests.support.fake_flows import install

install()
dispose = real.dispose

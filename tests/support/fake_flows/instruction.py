from flows import instruction as real
from tests.support.fake_flows import install

install()
instruction = real.instruction

from flows import survey as real
from tests.support.fake_flows import install

install()
survey = real.survey

"""Shares of a disposal: as an argument and back, cut into parts that make the whole."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from retention.domain.share import Share

digests = st.from_regex(r"sha256:[0-9a-f]{64}", fullmatch=True)


@st.composite
def shares(draw):
    of = draw(st.integers(1, 64))
    return Share(draw(digests), draw(st.integers(1, of)), of)


@given(shares())
def test_a_share_is_read_back_from_its_argument(share):
    assert Share.parse(str(share)) == share


@given(digests)
def test_the_whole_is_the_digest_alone(digest):
    assert str(Share(digest)) == digest


@given(shares(), st.integers(1, 8), st.integers(0, 1000))
def test_each_turn_of_a_share_is_in_exactly_one_of_its_parts(share, many, turn):
    """A batch is in the share whose number it has, counted round and round."""

    def has(each):
        return turn % each.of == each.which % each.of

    assert sum(has(part) for part in share.parts(many)) == has(share)


@pytest.mark.parametrize(
    "text", ["", "#1/2", "sha256:a#", "sha256:a#0/2", "sha256:a#3/2", "sha256:a#1/2/3", "a#1/10000"]
)
def test_what_is_no_share_is_refused(text):
    with pytest.raises(ValueError, match="share"):
        Share.parse(text)

"""A line of a manifest is canonical, and is read back as what it was written from."""

import json

from hypothesis import given
from hypothesis import strategies as st

from retention.domain.canonical import canonical
from retention.domain.dataset import Kind, ObjectVersion
from retention.domain.manifest import Row, line_of, row_of

texts = st.text(st.characters(exclude_categories=["Cs"]))
rows = st.builds(
    Row,
    texts,
    st.builds(
        ObjectVersion,
        texts,
        st.sampled_from(Kind),
        texts,
        st.integers(0, 2**62),
        texts,
        texts,
    ),
)


@given(rows, st.binary(min_size=16, max_size=16))
def test_a_line_is_in_the_one_spelling_and_read_back_whole(row, salt):
    line = line_of(row, salt)
    assert line == canonical(json.loads(line))
    read = row_of(line)
    assert read == row
    for name in ("size_bytes", "etag", "checksum"):
        assert getattr(read.version, name) == getattr(row.version, name)

"""The envelope: one spelling, and no other."""

import base64
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from retention.domain.dsse import Envelope, pae
from retention.errors import CertificateError

ENVELOPE = Envelope(b'{"a":1}', "sha256:" + "0" * 64, b"\x30\x06\x02\x01\x01\x02\x01\x01")


def test_the_encoding_is_that_of_the_specification():
    # The example of the protocol's own document.
    assert pae(b"hello world", "http://example.com/HelloWorld") == (
        b"DSSEv1 29 http://example.com/HelloWorld 11 hello world"
    )


@given(st.binary(max_size=200), st.binary(min_size=1, max_size=80))
def test_what_is_read_is_what_was_written(payload, signature):
    envelope = Envelope(payload, "sha256:ab", signature)
    assert Envelope.read(envelope.line()) == envelope


def test_no_changed_byte_reads_as_the_same_envelope():
    line = ENVELOPE.line()
    for at in range(len(line)):
        for bit in range(8):
            changed = bytearray(line)
            changed[at] ^= 1 << bit
            try:
                found = Envelope.read(bytes(changed))
            except CertificateError:
                continue
            assert found != ENVELOPE


@pytest.mark.parametrize(
    "respelled",
    [
        lambda line: line.rstrip(),
        lambda line: line + b"\n",
        lambda line: line.replace(b"\n", b"\r\n"),
        lambda line: b" " + line,
        lambda line: b"\xef\xbb\xbf" + line,
        lambda line: json.dumps(json.loads(line), indent=1).encode(),
        lambda line: line.replace(b'"payloadType":', b'"payloadType":"x","payloadType":'),
        lambda line: line.replace(b"in-toto", b"other"),
        lambda line: line.replace(b'"sig":', b'"more":1,"sig":'),
        lambda _: b"",
        lambda _: b"[]",
        lambda _: b'{"payload":"","payloadType":"","signatures":[]}',
        lambda _: b"[" * 10_000,
    ],
)
def test_another_spelling_is_refused(respelled):
    with pytest.raises(CertificateError, match="one spelling"):
        Envelope.read(respelled(ENVELOPE.line()))


def test_base64_with_loose_bits_is_refused():
    line = Envelope(b"a", "k", b"s").line()
    loose = line.replace(base64.b64encode(b"a"), b"YR==")
    assert base64.b64decode(b"YR==") == b"a"
    with pytest.raises(CertificateError):
        Envelope.read(loose)

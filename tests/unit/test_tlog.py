"""Checkpoints and proofs as others wrote and read them, and as nobody may change them."""

import base64
import hashlib
import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from retention.adapters.ledger import ed25519_holds
from retention.domain.merkle import inclusion, leaf_hash, node_hash, root_of
from retention.domain.tlog import LogKey, TreeHead, opened, proof, proved, signed
from retention.errors import LedgerBrokenError
from tests.support.signer import CheckpointKey

SIGNER = CheckpointKey()
KEYS = [SIGNER.log_key]
LEAVES = [b"entry %d" % n for n in range(11)]


def node(level, i):
    if level == 0:
        return leaf_hash(LEAVES[i])
    return node_hash(node(level - 1, 2 * i), node(level - 1, 2 * i + 1))


def checkpoint(size=11, signer=SIGNER):
    head = TreeHead(SIGNER.origin, size, root_of(node, size))
    return signed(head, signer.log_key, signer.sign)


NOTE = checkpoint()
PROOF = proof(5, inclusion(node, 5, 11), NOTE)


def test_a_key_and_signature_of_the_go_checksum_database_hold_here():
    # The example in the documentation of golang.org/x/mod/sumdb/note: a note, not a checkpoint.
    text = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
    body = (
        "If you think cryptography is the answer to your problem,\n"
        "then you don't know what your problem is.\n"
    )
    line = "x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM="
    key, raw = LogKey.parse(text), base64.b64decode(line)
    assert str(key) == text
    assert key.id == raw[:4]
    assert ed25519_holds(key.public, body.encode(), raw[4:])
    assert not ed25519_holds(key.public, body.encode() + b"\n", raw[4:])
    with pytest.raises(LedgerBrokenError, match="not a checkpoint"):
        opened(f"{body}\n\u2014 PeterNeumann {line}\n", [key], ed25519_holds)


def test_a_checkpoint_has_the_form_of_the_specification():
    origin, size, root, blank, line, end = NOTE.split("\n")
    assert (origin, size, blank, end) == (SIGNER.origin, "11", "", "")
    assert base64.b64decode(root) == root_of(node, 11)
    dash, name, signature = line.split(" ")
    assert (dash, name) == ("\u2014", SIGNER.origin)
    named = f"{SIGNER.origin}\n".encode() + b"\x01" + SIGNER.public_key
    assert base64.b64decode(signature)[:4] == hashlib.sha256(named).digest()[:4]
    assert opened(NOTE, KEYS, ed25519_holds) == TreeHead(SIGNER.origin, 11, root_of(node, 11))


def test_a_proof_has_the_form_of_the_specification():
    above, _, note = PROOF.partition("\n\n")
    assert above.split("\n")[:2] == ["c2sp.org/tlog-proof@v1", "index 5"]
    assert len(above.split("\n")) == 2 + 4
    assert note == NOTE
    assert proved(PROOF, LEAVES[5], KEYS, ed25519_holds) == (5, opened(NOTE, KEYS, ed25519_holds))


def test_every_entry_under_every_checkpoint_is_proved():
    for size in range(1, 12):
        note = checkpoint(size)
        for index in range(size):
            text = proof(index, inclusion(node, index, size), note)
            assert proved(text, LEAVES[index], KEYS, ed25519_holds)[0] == index


def test_an_extra_line_is_passed_over_and_a_bad_one_is_not():
    head, rest = PROOF.split("\n", maxsplit=1)
    assert proved(f"{head}\nextra YWdl\n{rest}", LEAVES[5], KEYS, ed25519_holds)[0] == 5
    with pytest.raises(LedgerBrokenError, match="base64"):
        proved(f"{head}\nextra free words\n{rest}", LEAVES[5], KEYS, ed25519_holds)


@given(st.integers(0, len(PROOF) - 1), st.characters(exclude_categories=["Cs"]))
def test_no_character_of_a_proof_can_be_changed(at, char):
    changed = PROOF[:at] + char + PROOF[at + 1 :]
    if changed != PROOF:
        with pytest.raises(LedgerBrokenError) as error:
            proved(changed, LEAVES[5], KEYS, ed25519_holds)
        assert error.value.hint


@pytest.mark.parametrize("at", [n for n in range(len(PROOF) - 1) if PROOF[n + 1] == "="])
def test_the_last_letter_of_base64_has_one_spelling_although_it_carries_spare_bits(at):
    for char in string.ascii_letters + string.digits + "+/":
        if char != PROOF[at]:
            with pytest.raises(LedgerBrokenError):
                proved(PROOF[:at] + char + PROOF[at + 1 :], LEAVES[5], KEYS, ed25519_holds)


@given(st.integers(0, len(NOTE) - 1), st.integers(0, 6))
def test_no_bit_of_a_checkpoint_can_be_flipped(at, bit):
    changed = NOTE[:at] + chr(ord(NOTE[at]) ^ (1 << bit)) + NOTE[at + 1 :]
    with pytest.raises(LedgerBrokenError):
        opened(changed, KEYS, ed25519_holds)


@given(st.integers(0, len(PROOF)), st.text(min_size=1, max_size=3))
def test_nothing_can_be_put_into_a_proof(at, text):
    with pytest.raises(LedgerBrokenError):
        proved(PROOF[:at] + text + PROOF[at:], LEAVES[5], KEYS, ed25519_holds)


@given(st.integers(0, len(PROOF) - 1))
def test_a_proof_that_is_cut_off_proves_nothing(at):
    with pytest.raises(LedgerBrokenError):
        proved(PROOF[:at], LEAVES[5], KEYS, ed25519_holds)


def test_another_entry_or_another_key_is_refused():
    other = CheckpointKey(seed=b"\2" * 32)
    with pytest.raises(LedgerBrokenError, match="does not lead"):
        proved(PROOF, LEAVES[4], KEYS, ed25519_holds)
    for keys in ([], [other.log_key], [CheckpointKey("ledger.other.invalid").log_key]):
        with pytest.raises(LedgerBrokenError, match="not signed by a key"):
            proved(PROOF, LEAVES[5], keys, ed25519_holds)


def test_a_witness_may_sign_below_and_is_neither_needed_nor_enough():
    witness = CheckpointKey("witness.northmoor.invalid/w1", b"\3" * 32)
    line = checkpoint(signer=witness).rpartition("\n\n")[2]
    assert opened(NOTE + line, KEYS, ed25519_holds).size == 11
    with pytest.raises(LedgerBrokenError, match="not signed by a key"):
        opened(checkpoint(signer=witness), KEYS, ed25519_holds)
    # Even a trusted key vouches only for the log that bears its name.
    with pytest.raises(LedgerBrokenError, match="not signed by a key"):
        opened(checkpoint(signer=witness), [witness.log_key], ed25519_holds)


def test_one_bad_signature_of_a_known_key_spoils_a_note():
    good = NOTE.rpartition(" ")[2].strip()
    raw = bytearray(base64.b64decode(good))
    raw[10] ^= 1
    bad = f"\u2014 {SIGNER.origin} {base64.b64encode(raw).decode()}\n"
    with pytest.raises(LedgerBrokenError, match="does not hold"):
        opened(NOTE + bad, KEYS, ed25519_holds)


@pytest.mark.parametrize("size", ["011", "+11", "11 ", "1_1", "\u0661\u0661", "-1", "", "1" * 20])
def test_a_size_has_one_spelling(size):
    body = f"{SIGNER.origin}\n{size}\n{base64.b64encode(bytes(32)).decode()}\n"
    signature = base64.b64encode(SIGNER.log_key.id + SIGNER.sign(body.encode())).decode()
    with pytest.raises(LedgerBrokenError):
        opened(f"{body}\n\u2014 {SIGNER.origin} {signature}\n", KEYS, ed25519_holds)


@pytest.mark.parametrize("note", ["", "\n\n", "a\n\n", "\ud800\n\n\u2014 a b\n", "x" * 200_000])
def test_what_is_no_note_is_refused_and_not_tripped_over(note):
    with pytest.raises(LedgerBrokenError):
        opened(note, KEYS, ed25519_holds)
    with pytest.raises(LedgerBrokenError):
        proved(f"c2sp.org/tlog-proof@v1\nindex 0\n\n{note}", b"", KEYS, ed25519_holds)


@pytest.mark.parametrize(
    ("origin", "public"),
    [
        ("", bytes(32)),
        ("two words", bytes(32)),
        ("a+b", bytes(32)),
        ("a", bytes(31)),
        ("a\n", bytes(32)),
    ],
)
def test_a_key_that_could_not_stand_in_a_note_cannot_be_made(origin, public):
    with pytest.raises(ValueError, match="log key"):
        LogKey(origin, public)


@pytest.mark.parametrize(
    "text", ["", "a", "a+b", "a+00000000+AAAA", str(KEYS[0])[:-1], f"{KEYS[0]}="]
)
def test_what_is_no_key_is_refused(text):
    with pytest.raises(ValueError):
        LogKey.parse(text)


def test_a_key_is_read_back_as_it_was_written():
    assert LogKey.parse(str(KEYS[0])) == KEYS[0]

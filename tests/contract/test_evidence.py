"""The Laws of ``ports.evidence``, in memory and in a folder."""

import gc
import hashlib
import io
import subprocess
import sys
import threading
from pathlib import Path

import pyrage
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from retention.adapters.evidence import evidence
from retention.errors import EvidenceError, StoreUnavailableError
from tests.support.databases import MEMORY
from tests.support.folders import Disk, InFolder
from tests.support.memory import MemoryEvidence, PowerCut

FOLDER = "folder"
AGE = b"age-encryption.org/v1\n"


@pytest.fixture(params=[MEMORY, FOLDER])
def empty(request, tmp_path):
    return MemoryEvidence() if request.param == MEMORY else InFolder(tmp_path)


@pytest.fixture
def folder(tmp_path):
    return InFolder(tmp_path)


@pytest.mark.parametrize("content", [b"", b"a letter", b"\n", b"\r\n\x00\xff" * 100_000])
def test_what_is_kept_is_read_back_byte_for_byte(empty, content):
    digest = empty.keep(content)
    assert digest == "sha256:" + hashlib.sha256(content).hexdigest()
    assert empty.read(digest) == content
    assert empty.keep(content) == digest
    assert empty.read(digest) == content


@pytest.mark.parametrize("sealed", [True, False])
@pytest.mark.parametrize(
    "lines",
    [
        [],
        [b""],
        [b"", b"", b"x", b""],
        [b"one"],
        [b"a", b"b"],
        [b"long" * 100_000, b"\r", b"\x00", "Ünï".encode()],
        [b"%d" % n for n in range(5000)],
    ],
)
def test_lines_are_read_back_as_they_were(empty, lines, sealed):
    digest = empty.keep_lines(iter(lines), sealed=sealed)
    assert list(empty.lines(digest)) == lines
    assert list(empty.lines(digest)) == lines


@settings(max_examples=40, deadline=None)
@given(st.lists(st.binary(max_size=40).filter(lambda line: b"\n" not in line)), st.booleans())
def test_any_lines_are_read_back_as_they_were(tmp_path_factory, lines, sealed):
    if not sealed and lines and lines[0] == AGE.strip():
        return
    for it in (MemoryEvidence(), InFolder(tmp_path_factory.mktemp("any"))):
        assert list(it.lines(it.keep_lines(lines, sealed=sealed))) == lines


def test_lines_in_the_clear_have_one_digest_and_sealed_ones_never_the_same(empty):
    lines = [b"a", b"b"]
    clear = empty.keep_lines(lines, sealed=False)
    assert empty.keep_lines(lines, sealed=False) == clear == empty.keep(b"a\nb\n")
    assert len({empty.keep_lines(lines, sealed=True) for _ in range(3)} | {clear}) == 4


def test_the_digest_of_a_pack_is_over_the_bytes_as_stored(empty):
    digest = empty.keep_lines([b"a key that names a patient"], sealed=True)
    assert "sha256:" + hashlib.sha256(empty.read(digest)).hexdigest() == digest


def test_what_is_missing_is_an_error_with_a_hint(empty):
    for digest in ("sha256:" + "0" * 64, "sha256:../../etc/passwd", "nonsense", ""):
        for read in (lambda: empty.read(digest), lambda: list(empty.lines(digest))):  # noqa: B023  # called at once
            with pytest.raises(EvidenceError) as error:
                read()
            assert error.value.hint


@pytest.mark.parametrize("sealed", [True, False])
def test_what_is_damaged_is_an_error_before_the_first_line(empty, sealed):
    digest = empty.keep_lines([b"%d" % n for n in range(50_000)], sealed=sealed)
    empty.damage(digest)
    with pytest.raises(EvidenceError):
        next(empty.lines(digest))
    with pytest.raises(EvidenceError):
        empty.read(digest)


def test_a_pack_whose_key_is_gone_is_closed_and_the_others_are_not(empty):
    gone, there = (empty.keep_lines([name], sealed=True) for name in (b"gone", b"there"))
    clear = empty.keep_lines([b"clear"], sealed=False)
    empty.lose_key(gone)
    with pytest.raises(EvidenceError, match="key") as error:
        list(empty.lines(gone))
    assert "gone" not in str(error.value)
    assert list(empty.lines(there)) == [b"there"]
    assert list(empty.lines(clear)) == [b"clear"]
    assert empty.read(gone)  # sealed, and still whole


@pytest.mark.parametrize("sealed", [True, False])
@pytest.mark.parametrize(
    "error", [StoreUnavailableError("away", hint="wait"), OSError("disk"), PowerCut()]
)
def test_lines_that_break_off_leave_nothing_and_are_heard(empty, error, sealed):
    def breaking():
        yield from (b"%d" % n for n in range(20_000))
        raise error

    with pytest.raises(type(error)) as heard:
        empty.keep_lines(breaking(), sealed=sealed)
    assert heard.value is error
    if isinstance(empty, InFolder):
        assert empty.everything() == []
        assert list(empty.keys.rglob("*.age-key")) == []
    else:
        assert empty.kept == {}


@pytest.mark.parametrize("sealed", [True, False])
def test_a_line_that_would_be_read_back_as_two_is_refused(empty, sealed):
    with pytest.raises(ValueError, match="line feed"):
        empty.keep_lines([b"a\nb"], sealed=sealed)


# What only a folder can show


def test_clear_lines_that_look_like_a_sealed_pack_are_refused(folder):
    with pytest.raises(ValueError, match="taken for one"):
        folder.keep_lines([AGE.strip(), b"x"], sealed=False)
    assert folder.everything() == []


def test_nothing_of_a_sealed_pack_is_on_the_disk_in_the_clear(folder):
    digest = folder.keep_lines([b"patient-name"] * 1000, sealed=True)
    stored = folder.file(digest).read_bytes()
    assert stored.startswith(AGE)
    assert b"patient" not in stored
    assert folder.everything() == [folder.file(digest)]


def test_any_age_program_opens_a_pack_with_its_key_file(folder):
    digest = folder.keep_lines([b"a", b"b"], sealed=True)
    secret = folder.key(digest).read_text()
    assert secret.startswith("AGE-SECRET-KEY-1")
    assert secret.endswith("\n")
    identity = pyrage.x25519.Identity.from_str(secret.strip())
    assert pyrage.decrypt(folder.file(digest).read_bytes(), [identity]) == b"a\nb\n"


def test_every_pack_has_a_key_of_its_own_which_opens_no_other(folder):
    one, other = (folder.keep_lines([b"x"], sealed=True) for _ in range(2))
    folder.key(one).write_text(folder.key(other).read_text())
    with pytest.raises(EvidenceError, match="cannot be read"):
        list(folder.lines(one))
    folder.key(one).write_text("no key at all")
    with pytest.raises(EvidenceError, match="cannot be read"):
        list(folder.lines(one))
    assert list(folder.lines(other)) == [b"x"]


def test_files_are_for_us_alone(folder):
    digest = folder.keep_lines([b"x"], sealed=True)
    folder.keep(b"y")
    for path in (folder.file(digest), folder.key(digest)):
        assert path.stat().st_mode & 0o777 == 0o600
        assert path.parent.stat().st_mode & 0o777 == 0o700
    assert folder.root.stat().st_mode & 0o777 == 0o700


def test_what_was_damaged_is_made_whole_by_keeping_it_again(folder):
    digest = folder.keep(b"a letter")
    folder.damage(digest)
    assert folder.keep(b"a letter") == digest
    assert folder.read(digest) == b"a letter"


def test_a_crash_at_any_call_leaves_nothing_or_everything(tmp_path, monkeypatch):
    with monkeypatch.context() as patch:
        disk = Disk(patch)
        InFolder(tmp_path / "calm").keep_lines([b"x"], sealed=True)
    assert len(disk.calls) > 6
    for call in range(len(disk.calls)):
        it = InFolder(tmp_path / f"crash{call}")
        with monkeypatch.context() as patch:
            Disk(patch, die_at=call)
            with pytest.raises(PowerCut):
                it.keep_lines([b"x"], sealed=True)
        for path in it.root.glob("sha256/*/*"):
            assert list(it.lines(f"sha256:{path.parent.name}{path.name}")) == [b"x"]


def test_the_key_has_its_place_before_the_pack_and_content_is_on_the_disk_before_its_name(
    tmp_path, monkeypatch
):
    InFolder(tmp_path).keep_lines([b"x"], sealed=True)  # the folders are there already
    with monkeypatch.context() as patch:
        disk = Disk(patch)
        InFolder(tmp_path).keep_lines([b"y"], sealed=True)
    steps = [each for each in disk.calls if each != "folder"]
    assert steps[0] == "fsync"
    places = [each for each in disk.calls if each.startswith("place")]
    assert places == ["place .age-key", "place "]
    for number, each in enumerate(disk.calls):
        if each.startswith("place"):
            assert "fsync" in disk.calls[max(0, number - 3) : number]
            assert disk.calls[number + 1] == "folder"


def test_a_disk_that_will_not_write_is_worth_another_try(tmp_path):
    (tmp_path / "evidence").write_text("in the way")
    it = InFolder(tmp_path)
    for keep in (lambda: it.keep(b"x"), lambda: it.keep_lines([b"x"], sealed=True)):
        with pytest.raises(StoreUnavailableError) as error:
            keep()
        assert error.value.retryable
    assert list((tmp_path / "keys").rglob("*.age-key")) == []


def test_a_pack_that_is_not_read_to_its_end_lets_go(folder):
    digest = folder.keep_lines([b"x" * 100 for _ in range(50_000)], sealed=True)
    gc.collect()  # what other tests left open
    before = len(list(Path("/proc/self/fd").iterdir()))
    lines = folder.lines(digest)
    assert next(lines) == b"x" * 100
    assert threading.active_count() > 1
    lines.close()
    started = folder.lines(digest)
    next(started)
    del started
    gc.collect()
    folder.lines(digest)  # never begun
    assert not [each for each in threading.enumerate() if each.name == "opening-evidence"]
    assert len(list(Path("/proc/self/fd").iterdir())) == before


def test_two_packs_can_be_read_side_by_side(folder):
    digests = [
        folder.keep_lines([b"%d" % n for n in range(k, 20_000, 2)], sealed=True) for k in (0, 1)
    ]
    pairs = zip(*(folder.lines(digest) for digest in digests), strict=True)
    assert [int(each) for pair in pairs for each in pair] == list(range(20_000))


MEASURE = """
import resource, sys
from pathlib import Path
from retention.adapters.evidence import FolderEvidence, KeyFolder
root, count = Path(sys.argv[1]), int(sys.argv[2])
store = FolderEvidence(root / "evidence", keys=KeyFolder(root / "keys"))
digest = store.keep_lines((b"%d " % n + b"x" * 190 for n in range(count)), sealed=True)
assert sum(1 for _ in store.lines(digest)) == count
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
"""


def test_a_pack_of_any_length_takes_the_same_memory(tmp_path):
    def peak_kib(count):
        command = [sys.executable, "-c", MEASURE, tmp_path, str(count)]
        return int(subprocess.run(command, check=True, capture_output=True, text=True).stdout)

    small, large = peak_kib(1000), peak_kib(300_000)  # 60 MB
    assert large - small < 10_000


def test_a_reader_fills_no_more_than_it_is_asked_for():
    reader = evidence.LinesReader(b"%d" % n for n in range(10))
    assert reader.read(7) == b"0\n1\n2\n3"
    assert io.BufferedReader(reader).read() == b"\n4\n5\n6\n7\n8\n9\n"

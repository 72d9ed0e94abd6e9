"""A pack that nobody read to its end does not change how a process ends."""

import subprocess
import sys

import pytest

LEFT = """
import sys
from pathlib import Path
from retention.adapters.evidence import FolderEvidence, KeyFolder

folder = Path(sys.argv[1])
evidence = FolderEvidence(folder / "evidence", keys=KeyFolder(folder / "keys"))
pack = evidence.keep_lines((b"%090d" % n for n in range(20_000)), sealed=True)
lines = evidence.lines(pack)
assert next(lines) == b"%090d" % 0
sys.exit({ending})
"""


@pytest.mark.parametrize(("ending", "code"), [("0", 0), ("23", 23), ("'a sentence'", 1)])
def test_the_exit_code_is_what_the_program_said(tmp_path, ending, code):
    text = LEFT.format(ending=ending)
    command = [sys.executable, "-c", text, tmp_path]
    said = subprocess.run(command, check=False, capture_output=True, text=True, timeout=60)
    assert said.returncode == code, said.stderr

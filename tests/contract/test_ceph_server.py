"""Our scripts for the gateway: safe to run again, and what was written survives a restart."""

import json
import subprocess
from pathlib import Path

import pytest

from retention.adapters.s3.lists import S3Lists
from tests.support.ceph import SCRIPTS
from tests.support.net import free_ports

pytestmark = pytest.mark.ceph


def run(script, directory):
    return subprocess.run(
        [SCRIPTS / script, directory], check=True, timeout=120, capture_output=True, text=True
    ).stdout


def pids(directory):
    return {path.name: path.read_text() for path in (directory / "run").glob("*.pid")}


def is_alive(pid):
    """Tell whether a process still runs: one that only waits to be counted has no command."""
    try:
        return bool(Path(f"/proc/{pid}/cmdline").read_bytes())
    except OSError:
        return False


def test_started_again_it_is_the_same_server(ceph):
    before = pids(ceph.directory)
    assert len(before) == 3
    assert ceph.endpoint_url in run("start.sh", ceph.directory)
    assert pids(ceph.directory) == before


def test_stopped_and_started_it_holds_what_it_held(ceph):
    bucket = ceph.bucket()
    there = [bucket.put("p/x"), bucket.hide("p/x"), bucket.start_upload("p/x")]
    run("stop.sh", ceph.directory)
    run("stop.sh", ceph.directory)
    run("start.sh", ceph.directory)
    assert list(S3Lists(ceph.client("surveyor")).versions(bucket.place("p/"))) == there


def test_a_directory_of_somebody_elses_is_left_alone(tmp_path):
    (tmp_path / "osd").mkdir()
    with pytest.raises(subprocess.CalledProcessError) as caught:
        run("start.sh", tmp_path)
    assert "holds something else" in caught.value.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["osd"]


@pytest.mark.full
def test_a_first_start_that_never_finished_begins_again(tmp_path, monkeypatch):
    gateway, mon = free_ports(2)
    monkeypatch.setenv("CEPH_PORT", str(gateway))
    monkeypatch.setenv("CEPH_MON_PORT", str(mon))
    (tmp_path / "ceph.conf").write_text("half a")
    (tmp_path / "mon").mkdir()
    (tmp_path / "mon" / "rest").write_text("of another time")
    try:
        assert f":{gateway};" in run("start.sh", tmp_path)
    finally:
        run("stop.sh", tmp_path)
    assert not any(is_alive(pid.strip()) for pid in pids(tmp_path).values())


def test_it_encrypts_with_the_keys_of_the_testing_backend(ceph):
    bucket = ceph.bucket()
    for key in ("testkey-1", "testkey-2"):
        bucket.put(f"p/{key}", b"x", ServerSideEncryption="aws:kms", SSEKMSKeyId=key)
        head = bucket.client.head_object(Bucket=bucket.name, Key=f"p/{key}")
        assert head["SSEKMSKeyId"] == key


def test_its_users_stand_in_a_file(ceph):
    said = json.loads((ceph.directory / "users.json").read_text())
    assert said["endpoint_url"] == ceph.endpoint_url
    assert sorted(said["users"]) == ["custodian", "destroyer", "owner", "surveyor", "verifier"]

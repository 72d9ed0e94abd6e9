"""The units that keep it running: systemd takes them, and the heartbeat leans on nothing it watches."""

import os
import re
import subprocess
from configparser import RawConfigParser
from pathlib import Path

import pytest

from retention.errors import SilentError, StoreUnavailableError

FOLDER = Path(__file__).parents[2] / "infra" / "systemd"
UNITS = sorted(path.name for path in FOLDER.glob("retention*"))
OURS = {"/opt/retention/.venv/bin/retention", "/opt/retention/infra/systemd/heartbeat"}


class Unit(dict):
    """Its settings by section; a word that stands there twice has the values of both."""

    def __init__(self, name):
        self.text = (FOLDER / name).read_text()
        found = RawConfigParser(strict=False, comment_prefixes=("#",), delimiters=("=",))
        found.optionxform = str
        found.read_string(self.text)
        super().__init__({name: dict(found[name]) for name in found.sections()})


def test_there_are_a_service_and_a_heartbeat_with_its_timer_and_its_mail():
    assert UNITS == [
        "retention-heartbeat-mail.service",
        "retention-heartbeat.service",
        "retention-heartbeat.timer",
        "retention.service",
    ]


def test_systemd_takes_every_unit(tmp_path):
    standing = tmp_path / "true"
    standing.write_text("#!/bin/sh\n")
    standing.chmod(0o755)
    for name in UNITS:
        text = (FOLDER / name).read_text()
        for program in OURS:
            text = text.replace(program, str(standing))
        (tmp_path / name).write_text(text)
    asked = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", *(str(tmp_path / name) for name in UNITS)],
        capture_output=True,
        text=True,
        check=False,
        cwd=tmp_path,
        env={"PATH": os.environ["PATH"], "SYSTEMD_UNIT_PATH": f"{tmp_path}:"},
    )
    said = [line for line in asked.stderr.splitlines() if "retention" in line]
    assert (asked.returncode, said) == (0, []), asked.stderr


def test_what_systemd_starts_is_in_the_project():
    for name in UNITS:
        for path in re.findall(r"/opt/retention/(?!\.venv)(\S+)", (FOLDER / name).read_text()):
            assert (FOLDER.parents[1] / path).exists(), path
    assert os.access(FOLDER / "heartbeat", os.X_OK)


def test_the_heartbeat_leans_on_nothing_that_it_watches():
    for name in UNITS:
        if name != "retention.service":
            assert not re.search(r"=.*\bretention\.service", Unit(name).text)
    timer = Unit("retention-heartbeat.timer")["Timer"]
    assert (timer["OnCalendar"], timer["Persistent"]) == ("hourly", "yes")
    heartbeat = Unit("retention-heartbeat.service")["Unit"]
    assert heartbeat["OnFailure"] == "retention-heartbeat-mail.service"


@pytest.mark.parametrize("name", ["retention.service", "retention-heartbeat.service"])
def test_what_runs_for_us_may_write_in_its_own_folder_and_nowhere_else(name):
    service = Unit(name)["Service"]
    for word in (
        "DynamicUser", "NoNewPrivileges", "PrivateTmp", "PrivateDevices", "ProtectHome",
        "RestrictNamespaces", "RestrictSUIDSGID", "LockPersonality", "ProtectKernelTunables",
    ):  # fmt: skip
        assert service[word] == "yes", word
    assert service["ProtectSystem"] == "strict"
    assert (service["StateDirectory"], service["User"]) == ("retention", "retention")
    assert service["CapabilityBoundingSet"] == ""


def test_the_service_comes_again_unless_a_person_must_put_something_right_first():
    service = Unit("retention.service")["Service"]
    assert service["Restart"] == "on-failure"
    left_alone = set(map(int, service["RestartPreventExitStatus"].split()))
    assert StoreUnavailableError.exit_code not in left_alone
    assert SilentError.exit_code not in left_alone


@pytest.fixture
def beat(tmp_path):
    """The script, with a command that says what a test wants and a mail server that keeps all."""
    says, sent = tmp_path / "says", tmp_path / "sent"
    command, sendmail = tmp_path / "retention", tmp_path / "sendmail"
    command.write_text(f'#!/bin/sh\necho "$@" >{tmp_path}/asked\n. {says}\n')
    sendmail.write_text(f"#!/bin/sh\ncat >>{sent}\n")
    for program in (command, sendmail):
        program.chmod(0o755)
    given = {
        "PATH": os.environ["PATH"],
        "RETENTION": str(command),
        "SENDMAIL": str(sendmail),
        "ALARM_TO": "records@example.invalid",
        "STATE_DIRECTORY": str(tmp_path),
    }

    def run(verb, said=""):
        says.write_text(said)
        done = subprocess.run(
            [FOLDER / "heartbeat", verb, tmp_path / "found"],
            env=given,
            capture_output=True,
            text=True,
            check=False,
        )
        mails = sent.read_text().count("Subject:") if sent.exists() else 0
        return done.returncode, mails, sent.read_text() if sent.exists() else done.stdout

    run.folder = tmp_path
    return run


LATE = "echo 'advance should have run.'; echo 'retention: 1 thing' >&2; exit 45\n"


def test_it_asks_the_command_and_fails_as_that_does(beat):
    assert beat("ask", "echo all well\n")[0] == 0
    assert (beat.folder / "asked").read_text() == "status --fail-stale\n"
    assert beat("ask", LATE)[0] == 45
    assert (beat.folder / "found").read_text() == "advance should have run.\nretention: 1 thing\n"


def test_what_is_late_is_mailed_once_a_day_and_when_it_changes(beat):
    beat("ask", LATE)
    code, mails, text = beat("tell")
    assert (code, mails) == (0, 1)
    assert text.startswith("To: records@example.invalid\n")
    assert "advance should have run." in text
    assert beat("tell")[1] == 1, "the same an hour later"
    beat("ask", LATE.replace("advance", "survey"))
    assert beat("tell")[1] == 2
    a_day_ago = (beat.folder / "mailed").stat().st_mtime - 86_400
    os.utime(beat.folder / "mailed", (a_day_ago, a_day_ago))
    assert beat("tell")[1] == 3


def test_a_command_that_breaks_is_mailed_as_well(beat):
    assert beat("ask", "echo 'Traceback (most recent call last):' >&2; exit 1\n")[0] == 1
    assert "Traceback" in beat("tell")[2]


def test_a_heartbeat_that_could_say_nothing_is_mailed_as_well(beat):
    assert "before it could say anything" in beat("tell")[2]

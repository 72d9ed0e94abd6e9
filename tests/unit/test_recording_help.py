"""The help of what people record teaches by an example."""

import re

import pytest

from retention.cli.main import run


@pytest.mark.parametrize(
    "command",
    [
        "event record",
        "event retract",
        "event list",
        "hold place",
        "hold confirm",
        "hold release",
        "hold list",
        "instruction record",
        "instruction list",
        "incident list",
        "incident close",
        "certificate acknowledge",
        "certificate unacknowledge",
        "attest copy",
        "attest retract",
        "attest list",
        "import",
    ],
)
def test_the_help_of_each_command_has_an_example_of_it(command, capsys):
    with pytest.raises(SystemExit) as ended:
        run([*command.split(), "--help"])
    assert ended.value.code == 0
    said = capsys.readouterr().out
    assert re.search(rf"Examples?:\n    retention {command}", said)
    if "list" not in command:
        assert all(option in said for option in ("--as", "--reason", "--preview", "--yes"))

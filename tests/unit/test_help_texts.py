"""What `--help` says is whole, and in words that people write."""

import click
import pytest

from retention.cli.main import COMMANDS, cli


def commands(name="retention", command=cli):
    yield name, command
    if isinstance(command, click.Group):
        below = click.Context(command, info_name=name)
        for each in command.list_commands(below):
            found = command.get_command(below, each)
            assert found is not None
            yield from commands(f"{name} {each}", found)


EVERY = dict(commands())


def said(name):
    context = click.Context(EVERY[name], info_name=name, terminal_width=80)
    return EVERY[name].get_help(context)


def test_every_command_is_there():
    assert {f"retention {each}" for each in COMMANDS} < set(EVERY)
    assert len(EVERY) > len(COMMANDS) + 10


@pytest.mark.parametrize("name", EVERY)
def test_no_line_of_help_is_cut_short_or_in_the_notation_of_programs(name):
    help_text = said(name)
    assert "..." not in help_text.replace("[ARGS]...", "")
    assert "%" not in help_text
    assert "[OPTIONS]" in help_text


def test_a_day_that_is_none_is_told_how_it_is_written(capsys):
    with pytest.raises(SystemExit) as ended:
        cli.main(["due", "--as-at", "1/5/2026"], prog_name="retention")
    assert ended.value.code == 2
    assert "'1/5/2026' is not a day: it is written 2026-05-01" in capsys.readouterr().err

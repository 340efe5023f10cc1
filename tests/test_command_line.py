"""The command line itself: its table, its help, bad usage, and how it ends."""

from __future__ import annotations

import os
import subprocess
import sys
from importlib import import_module

import click
import pytest

from conflictnews.cli.app import COMMANDS
from conflictnews.cli.options import Option
from conftest import run


def command(name: str) -> click.Command:
    module, function = COMMANDS[name][0].split(":")
    found = getattr(import_module(f"conflictnews.cli.{module}"), function)
    assert isinstance(found, click.Command)
    return found


@pytest.fixture(autouse=True)
def _wide(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "200")


def loaded(*arguments: str) -> set[str]:
    """The modules that the command line has loaded when it has run with these arguments."""
    code = "import sys; from conflictnews.cli import main\ntry: main()\nfinally: print(*sys.modules, file=sys.stderr)"
    return set(subprocess.run([sys.executable, "-c", code, *arguments], capture_output=True, text=True, check=True).stderr.split())


@pytest.mark.parametrize("name", COMMANDS)
def test_a_command_is_called_what_the_table_says_and_its_help_opens_with_the_line_there(name: str) -> None:
    found = command(name)
    assert (found.name, (found.help or "").split("\n\n")[0]) == (name, COMMANDS[name][1])


def test_the_help_lists_the_commands_in_the_order_of_the_table() -> None:
    ran = run("--help")
    rows = [line.split(maxsplit=1) for line in ran.out.split("Commands:\n")[1].split("\n\n")[0].splitlines()]
    assert (ran.code, rows) == (0, [[name, summary] for name, (_, summary) in COMMANDS.items()])
    assert "Exit codes: 0 good" in ran.out


@pytest.mark.parametrize("name", COMMANDS)
def test_the_help_of_a_command_has_every_option_with_words_under_its_title(name: str) -> None:
    ran = run(name, "--help")
    assert (ran.code, ran.err) == (0, "")
    titles, title = {}, ""
    for line in ran.out.splitlines():
        title = line.removesuffix(":") if line and not line.startswith(" ") else title
        titles.update({word.strip(","): title for word in line.split()[:2] if line.startswith("  -")})
    assert titles["--help"] == titles["-h"] == "Options"
    for parameter in command(name).params:
        if isinstance(parameter, Option):
            assert parameter.help
            assert titles[parameter.opts[0]] == parameter.section
        else:
            assert ran.out.split("Arguments:\n")[1].startswith("  " + command(name).params[0].human_readable_name)


def test_options_of_a_kind_stand_together() -> None:
    help_text = run("score", "--help").out
    assert [line for line in help_text.splitlines() if line.endswith(":") and not line.startswith(" ")] == [
        "Arguments:",
        "Options:",
        "Output files:",
        "For continuous integration:",
    ]


def test_an_example_in_help_keeps_its_line_however_narrow_the_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "60")
    lines = run("score", "--help").out.splitlines()
    assert "    conflictnews score predictions.jsonl --fail-under entities.strict.f1=0.80 --baseline base.json --max-drop 0.01" in lines
    assert max(len(line) for line in lines if "conflictnews score p" not in line) <= 60


def test_help_is_up_to_120_columns_wide() -> None:
    assert 100 < max(map(len, run("score", "--help").out.splitlines())) <= 120


@pytest.mark.parametrize("arguments", [("-h",), ("score", "-h")])
def test_h_is_help(arguments: tuple[str, ...]) -> None:
    assert run(*arguments) == run(*arguments[:-1], "--help")


def test_no_arguments_show_the_help_and_exit_with_2() -> None:
    assert run() == (2, run("--help").out, "")


def test_the_version_is_one_line() -> None:
    from conflictnews import __version__

    assert run("--version") == (0, f"conflictnews {__version__}\n", "")


def test_help_and_version_load_neither_a_command_nor_anything_heavy() -> None:
    commands = {f"conflictnews.cli.{where.split(':')[0]}" for where, _ in COMMANDS.values()}
    heavy = {"numpy", "rich", "msgspec", "pyarrow", "pooch", "platformdirs"}
    for arguments in (["--help"], ["--version"]):
        assert not loaded(*arguments) & (commands | heavy)
    for name, (where, _) in COMMANDS.items():
        assert loaded(name, "--help") & (commands | heavy) == {f"conflictnews.cli.{where.split(':')[0]}"}


@pytest.mark.parametrize(
    "arguments, message, about",
    [
        (["scor"], "No such command 'scor'. Did you mean 'score'?", ""),
        (["xyzzy"], f"No such command 'xyzzy'. The commands are {', '.join(COMMANDS)}.", ""),
        (["--nothing"], "--nothing", ""),
        (["score"], "Missing argument 'PRED'", "score"),
        (["score", "p", "q"], "unexpected extra argument", "score"),
        (["score", "p", "--splt", "dev"], "--split", "score"),
        (["score", "p", "--split"], "Option '--split' requires an argument", "score"),
        (["score", "p", "--alpha", "x"], "Invalid value for '--alpha'", "score"),
        (["score", "p", "--github=1"], "'--github' does not take a value", "score"),
        (["score", "p", "--keep-optional"], "--keep-optional goes with --layer text", "score"),
        (["score", "p", "--layer", "text", "--layer", "quotes"], "the layer text is scored on its own", "score"),
        (["score", "p", "--layer", "text", "--github"], "the other options need counts of spans", "score"),
        (["align", "p"], "Missing option '--output' / '-o'", "align"),
        (["align", "p", "-o", "q", "--threshold", "2"], "0.01<=x<=1", "align"),
    ],
)
def test_bad_usage_is_one_message_with_the_way_to_help_and_exit_code_2(arguments: list[str], message: str, about: str) -> None:
    ran = run(*arguments)
    told, hint = ran.err.splitlines()
    assert (ran.code, ran.out) == (2, "")
    assert told.startswith("error: ")
    assert message in told
    assert hint == f"see {' '.join(['conflictnews', about]).strip()} --help"


def test_a_metric_is_explained_without_predictions() -> None:
    ran = run("score", "--explain", "entities.strict")
    assert (ran.code, ran.out.splitlines()[0], ran.err) == (0, "entities.strict", "")
    assert run("score", "--explain", "nothing").code == 2


def test_an_interruption_is_exit_code_130_and_one_message(monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("conflictnews.evaluate.score_files", interrupted)
    ran = run("score", "p.jsonl")
    assert (ran.code, ran.err.strip()) == (130, "error: interrupted")


@pytest.mark.skipif(sys.platform == "win32", reason="no SIGPIPE there")
@pytest.mark.parametrize("arguments", [["--version"], ["validate", "--checks"], ["score", "--explain", "all"]])
def test_a_reader_that_has_gone_is_no_traceback(arguments: list[str]) -> None:
    read, write = os.pipe()
    os.close(read)
    code = "from conflictnews.cli import main; main()"
    ran = subprocess.run([sys.executable, "-c", code, *arguments], stdout=write, stderr=subprocess.PIPE, text=True)
    os.close(write)
    assert (ran.returncode, ran.stderr) == (1, "")


@pytest.mark.parametrize("name", ["compare", "hydrate"])
def test_the_shell_can_complete_a_command(name: str) -> None:
    code = "from conflictnews.cli import main; main()"
    environment = os.environ | {"_CONFLICTNEWS_COMPLETE": "bash_complete", "COMP_CWORD": "1", "COMP_WORDS": f"conflictnews {name[:-1]}"}
    assert subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True).stdout == f"plain,{name}\n"

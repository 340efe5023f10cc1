"""What the README and the card say is what happens."""

from __future__ import annotations

import contextlib
import io
import json
import re

import pytest

from conflictnews.baselines import BASELINES
from conflictnews.cli.app import COMMANDS
from conflictnews.corpus import SPLITS
from conflictnews.io.jsondoc import decode_document
from conflictnews.report.leaderboard import leaderboard_markdown
from conflictnews.resources import baselines_dir
from conftest import ROOT, run

README = (ROOT / "README.md").read_text(encoding="utf-8")


def blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", README, flags=re.DOTALL)


@pytest.mark.parametrize("number", range(len(blocks("python"))))
def test_the_examples_run(number: int) -> None:
    out = io.StringIO()
    with contextlib.redirect_stdout(out):
        exec(compile(blocks("python")[number], f"README example {number}", "exec"), {})
    assert out.getvalue().strip()


def test_the_example_of_a_prediction_is_one() -> None:
    for block in blocks("json"):
        assert decode_document(block.strip(), "README").entities


def test_the_commands_and_options_exist() -> None:
    lines = [line.split("#")[0].split() for block in blocks("sh") for line in block.split("\n") if line.startswith("conflictnews ")]
    assert len(lines) >= 5
    for _, command, *arguments in lines:
        assert command in COMMANDS
        help_text = run(command, *(arguments[:1] if command in ("task", "corpus") else ()), "--help").out
        assert all(option in help_text for option in arguments if option.startswith("--"))


def test_the_files_that_are_linked_are_there() -> None:
    for target in re.findall(r"\]\(([^)#:]+)\)", README):
        assert (ROOT / target).exists(), target


def test_the_leaderboard_is_that_of_the_shipped_results() -> None:
    rows = json.loads((baselines_dir() / "leaderboard.json").read_text(encoding="utf-8"))
    table = re.search(r"<!-- leaderboard -->\n(.*?)<!-- /leaderboard -->", README, flags=re.DOTALL)
    assert table
    assert table[1] == leaderboard_markdown(rows, ["test", "test_real"])
    assert {(row["system"], row["split"]) for row in rows} == {(name, split) for name in BASELINES for split in SPLITS}


def test_the_changelog_and_the_citation_have_the_version() -> None:
    from conflictnews import __version__

    assert f"## {__version__}" in (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    assert f"version: {__version__}" in (ROOT / "CITATION.cff").read_text(encoding="utf-8")

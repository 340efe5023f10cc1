"""All commands, in the order in which help lists them."""

from __future__ import annotations

from typing import Annotated

import typer

from conflictnews.cli import align, bench, build, hydrate, score, validate
from conflictnews.version import VERSION

app = typer.Typer(
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
    rich_markup_mode="markdown",
    help="The annotated corpus and benchmark for conflict news: entities, events with who claims them, quotes with their speakers, boilerplate by kind.",
    epilog="Start with **conflictnews bench**, which scores every installed baseline against the gold. Exit codes: 0 good, 1 problems found, 2 bad input, 3 our own fault.",
)


def _version(wanted: bool) -> None:
    if wanted:
        print(f"conflictnews {VERSION}")
        raise typer.Exit


@app.callback()
def _options(version: Annotated[bool, typer.Option("--version", callback=_version, is_eager=True, help="Show the version and exit.")] = False) -> None:
    pass


app.command("bench")(bench.bench)
app.command("score")(score.score)
app.command("compare")(score.compare)
app.command("predict")(bench.predict)
app.command("align")(align.align)
app.command("validate")(validate.validate)
app.command("hydrate")(hydrate.hydrate)
app.command("build")(build.build)

"""All commands, in the order in which help lists them."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from typing import Any

import click

from conflictnews.cli.options import HELP
from conflictnews.version import VERSION

COMMANDS = {
    "bench": ("bench:bench", "Run every installed baseline over the gold and print a leaderboard for each layer."),
    "score": ("score:score", "Score predictions against gold, and show the table."),
    "compare": ("score:compare", "Compare two systems on the same gold: by how much they differ, and whether that could be chance."),
    "score-shards": ("score:score_shards", "Score a large collection shard by shard, in processes or on a cluster."),
    "predict": ("bench:predict", "Run one baseline over pages of your own and write its documents as JSONL."),
    "align": ("align:align", "Turn the words that a system answered with into spans of the text."),
    "agree": ("passes:agree", "Measure how far two passes over the same documents agree."),
    "adjudicate": ("passes:adjudicate", "Make two passes into one, disagreement by disagreement."),
    "validate": ("validate:validate", "Check documents: format, then labels, then guidelines."),
    "corpus": ("corpus:corpus", "Work on the corpus itself: add documents to it."),
    "hydrate": ("hydrate:hydrate", "Put the texts of test_real on this machine, from your own copies or by download."),
    "build": ("build:build", "Build Parquet, manifest, JSON Schema and the card's figures from corpus/documents."),
}
"""Name -> where the command is (module of this package, and function), and the first line of its help. A command is imported when it is called."""


class Group(click.Group):
    """The commands of a table, by default all of `COMMANDS`."""

    def __init__(self, *args: Any, table: Mapping[str, tuple[str, str]] = COMMANDS, **attributes: Any) -> None:
        super().__init__(*args, **attributes)
        self.table = table

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Their names."""
        return list(self.table)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command of this name, imported now."""
        if cmd_name not in self.table:
            return None
        module, function = self.table[cmd_name][0].split(":")
        found: click.Command = getattr(import_module(f"conflictnews.cli.{module}"), function)
        return found

    def resolve_command(self, ctx: click.Context, args: list[str]) -> tuple[str | None, click.Command | None, list[str]]:
        """The command that `args` open with; an error that names the nearest where there is none."""
        if args[0] not in self.table and not ctx.resilient_parsing:
            from difflib import get_close_matches

            near = get_close_matches(args[0], self.table, n=1)
            ctx.fail(f"No such command {args[0]!r}." + (f" Did you mean {near[0]!r}?" if near else f" The commands are {', '.join(self.table)}."))
        return super().resolve_command(ctx, args)

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """The same; with nothing to parse the help is shown, and the exit code is 2."""
        if not args and not ctx.resilient_parsing:
            click.echo(ctx.get_help())
            ctx.exit(2)
        return super().parse_args(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the table without importing what it names."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, summary) for name, (_, summary) in self.table.items()])


@click.group(cls=Group, context_settings=HELP)
@click.version_option(VERSION, prog_name="conflictnews", message="%(prog)s %(version)s")
def app() -> None:
    """The annotated corpus and benchmark for conflict news: entities, events with who claims them, quotes with their speakers, boilerplate by kind."""


app.epilog = "Start with conflictnews bench, which scores every installed baseline against the gold. Exit codes: 0 good, 1 problems found, 2 bad input, 3 our own fault."

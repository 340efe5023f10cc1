"""All commands, in the order in which help lists them."""

from __future__ import annotations

from importlib import import_module

import click

from conflictnews.cli.options import HELP, Near
from conflictnews.version import VERSION

COMMANDS = {
    "bench": ("bench:bench", "Run every installed baseline over the gold and print a leaderboard for each layer."),
    "score": ("score:score", "Score predictions against gold, and show the table."),
    "compare": ("compare:compare", "Compare two systems on the same gold: by how much they differ, and whether that could be chance."),
    "score-shards": ("shards:score_shards", "Score a large collection shard by shard, in processes or on a cluster."),
    "train": ("train:train", "Train a baseline on train, choose its configuration on dev, and write its parameters."),
    "predict": ("predict:predict", "Run one baseline over pages of your own and write its documents as JSONL."),
    "align": ("align:align", "Turn the words that a system answered with into spans of the text."),
    "convert": ("convert:convert", "Turn documents of one format into another, and say first what would be lost."),
    "task": ("task:task", "From a raw page to annotations: make documents, hand them to a tool, take its answers back."),
    "agree": ("passes:agree", "Measure how far two passes over the same documents agree."),
    "adjudicate": ("passes:adjudicate", "Make two passes into one, disagreement by disagreement."),
    "validate": ("validate:validate", "Check documents: format, then labels, then guidelines."),
    "stats": ("stats:stats", "Count what the corpus holds: pages, lengths, labels, contested events, quotes, densities."),
    "corpus": ("corpus:corpus", "Work on the corpus itself: add documents, find pages that are too much alike."),
    "hydrate": ("hydrate:hydrate", "Put the texts of test_real on this machine, from your own copies or by download."),
    "build": ("build:build", "Build Parquet, manifest, JSON Schema and the card's figures from corpus/documents."),
}
"""Name -> where the command is (module of this package, and function), and the first line of its help. A command is imported when it is called."""


class Table(Near):
    """The commands of the table."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Their names."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command of this name, imported now."""
        if cmd_name not in COMMANDS:
            return None
        module, function = COMMANDS[cmd_name][0].split(":")
        found: click.Command = getattr(import_module(f"conflictnews.cli.{module}"), function)
        return found

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the table without importing what it names."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, summary) for name, (_, summary) in COMMANDS.items()])


@click.group(cls=Table, context_settings=HELP)
@click.version_option(VERSION, prog_name="conflictnews", message="%(prog)s %(version)s")
def app() -> None:
    """The annotated corpus and benchmark for conflict news: entities, events with who claims them, quotes with their speakers, boilerplate by kind."""


app.epilog = "Start with conflictnews bench, which scores every installed baseline against the gold. Exit codes: 0 good, 1 problems found, 2 bad input, 3 our own fault."

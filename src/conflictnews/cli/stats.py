"""conflictnews stats."""

from __future__ import annotations

from pathlib import Path

import click

from conflictnews.cli.console import console
from conflictnews.cli.options import PATH, command, option
from conflictnews.cli.output import write_json


@command
@option("--corpus", "root", type=PATH, metavar="DIR", help="The corpus. Default: the one in use.")
@option("--check", is_flag=True, help="Exit with 1 if the figures are not those pinned in the manifest.")
@option("--json", metavar="FILE|-", section="Output files", help="Write the figures as JSON to FILE, or with - to the terminal instead of the tables.")
@option("--plots", type=PATH, metavar="DIR", section="Output files", help="Draw them as SVG files in DIR: lengths, labels, densities (needs the extra plots).")
def stats(root: Path | None, check: bool, json: str | None, plots: Path | None) -> None:
    """Count what the corpus holds: pages, lengths, labels, contested events, quotes, densities.

    The figures are counted from corpus/documents, nothing is read back from the card. What needs the texts of test_real (words, sentences) comes from
    text_figures.json, so that the command works without them.

    Example:
      conflictnews stats --plots plots/
    """
    from conflictnews.build import corpus_statistics, load_manifest_of
    from conflictnews.report.stats import stats_tables

    found = corpus_statistics(root)
    if json:
        write_json(found, json)
    if json != "-":
        for table in stats_tables(found):
            console().print(table)
            console().print()
    if plots is not None:
        from conflictnews.report.plots import draw_plots

        for path in draw_plots(found, plots):
            print(f"drawn  {path}")
    if check and load_manifest_of(root).get("statistics") != found:
        print("the figures are not those of the manifest; run `conflictnews build`")
        raise click.exceptions.Exit(1)

"""conflictnews build."""

from __future__ import annotations

import click

from conflictnews.cli.console import warn
from conflictnews.cli.options import command, option


@command
@option("--check", is_flag=True, help="Change nothing; exit with 1 if something is not as it would be built.")
def build(check: bool) -> None:
    """Build Parquet, manifest, JSON Schema and the card's figures from corpus/documents.

    The same documents give the same bytes. In a checkout this works on the checkout's corpus; CONFLICTNEWS_CORPUS names another.
    """
    from conflictnews import build as building
    from conflictnews.intake.journal import recover
    from conflictnews.resources import corpus_dir

    told = "" if check else recover(corpus_dir())
    if told:
        warn(told)
    changed = building.differences() if check else building.build()
    for name in changed:
        print(f"{'stale' if check else 'built'}  {name}")
    if check and changed:
        print(f"{len(changed)} files are not as they would be built; run `conflictnews build`")
        raise click.exceptions.Exit(1)
    print("everything is as built" if not changed else f"{len(changed)} files built")

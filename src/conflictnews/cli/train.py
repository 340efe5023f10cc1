"""conflictnews train."""

from __future__ import annotations

from pathlib import Path

import click

from conflictnews.cli.console import console
from conflictnews.cli.options import PATH, argument, command, option


@command
@argument("name", "The baseline; `conflictnews train list` shows those that are trained.")
@option("--seed", type=click.IntRange(0), default=1, show_default=True, help="The seed of the draws; baselines that draw nothing have no use for it.")
@option("--output", "-o", type=PATH, metavar="DIR", help="Where the parameters go. Default: over the shipped ones.")
@option("--smoke", is_flag=True, help="One configuration for a few steps: to see that training works.")
def train(name: str, seed: int, output: Path | None, smoke: bool) -> None:
    """Train a baseline on train, choose its configuration on dev, and write its parameters.

    Parameters are numbers and strings, never code; training.json beside them says what was tried and chosen. All files are put in place at the end, or none.

    Example:
      conflictnews train boilerplate-crf --output my-lines
    """
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

    from conflictnews.baselines.trainers import TRAINERS
    from conflictnews.training import train_baseline

    if name == "list":
        for key, trainer in TRAINERS.items():
            print(f"{key:20} {len(trainer.grid)} configurations, judged by {trainer.metric} on dev{'; draws at random' if trainer.seeded else ''}")
        return
    with Progress(TextColumn("{task.description:32}"), BarColumn(), TextColumn("step {task.completed}"), TimeElapsedColumn(), console=console(stderr=True), transient=True) as bars:
        tasks: dict[str, object] = {}

        def tell(what: str, step: int) -> None:
            if what not in tasks:
                tasks[what] = bars.add_task(what, total=None)
            bars.update(tasks[what], completed=step)  # type: ignore[arg-type]

        done = train_baseline(name, folder=output, seed=seed, smoke=smoke, progress=tell)
    score = "–" if done.dev is None else f"{100 * done.dev:.1f}"
    print(f"{name}: {TRAINERS[name].metric} {score} on dev with {done.config}; {done.seconds:.0f} s; written to {done.folder}")

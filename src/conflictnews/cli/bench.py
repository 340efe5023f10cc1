"""conflictnews bench."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from conflictnews.cli.console import console
from conflictnews.cli.options import PATH, command, option
from conflictnews.cli.output import write_json

if TYPE_CHECKING:
    from rich.progress import Progress, TaskID

    from conflictnews.bench import Run
    from conflictnews.model import Document


@command
@option("--split", multiple=True, help="Splits to run over; may be given several times. Default: test, and test_real when its texts are on this machine.")
@option("--system", multiple=True, help="Only this baseline; may be given several times.")
@option("--json", metavar="FILE|-", help="Write the unrounded numbers as JSON to FILE, or with - to the terminal instead of the tables.")
@option("--with", "submitted", type=PATH, multiple=True, metavar="DIR", help="A system of yours beside them: a folder with card.md and predictions/<split>.jsonl.")
@option("--output", "-o", type=PATH, metavar="DIR", help="Keep the predictions, as DIR/<system>/<split>.jsonl.")
def bench(split: tuple[str, ...], system: tuple[str, ...], json: str | None, submitted: tuple[Path, ...], output: Path | None) -> None:
    """Run every installed baseline over the gold and print a leaderboard for each layer.

    Every number is an F1 in per cent with its 95 % interval (bootstrap over documents); the rows are ordered by the bold one.

    `--with` checks a folder that a system outside wants to join with (the head of its card.md says name, summary, licence, trained_on and command) and shows it in its place.

    Example:
      conflictnews bench --split test --split test_real
    """
    from conflictnews.bench import installed, missing
    from conflictnews.corpus import load_corpus
    from conflictnews.errors import ConflictNewsError, HydrationError
    from conflictnews.leaderboard import read_submission, score_submission

    hint = ""
    golds = {}
    for name in split or ["test", "test_real"]:
        try:
            golds[name] = load_corpus(name)
        except HydrationError as error:
            if split:
                raise
            hint = str(error)
    names = installed()
    unknown = [name for name in system if name not in names]
    if unknown:
        raise ConflictNewsError(f"{unknown[0]!r} is no installed baseline; installed are {', '.join(names)}")
    names = [name for name in names if not system or name in system]
    submissions = [read_submission(folder) for folder in submitted]
    runs = _run(names, golds)
    runs += [score_submission(found, split=name, load=golds.__getitem__) for found in submissions for name in golds if name in found.predictions]
    if output is not None:
        _keep(runs, output)
    if json:
        write_json(_rows(runs), json)
    if json != "-":
        _print(runs, golds)
        for name, extra in missing():
            print(f'not installed: {name} (pip install "conflictnews[{extra}]")')
        if hint:
            print(f"\nnot scored: {hint}")


def _run(names: list[str], golds: dict[str, tuple[Document, ...]]) -> list[Run]:
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    from conflictnews.bench import run_baseline

    runs = []
    columns = (TextColumn("{task.description:42}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console(stderr=True)) as progress:
        for split, gold in golds.items():
            for name in names:
                task = progress.add_task(f"{name} on {split}", total=len(gold))
                runs.append(run_baseline(name, split, gold=gold, progress=lambda items, task=task: _advance(items, progress, task)))  # type: ignore[misc]
    return runs


def _advance(items: Iterable[Document], progress: Progress, task: TaskID) -> Iterator[Document]:
    for item in items:
        yield item
        progress.advance(task)


def _print(runs: list[Run], golds: dict[str, tuple[Document, ...]]) -> None:
    from conflictnews.baselines import BASELINES
    from conflictnews.model import LAYERS
    from conflictnews.report.text import Row, leaderboard
    from conflictnews.scoring import HEADLINES

    out = console()
    for split, gold in golds.items():
        for layer in LAYERS:
            rows = [
                Row(run.system, run.kind, run.result, layer, run.words_per_second)
                for run in runs
                if run.split == split and HEADLINES[layer] in run.result.scores and (run.system not in BASELINES or layer in BASELINES[run.system].layers)
            ]
            if rows:
                out.print(leaderboard(layer, rows, split=split, documents=len(gold)))
                print()


def _rows(runs: list[Run]) -> list[dict[str, object]]:
    """The unrounded numbers of every run."""
    return [{"system": run.system, "kind": run.kind, "split": run.split, "words_per_second": run.words_per_second, **run.result.as_dict()} for run in runs]


def _keep(runs: list[Run], folder: Path) -> None:
    from conflictnews.io.jsonl import write_jsonl

    for run in runs:
        write_jsonl(run.predicted, folder / run.system / f"{run.split}.jsonl")

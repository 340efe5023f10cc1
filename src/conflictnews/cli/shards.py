"""conflictnews score-shards."""

from __future__ import annotations

from pathlib import Path

import click

from conflictnews.cli.console import console, warn
from conflictnews.cli.options import PATH, argument, command, option
from conflictnews.cli.output import encode, lacking, leave, write_files


@command
@argument("gold", "A folder of gold .jsonl files, each a shard.", type=PATH)
@argument("pred", "A folder of predictions, in files of the same names.", type=PATH)
@option("--work", type=PATH, required=True, metavar="DIR", help="Where each finished shard leaves its counts; a run that was broken off goes on from there.")
@option("--processes", type=click.IntRange(1), default=1, show_default=True, help="So many shards are counted at a time.")
@option("--dask", metavar="ADDRESS", help="Count on a Dask cluster instead: the scheduler's address, as tcp://host:8786; its workers must see the folders under the same paths.")
@option("--layer", multiple=True, help="Score this layer only; may be given several times. Default: the layers that the predictions attempt.")
@option("--allow-missing", is_flag=True, help="Gold documents without a prediction count as found nothing; without this flag they also make the exit code 2.")
@option("--json", metavar="FILE|-", help="Write the unrounded numbers as JSON to FILE, or with - to the terminal instead of the table.")
def score_shards(gold: Path, pred: Path, work: Path, processes: int, dask: str | None, layer: tuple[str, ...], allow_missing: bool, json: str | None) -> None:
    """Score a large collection shard by shard, in processes or on a cluster.

    The figures are the same to the last digit however the documents are divided; intervals are those of the Poisson bootstrap, whose weights come from the doc_ids.

    Example:
      conflictnews score-shards gold/ predictions/ --work counts/ --processes 8
    """
    from rich.progress import Progress

    from conflictnews.report.text import detectable_line, score_table
    from conflictnews.shards import score_sharded_files

    with Progress(console=console(stderr=True), transient=True) as bar:
        task = bar.add_task("counting", total=None)
        result = score_sharded_files(
            gold, pred, work, processes=processes, dask=dask, layers=layer or None, progress=lambda done, total: bar.update(task, completed=done, total=total)
        )
    if json == "-":
        print(encode(result.as_dict()))
    else:
        console().print(score_table(result, title=f"{pred} against {gold} ({result.documents} documents in {result.shards} shards, {result.resumed} of them counted before)"))
        print(detectable_line(result) or "no interval: fewer than two documents have anything to count")
        print(result.signature)
    for message in result.warnings:
        warn(message)
    write_files({Path(json) if json and json != "-" else None: lambda: (encode(result.as_dict()) + "\n").encode()})
    leave(lacking(result.missing, result.incomplete), allow_missing=allow_missing)

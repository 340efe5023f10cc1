"""conflictnews score."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from conflictnews.cli.console import console, warn


def score(
    pred: Annotated[Path, typer.Argument(help="Predictions: a JSONL file, a .json document, or a folder of them, in the form of the corpus.", show_default=False)],
    split: Annotated[str, typer.Option(help="The gold split to score against: train, dev, test or test_real.")] = "test",
    gold: Annotated[Path | None, typer.Option(help="Gold of your own instead of a split: any JSONL file or folder in our form, with any labels.", show_default=False)] = None,
    layer: Annotated[
        list[str] | None, typer.Option(help="Score this layer only; may be given several times. Default: the layers that the predictions attempt.", show_default=False)
    ] = None,
    json: Annotated[
        str, typer.Option(metavar="FILE|-", help="Write the unrounded numbers as JSON to FILE, or with - to the terminal instead of the table.", show_default=False)
    ] = "",
    allow_missing: Annotated[
        bool, typer.Option("--allow-missing", help="Gold documents without a prediction count as found nothing; without this flag they also make the exit code 2.")
    ] = False,
) -> None:
    """Score predictions against gold, and show the table.

    Documents pair by `doc_id`. A layer that is absent from the predictions is not scored; an empty list says that nothing was found.

    Example: **conflictnews score predictions.jsonl --split test --layer entities --json scores.json**
    """
    from conflictnews.evaluate import score_files

    result = score_files(pred, split=split, gold=gold, layers=layer or None)
    if json == "-":
        print(_encode(result.as_dict()))
    else:
        from conflictnews.report.text import score_table

        out = console()
        out.print(score_table(result, title=f"{pred} against {gold or split} ({len(result.documents)} documents)"))
        print(result.signature)
    for message in result.warnings:
        warn(message)
    if json not in ("", "-"):
        from conflictnews.io.jsondoc import write_atomically

        write_atomically(Path(json), (_encode(result.as_dict()) + "\n").encode())
    lacking = _lacking(result.missing, result.incomplete)
    if lacking:
        warn(lacking)
        if not allow_missing:
            raise typer.Exit(2)


def _lacking(missing: tuple[str, ...], incomplete: dict[str, tuple[str, ...]]) -> str:
    parts = []
    if missing:
        parts.append(f"{len(missing)} gold documents have no prediction ({', '.join(missing[:5])}{', …' if len(missing) > 5 else ''})")
    parts += [f"{len(lacking)} predictions leave out the layer {layer} ({', '.join(lacking[:5])}{', …' if len(lacking) > 5 else ''})" for layer, lacking in incomplete.items()]
    return "; ".join(parts) + ": their gold counts as missed (--allow-missing to accept this)" if parts else ""


def _encode(value: object) -> str:
    import msgspec

    return msgspec.json.format(msgspec.json.encode(value), indent=1).decode()

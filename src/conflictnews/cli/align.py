"""conflictnews align."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from conflictnews.cli.console import console, warn
from conflictnews.cli.options import PATH, argument, command, option

if TYPE_CHECKING:
    from rich.table import Table

    from conflictnews.alignment import Report


@command
@argument("pred", "Predictions whose annotations give words (surface) instead of offsets: a JSONL file, or one .json document.", type=PATH)
@option("--output", "-o", type=PATH, required=True, metavar="FILE", help="Where the predictions with offsets go, as JSONL.")
@option("--split", default="test", show_default=True, help="The split whose texts were predicted: train, dev, test or test_real.")
@option("--gold", type=PATH, help="Documents of your own with the texts, instead of a split.")
@option(
    "--threshold",
    type=click.FloatRange(0.01, 1.0),
    default=0.9,
    show_default=True,
    help="The similarity from which on words that are spelled otherwise in the text are taken for it; 1 for never.",
)
@option("--report", type=PATH, metavar="FILE", help="Write, as JSONL, every surface that was not simply found: how it was, which occurrence was taken, and what was lost.")
def align(pred: Path, output: Path, split: str, gold: Path | None, threshold: float, report: Path | None) -> None:
    """Turn the words that a system answered with into spans of the text.

    Words are looked for exactly, then without regard to white space, quotes, dashes and case, then by similarity. What is not in the text stays in the
    predictions, on a character where it counts as one false positive.

    Example:
      conflictnews align answers.jsonl --split test -o predictions.jsonl --report notes.jsonl
    """
    from rich.progress import track

    from conflictnews.alignment import iter_aligned, iter_loose, merge
    from conflictnews.corpus import load_corpus
    from conflictnews.io.jsonl import iter_documents, write_jsonl

    loose = list(iter_loose(pred))
    texts = load_corpus(split) if gold is None else tuple(iter_documents(gold))
    aligned = list(track(iter_aligned(loose, texts, threshold=threshold), total=len(loose), description="aligning", console=console(stderr=True), transient=True))
    total = merge(found for _, found in aligned)
    if report is not None:
        _write_notes(total, report)
    number = write_jsonl((document for document, _ in aligned), output)
    console().print(_table(total, title=f"{pred} on the texts of {gold or split}"))
    print(f"{number} documents written to {output}")
    if total.lost:
        warn(f"{total.lost} of {total.surfaces} surfaces are not in the texts; each counts as a false positive" + ("" if report else " (--report FILE lists them)"))


_MEANING = {
    "kept": "offsets given, and right",
    "exact": "found letter by letter",
    "normalised": "but for white space, quotes, dashes or case",
    "fuzzy": "spelled otherwise in the text",
    "lost": "not in the text: a false positive each",
}


def _table(report: Report, *, title: str) -> Table:
    from rich.table import Table

    table = Table(title=title, title_justify="left")
    table.add_column("surfaces")
    table.add_column("n", justify="right")
    table.add_column("")
    for how, meaning in _MEANING.items():
        table.add_row(how, str(getattr(report, how)), meaning)
    table.add_section()
    table.add_row("all", str(report.surfaces), "")
    table.add_row("ambiguous", str(report.ambiguous), "of these stand in the text several times")
    table.add_row("repaired", str(report.repaired), "of these came with wrong offsets")
    return table


def _write_notes(report: Report, path: Path) -> None:
    import msgspec

    from conflictnews.io.jsondoc import write_atomically

    write_atomically(path, b"".join(msgspec.json.encode(note) + b"\n" for note in report.notes))

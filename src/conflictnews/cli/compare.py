"""conflictnews compare."""

from __future__ import annotations

from pathlib import Path

from conflictnews.cli.console import console, warn
from conflictnews.cli.options import PATH, argument, command, option
from conflictnews.cli.output import encode, write_files


@command
@argument("first", "Predictions of the first system, or a file that --save-baseline wrote.", type=PATH)
@argument("second", "Predictions of the second system, or such a file.", type=PATH)
@option("--split", default="test", show_default=True, help="The gold split to score both against.")
@option("--gold", type=PATH, help="Gold of your own instead of a split.")
@option("--layer", multiple=True, help="Compare this layer only; may be given several times.")
@option("--json", metavar="FILE|-", help="Write the unrounded numbers as JSON to FILE, or with - to the terminal instead of the table.")
@option("--markdown", type=PATH, metavar="FILE", help="Write the table as Markdown.")
def compare(first: Path, second: Path, split: str, gold: Path | None, layer: tuple[str, ...], json: str | None, markdown: Path | None) -> None:
    """Compare two systems on the same gold: by how much they differ, and whether that could be chance.

    Paired bootstrap and paired approximate randomisation over documents, corrected over the metrics (Holm). Results with other recipes are refused.

    Example:
      conflictnews compare old.jsonl new.jsonl --split test --layer entities
    """
    import msgspec

    from conflictnews.evaluate import baseline_of
    from conflictnews.report.files import difference_cells, differences_markdown
    from conflictnews.report.text import difference_table
    from conflictnews.scoring.compare import check_comparable
    from conflictnews.scoring.compare import compare as differences_of

    sides = [baseline_of(path, split=split, gold=gold, layers=layer or None) for path in (first, second)]
    differences = differences_of(*sides, layers=layer or None)
    message = check_comparable(*(side.signature for side in sides))
    if message:
        warn(message)
    found = {"signature": sides[0].signature, "differences": {name: msgspec.structs.asdict(d) for name, d in differences.items()}}
    if json == "-":
        print(encode(found))
    else:
        console().print(difference_table(differences, difference_cells, title=f"{first} and {second} on {gold or split}"))
        print(sides[0].signature)
    write_files({Path(json) if json and json != "-" else None: lambda: (encode(found) + "\n").encode(), markdown: lambda: differences_markdown(differences).encode()})

"""conflictnews agree and conflictnews adjudicate: two blind passes over the same documents."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from conflictnews.cli.console import console, warn
from conflictnews.cli.options import PATH, argument, command, option

if TYPE_CHECKING:
    from conflictnews.model import Document


@command
@argument("a", "The first pass: a JSONL file, a folder of .json documents, or a file or folder of any other format.", type=PATH)
@argument("b", "The second pass, over the same documents.", type=PATH)
@option("--layer", multiple=True, help="Only this layer: entities, events, quotes or boilerplate; may be given several times.")
@option("--from", "from_", default="", metavar="FORMAT", help="The format of both passes, where their names do not tell.")
@option("--check", is_flag=True, help="Exit with 1 if a measure is below its floor.")
@option("--json", metavar="FILE|-", section="Output files", help="Write the unrounded numbers as JSON to FILE, or with - to the terminal instead of the table.")
@option("--markdown", type=PATH, metavar="FILE", section="Output files", help="Write the table as Markdown to FILE.")
def agree(a: Path, b: Path, layer: tuple[str, ...], from_: str, check: bool, json: str | None, markdown: Path | None) -> None:
    """Measure how far two passes over the same documents agree.

    Pairwise F1 of spans (exact and overlapping), Cohen's kappa where both passes judge the same items, Krippendorff's alpha over visible characters, each with its
    95 % interval (bootstrap over documents), and a mark where it is below the floor that the corpus sets.

    Example:
      conflictnews agree corpus/passes/a corpus/passes/b
    """
    from conflictnews.agreement import agree as measure
    from conflictnews.io.jsondoc import write_atomically
    from conflictnews.report.agreement import agreement_markdown, agreement_table

    found = measure(_hydrated(_read(a, from_)), _hydrated(_read(b, from_)), layers=layer or None)
    for path, lacking in ((b, found.only_first), (a, found.only_second)):
        if lacking:
            warn(f"{path} lacks {len(lacking)} documents of the other pass ({', '.join(lacking[:3])}{', ...' if len(lacking) > 3 else ''}); they are left out")
    for message in found.warnings:
        warn(message)
    if json:
        _write_json(found.as_dict(), json)
    if markdown is not None:
        write_atomically(markdown, agreement_markdown(found.measures, documents=len(found.documents), title=f"{a.name} and {b.name}").encode())
    if json != "-":
        console().print(agreement_table(found, title=f"{a} and {b}: {len(found.documents)} documents"))
    if check and any(m.below for m in found.measures.values()):
        raise click.exceptions.Exit(1)


def _write_json(value: object, where: str) -> None:
    import msgspec

    from conflictnews.io.jsondoc import write_atomically

    data = msgspec.json.format(msgspec.json.encode(value), indent=1) + b"\n"
    if where == "-":
        print(data.decode(), end="")
    else:
        write_atomically(Path(where), data)


def _read(path: Path, wanted: str) -> list[Document]:
    """The documents of a pass."""
    from conflictnews.errors import DocumentError
    from conflictnews.io.formats import format_of

    if not path.exists():
        raise DocumentError(f"{path}: there is no such file or folder")
    return list(format_of(path, wanted)[1].load().read(path))


def _hydrated(documents: Sequence[Document]) -> list[Document]:
    """The documents, those without text filled in where it is on this machine."""
    from conflictnews.hydrate import hydrated

    return [document if document.text is not None or document.text_sha256 is None else hydrated(document) or document for document in documents]

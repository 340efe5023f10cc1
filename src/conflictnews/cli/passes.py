"""conflictnews agree and conflictnews adjudicate: two blind passes over the same documents."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from conflictnews.cli.console import console, warn
from conflictnews.cli.options import PATH, argument, command, option
from conflictnews.cli.output import write_json

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
        write_json(found.as_dict(), json)
    if markdown is not None:
        write_atomically(markdown, agreement_markdown(found.measures, documents=len(found.documents), title=f"{a.name} and {b.name}").encode())
    if json != "-":
        console().print(agreement_table(found, title=f"{a} and {b}: {len(found.documents)} documents"))
    if check and any(m.below for m in found.measures.values()):
        raise click.exceptions.Exit(1)


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


@command
@argument("a", "The first pass: a JSONL file, a folder of .json documents, or a file or folder of any other format.", type=PATH)
@argument("b", "The second pass, over the same documents.", type=PATH)
@option("--output", "-o", type=PATH, required=True, metavar="GOLD", help="Where the merged documents go once nothing is open: a .jsonl or .json file, or a new folder.")
@option("--decisions", type=PATH, required=True, metavar="FILE", help="The file of decisions, JSONL: made where it is not there, kept up to date where it is.")
@option("--interactive", "-i", is_flag=True, help="Ask in the terminal: a, b, n (neither), o (both), s (skip), q (quit). Every answer is saved at once.")
@option("--partial", is_flag=True, help="Write GOLD though something is open; what is open is left out.")
@option("--from", "from_", default="", metavar="FORMAT", help="The format of both passes, where their names do not tell.")
@option("--to", default="", metavar="FORMAT", help="The format of GOLD, where its name does not tell.")
def adjudicate(a: Path, b: Path, output: Path, decisions: Path, interactive: bool, partial: bool, from_: str, to: str) -> None:
    """Make two passes into one, disagreement by disagreement.

    The first run writes the file of decisions: a line a disagreement, with what either pass has and the words around. Fill in `decision` (a, b, both, neither, or
    edit with the right `annotation`) and `reason`; the next run applies what is decided, and writes GOLD when nothing is open. Names of entities, events and quotes are
    aligned first. A decision on something that a pass has changed since is stale: it is told, kept and not applied. Exit code 1 while something is open.

    Example:
      conflictnews adjudicate corpus/passes/a/cn-0013.json corpus/passes/b/cn-0013.json -o gold.json --decisions decisions.jsonl
    """
    from conflictnews.adjudication import compare_passes, merge_all, open_ids, read_rows, settle, write_rows

    passes = compare_passes(_read(a, from_), _read(b, from_))
    rows = read_rows(decisions)
    settled = settle(passes.cases, rows)
    for path, lacking in ((b, passes.only_first), (a, passes.only_second)):
        if lacking:
            warn(f"{path} lacks {len(lacking)} documents of the other pass ({', '.join(lacking[:3])}{', ...' if len(lacking) > 3 else ''}); they are left out")
    for case in passes.cases:
        if case.lacking:
            warn(f"{case.document.doc_id}: only one pass has {', '.join(case.lacking)}; the merged document will not")
    for row in settled.stale:
        warn(f"{row.doc_id}: the decision {row.id} ({row.layer}, {row.decision or 'open'}) is stale: a pass has changed since; it stays in {decisions}, and is not applied")
    if not decisions.exists() or list(settled.rows) != rows:
        write_rows(settled.rows, decisions)
    if interactive:
        from conflictnews.cli.ask import ask

        settled = ask(passes.cases, settled, lambda kept: write_rows(kept, decisions))
    number = sum(len(case.differences) for case in passes.cases)
    still_open = sum(len(open_ids(case, settled.decided)) for case in passes.cases)
    print(f"{number} disagreements in {len(passes.cases)} documents: {len(settled.decided)} decided, {still_open} open")
    if still_open and not partial:
        print(f"fill in `decision` and `reason` in {decisions} (or use --interactive), and run this again")
        raise click.exceptions.Exit(1)
    _write_gold(merge_all(passes.cases, settled), output, to)
    if still_open:
        raise click.exceptions.Exit(1)


def _write_gold(documents: list[Document], output: Path, to: str) -> None:
    """Write the merged documents if their form holds; tell what else the validator finds."""
    from conflictnews.adjudication import check_all
    from conflictnews.errors import DocumentError
    from conflictnews.io.formats import format_of
    from conflictnews.schema import load_schema

    found = check_all(_hydrated(documents), load_schema())
    broken = [problem for problem in found if problem.check.startswith("format.")]
    if broken:
        raise DocumentError("\n".join(["what was decided does not make a sound document; nothing is written:", *map(str, broken)]))
    _, entry = format_of(output, to or ("json" if not output.suffix else ""))
    entry.load().write(documents, output)
    for problem in found:
        print(problem)
    print(f"{len(documents)} documents written to {output}" + (f", {len(found)} problems" if found else ""))
    if found:
        raise click.exceptions.Exit(1)

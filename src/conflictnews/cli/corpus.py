"""conflictnews corpus: work on the corpus itself."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from conflictnews.cli.console import console, warn
from conflictnews.cli.options import PATH, Command, argument, group, option

if TYPE_CHECKING:
    from conflictnews.model import Document


@group
def corpus() -> None:
    """Work on the corpus itself: add documents, find pages that are too much alike.

    Example:
      conflictnews corpus add gold/ --dry-run
    """


@corpus.command("add", cls=Command)
@argument("docs", "Documents: .json files, JSONL files, folders, or files of any other format.", type=PATH, nargs=-1, required=True)
@option("--split", default="", help="The split they go to. Default: that of their story, else by a rule (55 % train, 15 % dev, 30 % test).")
@option("--corpus", "root", type=PATH, metavar="DIR", help="The corpus. Default: the one in use.")
@option("--pass", "passes", multiple=True, metavar="NAME=FILE", help="Keep a pass over them, as passes/NAME/; may be given several times.")
@option("--decisions", type=PATH, metavar="FILE", help="Keep the decisions between the passes: the file of `conflictnews adjudicate`, or a .md on one document.")
@option("--from", "from_", default="", metavar="FORMAT", help="The format of documents and passes, where their names do not tell.")
@option("--dry-run", is_flag=True, help="Say what would be done, and do nothing.")
def add(docs: tuple[Path, ...], split: str, root: Path | None, passes: tuple[str, ...], decisions: Path | None, from_: str, dry_run: bool) -> None:
    """Add documents to the corpus, with everything that is built from them.

    A document is added when it passes the validator on every level, its doc_id and text are new, and its article shares at most 0.3 of its five-word runs (Jaccard) with
    any other. Without --split the rule decides: documents without text go to test_real, others to the split of their story (meta.story), else to the one that the
    SHA-256 of story or doc_id falls into. All is prepared beside the corpus and then moved into place: a kill leaves the corpus as it was, or an addition that the next
    `corpus add`, `validate` or `build` finishes.

    Example:
      conflictnews corpus add gold/ --pass a=pass-a --pass b=pass-b --decisions decisions.jsonl --dry-run
    """
    from conflictnews.errors import ConflictNewsError
    from conflictnews.intake import adding
    from conflictnews.intake.journal import recover
    from conflictnews.resources import corpus_dir

    root = corpus_dir() if root is None else root
    if not (root / "schema.json").is_file():
        raise ConflictNewsError(f"{root}: is no corpus, there is no schema.json in it")
    told = recover(root)
    if told:
        warn(told)
    documents = [document for path in docs for document in _strict(path, from_)]
    given = {}
    for item in passes:
        name, sign, file = item.partition("=")
        if not sign or not file:
            raise ConflictNewsError(f"--pass {item}: say NAME=FILE, as in --pass a=pass-a.jsonl")
        if name in given:
            raise ConflictNewsError(f"--pass {name} is given twice")
        given[name] = _strict(Path(file), from_)
    work = adding.plan if dry_run else adding.add
    done = work(documents, root, split=split, passes=given, decisions=decisions)
    for note in done.notes:
        warn(note)
    for name, home in done.splits.items():
        print(f"{'would add' if dry_run else 'added'}  {name} to {home}")
    for name in done.files:
        if not name.startswith(f"{root.resolve().name}/documents/"):
            print(f"{'would write' if dry_run else 'wrote'}  {name}")


@corpus.command("duplicates", cls=Command)
@option("--split", multiple=True, help="Only this split; may be given several times. Default: all composed pages.")
@option("--threshold", type=click.FloatRange(0, 1), default=0.3, show_default=True, help="The Jaccard similarity above which two pages are too much alike.")
@option("--top", type=click.IntRange(0), default=10, show_default=True, help="How many pairs to show, most alike first.")
@option("--json", metavar="FILE|-", section="Output files", help="Write pairs and sentences as JSON to FILE, or with - to the terminal instead of the table.")
def duplicates(split: tuple[str, ...], threshold: float, top: int, json: str | None) -> None:
    """Find pages that are too much alike, and sentences that stand on two pages.

    Pages are compared by their sequences of five words (MinHash finds the candidates, the similarity is then counted exactly). Exit code 1 where a pair lies
    above the threshold or a sentence of the main text stands twice.

    Example:
      conflictnews corpus duplicates --split test_real
    """
    from rich.table import Table

    from conflictnews.cli.output import write_json
    from conflictnews.corpus import SPLITS, load_corpus
    from conflictnews.duplicates import near_duplicates, repeated_sentences
    from conflictnews.schema import load_schema

    names = split or tuple(name for name in SPLITS if name != "test_real")
    documents = [d for name in names for d in load_corpus(name)]
    pairs = near_duplicates(documents)
    repeated = repeated_sentences(documents, load_schema())
    alike = [p for p in pairs if p.jaccard > threshold]
    if json:
        write_json({"documents": len(documents), "threshold": threshold, "above": len(alike), "pairs": pairs[:top], "repeated": repeated}, json)
    if json != "-":
        table = Table(title=f"{len(documents)} pages, the pairs most alike", title_justify="left")
        table.add_column("page", no_wrap=True)
        table.add_column("page", no_wrap=True)
        table.add_column("Jaccard", justify="right")
        for p in pairs[:top]:
            table.add_row(p.first, p.second, f"{p.jaccard:.4f}" + (" ▲" if p.jaccard > threshold else ""))
        console().print(table)
        for r in repeated:
            print(f"{', '.join(r.doc_ids)}: {r.sentence}")
        print(f"{len(alike)} pairs above {threshold:g}, {len(repeated)} sentences on more than one page")
    if alike or repeated:
        raise click.exceptions.Exit(1)


def _strict(path: Path, wanted: str) -> list[Document]:
    """The documents of a file or folder; ConflictNewsError where a field of them would be lost because the form does not have it."""
    from conflictnews.errors import ConflictNewsError, DocumentError
    from conflictnews.io.formats import format_of
    from conflictnews.validation.files import check_paths

    if not path.exists():
        raise DocumentError(f"{path}: there is no such file or folder")
    name, entry = format_of(path, wanted)
    if name in ("json", "jsonl"):
        unread = [p for found in check_paths([path], levels=("format",)) for p in found if p.check in ("format.json", "format.unknown-field")]
        if unread:
            raise ConflictNewsError("\n".join(map(str, unread)))
    return list(entry.load().read(path))

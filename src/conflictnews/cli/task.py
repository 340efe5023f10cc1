"""conflictnews task new, task export and task import."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from pathlib import Path

import click

from conflictnews.cli.console import warn
from conflictnews.cli.documents import CHOICES, check, plural, read, tell_losses
from conflictnews.cli.options import PATH, Command, argument, group, option

LAYERS = ("entities", "events", "quotes", "boilerplate")
"""What `conflictnews.model.LAYERS` is, without loading that for help."""


LF = "\n"


@group
def task() -> None:
    """From a raw page to annotations: make documents, hand them to a tool, take its answers back.

    Example:
      conflictnews task new page.html --id my-page -o pages/my-page.json
      conflictnews task export pages --to brat -o to-annotate
      conflictnews task import to-annotate --documents pages -o annotated --annotator ada
    """


@task.command("new", cls=Command)
@argument("page", "A text file in UTF-8, a page saved as HTML, or - for one that comes on standard input.", metavar="PAGE")
@option("--output", "-o", type=PATH, required=True, metavar="DOC.json", help="The document to write, or a folder that is there already, for ID.json in it.")
@option("--id", "doc_id", required=True, metavar="ID", help="The doc_id: lower case letters, digits, '.', '_' and '-'.")
@option(
    "--meta",
    multiple=True,
    metavar="KEY=VALUE",
    help="A field of meta, such as published=2024-12-03 (times are resolved against it) or publisher=NAME; may be given several times.",
)
@option("--as", "kind", type=click.Choice(["text", "html"]), default=None, help="What the page is. Default: what its name says, else how it opens.")
@option("--encoding", default="", metavar="NAME", help="For pages that are not UTF-8 and do not say what they are: cp1252, for instance.")
@option("--unix-lines", is_flag=True, help="Turn the line ends CRLF and CR of a text file into LF; without it every character stays.")
@option("--force", is_flag=True, help="Replace what is at DOC.json already.")
def new(page: str, output: Path, doc_id: str, meta: tuple[str, ...], kind: str | None, encoding: str, unix_lines: bool, force: bool) -> None:
    """Make a document of a raw page: its text frozen and hashed, no layers.

    Of HTML the whole visible text is taken, menus and footers too. The text is never changed again: every offset counts on it.

    Example:
      conflictnews task new page.html --id my-page --meta published=2024-12-03 -o pages/my-page.json
    """
    from datetime import date

    from conflictnews.convert import refuse_existing, write_documents
    from conflictnews.errors import DocumentError
    from conflictnews.tasks.pages import STDIN, make_document, remarks

    out = output / f"{doc_id}.json" if output.is_dir() else output
    if out.suffix != ".json":
        raise DocumentError(f"{out}: a document's file is called DOC.json")
    refuse_existing(out, force=force)
    fields = dict(_field(item) for item in meta)
    if len(fields) < len(meta):
        raise click.UsageError("a field of --meta is given twice")
    name = STDIN if page == "-" else Path(page).name
    document = make_document(_bytes(page), name, doc_id=doc_id, today=date.today(), kind=kind or "", encoding=encoding, unix_lines=unix_lines, meta=fields)
    for remark in remarks(document):
        warn(remark)
    write_documents([document], out, "json", force=force)
    text = document.text or ""
    print(f"{doc_id}: {plural(text.count(LF) + (text[-1:] != LF), 'line')}, {plural(len(text.split()), 'word')}, {plural(len(text), 'character')} written to {out}")


def _field(item: str) -> tuple[str, str]:
    key, equals, value = item.partition("=")
    if not equals or not key.strip():
        raise click.UsageError(f"--meta takes KEY=VALUE, not {item!r}")
    return key.strip(), value


def _bytes(page: str) -> bytes:
    """What the file holds; one byte more than the largest page is enough to refuse it."""
    from conflictnews.errors import DocumentError
    from conflictnews.tasks.pages import LARGEST

    if page == "-":
        return sys.stdin.buffer.read(LARGEST + 1)
    try:
        with Path(page).open("rb") as file:
            return file.read(LARGEST + 1)
    except OSError as error:
        raise DocumentError(f"{page}: cannot be read ({error.strerror})") from error


@task.command("export", cls=Command)
@argument("sources", "Documents to annotate: files or folders of any format, or corpus:SPLIT.", nargs=-1, required=True, metavar="DOC...")
@option("--to", required=True, metavar="FORMAT", help=f"The tool's format: {CHOICES}.")
@option("--output", "-o", type=PATH, required=True, metavar="OUT", help="The file or folder to write.")
@option("--layer", multiple=True, type=click.Choice(LAYERS), help="Only this layer is to be annotated; may be given several times. Default: all that the format carries.")
@option("--texts", default="", metavar="PATH", help="Documents with the texts of those that have none, by doc_id: a file, a folder, or corpus:SPLIT.")
@option("--lossy", is_flag=True, help="Go on though annotations that the documents have already are lost in the format; they are listed all the same.")
@option("--force", is_flag=True, help="Replace what is at OUT already.")
def export(sources: tuple[str, ...], to: str, output: Path, layer: tuple[str, ...], texts: str, lossy: bool, force: bool) -> None:
    """Write documents to annotate in the format of a tool, with the labels of their layers where the format holds them.

    Annotations that are there already go along, to be mended. Keep the documents: import puts the answers back onto them.

    Example:
      conflictnews task export pages --to brat -o to-annotate
    """
    from conflictnews.convert import output_format, refuse_existing, refuse_twice, write_documents
    from conflictnews.resources import resource_dir
    from conflictnews.tasks.answers import bare, opened

    name, _ = output_format(output, to)
    refuse_existing(output, force=force)
    documents = [document for source in sources for document in read(source, "").documents]
    refuse_twice(documents, ", ".join(sources))
    ready = opened(check(documents, name, texts=texts), name, layer or LAYERS)
    tell_losses(bare(ready, name), name, lossy=lossy)
    write_documents(ready, output, name, force=force)
    print(f"the guidelines for annotators are in {resource_dir('annotation_guidelines')}")
    print(f"{plural(len(ready), 'document')} written to {output} ({name})")


@task.command("import", cls=Command)
@argument("answers", "What the tool gave back: a file or a folder.", metavar="ANSWERS")
@option("--from", "from_", default="", metavar="FORMAT", help=f"The tool's format: {CHOICES}. Default: what the name of ANSWERS tells.")
@option("--documents", required=True, metavar="PATH", help="The documents that were exported, with their texts: a folder, a file, or corpus:SPLIT.")
@option("--output", "-o", type=PATH, required=True, metavar="OUT", help="What to write: a folder of .json documents, or a file whose name tells its format, such as a.jsonl.")
@option("--annotator", default="", metavar="NAME", help="Whose answers these are; goes into meta.annotator.")
@option("--keep", is_flag=True, help="Write documents whose form is broken too (doubled ids, wrong surfaces), so that they can be mended by hand.")
@option("--force", is_flag=True, help="Replace what is at OUT already.")
@option("--lenient", is_flag=True, section="Reading", help="Mend or leave out faulty lines and say which; without it the first one is an error.")
@option("--layer", default="", metavar="LAYER", section="Reading", help="The layer that the spans of the tool belong to, for formats that cannot tell.")
@option("--answers-of", default="", metavar="WHO", section="Reading", help="Whose annotations to read, as the tool calls them, for formats that keep those of several people.")
def import_(answers: str, from_: str, documents: str, output: Path, annotator: str, keep: bool, force: bool, lenient: bool, layer: str, answers_of: str) -> None:
    """Put the answers of a tool back onto the documents that were exported, and check them.

    Texts must be identical to the character; meta and checksums are those of the documents. Problems are printed as `conflictnews validate` does (exit code 1 where there is one); a
    document whose form is broken is not written unless --keep is given.

    Example:
      conflictnews task import to-annotate --documents pages -o annotated --annotator ada
    """
    from conflictnews.convert import output_format, refuse_existing, write_documents
    from conflictnews.errors import ConflictNewsError
    from conflictnews.tasks.answers import check_answers, merge_answers

    name, entry = output_format(output, otherwise="json")
    if not entry.lossless:
        raise ConflictNewsError(f"{output}: {name} cannot carry everything; name a folder, or a file such as a.jsonl")
    refuse_existing(output, force=force)
    read_answers = read(answers, from_, lenient=lenient, layer=layer, answers_of=answers_of).documents
    merged = merge_answers(read_answers, read(documents, "").documents, annotator=annotator or answers_of)
    _tell(merged.unanswered, "without an answer")
    _tell(merged.blank, "that nobody annotated")
    if not merged.documents:
        raise ConflictNewsError(f"{answers}: holds no answer to any of the documents")
    checked = check_answers(merged.documents)
    problems = [problem for _, found, _ in checked for problem in found]
    for problem in problems:
        print(problem)
    kept = [document for document, _, sound in checked if sound or keep]
    _tell([document.doc_id for document, _, sound in checked if not (sound or keep)], "of broken form not written (--keep writes them)")
    if kept:
        write_documents(kept, output, name, force=force)
    print(
        f"{plural(len(kept), 'document')} written to {output} ({name})" + (f", {plural(len(problems), 'problem')}" if problems else ", no problems")
        if kept
        else "nothing was written"
    )
    if problems:
        raise click.exceptions.Exit(1)


def _tell(doc_ids: Iterable[str], what: str) -> None:
    """Name documents on the error stream, where there are any."""
    names = list(doc_ids)
    if names:
        warn(f"{plural(len(names), 'document')} {what}: {', '.join(names[:10])}" + (" ..." if len(names) > 10 else ""))

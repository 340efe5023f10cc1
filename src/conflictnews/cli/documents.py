"""What commands that read documents of any format tell on the way: problems, missing texts, losses."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

import click

from conflictnews.cli.console import console, warn
from conflictnews.io.formats import FORMATS

if TYPE_CHECKING:
    from conflictnews.convert import Loss, Reading
    from conflictnews.model import Document

CHOICES = ", ".join(FORMATS)
"""The formats, as help lists them."""


def plural(number: int, word: str) -> str:
    """A number of things: 1 document, 2 documents."""
    return f"{number} {word}" + ("" if number == 1 else "s")


def read(source: str, from_: str, *, lenient: bool = False, layer: str = "", answers_of: str = "") -> Reading:
    """The documents, with a bar while they are read; tells what their reader mended or warned of. An error where there are none."""
    from conflictnews.convert import read_documents
    from conflictnews.errors import ConflictNewsError

    reading = read_documents(source, from_, lenient=lenient, layer=layer, answers_of=answers_of, progress=bar("reading"))
    for problem in reading.problems:
        warn(str(problem))
    for message in reading.warnings:
        warn(message)
    if reading.problems:
        warn(f"{plural(len(reading.problems), 'problem')} in {source}" + (", each mended or left out as it says" if lenient else ", mended"))
    if not reading.documents:
        raise ConflictNewsError(f"{source}: holds no document")
    return reading


def bar(description: str) -> Any:
    """Gives on what it is given, with a bar on the error stream where that is a terminal."""
    from rich.progress import track

    def shown(items: Iterable[Any]) -> Iterator[Any]:
        yield from track(items, description=description, console=console(stderr=True), transient=True, disable=not sys.stderr.isatty())

    return shown


def check(documents: Sequence[Document], name: str, *, texts: str = "") -> Sequence[Document]:
    """The documents with the texts that were given; an error where the format needs texts that are not there, a word on the error stream where it does not."""
    from conflictnews.convert import fill_texts, read_documents, refuse_wordless

    if texts:
        documents, unvouched = fill_texts(documents, read_documents(texts).documents)
        if unvouched:
            warn(f"{plural(len(unvouched), 'document')} without text_sha256 (first {unvouched[0]}): nothing but offsets and words says that the text is the right one")
    refuse_wordless(documents, name)
    bare = [document.doc_id for document in documents if document.text is None]
    if bare:
        warn(f"{plural(len(bare), 'document')} without text (first {bare[0]}); --texts PATH fills it in")
    return documents


def tell_losses(documents: Sequence[Document], name: str, *, lossy: bool) -> None:
    """List what the format cannot carry; the end, with exit code 1, where there is something and `lossy` was not asked for."""
    from conflictnews.convert import losses_of

    losses = losses_of(bar("looking for losses")(documents), name)
    for loss in losses:
        (warn if lossy else _say)(_line(loss))
    if losses and not lossy:
        _say(f"{name} cannot carry this, and nothing was written; go on all the same with --lossy, or choose one of {', '.join(n for n, f in FORMATS.items() if f.lossless)}")
        raise click.exceptions.Exit(1)


def _line(loss: Loss) -> str:
    where = loss.first if loss.documents == 1 else f"{loss.documents} documents, first {loss.first}"
    return f"lost: {loss.kind}" + ("" if loss.count is None else f": {loss.count}") + f" (in {where})"


def _say(message: str) -> None:
    print(message, file=sys.stderr)

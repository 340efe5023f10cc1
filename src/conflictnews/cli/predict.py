"""conflictnews predict."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from conflictnews.cli.console import console, warn
from conflictnews.cli.options import PATH, argument, command, option

if TYPE_CHECKING:
    from conflictnews.model import Document

PAGES = (".txt", ".html", ".htm", ".xhtml")
"""The endings of raw pages; everything else is read as documents."""


@command
@argument("name", "The baseline; `conflictnews predict list` shows them.")
@argument("inputs", "Pages (.txt, .html), documents in our form (JSONL, .json), or folders of either.", type=PATH, nargs=-1, metavar="[INPUT]...")
@option("--output", "-o", type=PATH, metavar="FILE", help="Where the predictions go, as JSONL. Default: the terminal.")
@option("--encoding", default="", metavar="NAME", help="The encoding of raw pages that are neither UTF-8 nor, in HTML, say what they are.")
@option("--lenient", is_flag=True, help="Leave out pages that cannot be used and name them, instead of stopping at the first.")
def predict(name: str, inputs: tuple[Path, ...], output: Path | None, encoding: str, lenient: bool) -> None:
    """Run one baseline over pages of your own and write its documents as JSONL.

    Of a saved HTML page the visible text is taken, furniture and all, and is given with the answer, since offsets mean nothing without it. Pages are read one by one, so a folder may
    be as large as it likes; a file is written whole or not at all.

    Example:
      conflictnews predict pipeline page.html -o predictions.jsonl
    """
    from conflictnews.baselines import BASELINES
    from conflictnews.errors import ConflictNewsError, MissingExtraError
    from conflictnews.io.jsonl import encode_line, write_jsonl

    if name == "list":
        for key, entry in BASELINES.items():
            print(f"{key:26} {entry.kind:10} {'+'.join(entry.layers):38} {entry.summary}{'' if entry.installed() else ' (not installed)'}")
        return
    if name not in BASELINES:
        raise ConflictNewsError(f"there is no baseline {name!r}; there are {', '.join(BASELINES)}")
    if not BASELINES[name].installed():
        raise MissingExtraError(name, BASELINES[name].extra)
    places = [place for path in inputs for place in _places(path)]
    if not places:
        raise ConflictNewsError("nothing to read: give documents (JSONL, .json, a folder) or pages (.txt, .html)")
    from rich.progress import track

    pages = track(_pages(places, encoding, lenient=lenient), total=len(places), description=name, console=console(stderr=True), transient=True)
    found = _answers(name, pages)
    if output is None:
        for document in found:
            print(encode_line(document).decode(), end="", flush=True)
    else:
        print(f"{write_jsonl(found, output)} documents written to {output}")


def _answers(name: str, pages: Iterable[tuple[Document, bool]]) -> Iterator[Document]:
    """The answers in order, each with its text where the page was a raw one."""
    import msgspec

    from conflictnews.baselines import BASELINES
    from conflictnews.bench import bare
    from conflictnews.hydrate import with_text

    raw: dict[str, Document] = {}

    def texts() -> Iterator[Document]:
        for document, is_raw in pages:
            if is_raw:
                raw[document.doc_id] = document
            yield bare(document)

    for answer in BASELINES[name].load()(texts()):
        page = raw.pop(answer.doc_id, None)
        yield answer if page is None else msgspec.structs.replace(with_text(answer, page.text or ""), meta=page.meta)


def _places(path: Path) -> list[Path]:
    """The files that a path stands for: itself, or the pages of a folder, else its documents."""
    if not path.is_dir():
        return [path]
    pages = sorted(p for p in path.rglob("*") if p.suffix.lower() in PAGES and p.is_file() and not p.name.startswith("."))
    return pages or [path]


def _pages(places: Iterable[Path], encoding: str, *, lenient: bool) -> Iterator[tuple[Document, bool]]:
    """The documents at these places, each with whether it was a raw page; DocumentError for what cannot be used, unless that is only told (`lenient`)."""
    from conflictnews.errors import DocumentError

    seen: set[str] = set()
    for place in places:
        try:
            for document, is_raw in _read(place, encoding):
                if document.doc_id in seen:
                    raise DocumentError(f"two pages are called {document.doc_id}; a page's file name becomes its doc_id, so rename one")
                if document.text is None:
                    raise DocumentError(f"{document.doc_id}: the document has no text to work on")
                seen.add(document.doc_id)
                yield document, is_raw
        except DocumentError as error:
            if not lenient:
                raise
            warn(f"left out: {error}")


def _read(place: Path, encoding: str) -> Iterator[tuple[Document, bool]]:
    """What lies in a file: one raw page, or documents."""
    from datetime import UTC, datetime

    from conflictnews.errors import DocumentError
    from conflictnews.io.jsonl import iter_documents
    from conflictnews.model import id_fault
    from conflictnews.tasks.pages import LARGEST, make_document

    if place.suffix.lower() not in PAGES and not place.name.startswith("."):
        for document in iter_documents(place):
            yield document, False
        return
    fault = id_fault(place.stem)
    if fault:
        raise DocumentError(f"{place}: {fault}; rename the file")
    try:
        if place.stat().st_size > LARGEST:
            raise DocumentError(f"{place}: has more than {LARGEST // 1_000_000} MB; a document is one page, so cut the file up")
        data = place.read_bytes()
    except OSError as error:
        raise DocumentError(f"{place}: cannot be read ({error.strerror})") from error
    kind = "text" if place.suffix.lower() == ".txt" else "html"
    yield make_document(data, str(place), doc_id=place.stem, today=datetime.now(UTC).date(), kind=kind, encoding=encoding), True

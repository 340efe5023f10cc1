"""Documents from one format into another: what is read and how, what would be lost, and putting the result in its place whole or not at all."""

from __future__ import annotations

import inspect
import re
import tempfile
import warnings
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import msgspec

from conflictnews.corpus import load_corpus
from conflictnews.errors import ConflictNewsError, DocumentError, HydrationError
from conflictnews.hydrate import with_text
from conflictnews.io.formats import FORMATS, Format, Module, format_of, lenient_reader
from conflictnews.io.problem import Problem
from conflictnews.model import Document, first_fault, spans_of, text_sha256

CORPUS = "corpus:"
"""What the name of a split is written after where it stands for a path."""

Progress = Callable[[Iterable[Any]], Iterable[Any]]
"""What a command shows its progress with: it gives on what it is given."""


class Reading(msgspec.Struct, frozen=True):
    """Documents, the problems that their reader mended, and what it warned of."""

    documents: tuple[Document, ...]
    problems: tuple[Problem, ...] = ()
    warnings: tuple[str, ...] = ()


class Loss(msgspec.Struct, frozen=True):
    """One kind of thing that a format cannot carry: how many there are (None where they are not counted), in how many documents, and the first of these."""

    kind: str
    count: int | None
    documents: int
    first: str


def read_documents(source: str, wanted: str = "", *, lenient: bool = False, layer: str = "", answers_of: str = "", progress: Progress = iter) -> Reading:
    """The documents of a file or folder in the format `wanted` (or the one that its name tells), or those of a split of the corpus (``corpus:dev``).

    `lenient` goes on after faults that the format's reader can mend or leave out; `layer` and `answers_of` are for readers that take them. Raises ConflictNewsError for what cannot
    be read, a doc_id that comes twice, and options that the format has no use for.
    """
    if source.startswith(CORPUS):
        if wanted or lenient or layer or answers_of:
            raise ConflictNewsError(f"{source}: a split of the corpus is read as it is; --from, --lenient, --layer and --answers-of are for files")
        return Reading(_split(source.removeprefix(CORPUS)))
    path = Path(source)
    if not path.exists():
        raise DocumentError(f"{path}: there is no such file or folder; a split of the corpus is called {CORPUS}dev")
    name, entry = format_of(path, wanted)
    module = entry.load()
    keywords = _keywords(name, module, layer=layer, answers_of=answers_of)
    reader = lenient_reader(module)
    if lenient and reader is None:
        raise ConflictNewsError(f"the format {name} is not read leniently; those that are: {', '.join(lenient_formats())}")
    documents: list[Document] = []
    problems: list[Problem] = []
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always", UserWarning)
        for document, found in progress(reader(path, strict=not lenient, **keywords) if reader else ((document, ()) for document in module.read(path, **keywords))):
            documents.append(document)
            problems += found
    refuse_twice(documents, source)
    return Reading(tuple(documents), tuple(problems), tuple(str(warning.message) for warning in told))


def _split(name: str) -> tuple[Document, ...]:
    """The documents of a split, without their texts where those are not on this machine."""
    try:
        return load_corpus(name)
    except HydrationError:
        return load_corpus(name, standoff=True)


def refuse_twice(documents: Iterable[Document], source: str) -> None:
    """DocumentError where two of the documents have one doc_id."""
    seen: set[str] = set()
    for document in documents:
        if document.doc_id in seen:
            raise DocumentError(f"{source}: the doc_id {document.doc_id} comes twice; each document is given once")
        seen.add(document.doc_id)


def _keywords(name: str, module: Module, *, layer: str, answers_of: str) -> dict[str, Any]:
    """What is said to the reader beside the path; ConflictNewsError where it does not listen."""
    known = inspect.signature(module.read).parameters
    found: dict[str, Any] = {}
    for said, option, names in ((layer, "--layer", ("layer",)), (answers_of, "--answers-of", ("annotator", "session"))):
        keyword = next((keyword for keyword in names if keyword in known), None)
        if said and keyword is None:
            raise ConflictNewsError(f"the format {name} says itself what {option} would; leave it out")
        if said and keyword:
            found[keyword] = said
    return found


def lenient_formats() -> list[str]:
    """The formats whose readers can go on after a fault, of those that are installed."""
    return [name for name, entry in FORMATS.items() if entry.installed and lenient_reader(entry.load())]


def fill_texts(documents: Iterable[Document], texts: Iterable[Document]) -> tuple[tuple[Document, ...], list[str]]:
    """The documents, those without text with that of their namesake in `texts`; and the ids of those whose text no checksum vouches for.

    DocumentError where the text is not the one that was annotated: another checksum, spans past its end, or other words than a surface.
    """
    known = {document.doc_id: document.text for document in texts}
    filled: list[Document] = []
    unvouched: list[str] = []
    for document in documents:
        text = known.get(document.doc_id) if document.text is None else None
        filled.append(document if text is None else _filled(document, text))
        if text is not None and document.text_sha256 is None:
            unvouched.append(document.doc_id)
    return tuple(filled), unvouched


def _filled(document: Document, text: str) -> Document:
    if document.text_sha256 is not None and document.text_sha256 != text_sha256(text):
        raise DocumentError(f"{document.doc_id}: the text that was given is not the one that was annotated (another text_sha256); nothing was written")
    fault = first_fault(document, len(text))
    if fault:
        raise DocumentError(f"{document.doc_id}: the text that was given is not the one that was annotated: {fault}")
    for place, start, end, surface in spans_of(document):
        if surface not in (None, text[start:end]):
            raise DocumentError(f"{document.doc_id}: the text that was given is not the one that was annotated: {place} is {surface!r}, the text has {text[start:end]!r}")
    return with_text(document, text)


def refuse_wordless(documents: Iterable[Document], name: str) -> None:
    """DocumentError, with the way out, for the documents that have no text though the format called `name` carries the words."""
    bare = [document.doc_id for document in documents if document.text is None]
    if bare and FORMATS[name].words:
        without = ", ".join(other for other, entry in FORMATS.items() if not entry.words)
        which = bare[0] if len(bare) == 1 else f"{bare[0]} and {len(bare) - 1} more"
        raise DocumentError(
            f"{which}: no text, and {name} carries the words; give documents that have it with --texts PATH, or for test_real run `conflictnews hydrate`; without text there are {without}"
        )


def losses_of(documents: Iterable[Document], name: str) -> list[Loss]:
    """What the format called `name` cannot carry of these documents, by kind, in the order in which it was met."""
    losses = FORMATS[name].load().losses
    met: dict[str, Loss] = {}
    for document in documents:
        for line in losses(document):
            kind, count = _counted(line)
            key = re.sub(r"s\b", "", kind)
            old = met.get(key, Loss(kind, None, 0, document.doc_id))
            total = (old.count or 0) + count if count is not None else old.count
            met[key] = Loss(max(old.kind, kind, key=len), total, old.documents + 1, old.first)
    return list(met.values())


def _counted(line: str) -> tuple[str, int | None]:
    """A line of `losses` without its first number, and the number: the level of 3 mentions -> the level of mentions, 3."""
    match = re.search(r"(?<![\w.])(\d+) ", line)
    return (line[: match.start()] + line[match.end() :], int(match[1])) if match else (line, None)


def write_documents(documents: Sequence[Document], out: Path, name: str, *, force: bool = False) -> None:
    """Put the documents at `out` in the format called `name`: whole or not at all, whatever becomes of the writer.

    They are written beside `out` and then moved there. What is there already is an error, or with `force` is replaced and stays until the new is complete.
    """
    refuse_existing(out, force=force)
    module = FORMATS[name].load()
    with replaced(out) as place:
        module.write(documents, place)


def refuse_existing(out: Path, *, force: bool) -> None:
    """DocumentError where something is at `out` that may not be replaced; an empty folder is nothing."""
    if out.is_symlink() and not out.exists():
        raise DocumentError(f"{out}: is a link to nothing; delete it, or name the file itself")
    if not force and out.exists() and not (out.is_dir() and not any(out.iterdir())):
        raise DocumentError(f"{out}: is there already, and nothing was written; name another place, or replace it with --force")


@contextmanager
def replaced(out: Path) -> Iterator[Path]:
    """A place of the same name in a hidden folder beside `out`; what lies there at the end takes the place of `out`, and after an error nothing does.

    A folder is moved aside before the new one is moved in: a machine that stops between the two moves leaves both in the hidden folder.
    """
    target = out.resolve() if out.is_symlink() else out.absolute()
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        folder = tempfile.TemporaryDirectory(prefix=f".{target.name}.", dir=target.parent)
    except OSError as error:
        raise DocumentError(f"{out}: cannot be written ({error.strerror})") from error
    with folder as temporary:
        place = Path(temporary) / target.name
        try:
            yield place
            _refuse_strangers(place, target)
            _swap(place, target, Path(temporary) / "before")
        except ConflictNewsError as error:
            if str(place) not in str(error):
                raise
            raise DocumentError(str(error).replace(str(place), str(out))) from None
        except OSError as error:
            raise DocumentError(f"{out}: cannot be written ({error.strerror or error})") from error


def _refuse_strangers(new: Path, target: Path) -> None:
    """DocumentError where `target` is not of the kind that `new` is, so that no folder of other things is ever thrown away."""
    if not target.exists():
        return
    if target.is_dir() != new.is_dir():
        raise DocumentError(f"{target}: is a {'folder, and a file' if target.is_dir() else 'file, and a folder'} is to be written; name another place")
    suffixes = {file.suffix for file in new.iterdir()} if new.is_dir() else set()
    for entry in sorted(target.iterdir()) if new.is_dir() else ():
        if entry.is_dir() or entry.name.startswith(".") or entry.suffix not in suffixes:
            raise DocumentError(f"{target}: holds {entry.name}, which this format does not write; the folder is not replaced, delete it yourself or name another place")


def _swap(new: Path, target: Path, aside: Path) -> None:
    """Move `new` to `target`; a folder that was there goes to `aside`, and comes back where the move fails."""
    if not new.is_dir():
        new.replace(target)
        return
    before = target.exists()
    if before:
        target.rename(aside)
    try:
        new.rename(target)
    except BaseException:
        if before:
            aside.rename(target)
        raise


def output_format(out: Path, wanted: str = "", *, otherwise: str = "") -> tuple[str, Format]:
    """The format to write: `wanted`, or what the name of `out` tells, or `otherwise` for a name without a suffix."""
    return format_of(out, wanted or ("" if out.suffix else otherwise))

"""One document a line: the form of predictions and of streams."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from pathlib import Path

import msgspec

from conflictnews.errors import DocumentError
from conflictnews.io.jsondoc import decode_document, load_document, parse_document, write_atomically
from conflictnews.model import Document


def iter_jsonl(path: str | os.PathLike[str]) -> Iterator[Document]:
    """The documents of a JSONL file, one by one; blank lines are passed over, every error names file and line."""
    for _, document in _located_lines(path):
        yield document


def _located_lines(path: str | os.PathLike[str], *, checked: bool = True) -> Iterator[tuple[str, Document]]:
    decode = decode_document if checked else parse_document
    try:
        with Path(path).open("rb") as file:
            for number, line in enumerate(file, 1):
                if number == 1:
                    line = line.removeprefix(b"\xef\xbb\xbf")
                if not line.isspace() and line:
                    where = f"{path}, line {number}"
                    yield where, decode(line, where)
    except OSError as error:
        raise DocumentError(f"{path}: cannot be read ({error.strerror})") from error


def iter_documents(path: str | os.PathLike[str]) -> Iterator[Document]:
    """The documents under `path`: a folder of ``.json`` files (searched through, in order of name), one ``.json`` file, or a JSONL file.

    Raises DocumentError for anything unreadable, and when a doc_id comes a second time.
    """
    for _, document in iter_located(path):
        yield document


def iter_located(path: str | os.PathLike[str], *, checked: bool = True) -> Iterator[tuple[str, Document]]:
    """The same, each document with the place that it was read from: a file, or a file and a line. Without `checked` ids and offsets are not looked at."""
    origin = Path(path)
    if origin.is_dir():
        files = sorted(p for p in origin.rglob("*.json") if not p.name.startswith("."))
        if not files:
            raise DocumentError(f"{path}: the folder holds no .json document")
        found: Iterable[tuple[str, Document]] = ((str(file), load_document(file, checked=checked)) for file in files)
    elif not origin.exists():
        raise DocumentError(f"{path}: there is no such file or folder")
    elif origin.suffix == ".json":
        found = [(str(path), load_document(origin, checked=checked))]
    else:
        found = _located_lines(origin, checked=checked)
    seen: set[str] = set()
    for where, document in found:
        if document.doc_id in seen:
            raise DocumentError(f"{where}: the doc_id {document.doc_id} comes twice; each document is given once")
        seen.add(document.doc_id)
        yield where, document


def encode_line(document: Document) -> bytes:
    """A document as one line of JSONL."""
    return msgspec.json.encode(document) + b"\n"


def write_jsonl(documents: Iterable[Document], path: str | os.PathLike[str]) -> int:
    """Write documents to a JSONL file, whole or not at all; gives how many."""
    lines = [encode_line(document) for document in documents]
    write_atomically(Path(path), b"".join(lines))
    return len(lines)


def read(path: Path) -> Iterator[Document]:
    """The documents of a JSONL file (see `iter_jsonl`)."""
    yield from iter_documents(path)


def write(documents: Iterable[Document], path: Path) -> None:
    """Documents as JSONL (see `write_jsonl`)."""
    write_jsonl(documents, path)


def losses(document: Document) -> Iterator[str]:
    """Nothing: the form is that of the model."""
    yield from ()

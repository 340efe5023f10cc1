"""Predictions that are only an article's text: one JSON object a line, or one text file a page."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import msgspec

from conflictnews.errors import DocumentError
from conflictnews.io.jsondoc import explain
from conflictnews.model import id_fault


class _Line(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    doc_id: str
    main_text: str


_DECODER = msgspec.json.Decoder(_Line)
_BOM = b"\xef\xbb\xbf"


def iter_text_predictions(path: str | os.PathLike[str]) -> Iterator[tuple[str, str]]:
    """The (doc_id, article text) pairs under `path`: a JSONL file of ``{"doc_id", "main_text"}``, or a folder of ``<doc_id>.txt`` (searched through, in order of name).

    Blank lines are passed over; an empty text says that no article was found. Raises DocumentError with file and line for anything unreadable, and when a
    doc_id comes a second time.
    """
    origin = Path(path)
    if not origin.exists():
        raise DocumentError(f"{path}: there is no such file or folder")
    seen: set[str] = set()
    for where, doc_id, text in _from_folder(origin) if origin.is_dir() else _from_lines(origin):
        fault = id_fault(doc_id)
        if fault:
            raise DocumentError(f"{where}: {fault}")
        if doc_id in seen:
            raise DocumentError(f"{where}: the doc_id {doc_id} comes twice; each document is given once")
        seen.add(doc_id)
        yield doc_id, text


def _from_folder(folder: Path) -> Iterator[tuple[str, str, str]]:
    files = sorted(p for p in folder.rglob("*.txt") if p.is_file() and not p.name.startswith("."))
    if not files:
        raise DocumentError(f"{folder}: the folder holds no .txt file; name each <doc_id>.txt")
    for file in files:
        try:
            yield str(file), file.name.removesuffix(".txt"), file.read_bytes().removeprefix(_BOM).decode("utf-8")
        except OSError as error:
            raise DocumentError(f"{file}: cannot be read ({error.strerror})") from error
        except UnicodeDecodeError as error:
            raise DocumentError(f"{file}: {explain(error, b'')}") from None


def _from_lines(path: Path) -> Iterator[tuple[str, str, str]]:
    try:
        with path.open("rb") as file:
            for number, line in enumerate(file, 1):
                data = line.removeprefix(_BOM) if number == 1 else line
                if data and not data.isspace():
                    where = f"{path}, line {number}"
                    found = _decode(data, where)
                    yield where, found.doc_id, found.main_text
    except OSError as error:
        raise DocumentError(f"{path}: cannot be read ({error.strerror})") from error


def _decode(data: bytes, where: str) -> _Line:
    try:
        return _DECODER.decode(data)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        message = str(error)
        if isinstance(error, msgspec.ValidationError) and "field" in message:
            message += '; a line is {"doc_id": "...", "main_text": "..."}'
        else:
            message = explain(error, data)
        raise DocumentError(f"{where}: {message}") from None

"""Checking files: what cannot be read is a problem of its own, and the rest goes on."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

from conflictnews.errors import ConflictNewsError, DocumentError
from conflictnews.io.jsondoc import doc_id_of, parse_document, unknown_fields
from conflictnews.model import Document
from conflictnews.schema import load_schema
from conflictnews.validation import LEVELS, check_document
from conflictnews.validation.problem import Problem


def check_paths(paths: Iterable[Path], *, levels: tuple[str, ...] = tuple(LEVELS)) -> Iterator[list[Problem]]:
    """The problems of each document under `paths`, one list a document; a standoff document is checked with its text where that is on this machine."""
    schema = load_schema()
    homes: dict[str, str] = {}
    for path in paths:
        for data, where, stem in _records(path):
            problems = list(_unknown_fields(data, where)) if "format" in levels else []
            try:
                document = parse_document(data, where)
            except DocumentError as error:
                yield problems or [Problem("format.json", stem, where, str(error).removeprefix(f"{where}: "), "mend the file; document.schema.json describes the form")]
                continue
            if stem and stem != document.doc_id:
                problems.append(Problem("format.file-name", document.doc_id, where, f"the file is called {stem}.json", f"call it {document.doc_id}.json"))
            if document.doc_id in homes:
                problems.append(
                    Problem("format.duplicate-document", document.doc_id, where, f"the doc_id is also that of {homes[document.doc_id]}", "give each document an id of its own")
                )
            homes.setdefault(document.doc_id, where)
            yield problems + list(check_document(_with_text(document), schema, levels=levels))


def _with_text(document: Document) -> Document:
    """The document with its hydrated text if it has none; as it is where it carries surfaces that it should not."""
    from conflictnews.hydrate import hydrated
    from conflictnews.model import spans_of

    if document.text is not None or document.text_sha256 is None or any(surface is not None for *_, surface in spans_of(document)):
        return document
    try:
        return hydrated(document) or document
    except (ConflictNewsError, ValueError):
        return document


def _records(path: Path) -> Iterator[tuple[bytes, str, str]]:
    """The raw bytes of each document, where they stand, and the name its file should have (empty for JSONL)."""
    if path.is_dir():
        files = sorted(p for p in path.rglob("*.json") if not p.name.startswith("."))
        if not files:
            raise ConflictNewsError(f"{path}: the folder holds no .json document")
    elif path.exists():
        files = [path]
    else:
        raise ConflictNewsError(f"{path}: there is no such file or folder")
    for file in files:
        try:
            if file.suffix == ".json":
                yield file.read_bytes().removeprefix(b"\xef\xbb\xbf"), str(file), file.stem
                continue
            with file.open("rb") as lines:
                for number, line in enumerate(lines, 1):
                    if line.strip():
                        yield line.removeprefix(b"\xef\xbb\xbf"), f"{file}, line {number}", ""
        except OSError as error:
            raise ConflictNewsError(f"{file}: cannot be read ({error.strerror})") from error


def _unknown_fields(data: bytes, where: str) -> Iterator[Problem]:
    """Fields that the form does not have, wherever they stand."""
    doc_id = doc_id_of(data)
    for place, name, fields in unknown_fields(data):
        yield Problem("format.unknown-field", doc_id, f"{where}, {place}", f"there is no field {name!r} here", f"the fields are {', '.join(fields)}")

"""One document per JSON file: the form the corpus is kept in."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec

from conflictnews.errors import DocumentError
from conflictnews.model import Argument, BoilerplateSpan, Document, Entity, Event, Quote, Span, first_fault

_DECODER = msgspec.json.Decoder(Document)
_MALFORMED = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)
_FIELDS = ", ".join(Document.__struct_fields__)


def decode_document(data: bytes | str, where: str) -> Document:
    """The document in `data`; every error names `where` (a file, a line) and the JSON path.

    Raises DocumentError for malformed JSON, wrong types, unknown fields of the document, ids that could be paths, and offsets that cannot be a span.
    """
    document = parse_document(data, where)
    refuse_faults(document, where)
    return document


def refuse_faults(document: Document, where: str) -> None:
    """Raise DocumentError, naming `where`, for an id that could be a path and for offsets that cannot be a span."""
    fault = first_fault(document)
    if fault:
        raise DocumentError(f"{where}: {document.doc_id!r}: {fault}" if document.doc_id.isprintable() else f"{where}: {fault}")


def parse_document(data: bytes | str, where: str) -> Document:
    """The document in `data` with only its JSON and types checked: for the validator, which reports the rest itself."""
    try:
        return _DECODER.decode(data)
    except _MALFORMED as error:
        raise DocumentError(f"{where}: {explain(error, data)}") from None


def explain(error: Exception, data: bytes | str) -> str:
    """A decoder's error over `data`, in words that say what to do."""
    if isinstance(error, RecursionError):
        return "the JSON is nested too deeply to be a document"
    if isinstance(error, UnicodeDecodeError):
        return f"not valid UTF-8{_bad_byte(data) or f' at byte {error.start}'}; save the file as UTF-8"
    message = str(error)
    if "unknown field" in message:
        return f"{message}; a document has the fields {_FIELDS}"
    if isinstance(error, msgspec.ValidationError):
        return message
    if _has_lone_surrogate(data):
        return "a string holds one half of a surrogate pair (\\ud800 to \\udfff), which is no character; write whole characters as UTF-8"
    raw = data.encode() if isinstance(data, str) else data
    if raw.startswith((b"\xff\xfe", b"\xfe\xff")) or b"\x00" in raw[:4]:
        return "the file is UTF-16 or UTF-32; save it as UTF-8"
    if re.search(rb"[:\[,]\s*-?(NaN|Infinity)\b", raw):
        return f"{message}; NaN and Infinity are no JSON, write null"
    return f"{message}; the line or file is cut short, or is no JSON"


def _bad_byte(data: bytes | str) -> str:
    """Where the first byte stands that is no UTF-8."""
    try:
        (data.encode("utf-8", "surrogatepass") if isinstance(data, str) else data).decode("utf-8")
    except UnicodeDecodeError as error:
        return f" at byte {error.start}"
    return ""


def _has_lone_surrogate(data: bytes | str) -> bool:
    """Whether `data` is JSON but for an escaped surrogate without its partner (which the fast decoder reports as a cut)."""
    import json

    try:
        value = json.loads(data)
        json.dumps(value, ensure_ascii=False).encode("utf-8")
    except UnicodeEncodeError:
        return True
    except (ValueError, RecursionError):
        return False
    return False


_FORM: dict[str, tuple[type[msgspec.Struct], dict[str, type[msgspec.Struct]]]] = {
    "entities": (Entity, {}),
    "events": (Event, {"trigger": Span, "arguments": Argument}),
    "quotes": (Quote, {"content": Span, "cue": Span, "source": Span}),
    "boilerplate": (BoilerplateSpan, {}),
}


def _raw(data: bytes) -> dict[str, Any]:
    try:
        raw = msgspec.json.decode(data)
    except _MALFORMED:
        return {}
    return raw if isinstance(raw, dict) else {}


def doc_id_of(data: bytes) -> str:
    """The doc_id of a document that may have other faults; empty where there is none."""
    return str(_raw(data).get("doc_id", ""))


def unknown_fields(data: bytes) -> Iterator[tuple[str, str, tuple[str, ...]]]:
    """Fields that the form does not have: JSON path, name, and the fields that there are; nothing where the data is no JSON at all."""
    raw = _raw(data)

    def strangers(value: Any, form: type[msgspec.Struct], place: str) -> Iterator[tuple[str, str, tuple[str, ...]]]:
        for name in value if isinstance(value, dict) else ():
            if name not in form.__struct_fields__:
                yield place, name, form.__struct_fields__

    yield from strangers(raw, Document, "$")
    for layer, (form, inner) in _FORM.items():
        annotations = raw.get(layer)
        for i, annotation in enumerate(annotations if isinstance(annotations, list) else ()):
            yield from strangers(annotation, form, f"{layer}[{i}]")
            for part, part_form in inner.items() if isinstance(annotation, dict) else ():
                value = annotation.get(part)
                for j, item in enumerate(value if isinstance(value, list) else [value]):
                    yield from strangers(item, part_form, f"{layer}[{i}].{part}" + (f"[{j}]" if isinstance(value, list) else ""))


def load_document(path: str | os.PathLike[str], *, checked: bool = True) -> Document:
    """The document in a ``.json`` file."""
    try:
        data = Path(path).read_bytes()
    except OSError as error:
        raise DocumentError(f"{path}: cannot be read ({error.strerror})") from error
    return (decode_document if checked else parse_document)(data.removeprefix(b"\xef\xbb\xbf"), str(path))


def encode_document(document: Document) -> bytes:
    """A document as pretty-printed JSON with a final line end: the same bytes for the same document."""
    return msgspec.json.format(msgspec.json.encode(document), indent=1) + b"\n"


def write_document(document: Document, path: str | os.PathLike[str]) -> None:
    """Write a document to a file, whole or not at all."""
    write_atomically(Path(path), encode_document(document))


def write_atomically(path: Path, data: bytes) -> None:
    """Put `data` into `path` by way of a temporary file beside it, so that a kill leaves the old file or the new one."""
    if path.is_dir():
        raise DocumentError(f"{path}: is a folder; give the name of a file")
    path.parent.mkdir(parents=True, exist_ok=True)
    import tempfile

    handle, temporary = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        Path(temporary).chmod(0o644)
        Path(temporary).replace(path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise


def json_schema() -> dict[str, Any]:
    """The JSON Schema (draft 2020-12) of a document, generated from the model."""
    schema = msgspec.json.schema(Document)
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "conflictnews document",
        "description": "One page with its layers: gold and predictions have the same form. Labels are listed in schema.json.",
        **schema,
    }

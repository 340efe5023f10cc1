"""Documents whose annotations may give words instead of offsets."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec

from conflictnews.errors import DocumentError
from conflictnews.io.jsondoc import explain


class LooseSpan(msgspec.Struct, frozen=True):
    """A span of which the words are known, the place perhaps."""

    start: int | None = None
    end: int | None = None
    surface: str | None = None


class LooseEntity(LooseSpan, frozen=True, kw_only=True):
    """An `Entity` that may lack its offsets."""

    label: str
    id: str | None = None
    subtype: str | None = None
    level: str | None = None
    entity: str | None = None
    value: str | None = None
    low: float | None = None
    high: float | None = None


class LooseArgument(LooseSpan, frozen=True, kw_only=True):
    """An `Argument` that may lack its offsets."""

    role: str
    entity: str | None = None
    status: str | None = None
    source: str | None = None


class LooseEvent(msgspec.Struct, frozen=True):
    """An `Event` whose trigger may be a plain string."""

    label: str
    trigger: LooseSpan | str
    id: str | None = None
    subtype: str | None = None
    event: str | None = None
    arguments: tuple[LooseArgument, ...] = ()
    factuality: str | None = None
    source: str | None = None


Spans = LooseSpan | str | tuple[LooseSpan | str, ...] | None
"""The parts of a quote: spans, plain strings, or one of them without a list around it."""


class LooseQuote(msgspec.Struct, frozen=True):
    """A `Quote` whose parts may be plain strings."""

    content: Spans
    id: str | None = None
    type: str | None = None
    cue: Spans = None
    source: Spans = None
    speakers: tuple[str, ...] = ()
    speaker_reason: str | None = None
    parent: str | None = None


class LooseBlock(LooseSpan, frozen=True, kw_only=True):
    """A `BoilerplateSpan` that may lack its offsets."""

    label: str
    id: str | None = None


class LooseDocument(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A `Document` whose annotations may lack their offsets."""

    doc_id: str
    text: str | None = None
    text_sha256: str | None = None
    meta: dict[str, Any] = {}
    entities: tuple[LooseEntity, ...] | None = None
    events: tuple[LooseEvent, ...] | None = None
    quotes: tuple[LooseQuote, ...] | None = None
    boilerplate: tuple[LooseBlock, ...] | None = None


_DECODER = msgspec.json.Decoder(LooseDocument)


def decode_loose(data: bytes | str, where: str) -> LooseDocument:
    """The loose document in `data`; raises DocumentError, naming `where` and the JSON path, for malformed JSON, wrong types and unknown fields."""
    try:
        return _DECODER.decode(data)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise DocumentError(f"{where}: {explain(error, data)}") from None


def iter_loose(path: Path) -> Iterator[tuple[str, LooseDocument]]:
    """The loose documents of a JSONL file or of one ``.json`` file, each after the place that errors must name."""
    try:
        data = path.read_bytes().removeprefix(b"\xef\xbb\xbf")
    except OSError as error:
        raise DocumentError(f"{path}: cannot be read ({error.strerror})") from error
    if path.suffix == ".json":
        yield str(path), decode_loose(data, str(path))
        return
    for number, line in enumerate(data.split(b"\n"), 1):
        if line.strip():
            yield f"{path}, line {number}", decode_loose(line, f"{path}, line {number}")

"""The document model: one frozen text with four layers of annotation.

Offsets are Unicode code points, half-open: a span's words are ``text[start:end]``. Nothing here knows a label or opens a file; what labels exist is
`conflictnews.schema`'s business, how documents are read and written is `conflictnews.io`'s.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable
from operator import lt
from typing import Any

import msgspec

_PLAIN_ID = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]*")

LONGEST = 1 << 31
"""No text is longer: an offset beyond this is an error even where the text is not at hand."""

LAYERS = ("entities", "events", "quotes", "boilerplate")
"""The names of the four layers, in the order in which they are always listed."""


class Span(msgspec.Struct, frozen=True, omit_defaults=True):
    """A stretch of text: ``[start, end)`` in code points; `surface` repeats the words as a checksum."""

    start: int
    end: int
    surface: str | None = None


class Entity(msgspec.Struct, frozen=True, omit_defaults=True):
    """A mention of an entity or a value.

    `level` is NAM, NOM, PRO or VAL; `entity` the document-level id shared by mentions of one thing; `value` an ISO 8601 string for times;
    `low` and `high` the bounds of a number (both equal for an exact one, null where open).
    """

    start: int
    end: int
    label: str
    id: str | None = None
    subtype: str | None = None
    level: str | None = None
    entity: str | None = None
    surface: str | None = None
    value: str | None = None
    low: float | None = None
    high: float | None = None


class Argument(msgspec.Struct, frozen=True, omit_defaults=True):
    """A role filler of an event: a span and, when the span is a mention, the id of its entity.

    `status` (claimed or denied) and `source` (an entity id) say that the filler, not the event, is contested.
    """

    role: str
    start: int
    end: int
    entity: str | None = None
    status: str | None = None
    source: str | None = None
    surface: str | None = None


class Event(msgspec.Struct, frozen=True, omit_defaults=True):
    """A mention of an event: trigger, typed arguments, and who vouches for it.

    `event` is the document-level id shared by mentions of one happening; `source` the entity id of whoever claims or denies it.
    """

    label: str
    trigger: Span
    id: str | None = None
    subtype: str | None = None
    event: str | None = None
    arguments: tuple[Argument, ...] = ()
    factuality: str | None = None
    source: str | None = None


class Quote(msgspec.Struct, frozen=True, omit_defaults=True):
    """Something said: content spans, cue, source, and the entity ids of its speakers.

    `speakers` is empty when nobody can be named; `speaker_reason` then says why. `parent` is the id of the quote that this one stands in.
    """

    content: tuple[Span, ...]
    id: str | None = None
    type: str | None = None
    cue: tuple[Span, ...] = ()
    source: tuple[Span, ...] = ()
    speakers: tuple[str, ...] = ()
    speaker_reason: str | None = None
    parent: str | None = None


class BoilerplateSpan(msgspec.Struct, frozen=True, omit_defaults=True):
    """A block of page furniture: ``[start, end)`` and its kind."""

    start: int
    end: int
    label: str
    id: str | None = None
    surface: str | None = None


class Document(msgspec.Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """One page with its layers; a gold document and a system's output have the same form.

    A layer that is None was not attempted and is not scored; an empty layer says that nothing was found. `text` is None in standoff documents, whose
    words may not be passed on; `text_sha256` (of the UTF-8 text) then guards every offset.
    """

    doc_id: str
    text: str | None = None
    text_sha256: str | None = None
    meta: dict[str, Any] = {}
    entities: tuple[Entity, ...] | None = None
    events: tuple[Event, ...] | None = None
    quotes: tuple[Quote, ...] | None = None
    boilerplate: tuple[BoilerplateSpan, ...] | None = None

    def layer(self, name: str) -> tuple[Any, ...] | None:
        """The annotations of the layer called `name` (one of `LAYERS`), or None where it was not attempted."""
        if name not in LAYERS:
            raise KeyError(f"no layer is called {name!r}; the layers are {', '.join(LAYERS)}")
        value: tuple[Any, ...] | None = getattr(self, name)
        return value

    def main_text(self, policies: dict[str, str], *, keep_optional: bool = False) -> str:
        """The article: the text without its furniture.

        `policies` maps a boilerplate label to BOILER or OPTIONAL (`Schema.policies`); with `keep_optional` the OPTIONAL spans stay. A label that is
        not in `policies` is furniture. Whole lines go with their line end; runs of blank lines shrink to one.
        """
        if self.text is None:
            raise ValueError(f"{self.doc_id}: the document has no text; hydrate it first")
        pieces, at = [], 0
        for span in sorted(self.boilerplate or (), key=lambda s: (s.start, s.end)):
            if keep_optional and policies.get(span.label) == "OPTIONAL":
                continue
            pieces.append(self.text[at : span.start])
            at = max(at, span.end)
        pieces.append(self.text[at:])
        lines = [line.rstrip() for line in "".join(pieces).split("\n")]
        kept = [line for i, line in enumerate(lines) if line or (i and lines[i - 1])]
        return "\n".join(kept).strip("\n") + "\n" if any(kept) else ""


def text_sha256(text: str) -> str:
    """The SHA-256 of a text, as 64 hexadecimal digits over its UTF-8 bytes."""
    return hashlib.sha256(text.encode("utf-8")).hexdigest()


def annotation_key(annotation: Entity | Event | Quote | BoilerplateSpan) -> object:
    """What makes two annotations of a layer the same one: where they stand and what they say, whatever their ids."""
    if isinstance(annotation, Event):
        arguments = tuple(sorted((a.role, a.start, a.end) for a in annotation.arguments))
        return (annotation.trigger.start, annotation.trigger.end, annotation.label, annotation.subtype, annotation.event, arguments)
    if isinstance(annotation, Quote):
        return tuple((s.start, s.end) for s in annotation.content)
    return (annotation.start, annotation.end, annotation.label)


def spans_of(document: Document) -> list[tuple[str, int, int, str | None]]:
    """Every span of every layer as ``(JSON path, start, end, surface)``, in the order of the document."""
    found: list[tuple[str, int, int, str | None]] = []
    for i, entity in enumerate(document.entities or ()):
        found.append((f"entities[{i}]", entity.start, entity.end, entity.surface))
    for i, event in enumerate(document.events or ()):
        found.append((f"events[{i}].trigger", event.trigger.start, event.trigger.end, event.trigger.surface))
        for j, argument in enumerate(event.arguments):
            found.append((f"events[{i}].arguments[{j}]", argument.start, argument.end, argument.surface))
    for i, quote in enumerate(document.quotes or ()):
        for part in ("content", "cue", "source"):
            for j, span in enumerate(getattr(quote, part)):
                found.append((f"quotes[{i}].{part}[{j}]", span.start, span.end, span.surface))
    for i, block in enumerate(document.boilerplate or ()):
        found.append((f"boilerplate[{i}]", block.start, block.end, block.surface))
    return found


def map_spans(document: Document, change: Callable[[Any], Any]) -> Document:
    """The document with `change` done to whatever has offsets: mentions, triggers, arguments, the parts of quotes, blocks of furniture."""

    def many(spans: tuple[Any, ...] | None) -> tuple[Any, ...] | None:
        return None if spans is None else tuple(map(change, spans))

    replace, events, quotes = msgspec.structs.replace, document.events, document.quotes
    return replace(
        document,
        entities=many(document.entities),
        events=None if events is None else tuple(replace(v, trigger=change(v.trigger), arguments=many(v.arguments)) for v in events),
        quotes=None if quotes is None else tuple(replace(q, content=many(q.content), cue=many(q.cue), source=many(q.source)) for q in quotes),
        boilerplate=many(document.boilerplate),
    )


def first_fault(document: Document, length: int | None = None) -> str | None:
    """What makes a document unusable whatever its labels: an unsafe id, an empty quote, a span that is none or ends past `length` characters.

    `length` defaults to that of the document's own text; with neither, an end may be anything that a text could have (`LONGEST`).
    """
    fault = id_fault(document.doc_id)
    if fault:
        return fault
    if length is None:
        length = LONGEST if document.text is None else len(document.text)
    if _plain(document, length):
        return None
    for place, start, end, _ in spans_of(document):
        if start < 0 or end <= start:
            kind = "empty" if start == end else "inverted" if end < start else "negative"
            return f"$.{place}: the span {start}-{end} is {kind}; offsets are half-open code points, 0 <= start < end"
        if end > length:
            return f"$.{place}: the span {start}-{end} ends past the text, which has {'at most ' if length == LONGEST else ''}{length} characters; count code points, not bytes or UTF-16 units"
    for i, quote in enumerate(document.quotes or ()):
        if not quote.content:
            return f"$.quotes[{i}].content: the quote has no content; give at least one span"
    return None


def _plain(document: Document, length: int) -> bool:
    """Whether the document has entities at most, and all of them are sound: the common case, asked quickly."""
    if document.events or document.quotes or document.boilerplate:
        return False
    starts, ends = [e.start for e in document.entities or ()], [e.end for e in document.entities or ()]
    return not starts or (min(starts) >= 0 and max(ends) <= length and all(map(lt, starts, ends)))


def id_fault(doc_id: str) -> str | None:
    """Why `doc_id` cannot name a document, or None: it must be safe as a file name wherever documents are written."""
    if not doc_id or len(doc_id) > 200:
        return "$.doc_id: an id has 1 to 200 characters"
    if _PLAIN_ID.fullmatch(doc_id):
        return None
    if doc_id.startswith(".") or any(c in '/\\:*?"<>|' or not c.isprintable() for c in doc_id):
        return f"$.doc_id: {doc_id!r} could be a path; an id has no /, \\, :, *, ?, quotes, angle brackets, bars or control characters and does not open with a dot"
    return None

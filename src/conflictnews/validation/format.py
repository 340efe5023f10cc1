"""Level one: ids, offsets and checksums hold."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from conflictnews.model import LAYERS, Document, annotation_key, spans_of, text_sha256
from conflictnews.schema import Schema
from conflictnews.validation.problem import Problem

_DOC_ID = re.compile(r"[a-z0-9][a-z0-9._-]{0,99}")


def check_doc_id(document: Document, schema: Schema) -> Iterator[Problem]:
    """doc_id is short, lower case, and can be a file name on every system."""
    if not _DOC_ID.fullmatch(document.doc_id) or document.doc_id.endswith("."):
        yield Problem(
            "format.doc-id", document.doc_id, "doc_id", f"{document.doc_id!r} is no document id", "use up to 100 of a-z, 0-9, '.', '_', '-', opening with a letter or digit"
        )


def check_checksum(document: Document, schema: Schema) -> Iterator[Problem]:
    """text_sha256 is there and fits the text."""
    if document.text_sha256 is None:
        yield Problem("format.text-sha256", document.doc_id, "text_sha256", "the checksum of the text is missing", "add the SHA-256 of the UTF-8 text; it guards every offset")
    elif document.text is not None and text_sha256(document.text) != document.text_sha256:
        yield Problem(
            "format.text-sha256", document.doc_id, "text_sha256", "the text is not the one that was annotated", "restore the text, or annotate the new text as a new document"
        )


def check_offsets(document: Document, schema: Schema) -> Iterator[Problem]:
    """Every span has 0 <= start < end, and ends within the text."""
    length = None if document.text is None else len(document.text)
    for place, start, end, _ in spans_of(document):
        if not 0 <= start < end:
            yield Problem("format.offset", document.doc_id, place, f"the span {start}-{end} is empty, inverted or negative", "offsets are half-open code points with start < end")
        elif length is not None and end > length:
            yield Problem(
                "format.offset", document.doc_id, place, f"the span {start}-{end} ends past the text, which has {length} characters", "count code points, not bytes or UTF-16 units"
            )


def check_surfaces(document: Document, schema: Schema) -> Iterator[Problem]:
    """With a text every span repeats its words; without one none may."""
    for place, start, end, surface in spans_of(document):
        if not 0 <= start < end or (document.text is not None and end > len(document.text)):
            continue  # no span at all: check_offsets says so
        if document.text is None:
            if surface is not None:
                yield Problem("format.standoff-surface", document.doc_id, place, "a standoff document carries words of its text", "leave `surface` out where `text` is null")
        elif surface is None:
            yield Problem("format.surface", document.doc_id, place, "the surface is missing", f'add "surface": {document.text[start:end]!r}')
        elif document.text[start:end] != surface:
            yield Problem("format.surface", document.doc_id, place, f"the surface is {surface!r}, the text has {document.text[start:end]!r}", "mend the offsets, or the surface")


def check_ids(document: Document, schema: Schema) -> Iterator[Problem]:
    """Every annotation has an id, and no id stands twice."""
    seen: set[str] = set()
    for layer in LAYERS:
        for i, annotation in enumerate(document.layer(layer) or ()):
            place = f"{layer}[{i}].id"
            if annotation.id is None:
                yield Problem("format.id", document.doc_id, place, "the id is missing", "give each annotation an id of its own")
            elif annotation.id in seen:
                yield Problem("format.id", document.doc_id, place, f"the id {annotation.id} stands twice", "give each annotation an id of its own")
            else:
                seen.add(annotation.id)


def check_duplicates(document: Document, schema: Schema) -> Iterator[Problem]:
    """No annotation is there twice, and no argument of an event."""
    for i, event in enumerate(document.events or ()):
        if len({(a.role, a.start, a.end) for a in event.arguments}) != len(event.arguments):
            yield Problem("format.duplicate", document.doc_id, f"events[{i}].arguments", "the same argument stands there twice", "delete one of the two")
    for layer in LAYERS:
        seen: set[object] = set()
        for i, annotation in enumerate(document.layer(layer) or ()):
            key = annotation_key(annotation)
            if key in seen:
                yield Problem("format.duplicate", document.doc_id, f"{layer}[{i}]", "the same annotation stands here a second time", "delete one of the two")
            seen.add(key)


def check_quote_parts(document: Document, schema: Schema) -> Iterator[Problem]:
    """A quote has content, and its spans stand in text order without overlap."""
    for i, quote in enumerate(document.quotes or ()):
        if not quote.content:
            yield Problem("format.quote-content", document.doc_id, f"quotes[{i}].content", "the quote has no content", "add the span of what was said, or delete the quote")
        for part in ("content", "cue", "source"):
            spans = getattr(quote, part)
            for j in range(1, len(spans)):
                if spans[j].start < spans[j - 1].end:
                    yield Problem(
                        "format.span-order",
                        document.doc_id,
                        f"quotes[{i}].{part}[{j}]",
                        "the span overlaps the one before it, or stands before it",
                        "list the spans in text order, disjoint",
                    )


FORMAT_CHECKS: tuple[Callable[[Document, Schema], Iterator[Problem]], ...] = (
    check_doc_id,
    check_checksum,
    check_offsets,
    check_surfaces,
    check_ids,
    check_duplicates,
    check_quote_parts,
)

"""Predictions without offsets: the words that a system answered with become spans of the text.

A loose document has the form of a document, but ``start`` and ``end`` may be left out wherever ``surface`` is given, and a trigger or a part of a quote may
be a plain string. Each surface is looked for in the text in three steps, and the first that finds it decides:

1. exact: the same characters;
2. normalised: white space runs, curly and straight quotes, dashes, ellipses, accents typed in one or two characters, invisible characters; last, case;
3. fuzzy: the stretch with the largest similarity, ``2 * LCS / (length + length)`` over the normalised characters (rapidfuzz's ratio; one wrong letter in
   ten is 0.9), if it reaches the threshold and, for up to 64 characters, holds the same numbers: 15 soldiers are not a slip for 25.

Whole words come first: inside a word a surface is looked for only where no step but the fuzzy one found it as a whole word, and then with its own case.

A surface that is not found is no span of the text, yet it was predicted: dropping it would raise precision. It is put on one character where it can match
nothing: white space that no found span, and no span of `gold` where that is given, covers; white space at the end of the text first, then between
paragraphs, at line ends, elsewhere; where the text has too little of it, punctuation, and letters last. No two lost surfaces of a layer share a character
while there are free ones, so that each stays one false positive even for a scorer that counts characters or drops duplicates.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import msgspec

from conflictnews.alignment.loose import LooseArgument, LooseBlock, LooseDocument, LooseEntity, LooseEvent, LooseQuote, LooseSpan, Spans, decode_loose, iter_loose
from conflictnews.alignment.placing import Item, items_of, many, put_lost
from conflictnews.alignment.search import Place, Search
from conflictnews.errors import AlignmentError
from conflictnews.model import Argument, BoilerplateSpan, Document, Entity, Event, Quote, Span, id_fault, text_sha256

__all__ = [
    "HOW",
    "THRESHOLD",
    "LooseArgument",
    "LooseBlock",
    "LooseDocument",
    "LooseEntity",
    "LooseEvent",
    "LooseQuote",
    "LooseSpan",
    "Note",
    "Report",
    "align",
    "decode_loose",
    "iter_aligned",
    "iter_loose",
    "merge",
]

THRESHOLD = 0.9
"""The similarity from which on a fuzzy match is one."""

HOW = ("kept", "exact", "normalised", "fuzzy", "lost")
"""What can become of a surface."""


class Note(msgspec.Struct, frozen=True):
    """What became of one surface that was not simply found: `how` is one of `HOW`, `choice` says which occurrence was taken and why.

    `similarity` is the best one seen, or None where none was measured; `repaired` that offsets were given and were wrong.
    """

    doc_id: str
    layer: str
    place: str
    surface: str
    how: str
    similarity: float | None
    start: int
    end: int
    choice: str | None = None
    repaired: bool = False


class Report(msgspec.Struct, frozen=True):
    """How many surfaces came to their spans in which way; each is one of `HOW`.

    `ambiguous` of them had several occurrences, `repaired` came with offsets that were wrong. A note stands for every surface but those that were kept, or
    were found exactly and once.
    """

    kept: int = 0
    exact: int = 0
    normalised: int = 0
    fuzzy: int = 0
    lost: int = 0
    ambiguous: int = 0
    repaired: int = 0
    notes: tuple[Note, ...] = ()

    @property
    def surfaces(self) -> int:
        """The number of surfaces and given spans."""
        return sum(getattr(self, how) for how in HOW)


def merge(reports: Iterable[Report]) -> Report:
    """The sum of reports, notes in order."""
    found = list(reports)
    counts = {name: sum(getattr(r, name) for r in found) for name in (*HOW, "ambiguous", "repaired")}
    return Report(**counts, notes=tuple(note for r in found for note in r.notes))


def iter_aligned(loose: Iterable[tuple[str, LooseDocument]], gold: Iterable[Document], *, threshold: float = THRESHOLD) -> Iterator[tuple[Document, Report]]:
    """Each loose document with the spans of its surfaces in the gold text, paired by doc_id, and the report on it.

    Of `gold` only the texts are used, and its spans where a lost surface must keep clear of them. Raises AlignmentError, naming file, line and place, for a
    doc_id that is not in gold or comes twice, a text that is not there or is another one, and annotations with neither words nor usable offsets.
    """
    by_id = {document.doc_id: document for document in gold}
    seen: set[str] = set()
    for where, document in loose:
        twin = by_id.get(document.doc_id)
        if twin is None:
            raise AlignmentError(f"{where}: {document.doc_id!r} is not in gold; align with the split that was predicted")
        if document.doc_id in seen:
            raise AlignmentError(f"{where}: the doc_id {document.doc_id} comes twice; each document is given once")
        seen.add(document.doc_id)
        text = twin.text if twin.text is not None else document.text
        if text is None:
            raise AlignmentError(f"{where}: {document.doc_id}: gold has no text to look in; hydrate it first")
        if twin.text_sha256 is not None and text_sha256(text) != twin.text_sha256:
            raise AlignmentError(f"{where}: {document.doc_id}: the text is not the one that gold was made on (its text_sha256 differs)")
        try:
            yield align(document, text, threshold=threshold, gold=twin)
        except AlignmentError as error:
            raise AlignmentError(f"{where}: {error}") from None


def align(document: LooseDocument, text: str, *, threshold: float = THRESHOLD, gold: Document | None = None) -> tuple[Document, Report]:
    """The document with the spans of its surfaces in `text`, and the report.

    Offsets whose words are the surface are kept, and so are offsets without a surface; wrong ones are looked for anew. Of several occurrences an argument
    takes the one nearest to its trigger, a cue or source the one nearest to its content (and outside it), wrong offsets the one nearest to them; all others
    take them in order, the n-th equal surface of a layer the n-th occurrence, and the first when they run out. The surfaces that come out are the words of
    the text. A quote of which a part of the content is lost keeps the others. With `gold`, lost surfaces keep clear of its spans.

    Raises AlignmentError for an empty surface, an annotation with neither surface nor usable offsets, a quote without content, another text than the
    document's own, and a text without a character to put a lost surface on; MissingExtraError when a fuzzy search is needed and rapidfuzz is not there.
    """
    if not 0 < threshold <= 1:
        raise AlignmentError(f"a threshold of {threshold} is no similarity; give one above 0 and up to 1")
    items = list(items_of(document))
    fault = id_fault(document.doc_id) or _text_fault(document, text) or _fault(document, items, text)
    if fault:
        raise AlignmentError(f"{document.doc_id!r}: {fault}")
    search = Search(text, threshold)
    for item in items:
        item.keep(text)
    for item in sorted(items, key=lambda i: bool(i.anchors)):
        if item.how != "kept":
            item.find(search)
    for layer in {item.layer for item in items if item.how == "lost"}:
        put_lost([item for item in items if item.layer == layer], text, gold, document.doc_id)
    return _rebuilt(document, {item.place: item.at for item in items}, text), _report(document.doc_id, items)


def _text_fault(document: LooseDocument, text: str) -> str | None:
    if document.text is not None and document.text != text:
        at = next((i for i, (a, b) in enumerate(zip(text, document.text, strict=False)) if a != b), min(len(text), len(document.text)))
        return f"$.text: it is not the text to align with: at character {at} that has {text[at : at + 20]!r}, the prediction {document.text[at : at + 20]!r}"
    if document.text_sha256 is not None and document.text_sha256 != text_sha256(text):
        return "$.text_sha256: the prediction was made on another text"
    return None


def _fault(document: LooseDocument, items: Iterable[Item], text: str) -> str | None:
    for i, quote in enumerate(document.quotes or ()):
        if not many(quote.content):
            return f"$.quotes[{i}].content: the quote has no content; give at least one span"
    for item in items:
        start, end, surface = item.span.start, item.span.end, item.span.surface
        fits = start is not None and end is not None and 0 <= start < end <= len(text)
        if surface is None and not fits:
            given = "nor offsets" if start is None or end is None else f"and the offsets {start}-{end} are no span of {len(text)} characters"
            return f"$.{item.place}: there is no surface {given}; give the words as they stand in the text"
        if surface is not None and not surface.strip() and not (fits and surface == text[start:end]):
            return f"$.{item.place}.surface: {surface!r} is empty; give the words as they stand in the text"
    return None


def _report(doc_id: str, items: Sequence[Item]) -> Report:
    counts = Counter(item.how for item in items)
    notes = tuple(
        Note(doc_id, i.layer, i.place, i.span.surface or "", i.how, i.similarity, *i.at, i.choice, i.repaired)
        for i in items
        if i.how != "kept" and (i.how != "exact" or i.choice or i.repaired)
    )
    return Report(
        **{how: counts[how] for how in HOW},
        ambiguous=sum(i.choice is not None for i in items),
        repaired=sum(i.repaired for i in items),
        notes=notes,
    )


def _rebuilt(document: LooseDocument, at: dict[str, Place], text: str) -> Document:
    """The document of the model that `document` becomes with its spans at these places."""

    def span(place: str) -> dict[str, Any]:
        start, end = at[place]
        return {"start": start, "end": end, "surface": text[start:end]}

    def spans(place: str, value: Spans) -> tuple[Span, ...]:
        return tuple(Span(**span(f"{place}[{j}]")) for j in range(len(many(value))))

    def with_arguments(i: int, event: LooseEvent) -> Event:
        arguments = tuple(Argument(**msgspec.structs.asdict(a) | span(f"events[{i}].arguments[{j}]")) for j, a in enumerate(event.arguments))
        return Event(**msgspec.structs.asdict(event) | {"trigger": Span(**span(f"events[{i}].trigger")), "arguments": arguments})

    def with_parts(i: int, quote: LooseQuote) -> Quote:
        parts = {name: spans(f"quotes[{i}].{name}", getattr(quote, name)) for name in ("content", "cue", "source")}
        return Quote(**msgspec.structs.asdict(quote) | parts)

    return Document(
        doc_id=document.doc_id,
        text=document.text,
        text_sha256=text_sha256(text),
        meta=document.meta,
        entities=_map(document.entities, lambda i, e: Entity(**msgspec.structs.asdict(e) | span(f"entities[{i}]"))),
        events=_map(document.events, with_arguments),
        quotes=_map(document.quotes, with_parts),
        boilerplate=_map(document.boilerplate, lambda i, b: BoilerplateSpan(**msgspec.structs.asdict(b) | span(f"boilerplate[{i}]"))),
    )


def _map(layer: Sequence[Any] | None, build: Any) -> Any:
    return None if layer is None else tuple(build(i, annotation) for i, annotation in enumerate(layer))

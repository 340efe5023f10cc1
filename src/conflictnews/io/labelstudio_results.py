"""The annotations of a document as a Label Studio result, and back.

A result is a flat list: a region is one entry with its label and one more for each thing said of it, all with the region's id; a relation is an entry with two ids.
An annotation's region has the annotation's id; what a result cannot show (ids that are absent or come twice, words that are not repeated or are stale, an
order of quote parts other than that of the text) is told apart, as the `Rest`.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from typing import Any

import msgspec

from conflictnews.io.labelstudio_config import CONTENT, CUE, FIELDS, FILLER, FILLERS, LAYERS_DONE, NUMBERS, PARENT, PART, QUOTE, SOURCE, SPEAKER, SUBTYPE, TEXT
from conflictnews.model import LAYERS, Document, Span, spans_of

_PLAIN = re.compile(r"[A-Za-z0-9_-]{1,64}")
"""Ids that the editor takes as they are: it makes CSS classes of them."""

_KIND_OF = {"content": CONTENT, "cue": CUE, "source": SOURCE}
"""Field of a quote -> label of its regions (the first content span apart)."""

_CHOICES = {"level", "factuality", "filler_status", "quote_type", "speaker_reason"}


class Value(msgspec.Struct, frozen=True, omit_defaults=True):
    """What an entry says, and of which characters: the tool repeats the region's offsets in every entry of it."""

    start: int | str | None = None
    end: int | str | None = None
    text: str | tuple[str, ...] | None = None
    labels: tuple[str, ...] | None = None
    choices: tuple[str, ...] | None = None
    number: float | None = None


class Result(msgspec.Struct, frozen=True, omit_defaults=True):
    """An entry of a result: a label, a choice, a text or a number of a region, or a relation between two."""

    id: str | None = None
    type: str = ""
    from_name: str | None = None
    to_name: str | None = None
    value: Value | None = None
    from_id: str | None = None
    to_id: str | None = None
    direction: str | None = None
    labels: tuple[str, ...] | None = None
    meta: dict[str, Any] | None = None


class Rest(msgspec.Struct, frozen=True, omit_defaults=True):
    """What of a document its result cannot show, by region id; a filler that is a mention goes by ``trigger>mention``.

    `ids`: the annotation's id where it is not the region's. `bare`: no span repeats its words, else all do. `surfaces`: the spans that do otherwise: null for one that does
    not, ``[start, end, words]`` for one that does. `order`: regions of a quote's parts in their order, where it is not that of the text.
    """

    ids: dict[str, str | None] = {}
    bare: bool = False
    surfaces: dict[str, tuple[int, int, str] | None] = {}
    order: dict[str, tuple[str, ...]] = {}


def region_ids(document: Document) -> dict[str, str]:
    """JSON path of each span (`model.spans_of`) -> id of its region: the annotation's own where it can be, else one made of the path.

    A filler that is a mention with the same span and entity, and is not contested, has the mention's region: once an event, since two regions have one relation.
    """
    found: dict[str, str] = {}
    taken: set[str] = set()
    heads = list(_heads(document))
    for path, own in heads:
        if own is not None and _PLAIN.fullmatch(own) and own not in taken:
            found[path] = own
            taken.add(own)

    def make(path: str) -> None:
        name = re.sub(r"[^a-z0-9]+", "-", path).strip("-")
        while name in taken:
            name += "_"
        found[path] = name
        taken.add(name)

    for path, _ in heads:
        if path not in found:
            make(path)
    mentions: dict[tuple[int, int, str | None], str] = {}
    for i, entity in enumerate(document.entities or ()):
        mentions.setdefault((entity.start, entity.end, entity.entity), found[f"entities[{i}]"])
    for i, event in enumerate(document.events or ()):
        used: set[str] = set()
        for j, argument in enumerate(event.arguments):
            mention = mentions.get((argument.start, argument.end, argument.entity))
            if mention is None or mention in used or argument.status is not None or argument.source is not None:
                make(f"events[{i}].arguments[{j}]")
            else:
                found[f"events[{i}].arguments[{j}]"] = mention
                used.add(mention)
    for path, _, _, _ in spans_of(document):
        if path not in found:
            make(path)
    return found


def _heads(document: Document) -> Iterator[tuple[str, str | None]]:
    """Path of the span that stands for an annotation, and the annotation's id."""
    for i, entity in enumerate(document.entities or ()):
        yield f"entities[{i}]", entity.id
    for i, event in enumerate(document.events or ()):
        yield f"events[{i}].trigger", event.id
    for i, quote in enumerate(document.quotes or ()):
        yield f"quotes[{i}].content[0]", quote.id
    for i, block in enumerate(document.boilerplate or ()):
        yield f"boilerplate[{i}]", block.id


def rest_of(document: Document) -> Rest:
    """What the result of a document cannot show."""
    text, ids = document.text or "", region_ids(document)
    spans = list(spans_of(document))
    bare = bool(spans) and all(surface is None for *_, surface in spans)
    mentions = _mention_regions(document, ids)
    surfaces: dict[str, tuple[int, int, str] | None] = {}
    for path, start, end, surface in spans:
        if surface != (None if bare else text[start:end]):
            trigger = ids[path.partition(".")[0] + ".trigger"] + ">" if ".arguments[" in path and ids[path] in mentions else ""
            surfaces[trigger + ids[path]] = None if surface is None else (start, end, surface)
    order = {}
    for i, quote in enumerate(document.quotes or ()):
        if any(places != sorted(places) for places in ([(s.start, s.end) for s in getattr(quote, part)] for part in _KIND_OF)):
            head, *others = (ids[f"quotes[{i}].{part}[{j}]"] for part in _KIND_OF for j in range(len(getattr(quote, part))))
            order[head] = tuple(others)
    return Rest({ids[path]: own for path, own in _heads(document) if own != ids[path]}, bare, surfaces, order)


def _mention_regions(document: Document, ids: dict[str, str]) -> set[str]:
    return {ids[f"entities[{i}]"] for i in range(len(document.entities or ()))}


def results_of(document: Document) -> Iterator[Result]:
    """The entries for all layers: regions in the order of the document, each with what is said of it, then the relations."""
    ids = region_ids(document)
    mentions = _mention_regions(document, ids)
    layers = tuple(layer for layer in LAYERS if document.layer(layer) is not None)
    if layers:
        yield Result(LAYERS_DONE, "choices", LAYERS_DONE, TEXT, Value(choices=layers))
    for i, entity in enumerate(document.entities or ()):
        yield from _region(document, ids[f"entities[{i}]"], "entities", entity.label, entity, entity.subtype)
    for i, event in enumerate(document.events or ()):
        yield from _region(document, ids[f"events[{i}].trigger"], "events", event.label, event, event.subtype, event.trigger)
        for j, argument in enumerate(event.arguments):
            if ids[f"events[{i}].arguments[{j}]"] not in mentions:
                yield from _region(document, ids[f"events[{i}].arguments[{j}]"], FILLERS, FILLER, argument)
    links = list(_quote_links(document, ids))
    told = {(head, label) for head, label, _ in links}
    for i, quote in enumerate(document.quotes or ()):
        head = ids[f"quotes[{i}].content[0]"]
        related = sum(1 for h, label, _ in links if h == head and label == SPEAKER)
        shown = msgspec.structs.replace(quote, speakers=quote.speakers[related:], parent=None if (head, PARENT) in told else quote.parent)
        yield from _region(document, head, "quotes", QUOTE, shown, None, quote.content[0])
        for part, kind in _KIND_OF.items():
            for j, span in enumerate(getattr(quote, part)):
                if (part, j) != ("content", 0):
                    yield from _region(document, ids[f"quotes[{i}].{part}[{j}]"], "quotes", kind, None, None, span)
    for i, block in enumerate(document.boilerplate or ()):
        yield from _region(document, ids[f"boilerplate[{i}]"], "boilerplate", block.label, block)
    for i, event in enumerate(document.events or ()):
        for j, argument in enumerate(event.arguments):
            yield _relation(ids[f"events[{i}].trigger"], argument.role, ids[f"events[{i}].arguments[{j}]"])
    for link in links:
        yield _relation(*link)


def _region(document: Document, region: str, control: str, label: str, said: Any, subtype: str | None = None, span: Any = None) -> Iterator[Result]:
    """A region and what is said of it: the fields of `said`; `span` where that has no offsets itself."""
    place = span or said
    start, end = place.start, place.end
    yield Result(region, "labels", control, TEXT, Value(start, end, (document.text or "")[start:end], labels=(label,)))
    if subtype is not None:
        yield Result(region, "choices", SUBTYPE[control] + label, TEXT, Value(start, end, choices=(subtype,)))
    for field, name in FIELDS[control].items() if said is not None else ():
        value = getattr(said, field)
        if name in _CHOICES and value is not None:
            yield Result(region, "choices", name, TEXT, Value(start, end, choices=(value,)))
        elif name in NUMBERS and value is not None:
            yield Result(region, "number", name, TEXT, Value(start, end, number=value))
        elif value is not None and value != ():
            yield Result(region, "textarea", name, TEXT, Value(start, end, value if isinstance(value, tuple) else (value,)))


def _relation(from_id: str, label: str, to_id: str) -> Result:
    return Result(type="relation", from_id=from_id, to_id=to_id, direction="right", labels=(label,))


def _quote_links(document: Document, ids: dict[str, str]) -> Iterator[tuple[str, str, str]]:
    """The relations of quotes: head, label, other region. Speakers without a mention, and all after them, stay words; so does a parent that is no one quote of the document."""
    quotes = document.quotes or ()
    counts = Counter(quote.id for quote in quotes)
    heads = {quote.id: ids[f"quotes[{i}].content[0]"] for i, quote in enumerate(quotes) if quote.id is not None and counts[quote.id] == 1}
    for i, quote in enumerate(quotes):
        head = ids[f"quotes[{i}].content[0]"]
        for part in _KIND_OF:
            for j in range(1 if part == "content" else 0, len(getattr(quote, part))):
                yield head, PART, ids[f"quotes[{i}].{part}[{j}]"]
        used: set[str] = set()
        for speaker in quote.speakers:
            mention = _mention_of(document, speaker, quote.source[0] if quote.source else quote.content[0])
            if mention is None or speaker in used:
                break
            used.add(speaker)
            yield head, SPEAKER, ids[f"entities[{mention}]"]
        if quote.parent in heads and quote.parent != quote.id:
            yield head, PARENT, heads[quote.parent]


def _mention_of(document: Document, entity: str, near: Span) -> int | None:
    """Number of the mention of `entity` that is nearest to `near`."""
    distances = [(max(e.start - near.end, near.start - e.end), i) for i, e in enumerate(document.entities or ()) if e.entity == entity]
    return min(distances)[1] if distances else None

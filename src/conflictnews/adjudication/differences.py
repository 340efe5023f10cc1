"""What two passes over a document share, and each thing in which they differ."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from typing import Any

import msgspec

from conflictnews.adjudication.naming import IMPLIED, bare, renamed
from conflictnews.adjudication.pairing import label, pair_annotations, places
from conflictnews.errors import DocumentError
from conflictnews.model import LAYERS, Argument, Document, Event, Quote, first_fault, text_sha256
from conflictnews.scoring.pairing import first_difference

ATTRIBUTES = {
    "entities": ("subtype", "level", "entity", "value", "low", "high"),
    "events": ("subtype", "event", "factuality", "source"),
    "arguments": ("entity", "status", "source"),
    "quotes": ("type", "cue", "source", "speakers", "speaker_reason", "parent"),
    "boilerplate": (),
}
"""Layer (and the arguments of events) -> what is compared of two annotations in one place."""

KINDS = {
    "only_a": "only the first pass has it",
    "only_b": "only the second pass has it",
    "label": "the same words under another label",
    "boundaries": "the same thing with other edges",
    "attributes": "the same place and label, something else said of it",
}
"""What a disagreement can be."""


class Difference(msgspec.Struct, frozen=True):
    """One disagreement: what either pass has (None for nothing), what differs, and for an argument the event that it belongs to."""

    id: str
    doc_id: str
    layer: str
    kind: str
    differs: tuple[str, ...]
    a: Any
    b: Any
    event: Event | None = None


class Unit(msgspec.Struct, frozen=True):
    """A thing that the merged document may hold: what either pass says, and how they differ, or None where they agree.

    `arguments` are the units of an event that both passes have under one label; they are decided one by one. Of other events the arguments go along.
    """

    a: Any
    b: Any
    difference: Difference | None = None
    arguments: tuple[Unit, ...] | None = None


class Case(msgspec.Struct, frozen=True):
    """A document of two passes, ready to be merged: the first pass, the units of each layer that both attempted, and the layers that only one did.

    `numbered` are the entities that are called by the id of a mention of theirs; they are called anew when the mentions get new ids.
    """

    document: Document
    units: dict[str, tuple[Unit, ...]]
    lacking: tuple[str, ...] = ()
    numbered: frozenset[str] = frozenset()

    @property
    def differences(self) -> list[Difference]:
        """Every disagreement in text order, those of an event's arguments at its trigger."""
        found = [(where, difference) for layer in self.units.values() for unit in layer for where in (_start(unit),) for difference in _of(unit)]
        return [difference for _, difference in sorted(found, key=lambda item: item[0])]


def _start(unit: Unit) -> int:
    return min(place[0] for side in (unit.a, unit.b) if side is not None for place in places(side))


def _of(unit: Unit) -> Iterator[Difference]:
    if unit.difference is not None:
        yield unit.difference
    for argument in unit.arguments or ():
        yield from _of(argument)


def compare(first: Document, second: Document) -> Case:
    """The case of one document. Raises DocumentError where the passes are over different texts, or a span does not fit the text."""
    _check(first, second)
    text = first.text if first.text is not None else second.text
    in_names_of_first = renamed(first, second)
    a, b = bare(first), bare(in_names_of_first)
    both = [layer for layer in LAYERS if first.layer(layer) is not None and second.layer(layer) is not None]
    lacking = [layer for layer in LAYERS if (first.layer(layer) is None) != (second.layer(layer) is None)]
    ids = _Ids(first.doc_id)
    units = {layer: tuple(_unit(ids, layer, x, y) for x, y in pair_annotations(a.layer(layer) or (), b.layer(layer) or ())) for layer in both}
    digest = first.text_sha256 or second.text_sha256
    return Case(msgspec.structs.replace(first, text=text, text_sha256=digest), units, tuple(lacking), _numbered(first, first) | _numbered(second, in_names_of_first))


def _numbered(document: Document, named: Document) -> frozenset[str]:
    """The entities called by the id of a mention, as they are `named`."""
    mentions = zip(document.entities or (), named.entities or (), strict=True)
    return frozenset(str(new.entity) for old, new in mentions if old.entity is not None and old.entity == old.id)


def _check(first: Document, second: Document) -> None:
    doc_id = first.doc_id
    if first.text is not None and second.text is not None and first.text != second.text:
        raise DocumentError(f"{doc_id}: the passes are over different texts: {first_difference(first.text, second.text, ('the first', 'the second'))}")
    digests = {digest for d in (first, second) for digest in (d.text_sha256, None if d.text is None else text_sha256(d.text)) if digest is not None}
    if len(digests) > 1:
        raise DocumentError(f"{doc_id}: text_sha256 says that the passes are over different texts")
    text = first.text if first.text is not None else second.text
    for name, document in (("first", first), ("second", second)):
        fault = first_fault(document, None if text is None else len(text))
        if fault:
            raise DocumentError(f"{doc_id}, {name} pass: {fault}")


class _Ids:
    """Makes ids of disagreements from their places; a second one in the same places gets a number."""

    def __init__(self, doc_id: str) -> None:
        self.doc_id = doc_id
        self.seen: dict[str, int] = {}

    def make(self, layer: str, kind: str, differs: Sequence[str], a: Any, b: Any, event: Event | None) -> Difference:
        where = [self.doc_id, layer, None if event is None else [places(event), event.label], *([places(x), label(x)] if x is not None else None for x in (a, b))]
        digest = hashlib.sha256(msgspec.json.encode(where)).hexdigest()[:12]
        self.seen[digest] = number = self.seen.get(digest, 0) + 1
        return Difference(digest if number == 1 else f"{digest}-{number}", self.doc_id, layer, kind, tuple(differs), a, b, event)


def _unit(ids: _Ids, layer: str, a: Any, b: Any, event: Event | None = None) -> Unit:
    if a is None or b is None:
        return Unit(a, b, ids.make(layer, "only_b" if a is None else "only_a", (), a, b, event))
    if isinstance(a, Event) and label(a) == label(b):
        shown = [msgspec.structs.replace(v, arguments=()) for v in (a, b)]
        difference = _difference(ids, layer, shown[0], shown[1], None)
        return Unit(a, b, difference, tuple(_unit(ids, "arguments", x, y, shown[0]) for x, y in pair_annotations(a.arguments, b.arguments)))
    return Unit(a, b, _difference(ids, layer, a, b, event))


def _difference(ids: _Ids, layer: str, a: Any, b: Any, event: Event | None) -> Difference | None:
    """How two annotations that were paired differ, or None."""
    differs = [name for name in ATTRIBUTES[layer] if not _equal(getattr(a, name), getattr(b, name), name)]
    moved, relabelled = places(a) != places(b), label(a) != label(b)
    if relabelled:
        differs.insert(0, "role" if isinstance(a, Argument) else "label")
    if moved:
        differs.insert(0, "content" if isinstance(a, Quote) else "trigger" if isinstance(a, Event) else "span")
    if not differs:
        return None
    return ids.make(layer, "boundaries" if moved else "label" if relabelled else "attributes", differs, a, b, event)


def _equal(a: Any, b: Any, name: str) -> bool:
    if name == "speakers":
        return frozenset(a) == frozenset(b)
    if isinstance(a, str) and isinstance(b, str):
        return a.removeprefix(IMPLIED) == b.removeprefix(IMPLIED) or (a.startswith(IMPLIED) and b.startswith(IMPLIED))
    return bool(a == b)

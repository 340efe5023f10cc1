"""Two passes and the decisions between them, made into one document."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import msgspec

from conflictnews.adjudication.decisions import Row, edited, with_surfaces
from conflictnews.adjudication.differences import Case, Unit
from conflictnews.adjudication.naming import IMPLIED
from conflictnews.adjudication.pairing import text_order
from conflictnews.errors import DocumentError
from conflictnews.model import LAYERS, Argument, Document, Entity, Event, Quote, Span, first_fault, spans_of

ID_LETTERS = {"entities": "E", "events": "V", "quotes": "Q", "boilerplate": "B"}
"""Layer -> what the ids of its annotations open with, as in the corpus; they are numbered in text order."""

replace = msgspec.structs.replace

_EMPTY = Document("d")


def open_ids(case: Case, decided: Mapping[str, Row]) -> list[str]:
    """The disagreements of a case that must still be decided: those about arguments of an event that is left out, or edited with its arguments, need not be."""
    return [name for layer in case.units.values() for unit in layer for name in _open(unit, decided)]


def _open(unit: Unit, decided: Mapping[str, Row]) -> Iterator[str]:
    if unit.difference is not None and unit.difference.id not in decided:
        yield unit.difference.id
    if _arguments_apart(unit, decided):
        for argument in unit.arguments or ():
            yield from _open(argument, decided)


def _arguments_apart(unit: Unit, decided: Mapping[str, Row]) -> bool:
    """Whether the arguments of an event are those decided one by one."""
    row = None if unit.difference is None else decided.get(unit.difference.id)
    if unit.arguments is None:
        return False
    if row is None or row.decision in ("a", "b"):
        return True
    return row.decision == "edit" and not edited(row).arguments


def merge(case: Case, decided: Mapping[str, Row]) -> Document:
    """The merged document: what both passes have, and what was decided; what is still open is left out.

    Ids are new, in text order; the metadata are those of the first pass. A layer that one pass did not attempt is None. Raises DocumentError for an edit that does not fit the text.
    """
    layers: dict[str, list[Any]] = {layer: [annotation for unit in units for annotation in _kept(unit, decided, case)] for layer, units in case.units.items()}
    if "events" in layers:
        layers["events"] = [replace(v, arguments=tuple(_ordered(_resolved(v.arguments, layers.get("entities", ()))))) for v in layers["events"]]
    merged = {layer: _ordered(found) for layer, found in layers.items()}
    numbered = _renamed(_numbered(merged), case.numbered)
    text = case.document.text
    filled = {layer: tuple(with_surfaces(a, text) for a in numbered[layer]) if layer in numbered else None for layer in LAYERS}
    document = replace(case.document, **filled)
    fault = first_fault(document)
    if fault:
        raise DocumentError(f"{document.doc_id}: with what was decided: {fault}")
    return document


def _kept(unit: Unit, decided: Mapping[str, Row], case: Case) -> list[Any]:
    """What goes into the gold of one unit."""
    if unit.difference is None:
        return [_whole(unit, unit.a, decided, case)]
    row = decided.get(unit.difference.id)
    if row is None or row.decision == "neither":
        return []
    if row.decision == "edit":
        annotation = _checked(edited(row), row, case.document)
        if isinstance(annotation, Quote) and annotation.id is None:
            annotation = replace(annotation, id=(unit.a or unit.b).id)
        return [_whole(unit, annotation, decided, case) if _arguments_apart(unit, decided) else annotation]
    if row.decision == "both":
        return [side for side in (unit.a, unit.b) if side is not None]
    side = unit.a if row.decision == "a" else unit.b
    return [] if side is None else [_whole(unit, side, decided, case)]


def _whole(unit: Unit, annotation: Any, decided: Mapping[str, Row], case: Case) -> Any:
    """The annotation, an event with the arguments that were agreed on or decided."""
    if unit.arguments is None:
        return annotation
    return replace(annotation, arguments=tuple(a for argument in unit.arguments for a in _kept(argument, decided, case)))


def _checked(annotation: Any, row: Row, document: Document) -> Any:
    """An edited annotation whose surfaces are the words of the text; its arguments without an entity take that of the mention there."""
    text = document.text
    inside = replace(
        _EMPTY, **{"events": (Event("", Span(annotation.start, annotation.end), arguments=(annotation,)),)} if isinstance(annotation, Argument) else {row.layer: (annotation,)}
    )
    fault = first_fault(inside, None if text is None else len(text))
    if fault:
        raise DocumentError(f"{row.doc_id}, decision {row.id}: {fault}")
    for _, start, end, surface in spans_of(inside):
        if surface is not None and text is not None and text[start:end] != surface:
            raise DocumentError(
                f"{row.doc_id}, decision {row.id}: the annotation says {surface!r} at {start}-{end}, the text has {text[start:end]!r}; mend the offsets, or leave surface out"
            )
    if isinstance(annotation, Event):
        return replace(annotation, arguments=tuple(_implied(a) for a in annotation.arguments))
    return _implied(annotation) if isinstance(annotation, Argument) else annotation


def _implied(argument: Argument) -> Argument:
    return replace(argument, entity=IMPLIED) if argument.entity is None else argument


def _resolved(arguments: Iterable[Argument], mentions: Iterable[Entity]) -> Iterator[Argument]:
    """Arguments whose entity follows the mention with their span: that of the merged document, where there is one."""
    there: dict[tuple[int, int], list[str]] = {}
    for e in mentions:
        if e.entity is not None:
            there.setdefault((e.start, e.end), []).append(e.entity)
    for a in arguments:
        if a.entity is None or not a.entity.startswith(IMPLIED):
            yield a
            continue
        own, found = a.entity.removeprefix(IMPLIED), there.get((a.start, a.end), [])
        yield replace(a, entity=own if own in found or not found else found[0]) if own or found else replace(a, entity=None)


def _ordered(annotations: Iterable[Any]) -> list[Any]:
    return sorted(annotations, key=text_order)


def _numbered(layers: Mapping[str, list[Any]]) -> dict[str, list[Any]]:
    """The annotations with ids in text order; parents of quotes follow."""
    found = {layer: [replace(a, id=f"{ID_LETTERS[layer]}{number}") for number, a in enumerate(annotations, 1)] for layer, annotations in layers.items()}
    new: dict[str | None, str] = {}
    for old, quote in zip(layers.get("quotes", ()), found.get("quotes", ()), strict=True):
        new.setdefault(old.id, quote.id)
    if "quotes" in found:
        found["quotes"] = [q if q.parent is None else replace(q, parent=new.get(q.parent, f"lost:{q.parent}")) for q in found["quotes"]]
    return found


def _renamed(layers: dict[str, list[Any]], numbered: frozenset[str]) -> dict[str, list[Any]]:
    """The layers with each entity of `numbered` called by the new id of its first mention."""
    mentions = layers.get("entities")
    if mentions is None:
        return layers
    kept = {e.entity for e in mentions} - numbered
    new: dict[str | None, str] = {}
    for e in mentions:
        if e.entity in numbered:
            new.setdefault(e.entity, e.id if e.id not in kept else f"{e.id}-entity")

    def name(old: str | None) -> str | None:
        return new.get(old, f"lost:{old}" if old in numbered else old)

    def event(v: Event) -> Event:
        return replace(v, source=name(v.source), arguments=tuple(replace(a, entity=name(a.entity), source=name(a.source)) for a in v.arguments))

    found = layers | {"entities": [replace(e, entity=name(e.entity)) for e in mentions]}
    if "events" in layers:
        found["events"] = [event(v) for v in layers["events"]]
    if "quotes" in layers:
        found["quotes"] = [replace(q, speakers=tuple(name(s) for s in q.speakers)) for q in layers["quotes"]]
    return found

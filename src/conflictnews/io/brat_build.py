"""Annotations out of the lines of a brat file; the lines are told in `conflictnews.io.brat`."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, TypeVar

import msgspec

from conflictnews.io.brat_names import ATTRIBUTES, BLOCK, CONTENT, CUE, FILLER, PARTS, SOURCE, Spans, block_type, type_of
from conflictnews.model import Argument, BoilerplateSpan, Entity, Event, Quote, Span

Made = TypeVar("Made", bound=msgspec.Struct)
_NOTED: dict[type[msgspec.Struct], tuple[str, ...]] = {
    Entity: ("id", "label", "subtype", "level", "entity", "value", "low", "high"),
    Event: ("id", "label", "subtype", "event", "factuality", "source"),
    Quote: ("id", "type", "speakers", "speaker_reason", "parent"),
    BoilerplateSpan: ("id", "label"),
    Argument: ("role", "entity", "status", "source"),
}
"""Annotation -> the fields that its note may hold, beside spans, surface and arguments."""


class Bound(msgspec.Struct):
    """A T line: its type, its fragments and words; `spans` are those that it stands for, `agrees` is whether they have these words, `entity` its entity if it is a mention."""

    line: int
    kind: str
    pieces: Spans
    words: str
    spans: Spans = []
    agrees: bool = True
    entity: str | None = None
    used: bool = False


class Frame(msgspec.Struct):
    """An E line: its type, its trigger, its roles and what they point to."""

    line: int
    kind: str
    trigger: str
    roles: list[str]
    targets: list[str]


class File(msgspec.Struct):
    """The lines of an .ann file by kind; attributes and notes by what they belong to."""

    bounds: dict[str, Bound] = {}
    frames: dict[str, Frame] = {}
    attributes: list[tuple[int, str, str, str]] = []
    notes: dict[str, dict[str, Any]] = {}
    noted: dict[str, int] = {}
    same: list[tuple[int, list[str]]] = []


class _Builder:
    """The annotations of one file; `report` is told what is wrong on which line."""

    def __init__(self, text: str | None, file: File, report: Callable[[int, str], None]) -> None:
        self.text, self.file, self.report = text, file, report
        self.triggers = {frame.trigger for frame in file.frames.values()}
        self.taken = {id_ for note in file.notes.values() if isinstance(id_ := note.get("id"), str)}
        self.attributes: dict[str, dict[str, str]] = {}

    def layer_of(self, target: str) -> str:
        """The layer that an id belongs to; empty where it is none's."""
        frame, bound = self.file.frames.get(target), self.file.bounds.get(target)
        if frame:
            return "quotes" if frame.kind == CONTENT else "events"
        if bound is None or target in self.triggers or bound.kind in (FILLER, CUE, SOURCE):
            return ""
        return "quotes" if bound.kind == CONTENT else "boilerplate" if bound.kind.startswith(BLOCK) else "entities"

    def assign(self) -> None:
        """Give attributes to what they belong to, and see that notes have something to belong to."""
        for line, name, target, value in self.file.attributes:
            layer, field = ATTRIBUTES.get(name, ("", ""))
            given = self.attributes.setdefault(target, {})
            if not layer or self.layer_of(target) != layer or not value or field in given:
                self.report(line, f"the attribute {name} {value}".rstrip() + f" of {target} has no place in the model, or {target} is not there or has it already; it is left out")
            else:
                given[field] = value
        for target, line in self.file.noted.items():
            if target in self.triggers or (target not in self.file.frames and target not in self.file.bounds):
                self.report(line, f"the note is on {target}, which is not there or is a trigger; it is left out")

    def made(self, kind: type[Made], brat_id: str, line: int, base: dict[str, Any], note: dict[str, Any]) -> Made:
        """An annotation out of what its line says and what its note adds; a note of the wrong form is reported and left out."""
        if "id" in kind.__struct_fields__ and brat_id not in self.taken:
            base["id"] = brat_id
        extra = {name: note[name] for name in _NOTED[kind] if name in note}
        label = extra.get("label", "")
        if "label" in extra and (not isinstance(label, str) or base["label"] not in (type_of(label), block_type(label)[len(BLOCK) :])):
            del extra["label"]  # the tool gave it another label since
        strangers = note.keys() - set(_NOTED[kind]) - {"spans", "surface", "arguments"}
        try:
            if strangers:
                raise ValueError(f"{min(strangers)!r} is no field of it")
            return msgspec.convert({**base, **extra}, kind, from_attributes=True)
        except ValueError as error:
            self.report(line, f"the note on {brat_id} cannot be used: {error}; it is left out")
            return msgspec.convert(base, kind, from_attributes=True)

    def whole(self, brat_id: str) -> tuple[int, int]:
        """The span of a T line; where it has several, from the start of the first to the end of the last, and that is reported."""
        bound = self.file.bounds[brat_id]
        if len(bound.spans) > 1:
            self.report(
                bound.line, f"{brat_id} has {len(bound.spans)} pieces with words between, the model one span; it is taken whole, from {bound.spans[0][0]} to {bound.spans[-1][1]}"
            )
            bound.spans = [(bound.spans[0][0], max(end for _, end in bound.spans))]
        return bound.spans[0]

    def surfaces(self, brat_id: str, note: dict[str, Any]) -> list[str | None]:
        """The surface of each span of a T line."""
        bound = self.file.bounds[brat_id]
        said = note.get("surface", True)
        listed = said if isinstance(said, list) and len(said) == len(bound.spans) else [said] * len(bound.spans)
        words = [self.text[start:end] if bound.agrees and self.text is not None else bound.words for start, end in bound.spans]
        return [None if said is False else said if isinstance(said, str) else word for word, said in zip(words, listed, strict=True)]

    def span(self, brat_id: str, note: dict[str, Any]) -> Span:
        """The one span of a T line."""
        start, end = self.whole(brat_id)
        return Span(start, end, self.surfaces(brat_id, note)[0])

    def bounded(self) -> Iterator[tuple[str, Any]]:
        """The annotations that T lines alone make, each with its layer."""
        for brat_id, bound in self.file.bounds.items():
            layer, note = self.layer_of(brat_id), {**self.file.notes.get(brat_id, {}), **self.attributes.get(brat_id, {})}
            if layer == "quotes":
                yield layer, self.quote(brat_id, Frame(bound.line, CONTENT, brat_id, [], []), note)
            elif layer:
                span = self.span(brat_id, note)
                label = bound.kind.removeprefix(BLOCK) if layer == "boilerplate" else bound.kind
                base = {"start": span.start, "end": span.end, "surface": span.surface, "label": label}
                made: Any = self.made(BoilerplateSpan if layer == "boilerplate" else Entity, brat_id, bound.line, base, note)
                bound.entity = made.entity if layer == "entities" else None
                yield layer, made

    def framed(self) -> Iterator[tuple[str, Any]]:
        """The annotations that E lines make, each with its layer."""
        for brat_id, frame in self.file.frames.items():
            note = {**self.file.notes.get(brat_id, {}), **self.attributes.get(brat_id, {})}
            if frame.trigger not in self.file.bounds:
                self.report(frame.line, f"{brat_id}: its trigger {frame.trigger} is not there; the event is left out")
            elif frame.kind == CONTENT:
                yield "quotes", self.quote(brat_id, frame, note)
            else:
                base = {"label": frame.kind, "trigger": self.span(frame.trigger, note), "arguments": tuple(self.arguments(brat_id, frame, note))}
                yield "events", self.made(Event, brat_id, frame.line, base, note)

    def target(self, brat_id: str, frame: Frame, role: str, target: str) -> str:
        """The T line that a role points to, through the trigger of an event; empty where there is none."""
        if target in self.file.frames:
            self.report(frame.line, f"{brat_id}: {role} is the event {target}, the model has words there; those of its trigger are taken")
            target = self.file.frames[target].trigger
        if target not in self.file.bounds:
            self.report(frame.line, f"{brat_id}: {role} is {target}, which is not there; it is left out")
            return ""
        self.file.bounds[target].used = True
        return target

    def arguments(self, brat_id: str, frame: Frame, note: dict[str, Any]) -> Iterator[Argument]:
        notes = note.get("arguments")
        for role, pointed in zip(frame.roles, frame.targets, strict=True):
            target = self.target(brat_id, frame, role, pointed)
            if target:
                said = notes.get(f"{role}:{pointed}") if isinstance(notes, dict) else None
                said = said if isinstance(said, dict) else {}
                span = self.span(target, said)
                yield self.made(Argument, brat_id, frame.line, {"role": role, "entity": self.file.bounds[target].entity, **msgspec.structs.asdict(span)}, said)

    def quote(self, brat_id: str, frame: Frame, note: dict[str, Any]) -> Quote:
        parts: dict[str, list[Span]] = {name: [] for name in PARTS}
        for role, pointed in zip(frame.roles, frame.targets, strict=True):
            target = self.target(brat_id, frame, role, pointed)
            if target and role not in PARTS:
                self.report(frame.line, f"{brat_id}: a quote has {' and '.join(PARTS)}, no {role}; it is left out")
            elif target:
                parts[role].append(self.span(target, self.file.notes.get(target, {})))
        content = self.file.bounds[frame.trigger].spans
        surfaces = self.surfaces(frame.trigger, note)
        base = {"content": tuple(Span(*span, surface) for span, surface in zip(content, surfaces, strict=True)), **{name: tuple(spans) for name, spans in parts.items()}}
        return self.made(Quote, brat_id, frame.line, base, note)

    def leftovers(self) -> None:
        """Report parts that no event or quote points to."""
        for brat_id, bound in self.file.bounds.items():
            if bound.kind in (FILLER, CUE, SOURCE) and not bound.used and brat_id not in self.triggers:
                self.report(bound.line, f"{brat_id} is {bound.kind}, but nothing points to it; it is left out")


def layers_of(text: str | None, file: File, report: Callable[[int, str], None]) -> dict[str, list[Any]]:
    """The annotations of a file by layer, in the order of its lines."""
    builder = _Builder(text, file, report)
    builder.assign()
    _equate(builder)
    layers: dict[str, list[Any]] = {"entities": [], "events": [], "quotes": [], "boilerplate": []}
    for layer, annotation in [*builder.bounded(), *builder.framed()]:
        layers[layer].append(annotation)
    builder.leftovers()
    return layers


def _equate(builder: _Builder) -> None:
    """Give the mentions of each set of equivalent ones one entity id: the one that some have, else the id of the first."""
    for line, members in builder.file.same:
        mentions = [member for member in members if builder.layer_of(member) == "entities"]
        ids = {id_ for member in mentions if isinstance(id_ := builder.file.notes.get(member, {}).get("entity"), str)}
        if len(mentions) < len(members) or not mentions or len(ids) > 1:
            builder.report(line, f"the equivalent spans {' '.join(members)[:60]} are not all mentions, or have the entities {', '.join(sorted(ids))}; the line is left out")
            continue
        for member in mentions:
            builder.file.notes.setdefault(member, {}).setdefault("entity", next(iter(ids), mentions[0]))

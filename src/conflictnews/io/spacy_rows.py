"""The four layers as flat rows of labelled spans, and layers again from rows that somebody edited.

A row is what a span of a tool that knows no events or quotes can hold: start, end, label, and two strings. They mean:

=============  ======================  ==============================  =====================
layer          label                   ``of``                          ``id``
=============  ======================  ==============================  =====================
entities       the entity's label      the document-level entity       the mention's id
events         type, or role           the event that it belongs to    trigger or argument
quotes         content, cue or source  the quote that it belongs to
boilerplate    the kind                                                the block's id
=============  ======================  ==============================  =====================
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence
from typing import Any, TypeVar

import msgspec
from msgspec.structs import replace

from conflictnews.errors import DocumentError
from conflictnews.model import Argument, BoilerplateSpan, Entity, Event, Quote, Span
from conflictnews.schema import load_schema

TRIGGER, ARGUMENT = "trigger", "argument"
PARTS = ("content", "cue", "source")
"""What the spans of an event, and those of a quote, are called in rows."""


class Row(msgspec.Struct, frozen=True, array_like=True):
    """One labelled span (see the table above); an empty string says nothing."""

    start: int
    end: int
    label: str
    of: str = ""
    id: str = ""

    @property
    def place(self) -> tuple[int, int, str]:
        """Start, end and label: what remains of a row in tools that drop the rest."""
        return self.start, self.end, self.label


Written = tuple[Row | None, ...]
"""The rows of a layer as a file holds them: with the edges of tokens, and None for a row that no token could hold."""


def rows_of(layer: str, annotations: Sequence[Any]) -> tuple[Row, ...]:
    """The rows of a layer, annotation by annotation, with the exact offsets."""
    if layer == "entities":
        return tuple(Row(e.start, e.end, e.label, e.entity or "", e.id or "") for e in annotations)
    if layer == "boilerplate":
        return tuple(Row(b.start, b.end, b.label, "", b.id or "") for b in annotations)
    rows = []
    for annotation, key in zip(annotations, _keys(annotations), strict=True):
        if layer == "events":
            rows.append(Row(annotation.trigger.start, annotation.trigger.end, annotation.label, key, TRIGGER))
            rows += [Row(a.start, a.end, a.role, key, ARGUMENT) for a in annotation.arguments]
        else:
            rows += [Row(s.start, s.end, part, key) for part in PARTS for s in getattr(annotation, part)]
    return tuple(rows)


def layer_of(layer: str, now: Sequence[Row], annotations: Sequence[Any] = (), written: Written = (), *, lenient: bool = False) -> tuple[Any, ...]:
    """The annotations of a layer whose rows are `now`; `annotations` are those that were written, `written` their rows as they were written.

    What was not touched comes back as it was, with its exact offsets and every field; so does what no token could hold. What was moved or relabelled keeps its other
    fields where its id came along; what is new has what its row says. A part of a quote, or an argument, that belongs to nothing goes to the nearest content, or to the
    nearest trigger that takes the role. Raises DocumentError where there is none (`lenient` leaves it out), and where an event has two triggers.
    """
    if Counter(now) == Counter(row for row in written if row is not None):
        return tuple(annotations)
    if layer == "entities":
        return _single(now, annotations, written, lambda r: Entity(start=r.start, end=r.end, label=r.label, id=r.id or None, entity=r.of or None))
    if layer == "boilerplate":
        return _single(now, annotations, written, lambda r: BoilerplateSpan(start=r.start, end=r.end, label=r.label, id=r.id or None))
    return _events(now, annotations, written, lenient) if layer == "events" else _quotes(now, annotations, written, lenient)


def _keys(annotations: Sequence[Any]) -> list[str]:
    """A name for each event or quote: its id where that is given once, else its number."""
    known = Counter(a.id for a in annotations)
    return [a.id if a.id and known[a.id] == 1 and not a.id.startswith("#") else f"#{i}" for i, a in enumerate(annotations)]


_PAIRINGS: tuple[Callable[[Row], object], ...] = (lambda row: row, lambda row: row.place, lambda row: row.id or None)
"""What two rows are paired by, one after the other; None pairs with nothing."""


def _single(now: Sequence[Row], annotations: Sequence[Any], written: Written, make: Callable[[Row], Any]) -> tuple[Any, ...]:
    """Annotations of one span each: paired with those written by everything, then by place, then by id."""
    found: dict[int, Any] = {i: annotations[i] for i, row in enumerate(written) if row is None}
    open_rows = list(now)
    for key in _PAIRINGS:
        free: dict[object, list[int]] = defaultdict(list)
        for i, row in reversed(list(enumerate(written))):
            if row is not None and i not in found:
                free[key(row)].append(i)
        rest = []
        for row in open_rows:
            same = free.get(key(row)) if key(row) is not None else None
            if same:
                i = same.pop()
                found[i] = _edited(annotations[i], written[i], row)
            else:
                rest.append(row)
        open_rows = rest
    return (*(found[i] for i in sorted(found)), *map(make, open_rows))


def _edited(annotation: Any, was: Row | None, row: Row) -> Any:
    """An annotation with what a row says otherwise than it did; strings that a tool dropped stay."""
    if was is None or was == row:
        return annotation
    changes: dict[str, Any] = {} if was.place[:2] == row.place[:2] else {"start": row.start, "end": row.end, "surface": None}
    changes |= {} if was.label == row.label else {"label": row.label}
    changes |= {"id": row.id} if row.id and row.id != was.id else {}
    changes |= {"entity": row.of} if row.of and row.of != was.of else {}
    return replace(annotation, **changes)


Part = TypeVar("Part")


def _kept(now: Sequence[Row], parts: Sequence[Part], written: Written, make: Callable[[Row], Part]) -> tuple[Part, ...]:
    """The spans of one event or quote: those still there in their order, those that no token could hold, and then new ones."""
    left = Counter(row.place for row in now)
    found = []
    for part, row in zip(parts, written, strict=True):
        if row is None:
            found.append(part)
        elif left[row.place] > 0:
            found.append(part)
            left[row.place] -= 1
    return (*found, *(make(row) for row in _leftover(now, left)))


def _leftover(now: Sequence[Row], left: Counter[tuple[int, int, str]]) -> Iterable[Row]:
    """The last rows of each place that are still to be given out, in the order of `now`."""
    chosen = []
    for row in reversed(now):
        if left[row.place] > 0:
            left[row.place] -= 1
            chosen.append(row)
    return reversed(chosen)


def _is_argument(row: Row) -> bool:
    """Whether a row of the event layer is an argument; one that does not say so is, when its label is a role and no type."""
    events = load_schema().events
    return row.id == ARGUMENT or (row.id != TRIGGER and row.label in events.roles and row.label not in events.labels)


def _grouped(now: Sequence[Row]) -> tuple[dict[str, list[Row]], list[Row]]:
    """Rows by what they belong to, and those that belong to nothing."""
    groups: dict[str, list[Row]] = defaultdict(list)
    for row in now:
        groups[row.of].append(row)
    return groups, groups.pop("", [])


def _written_by_key(layer: str, annotations: Sequence[Any], written: Written) -> dict[str, tuple[Any, Written]]:
    """Key -> annotation and its rows as written."""
    found: dict[str, tuple[Any, Written]] = {}
    at = 0
    for annotation, key in zip(annotations, _keys(annotations), strict=True):
        size = len(rows_of(layer, [annotation]))
        found[key] = annotation, written[at : at + size]
        at += size
    return found


def _gap(row: Row, other: Row | Span) -> tuple[int, int]:
    """How far two spans are apart; the earlier of equals comes first."""
    return max(0, row.start - other.end, other.start - row.end), other.start


def _events(now: Sequence[Row], annotations: Sequence[Event], written: Written, lenient: bool) -> tuple[Event, ...]:
    groups, loose = _grouped(now)
    found: list[Event] = []
    for key, (event, rows) in _written_by_key("events", annotations, written).items():
        mine = groups.pop(key, [])
        if Counter(mine) == Counter(row for row in rows if row is not None):
            found.append(event)
        elif mine or rows[0] is None:
            found += _event(key, mine, event, rows, lenient)
    for key, mine in groups.items():
        found += _event(key, mine, None, (), lenient)
    found += [Event(label=row.label, trigger=Span(row.start, row.end)) for row in loose if not _is_argument(row)]
    return _with_loose_arguments(found, [row for row in loose if _is_argument(row)], lenient)


def _event(key: str, now: Sequence[Row], event: Event | None, written: Written, lenient: bool) -> list[Event]:
    """The event called `key`, from its rows and what it was; nothing, where that is allowed, when it has lost its trigger."""
    triggers, arguments = [row for row in now if not _is_argument(row)], [row for row in now if _is_argument(row)]
    was = written[0] if written else None
    if len(triggers) != 1 and not (not triggers and event and was is None):
        if lenient and not triggers:
            return []
        raise DocumentError(f"the event {key} has {len(triggers)} triggers; it needs one: give each event's spans a kb_id of their own, and delete arguments with their trigger")
    base = event or Event(label=triggers[0].label, trigger=Span(triggers[0].start, triggers[0].end), id=None if key.startswith("#") else key)
    if triggers and was is not None and triggers[0].place != was.place:
        moved = triggers[0].place[:2] != was.place[:2]
        base = replace(base, label=triggers[0].label, trigger=Span(triggers[0].start, triggers[0].end) if moved else base.trigger)
    return [replace(base, arguments=_kept(arguments, base.arguments, written[1:], _argument))]


def _argument(row: Row) -> Argument:
    return Argument(role=row.label, start=row.start, end=row.end)


def _with_loose_arguments(events: list[Event], loose: Sequence[Row], lenient: bool) -> tuple[Event, ...]:
    """Events with the arguments that name no event, each given to the nearest trigger: of a type that has the role, if there is one."""
    schema = load_schema()
    for row in loose:
        if not events:
            if lenient:
                continue
            raise DocumentError(f"the argument {row.label} at {row.start}-{row.end} stands in a document without a trigger; add its event, or delete it")
        takes = [i for i, e in enumerate(events) if e.label in schema.events.labels and row.label in schema.roles_of(e.label)] or range(len(events))
        i = min(takes, key=lambda i: _gap(row, events[i].trigger))
        events[i] = replace(events[i], arguments=(*events[i].arguments, _argument(row)))
    return tuple(events)


def _quotes(now: Sequence[Row], annotations: Sequence[Quote], written: Written, lenient: bool) -> tuple[Quote, ...]:
    groups, loose = _grouped(now)
    found: list[Quote] = []
    for key, (quote, rows) in _written_by_key("quotes", annotations, written).items():
        mine = groups.pop(key, [])
        if Counter(mine) == Counter(row for row in rows if row is not None):
            found.append(quote)
        elif mine or None in rows[: len(quote.content)]:
            found += _quote(key, mine, quote, rows, lenient)
    for key, mine in groups.items():
        found += _quote(key, mine, None, (), lenient)
    for row in loose:
        if row.label not in PARTS[1:]:
            found.append(Quote(content=(Span(row.start, row.end),), type=None if row.label == PARTS[0] else row.label or None))
    for row in loose:
        if row.label in PARTS[1:]:
            if found:
                i = min(range(len(found)), key=lambda i: min(_gap(row, s) for s in found[i].content))
                found[i] = replace(found[i], **{row.label: (*getattr(found[i], row.label), Span(row.start, row.end))})
            elif not lenient:
                raise DocumentError(f"the {row.label} at {row.start}-{row.end} stands in a document without a quote; add the quote's content, or delete it")
    return tuple(found)


def _quote(key: str, now: Sequence[Row], quote: Quote | None, written: Written, lenient: bool) -> list[Quote]:
    """The quote called `key`, from its rows and what it was; nothing, where that is allowed, when it has lost its content."""
    parts: dict[str, tuple[Span, ...]] = {}
    at = 0
    for part in PARTS:
        was = getattr(quote, part) if quote else ()
        rows = [row for row in now if row.label == part or (part == PARTS[0] and row.label not in PARTS)]
        parts[part] = _kept(rows, was, written[at : at + len(was)], lambda row: Span(row.start, row.end))
        at += len(was)
    if not parts[PARTS[0]]:
        if lenient:
            return []
        raise DocumentError(f"the quote {key} has a cue or a source and no content; add a span {PARTS[0]} with the kb_id {key}, or delete its other spans")
    if quote is not None:
        return [replace(quote, **parts)]
    kinds = [row.label for row in now if row.label and row.label not in PARTS]
    return [replace(Quote(content=parts[PARTS[0]], id=None if key.startswith("#") else key, type=kinds[0] if kinds else None), **parts)]

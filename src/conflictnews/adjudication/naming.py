"""The second pass in the names of the first, so that only what passes mean can differ, not what they call it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable

import msgspec

from conflictnews.adjudication.pairing import pair_annotations
from conflictnews.agreement.names import same_entities
from conflictnews.model import Argument, BoilerplateSpan, Document, Entity, Event, Quote, Span
from conflictnews.scoring.matching import best_pairs

IMPLIED = "\0"
"""Before the entity id of an argument: the id is that of the mention with its span, and follows it."""

replace = msgspec.structs.replace


def renamed(first: Document, second: Document) -> Document:
    """The second pass with the names of the first: entities by shared mentions, document-level events by shared triggers, quotes by content.

    What has no counterpart keeps its name where that is free, else it gets a new one.
    """
    entities = _renamer(same_entities(first, second), _entity_names(first), _entity_names(second))
    events = _renamer(_same_events(first, second), _names(v.event for v in first.events or ()), _names(v.event for v in second.events or ()))
    pairs = pair_annotations(first.quotes or (), second.quotes or ())
    same_quotes = {b.id: a.id for a, b in pairs if a is not None and b is not None and isinstance(a.id, str) and isinstance(b.id, str)}
    quotes = _renamer(same_quotes, _names(q.id for q in first.quotes or ()), _names(q.id for q in second.quotes or ()))
    return replace(
        second,
        entities=None if second.entities is None else tuple(replace(e, entity=entities(e.entity)) for e in second.entities),
        events=None if second.events is None else tuple(_event(v, entities, events) for v in second.events),
        quotes=None
        if second.quotes is None
        else tuple(replace(q, id=quotes(q.id), parent=quotes(q.parent), speakers=tuple(str(entities(s)) for s in q.speakers)) for q in second.quotes),
    )


def bare(document: Document) -> Document:
    """A pass without surfaces and the ids that nothing refers to; the entity id of an argument is marked (`IMPLIED`) where it is that of the mention with its span."""
    mentions = {(e.start, e.end, e.entity) for e in document.entities or ()}

    def argument(a: Argument) -> Argument:
        implied = a.entity is not None and (a.start, a.end, a.entity) in mentions
        return replace(a, surface=None, entity=f"{IMPLIED}{a.entity}" if implied else a.entity)

    def spans(found: Iterable[Span]) -> tuple[Span, ...]:
        return tuple(Span(s.start, s.end) for s in found)

    def event(v: Event) -> Event:
        return replace(v, id=None, trigger=Span(v.trigger.start, v.trigger.end), arguments=tuple(map(argument, v.arguments)))

    def quote(q: Quote) -> Quote:
        return replace(q, content=spans(q.content), cue=spans(q.cue), source=spans(q.source))

    def plain(annotations: Iterable[Entity | BoilerplateSpan]) -> tuple[Entity | BoilerplateSpan, ...]:
        return tuple(replace(a, id=None, surface=None) for a in annotations)

    return replace(
        document,
        entities=None if document.entities is None else plain(document.entities),
        events=None if document.events is None else tuple(map(event, document.events)),
        quotes=None if document.quotes is None else tuple(map(quote, document.quotes)),
        boilerplate=None if document.boilerplate is None else plain(document.boilerplate),
    )


Rename = Callable[[str | None], str | None]


def _renamer(same: dict[str, str], first: set[str], second: set[str]) -> Rename:
    """Name of the second pass -> its name among those of the first; one that stands for something else there gets a new one."""
    mapping = dict(same)
    taken = first | set(mapping.values()) | second
    for name in sorted(second - mapping.keys()):
        if name in first:
            number = 2
            while f"{name}-{number}" in taken:
                number += 1
            mapping[name] = f"{name}-{number}"
            taken.add(mapping[name])
    return lambda name: None if name is None else mapping.get(name, name)


def _event(v: Event, entities: Rename, events: Rename) -> Event:
    arguments = tuple(replace(a, entity=entities(a.entity), source=entities(a.source)) for a in v.arguments)
    return replace(v, event=events(v.event), source=entities(v.source), arguments=arguments)


def _names(found: Iterable[str | None]) -> set[str]:
    return {name for name in found if name is not None}


def _entity_names(document: Document) -> set[str]:
    """The entities that have a mention: a name without one stands for whatever the other pass calls so."""
    return _names(e.entity for e in document.entities or ())


def _same_events(first: Document, second: Document) -> dict[str, str]:
    """Document-level event of the second pass -> that of the first with which it shares most mentions, one to one; of equal choices, equal names."""
    pairs = pair_annotations(first.events or (), second.events or ())
    shared = Counter((a.event, b.event) for a, b in pairs if a is not None and b is not None and a.event is not None and b.event is not None)
    names = [sorted({pair[side] for pair in shared}) for side in (0, 1)]
    numbers = [{name: n for n, name in enumerate(side)} for side in names]
    room = len(shared) + 1
    found = best_pairs({(numbers[0][a], numbers[1][b]): n * room + (a == b) for (a, b), n in shared.items()})
    return {names[1][j]: names[0][i] for i, j in found}

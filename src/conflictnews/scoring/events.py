"""Counts of the event layer: triggers (Li, Ji & Huang 2013), arguments (TextEE, Huang et al. 2024), attributes, and document-level events (IterX, Chen et al. 2023)."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Sequence

import msgspec

from conflictnews.model import Argument, Event
from conflictnews.scoring.entities import shared
from conflictnews.scoring.matching import best_pairs
from conflictnews.scoring.pair import Pair, Vector

Key = tuple[object, ...]

Identity = str | tuple[int, int]
"""Who or what fills a role: an entity of gold, or else the span."""


def trigger_spans(events: Iterable[Event]) -> list[Key]:
    """Trig-I: where the triggers stand, one for each event."""
    return [(v.trigger.start, v.trigger.end) for v in events]


def triggers(events: Iterable[Event]) -> list[Key]:
    """Trig-C: where the triggers stand and of what type they are."""
    return [(v.trigger.start, v.trigger.end, v.label) for v in events]


def argument_spans(events: Iterable[Event]) -> list[Key]:
    """Arg-I: spans that are an argument of some event of a type; as in TextEE a set, so that of two equal ones one counts."""
    return list(dict.fromkeys((v.label, a.start, a.end) for v in events for a in v.arguments))


def argument_roles(events: Iterable[Event]) -> list[Key]:
    """Arg-C: spans that have a role in some event of a type; a set too."""
    return list(dict.fromkeys((v.label, a.role, a.start, a.end) for v in events for a in v.arguments))


def attached_spans(events: Iterable[Event]) -> list[Key]:
    """Arg-I+: span of each argument, with trigger and type of the event it is attached to."""
    return [(v.trigger.start, v.trigger.end, v.label, a.start, a.end) for v in events for a in v.arguments]


def attached_arguments(events: Iterable[Event]) -> list[Key]:
    """Arg-C+: span and role of each argument, with trigger and type of the event it is attached to."""
    return [(v.trigger.start, v.trigger.end, v.label, a.role, a.start, a.end) for v in events for a in v.arguments]


def counter(keys: Callable[[Iterable[Event]], list[Key]]) -> Callable[[Pair], Vector]:
    """The count function of a metric that compares multisets of keys."""

    def count(pair: Pair) -> Vector:
        gold, predicted = keys(pair.gold.events or ()), keys(pair.predicted.events or ())
        return shared(gold, predicted), len(predicted), len(gold), 0

    return count


class Judged(msgspec.Struct, frozen=True):
    """What an attribute is judged on: the item that must be matched, and what is said of it, on either side."""

    gold: Sequence[tuple[Key, object]]
    predicted: Sequence[tuple[Key, object]]


def factuality(pair: Pair) -> Judged:
    """The factuality of each trigger."""
    return _of_triggers(pair, lambda v: v.factuality, lambda v: v.factuality)


def source(pair: Pair) -> Judged:
    """The gold entity that vouches for each trigger, or nobody."""
    return _of_triggers(pair, lambda v: v.source, lambda v: None if v.source is None else pair.resolve(v.source))


def subtype(pair: Pair) -> Judged:
    """The subtype of each trigger, or none."""
    return _of_triggers(pair, lambda v: v.subtype, lambda v: v.subtype)


def argument_status(pair: Pair) -> Judged:
    """Whether each attached argument is itself contested, and how."""
    sides = []
    for document in (pair.gold, pair.predicted):
        events = document.events or ()
        sides.append(list(zip(attached_arguments(events), [a.status for v in events for a in v.arguments], strict=True)))
    return Judged(sides[0], sides[1])


def _of_triggers(pair: Pair, of_gold: Callable[[Event], object], of_predicted: Callable[[Event], object]) -> Judged:
    gold, predicted = pair.gold.events or (), pair.predicted.events or ()
    return Judged(list(zip(triggers(gold), map(of_gold, gold), strict=True)), list(zip(triggers(predicted), map(of_predicted, predicted), strict=True)))


def end_to_end(judge: Callable[[Pair], Judged]) -> Callable[[Pair], Vector]:
    """The count function of an attribute from end to end: the item found, and the right thing said of it."""

    def count(pair: Pair) -> Vector:
        judged = judge(pair)
        return shared(judged.gold, judged.predicted), len(judged.predicted), len(judged.gold), 0

    return count


def matched(judge: Callable[[Pair], Judged]) -> Callable[[Pair], Vector]:
    """The count function of an attribute where the item was found: precision and recall are both the accuracy."""

    def count(pair: Pair) -> Vector:
        judged = judge(pair)
        both = shared(*([item for item, _ in side] for side in (judged.gold, judged.predicted)))
        return shared(judged.gold, judged.predicted), both, both, 0

    return count


Filler = Callable[[Argument], Identity]


def fillers(pair: Pair) -> tuple[Filler, Filler]:
    """Who fills an argument, for gold and for predicted ones.

    In gold it is the argument's entity, else that of a mention with its span, else the span. A predicted argument is what gold has at exactly its span (mentions,
    then arguments; of several the one that it names itself); else the gold entity that its own entity stands for, where the prediction gives that one mentions;
    else its span.
    """
    places: dict[tuple[int, int], set[Identity]] = {}
    for e in pair.gold.entities or ():
        if e.entity is not None:
            places.setdefault((e.start, e.end), set()).add(e.entity)
    first = {span: min(map(str, entities)) for span, entities in places.items()}

    def of_gold(argument: Argument) -> Identity:
        span = argument.start, argument.end
        return argument.entity if argument.entity is not None else first.get(span, span)

    for argument in (a for v in pair.gold.events or () for a in v.arguments):
        places.setdefault((argument.start, argument.end), set()).add(of_gold(argument))
    best = first | {span: min(names) for span, identities in places.items() if span not in first and (names := [i for i in identities if isinstance(i, str)])}
    named = {e.entity for e in pair.predicted.entities or ()}

    def of_predicted(argument: Argument) -> Identity:
        span = argument.start, argument.end
        own = None if argument.entity is None else pair.resolve(argument.entity)
        if span in places:
            return own if own is not None and own in places[span] else best.get(span, span)
        return own if own is not None and argument.entity in named else span

    return of_gold, of_predicted


def argument_entities(pair: Pair) -> Vector:
    """Arguments on the right trigger of the right type, in the right role, that name the right document entity (WikiEvents' Coref-F1, Li, Ji & Han 2021)."""
    sides = [
        [(v.trigger.start, v.trigger.end, v.label, a.role, filler(a)) for v in document.events or () for a in v.arguments]
        for document, filler in zip((pair.gold, pair.predicted), fillers(pair), strict=True)
    ]
    return shared(*sides), len(sides[1]), len(sides[0]), 0


Template = set[tuple[str, Identity]]


def templates(events: Iterable[Event], filler: Filler) -> list[tuple[str, Template]]:
    """Document-level events as type and set of (role, filler): mentions of one type that share a document-level id are one, a mention without is its own."""
    found: dict[Hashable, tuple[str, Template]] = {}
    for i, v in enumerate(events):
        _, template = found.setdefault((v.label, i if v.event is None else v.event), (v.label, set()))
        template.update((a.role, filler(a)) for a in v.arguments)
    return list(found.values())


def template(pair: Pair) -> Vector:
    """Fillers shared by document-level events of one type, aligned one to one so that they share most (CEAF-RME, phi-3, a filler being right or wrong)."""
    of_gold, of_predicted = fillers(pair)
    gold, predicted = templates(pair.gold.events or (), of_gold), templates(pair.predicted.events or (), of_predicted)
    similarity = {(i, j): len(g & p) for i, (label, g) in enumerate(gold) for j, (other, p) in enumerate(predicted) if label == other and g & p}
    return sum(similarity[cell] for cell in best_pairs(similarity)), sum(len(p) for _, p in predicted), sum(len(g) for _, g in gold), 0

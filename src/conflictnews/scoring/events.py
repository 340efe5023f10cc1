"""Counts of the event layer: triggers (Li, Ji & Huang 2013) and arguments attached to them (TextEE, Huang et al. 2024)."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from conflictnews.model import Event
from conflictnews.scoring.entities import Vector, shared
from conflictnews.scoring.pair import Pair

Key = tuple[object, ...]


def trigger_spans(events: Iterable[Event]) -> list[Key]:
    """Trig-I: where the triggers stand, one for each event."""
    return [(v.trigger.start, v.trigger.end) for v in events]


def triggers(events: Iterable[Event]) -> list[Key]:
    """Trig-C: where the triggers stand and of what type they are."""
    return [(v.trigger.start, v.trigger.end, v.label) for v in events]


def attached_arguments(events: Iterable[Event]) -> list[Key]:
    """Arg-C+: span and role of each argument, with trigger and type of the event it is attached to."""
    return [(v.trigger.start, v.trigger.end, v.label, a.role, a.start, a.end) for v in events for a in v.arguments]


def counter(keys: Callable[[Iterable[Event]], list[Key]]) -> Callable[[Pair], Vector]:
    """The count function of a metric that compares multisets of keys."""

    def count(pair: Pair) -> Vector:
        gold, predicted = keys(pair.gold.events or ()), keys(pair.predicted.events or ())
        return shared(gold, predicted), len(predicted), len(gold), 0

    return count

"""Counts of the entity layer: SemEval-2013 task 9.1 on half-open spans, matched one to one."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable

from conflictnews.model import Entity
from conflictnews.scoring.matching import overlap_size
from conflictnews.scoring.pair import Pair

Vector = tuple[int, int, int, int]
"""Hits (times the task's scale), predicted, gold, true negatives: what every count function gives, as integers."""

Mentions = tuple[list[Entity], list[Entity]]


def shared(gold: Iterable[object], predicted: Iterable[object]) -> int:
    """How many items two multisets share: each gold item is hit once at most, so a duplicate is a false positive."""
    return (Counter(gold) & Counter(predicted)).total()


def primary(pair: Pair) -> Mentions:
    """Names and values."""
    return pair.primary_entities


def every(pair: Pair) -> Mentions:
    """Mentions of every level."""
    return pair.all_entities


def strict(mentions: Mentions) -> int:
    """Same span, same label."""
    return shared(*([(e.start, e.end, e.label) for e in side] for side in mentions))


def exact(mentions: Mentions) -> int:
    """Same span, whatever the label."""
    return shared(*([(e.start, e.end) for e in side] for side in mentions))


def partial(mentions: Mentions) -> int:
    """Two for the same span, one for an overlap, whatever the label: twice the credit of the matching with the largest credit.

    Pairing equal spans first loses nothing: a pair of equal spans is worth as much as the two overlaps it could break.
    """
    sides = [Counter((e.start, e.end) for e in side) for side in mentions]
    same = sides[0] & sides[1]
    rest = [list((side - same).elements()) for side in sides]
    return 2 * same.total() + overlap_size(*rest)


def type_(mentions: Mentions) -> int:
    """Some overlap and the same label: the largest number of such pairs."""
    sides: list[dict[str, list[tuple[int, int]]]] = [{}, {}]
    for side, found in zip(mentions, sides, strict=True):
        for e in side:
            found.setdefault(e.label, []).append((e.start, e.end))
    return sum(overlap_size(spans, sides[1].get(label, [])) for label, spans in sides[0].items())


def counter(select: Callable[[Pair], Mentions], hits: Callable[[Mentions], int]) -> Callable[[Pair], Vector]:
    """The count function of a metric over a choice of mentions."""

    def count(pair: Pair) -> Vector:
        mentions = select(pair)
        return hits(mentions), len(mentions[1]), len(mentions[0]), 0

    return count

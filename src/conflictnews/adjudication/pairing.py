"""Which annotation of one pass is which of the other: the same place first, then the same label nearby, then the same words under another label."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from typing import Any

from conflictnews.model import Argument, Event, Quote
from conflictnews.scoring.matching import best_pairs

Place = tuple[int, int]


def places(annotation: Any) -> tuple[Place, ...]:
    """Where an annotation stands: its span, its trigger, or the spans of its content."""
    if isinstance(annotation, Event):
        return ((annotation.trigger.start, annotation.trigger.end),)
    if isinstance(annotation, Quote):
        return tuple((s.start, s.end) for s in annotation.content)
    return ((annotation.start, annotation.end),)


def label(annotation: Any) -> Hashable:
    """What an annotation is filed under: its label, or its role; quotes have none."""
    if isinstance(annotation, Argument):
        return annotation.role
    return None if isinstance(annotation, Quote) else str(annotation.label)


def text_order(annotation: Any) -> tuple[Any, ...]:
    """Where an annotation comes in the text: by its start, longer ones first, then by label."""
    where = places(annotation)
    return where[0][0], -where[-1][1], str(label(annotation)), where


def pair_annotations(first: Sequence[Any], second: Sequence[Any]) -> list[tuple[Any | None, Any | None]]:
    """Every annotation of either side once, in text order, beside its counterpart or None.

    Pairs are made in stages, each among what is left: same place and label; same place; same label and a shared character; half of the characters of both shared. Within a stage
    the pairs with the largest overlap are taken, of equal ones those that say most of the same.
    """
    left, right = list(range(len(first))), list(range(len(second)))
    pairs: list[tuple[int, int]] = []
    for stage in _STAGES:
        weights = {}
        for i in left:
            for j in right:
                weight = stage(first[i], second[j])
                if weight:
                    weights[i, j] = weight * 64 + _likeness(first[i], second[j])
        found = best_pairs(weights)
        pairs += found
        left, right = [i for i in left if i not in {p[0] for p in found}], [j for j in right if j not in {p[1] for p in found}]
    both: list[tuple[Any | None, Any | None]] = [(first[i], second[j]) for i, j in pairs]
    both += [(first[i], None) for i in left] + [(None, second[j]) for j in right]
    return sorted(both, key=lambda pair: (text_order(pair[0] if pair[0] is not None else pair[1]), pair[0] is None))


def _likeness(a: Any, b: Any) -> int:
    """How many fields are equal, and for events arguments: at most 63."""
    same = sum(bool(getattr(a, name) == getattr(b, name)) for name in a.__struct_fields__)
    if isinstance(a, Event):
        same += len({(x.role, x.start, x.end) for x in a.arguments} & {(x.role, x.start, x.end) for x in b.arguments})
    return min(same, 63)


def _shared(a: Any, b: Any) -> int:
    return sum(max(0, min(x[1], y[1]) - max(x[0], y[0])) for x in places(a) for y in places(b))


def _same_place_and_label(a: Any, b: Any) -> int:
    return int(places(a) == places(b) and label(a) == label(b))


def _same_place(a: Any, b: Any) -> int:
    return int(places(a) == places(b))


def _same_label(a: Any, b: Any) -> int:
    return _shared(a, b) if label(a) == label(b) else 0


def _same_words(a: Any, b: Any) -> int:
    shared = _shared(a, b)
    union = sum(end - start for side in (a, b) for start, end in places(side)) - shared
    return shared if 2 * shared >= union else 0


_STAGES: tuple[Callable[[Any, Any], int], ...] = (_same_place_and_label, _same_place, _same_label, _same_words)

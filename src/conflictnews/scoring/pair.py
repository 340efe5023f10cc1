"""A gold document beside a system's output for it, with what several metrics need, computed once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from functools import cached_property
from typing import Protocol, TypeVar

import numpy as np
import numpy.typing as npt

from conflictnews.errors import ScoringError
from conflictnews.model import Document, Entity, Quote
from conflictnews.schema import Schema
from conflictnews.scoring.matching import best_pairs, overlapping

MAIN, MASKED, POSITIVE = 0, 1, 2
"""What a character is to the boilerplate metrics."""

IOU_SCALE = 1 << 40
"""Intersection over union as an integer: exact ties stay ties, whatever order the quotes come in."""


Vector = tuple[int, int, int, int]
"""Hits (times the task's scale), predicted, gold, true negatives: what every count function gives, as integers."""


class Pair:
    """Gold and prediction of one document. `text` is the gold text, or None where neither side has one."""

    def __init__(self, gold: Document, predicted: Document, schema: Schema) -> None:
        self.gold, self.predicted, self.schema = gold, predicted, schema
        self.text = gold.text if gold.text is not None else predicted.text

    @cached_property
    def primary_entities(self) -> tuple[list[Entity], list[Entity]]:
        """Gold and predicted mentions of the headline score: names and values.

        A mention without a level counts. A predicted one without a level that coincides in span and label with a gold mention of another level is set
        aside: it is neither right nor wrong here.
        """
        aside = set(self.schema.entities.levels) - set(self.schema.entities.primary_levels)
        gold_all, predicted_all = self.gold.entities or (), self.predicted.entities or ()
        gold = [e for e in gold_all if e.level not in aside]
        other = Counter((e.start, e.end, e.label) for e in gold_all if e.level in aside)
        other -= Counter((e.start, e.end, e.label) for e in gold)
        predicted = []
        for e in predicted_all:
            key = (e.start, e.end, e.label)
            if e.level in aside:
                continue
            if e.level is None and other.get(key, 0) > 0:
                other[key] -= 1
                continue
            predicted.append(e)
        return gold, predicted

    @cached_property
    def all_entities(self) -> tuple[list[Entity], list[Entity]]:
        """Gold and predicted mentions of every level."""
        return list(self.gold.entities or ()), list(self.predicted.entities or ())

    @cached_property
    def quote_weights(self) -> dict[tuple[int, int], int]:
        """(gold quote, predicted quote) -> intersection over union of their content, times `IOU_SCALE`, for those that share a character."""
        gold = [_characters(q) for q in self.gold.quotes or ()]
        predicted = [_characters(q) for q in self.predicted.quotes or ()]
        hulls = [[(c[0][0], c[-1][1]) for c in side] for side in (gold, predicted)]
        weights = {}
        for i, js in enumerate(overlapping(*hulls)):
            for j in js:
                shared = _shared(gold[i], predicted[j])
                if shared:
                    union = _length(gold[i]) + _length(predicted[j]) - shared
                    weights[i, j] = shared * IOU_SCALE // union
        return weights

    @cached_property
    def quote_pairs(self) -> list[tuple[int, int]]:
        """Matched quotes: the one-to-one pairs with content IoU of at least one half and the largest sum; of equal ones those with most right speakers, then most pairs."""
        half = IOU_SCALE // 2
        count = len(self.gold.quotes or ()) + 1
        return best_pairs({(i, j): (w * count + self.right_speakers(i, j)) * count + 1 for (i, j), w in self.quote_weights.items() if w >= half})

    def right_speakers(self, i: int, j: int) -> bool:
        """Whether predicted quote `j` names the speakers of gold quote `i`, as a set of gold entities."""
        gold, predicted = (self.gold.quotes or ())[i], (self.predicted.quotes or ())[j]
        return frozenset(gold.speakers) == frozenset(self.resolve(speaker) for speaker in predicted.speakers)

    def resolve(self, name: str) -> str:
        """The gold entity that a predicted entity id stands for.

        It is the one whose mentions share most characters with the predicted mentions of `name`, of equal ones the one with the shorter mentions; an id that the prediction gives no mention is taken for a
        gold id. What shares nothing stands for nothing, and is no gold entity.
        """
        return self._resolution.get(name, name if name not in self._predicted_ids else f"\0{name}")

    @cached_property
    def _predicted_ids(self) -> frozenset[str]:
        return frozenset(e.entity for e in self.predicted.entities or () if e.entity is not None)

    @cached_property
    def _resolution(self) -> dict[str, str]:
        gold = [e for e in self.gold.entities or () if e.entity is not None]
        predicted = [e for e in self.predicted.entities or () if e.entity is not None]
        shared: dict[str, dict[str, tuple[int, int]]] = {}
        for i, js in enumerate(overlapping([(e.start, e.end) for e in predicted], [(e.start, e.end) for e in gold])):
            for j in js:
                p, g = predicted[i], gold[j]
                votes = shared.setdefault(str(p.entity), {})
                less, more = votes.get(str(g.entity), (0, 0))
                votes[str(g.entity)] = less - min(p.end, g.end) + max(p.start, g.start), more + g.end - g.start
        return {name: min(votes, key=lambda g: (votes[g], g)) for name, votes in shared.items()}

    @cached_property
    def classes(self) -> tuple[npt.NDArray[np.int8], npt.NDArray[np.int8]]:
        """What each character is in gold and in the prediction: MAIN, MASKED or POSITIVE; one value a code point.

        A label that the scheme does not know counts as furniture of the positive class, as a foreign scheme's labels must. Where blocks overlap, the positive class wins.
        """
        blocks = [self.gold.boilerplate or (), self.predicted.boilerplate or ()]
        length = len(self.text) if self.text is not None else max((b.end for side in blocks for b in side), default=0)
        policies, scheme = self.schema.policies, self.schema.boilerplate
        sides = []
        for side in blocks:
            classes = np.zeros(length, dtype=np.int8)
            for b in side:
                value = MASKED if policies.get(b.label, scheme.positive_policy) == scheme.masked_policy else POSITIVE
                np.maximum(classes[b.start : b.end], value, out=classes[b.start : b.end])
            sides.append(classes)
        return sides[0], sides[1]


def _characters(quote: Quote) -> list[tuple[int, int]]:
    """The characters of a quote's content as disjoint sorted intervals."""
    merged: list[tuple[int, int]] = []
    for start, end in sorted((s.start, s.end) for s in quote.content):
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(merged[-1][1], end))
        else:
            merged.append((start, end))
    return merged


def _length(intervals: list[tuple[int, int]]) -> int:
    return sum(end - start for start, end in intervals)


def _shared(left: list[tuple[int, int]], right: list[tuple[int, int]]) -> int:
    return sum(max(0, min(a[1], b[1]) - max(a[0], b[0])) for a in left for b in right)


class HasId(Protocol):
    """Anything that belongs to one document."""

    @property
    def doc_id(self) -> str:
        """The document's id."""
        ...


Item = TypeVar("Item", bound=HasId)


def by_id(items: Iterable[Item], side: str) -> dict[str, Item]:
    """Items by their doc_id; ScoringError, naming the `side`, where one comes twice."""
    found: dict[str, Item] = {}
    for item in items:
        if item.doc_id in found:
            raise ScoringError(f"{item.doc_id} comes twice in {side}; each document is given once")
        found[item.doc_id] = item
    return found

"""Counts of labelled characters: how much of the text under names and values has the right label."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

import numpy as np

from conflictnews.scoring.pair import Pair

if TYPE_CHECKING:
    from conflictnews.model import Entity
    from conflictnews.scoring.pair import Vector
    from conflictnews.scoring.spans import Ints, SpanTable


def labelled(pair: Pair) -> Vector:
    """Pairs of a code point and a label, as sets: a character in two mentions of one label counts once, in mentions of two labels twice."""
    gold, predicted = pair.primary_entities
    sizes = [_covered(side) for side in (gold, predicted, [*gold, *predicted])]
    return sizes[0] + sizes[1] - sizes[2], sizes[1], sizes[0], 0


def _covered(mentions: Iterable[Entity]) -> int:
    """How many pairs of a character and a label the mentions cover."""
    total = 0
    reached: dict[str, int] = {}
    for start, end, label in sorted((e.start, e.end, e.label) for e in mentions):
        at = max(start, reached.get(label, 0))
        if end > at:
            total += end - at
            reached[label] = end
    return total


def labelled_all(gold: SpanTable, predicted: SpanTable, documents: int) -> Ints:
    """The counts of `labelled` for many documents at once: documents x (hits, predicted, gold, true negatives). The tables must fit (`spans.fits`)."""
    tables = (gold, predicted)
    ends, lengths, labels = (max((int(column.max()) for column in columns if len(column)), default=0).bit_length() for columns in zip(*map(_columns, tables), strict=True))
    # document, label, start, length in one integer: without the length a place on a line on which documents and labels follow each other
    keys = [((((t.document << labels) | t.label) << ends + 1 | t.start) << lengths) | (t.end - t.start) for t in tables]
    predictions, answers, both = (_covered_all(k, lengths, ends + 1 + labels, documents) for k in (keys[1], keys[0], np.concatenate(keys)))
    return np.stack([answers + predictions - both, predictions, answers, np.zeros_like(both)], axis=1)


def _columns(table: SpanTable) -> tuple[Ints, Ints, Ints]:
    return table.end, table.end - table.start, table.label


def _covered_all(keys: Ints, lengths: int, line: int, documents: int) -> Ints:
    """For each document the number of places that its spans cover, from keys with `lengths` bits of length, and `line` bits of place before the document."""
    if not len(keys):
        return np.zeros(documents, dtype=np.int64)
    keys = np.sort(keys)
    start = keys >> lengths
    end = start + (keys & ((1 << lengths) - 1))
    reached = np.concatenate(([0], np.maximum.accumulate(end)[:-1]))
    fresh = np.maximum(end - np.maximum(start, reached), 0)
    return np.bincount(start >> line, weights=fresh, minlength=documents).astype(np.int64)

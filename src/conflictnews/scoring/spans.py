"""Entity counts over whole collections at once: spans as sorted packed integers, documents of any number in a few array operations.

The numbers are those of `conflictnews.scoring.entities`, which counts one document in plain Python and remains the definition; documents in which spans of one
side overlap one another, or in which an overlap has more than one candidate, are handed to it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
import numpy.typing as npt

from conflictnews.scoring.matching import overlap_size

Ints = npt.NDArray[np.int64]
Mask = npt.NDArray[np.bool_]

NAMED, ASIDE, UNSAID = 0, 1, 2
"""Level of a mention: of the headline score, of another level, or not given."""


class SpanTable:
    """Spans of many documents as columns of equal length: document number, start, end, label number and level."""

    def __init__(self, document: Ints, start: Ints, end: Ints, label: Ints, level: Ints | None = None) -> None:
        self.document, self.start, self.end, self.label = document, start, end, label
        self.level = np.full(len(document), UNSAID, dtype=np.int64) if level is None else level

    def __len__(self) -> int:
        """The number of spans."""
        return len(self.document)

    def take(self, which: Mask | Ints) -> SpanTable:
        """The spans that `which` picks, by mask or by position."""
        return SpanTable(self.document[which], self.start[which], self.end[which], self.label[which], self.level[which])

    @classmethod
    def of(cls, documents: Iterable[Sequence[tuple[int, int, int, int]]]) -> SpanTable:
        """The table of (start, end, label number, level) rows, document by document."""
        listed = list(documents)
        columns = np.array([row for rows in listed for row in rows], dtype=np.int64).reshape(-1, 4)
        numbers = np.repeat(np.arange(len(listed), dtype=np.int64), [len(rows) for rows in listed])
        return cls(numbers, columns[:, 0], columns[:, 1], columns[:, 2], columns[:, 3])


def _bits(*tables: SpanTable) -> tuple[int, int, int, int]:
    """How many bits document, start, length and label take in a packed key."""

    def width(columns: Iterable[Ints]) -> int:
        return max((int(c.max()) for c in columns if len(c)), default=0).bit_length() + 1

    return (width(t.document for t in tables), width(t.end for t in tables), width(t.end - t.start for t in tables), width(t.label for t in tables))


def fits(gold: SpanTable, predicted: SpanTable) -> bool:
    """Whether a span of these tables packs into 63 bits; otherwise the documents must be counted in parts."""
    return sum(_bits(gold, predicted)) <= 63


class _Sorted:
    """A table in order of its packed keys (document, start, length, label)."""

    def __init__(self, table: SpanTable, bits: tuple[int, int, int, int]) -> None:
        _, starts, lengths, labels = bits
        keys = (table.document << (starts + lengths + labels)) | (table.start << (lengths + labels)) | ((table.end - table.start) << labels) | table.label
        order = np.argsort(keys, kind="stable")
        self.table, self.strict, self.exact = table.take(order), keys[order], keys[order] >> labels
        self.shift = starts

    def positions(self) -> tuple[Ints, Ints]:
        """Starts and ends on one line on which documents follow each other without touching."""
        base = self.table.document << (self.shift + 1)
        return base + self.table.start, base + self.table.end


def _rank(keys: Ints) -> Ints:
    """For sorted keys, the number of equal ones before each."""
    position = np.arange(len(keys), dtype=np.int64)
    first = np.ones(len(keys), dtype=bool)
    first[1:] = keys[1:] != keys[:-1]
    return position - np.maximum.accumulate(np.where(first, position, 0)) if len(keys) else position


def _common(left: Ints, right: Ints) -> Mask:
    """Which of the sorted `right` keys are matched when the two multisets are paired one to one."""
    if not len(left):
        return np.zeros(len(right), dtype=bool)
    place = np.searchsorted(left, right) + _rank(right)
    inside = place < len(left)
    found: Mask = inside & (left[np.minimum(place, len(left) - 1)] == right)
    return found


def _nested(side: _Sorted, documents: int) -> Mask:
    """Which documents hold two spans of one side that overlap."""
    start, end = side.positions()
    crowded = np.zeros(documents, dtype=bool)
    if len(start) > 1:
        reach = np.maximum.accumulate(end)
        crowded[side.table.document[1:][start[1:] < reach[:-1]]] = True
    return crowded


def _overlaps(gold: tuple[Ints, Ints], predicted: tuple[Ints, Ints]) -> tuple[Ints, Ints]:
    """For spans that do not overlap within their side, in order: how many of the other side each one overlaps."""
    (gold_start, gold_end), (start, end) = gold, predicted
    of_gold = np.searchsorted(start, gold_end, "left") - np.searchsorted(end, gold_start, "right")
    of_predicted = np.searchsorted(gold_start, end, "left") - np.searchsorted(gold_end, start, "right")
    return of_gold, of_predicted


def _per_document(which: Ints, documents: int) -> Ints:
    return np.bincount(which, minlength=documents).astype(np.int64)


def _match_overlaps(gold: SpanTable, predicted: SpanTable, keys: tuple[Ints, Ints, Ints, Ints], documents: int, hard: Mask) -> Ints:
    """The largest number of one-to-one overlaps in each document that is not `hard`; documents that turn out so are marked."""
    of_gold, of_predicted = _overlaps(keys[:2], keys[2:])
    hard[gold.document[of_gold > 1]] = True
    hard[predicted.document[of_predicted > 1]] = True
    return _per_document(gold.document[of_gold == 1], documents)


def hits(gold: SpanTable, predicted: SpanTable, documents: int) -> dict[str, Ints]:
    """Hits of each document under the strategies strict, exact, partial (two for the same span, one for an overlap) and type."""
    bits = _bits(gold, predicted)
    g, p = _Sorted(gold, bits), _Sorted(predicted, bits)
    gold_strict, predicted_strict = _common(p.strict, g.strict), _common(g.strict, p.strict)
    gold_exact, predicted_exact = _common(p.exact, g.exact), _common(g.exact, p.exact)
    found = {"strict": _per_document(p.table.document[predicted_strict], documents), "exact": _per_document(p.table.document[predicted_exact], documents)}
    crowded = _nested(g, documents) | _nested(p, documents)

    def rest(side: _Sorted, matched: Mask, *, by_label: bool) -> tuple[SpanTable, Ints, Ints]:
        """What is not matched, in order of position (of label and position), with starts and ends on one line."""
        keep = ~matched & ~crowded[side.table.document]
        table = side.table.take(keep)
        start, end = (c[keep] for c in side.positions())
        if not by_label:
            return table, start, end
        base = ((table.document << bits[3]) | table.label) << (side.shift + 1)
        start, end = base + table.start, base + table.end
        order = np.argsort(start, kind="stable")
        return table.take(order), start[order], end[order]

    for name, matched, by_label in (("partial", (gold_exact, predicted_exact), False), ("type", (gold_strict, predicted_strict), True)):
        left, left_start, left_end = rest(g, matched[0], by_label=by_label)
        right, right_start, right_end = rest(p, matched[1], by_label=by_label)
        hard = crowded.copy()
        overlaps = _match_overlaps(left, right, (left_start, left_end, right_start, right_end), documents, hard)
        sure = found["exact"] if name == "partial" else found["strict"]
        found[name] = (2 * sure if name == "partial" else sure) + overlaps
        _by_hand(found[name], name, g, p, hard)
    return found


def strict_hits(gold: SpanTable, predicted: SpanTable, documents: int) -> Ints:
    """Hits of each document under the strategy strict alone."""
    bits = _bits(gold, predicted)
    g, p = _Sorted(gold, bits), _Sorted(predicted, bits)
    return _per_document(p.table.document[_common(g.strict, p.strict)], documents)


def _by_hand(counts: Ints, name: str, gold: _Sorted, predicted: _Sorted, hard: Mask) -> None:
    """Write the counts of the `hard` documents, one by one in plain Python."""
    numbers = np.flatnonzero(hard)
    if not len(numbers):
        return
    edges = [(np.searchsorted(s.table.document, numbers), np.searchsorted(s.table.document, numbers, "right")) for s in (gold, predicted)]
    columns = [(s.table.start, s.table.end, s.table.label) for s in (gold, predicted)]
    for i, number in enumerate(numbers):
        sides = [[c[low[i] : high[i]].tolist() for c in cs] for (low, high), cs in zip(edges, columns, strict=True)]
        counts[number] = _partial(sides) if name == "partial" else _type(sides)


def _partial(sides: list[list[list[int]]]) -> int:
    from collections import Counter

    counted = [Counter(zip(starts, ends, strict=True)) for starts, ends, _ in sides]
    same = counted[0] & counted[1]
    return 2 * same.total() + overlap_size(*(list((side - same).elements()) for side in counted))


def _type(sides: list[list[list[int]]]) -> int:
    by_label: list[dict[int, list[tuple[int, int]]]] = [{}, {}]
    for (starts, ends, labels), found in zip(sides, by_label, strict=True):
        for start, end, label in zip(starts, ends, labels, strict=True):
            found.setdefault(label, []).append((start, end))
    return sum(overlap_size(spans, by_label[1].get(label, [])) for label, spans in by_label[0].items())


def headline(gold: SpanTable, predicted: SpanTable) -> tuple[SpanTable, SpanTable]:
    """Both sides without the mentions that the headline score leaves aside.

    Those of another level go. A predicted mention whose level is not given goes too when it coincides in span and label with a gold mention of another level
    (each gold one takes one along) that is no headline mention as well.
    """
    kept_gold, other = gold.take(gold.level != ASIDE), gold.take(gold.level == ASIDE)
    kept = predicted.take(predicted.level != ASIDE)
    unsaid = kept.level == UNSAID
    if not len(other) or not unsaid.any():
        return kept_gold, kept
    bits = _bits(gold, predicted)
    aside, named = _Sorted(other, bits), _Sorted(kept_gold, bits)
    free = aside.strict[~_common(named.strict, aside.strict)]
    open_ = _Sorted(kept.take(unsaid), bits)
    gone = _common(free, open_.strict)
    rest = open_.table.take(~gone)
    said = kept.take(~unsaid)
    return kept_gold, SpanTable(*(np.concatenate(pair) for pair in zip(_columns(said), _columns(rest), strict=True)))


def _columns(table: SpanTable) -> tuple[Ints, Ints, Ints, Ints, Ints]:
    return table.document, table.start, table.end, table.label, table.level

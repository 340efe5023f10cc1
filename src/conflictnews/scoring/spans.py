"""Entity counts over whole collections at once: spans as sorted packed integers, documents of any number in a few array operations.

The numbers are those of `conflictnews.scoring.entities`, which counts one document in plain Python and remains the definition; documents in which spans of one
side overlap one another, or in which an overlap has more than one candidate, are handed to it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import cached_property

import numpy as np
import numpy.typing as npt

from conflictnews.scoring.characters import labelled_all
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

    def between(self, first: int, last: int) -> SpanTable:
        """The spans of the documents from `first` to before `last`, renumbered from 0; the table must be in order of document."""
        low, high = np.searchsorted(self.document, (first, last))
        rows = slice(low, high)
        return SpanTable(self.document[rows] - first, self.start[rows], self.end[rows], self.label[rows], self.level[rows])

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
    """Whether a span of these tables packs into 62 bits; otherwise the documents must be counted in parts."""
    return sum(_bits(gold, predicted)) <= 62


class _Sorted:
    """The spans of a table as packed keys (document, start, length, label) in ascending order; what a key holds is taken out of it when asked for."""

    def __init__(self, table: SpanTable, bits: tuple[int, int, int, int]) -> None:
        _, starts, self.lengths, self.labels = bits
        self.starts = starts
        keys = table.document << starts
        for column, shift in ((table.start, self.lengths), (table.end - table.start, self.labels), (table.label, 0)):
            keys |= column
            keys <<= shift
        if len(keys) > 1 and not (keys[1:] >= keys[:-1]).all():
            keys.sort()
        self.strict = keys

    @cached_property
    def exact(self) -> Ints:
        """The keys without their labels."""
        return self.strict >> self.labels

    @cached_property
    def document(self) -> Ints:
        """Document numbers."""
        return self.strict >> (self.starts + self.lengths + self.labels)

    @cached_property
    def line(self) -> tuple[Ints, Ints]:
        """Starts and ends on one line on which documents follow each other without touching."""
        return self._line(self.strict)

    def _line(self, keys: Ints) -> tuple[Ints, Ints]:
        place = keys >> (self.lengths + self.labels)
        length = (keys >> self.labels) & ((1 << self.lengths) - 1)
        start = place + ((place >> self.starts) << self.starts)  # twice the room for each document, so that no end reaches the next
        return start, start + length

    def take(self, which: Mask | slice) -> SpanTable:
        """The spans that `which` picks, in order; their levels are not kept."""
        keys = self.strict[which]
        start = (keys >> (self.lengths + self.labels)) & ((1 << self.starts) - 1)
        length = (keys >> self.labels) & ((1 << self.lengths) - 1)
        return SpanTable(keys >> (self.starts + self.lengths + self.labels), start, start + length, keys & ((1 << self.labels) - 1))


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


def _paired(left: Ints, right: Ints) -> tuple[Mask, Mask]:
    """Which of two sorted multisets of keys, below 2**62, are matched when they are paired one to one: a mask of each."""
    if any((keys[1:] == keys[:-1]).any() for keys in (left, right)):
        return _common(right, left), _common(left, right)
    both = np.concatenate((left << 1, (right << 1) | 1))
    both.sort(kind="stable")  # two runs in order: merged in one go
    side = (both & 1).astype(bool)
    both >>= 1
    twin = both[1:] == both[:-1]
    found = np.zeros(len(both), dtype=bool)
    found[1:] = twin
    found[:-1] |= twin
    return found[~side], found[side]


def _crowded(side: _Sorted, documents: int) -> Mask:
    """Which documents hold two spans of one side that overlap; of such spans two stand next to each other in order of their starts."""
    start, end = side.line
    crowded = np.zeros(documents, dtype=bool)
    crowded[side.document[1:][start[1:] < end[:-1]]] = True
    return crowded


def _overlaps(gold: tuple[Ints, Ints], predicted: tuple[Ints, Ints]) -> tuple[Ints, Ints]:
    """For spans that do not overlap within their side, in order: how many of the other side each one overlaps."""
    (gold_start, gold_end), (start, end) = gold, predicted
    of_gold = np.searchsorted(start, gold_end, "left") - np.searchsorted(end, gold_start, "right")
    of_predicted = np.searchsorted(gold_start, end, "left") - np.searchsorted(gold_end, start, "right")
    return of_gold, of_predicted


def _per_document(which: Ints, documents: int) -> Ints:
    return np.bincount(which, minlength=documents).astype(np.int64)


class Comparison:
    """Two sides of one collection, put in order and paired once, from which the hits of each document under every strategy are read off."""

    def __init__(self, gold: SpanTable, predicted: SpanTable, documents: int) -> None:
        self.documents = documents
        self.bits = _bits(gold, predicted)
        self.sides = _Sorted(gold, self.bits), _Sorted(predicted, self.bits)

    @cached_property
    def same(self) -> tuple[Mask, Mask]:
        """Of each side, the spans that are paired with one of the same place and label."""
        return _paired(self.sides[0].strict, self.sides[1].strict)

    @cached_property
    def placed(self) -> tuple[Mask, Mask]:
        """Of each side, the spans that are paired with one of the same place."""
        return _paired(self.sides[0].exact, self.sides[1].exact)

    @cached_property
    def crowded(self) -> Mask:
        """The documents in which spans of one side overlap one another."""
        return _crowded(self.sides[0], self.documents) | _crowded(self.sides[1], self.documents)

    @cached_property
    def strict(self) -> Ints:
        """Hits of each document: same place and label."""
        return _per_document(self.sides[0].document[self.same[0]], self.documents)

    @cached_property
    def exact(self) -> Ints:
        """Hits of each document: same place."""
        return _per_document(self.sides[0].document[self.placed[0]], self.documents)

    @cached_property
    def partial(self) -> Ints:
        """Half hits of each document: two for the same place, one for an overlap."""
        gold, predicted = (side.take(self._open(side, placed)) for side, placed in zip(self.sides, self.placed, strict=True))
        room = self.bits[1] + 1
        lines = [((t.document << room) + t.start, (t.document << room) + t.end) for t in (gold, predicted)]
        return self._with_overlaps("partial", 2 * self.exact, gold.document, predicted.document, lines[0], lines[1])

    @cached_property
    def type(self) -> Ints:
        """Hits of each document: some overlap and the same label."""
        tables = [side.take(self._open(side, same)) for side, same in zip(self.sides, self.same, strict=True)]
        room = self.bits[1] + 1
        ordered, lines = [], []
        for t in tables:
            base = ((t.document << self.bits[3]) | t.label) << room
            order = np.argsort(base + t.start, kind="stable")
            ordered.append(t.document[order])
            lines.append(((base + t.start)[order], (base + t.end)[order]))
        return self._with_overlaps("type", self.strict, ordered[0], ordered[1], lines[0], lines[1])

    @property
    def characters(self) -> Ints:
        """Labelled characters of each document: documents x (hits, predicted, gold, 0).

        A paired span shares its characters with its twin and, where no document is crowded, with no other span; only the rest is laid side by side.
        """
        keep = [self._open(side, same, crowded=True) for side, same in zip(self.sides, self.same, strict=True)]
        found = labelled_all(self.sides[0].take(keep[0]), self.sides[1].take(keep[1]), self.documents)
        twins = self.sides[0].strict[~keep[0]]
        lengths = (twins >> self.bits[3]) & ((1 << self.bits[2]) - 1)
        shared = np.bincount(self.sides[0].document[~keep[0]], weights=lengths, minlength=self.documents).astype(np.int64)
        found[:, :3] += shared[:, None]
        return found

    def _open(self, side: _Sorted, paired: Mask, *, crowded: bool = False) -> Mask:
        """The spans of a side that are not paired, without (or with all of) those of crowded documents."""
        if not self.crowded.any():
            return ~paired
        inside = self.crowded[side.document]
        return ~paired | inside if crowded else ~(paired | inside)

    def _with_overlaps(self, name: str, sure: Ints, gold: Ints, predicted: Ints, gold_line: tuple[Ints, Ints], line: tuple[Ints, Ints]) -> Ints:
        """`sure` and the largest number of one-to-one overlaps among the rest; documents in which a span has two to choose from are counted by hand."""
        of_gold, of_predicted = _overlaps(gold_line, line)
        hard = self.crowded.copy()
        hard[gold[of_gold > 1]] = True
        hard[predicted[of_predicted > 1]] = True
        counts = sure + _per_document(gold[of_gold == 1], self.documents)
        _by_hand(counts, name, *self.sides, hard)
        return counts


def hits(gold: SpanTable, predicted: SpanTable, documents: int) -> dict[str, Ints]:
    """Hits of each document under the strategies strict, exact, partial (two for the same span, one for an overlap) and type."""
    found = Comparison(gold, predicted, documents)
    return {"strict": found.strict, "exact": found.exact, "partial": found.partial, "type": found.type}


def strict_hits(gold: SpanTable, predicted: SpanTable, documents: int) -> Ints:
    """Hits of each document under the strategy strict alone."""
    return Comparison(gold, predicted, documents).strict


def _by_hand(counts: Ints, name: str, gold: _Sorted, predicted: _Sorted, hard: Mask) -> None:
    """Write the counts of the `hard` documents, one by one in plain Python."""
    numbers = np.flatnonzero(hard)
    if not len(numbers):
        return
    edges = [(np.searchsorted(s.document, numbers), np.searchsorted(s.document, numbers, "right")) for s in (gold, predicted)]
    for i, number in enumerate(numbers):
        tables = [side.take(slice(low[i], high[i])) for side, (low, high) in zip((gold, predicted), edges, strict=True)]
        sides = [[column.tolist() for column in (t.start, t.end, t.label)] for t in tables]
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


def copies(table: SpanTable) -> Ints:
    """The document numbers, in order, of the spans that stand twice with one label: one number for each copy too many."""
    document, start = table.document, table.start
    if (((document[1:] == document[:-1]) & (start[1:] > start[:-1])) | (document[1:] > document[:-1])).all():
        return document[:0]
    order = np.lexsort((table.label, table.end, start, document))
    same = np.ones(max(len(order) - 1, 0), dtype=bool)
    for column in (document, start, table.end, table.label):
        same &= column[order][1:] == column[order][:-1]
    found: Ints = document[order][1:][same]
    return found


def headline(gold: SpanTable, predicted: SpanTable) -> tuple[SpanTable, SpanTable]:
    """Both sides without the mentions that the headline score leaves aside.

    Those of another level go. A predicted mention whose level is not given goes too when it coincides in span and label with a gold mention of another level
    (each gold one takes one along) that is no headline mention as well.
    """
    if not (gold.level == ASIDE).any():
        aside_too = predicted.level == ASIDE
        return gold, predicted.take(~aside_too) if aside_too.any() else predicted
    kept_gold, other = gold.take(gold.level != ASIDE), gold.take(gold.level == ASIDE)
    kept = predicted.take(predicted.level != ASIDE)
    unsaid = kept.level == UNSAID
    if not unsaid.any():
        return kept_gold, kept
    bits = _bits(gold, predicted)
    aside, named, open_ = _Sorted(other, bits), _Sorted(kept_gold, bits), _Sorted(kept.take(unsaid), bits)
    free = aside.strict[~_common(named.strict, aside.strict)]
    rest = open_.take(~_common(free, open_.strict))
    said = kept.take(~unsaid)
    return kept_gold, SpanTable(*(np.concatenate(pair) for pair in zip(_columns(said), _columns(rest), strict=True)))


def _columns(table: SpanTable) -> tuple[Ints, Ints, Ints, Ints, Ints]:
    return table.document, table.start, table.end, table.label, table.level

"""Counts of the entity layer: SemEval-2013 task 9.1 on half-open spans, matched one to one."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence

import numpy as np
import numpy.typing as npt

from conflictnews.mentions import EntityColumns, columns_of, recoded
from conflictnews.model import Entity
from conflictnews.schema import EntityScheme
from conflictnews.scoring import spans
from conflictnews.scoring.matching import overlap_size
from conflictnews.scoring.pair import Pair, Vector

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


BULK = {"entities.strict": "strict", "entities.exact": "exact", "entities.partial": "partial", "entities.type": "type", "entities.fuzzy": "type"}
"""Metric over the headline mentions -> the strategy of `spans.hits` that counts it for all documents at once."""


def count_all(pairs: Sequence[Pair]) -> dict[str, npt.NDArray[np.int64]]:
    """The counts of the metrics of `BULK`, and of strict over every level, for many documents in a few array operations.

    The numbers are those that the functions above give document by document. Nothing comes back where the spans do not pack into integers.
    """
    if not pairs:
        return {}
    try:
        sides = [columns_of([getattr(pair, side) for pair in pairs]) for side in ("gold", "predicted")]
        labels = list(dict.fromkeys((*sides[0].labels, *sides[1].labels)))
        place = np.arange(len(pairs), dtype=np.int64)
        gold, predicted = (table_of(side, place, labels, pairs[0].schema.entities) for side in sides)
        return count_tables(gold, predicted, len(pairs))
    except OverflowError:
        return {}


def table_of(columns: EntityColumns, place: npt.NDArray[np.int64], labels: Sequence[str], scheme: EntityScheme) -> spans.SpanTable:
    """The mentions of documents as a table in order of document; `place` gives each document its number, `labels` each label."""

    def standing(level: str | None) -> int:
        if level is None:
            return spans.UNSAID
        return spans.NAMED if level in scheme.primary_levels or level not in scheme.levels else spans.ASIDE

    label = recoded(columns.label, [labels.index(name) for name in columns.labels])
    level = recoded(columns.level, [standing(name) for name in columns.levels])
    table = spans.SpanTable(np.repeat(place, columns.sizes), columns.start, columns.end, label, level)
    return table if (np.diff(place) > 0).all() else table.take(np.argsort(table.document, kind="stable"))


CHUNK = 4096
"""So many documents are counted at a time: their arrays stay in the processor's cache, and memory does not grow with the collection."""


def count_tables(gold: spans.SpanTable, predicted: spans.SpanTable, documents: int) -> dict[str, npt.NDArray[np.int64]]:
    """The same from tables of all mentions, in order of document. Raises OverflowError where the spans of a few thousand documents do not pack into integers."""
    found = []
    for first in range(0, max(documents, 1), CHUNK):
        part = [side.between(first, first + CHUNK) for side in (gold, predicted)]
        if not spans.fits(*part):
            raise OverflowError("offsets too large to be packed")
        found.append(_count_chunk(part[0], part[1], min(CHUNK, documents - first)))
    return {name: np.concatenate([part[name] for part in found]) for name in found[0]}


def _count_chunk(gold: spans.SpanTable, predicted: spans.SpanTable, documents: int) -> dict[str, npt.NDArray[np.int64]]:
    named = spans.headline(gold, predicted)
    compared = spans.Comparison(*named, documents)
    found = {name: _matrix(getattr(compared, strategy), *named, documents) for name, strategy in BULK.items()}
    found["entities.char"] = compared.characters
    found["entities.strict.all"] = (
        found["entities.strict"] if named[0] is gold and named[1] is predicted else _matrix(spans.strict_hits(gold, predicted, documents), gold, predicted, documents)
    )
    return found


def _matrix(hits_of: npt.NDArray[np.int64], gold: spans.SpanTable, predicted: spans.SpanTable, documents: int) -> npt.NDArray[np.int64]:
    sizes = [np.bincount(side.document, minlength=documents) for side in (predicted, gold)]
    return np.stack([hits_of, *sizes, np.zeros(documents, dtype=np.int64)], axis=1).astype(np.int64)

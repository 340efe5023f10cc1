"""Counts of coreference on document entity ids: MUC, B-cubed and CEAF-e as CoNLL-2012 defines them (Pradhan et al. 2014).

A mention is a span that is no value and has an entity id; spans must be equal. Numbers are added up over documents before they are divided. Gold and prediction may
name their entities as they please. Singletons count, except in MUC, which knows links only.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from functools import lru_cache

import msgspec
import numpy as np
import numpy.typing as npt

from conflictnews.model import Entity
from conflictnews.schema import EntityScheme
from conflictnews.scoring.matching import best_pairs
from conflictnews.scoring.pair import Pair, Vector

SCALE = 1 << 32
"""What a full hit counts where hits are fractions; each entity is rounded down to a multiple of 1 / SCALE."""

Mention = tuple[int, int, int]
"""Start, end, and a number that tells mentions of the same span apart."""


class Overlap(msgspec.Struct, frozen=True):
    """Entities of gold and prediction by number: their sizes, and how many mentions each two share (only where some)."""

    gold: Sequence[int]
    predicted: Sequence[int]
    cells: dict[tuple[int, int], int]


NOTHING = Overlap((), (), {})
"""That of a document without mentions."""


def overlap_of(pair: Pair) -> Overlap:
    """How the entities of a document meet."""
    gold, predicted = (_mentions(side.entities or (), pair.schema.entities) for side in (pair.gold, pair.predicted))
    if not gold and not predicted:
        return NOTHING
    left, right = _numbered(gold, predicted), _numbered(predicted, gold)
    cells = Counter((entity, right[mention]) for mention, entity in left.items() if mention in right)
    return Overlap(_sizes(left), _sizes(right), dict(cells))


def muc(overlap: Overlap) -> Vector:
    """Links: an entity of n mentions has n - 1; common are as many as the shared mentions have within the cells (Vilain et al. 1995)."""
    predicted, gold = (sum(side) - len(side) for side in (overlap.predicted, overlap.gold))
    return sum(overlap.cells.values()) - len(overlap.cells), predicted, gold, 0


def b3(overlap: Overlap) -> Vector:
    """B-cubed (Bagga & Baldwin 1998): times `SCALE`, hits of recall come first, hits of precision last; between them the numbers of mentions."""
    squares: list[Counter[int]] = [Counter(), Counter()]
    for cell, n in overlap.cells.items():
        for side, entity in zip(squares, cell, strict=True):
            side[entity] += n * n
    recall, precision = (sum(n * SCALE // sizes[entity] for entity, n in side.items()) for side, sizes in zip(squares, (overlap.gold, overlap.predicted), strict=True))
    return recall, sum(overlap.predicted), sum(overlap.gold), precision


def ceafe(overlap: Overlap) -> Vector:
    """CEAF-e (Luo 2005): the largest sum of phi-4, 2 shared / (both sizes), over one-to-one pairs of entities, times `SCALE`."""
    similarity = {(i, j): 2 * n * SCALE // (overlap.gold[i] + overlap.predicted[j]) for (i, j), n in overlap.cells.items()}
    return sum(similarity[pair] for pair in best_pairs(similarity)), len(overlap.predicted), len(overlap.gold), 0


def counter(measure: Callable[[Overlap], Vector]) -> Callable[[Pair], Vector]:
    """The count function of a measure of entities."""

    def count(pair: Pair) -> Vector:
        return measure(overlap_of(pair))

    return count


MEASURES: dict[str, Callable[[Overlap], Vector]] = {"entities.coref.muc": muc, "entities.coref.b3": b3, "entities.coref.ceafe": ceafe}
"""Metric -> its measure."""


def count_all(pairs: Sequence[Pair]) -> dict[str, npt.NDArray[np.int64]]:
    """The counts of all measures for many documents, the entities of each compared once: documents x (hits, predicted, gold, fourth number)."""
    if not any(e.entity is not None for pair in pairs for side in (pair.gold, pair.predicted) for e in side.entities or ()):
        return nothing(len(pairs))
    found = nothing(len(pairs))
    for i, pair in enumerate(pairs):
        overlap = overlap_of(pair)
        if overlap is not NOTHING:
            for name, measure in MEASURES.items():
                found[name][i] = measure(overlap)
    return found


def nothing(documents: int) -> dict[str, npt.NDArray[np.int64]]:
    """The counts of documents in which no mention has an entity id."""
    return {name: np.zeros((documents, 4), dtype=np.int64) for name in MEASURES}


@lru_cache(maxsize=8)
def _value_levels(labels: tuple[tuple[str, ...], ...]) -> frozenset[str]:
    """The levels whose labels have no other level: values are a kind of their own, while a name may also be spoken of in other words."""
    return frozenset(level for levels in labels for level in levels if all(other == (level,) for other in labels if level in other))


def _mentions(entities: Iterable[Entity], scheme: EntityScheme) -> list[Entity]:
    """The mentions that refer: those with an entity id that are no values, by their level or, where none is given, by their label's."""
    named = [e for e in entities if e.entity is not None]
    if not named:
        return named
    values = _value_levels(tuple(label.levels for label in scheme.labels.values()))
    only = {name for name, label in scheme.labels.items() if set(label.levels) <= values}
    return [e for e in named if (e.label not in only if e.level is None else e.level not in values)]


def _numbered(mentions: Iterable[Entity], others: Iterable[Entity]) -> dict[Mention, int]:
    """Mention -> number of its entity.

    Of mentions with one span those come first whose label the other side has there too; a second copy thus stays, as a mention too many.
    """
    known = {(e.start, e.end, e.label) for e in others}
    found: dict[Mention, int] = {}
    times: Counter[tuple[int, int]] = Counter()
    numbers: dict[str, int] = {}
    for start, end, _, _, entity in sorted((e.start, e.end, (e.start, e.end, e.label) not in known, e.label, str(e.entity)) for e in mentions):
        found[start, end, times[start, end]] = numbers.setdefault(entity, len(numbers))
        times[start, end] += 1
    return found


def _sizes(entities: dict[Mention, int]) -> list[int]:
    counts = Counter(entities.values())
    return [counts[number] for number in range(len(counts))]

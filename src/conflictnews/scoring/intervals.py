"""Percentile bootstrap over documents: spans cluster in documents, so documents are what is drawn again."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from conflictnews.scoring.tasks import Task

RESAMPLES = 1000
SEED = 12345
LEVEL = 0.95

Array = npt.NDArray[np.float64]


GROUPS = 10_000
"""Of more documents than this as many groups are resampled, each of nearly the same number of documents dealt out at random."""


def grouped(counts: npt.NDArray[np.int64] | Array, *, seed: int = SEED) -> npt.NDArray[np.int64] | Array:
    """Counts by document, or by random group where there are more than `GROUPS` documents.

    Groups of documents drawn again vary as documents do (the method of random groups; Wolter 2007, ch. 2), so that the cost of an interval stops growing.
    """
    documents = len(counts)
    if documents <= GROUPS:
        return counts
    shuffled = counts[np.random.default_rng(seed).permutation(documents)]
    found: npt.NDArray[np.int64] | Array = np.add.reduceat(shuffled, np.arange(GROUPS) * documents // GROUPS, axis=0)
    return found


def resampled_totals(counts: npt.NDArray[np.int64] | Array, *, resamples: int = RESAMPLES, seed: int = SEED) -> Array:
    """Totals of `counts` (documents x columns) over documents (see `grouped`) drawn with replacement: resamples x columns.

    The documents must come in a fixed order (by doc_id), so that the same result gives the same draws.
    """
    counts = grouped(counts, seed=seed)
    documents, columns = counts.shape
    generator = np.random.default_rng(seed)
    values = counts.astype(np.float64)
    totals = np.empty((resamples, columns))
    batch = max(1, min(resamples, 4_000_000 // max(documents, 1)))
    for first in range(0, resamples, batch):
        size = min(batch, resamples - first)
        draws = generator.integers(0, documents, size=(size, documents), dtype=np.int32)
        draws += (np.arange(size, dtype=np.int64) * documents).astype(np.int32)[:, None]
        weights = np.bincount(draws.ravel(), minlength=size * documents).reshape(size, documents)
        totals[first : first + size] = weights.astype(np.float64) @ values
    return totals


def f1_of(totals: npt.NDArray[Any], scale: int, *, two_sided: bool = False) -> Array:
    """F1 of each row of totals (hits x scale, predicted, gold, fourth column), NaN where undefined.

    Of a `two_sided` metric the fourth column holds the hits of the predicted side, and F1 is the harmonic mean of precision and recall.
    """
    hits, predicted, gold = totals[..., 0] / scale, totals[..., 1].astype(np.float64), totals[..., 2].astype(np.float64)
    with np.errstate(invalid="ignore", divide="ignore"):
        if not two_sided:
            found: Array = np.where(predicted + gold > 0, 2 * hits / (predicted + gold), np.nan)
            return found
        precision, recall = np.where(predicted > 0, totals[..., 3] / scale / predicted, 0.0), np.where(gold > 0, hits / gold, 0.0)
        mean = np.where(precision + recall > 0, 2 * precision * recall / (precision + recall), 0.0)
        return np.where(predicted + gold > 0, mean, np.nan)


class Spread(NamedTuple):
    """What resampling says of an F1: the 95 % percentile interval, and the standard error."""

    low: float
    high: float
    error: float


def f1_spreads(counts: Mapping[str, npt.NDArray[np.int64]], tasks: Mapping[str, Task], *, resamples: int = RESAMPLES, seed: int = SEED) -> dict[str, Spread | None]:
    """The spread of F1 of each metric from its per-document vectors (hits x scale, predicted, gold, ...), all from the same draws.

    None where fewer than two documents have anything to count, for then every draw gives the same; draws in which F1 is undefined are left out.
    """
    names = list(counts)
    if not names or len(counts[names[0]]) < 2:
        return dict.fromkeys(names)
    drawn = resampled_matrices(counts, resamples=resamples, seed=seed)
    return {
        name: spread(f1_of(drawn[name], tasks[name].scale, two_sided=tasks[name].two_sided)) if np.count_nonzero(counts[name][:, 1:3].any(axis=1)) > 1 else None for name in names
    }


def resampled_matrices(counts: Mapping[str, npt.NDArray[np.int64]], *, resamples: int = RESAMPLES, seed: int = SEED) -> dict[str, Array]:
    """The resampled totals of several matrices of counts, all from the same draws: name -> resamples x columns."""
    columns, where = distinct_columns(counts)
    totals = resampled_totals(columns, resamples=resamples, seed=seed)
    return {name: totals[:, where[name]] for name in counts}


def distinct_columns(counts: Mapping[str, npt.NDArray[np.int64]]) -> tuple[npt.NDArray[np.int64], dict[str, list[int]]]:
    """The different columns of several matrices, side by side, and which of them each matrix has: many metrics count over the same spans, and equal columns are added up once."""
    place: dict[bytes, int] = {}
    columns: list[npt.NDArray[np.int64]] = []
    where: dict[str, list[int]] = {}
    for name, matrix in counts.items():
        for column in matrix.T:
            key = column.tobytes()
            if key not in place:
                place[key] = len(columns)
                columns.append(column)
            where.setdefault(name, []).append(place[key])
    return np.stack(columns, axis=1), where


def spread(values: Array) -> Spread | None:
    """The spread of resampled values, those that are NaN left out; None where none is left."""
    values = values[~np.isnan(values)]
    if not len(values):
        return None
    low, high = (quantile(values, q) for q in ((1 - LEVEL) / 2, (1 + LEVEL) / 2))
    return Spread(low, high, float(np.std(values, ddof=1)) if len(values) > 1 else 0.0)


def quantile(values: Array, q: float) -> float:
    """The quantile `q` of values without NaN, interpolated linearly between neighbours (type 7 of Hyndman & Fan 1996): that of numpy, whose own imports a sixth of numpy first."""
    ordered = np.sort(values)
    place = q * (len(ordered) - 1)
    below = int(place)
    low, high = float(ordered[below]), float(ordered[min(below + 1, len(ordered) - 1)])
    share = place - below
    return high - (high - low) * (1 - share) if share >= 0.5 else low + (high - low) * share

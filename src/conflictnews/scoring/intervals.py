"""Percentile bootstrap over documents: spans cluster in documents, so documents are what is drawn again."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt

RESAMPLES = 1000
SEED = 12345
LEVEL = 0.95

Array = npt.NDArray[np.float64]


def resampled_totals(counts: npt.NDArray[np.int64], *, resamples: int = RESAMPLES, seed: int = SEED) -> Array:
    """Totals of `counts` (documents x columns) over documents drawn with replacement: resamples x columns.

    The documents must come in a fixed order (by doc_id), so that the same result gives the same draws.
    """
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


def f1_intervals(counts: Mapping[str, npt.NDArray[np.int64]], scales: Mapping[str, int], *, resamples: int = RESAMPLES, seed: int = SEED) -> dict[str, tuple[float, float] | None]:
    """The 95 % interval of F1 of each metric from its per-document vectors (hits x scale, predicted, gold, ...), all from the same draws.

    None with fewer than two documents or nothing to count; draws in which F1 is undefined are left out.
    """
    names = list(counts)
    if not names or len(counts[names[0]]) < 2:
        return dict.fromkeys(names)
    totals = resampled_totals(np.concatenate([counts[name][:, :3] for name in names], axis=1), resamples=resamples, seed=seed)
    return {name: _interval(totals[:, 3 * i : 3 * i + 3], scales[name]) for i, name in enumerate(names)}


def _interval(totals: Array, scale: int) -> tuple[float, float] | None:
    spans = totals[:, 1] + totals[:, 2]
    defined = spans > 0
    if not defined.any():
        return None
    f1 = 2 * totals[defined, 0] / scale / spans[defined]
    low, high = np.quantile(f1, [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
    return float(low), float(high)

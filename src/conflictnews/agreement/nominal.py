"""Cohen's kappa and Krippendorff's alpha of two annotators, from counts that add up over documents.

The counts of a document are a row: units, units with equal values, then for each value how often the first annotator gives it, then how often the second does. Rows of
documents add up, so both coefficients can be had for any set of documents drawn with replacement.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Iterable, Sequence

import msgspec
import numpy as np
import numpy.typing as npt

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]


class Tally(msgspec.Struct, frozen=True):
    """What two annotators say of the units of one document: how many units, how many with equal values, and how often either gives each value."""

    units: int
    agreed: int
    first: Counter[Hashable]
    second: Counter[Hashable]


def tally(values: Iterable[tuple[Hashable, Hashable]]) -> Tally:
    """The tally of pairs of values, a pair a unit."""
    pairs = list(values)
    return Tally(len(pairs), sum(a == b for a, b in pairs), Counter(a for a, _ in pairs), Counter(b for _, b in pairs))


def rows(tallies: Sequence[Tally]) -> Ints:
    """The counts of each document: documents x (2 + twice the number of values that occur)."""
    values = {value: None for t in tallies for side in (t.first, t.second) for value in side}
    return np.array([[t.units, t.agreed, *(t.first[v] for v in values), *(t.second[v] for v in values)] for t in tallies], dtype=np.int64).reshape(len(tallies), -1)


def kappa(totals: npt.NDArray[np.generic]) -> Floats:
    """Cohen's kappa (1960) of each row of totals: 1 where both annotators give one and the same value throughout, NaN without units."""
    units, agreed, first, second = _parts(totals)
    with np.errstate(invalid="ignore", divide="ignore"):
        observed, expected = agreed / units, (first * second).sum(axis=-1) / units**2
        found: Floats = np.where(units == 0, np.nan, np.where(expected == 1, 1.0, (observed - expected) / (1 - expected)))
    return found


def alpha(totals: npt.NDArray[np.generic]) -> Floats:
    """Krippendorff's nominal alpha (2004, ch. 11) of each row of totals, for two annotators who both judge every unit; NaN where fewer than two values occur.

    With n = twice the units pairable values, n_c of them c: alpha = 1 - (n - 1) * o / e, where o counts the ordered pairs of unlike values within units (twice the
    units that differ) and e = n^2 - sum of n_c^2 those that chance could make.
    """
    units, agreed, first, second = _parts(totals)
    n = 2 * units
    by_chance = n**2 - ((first + second) ** 2).sum(axis=-1)
    with np.errstate(invalid="ignore", divide="ignore"):
        found: Floats = np.where(by_chance > 0, 1 - (n - 1) * 2 * (units - agreed) / by_chance, np.nan)
    return found


def _parts(totals: npt.NDArray[np.generic]) -> tuple[Floats, Floats, Floats, Floats]:
    values = np.asarray(totals, dtype=np.float64)
    sides = values[..., 2:]
    half = sides.shape[-1] // 2
    return values[..., 0], values[..., 1], sides[..., :half], sides[..., half:]

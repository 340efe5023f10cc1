"""Two results on the same gold: by how much they differ, and whether that could be chance."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import numpy.typing as npt

from conflictnews.errors import ScoringError
from conflictnews.scoring.intervals import RESAMPLES, SEED, f1_of, quantile, resampled_totals
from conflictnews.scoring.result import DETECTABLE, Result
from conflictnews.scoring.tasks import TASKS, Task

Counts = Mapping[str, npt.NDArray[np.int64]]


class Baseline(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a result must leave behind to be compared with later: its signature, its documents, and the counts of each metric by document."""

    format: str
    signature: str
    documents: tuple[str, ...]
    counts: dict[str, list[tuple[int, int, int, int]]]


FORMAT = "conflictnews-baseline/1"


def to_baseline(result: Result) -> Baseline:
    """The part of a result that a later comparison needs."""
    return Baseline(FORMAT, result.signature, result.documents, {name: [tuple(row) for row in matrix.tolist()] for name, matrix in result.counts.items()})


def read_baseline(path: Path) -> Baseline:
    """The baseline in a file that ``--save-baseline`` wrote; ScoringError for any other file."""
    try:
        found = msgspec.json.decode(path.read_bytes(), type=Baseline)
    except OSError as error:
        raise ScoringError(f"{path}: cannot be read ({error.strerror})") from error
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise ScoringError(f"{path}: no baseline file ({error}); write one with `conflictnews score --save-baseline {path}`") from None
    if found.format != FORMAT or any(len(rows) != len(found.documents) for rows in found.counts.values()):
        raise ScoringError(f"{path}: no baseline of the form {FORMAT}; write a new one with --save-baseline")
    return found


class Difference(msgspec.Struct, frozen=True):
    """One metric of two results: `delta` is the second F1 less the first.

    `ci` is the 95 % percentile interval of the paired bootstrap over documents; `p_bootstrap` and `p_randomisation` are two-sided, (c + 1) / (n + 1);
    `p_holm` is the latter after Holm's correction over the metrics compared; `detectable` the smallest difference that would be found four times in five.
    """

    first: float | None
    second: float | None
    delta: float | None
    ci: tuple[float, float] | None
    p_bootstrap: float | None
    p_randomisation: float | None
    p_holm: float | None
    detectable: float | None


def signature_parts(signature: str) -> dict[str, str]:
    """A signature as name -> value."""
    return dict(part.split(":", 1) for part in signature.split("|")[1:])


def check_comparable(first: str, second: str) -> str | None:
    """Raise ScoringError where two signatures differ in more than the version of this package; a warning where they differ in that."""
    a, b = signature_parts(first), signature_parts(second)
    differing = [name for name in dict.fromkeys([*a, *b]) if name != "v" and a.get(name) != b.get(name)]
    if differing:
        what = ", ".join(f"{name} ({a.get(name, 'none')} and {b.get(name, 'none')})" for name in differing)
        raise ScoringError(f"the results cannot be compared: they differ in {what}; score both again on the same gold in the same way")
    return f"the results were computed by versions {a['v']} and {b['v']} of conflictnews" if a.get("v") != b.get("v") else None


def compare(first: Baseline, second: Baseline, *, layers: Sequence[str] | None = None, resamples: int = RESAMPLES, seed: int = SEED) -> dict[str, Difference]:
    """The differences of two results, metric by metric, with p-values corrected over the metrics.

    Paired bootstrap (Efron & Tibshirani 1993; Koehn 2004) and paired approximate randomisation (Noreen 1989) over documents. Raises ScoringError where the
    signatures or the documents differ.
    """
    check_comparable(first.signature, second.signature)
    if first.documents != second.documents:
        raise ScoringError("the results cannot be compared: they cover different documents")
    names = [name for name in TASKS if name in first.counts and name in second.counts and (layers is None or TASKS[name].layer in layers)]
    left = {name: np.array(first.counts[name], dtype=np.int64).reshape(len(first.documents), 4) for name in names}
    right = {name: np.array(second.counts[name], dtype=np.int64).reshape(len(first.documents), 4) for name in names}
    plain = {name: _difference(left[name], right[name], TASKS[name], resamples, seed) for name in names}
    adjusted = holm({name: d.p_randomisation for name, d in plain.items() if d.p_randomisation is not None})
    return {name: msgspec.structs.replace(d, p_holm=adjusted.get(name)) for name, d in plain.items()}


def holm(p: Mapping[str, float]) -> dict[str, float]:
    """P-values after Holm's step-down correction (1979), each at most 1 and in the order of the uncorrected ones."""
    found: dict[str, float] = {}
    highest = 0.0
    for rank, name in enumerate(sorted(p, key=lambda n: (p[n], n))):
        highest = max(highest, min(1.0, (len(p) - rank) * p[name]))
        found[name] = highest
    return found


def _f1(totals: npt.NDArray[Any], task: Task) -> npt.NDArray[np.float64]:
    return f1_of(totals, task.scale, two_sided=task.two_sided)


def _difference(left: npt.NDArray[np.int64], right: npt.NDArray[np.int64], task: Task, resamples: int, seed: int) -> Difference:
    first, second = (float(_f1(side.sum(axis=0), task)) for side in (left, right))
    if np.isnan(first) or np.isnan(second):
        return Difference(None if np.isnan(first) else first, None if np.isnan(second) else second, None, None, None, None, None, None)
    delta = second - first
    if len(left) < 2:
        return Difference(first, second, delta, None, None, None, None, None)
    both = resampled_totals(np.concatenate([left, right], axis=1), resamples=resamples, seed=seed)
    drawn = _f1(both[:, 4:], task) - _f1(both[:, :4], task)
    drawn = drawn[~np.isnan(drawn)]
    swapped = _swapped(left, right, task, resamples, seed)
    low, high = quantile(drawn, 0.025), quantile(drawn, 0.975)
    tolerance = 1e-12  # equal differences that were added up in another order
    far = np.count_nonzero(np.abs(drawn - delta) >= abs(delta) - tolerance)
    farther = np.count_nonzero(np.abs(swapped) >= abs(delta) - tolerance)
    return Difference(
        first=first,
        second=second,
        delta=delta,
        ci=(low, high),
        p_bootstrap=float((far + 1) / (len(drawn) + 1)),
        p_randomisation=float((farther + 1) / (len(swapped) + 1)),
        p_holm=None,
        detectable=float(DETECTABLE * np.std(drawn, ddof=1)) if len(drawn) > 1 else None,
    )


def _swapped(a: npt.NDArray[np.int64], b: npt.NDArray[np.int64], task: Task, resamples: int, seed: int) -> npt.NDArray[np.float64]:
    """The differences that come of exchanging the two results on documents chosen by the toss of a coin."""
    generator = np.random.default_rng(seed)
    gap = (b - a).astype(np.float64)
    total_a, total_b = a.sum(axis=0), b.sum(axis=0)
    found = np.empty(resamples)
    batch = max(1, min(resamples, 8_000_000 // max(len(a), 1)))
    for start in range(0, resamples, batch):
        size = min(batch, resamples - start)
        moved = generator.integers(0, 2, size=(size, len(a)), dtype=np.int8).astype(np.float64) @ gap
        found[start : start + size] = _f1(total_b - moved, task) - _f1(total_a + moved, task)
    return found[~np.isnan(found)]

"""Scores of parts: by label, or by what a document's metadata say."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import msgspec
import numpy as np
import numpy.typing as npt

from conflictnews.errors import ScoringError
from conflictnews.model import Document
from conflictnews.schema import Schema
from conflictnews.scoring import boilerplate, intervals
from conflictnews.scoring.pair import Pair
from conflictnews.scoring.result import THIN, Result, Score, scored
from conflictnews.scoring.score import count
from conflictnews.scoring.tasks import TASKS, Task

SLICES = ("label", "genre", "region", "collection")
"""What scores can be told apart by."""

LABELLED = {"entities": ("entities.strict",), "events": ("events.trigger", "events.argument_attached"), "boilerplate": ("boilerplate.line", "boilerplate.char")}
"""Layer -> the metrics that are told apart by label: mentions and furniture by theirs, triggers and arguments by the type of their event."""


class Macro(msgspec.Struct, frozen=True):
    """Unweighted means over the labels of a metric that have a value, and how many labels those of F1 are; `f1_ci` is the 95 % interval over documents.

    `thin` counts the labels with fewer than `THIN` in gold: a mean over many of them is a rough one.
    """

    precision: float | None
    recall: float | None
    f1: float | None
    f1_ci: tuple[float, float] | None
    labels: int
    thin: int


def by_metadata(result: Result, gold: Iterable[Document], field: str) -> dict[str, dict[str, Score]]:
    """The scores of the documents that share a value of ``meta.<field>``: value -> metric -> score (without intervals)."""
    if field not in SLICES[1:]:
        raise ScoringError(f"scores cannot be told apart by {field!r}; choose {', '.join(SLICES)}")
    values = {document.doc_id: str(document.meta.get(field, "(none)")) for document in gold}
    found: dict[str, dict[str, Score]] = {}
    for value in sorted(set(values.values())):
        rows = np.array([values[doc_id] == value for doc_id in result.documents])
        found[value] = {name: scored(matrix[rows].sum(axis=0).tolist(), TASKS[name]) for name, matrix in result.counts.items()}
    return found


class ByLabel(msgspec.Struct, frozen=True):
    """Scores told apart by label: label -> metric -> score, and for each metric the mean over its labels."""

    labels: dict[str, dict[str, Score]]
    macro: dict[str, Macro]


def by_label(
    gold: Sequence[Document],
    predicted: Sequence[Document],
    layers: Sequence[str],
    schema: Schema,
    *,
    resamples: int = intervals.RESAMPLES,
    seed: int = intervals.SEED,
) -> ByLabel:
    """The scores of each label that gold or prediction has, counted as if there were no other label, with intervals over documents."""
    outputs = {document.doc_id: document for document in predicted}
    pairs = [Pair(g, outputs.get(g.doc_id, Document(doc_id=g.doc_id)), schema) for g in sorted(gold, key=lambda d: d.doc_id)]
    labels: dict[str, dict[str, Score]] = {}
    macro: dict[str, Macro] = {}
    for layer in (layer for layer in LABELLED if layer in layers):
        named = sorted({a.label for pair in pairs for side in (pair.gold, pair.predicted) for a in side.layer(layer) or ()})
        counts = {label: _counts_of(pairs, layer, label) for label in named}
        for metric in LABELLED[layer]:
            found, macro[metric] = _averaged({label: counts[label][metric] for label in named}, TASKS[metric], resamples, seed)
            for label, value in found.items():
                labels.setdefault(label, {})[metric] = value
    return ByLabel(labels, macro)


def _counts_of(pairs: Sequence[Pair], layer: str, label: str) -> dict[str, npt.NDArray[np.int64]]:
    """The counts of a label by document, metric by metric."""
    if layer == "boilerplate":
        rows = [boilerplate.of_kind(pair, label) for pair in pairs]
        return {metric: np.array([row[metric] for row in rows], dtype=np.int64).reshape(len(pairs), 4) for metric in LABELLED[layer]}
    part = [Pair(_only(pair.gold, layer, label), _only(pair.predicted, layer, label), pair.schema) for pair in pairs]
    counts = count(part, [layer])
    return {metric: counts[metric] for metric in LABELLED[layer]}


def _averaged(counts: dict[str, npt.NDArray[np.int64]], task: Task, resamples: int, seed: int) -> tuple[dict[str, Score], Macro]:
    """The score of each label of one metric, and their mean."""
    several = bool(counts) and len(next(iter(counts.values()))) > 1
    drawn = intervals.resampled_matrices(counts, resamples=resamples, seed=seed) if several else {}
    f1 = {label: intervals.f1_of(totals, task.scale, two_sided=task.two_sided) for label, totals in drawn.items()}
    scores = {}
    for label, matrix in counts.items():
        spread = intervals.spread(f1[label]) if several and np.count_nonzero(matrix[:, 1:3].any(axis=1)) > 1 else None
        scores[label] = scored([int(v) for v in matrix.sum(axis=0)], task, spread)
    mean = None
    if several:
        stacked = np.stack(list(f1.values()))
        known = ~np.isnan(stacked)
        sums = np.where(known, stacked, 0.0).sum(axis=0)
        mean = intervals.spread(np.divide(sums, known.sum(axis=0), out=np.full(len(sums), np.nan), where=known.any(axis=0)))
    thin = sum(score.n_gold < THIN for score in scores.values() if score.f1 is not None)
    (precision, _), (recall, _), (average, number) = (_mean([getattr(score, field) for score in scores.values()]) for field in ("precision", "recall", "f1"))
    return scores, Macro(precision, recall, average, None if mean is None else (mean.low, mean.high), number, thin)


def _mean(values: Sequence[float | None]) -> tuple[float | None, int]:
    known = [value for value in values if value is not None]
    return (sum(known) / len(known), len(known)) if known else (None, 0)


def _only(document: Document, layer: str, label: str) -> Document:
    annotations = document.layer(layer)
    kept = None if annotations is None else tuple(a for a in annotations if a.label == label)
    return msgspec.structs.replace(document, **{layer: kept})

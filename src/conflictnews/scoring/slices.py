"""Scores of parts: by label, or by what a document's metadata say."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import msgspec
import numpy as np

from conflictnews.errors import ScoringError
from conflictnews.model import Document
from conflictnews.schema import Schema
from conflictnews.scoring.pair import Pair
from conflictnews.scoring.result import Result, Score
from conflictnews.scoring.score import count
from conflictnews.scoring.tasks import TASKS

SLICES = ("label", "genre", "region", "collection")
"""What scores can be told apart by."""

LABELLED = {"entities": ("entities.strict",), "events": ("events.trigger", "events.argument_attached")}
"""Layer -> the metrics that are told apart by label: mentions by theirs, triggers and arguments by the type of their event."""


def by_metadata(result: Result, gold: Iterable[Document], field: str) -> dict[str, dict[str, Score]]:
    """The scores of the documents that share a value of ``meta.<field>``: value -> metric -> score (without intervals)."""
    if field not in SLICES[1:]:
        raise ScoringError(f"scores cannot be told apart by {field!r}; choose {', '.join(SLICES)}")
    values = {document.doc_id: str(document.meta.get(field, "(none)")) for document in gold}
    found: dict[str, dict[str, Score]] = {}
    for value in sorted(set(values.values())):
        rows = np.array([values[doc_id] == value for doc_id in result.documents])
        found[value] = {name: _score(name, matrix[rows].sum(axis=0).tolist()) for name, matrix in result.counts.items()}
    return found


def by_label(gold: Sequence[Document], predicted: Sequence[Document], layers: Sequence[str], schema: Schema) -> dict[str, dict[str, Score]]:
    """The scores of each label that gold or prediction has: label -> metric -> score, counted as if there were no other label."""
    outputs = {document.doc_id: document for document in predicted}
    pairs = [(g, outputs.get(g.doc_id, Document(doc_id=g.doc_id))) for g in gold]
    found: dict[str, dict[str, Score]] = {}
    for layer in (layer for layer in LABELLED if layer in layers):
        labels = sorted({a.label for pair in pairs for side in pair for a in side.layer(layer) or ()})
        for label in labels:
            part = [Pair(_only(g, layer, label), _only(p, layer, label), schema) for g, p in pairs]
            counts = count(part, [layer])
            found[label] = {name: _score(name, counts[name].sum(axis=0).tolist()) for name in LABELLED[layer]}
    return found


def macro_f1(scores: Iterable[Score]) -> tuple[float | None, int]:
    """The mean F1 of the labels that have one, and how many they are."""
    values = [score.f1 for score in scores if score.f1 is not None]
    return (sum(values) / len(values), len(values)) if values else (None, 0)


def _only(document: Document, layer: str, label: str) -> Document:
    annotations = document.layer(layer)
    kept = None if annotations is None else tuple(a for a in annotations if a.label == label)
    return msgspec.structs.replace(document, **{layer: kept})


def _score(name: str, totals: list[int]) -> Score:
    hits, n_predicted, n_gold, true_negatives = totals
    return Score(hits, n_predicted, n_gold, true_negatives, TASKS[name].scale, None, TASKS[name].two_sided)

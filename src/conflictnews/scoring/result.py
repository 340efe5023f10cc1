"""What scoring gives: a score for each metric, with the integers behind it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
import numpy as np
import numpy.typing as npt

from conflictnews.schema import Schema
from conflictnews.scoring import intervals
from conflictnews.scoring.signature import narrowed, signature
from conflictnews.scoring.tasks import TASKS, Task

DETECTABLE = 2.80
"""Normal quantiles of a two-sided test at .05 and of power .80, added up: so many standard errors must a difference be to be found four times in five."""


THIN = 50
"""Gold counts below this are marked: a score over so few is a rough one."""


class Score(msgspec.Struct, frozen=True):
    """One metric over all documents, as integer counts: `hits` are `scale` times the true positives, so that half credit stays whole.

    `true_negatives` are counted where a metric has them; of a `two_sided` metric, whose precision and recall count different hits, that place holds the hits of
    the predicted side, and `hits` those of gold. `f1_ci` is the 95 % interval and `f1_error` the standard error of F1, both from the bootstrap over documents.
    """

    hits: int
    n_predicted: int
    n_gold: int
    true_negatives: int = 0
    scale: int = 1
    f1_ci: tuple[float, float] | None = None
    two_sided: bool = False
    f1_error: float | None = None

    @property
    def tp(self) -> float:
        """True positives; a multiple of one half where the metric gives half credit."""
        return self.hits // self.scale if self.hits % self.scale == 0 else self.hits / self.scale

    @property
    def fp(self) -> float:
        """False positives: what was predicted less the true positives."""
        return self.n_predicted - (self.true_negatives / self.scale if self.two_sided else self.tp)

    @property
    def fn(self) -> float:
        """False negatives: what is in gold less the true positives."""
        return self.n_gold - self.tp

    @property
    def precision(self) -> float | None:
        """The share of what was predicted that is right; None when nothing was predicted."""
        return (self.true_negatives / self.scale if self.two_sided else self.tp) / self.n_predicted if self.n_predicted else None

    @property
    def recall(self) -> float | None:
        """The share of gold that was found; None when gold has nothing."""
        return self.tp / self.n_gold if self.n_gold else None

    @property
    def f1(self) -> float | None:
        """The harmonic mean of precision and recall, 2 tp / (predicted + gold); None when both sides have nothing, 0 when one has."""
        if not self.two_sided:
            return 2 * self.tp / (self.n_predicted + self.n_gold) if self.n_predicted + self.n_gold else None
        precision, recall = self.precision, self.recall
        if precision is None and recall is None:
            return None
        return 2 * precision * recall / (precision + recall) if precision and recall else 0.0

    @property
    def detectable(self) -> float | None:
        """The smallest difference of F1 from another system that this gold shows four times in five at the .05 level.

        It takes the other system to vary as much and its errors to fall on other documents; systems compared in pairs (`conflictnews compare`) often differ detectably by less.
        """
        return None if self.f1_error is None else DETECTABLE * 2**0.5 * self.f1_error

    def as_dict(self) -> dict[str, Any]:
        """The numbers unrounded, None where undefined."""
        return {
            "precision": self.precision,
            "recall": self.recall,
            "f1": self.f1,
            "tp": self.tp,
            "fp": self.fp,
            "fn": self.fn,
            "n_gold": self.n_gold,
            "n_predicted": self.n_predicted,
            "f1_ci": None if self.f1_ci is None else list(self.f1_ci),
            "detectable": self.detectable,
        }


class Result(msgspec.Struct, frozen=True):
    """What `score` gives: a score for each metric of the layers that were scored, the signature, and what was odd about the input.

    `counts` are the integers behind each score: documents (in the order of `documents`) x (hits, predicted, gold, true negatives).
    `inside_furniture` counts, layer by layer, the predicted mentions, events and quotes that stand in page furniture of the positive class, where gold has none: the false
    positives that a pipeline over raw pages makes by reading menus and related headlines. `missing` are gold documents without a prediction; `incomplete` maps a layer to documents whose prediction leaves it out though others have it.
    """

    signature: str
    scores: dict[str, Score]
    counts: dict[str, npt.NDArray[np.int64]]
    documents: tuple[str, ...]
    layers: tuple[str, ...]
    missing: tuple[str, ...] = ()
    incomplete: dict[str, tuple[str, ...]] = {}
    warnings: tuple[str, ...] = ()
    inside_furniture: dict[str, int] = {}

    def signature_of(self, metric: str) -> str:
        """The signature of one number: that of the result with the metric, its layer and the level of its mentions."""
        return narrowed(self.signature, metric, TASKS[metric].layer, TASKS[metric].level)

    def as_dict(self) -> dict[str, Any]:
        """The result in the form that ``conflictnews score --json`` prints."""
        found: dict[str, Any] = {"signature": self.signature, "scores": {name: value.as_dict() | {"signature": self.signature_of(name)} for name, value in self.scores.items()}}
        found |= {
            "documents": len(self.documents),
            "missing": list(self.missing),
            "incomplete": {k: list(v) for k, v in self.incomplete.items()},
            "warnings": list(self.warnings),
            "inside_furniture": self.inside_furniture,
        }
        return found


def scored(totals: Sequence[int], task: Task, spread: intervals.Spread | None = None) -> Score:
    """The score of a metric from its totals (hits x scale, predicted, gold, fourth number), and its spread where there is one."""
    hits, n_predicted, n_gold, fourth = totals
    ci, error = (None, None) if spread is None else ((spread.low, spread.high), spread.error)
    return Score(hits, n_predicted, n_gold, fourth, task.scale, ci, task.two_sided, error)


class Recipe(msgspec.Struct, frozen=True):
    """How a result is made, and what its signature calls the gold: `digest` is computed from the gold where it is None."""

    schema: Schema
    corpus: str = "gold"
    split: str = ""
    digest: str | None = None
    resamples: int = intervals.RESAMPLES
    seed: int = intervals.SEED


def finish(
    counts: dict[str, npt.NDArray[np.int64]],
    recipe: Recipe,
    *,
    digest: str,
    documents: tuple[str, ...],
    layers: tuple[str, ...],
    missing: tuple[str, ...],
    incomplete: Mapping[str, tuple[str, ...]],
    warnings: tuple[str, ...],
    inside_furniture: dict[str, int],
) -> Result:
    """The result of counts by document: added up, with intervals and the signature."""
    spreads = intervals.f1_spreads(counts, TASKS, resamples=recipe.resamples, seed=recipe.seed)
    scores = {name: scored([int(v) for v in matrix.sum(axis=0)], TASKS[name], spreads[name]) for name, matrix in counts.items()}
    told = signature(
        corpus=recipe.corpus,
        digest=digest,
        split=recipe.split,
        documents=len(documents),
        layers=layers,
        metric="all",
        level="+".join(recipe.schema.entities.primary_levels) if "entities" in layers else "",
        missing=len(missing) + sum(map(len, incomplete.values())),
        resamples=recipe.resamples,
        seed=recipe.seed,
    )
    return Result(told, scores, counts, documents, layers, missing, dict(incomplete), warnings, inside_furniture)

"""Scoring a system's documents against gold: pair by id, count by document, add up, divide last."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import msgspec
import numpy as np
import numpy.typing as npt

from conflictnews.errors import ScoringError
from conflictnews.model import LAYERS, Document, Entity, Event, Quote, Span, annotation_key, first_fault, text_sha256
from conflictnews.schema import Schema, load_schema
from conflictnews.scoring import coref, diagnose, entities, intervals
from conflictnews.scoring.pair import Pair, by_id
from conflictnews.scoring.signature import gold_digest, signature
from conflictnews.scoring.tasks import TASKS


class Score(msgspec.Struct, frozen=True):
    """One metric over all documents, as integer counts: `hits` are `scale` times the true positives, so that half credit stays whole.

    `true_negatives` are counted where a metric has them; of a `two_sided` metric, whose precision and recall count different hits, that place holds the hits of
    the predicted side, and `hits` those of gold.
    """

    hits: int
    n_predicted: int
    n_gold: int
    true_negatives: int = 0
    scale: int = 1
    f1_ci: tuple[float, float] | None = None
    two_sided: bool = False

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

    def as_dict(self) -> dict[str, Any]:
        """The result in the form that ``conflictnews score --json`` prints."""
        found: dict[str, Any] = {"signature": self.signature, "scores": {name: value.as_dict() for name, value in self.scores.items()}}
        found |= {
            "documents": len(self.documents),
            "missing": list(self.missing),
            "incomplete": {k: list(v) for k, v in self.incomplete.items()},
            "warnings": list(self.warnings),
            "inside_furniture": self.inside_furniture,
        }
        return found


def score(
    gold: Iterable[Document],
    predicted: Iterable[Document],
    *,
    layers: Sequence[str] | None = None,
    schema: Schema | None = None,
    corpus: str = "gold",
    split: str = "",
    digest: str | None = None,
    resamples: int = intervals.RESAMPLES,
    seed: int = intervals.SEED,
) -> Result:
    """Score `predicted` against `gold`, document by document, paired by doc_id.

    Without `layers`, those are scored that the predictions attempt and gold has; a gold document without a layer is not asked about it. A gold document that
    was not predicted, or whose prediction leaves out a layer that others attempt, counts as found nothing and is listed. With no prediction at all, every
    layer of gold is scored. `corpus`, `split` and `digest` go into the signature.

    Raises ScoringError when a predicted document is not in gold, a doc_id or a gold annotation comes twice, a text differs from the gold text, a span ends
    past it, or nothing is left to score.
    """
    schema = schema or load_schema()
    gold_by_id = by_id(gold, "gold")
    predicted_by_id = by_id(predicted, "the predictions")
    if not gold_by_id:
        raise ScoringError("gold holds no document")
    unknown = sorted(predicted_by_id.keys() - gold_by_id.keys())
    if unknown:
        others = f" ({len(unknown)} such documents)" if len(unknown) > 1 else ""
        raise ScoringError(f"{unknown[0]} is predicted but is not in gold{others}; score the split that was predicted, or leave it out", doc_id=unknown[0])
    order = sorted(gold_by_id)
    chosen = _choose_layers(layers, gold_by_id, predicted_by_id)
    pairs = [_pair(gold_by_id[doc_id], predicted_by_id.get(doc_id), schema) for doc_id in order]
    counts = count(pairs, chosen)
    ci = intervals.f1_intervals(counts, TASKS, resamples=resamples, seed=seed)
    scores: dict[str, Score] = {}
    for name, matrix in counts.items():
        hits, n_predicted, n_gold, true_negatives = (int(v) for v in matrix.sum(axis=0))
        scores[name] = Score(hits, n_predicted, n_gold, true_negatives, TASKS[name].scale, ci[name], TASKS[name].two_sided)
    missing = tuple(doc_id for doc_id in order if doc_id not in predicted_by_id)
    incomplete = {
        layer: lacking
        for layer in chosen
        if (lacking := tuple(d for d in order if d in predicted_by_id and predicted_by_id[d].layer(layer) is None and gold_by_id[d].layer(layer) is not None))
    }
    return Result(
        signature=signature(
            corpus=corpus,
            digest=digest or gold_digest(gold_by_id.values()),
            split=split,
            documents=len(order),
            layers=chosen,
            metric="all",
            level="+".join(schema.entities.primary_levels) if "entities" in chosen else "",
            missing=len(missing) + sum(map(len, incomplete.values())),
            resamples=resamples,
            seed=seed,
        ),
        scores=scores,
        counts=counts,
        documents=tuple(order),
        layers=chosen,
        missing=missing,
        incomplete=incomplete,
        inside_furniture=_inside_furniture(pairs, chosen),
        warnings=(*_left_out(pairs, chosen), *diagnose.warnings_of(pairs, chosen, schema)),
    )


def count(pairs: Sequence[Pair], layers: Sequence[str]) -> dict[str, npt.NDArray[np.int64]]:
    """The counts of every metric of `layers`: documents x (hits, predicted, gold, true negatives); zeros where gold lacks the layer."""
    found: dict[str, npt.NDArray[np.int64]] = {}
    for layer in layers:
        asked = [pair for pair in pairs if pair.gold.layer(layer) is not None]
        rows = np.array([i for i, pair in enumerate(pairs) if pair.gold.layer(layer) is not None], dtype=np.int64)
        bulk = entities.count_all(asked) | coref.count_all(asked) if layer == "entities" else {}
        for name, task in TASKS.items():
            if task.layer == layer:
                matrix = np.zeros((len(pairs), 4), dtype=np.int64)
                matrix[rows] = bulk[name] if name in bulk else np.array([task.count(pair) for pair in asked], dtype=np.int64).reshape(len(asked), 4)
                found[name] = matrix
    return found


def _inside_furniture(pairs: Sequence[Pair], chosen: Sequence[str]) -> dict[str, int]:
    """Layer -> how many of its predictions share a character with gold furniture of the positive class; nothing where no gold has any."""
    counts = dict.fromkeys((layer for layer in chosen if layer != "boilerplate"), 0)
    positive = [(pair, [(b.start, b.end) for b in pair.gold.boilerplate or () if pair.schema.policies.get(b.label) == pair.schema.boilerplate.positive_policy]) for pair in pairs]
    if not any(blocks for _, blocks in positive):
        return {}
    for pair, blocks in positive:
        for layer in counts:
            spans = [(s.start, s.end) for a in pair.predicted.layer(layer) or () for s in _place(a)]
            counts[layer] += sum(any(start < high and low < end for low, high in blocks) for start, end in spans)
    return counts


def _place(annotation: Entity | Event | Quote) -> Iterable[Entity | Span]:
    """The span that says where an annotation stands: the mention, the trigger, or the first of a quote's content."""
    if isinstance(annotation, Event):
        return (annotation.trigger,)
    return annotation.content[:1] if isinstance(annotation, Quote) else (annotation,)


def _left_out(pairs: Sequence[Pair], chosen: Sequence[str]) -> Iterator[str]:
    """What was predicted, or is in gold, and yet has no part in the scores."""
    for layer in LAYERS:
        extra = [pair.gold.doc_id for pair in pairs if pair.predicted.layer(layer) and pair.gold.layer(layer) is None]
        if extra:
            yield f"{len(extra)} documents have predicted {layer} that gold does not annotate (first {extra[0]}); they are not scored"
    if "boilerplate" in chosen:
        blind = [pair.gold.doc_id for pair in pairs if pair.gold.boilerplate is not None and pair.text is None]
        if blind:
            yield f"{len(blind)} documents have no text (first {blind[0]}): their lines cannot be scored; hydrate them, or give texts"


def _choose_layers(layers: Sequence[str] | None, gold: dict[str, Document], predicted: dict[str, Document]) -> tuple[str, ...]:
    for layer in layers or ():
        if layer not in LAYERS:
            raise ScoringError(f"there is no layer {layer!r}; the layers are {', '.join(LAYERS)}")
    in_gold = [layer for layer in LAYERS if any(d.layer(layer) is not None for d in gold.values())]
    attempted = [layer for layer in LAYERS if any(d.layer(layer) is not None for d in predicted.values())] if predicted else list(LAYERS)
    chosen = tuple(layer for layer in LAYERS if (layer in layers if layers else layer in attempted and layer in in_gold))
    for layer in chosen:
        if layer not in in_gold:
            raise ScoringError(f"gold has no layer {layer}; score one of {', '.join(in_gold) or '(none)'}")
        if layer not in attempted:
            raise ScoringError(f"the predictions hold no layer {layer} (an empty list would say that nothing was found); they hold {', '.join(attempted) or 'none'}")
    if not chosen:
        raise ScoringError(f"nothing to score: gold has {', '.join(in_gold) or 'no layer'}, the predictions have {', '.join(attempted) or 'no layer'}")
    return chosen


def _pair(gold: Document, predicted: Document | None, schema: Schema) -> Pair:
    twice = _duplicate(gold)
    if twice:
        raise ScoringError(f"{gold.doc_id}: gold has the same annotation twice ({twice}); mend the gold")
    if predicted is None:
        return Pair(gold, Document(doc_id=gold.doc_id), schema)
    if predicted.text is not None and gold.text is not None and predicted.text != gold.text:
        raise ScoringError(
            f"{gold.doc_id}: the predicted text is not the gold text: {first_difference(gold.text, predicted.text)}; offsets only hold on the gold text", doc_id=gold.doc_id
        )
    if predicted.text_sha256 is not None and gold.text_sha256 is not None and predicted.text_sha256 != gold.text_sha256:
        raise ScoringError(f"{gold.doc_id}: text_sha256 says that the prediction was made on another text than gold's", doc_id=gold.doc_id)
    for text, digest in ((gold.text, predicted.text_sha256), (predicted.text, gold.text_sha256)):
        if text is not None and digest is not None and text_sha256(text) != digest:
            raise ScoringError(f"{gold.doc_id}: text_sha256 says that the prediction was made on another text than gold's", doc_id=gold.doc_id)
    pair = Pair(gold, predicted, schema)
    length = None if pair.text is None else len(pair.text)
    fault = first_fault(predicted, length) or first_fault(gold, length)
    if fault:
        raise ScoringError(f"{gold.doc_id}: {fault}", doc_id=gold.doc_id)
    return pair


def _duplicate(gold: Document) -> str | None:
    """The first gold annotation that stands twice, in words."""
    for i, event in enumerate(gold.events or ()):
        if len({(a.role, a.start, a.end) for a in event.arguments}) != len(event.arguments):
            return f"an argument of events[{i}]"
    for layer in LAYERS:
        annotations = gold.layer(layer) or ()
        if layer == "entities" and len({(e.start, e.end, e.label) for e in annotations}) == len(annotations):
            continue
        seen: set[object] = set()
        for i, annotation in enumerate(annotations):
            key = annotation_key(annotation)
            if key in seen:
                return f"{layer}[{i}]"
            seen.add(key)
    return None


def first_difference(gold: str, predicted: str) -> str:
    """Where two texts part, with a few characters of each."""
    at = next((i for i, (a, b) in enumerate(zip(gold, predicted, strict=False)) if a != b), min(len(gold), len(predicted)))
    return f"at character {at} gold has {gold[at : at + 20]!r}, the prediction {predicted[at : at + 20]!r}"

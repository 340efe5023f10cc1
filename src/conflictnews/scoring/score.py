"""Scoring a system's documents against gold: pair by id, count by document, add up, divide last."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

import numpy as np
import numpy.typing as npt

from conflictnews.errors import ScoringError
from conflictnews.mentions import columns_of, only_entities
from conflictnews.model import LAYERS, Document
from conflictnews.schema import Schema, load_schema
from conflictnews.scoring import coref, diagnose, entities, intervals, pipeline
from conflictnews.scoring.bulk import score_columns
from conflictnews.scoring.pair import Pair, by_id
from conflictnews.scoring.pairing import pair_up, refuse_unknown
from conflictnews.scoring.result import Recipe, Result, finish
from conflictnews.scoring.signature import gold_digest
from conflictnews.scoring.tasks import TASKS, TRACK


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
    refuse_unknown(gold_by_id, predicted_by_id)
    chosen = _choose_layers(layers, gold_by_id, predicted_by_id)
    recipe = Recipe(schema, corpus=corpus, split=split, digest=digest, resamples=resamples, seed=seed)
    if chosen == ("entities",) and only_entities(gold_by_id.values()) and only_entities(predicted_by_id.values()):
        try:
            return score_columns(columns_of(list(gold_by_id.values())), columns_of(list(predicted_by_id.values())), recipe)
        except OverflowError:
            pass  # an offset that no text has: said below, with its place
    return score_documents(gold_by_id, predicted_by_id, chosen, recipe)


def score_documents(gold: Mapping[str, Document], predicted: Mapping[str, Document], chosen: tuple[str, ...], recipe: Recipe) -> Result:
    """Scores of the `chosen` layers, document by document."""
    order = sorted(gold)
    pairs = [pair_up(gold[doc_id], predicted.get(doc_id), recipe.schema) for doc_id in order]
    incomplete = {
        layer: lacking for layer in chosen if (lacking := tuple(d for d in order if d in predicted and predicted[d].layer(layer) is None and gold[d].layer(layer) is not None))
    }
    return finish(
        count(pairs, chosen),
        recipe,
        digest=gold_digest(list(gold.values())) if recipe.digest is None else recipe.digest,
        documents=tuple(order),
        layers=chosen,
        missing=tuple(doc_id for doc_id in order if doc_id not in predicted),
        incomplete=incomplete,
        warnings=(*_left_out(pairs, chosen), *diagnose.warnings_of(pairs, chosen, recipe.schema)),
        inside_furniture=_inside_furniture(pairs, chosen),
    )


def count(pairs: Sequence[Pair], layers: Sequence[str]) -> dict[str, npt.NDArray[np.int64]]:
    """The counts of every metric of `layers`, and of the pipeline where those are all four: documents x (hits, predicted, gold, true negatives); zeros where gold lacks the layer."""
    found: dict[str, npt.NDArray[np.int64]] = {}
    for layer in (*layers, TRACK) if set(layers) == set(LAYERS) else layers:
        asks = [all(pair.gold.layer(part) is not None for part in (LAYERS if layer == TRACK else (layer,))) for pair in pairs]
        asked = [pair for pair, is_asked in zip(pairs, asks, strict=True) if is_asked]
        rows = np.flatnonzero(asks)
        bulk = entities.count_all(asked) | coref.count_all(asked) if layer == "entities" else {}
        for name, task in TASKS.items():
            if task.layer == layer:
                matrix = np.zeros((len(pairs), 4), dtype=np.int64)
                matrix[rows] = bulk[name] if name in bulk else np.array([task.count(pair) for pair in asked], dtype=np.int64).reshape(len(asked), 4)
                found[name] = matrix
    return found


def _inside_furniture(pairs: Sequence[Pair], chosen: Sequence[str]) -> dict[str, int]:
    """Layer -> how many of its predictions share a character with gold furniture of the positive class; nothing where no gold has any."""
    if not any(pipeline.furniture(pair) for pair in pairs):
        return {}
    return {layer: sum(pipeline.inside(pair, layer) for pair in pairs) for layer in chosen if layer in pipeline.FINDINGS}


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
    layers = LAYERS if TRACK in (layers or ()) else layers
    for layer in layers or ():
        if layer not in LAYERS:
            raise ScoringError(f"there is no layer {layer!r}; the layers are {', '.join(LAYERS)}, and {TRACK} for all of them together")
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

"""Our metrics as spaCy's scorers: on characters, whatever the tokens, under keys such as ``conflictnews_entities_strict_f``."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial
from typing import Any

import msgspec
from msgspec.structs import replace

from conflictnews.errors import DocumentError
from conflictnews.io.spacy import Tokens, from_doc, rows_in
from conflictnews.io.spacy_rows import layer_of
from conflictnews.model import Document
from conflictnews.schema import load_schema
from conflictnews.scoring.result import Score
from conflictnews.scoring.score import score
from conflictnews.scoring.slices import LABELLED, by_label
from conflictnews.scoring.tasks import TASKS
from conflictnews.spacy_components.reader import GOLD

Scorer = Callable[..., dict[str, Any]]


def entities_scorer() -> Scorer:
    """The metrics of entities, from ``doc.ents``, or from the span group of a component that has one."""
    return partial(score_examples, layer="entities")


def events_scorer() -> Scorer:
    """The metrics of events, from the component's span group."""
    return partial(score_examples, layer="events")


def quotes_scorer() -> Scorer:
    """The metrics of quotes, from the component's span group."""
    return partial(score_examples, layer="quotes")


def boilerplate_scorer() -> Scorer:
    """The metrics of page furniture, from the component's span group."""
    return partial(score_examples, layer="boilerplate")


def key(metric: str) -> str:
    """The name under which spaCy's scores hold a metric, without ``_p``, ``_r`` or ``_f``."""
    return f"conflictnews_{metric.replace('.', '_')}"


def score_examples(examples: Iterable[Any], *, layer: str, spans_key: str | None = None, **_: Any) -> dict[str, Any]:
    """The scores of a layer: for each metric precision, recall and F1 (None where undefined), for those told apart by label ``_macro_f`` and ``_per_type`` too.

    Gold is the document that our reader or a file of ours brought along, with its exact offsets, or else what the reference's entities and spans say; examples whose gold
    has no such layer are not asked about. A cue, a source or an argument that was predicted in a document without any quote or event has nothing to belong to, and is no part of the scores.
    """
    pairs = []
    for number, example in enumerate(examples):
        doc_id = f"{number:06}"
        document = replace(gold_of(example.reference), doc_id=doc_id)
        if document.layer(layer) is not None:
            pairs.append((document, predicted_of(example.predicted, layer, spans_key, doc_id)))
    names = [name for name, task in TASKS.items() if task.layer == layer]
    if not pairs:
        return {f"{key(name)}_{part}": None for name in names for part in "prf"}
    gold, predicted = [g for g, _ in pairs], [p for _, p in pairs]
    found: dict[str, Any] = {}
    for name, value in score(gold, predicted, layers=[layer], resamples=0).scores.items():
        found |= {f"{key(name)}_{part}": number for part, number in _numbers(value).items()}
    if layer in LABELLED:
        parts = by_label(gold, predicted, [layer], load_schema(), resamples=0)
        for name in LABELLED[layer]:
            found[f"{key(name)}_macro_f"] = parts.macro[name].f1
            found[f"{key(name)}_per_type"] = {label: _numbers(scores[name]) for label, scores in parts.labels.items() if name in scores}
    return found


def _numbers(value: Score) -> dict[str, float | None]:
    return {"p": value.precision, "r": value.recall, "f": value.f1}


def gold_of(reference: Any) -> Document:
    """The gold document of a reference."""
    data = reference.user_data.get(GOLD)
    if data is None:
        return from_doc(reference, doc_id="reference")
    document = msgspec.json.decode(data, type=Document)
    if document.text != reference.text:
        raise DocumentError(f"{document.doc_id}: the reference's text is not that of its gold; training on changed texts (augmentation) has no gold to score against")
    return document


def predicted_of(doc: Any, layer: str, spans_key: str | None, doc_id: str) -> Document:
    """The document that a pipeline's output says: one layer, from the span group `spans_key` or, for entities without one, from ``doc.ents``."""
    spans = doc.ents if layer == "entities" and spans_key is None else doc.spans.get(spans_key or layer, ())
    annotations = layer_of(layer, list(rows_in(doc, spans, Tokens(doc))), lenient=True)
    return replace(Document(doc_id=doc_id, text=doc.text), **{layer: annotations})

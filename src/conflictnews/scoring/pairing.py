"""Gold and prediction of one document side by side, after all that would make a score of them mean nothing was looked for."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from conflictnews.errors import ScoringError
from conflictnews.model import LAYERS, Document, annotation_key, first_fault, text_sha256
from conflictnews.schema import Schema
from conflictnews.scoring.pair import Pair


def pair_up(gold: Document, predicted: Document | None, schema: Schema) -> Pair:
    """Both sides of a document. Raises ScoringError for an annotation that gold has twice, another text, or a span that is none or ends past the text."""
    twice = _duplicate(gold)
    if twice:
        raise ScoringError(f"{gold.doc_id}: gold has the same annotation twice ({twice}); mend the gold")
    if predicted is None:
        predicted = Document(doc_id=gold.doc_id)
    check_texts(gold, predicted)
    pair = Pair(gold, predicted, schema)
    length = None if pair.text is None else len(pair.text)
    fault = first_fault(predicted, length) or first_fault(gold, length)
    if fault:
        raise ScoringError(f"{gold.doc_id}: {fault}", doc_id=gold.doc_id)
    return pair


def check_texts(gold: Document, predicted: Document) -> None:
    """Raise ScoringError where the prediction was made on another text than gold's."""
    if predicted.text is not None and gold.text is not None and predicted.text != gold.text:
        raise ScoringError(
            f"{gold.doc_id}: the predicted text is not the gold text: {first_difference(gold.text, predicted.text)}; offsets only hold on the gold text", doc_id=gold.doc_id
        )
    if predicted.text_sha256 is not None and gold.text_sha256 is not None and predicted.text_sha256 != gold.text_sha256:
        raise ScoringError(f"{gold.doc_id}: text_sha256 says that the prediction was made on another text than gold's", doc_id=gold.doc_id)
    for text, digest in ((gold.text, predicted.text_sha256), (predicted.text, gold.text_sha256)):
        if text is not None and digest is not None and text_sha256(text) != digest:
            raise ScoringError(f"{gold.doc_id}: text_sha256 says that the prediction was made on another text than gold's", doc_id=gold.doc_id)


def refuse_unknown(gold: Collection[str], predicted: Iterable[str]) -> None:
    """Raise ScoringError where a predicted doc_id is not in gold."""
    known = gold if isinstance(gold, dict) else set(gold)
    unknown = sorted(doc_id for doc_id in predicted if doc_id not in known)
    if unknown:
        others = f" ({len(unknown)} such documents)" if len(unknown) > 1 else ""
        raise ScoringError(f"{unknown[0]} is predicted but is not in gold{others}; score the split that was predicted, or leave it out", doc_id=unknown[0])


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


def first_difference(gold: str, predicted: str, names: tuple[str, str] = ("gold", "the prediction")) -> str:
    """Where two texts part, with a few characters of each, which are called by their `names`."""
    at = next((i for i, (a, b) in enumerate(zip(gold, predicted, strict=False)) if a != b), min(len(gold), len(predicted)))
    return f"at character {at} {names[0]} has {gold[at : at + 20]!r}, {names[1]} {predicted[at : at + 20]!r}"

"""Counts of whole pipelines: a raw page in, every layer out. What is found in page furniture is found wrongly."""

from __future__ import annotations

from collections.abc import Iterable

from conflictnews.model import LAYERS, Entity, Event, Quote, Span
from conflictnews.scoring import boilerplate, entities, events, quotes
from conflictnews.scoring.pair import Pair, Vector

FINDINGS = tuple(layer for layer in LAYERS if layer != "boilerplate")
"""The layers whose annotations say something was found in the article."""

_HEADLINES = (entities.counter(entities.primary, entities.strict), events.counter(events.attached_arguments), quotes.attributed, boilerplate.lines)


def joint(pair: Pair) -> Vector:
    """The headline counts of the four layers added up: mentions, attached arguments, attributed quotes, lines of furniture."""
    hits, predicted, gold, _ = (sum(column) for column in zip(*(count(pair) for count in _HEADLINES), strict=True))
    return hits, predicted, gold, 0


def outside(pair: Pair) -> Vector:
    """Of the predicted mentions, triggers and quotes, those that share no character with gold furniture of the positive class."""
    number = sum(len(pair.predicted.layer(layer) or ()) for layer in FINDINGS)
    return number - sum(inside(pair, layer) for layer in FINDINGS), number, number, 0


def furniture(pair: Pair) -> list[tuple[int, int]]:
    """The gold blocks of the positive class."""
    positive = pair.schema.boilerplate.positive_policy
    return [(b.start, b.end) for b in pair.gold.boilerplate or () if pair.schema.policies.get(b.label) == positive]


def inside(pair: Pair, layer: str) -> int:
    """How many predicted mentions, triggers or quotes share a character with `furniture`; none where gold lacks the layer, and nothing is asked."""
    blocks = furniture(pair)
    if not blocks or pair.gold.layer(layer) is None:
        return 0
    spans = [(s.start, s.end) for a in pair.predicted.layer(layer) or () for s in _place(a)]
    return sum(any(start < high and low < end for low, high in blocks) for start, end in spans)


def _place(annotation: Entity | Event | Quote) -> Iterable[Entity | Span]:
    """The span that says where an annotation stands: the mention, the trigger, or the first of a quote's content."""
    if isinstance(annotation, Event):
        return (annotation.trigger,)
    return annotation.content[:1] if isinstance(annotation, Quote) else (annotation,)

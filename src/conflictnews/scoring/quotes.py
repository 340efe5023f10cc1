"""Counts of the quote layer: spans of content, source and cue (as PARC and PolNeAR score them, made one to one) and whom they are given to (QuoteLi3, PDNC)."""

from __future__ import annotations

from collections.abc import Callable

from conflictnews.model import Document, Quote, Span
from conflictnews.scoring.entities import shared
from conflictnews.scoring.matching import matching_size
from conflictnews.scoring.pair import Pair, Vector


def _sizes(pair: Pair) -> tuple[int, int]:
    return len(pair.predicted.quotes or ()), len(pair.gold.quotes or ())


def content_strict(pair: Pair) -> Vector:
    """The same content, span for span."""
    gold, predicted = (
        [tuple((s.start, s.end) for s in sorted(q.content, key=lambda s: (s.start, s.end))) for q in side or ()] for side in (pair.gold.quotes, pair.predicted.quotes)
    )
    return shared(gold, predicted), len(predicted), len(gold), 0


def content_overlap(pair: Pair) -> Vector:
    """At least one character in common: the largest number of one-to-one pairs."""
    predicted, gold = _sizes(pair)
    neighbours: list[list[int]] = [[] for _ in range(gold)]
    for i, j in sorted(pair.quote_weights):
        neighbours[i].append(j)
    return matching_size(neighbours, predicted), predicted, gold, 0


def content_iou(pair: Pair) -> Vector:
    """Matched with content IoU of at least one half."""
    return len(pair.quote_pairs), *_sizes(pair), 0


def attributed(pair: Pair) -> Vector:
    """Matched with content IoU of at least one half, and given to the right set of speakers."""
    return sum(pair.right_speakers(i, j) for i, j in pair.quote_pairs), *_sizes(pair), 0


def speaker(pair: Pair) -> Vector:
    """Of the matched quotes, those given to the right set of speakers: precision and recall are both the accuracy."""
    matched = len(pair.quote_pairs)
    return attributed(pair)[0], matched, matched, 0


def cue(quote: Quote) -> tuple[Span, ...]:
    """The words that say that something was said."""
    return quote.cue


def source(quote: Quote) -> tuple[Span, ...]:
    """The words that say who said it."""
    return quote.source


def of(part: Callable[[Quote], tuple[Span, ...]], content_metric: Callable[[Pair], Vector]) -> Callable[[Pair], Vector]:
    """The count function of a content metric for another part of quotes; a quote that lacks the part is no item, and its other parts do not matter."""

    def only(document: Document) -> Document:
        return Document(doc_id=document.doc_id, quotes=tuple(Quote(content=spans) for spans in map(part, document.quotes or ()) if spans))

    def count(pair: Pair) -> Vector:
        return content_metric(Pair(only(pair.gold), only(pair.predicted), pair.schema))

    return count

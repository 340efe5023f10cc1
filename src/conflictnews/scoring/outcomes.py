"""Every hit, false positive and false negative, one by one with its words: what ``--errors`` writes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

import msgspec

from conflictnews.model import Document
from conflictnews.schema import Schema
from conflictnews.scoring.boilerplate import line_decisions
from conflictnews.scoring.pair import Pair

CONTEXT = 40
"""Characters of text given on each side."""


class Outcome(msgspec.Struct, frozen=True):
    """One item that a metric judged. `outcome` is tp, fp or fn; `label` the label, or type and role, or speakers; words are empty where there is no text."""

    doc_id: str
    metric: str
    outcome: str
    label: str
    start: int
    end: int
    surface: str
    left: str
    right: str


Item = tuple[str, int, int]


def outcomes_of(gold: Iterable[Document], predicted: Iterable[Document], layers: Sequence[str], schema: Schema) -> Iterator[Outcome]:
    """The outcomes of the ranking metrics (and of triggers) of `layers`, document by document, in text order."""
    outputs = {document.doc_id: document for document in predicted}
    for document in sorted(gold, key=lambda d: d.doc_id):
        pair = Pair(document, outputs.get(document.doc_id, Document(doc_id=document.doc_id)), schema)
        if "entities" in layers and document.entities is not None:
            yield from _listed(pair, "entities.strict", *([(e.label, e.start, e.end) for e in side] for side in pair.primary_entities))
        if "events" in layers and document.events is not None:
            sides = [side.events or () for side in (pair.gold, pair.predicted)]
            yield from _listed(pair, "events.trigger", *([(v.label, v.trigger.start, v.trigger.end) for v in side] for side in sides))
            arguments = [[(f"{v.label} at {v.trigger.start}-{v.trigger.end}: {a.role}", a.start, a.end) for v in side for a in v.arguments] for side in sides]
            yield from _listed(pair, "events.argument_attached", *arguments)
        if "quotes" in layers and document.quotes is not None:
            yield from _quotes(pair)
        if "boilerplate" in layers and document.boilerplate is not None:
            yield from _lines(pair)


def _listed(pair: Pair, metric: str, gold: list[Item], predicted: list[Item]) -> Iterator[Outcome]:
    """The outcomes of two multisets of items."""
    counted = Counter(gold), Counter(predicted)
    parts = {"tp": counted[0] & counted[1], "fp": counted[1] - counted[0], "fn": counted[0] - counted[1]}
    items = [(start, end, label, outcome) for outcome, part in parts.items() for label, start, end in part.elements()]
    for start, end, label, outcome in sorted(items):
        yield _outcome(pair, metric, outcome, label, start, end)


def _quotes(pair: Pair) -> Iterator[Outcome]:
    gold, predicted = pair.gold.quotes or (), pair.predicted.quotes or ()
    right = {(i, j) for i, j in pair.quote_pairs if pair.right_speakers(i, j)}
    found = [("tp" if i in {g for g, _ in right} else "fn", quote) for i, quote in enumerate(gold)]
    found += [("fp", quote) for j, quote in enumerate(predicted) if j not in {p for _, p in right}]
    for outcome, quote in sorted(found, key=lambda item: (item[1].content[0].start, item[0])):
        yield _outcome(pair, "quotes.attributed", outcome, "+".join(quote.speakers), quote.content[0].start, quote.content[-1].end)


def _lines(pair: Pair) -> Iterator[Outcome]:
    for start, end, gold, predicted in line_decisions(pair):
        if gold or predicted:
            outcome = "tp" if gold and predicted else "fn" if gold else "fp"
            blocks = [b.label for b in (pair.predicted if outcome == "fp" else pair.gold).boilerplate or () if b.start < end and start < b.end]
            yield _outcome(pair, "boilerplate.line", outcome, blocks[0] if blocks else "", start, end)


def _outcome(pair: Pair, metric: str, outcome: str, label: str, start: int, end: int) -> Outcome:
    text = pair.text or ""
    return Outcome(pair.gold.doc_id, metric, outcome, label, start, end, text[start:end], text[max(0, start - CONTEXT) : start], text[end : end + CONTEXT])

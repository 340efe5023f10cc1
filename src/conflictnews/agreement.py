"""How far two annotation passes agree, on the same counts that score systems."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

from conflictnews.model import Document
from conflictnews.schema import Schema, load_schema
from conflictnews.scoring.boilerplate import lines
from conflictnews.scoring.pair import Pair
from conflictnews.scoring.score import score

MEASURES = {
    "entities, names and values": "entities.strict",
    "entities, all levels": "entities.strict.all",
    "events, trigger and type": "events.trigger",
    "events, argument and role": "events.argument_attached",
    "quotes, content IoU >= 1/2": "quotes.content.iou",
    "quotes, content exact": "quotes.content.strict",
    "quotes, speakers of matched": "quotes.speaker",
}
"""What is told of two passes as a pairwise F1 -> the metric it is."""


def agree(first: Iterable[Document], second: Iterable[Document], *, schema: Schema | None = None) -> dict[str, float | None]:
    """Agreement of two passes over the same documents: pairwise F1 (the same whichever pass is called gold) and two kappas.

    `factuality, kappa` is Cohen's kappa on events that both passes have (same trigger and type); `boilerplate lines, kappa` is Cohen's kappa on visible lines,
    for which the documents need their texts. None where there is nothing to agree on. Raises ScoringError where the documents do not pair.
    """
    schema = schema or load_schema()
    left, right = {d.doc_id: d for d in first}, {d.doc_id: d for d in second}
    result = score(left.values(), right.values(), schema=schema, resamples=1)
    found: dict[str, float | None] = {name: result.scores[task].f1 for name, task in MEASURES.items() if task in result.scores}
    pairs = [Pair(left[doc_id], right[doc_id], schema) for doc_id in sorted(left)]
    found["events, factuality (kappa)"] = cohen_kappa([labels for pair in pairs for labels in _factuality(pair)])
    found["boilerplate lines (kappa)"] = _line_kappa(pairs)
    return found


def cohen_kappa(labels: Sequence[tuple[object, object]]) -> float | None:
    """Cohen's kappa (1960) of two annotators' labels of the same items; 1 where both use one and the same label throughout, None without items."""
    if not labels:
        return None
    total = len(labels)
    observed = sum(a == b for a, b in labels) / total
    firsts, seconds = Counter(a for a, _ in labels), Counter(b for _, b in labels)
    expected = sum(n * seconds[label] for label, n in firsts.items()) / total**2
    return 1.0 if expected == 1 else (observed - expected) / (1 - expected)


def _factuality(pair: Pair) -> list[tuple[object, object]]:
    """The factuality that each pass gives to the events that both have, in text order."""
    sides: list[dict[tuple[int, int, str], list[str | None]]] = []
    for document in (pair.gold, pair.predicted):
        events: dict[tuple[int, int, str], list[str | None]] = {}
        for v in document.events or ():
            events.setdefault((v.trigger.start, v.trigger.end, v.label), []).append(v.factuality)
        sides.append(events)
    return [labels for key in sorted(sides[0].keys() & sides[1].keys()) for labels in zip(sides[0][key], sides[1][key], strict=False)]


def _line_kappa(pairs: Iterable[Pair]) -> float | None:
    """Kappa of the decision whether a visible line is furniture, from the counts of the line metric."""
    both = first_only = second_only = neither = 0
    for pair in pairs:
        hits, predicted, gold, negatives = lines(pair)
        both, first_only, second_only, neither = both + hits, first_only + gold - hits, second_only + predicted - hits, neither + negatives
    cells = {(True, True): both, (True, False): first_only, (False, True): second_only, (False, False): neither}
    return cohen_kappa([labels for labels, n in cells.items() for _ in range(n)])

"""Every measure of agreement there is, in one table: the counts that score systems, and two coefficients that take off what chance would give."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

import msgspec
import numpy as np

from conflictnews.agreement.names import same_entities
from conflictnews.agreement.nominal import Tally, tally
from conflictnews.model import Document
from conflictnews.scoring import boilerplate, entities
from conflictnews.scoring.matching import best_pairs, overlap_size
from conflictnews.scoring.pair import IOU_SCALE, Pair, Vector
from conflictnews.scoring.tasks import TASKS


class Measure(msgspec.Struct, frozen=True):
    """A measure of agreement: its layer, what it is called, and how it counts one document: a vector of hits (for a pairwise F1), or a tally of values (for kappa and alpha)."""

    layer: str
    title: str
    statistic: str
    definition: str
    vector: Callable[[Pair], Vector] | None = None
    tally: Callable[[Pair], Tally] | None = None
    scale: int = 1
    needs_text: bool = False


Place = tuple[int, int]
Keyed = list[tuple[object, Place]]


def _overlapping(items: Callable[[Document], Keyed]) -> Callable[[Pair], Vector]:
    """The count function of what shares its key and a character, as many one-to-one pairs as can be."""

    def count(pair: Pair) -> Vector:
        sides = [items(pair.gold), items(pair.predicted)]
        by_key: list[dict[object, list[Place]]] = [{}, {}]
        for side, found in zip(sides, by_key, strict=True):
            for key, place in side:
                found.setdefault(key, []).append(place)
        return sum(overlap_size(places, by_key[1].get(key, [])) for key, places in by_key[0].items()), len(sides[1]), len(sides[0]), 0

    return count


def _equal(items: Callable[[Document], Keyed]) -> Callable[[Pair], Vector]:
    """The count function of what shares its key and its span."""

    def count(pair: Pair) -> Vector:
        first, second = items(pair.gold), items(pair.predicted)
        return entities.shared(first, second), len(second), len(first), 0

    return count


def _mentions(document: Document) -> Keyed:
    return [(e.label, (e.start, e.end)) for e in document.entities or ()]


def _triggers(document: Document) -> Keyed:
    return [(v.label, (v.trigger.start, v.trigger.end)) for v in document.events or ()]


def _arguments(document: Document) -> Keyed:
    return [((v.trigger.start, v.trigger.end, v.label, a.role), (a.start, a.end)) for v in document.events or () for a in v.arguments]


def _contents(document: Document) -> Keyed:
    return [(q.type, (s.start, s.end)) for q in document.quotes or () for s in q.content]


def _blocks(document: Document) -> Keyed:
    return [(b.label, (b.start, b.end)) for b in document.boilerplate or ()]


def _speakers(pair: Pair) -> Vector:
    """Of the quotes matched by content (IoU of at least one half), those that both passes give to the same speakers, entities being aligned one to one."""
    same = same_entities(pair.gold, pair.predicted)
    known = {e.entity for e in pair.gold.entities or ()} & {e.entity for e in pair.predicted.entities or ()} | set(same.values())  # what an unaligned name cannot mean
    first = [frozenset(q.speakers) for q in pair.gold.quotes or ()]
    second = [frozenset(same.get(s, f"\0{s}" if s in known else s) for s in q.speakers) for q in pair.predicted.quotes or ()]
    room = len(first) + 1
    weights = {(i, j): (w * room + (first[i] == second[j])) * room + 1 for (i, j), w in pair.quote_weights.items() if w >= IOU_SCALE // 2}
    matched = best_pairs(weights)
    return sum(first[i] == second[j] for i, j in matched), len(matched), len(matched), 0


def characters(items: Callable[[Document], Keyed]) -> Callable[[Pair], Tally]:
    """The tally function whose units are the visible characters of the text, and whose values are the sets of labels that cover them (the empty set where none does).

    A set is one nominal value: a character inside two nested mentions agrees with another only where both labels are the same. Without a text there is no unit.
    """

    def count(pair: Pair) -> Tally:
        text = pair.text or ""
        sides = [items(pair.gold), items(pair.predicted)]
        labels = sorted({str(label) for side in sides for label, _ in side})
        visible = np.fromiter((not c.isspace() for c in text), dtype=bool, count=len(text))
        covered = np.zeros((2, len(text), len(labels)), dtype=bool)
        for number, side in enumerate(sides):
            for label, (start, end) in side:
                covered[number, start:end, labels.index(str(label))] = True
        bits = np.packbits(covered[:, visible], axis=-1)
        values = [[row.tobytes() for row in side] for side in bits] if labels else [[b""] * int(visible.sum())] * 2
        names = {value: tuple(label for label, bit in zip(labels, np.unpackbits(np.frombuffer(value, dtype=np.uint8)), strict=False) if bit) for value in {*values[0], *values[1]}}
        return tally((names[a], names[b]) for a, b in zip(*values, strict=True))

    return count


def _factuality(pair: Pair) -> Tally:
    """The factuality of the events that both passes have: same trigger and type. Of several such events in one place, those with equal values are paired first."""
    sides: list[dict[tuple[int, int, str], Counter[str]]] = []
    for document in (pair.gold, pair.predicted):
        events: dict[tuple[int, int, str], Counter[str]] = {}
        for v in document.events or ():
            events.setdefault((v.trigger.start, v.trigger.end, v.label), Counter())[str(v.factuality)] += 1
        sides.append(events)
    found: list[tuple[str, str]] = []
    for key in sorted(sides[0].keys() & sides[1].keys()):
        first, second = sides[0][key], sides[1][key]
        same = first & second
        found += [(value, value) for value in same.elements()]
        found += zip(sorted((first - same).elements()), sorted((second - same).elements()), strict=False)
    return tally(found)


def _lines(pair: Pair) -> Tally:
    """Whether each visible line is furniture of the positive class, by most of its visible characters; OPTIONAL furniture is none, on either side."""
    first, second = boilerplate.visible_lines(pair)
    return tally(zip(first, second, strict=True))


def _scored(task: str, title: str) -> Measure:
    found = TASKS[task]
    return Measure(found.layer, title, "F1", found.definition, vector=found.count, scale=found.scale)


def _alpha(layer: str, items: Callable[[Document], Keyed], what: str) -> Measure:
    return Measure(layer, f"{layer}, characters (alpha)", "alpha", f"visible characters; the value is {what}, or none", tally=characters(items), needs_text=True)


MEASURES: dict[str, Measure] = {
    "entities.strict": _scored("entities.strict", "entities, names and values"),
    "entities.type": _scored("entities.type", "entities, names and values, overlap"),
    "entities.strict.all": _scored("entities.strict.all", "entities, all levels"),
    "entities.type.all": Measure("entities", "entities, all levels, overlap", "F1", "some overlap and the same label, mentions of every level", vector=_overlapping(_mentions)),
    "entities.alpha": _alpha("entities", _mentions, "the set of labels of the mentions of every level around it"),
    "events.trigger": _scored("events.trigger", "events, trigger and type"),
    "events.trigger.overlap": Measure("events", "events, trigger and type, overlap", "F1", "triggers of one type that share a character", vector=_overlapping(_triggers)),
    "events.argument_attached": _scored("events.argument_attached", "events, argument and role"),
    "events.argument_attached.overlap": Measure(
        "events", "events, argument and role, overlap", "F1", "arguments of one role, on the same trigger of the same type, that share a character", vector=_overlapping(_arguments)
    ),
    "events.factuality.kappa": Measure(
        "events", "events, factuality (kappa)", "kappa", "events that both passes have (trigger and type); the value is the factuality", tally=_factuality
    ),
    "events.alpha": _alpha("events", _triggers, "the set of types of the triggers around it"),
    "quotes.content.iou": _scored("quotes.content.iou", "quotes, content IoU >= 1/2"),
    "quotes.content.strict": _scored("quotes.content.strict", "quotes, content exact"),
    "quotes.content.overlap": _scored("quotes.content.overlap", "quotes, content overlap"),
    "quotes.speaker": Measure("quotes", "quotes, speakers of matched", "F1", TASKS["quotes.speaker"].definition, vector=_speakers),
    "quotes.alpha": _alpha("quotes", _contents, "the set of types of the quotes whose content is around it"),
    "boilerplate.block": Measure("boilerplate", "boilerplate, blocks", "F1", "same span and same kind", vector=_equal(_blocks)),
    "boilerplate.block.overlap": Measure("boilerplate", "boilerplate, blocks, overlap", "F1", "some overlap and the same kind", vector=_overlapping(_blocks)),
    "boilerplate.line.kappa": Measure(
        "boilerplate", "boilerplate lines (kappa)", "kappa", "visible lines; the value is whether the line is furniture of the positive class", tally=_lines, needs_text=True
    ),
    "boilerplate.alpha": _alpha("boilerplate", _blocks, "the set of kinds of the blocks around it"),
}
"""Id -> the measure."""

"""What is odd about predictions, said as a hint: duplicates, unknown labels, offsets counted in other units, untrimmed edges."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

from conflictnews.model import Document, spans_of
from conflictnews.schema import Schema
from conflictnews.scoring.pair import Pair

SAMPLE = 100
"""So many documents with something missed and something wrong are looked at for the reason."""

_ENOUGH = 5
"""So many misses must tell the same story before it is told."""


def warnings_of(pairs: Sequence[Pair], layers: Collection[str], schema: Schema) -> Iterator[str]:
    """The hints, in a fixed order."""
    if "entities" in layers:
        yield from _labels(
            "entity label", [e.label for p in pairs for e in p.predicted.entities or ()], [e.label for p in pairs for e in p.gold.entities or ()], schema.entities.labels
        )
        yield from _duplicates("entities", [(p.gold.doc_id, e.start, e.end, e.label) for p in pairs for e in p.predicted.entities or ()])
    if "events" in layers:
        yield from _labels("event type", [v.label for p in pairs for v in p.predicted.events or ()], [v.label for p in pairs for v in p.gold.events or ()], schema.events.labels)
        yield from _labels(
            "role",
            [a.role for p in pairs for v in p.predicted.events or () for a in v.arguments],
            [a.role for p in pairs for v in p.gold.events or () for a in v.arguments],
            schema.events.roles,
        )
        triggers = [[(p.gold.doc_id, v.trigger.start, v.trigger.end, v.label) for p in pairs for v in side(p).events or ()] for side in (_predicted, _gold)]
        yield from _duplicates("events", *triggers)
        yield from _duplicates("arguments", [(p.gold.doc_id, i, a.role, a.start, a.end) for p in pairs for i, v in enumerate(p.predicted.events or ()) for a in v.arguments])
    if "quotes" in layers:
        yield from _duplicates("quotes", [(p.gold.doc_id, tuple(sorted((s.start, s.end) for s in q.content))) for p in pairs for q in p.predicted.quotes or ()])
    if "boilerplate" in layers:
        yield from _labels(
            "kind of boilerplate",
            [b.label for p in pairs for b in p.predicted.boilerplate or ()],
            [b.label for p in pairs for b in p.gold.boilerplate or ()],
            schema.boilerplate.labels,
        )
    for layer in ("entities", "events", "quotes"):
        if layer in layers:
            yield from _offsets(layer, pairs)
    yield from surfaces_told(pairs)


def _labels(what: str, predicted: Iterable[str], gold: Iterable[str], known: Collection[str]) -> Iterator[str]:
    yield from unknown_labels(what, Counter(predicted), set(gold), known)


def unknown_labels(what: str, counts: Mapping[str, int], in_gold: Collection[str], known: Collection[str]) -> Iterator[str]:
    """A hint for each predicted label that neither gold nor the scheme knows; `counts` says how often each is predicted."""
    foreign = not set(in_gold) <= set(known)  # a foreign gold has labels of its own
    scheme = set(in_gold if foreign else known)
    folded = {name.casefold(): name for name in sorted(scheme)}
    for name in sorted(counts.keys() - scheme - set(in_gold)):
        twin = folded.get(name.casefold())
        why = f"it differs from {twin} only by case" if twin else "each counts as a false positive"
        yield f"{counts[name]} predictions have the unknown {what} {name!r}: {why}"


def _predicted(pair: Pair) -> Document:
    return pair.predicted


def _gold(pair: Pair) -> Document:
    return pair.gold


def _duplicates(layer: str, keys: Sequence[tuple[object, ...]], gold: Sequence[tuple[object, ...]] = ()) -> Iterator[str]:
    """Keys that stand more than once, and more often than in gold where that may hold one several times."""
    known = Counter(gold)
    extra = {key: n - max(1, known[key]) for key, n in Counter(keys).items() if n > max(1, known[key])}
    if extra:
        yield duplicates_told(layer, sum(extra.values()), str(next(iter(extra))[0]))


def duplicates_told(layer: str, number: int, first: str) -> str:
    """The hint at `number` copies too many, the first of them in the document `first`."""
    return f"{number} predicted {layer} stand twice, first in {first}; each further copy counts as a false positive"


def _offsets(layer: str, pairs: Sequence[Pair]) -> Iterator[str]:
    """Whether what is wrong in a layer would be right with offsets shifted, counted in another unit, or trimmed."""
    missed = wrong = 0
    sample: list[Pair] = []
    for pair in pairs:
        if len(sample) == SAMPLE:
            break
        gold, predicted = (Counter(_spans(layer, side)) for side in (pair.gold, pair.predicted))
        shared = (gold & predicted).total()
        lost, false = gold.total() - shared, predicted.total() - shared
        missed, wrong = missed + lost, wrong + false
        if lost and false:
            sample.append(pair)
    yield from offsets_told(layer, missed, wrong, sample)


def offsets_told(layer: str, missed: int, wrong: int, sample: Sequence[Pair]) -> Iterator[str]:
    """Why, as far as the documents of `sample` tell, `missed` annotations of a layer were missed and `wrong` ones predicted; all of the sample have both."""
    trimmed = 0
    shifts: Counter[int] = Counter()
    units = Counter({"UTF-16": 0, "UTF-8 byte": 0})
    for pair in sample:
        gold, predicted = (Counter(_spans(layer, side)) for side in (pair.gold, pair.predicted))
        lost, false = gold - predicted, predicted - gold
        by_form: dict[tuple[int, str], list[int]] = {}
        for start, end, label in lost:
            by_form.setdefault((end - start, label), []).append(start)
        for start, end, label in false:
            nearest = min(by_form.get((end - start, label), ()), key=lambda s: (abs(s - start), s), default=None)
            if nearest is not None:
                shifts[start - nearest] += 1
        if pair.text is not None:
            trimmed += sum(n for span, n in false.items() if _trim(pair.text, *span) in lost)
            if not pair.text.isascii():
                for unit, table in _tables(pair.text):
                    units[unit] += sum((table[s], table[e], label) in false for s, e, label in lost)
    some = f" of the first {SAMPLE} documents with errors" if len(sample) == SAMPLE else ""
    shift, n = min(shifts.most_common(), key=lambda item: (-item[1], abs(item[0]))) if shifts else (0, 0)
    unit, m = min(units.most_common(), key=lambda item: (-item[1], item[0]))
    if m >= min(_ENOUGH, max(2, missed)) and m >= 0.5 * wrong:
        yield f"{m} of {wrong} wrong {layer}{some} would be right if their offsets were {unit} offsets; give offsets in Unicode code points"
    elif shift and n >= min(_ENOUGH, max(2, missed)) and n >= 0.8 * min(missed, wrong):
        yield f"{n} of {wrong} wrong {layer}{some} lie {abs(shift)} characters {'after' if shift > 0 else 'before'} a missed one of the same length and label: the offsets are shifted by a constant; UTF-16 or byte offsets, or a changed line end, are likely"
    if trimmed:
        yield f"{trimmed} of {wrong} wrong {layer}{some} would be right without the white space or punctuation at their edges"


def _spans(layer: str, document: Document) -> list[tuple[int, int, str]]:
    """What stands for an annotation of a layer: a mention, a trigger, or the hull of a quote's content, with its label."""
    if layer == "entities":
        return [(e.start, e.end, e.label) for e in document.entities or ()]
    if layer == "events":
        return [(v.trigger.start, v.trigger.end, v.label) for v in document.events or ()]
    return [(min(s.start for s in q.content), max(s.end for s in q.content), "") for q in document.quotes or ()]


def surfaces_told(pairs: Iterable[Pair]) -> Iterator[str]:
    """Whether predicted surfaces are the words at their offsets."""
    wrong, first = 0, ""
    for pair in pairs:
        if pair.text is None:
            continue
        for place, start, end, surface in spans_of(pair.predicted):
            if surface is not None and pair.text[start:end] != surface:
                wrong += 1
                first = first or f"{pair.gold.doc_id}, {place}: {surface!r} is given, the text has {pair.text[start:end]!r}"
    if wrong:
        yield f"{wrong} predicted surfaces are not the words at their offsets (first {first}); offsets are what is scored: check how they are counted, or align the surfaces with `conflictnews align`"


def _trim(text: str, start: int, end: int, label: str) -> tuple[int, int, str]:
    first, last = start, end
    while first < last and not text[first].isalnum():
        first += 1
    while last > first and not text[last - 1].isalnum():
        last -= 1
    return (first, last, label) if (first, last) != (start, end) else (-1, -1, "")


def _tables(text: str) -> Iterator[tuple[str, list[int]]]:
    """For each unit, the offset in it of every code point, and of the end."""
    for unit, encoding, width in (("UTF-16", "utf-16-le", 2), ("UTF-8 byte", "utf-8", 1)):
        table, at = [0], 0
        for character in text:
            at += len(character.encode(encoding, "surrogatepass")) // width
            table.append(at)
        yield unit, table

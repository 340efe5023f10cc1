"""What is odd about predictions, said as a hint: duplicates, unknown labels, offsets counted in other units, untrimmed edges."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Sequence

from conflictnews.model import Entity
from conflictnews.schema import Schema
from conflictnews.scoring.pair import Pair

_SAMPLE = 1000
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
        yield from _offsets(pairs)
    if "events" in layers:
        yield from _labels("event type", [v.label for p in pairs for v in p.predicted.events or ()], [v.label for p in pairs for v in p.gold.events or ()], schema.events.labels)
        yield from _labels(
            "role",
            [a.role for p in pairs for v in p.predicted.events or () for a in v.arguments],
            [a.role for p in pairs for v in p.gold.events or () for a in v.arguments],
            schema.events.roles,
        )
        yield from _duplicates(
            "events",
            [
                (p.gold.doc_id, v.trigger.start, v.trigger.end, v.label, tuple(sorted((a.role, a.start, a.end) for a in v.arguments)))
                for p in pairs
                for v in p.predicted.events or ()
            ],
        )
    if "quotes" in layers:
        yield from _duplicates("quotes", [(p.gold.doc_id, tuple(sorted((s.start, s.end) for s in q.content))) for p in pairs for q in p.predicted.quotes or ()])
    if "boilerplate" in layers:
        yield from _labels(
            "kind of boilerplate",
            [b.label for p in pairs for b in p.predicted.boilerplate or ()],
            [b.label for p in pairs for b in p.gold.boilerplate or ()],
            schema.boilerplate.labels,
        )


def _labels(what: str, predicted: Sequence[str], gold: Sequence[str], known: Collection[str]) -> Iterator[str]:
    counts, in_gold = Counter(predicted), set(gold)
    scheme = set(known) if in_gold <= set(known) else in_gold  # a foreign gold has labels of its own
    folded = {name.casefold(): name for name in sorted(scheme)}
    for name in sorted(counts.keys() - scheme - in_gold):
        twin = folded.get(name.casefold())
        why = f"it differs from {twin} only by case" if twin else "each counts as a false positive"
        yield f"{counts[name]} predictions have the unknown {what} {name!r}: {why}"


def _duplicates(layer: str, keys: Sequence[tuple[object, ...]]) -> Iterator[str]:
    extra = [key for key, n in Counter(keys).items() if n > 1]
    if extra:
        number = len(keys) - len(set(keys))
        yield f"{number} predicted {layer} stand twice, first in {extra[0][0]}; each further copy counts as a false positive"


def _offsets(pairs: Sequence[Pair]) -> Iterator[str]:
    missed = wrong = 0
    shifts: Counter[int] = Counter()
    units = Counter({"UTF-16": 0, "UTF-8 byte": 0})
    trimmed = 0
    looked_at = 0
    for pair in pairs:
        if looked_at == _SAMPLE:
            break
        gold = Counter((e.start, e.end, e.label) for e in pair.gold.entities or ())
        predicted = Counter((e.start, e.end, e.label) for e in pair.predicted.entities or ())
        lost, false = gold - predicted, predicted - gold
        missed, wrong = missed + lost.total(), wrong + false.total()
        if not lost or not false:
            continue
        looked_at += 1
        by_form: dict[tuple[int, str], list[int]] = {}
        for start, end, label in lost:
            by_form.setdefault((end - start, label), []).append(start)
        for start, end, label in false:
            nearest = min(by_form.get((end - start, label), ()), key=lambda s: (abs(s - start), s), default=None)
            if nearest is not None:
                shifts[start - nearest] += 1
        if pair.text is not None:
            trimmed += sum(_trim(pair.text, e) in lost for e in pair.predicted.entities or ())
            if not pair.text.isascii():
                for unit, table in _tables(pair.text):
                    units[unit] += sum((table[s], table[e], label) in false for s, e, label in lost)
    some = f" of the first {_SAMPLE} documents with errors" if looked_at == _SAMPLE else ""
    if wrong and shifts:
        shift, n = min(shifts.most_common(), key=lambda item: (-item[1], abs(item[0])))
        if shift and n >= _ENOUGH and n >= 0.8 * min(missed, wrong):
            yield f"{n} of {wrong} wrong entities{some} lie {abs(shift)} characters {'after' if shift > 0 else 'before'} a missed one of the same length and label: the offsets are shifted by a constant; UTF-16 or byte offsets, or a changed line end, are likely"
    unit, n = min(units.most_common(), key=lambda item: (-item[1], item[0]))
    if n >= _ENOUGH and n >= 0.5 * wrong:
        yield f"{n} of {wrong} wrong entities{some} would be right if their offsets were {unit} offsets; give offsets in Unicode code points"
    if trimmed:
        yield f"{trimmed} of {wrong} wrong entities{some} would be right without the white space or punctuation at their edges"


def _trim(text: str, entity: Entity) -> tuple[int, int, str]:
    start, end = entity.start, entity.end
    if start >= end:
        return start, end, entity.label
    while start < end and not text[start].isalnum():
        start += 1
    while end > start and not text[end - 1].isalnum():
        end -= 1
    return (start, end, entity.label) if (start, end) != (entity.start, entity.end) else (-1, -1, "")


def _tables(text: str) -> Iterator[tuple[str, list[int]]]:
    """For each unit, the offset in it of every code point, and of the end."""
    for unit, encoding, width in (("UTF-16", "utf-16-le", 2), ("UTF-8 byte", "utf-8", 1)):
        table, at = [0], 0
        for character in text:
            at += len(character.encode(encoding, "surrogatepass")) // width
            table.append(at)
        yield unit, table

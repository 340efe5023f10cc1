"""Answers of the passes about quotes: their parts, and who speaks."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from conflictnews.errors import DocumentError
from conflictnews.io.prodigy_edits import Edits, accepted, changed, labelled, made, match, number, parse_ref, place, said
from conflictnews.io.prodigy_relations import End, Relation, relations_of
from conflictnews.io.prodigy_tasks import Mark, Task, marks_of
from conflictnews.io.prodigy_views import CONTENT, CONTINUED, CUE, SOURCE, SPEAKER, Carried, distance
from conflictnews.model import Entity, Quote, Span

PARTS = {CUE: "cue", SOURCE: "source", CONTINUED: "content"}
"""Labels of spans that are part of a quote that is there already."""


def quote_edits(task: Task, carried: Carried, base: Sequence[Quote], notes: list[str]) -> Edits:
    """The quotes after a task of the quotes pass.

    A span with any other label than those of `PARTS` opens a quote, whose type is the label. New `continued` content goes to the quote before it, a new cue or source to the quote
    whose content is nearest; so does one whose quote is gone. A quote without content is gone.
    """
    text, marks = task.data["text"], marks_of(task)
    found, opened = _same_parts(match(carried.shown, marks), carried, marks)
    quotes: list[dict[str, Any]] = []
    loose: list[Mark] = []
    where = [task.where] * len(base)
    mark_of = {ref: marks[i] for i, ref in found.items()}
    for i, quote in enumerate(base):
        fields: dict[str, Any] = {}
        parts: list[Mark] = []
        for part in ("content", "cue", "source"):
            fields[part] = []
            for j, span in enumerate(getattr(quote, part)):
                ref = f"quotes[{i}].{part}[{j}]"
                if ref not in carried.shown:
                    fields[part].append(span)
                elif ref in mark_of:
                    mark = mark_of[ref]
                    fields[part].append(changed(span, place(mark.start, mark.end, span, text), mark.where))
                    fields |= _head_fields(mark, carried.shown[ref][2]) if ref.endswith("content[0]") else {}
                    where[i] = mark.where
                    parts += [mark] if part != "content" else []
        loose += parts if not fields["content"] else []
        quotes.append(fields)
    added: list[dict[str, Any]] = []
    for i in opened:
        span = Span(marks[i].start, marks[i].end, text[marks[i].start : marks[i].end])
        added.append({"content": [span], "cue": [], "source": [], **_head_fields(marks[i], CONTENT), "where": marks[i].where})
    loose += [mark for i, mark in enumerate(marks) if i not in found and i not in opened]
    for mark in sorted(loose, key=lambda m: m.start):
        _attach(mark, [q for q in (*quotes, *added) if q["content"]], text)
    kept = [changed(quote, _frozen(fields), at) if fields["content"] else None for quote, fields, at in zip(base, quotes, where, strict=True)]
    return Edits(task.where, kept, [made(Quote, _frozen(fields), fields.pop("where")) for fields in added], accepted(task))


def _same_parts(found: dict[int, str], carried: Carried, marks: Sequence[Mark]) -> tuple[dict[int, str], list[int]]:
    """The matches without those whose span became another part of speech-reporting, which are new; and the spans that open a quote."""
    still = {}
    for i, ref in found.items():
        before, now = carried.shown[ref][2], marks[i].label
        if before == now or (before not in PARTS and now not in PARTS):
            still[i] = ref
    return still, [i for i, mark in enumerate(marks) if i not in still and mark.label not in PARTS]


def _head_fields(mark: Mark, before: str) -> dict[str, Any]:
    """What the first content of a quote says of it; its label is the type, unless it did not change."""
    label = labelled(mark)
    return said(mark.data, "quotes") | ({} if label == before else {"type": None if label == CONTENT else label})


def _attach(mark: Mark, quotes: Sequence[dict[str, Any]], text: str) -> None:
    """Put a part into the quote that it belongs to."""
    fitting = [q for q in quotes if q["content"][0].start <= mark.start] if mark.label == CONTINUED else list(quotes)
    if not fitting:
        words = text[mark.start : mark.end]
        raise DocumentError(
            f"{mark.where}, {words!r} at {mark.start}-{mark.end}, is labelled {mark.label} and there is no quote that it could belong to; mark the quote's content first"
        )
    if mark.label == CONTINUED:
        chosen = max(fitting, key=lambda q: q["content"][0].start)
    else:
        chosen = min(fitting, key=lambda q: min(distance(span, mark.start, mark.end) for span in q["content"]))
    chosen[PARTS[labelled(mark)]].append(Span(mark.start, mark.end, text[mark.start : mark.end]))


def _frozen(fields: Mapping[str, Any]) -> dict[str, Any]:
    return {name: tuple(value) if isinstance(value, list) else value for name, value in fields.items() if name != "where"}


def speaker_edits(task: Task, carried: Carried, base: Sequence[Quote], entities: Sequence[Entity], notes: list[str]) -> Edits:
    """The quotes after a task of the speakers pass.

    A relation joins a quote to a speaker: to a span that says which entity it is, or to a mention. Words that are neither name a new speaker, which is noted. A speaker goes with
    its relation. The first content of a quote, and sources that are shown as such, may be moved and deleted here as in the quotes pass, and quotes opened.
    """
    text, marks = task.data["text"], marks_of(task)
    found, _ = _same_parts(match(carried.shown, marks), carried, marks)
    heads = {i: number(ref, "quotes", base, task.where) for i, ref in found.items() if parse_ref(ref, task.where).part == "content"}
    opened = [i for i, mark in enumerate(marks) if i not in found and mark.label not in {*PARTS, SPEAKER}]
    relations = relations_of(task, marks, found, carried.links)
    speakers = _speakers(relations, carried, base, found, heads, opened, _Names(text, marks, entities, notes))
    kept: list[Quote | None] = []
    for i, quote in enumerate(base):
        mark = next((m for m, at in heads.items() if at == i), None)
        fields = {part: _parts(quote, i, part, carried, {ref: marks[m] for m, ref in found.items()}, text) for part in ("content", "source")}
        if mark is not None:
            fields |= _named(speakers[mark], quote) | _head_fields(marks[mark], carried.shown[found[mark]][2])
        kept.append(changed(quote, fields, task.where if mark is None else marks[mark].where) if fields["content"] else None)
    added = []
    for i in opened:
        span = Span(marks[i].start, marks[i].end, text[marks[i].start : marks[i].end])
        added.append(made(Quote, {"content": (span,), **_head_fields(marks[i], CONTENT), "speakers": tuple(speakers[i])}, marks[i].where))
    joined = {end.mark for r in relations for end in (r.head, r.child)}
    loose = [mark for i, mark in enumerate(marks) if i not in found and i not in opened and i not in joined]
    if loose:
        places = ", ".join(f"{mark.start}-{mark.end}" for mark in loose)
        notes.append(f"{task.where}: {len(loose)} new spans are no quote and joined to none, and are left out: {places}")
    return Edits(task.where, kept, added, accepted(task))


def _parts(quote: Quote, i: int, part: str, carried: Carried, marks: Mapping[str, Mark], text: str) -> tuple[Span, ...]:
    """The spans of one part of a quote after the task: those that were not shown as they were, the others where they are now."""
    spans = []
    for j, span in enumerate(getattr(quote, part)):
        ref = f"quotes[{i}].{part}[{j}]"
        mark = marks.get(ref)
        if mark is not None:
            spans.append(changed(span, place(mark.start, mark.end, span, text), mark.where))
        elif ref not in carried.shown:
            spans.append(span)
    return tuple(spans)


def _named(speakers: Sequence[str], quote: Quote) -> dict[str, Any]:
    """Who speaks, in the fields of a quote; where somebody does there is no reason for nobody."""
    if tuple(speakers) == quote.speakers:
        return {}
    return {"speakers": tuple(speakers)} | ({"speaker_reason": None} if speakers else {})


def _speakers(
    relations: Sequence[Relation],
    carried: Carried,
    base: Sequence[Quote],
    found: Mapping[int, str],
    heads: Mapping[int, int],
    opened: Sequence[int],
    names: _Names,
) -> dict[int, list[str]]:
    """Quote (the mark of its first content) -> the speakers that it has after the task."""
    pairs: dict[int, list[tuple[Relation, End]]] = {i: [] for i in (*heads, *opened)}
    for relation in relations:
        quote, other = (relation.head, relation.child) if relation.head.mark in pairs else (relation.child, relation.head)
        if quote.mark is None or quote.mark not in pairs or other.mark in pairs:
            raise DocumentError(f"{relation.where} joins no quote to a speaker; draw it from a quote's content to whoever says it")
        pairs[quote.mark].append((relation, other))
    result: dict[int, list[str]] = {i: [] for i in pairs}
    for i, at in heads.items():
        for k, name in enumerate(base[at].speakers):
            link = carried.links.get(f"quotes[{at}].speakers[{k}]")
            same = next((pair for pair in pairs[i] if link and pair[1].mark is not None and found.get(pair[1].mark) == link[1]), None)
            if same is not None:
                pairs[i].remove(same)
                result[i].append(names.said(same[1]) or name)
            elif link is None:
                result[i].append(name)
    for i, joined in pairs.items():
        for relation, other in joined:
            name = names.of(other, relation.where)
            result[i] += [name] if name not in result[i] else []
    return result


class _Names:
    """Which entity a span of the text is."""

    def __init__(self, text: str, marks: Sequence[Mark], entities: Sequence[Entity], notes: list[str]) -> None:
        self._text, self._marks, self._notes = text, marks, notes
        self._mentions = [(e.start, e.end, e.entity) for e in entities if e.entity]

    def said(self, end: End) -> str | None:
        """The entity that our span at `end` says it is."""
        name = self._marks[end.mark].ours.get("entity") if end.mark is not None else None
        return name if isinstance(name, str) else None

    def of(self, end: End, where: str) -> str:
        """The id of the entity at `end`: what our span says, the mention there, the longest mention in it or around it, or else its words made into an id."""
        if name := self.said(end):
            return name
        inside = [m for m in self._mentions if end.start <= m[0] and m[1] <= end.end]
        around = [m for m in self._mentions if m[0] <= end.start and end.end <= m[1]]
        for group in (inside, around):
            if group:
                return max(group, key=lambda m: (m[1] - m[0], -m[0]))[2]
        words = self._text[end.start : end.end]
        name = re.sub(r"\W+", "-", words.casefold()).strip("-_") or f"speaker-{end.start}"
        self._notes.append(f"{where}: {words!r} at {end.start}-{end.end} is no mention of an entity with an id; the speaker is called {name!r}")
        return name

"""Answers of the events pass: spans and relations as triggers and arguments."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from conflictnews.errors import DocumentError
from conflictnews.io.prodigy_edits import Edits, accepted, changed, labelled, made, match, number, parse_ref, place, said
from conflictnews.io.prodigy_tasks import OURS, Mark, Task, marks_of
from conflictnews.io.prodigy_views import FILLER, Carried
from conflictnews.model import Argument, Event, Span


class End(NamedTuple):
    """An end of a relation: words of the text, and the number of the span that stands there, if one does."""

    start: int
    end: int
    mark: int | None


class Relation(NamedTuple):
    """A relation of an answer, with its ends found in the text."""

    head: End
    child: End
    label: str
    ref: str
    data: dict[str, Any]
    where: str


def relations_of(task: Task, marks: Sequence[Mark], found: Mapping[int, str], links: Mapping[str, tuple[str, str, str]]) -> list[Relation]:
    """The relations of a task; DocumentError for one without label or with an end that is nowhere."""
    mark_of = {ref: i for i, ref in found.items()}
    relations = []
    for n, data in enumerate(task.data.get("relations") or ()):
        where = f"{task.where}: relation {n + 1}"
        ours = data.get(OURS)
        ref = str(ours.get("ref", "")) if isinstance(ours, dict) else ""
        ends = links.get(ref, ("", "", ""))
        label = data.get("label")
        if not isinstance(label, str):
            raise DocumentError(f"{where} has no label; give it one, or remove it")
        head = _end(task, data, "head", marks, mark_of.get(ends[0]), where)
        child = _end(task, data, "child", marks, mark_of.get(ends[1]), where)
        relations.append(Relation(head, child, label, ref if ref in links else "", data, where))
    return relations


def _end(task: Task, data: Mapping[str, Any], side: str, marks: Sequence[Mark], shown: int | None, where: str) -> End:
    """The end of a relation: by the offsets that it gives, else by the span that it was drawn to, else by the number of its last token."""
    span = data.get(f"{side}_span")
    edges = (span.get("start"), span.get("end")) if isinstance(span, dict) else (None, None)
    for i, mark in enumerate(marks):
        if (mark.start, mark.end) == edges:
            return End(mark.start, mark.end, i)
    if shown is not None:
        return End(marks[shown].start, marks[shown].end, shown)
    start, end = edges
    token = _token(task, data.get(side))
    if not (type(start) is int and type(end) is int) and token is not None:
        start, end = token
        for i, mark in enumerate(marks):
            if mark.end == end or mark.start <= start < end <= mark.end:
                return End(mark.start, mark.end, i)
    if type(start) is int and type(end) is int and 0 <= start < end <= len(task.data["text"]):
        return End(start, end, None)
    raise DocumentError(f"{where}: its {side} is nowhere in the text; give {side}_span with start and end, or the number of a token")


def _token(task: Task, index: Any) -> tuple[Any, Any] | None:
    tokens = task.data.get("tokens") or []
    return (tokens[index].get("start"), tokens[index].get("end")) if type(index) is int and 0 <= index < len(tokens) else None


def event_edits(task: Task, carried: Carried, base: Sequence[Event], notes: list[str]) -> Edits:
    """The events after a task of the events pass.

    A span whose label is not that of a filler is a trigger; a relation from a trigger is an argument. An argument goes with its relation, an event with its trigger.
    """
    text, marks = task.data["text"], marks_of(task)
    found = match(carried.shown, marks)
    heads: dict[int, int] = {}  # mark -> number of the event whose trigger it is
    for i, ref in found.items():
        if parse_ref(ref, task.where).part == "trigger" and marks[i].label != FILLER:
            heads[i] = number(ref, "events", base, task.where)
    news = [i for i, mark in enumerate(marks) if i not in heads and mark.label != FILLER]
    relations = relations_of(task, marks, found, carried.links)
    arguments = _arguments(text, relations, carried, base, found, heads, news)
    joined = {relation.child.mark for relation in relations}
    loose = [mark for i, mark in enumerate(marks) if i not in found and mark.label == FILLER and i not in joined]
    if loose:
        places = ", ".join(f"{mark.start}-{mark.end}" for mark in loose)
        notes.append(f"{task.where}: {len(loose)} new {FILLER} spans fill no role of an event and are left out: {places}")

    kept: list[Event | None] = list(base)
    for ref in carried.shown:
        if parse_ref(ref, task.where).part == "trigger":
            kept[number(ref, "events", base, task.where)] = None
    for i, at in heads.items():
        mark, event = marks[i], base[at]
        moved = place(mark.start, mark.end, event.trigger, text)
        fields = {"trigger": changed(event.trigger, moved, mark.where), "arguments": tuple(arguments[i]), **said(mark.data, "events")}
        kept[at] = changed(event, fields if mark.label == carried.shown[found[i]][2] else fields | {"label": labelled(mark)}, mark.where)
    added = []
    for i in news:
        trigger = Span(marks[i].start, marks[i].end, text[marks[i].start : marks[i].end])
        added.append(made(Event, {"label": labelled(marks[i]), "trigger": trigger, "arguments": tuple(arguments[i]), **said(marks[i].data, "events")}, marks[i].where))
    return Edits(task.where, kept, added, accepted(task))


def _arguments(
    text: str, relations: Sequence[Relation], carried: Carried, base: Sequence[Event], found: Mapping[int, str], heads: Mapping[int, int], news: Sequence[int]
) -> dict[int, list[Argument]]:
    """Trigger (its mark) -> the arguments of its event after the task: those there were, in their order, then the new ones."""
    used: set[int] = set()
    result: dict[int, list[Argument]] = {i: [] for i in news}
    for i, at in heads.items():
        result[i] = []
        for j, argument in enumerate(base[at].arguments):
            ref = f"events[{at}].arguments[{j}]"
            if ref not in carried.links:
                result[i].append(argument)  # was not shown
                continue
            n = _same(relations, used, ref, i, carried.links[ref], found)
            if n is not None:
                used.add(n)
                new = relations[n]
                moved = place(new.child.start, new.child.end, argument, text)
                result[i].append(changed(argument, {"role": new.label, **moved, **said(new.data, "arguments")}, new.where))
    for n, new in enumerate(relations):
        if n in used:
            continue
        if new.head.mark is None or new.head.mark not in result:
            words = text[new.head.start : new.head.end]
            raise DocumentError(
                f"{new.where} ({new.label}) starts at {words!r}, {new.head.start}-{new.head.end}, which is no trigger; draw it from a span labelled with an event type"
            )
        fields = {"role": new.label, "start": new.child.start, "end": new.child.end, "surface": text[new.child.start : new.child.end], **said(new.data, "arguments")}
        result[new.head.mark].append(made(Argument, fields, new.where))
    return result


def _same(relations: Sequence[Relation], used: set[int], ref: str, head: int, link: tuple[str, str, str], found: Mapping[int, str]) -> int | None:
    """The relation that shows the argument `ref`: the one that says so, else one between the same spans with the same label, if it still runs between what was shown."""

    def ends(new: Relation) -> bool:
        return new.head.mark == head and new.child.mark is not None and found.get(new.child.mark) == link[1]

    for n, new in enumerate(relations):
        if n not in used and new.ref == ref and ends(new):
            return n
    return next((n for n, new in enumerate(relations) if n not in used and not new.ref and ends(new) and new.label == link[2]), None)

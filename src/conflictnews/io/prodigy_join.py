"""The tasks of one document put together: what they carry, with the annotators' changes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import msgspec

from conflictnews.errors import DocumentError
from conflictnews.io.prodigy_edits import Edits, base_of, carried_of, flat_edits, merge
from conflictnews.io.prodigy_quotes import quote_edits, speaker_edits
from conflictnews.io.prodigy_relations import event_edits
from conflictnews.io.prodigy_tasks import Task
from conflictnews.io.prodigy_views import PASSES, Carried
from conflictnews.model import LAYERS, Document, Entity, Event, first_fault, text_sha256


class Answer(NamedTuple):
    """A task of a pass with what it carries; `counts` where its spans are to be read, else it only says what the layer was."""

    task: Task
    carried: Carried
    counts: bool = True


class Change(NamedTuple):
    """A layer before and after the tasks about it."""

    before: tuple[Any, ...] | None
    after: tuple[Any, ...] | None


def answer_of(task: Task, *, counts: bool = True) -> Answer:
    """A task of ours, checked: its pass is known and its text is the one that it was written with."""
    carried = carried_of(task)
    if carried.name not in PASSES:
        raise DocumentError(f"{task.where}: there is no pass {carried.name!r}; the passes are {', '.join(PASSES)}")
    if not isinstance(task.data.get("text"), str) or text_sha256(task.data["text"]) != carried.sha256:
        raise DocumentError(f"{task.where}: the text is not the one that the task was written with, so its offsets mean other words; put the text back, or write the tasks again")
    return Answer(task, carried, counts)


def changes(doc_id: str, answers: Sequence[Answer], notes: list[str], entities: Sequence[Entity] = ()) -> dict[str, Change]:
    """Layer -> what it was and what it is after `answers`; `entities` are those of a document whose entities are not among them."""
    result: dict[str, Change] = {}
    for layer in LAYERS:
        about = [answer for answer in answers if PASSES[answer.carried.name].layer == layer]
        if not about:
            continue
        bases = [base_of(answer.carried, layer, answer.task.where) for answer in about]
        for answer, base in zip(about, bases, strict=True):
            if base != bases[0]:
                raise DocumentError(f"{doc_id}: {about[0].task.where} and {answer.task.where} were written from different {layer}; read tasks of one export")
        known = (result["entities"].after if "entities" in result else entities) or ()
        edits = [_edits(answer, bases[0] or (), layer, known, notes) for answer in about if answer.counts]
        after = merge(doc_id, layer, bases[0], edits)
        if layer == "events" and after is not None:
            after = tuple(_identified(event, bases[0] or (), known) for event in after)
        result[layer] = Change(bases[0], after)
    return result


def _edits(answer: Answer, base: Sequence[Any], layer: str, entities: Sequence[Entity], notes: list[str]) -> Edits:
    task, carried, _ = answer
    if carried.name == "events":
        return event_edits(task, carried, base, notes)
    if carried.name == "quotes":
        return quote_edits(task, carried, base, notes)
    if carried.name == "speakers":
        edits = speaker_edits(task, carried, base, entities, notes)
        return edits._replace(answered=False)  # who speaks can be asked only of quotes that are there
    return flat_edits(task, carried, base, layer, notes)


def _identified(event: Event, base: Sequence[Event], entities: Sequence[Entity]) -> Event:
    """An event whose new arguments carry the id of the entity whose mention they are."""
    old = {argument for before in base for argument in before.arguments}
    at = {(e.start, e.end): e.entity for e in entities if e.entity}
    arguments = tuple(msgspec.structs.replace(a, entity=at[a.start, a.end]) if a not in old and a.entity is None and (a.start, a.end) in at else a for a in event.arguments)
    return event if arguments == event.arguments else msgspec.structs.replace(event, arguments=arguments)


def document_of_passes(answers: Sequence[Answer], notes: list[str]) -> Document:
    """The document that tasks of one `doc_id` carry; layers that no task is about are None. DocumentError where the tasks disagree."""
    first = answers[0]
    for other in answers[1:]:
        for name in ("sha256", "text_sha256", "meta"):
            if getattr(other.carried, name) != getattr(first.carried, name):
                raise DocumentError(
                    f"{first.carried.doc_id}: {first.task.where} and {other.task.where} differ in {'text' if name == 'sha256' else name}; read tasks of one export, each document once"
                )
    layers = {layer: change.after for layer, change in changes(first.carried.doc_id, answers, notes).items()}
    carried = first.carried
    document = Document(doc_id=carried.doc_id, text=first.task.data["text"], text_sha256=carried.text_sha256, meta=carried.meta, **layers)
    return sound(document, first.task.where)


def sound(document: Document, where: str) -> Document:
    """The document; DocumentError where its id is unsafe or its annotations are no spans of its text."""
    fault = first_fault(document)
    if fault:
        raise DocumentError(f"{where}: {fault}")
    return document

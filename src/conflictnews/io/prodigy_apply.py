"""Answers merged into documents that are there: of our passes, and of tasks that others made of the same texts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from conflictnews.errors import DocumentError
from conflictnews.io.formats import refuse_standoff
from conflictnews.io.prodigy_foreign import says_nothing
from conflictnews.io.prodigy_join import Answer, answer_of, changes, sound
from conflictnews.io.prodigy_tasks import OURS, Task
from conflictnews.io.prodigy_views import PASSES, Carried, is_ours
from conflictnews.model import Document, text_sha256

_PASS_OF_LAYER = {"entities": "mentions", "events": "events", "quotes": "quotes", "boilerplate": "boilerplate"}
_HEADS = {"entities": "", "events": "trigger", "quotes": "content[0]", "boilerplate": ""}


def apply_tasks(tasks: Sequence[Task], documents: Sequence[Document], layer: str, notes: list[str]) -> list[Document]:
    """`documents` with what `tasks` say; those that no task is about as they are."""
    refuse_standoff(documents, "Prodigy")
    by_id = {document.doc_id: document for document in documents}
    by_text: dict[str | None, list[Document]] = {}
    for document in documents:
        by_text.setdefault(document.text, []).append(document)
    found: dict[str, list[Answer]] = {}
    for task in tasks:
        document = _document_for(task, by_id, by_text)
        if is_ours(task.data):
            answer = answer_of(task)
        elif not task.data.get("spans") and says_nothing(task.data):
            notes.append(f"{task.where}: marks no spans and asked for none; it is left out")
            continue
        else:
            answer = Answer(task, _as_ours(task, document, layer))
        found.setdefault(document.doc_id, []).append(answer)
    return [_applied(document, found[document.doc_id], notes) if document.doc_id in found else document for document in documents]


def _document_for(task: Task, by_id: Mapping[str, Document], by_text: Mapping[str | None, Sequence[Document]]) -> Document:
    """The document that a task is about: the one that it names, else the only one with its text."""
    text, meta = task.data.get("text"), task.data.get("meta")
    named = task.data[OURS].get("doc_id") if is_ours(task.data) else meta.get("doc_id") if isinstance(meta, dict) else None
    if named is not None:
        document = by_id.get(str(named))
        if document is None:
            raise DocumentError(f"{task.where}: fits no document: none of the {len(by_id)} is called {named!r}")
        if document.text != text:
            raise DocumentError(f"{task.where}: its text is not that of the document {named!r} that it names; offsets would mean other words")
        return document
    fitting = by_text.get(text, ())
    if len(fitting) != 1:
        why = "no document has its text" if not fitting else f"{len(fitting)} documents have its text; say which with meta.doc_id: {', '.join(d.doc_id for d in fitting)}"
        raise DocumentError(f"{task.where}: fits no document: {why}")
    return fitting[0]


def _as_ours(task: Task, document: Document, layer: str) -> Carried:
    """A foreign task as if it had shown the document's layer: all of it, or what its interface can show."""
    name = "entities" if layer == "entities" and task.data.get("_view_id") == "ner_manual" else _PASS_OF_LAYER[layer]
    view = PASSES[name].view(document)
    return Carried(
        doc_id=document.doc_id,
        name=name,
        sha256=text_sha256(document.text or ""),
        text_sha256=document.text_sha256,
        meta=document.meta,
        layer=msgspec.to_builtins(document.layer(layer)),
        shown={s.ref: (s.start, s.end, s.label) for s in view.spans if s.ref.endswith(_HEADS[layer])},
        links={},
        hidden=view.hidden,
    )


def _applied(document: Document, answers: Sequence[Answer], notes: list[str]) -> Document:
    fields: dict[str, Any] = {}
    for layer, change in changes(document.doc_id, answers, notes, document.entities or ()).items():
        now = document.layer(layer)
        if now == change.before:
            fields[layer] = change.after
        elif change.after not in (change.before, now):
            where = next(answer.task.where for answer in answers if PASSES[answer.carried.name].layer == layer)
            raise DocumentError(f"{where}: the {layer} of {document.doc_id} were changed since the task was written, and the task changes them too; write the tasks again")
    return sound(msgspec.structs.replace(document, **fields), answers[0].task.where)

"""Tasks that others made: each is a document of its own, with its spans in one layer, and is written again as it was but for what changed.

The task as it came lies in the document's meta under `prodigy`, so that fields that mean nothing here (options, colours, scores, relations) are not lost.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from conflictnews.errors import DocumentError
from conflictnews.io.prodigy_edits import KINDS
from conflictnews.io.prodigy_tasks import OURS, Mark, Task, checked, marks_of
from conflictnews.io.prodigy_tokens import Index
from conflictnews.io.prodigy_views import is_ours
from conflictnews.model import LAYERS, Document, Entity, Event, Quote, Span, id_fault

META = "prodigy"
"""The key of a document's meta that holds the task as it came."""

NO_SPANS = ("choice", "classification", "text", "text_input", "html", "image", "image_manual", "audio", "audio_manual")
"""Interfaces in which nobody marks spans: a task without any says nothing about a layer."""


class Home(msgspec.Struct, frozen=True):
    """What the meta of a document from a foreign task holds: its id as given on reading, the layer that its spans are in, and the task without its text."""

    doc_id: str
    layer: str
    task: dict[str, Any]


def document_of(task: Task, layer: str, taken: set[str], counts: Counter[str]) -> Document:
    """The document of a foreign task, under an id that is not in `taken`; what should be known of its spans goes into `counts`.

    The id is `meta.doc_id` where that is safe, else made of `_input_hash`, else of the task's place; one that comes again gets a number.
    """
    if layer not in LAYERS:
        raise DocumentError(f"there is no layer {layer!r} to put spans in; the layers are {', '.join(LAYERS)}")
    text = task.data["text"]
    doc_id = _free_id(_wanted_id(task.data), taken)
    annotations: list[Any] = []
    for i, mark in enumerate(marks_of(task)):
        if mark.label is None:
            counts["spans without a label, kept in the meta of their documents only"] += 1
            continue
        if isinstance(mark.data.get("text"), str) and mark.data["text"] != text[mark.start : mark.end]:
            counts["spans whose text is not what stands at their offsets; the offsets count"] += 1
        annotations.append(_annotation(mark, f"S{i}", layer, text))
    layers: dict[str, Any] = {layer: None if not annotations and says_nothing(task.data) else tuple(annotations)}
    home = Home(doc_id, layer, {key: value for key, value in task.data.items() if key != "text"})
    return Document(doc_id=doc_id, text=text, meta={META: msgspec.to_builtins(home)}, **layers)


def says_nothing(task: Mapping[str, Any]) -> bool:
    """Whether a task without spans says nothing of the layer: nobody answered, or something else was asked."""
    asked_otherwise = task.get("_view_id") in NO_SPANS or any(key in task for key in ("options", "accept", "label"))
    return task.get("answer") != "accept" or bool(asked_otherwise)


def _wanted_id(task: Mapping[str, Any]) -> str:
    meta = task.get("meta")
    given = meta.get("doc_id") if isinstance(meta, dict) else None
    if isinstance(given, int) and not isinstance(given, bool):
        given = str(given)
    if isinstance(given, str) and id_fault(given) is None:
        return given
    number = task.get("_input_hash")
    return f"task-{number & 0xFFFFFFFF:08x}" if isinstance(number, int) else ""


def _free_id(wanted: str, taken: set[str]) -> str:
    """`wanted`, or where that is taken the same with the first number that is free."""
    doc_id, n = wanted or "task-1", 1
    while doc_id in taken:
        n += 1
        doc_id = f"{wanted or 'task'}-{n}"
    taken.add(doc_id)
    return doc_id


def _annotation(mark: Mark, name: str, layer: str, text: str) -> Any:
    """A span as an annotation of `layer`; what else we once wrote on it comes back."""
    words = text[mark.start : mark.end]
    span = {"start": mark.start, "end": mark.end, "surface": words}
    if layer == "events":
        fields: dict[str, Any] = {"label": mark.label, "trigger": span}
    elif layer == "quotes":
        fields = {"type": mark.label, "content": [span]}
    else:
        fields = {"label": mark.label, **span}
    try:
        return msgspec.convert(mark.ours | fields | {"id": name}, KINDS[layer])
    except msgspec.ValidationError as error:
        raise DocumentError(f"{mark.where}: {error}") from None


def _core(annotation: Any) -> tuple[int, int, str | None]:
    """Start, end and label of an annotation of any layer."""
    span: Span | Entity = annotation.trigger if isinstance(annotation, Event) else annotation.content[0] if isinstance(annotation, Quote) else annotation
    return span.start, span.end, annotation.type if isinstance(annotation, Quote) else annotation.label


def _rest(annotation: Any) -> dict[str, Any]:
    """What an annotation says beyond `_core`, its id and the words of its own span."""
    fields: dict[str, Any] = msgspec.to_builtins(annotation)
    for name in ("id", "start", "end", "surface", "trigger", "type" if isinstance(annotation, Quote) else "label"):
        fields.pop(name, None)
    if isinstance(annotation, Quote):
        content = fields.pop("content")
        return fields | ({"content": content} if len(content) > 1 else {})
    return fields


def home_of(document: Document) -> Home | None:
    """Where a document came from, if it is one of a foreign task that can be written as such: under its id, with one layer and nothing else in its meta.

    A quote of several spans cannot be; such a document is written in our passes, with the task still in its meta.
    """
    if set(document.meta) != {META} or document.text_sha256 is not None:
        return None
    try:
        home = msgspec.convert(document.meta[META], Home)
    except (msgspec.ValidationError, RecursionError):
        return None
    if home.layer not in LAYERS or home.doc_id != document.doc_id or "text" in home.task or is_ours(home.task):
        return None
    if any(document.layer(name) is not None for name in LAYERS if name != home.layer):
        return None
    now = document.layer(home.layer)
    if any(_core(annotation)[2] is None or "content" in _rest(annotation) for annotation in now or ()):
        return None
    try:
        before = _as_it_came(document, home)
    except DocumentError:
        return None
    return home if now or (now is None) == (before is None) else None


def _as_it_came(document: Document, home: Home) -> tuple[Any, ...] | None:
    return document_of(checked({"text": document.text, **home.task}, document.doc_id), home.layer, set(), Counter()).layer(home.layer)


def task_of(document: Document, home: Home) -> dict[str, Any]:
    """The task of a document, as it came but for the spans that were added, deleted, moved or relabelled since, and the relations that run to a span that moved."""
    task: dict[str, Any] = {"text": document.text, **home.task}
    raw = home.task.get("spans") or []
    was = {annotation.id: annotation for annotation in _as_it_came(document, home) or ()}
    kept, new = {}, []
    for annotation in document.layer(home.layer) or ():
        if annotation.id in was and annotation.id not in kept:
            kept[annotation.id] = annotation
        else:
            new.append(annotation)
    index, text = Index(home.task.get("tokens") or []), document.text or ""
    spans, moved = [], []
    for i, span in enumerate(raw):
        name = f"S{i}"
        if name not in was or (name in kept and _same(kept[name], was[name])):
            spans.append(span)
        elif name in kept:
            spans.append(_rewritten(span, kept[name], index, text))
            moved.append((span, spans[-1]))
    spans += [_rewritten({}, annotation, index, text) for annotation in new]
    if spans != raw:
        task["spans"] = spans
    if moved and home.task.get("relations"):
        task["relations"] = [_followed(relation, moved) for relation in home.task["relations"]]
    return task


def _same(one: Any, other: Any) -> bool:
    return _core(one) == _core(other) and _rest(one) == _rest(other)


def _rewritten(span: Mapping[str, Any], annotation: Any, index: Index, text: str) -> dict[str, Any]:
    """A span that says what `annotation` says, with every other field that it had."""
    start, end, label = _core(annotation)
    placed = index.place(start, end)
    kept = {key: value for key, value in span.items() if key not in ("token_start", "token_end", OURS)}
    words = {"text": text[start:end]} if "text" in span else {}
    rest = _rest(annotation)
    return {**kept, **placed, **words, "label": label} | ({OURS: rest} if rest else {})


def _followed(relation: dict[str, Any], moved: Sequence[tuple[dict[str, Any], dict[str, Any]]]) -> dict[str, Any]:
    """A relation whose ends went where its spans went."""
    result = dict(relation)
    for side in ("head", "child"):
        end = relation.get(f"{side}_span")
        if not isinstance(end, dict):
            continue
        new = next((new for old, new in moved if (old.get("start"), old.get("end")) == (end.get("start"), end.get("end"))), None)
        if new is not None:
            result[f"{side}_span"] = end | {key: new[key] for key in ("start", "end", "token_start", "token_end", "label") if key in new}
            result[side] = new.get("token_end", relation.get(side))
    return result

"""What an annotation tool gives back is put onto the frozen documents that went into it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import count
from typing import Any

import msgspec

from conflictnews.convert import fill_texts
from conflictnews.errors import DocumentError
from conflictnews.io.formats import FORMATS
from conflictnews.io.textguard import first_difference
from conflictnews.model import LAYERS, Document, map_spans
from conflictnews.schema import load_schema
from conflictnews.validation import Problem, check_document

ANNOTATOR = "annotator"
"""The field of ``meta`` that says whose answers a document has."""

_LETTERS = dict(zip(LAYERS, "EVQB", strict=True))
"""What the ids open with that are given to annotations without one."""


class Answers(msgspec.Struct, frozen=True):
    """Frozen documents with the layers of their answers; `unanswered` are the ids of those that have none, `blank` of those whose answer has no layer at all."""

    documents: tuple[Document, ...]
    unanswered: tuple[str, ...] = ()
    blank: tuple[str, ...] = ()


def opened(documents: Iterable[Document], name: str, layers: Sequence[str] = LAYERS) -> tuple[Document, ...]:
    """The documents as they are handed to annotators in the format called `name`: those of `layers` that are absent are there, empty, so that their labels go along
    (see `Format.opened`).

    DocumentError where a document has no text.
    """
    carried = [layer for layer in layers if layer in (FORMATS[name].layers or LAYERS)]
    if not carried:
        raise DocumentError(f"{name} carries {', '.join(FORMATS[name].layers)} and not {', '.join(layers)}; choose another format")
    found = []
    for document in documents:
        if document.text is None:
            raise DocumentError(f"{document.doc_id}: has no text to annotate; give it with --texts PATH, or for test_real run `conflictnews hydrate`")
        empty: dict[str, Any] = {layer: () for layer in carried if document.layer(layer) is None and FORMATS[name].opened}
        found.append(msgspec.structs.replace(document, **empty))
    return tuple(found)


def bare(documents: Sequence[Document], name: str) -> tuple[Document, ...]:
    """The documents without what `merge_answers` takes from the frozen ones anyway: what the format called `name` loses of the rest is lost for good.

    A layer that all of them lack counts as an empty one: it does not come back either.
    """
    lacking: dict[str, Any] = {layer: () for layer in FORMATS[name].layers or LAYERS if all(document.layer(layer) is None for document in documents)}
    return tuple(msgspec.structs.replace(document, meta={}, text_sha256=None, **lacking) for document in documents)


def merge_answers(answers: Iterable[Document], documents: Iterable[Document], *, annotator: str = "") -> Answers:
    """Each answer put onto the document with its doc_id, in the order of the documents.

    Text, checksum and `meta` are those of the document (what the tool says of its own in `meta` comes after), a layer is the answer's where that has it. Surfaces and ids that are
    missing are filled in. DocumentError for an answer to no document, and where the text is not identical.
    """
    given = {answer.doc_id: answer for answer in answers}
    frozen = {document.doc_id: document for document in documents}
    strangers = [doc_id for doc_id in given if doc_id not in frozen]
    if strangers:
        more = f" and {len(strangers) - 1} more" if len(strangers) > 1 else ""
        raise DocumentError(f"{strangers[0]}{more}: is in the answers, but not among the documents; give with --documents what was exported")
    blank = tuple(doc_id for doc_id, answer in given.items() if all(answer.layer(layer) is None for layer in LAYERS))
    merged = tuple(_merged(given[doc_id], document, annotator) for doc_id, document in frozen.items() if doc_id in given and doc_id not in blank)
    return Answers(merged, tuple(doc_id for doc_id in frozen if doc_id not in given), blank)


def _merged(answer: Document, document: Document, annotator: str) -> Document:
    text = document.text
    if text is None:
        raise DocumentError(f"{document.doc_id}: the document has no text; give with --documents what was exported, with its texts")
    if answer.text is None:
        ((answer,), _) = fill_texts([answer], [document])
    elif answer.text != text:
        raise DocumentError(_difference(answer.doc_id, answer.text, text))
    meta = {**document.meta, **{key: value for key, value in answer.meta.items() if key not in document.meta}, **({ANNOTATOR: annotator} if annotator else {})}
    layers: dict[str, Any] = {layer: answer.layer(layer) for layer in LAYERS if answer.layer(layer) is not None}
    return completed(msgspec.structs.replace(document, meta=meta, **layers))


def _difference(doc_id: str, answered: str, text: str) -> str:
    """Where an answer's text leaves the document's, and what the two have there."""
    at, what = first_difference(answered, text)
    line, column = answered.count("\n", 0, at) + 1, at - answered.rfind("\n", 0, at)
    return f"{doc_id}: the answer's text is not the document's, from line {line}, column {column} on: {what}; a text must not be changed while it is annotated"


def completed(document: Document) -> Document:
    """The document with the surfaces that are missing, and an id for each annotation without one (E, V, Q or B and the next number that is free)."""
    text, replace = document.text or "", msgspec.structs.replace
    whole = map_spans(document, lambda span: span if span.surface is not None else replace(span, surface=text[span.start : span.end]))
    taken = {annotation.id for layer in LAYERS for annotation in whole.layer(layer) or ()}
    layers: dict[str, Any] = {}
    for layer, letter in _LETTERS.items():
        fresh = (f"{letter}{n}" for n in count(1) if f"{letter}{n}" not in taken)
        annotations = whole.layer(layer)
        if annotations is not None:
            layers[layer] = tuple(annotation if annotation.id is not None else replace(annotation, id=next(fresh)) for annotation in annotations)
    return replace(whole, **layers)


def check_answers(documents: Iterable[Document]) -> list[tuple[Document, tuple[Problem, ...], bool]]:
    """Each document with what the validator finds in it, and whether its form holds (nothing of the level format)."""
    schema = load_schema()
    found = []
    for document in documents:
        problems = tuple(check_document(document, schema))
        found.append((document, problems, not any(problem.check.startswith("format.") for problem in problems)))
    return found

"""Checks of documents, in three levels; each check has a stable id and yields `Problem`s, it prints nothing.

`format` asks whether offsets, ids and checksums hold; `labels` whether every name is in schema.json and every reference leads somewhere; `guidelines` whether
the annotation keeps the rules of annotation_guidelines/. After a problem of format nothing further is asked of a document.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from conflictnews.model import Document
from conflictnews.schema import Schema
from conflictnews.validation.format import FORMAT_CHECKS
from conflictnews.validation.guidelines import GUIDELINE_CHECKS
from conflictnews.validation.labels import LABEL_CHECKS
from conflictnews.validation.problem import Problem

Check = Callable[[Document, Schema], Iterator[Problem]]

LEVELS: dict[str, tuple[Check, ...]] = {"format": FORMAT_CHECKS, "labels": LABEL_CHECKS, "guidelines": GUIDELINE_CHECKS}
"""Level -> the functions that check it, in order."""

CHECKS = {
    "format.json": "the file is JSON of our form",
    "format.unknown-field": "every field is one of the form's",
    "format.file-name": "a document's file is called <doc_id>.json",
    "format.duplicate-document": "no two documents share a doc_id",
    "format.doc-id": "a doc_id is short and lower case, and safe as a file name",
    "format.text-sha256": "the checksum is there and fits the text",
    "format.offset": "a span has 0 <= start < end, within the text",
    "format.surface": "a span repeats its words",
    "format.standoff-surface": "a document without text carries no words of it",
    "format.id": "every annotation has an id of its own",
    "format.duplicate": "no annotation stands twice",
    "format.quote-content": "a quote has content",
    "format.span-order": "the spans of a quote's part stand in text order without overlap",
    "labels.entity": "an entity label is in the scheme",
    "labels.entity-subtype": "a subtype is one of its entity label's",
    "labels.level": "a level is one that the entity label allows",
    "labels.event": "an event type is in the scheme",
    "labels.event-subtype": "a subtype is one of its event type's",
    "labels.factuality": "a factuality is in the scheme",
    "labels.role": "a role is one that the event type has",
    "labels.argument-status": "the status of an argument is in the scheme",
    "labels.quote-type": "a quote's type is in the scheme",
    "labels.speaker-reason": "the reason for having no speaker is in the scheme",
    "labels.boilerplate": "a kind of boilerplate is in the scheme",
    "labels.reference": "an id that is named belongs to something in the document",
    "labels.filler": "a mention that fills a role has a label that the role takes",
    "guidelines.edge-space": "no span starts or ends on white space",
    "guidelines.edge-punctuation": "no mention ends in a comma, a colon, a semicolon or a possessive",
    "guidelines.article": "no mention opens with an article",
    "guidelines.title": "no person's name opens with a title",
    "guidelines.in-boilerplate": "nothing is annotated inside furniture of the positive class",
    "guidelines.boilerplate-overlap": "no two blocks of furniture overlap",
    "guidelines.boilerplate-lines": "furniture covers whole lines",
    "guidelines.argument-mention": "a filler that must be a mention is annotated as one",
    "guidelines.factuality": "every event says whether it is asserted",
    "guidelines.source": "who says so is given only where somebody does",
    "guidelines.said": "an event inside a quote is not asserted by the writer",
    "guidelines.speaker": "a quote has speakers, or a reason for having none",
    "guidelines.quote-type": "every quote has a type",
    "guidelines.mention": "every mention has a level and an entity id",
    "guidelines.entity-subtype": "a mention whose label has subtypes has one",
    "guidelines.idle-mention": "a common noun or pronoun that is annotated plays a part",
    "guidelines.crossing": "mentions nest or stand apart",
    "guidelines.nesting": "names nest at most two deep",
    "guidelines.value": "the value of a time is ISO 8601",
    "guidelines.bounds": "the bounds of a number are in order",
}
"""Every check: its id, and what it asks. The first four need the files, not only the document."""


def check_document(document: Document, schema: Schema, *, levels: tuple[str, ...] = tuple(LEVELS)) -> Iterator[Problem]:
    """Every problem of one document, level by level; after problems of format nothing further is asked."""
    for level, checks in LEVELS.items():
        found = False
        for check in checks if level in levels else ():
            for problem in check(document, schema):
                found = True
                yield problem
        if found and level == "format":
            return


__all__ = ["CHECKS", "LEVELS", "Check", "Problem", "check_document"]

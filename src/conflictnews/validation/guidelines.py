"""Level three: what annotation_guidelines/ says and a machine can ask."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from itertools import pairwise

from conflictnews.model import Document, Entity, spans_of
from conflictnews.schema import Schema
from conflictnews.validation.problem import Problem

_ISO = re.compile(
    r"(-?\d{4}|\d{3}X|\d{2}XX)(-(\d{2}|XX)(-(\d{2}|XX))?|-W\d{2}(-\d)?|-Q[1-4]|-H[12])?(T(\d{2}(:\d{2}(:\d{2})?)?|MO|MI|AF|EV|NI)(Z|[+-]\d{2}(:?\d{2})?)?)?"
    r"|T\d{2}:\d{2}(:\d{2})?(Z|[+-]\d{2}(:?\d{2})?)?|P(?=.)(\d+(\.\d+)?[YMWD])*(T(?=.)(\d+(\.\d+)?[HMS])*)?"
)
_HONORIFIC = re.compile(r"(Mr|Mrs|Ms|Dr|Sir|President|Prime Minister|Minister|General|Gen|Colonel|Col|Lt|Lieutenant|Captain|Capt|Major|Maj|Sergeant|Sgt|Sheikh|Bishop|Father)\.? ")


def check_edges(document: Document, schema: Schema) -> Iterator[Problem]:
    """No span starts or ends on white space; no mention ends in a comma, a colon or a possessive."""
    text = document.text
    if text is None:
        return
    for place, start, end, _ in spans_of(document):
        words = text[start:end]
        if words != words.strip() and not place.startswith("boilerplate"):
            yield Problem("guidelines.edge-space", document.doc_id, place, f"{words!r} starts or ends on white space", "move the edge to the next visible character")
        elif place.startswith("entities") and (words[-1] in ",;:" or words.endswith(("'s", "’s"))):
            yield Problem("guidelines.edge-punctuation", document.doc_id, place, f"{words!r} ends in punctuation or a possessive", "leave it outside")


def check_articles(document: Document, schema: Schema) -> Iterator[Problem]:
    """No mention opens with a lower-case article, no name with a title."""
    if document.text is None:
        return
    for i, entity in enumerate(document.entities or ()):
        words = document.text[entity.start : entity.end]
        if words.startswith(("the ", "a ", "an ")):
            yield Problem("guidelines.article", document.doc_id, f"entities[{i}]", f"{words!r} opens with an article", "leave the article outside")
        if entity.label == schema.entities.person_label and entity.level in schema.entities.primary_levels and _HONORIFIC.match(words):
            yield Problem("guidelines.title", document.doc_id, f"entities[{i}]", f"{words!r} opens with a title", "leave titles and ranks outside")


def check_furniture(document: Document, schema: Schema) -> Iterator[Problem]:
    """Nothing is annotated inside furniture of the positive class."""
    positive = schema.boilerplate.positive_policy
    blocks = [(b.start, b.end) for b in document.boilerplate or () if schema.policies.get(b.label) == positive]
    for place, start, end, _ in spans_of(document):
        if not place.startswith("boilerplate") and any(low < end and start < high for low, high in blocks):
            yield Problem("guidelines.in-boilerplate", document.doc_id, place, "an annotation stands inside page furniture", "delete it, or mend the boilerplate span")


def check_blocks(document: Document, schema: Schema) -> Iterator[Problem]:
    """Furniture covers whole lines unless its kind may stand inside one, and no two blocks overlap."""
    blocks = sorted(enumerate(document.boilerplate or ()), key=lambda item: item[1].start)
    for (_, left), (i, right) in pairwise(blocks):
        if right.start < left.end:
            yield Problem(
                "guidelines.boilerplate-overlap", document.doc_id, f"boilerplate[{i}]", f"the block overlaps the one at {left.start}-{left.end}", "each line belongs to one block"
            )
    text = document.text
    if text is None:
        return
    for i, block in blocks:
        label = schema.boilerplate.labels.get(block.label)
        if label is None or label.inline:
            continue
        before = text.rfind("\n", 0, block.start) + 1
        after = text.find("\n", block.end)
        rest = text[block.end : after if after >= 0 else len(text)]
        if text[before : block.start].strip() or rest.strip():
            yield Problem("guidelines.boilerplate-lines", document.doc_id, f"boilerplate[{i}]", f"{block.label} covers a part of a line", "furniture covers whole lines")


def check_arguments(document: Document, schema: Schema) -> Iterator[Problem]:
    """A filler of a mention role is annotated as an entity with the same span."""
    if document.entities is None:
        return
    mentions = {(e.start, e.end) for e in document.entities}
    for i, event in enumerate(document.events or ()):
        for j, argument in enumerate(event.arguments):
            role = schema.events.roles.get(argument.role)
            if role and role.filler == "mention" and (argument.start, argument.end) not in mentions:
                yield Problem(
                    "guidelines.argument-mention",
                    document.doc_id,
                    f"events[{i}].arguments[{j}]",
                    f"{argument.role} is no annotated mention",
                    "annotate the mention with exactly this span",
                )


def check_factuality(document: Document, schema: Schema) -> Iterator[Problem]:
    """What is said is claimed, and what nobody says has no source."""
    contents = [(s.start, s.end) for q in document.quotes or () for s in q.content]
    plain = next(iter(schema.events.factuality))
    for i, event in enumerate(document.events or ()):
        if event.factuality is None:
            yield Problem("guidelines.factuality", document.doc_id, f"events[{i}].factuality", "the factuality is missing", f"use one of {', '.join(schema.events.factuality)}")
        elif event.factuality == plain:
            if event.source is not None:
                yield Problem("guidelines.source", document.doc_id, f"events[{i}].source", f"an {plain} event has a source", "leave the source out, or mend the factuality")
            if any(low <= event.trigger.start and event.trigger.end <= high for low, high in contents):
                yield Problem(
                    "guidelines.said",
                    document.doc_id,
                    f"events[{i}].factuality",
                    f"the trigger stands in a quote, but the event is {plain}",
                    "what is said is claimed, unless it is denied, planned or hypothetical there",
                )
        for j, argument in enumerate(event.arguments):
            if argument.source is not None and argument.status is None:
                yield Problem(
                    "guidelines.source", document.doc_id, f"events[{i}].arguments[{j}].source", "an uncontested argument has a source", "add a status, or leave the source out"
                )


def check_speakers(document: Document, schema: Schema) -> Iterator[Problem]:
    """A quote has a speaker or a reason for having none, not both, and a type."""
    for i, quote in enumerate(document.quotes or ()):
        if bool(quote.speakers) == bool(quote.speaker_reason):
            yield Problem(
                "guidelines.speaker",
                document.doc_id,
                f"quotes[{i}].speakers",
                "a quote has speakers or a speaker_reason, one of the two",
                f"name the speakers, or give {' or '.join(schema.quotes.speaker_reasons)}",
            )
        if quote.type is None:
            yield Problem("guidelines.quote-type", document.doc_id, f"quotes[{i}].type", "the type is missing", f"use one of {', '.join(schema.quotes.types)}")


def check_mentions(document: Document, schema: Schema) -> Iterator[Problem]:
    """Each mention has level, id and the subtype that its label asks for; common nouns and pronouns play a part."""
    primary = schema.entities.primary_levels
    used = {(a.start, a.end) for v in document.events or () for a in v.arguments}
    sources = [(s.start, s.end) for q in document.quotes or () for s in q.source]
    vouching = {v.source for v in document.events or ()} | {a.source for v in document.events or () for a in v.arguments} | {s for q in document.quotes or () for s in q.speakers}
    for i, entity in enumerate(document.entities or ()):
        place, label = f"entities[{i}]", schema.entities.labels.get(entity.label)
        if entity.level is None or entity.entity is None:
            yield Problem(
                "guidelines.mention",
                document.doc_id,
                place,
                "level or entity id is missing",
                f"levels are {', '.join(schema.entities.levels)}; each mention has the id of its entity",
            )
        elif label and label.subtypes and entity.subtype is None:
            yield Problem("guidelines.entity-subtype", document.doc_id, place, f"{entity.label} has no subtype", f"use one of {', '.join(label.subtypes)}")
        if entity.level and entity.level not in primary and document.events is not None and document.quotes is not None:
            spoken = any(low <= entity.start and entity.end <= high for low, high in sources)
            if (entity.start, entity.end) not in used and not spoken and entity.entity not in vouching:
                yield Problem(
                    "guidelines.idle-mention",
                    document.doc_id,
                    place,
                    f"a {entity.level} mention that fills no role and speaks nowhere",
                    "delete it, or add the argument or source that it is",
                )


def check_nesting(document: Document, schema: Schema) -> Iterator[Problem]:
    """Mentions nest, at most two levels deep, and never cross."""
    entities = sorted(enumerate(document.entities or ()), key=lambda item: (item[1].start, -item[1].end))
    open_: list[Entity] = []
    for i, entity in entities:
        open_ = [e for e in open_ if e.end > entity.start]
        if any(e.end < entity.end for e in open_):
            yield Problem("guidelines.crossing", document.doc_id, f"entities[{i}]", "the mention crosses another one", "mentions nest or stand apart")
        if (
            len({(e.start, e.end) for e in open_} | {(entity.start, entity.end)}) > 2
            and entity.level in schema.entities.primary_levels
            and all(e.level in schema.entities.primary_levels for e in open_)
        ):
            yield Problem("guidelines.nesting", document.doc_id, f"entities[{i}]", "names nest more than two levels deep", "keep the outermost name and the place names in it")
        open_.append(entity)


def check_values(document: Document, schema: Schema) -> Iterator[Problem]:
    """Times are ISO 8601, bounds of numbers are in order."""
    for i, entity in enumerate(document.entities or ()):
        if entity.value is not None and not _ISO.fullmatch(entity.value):
            yield Problem(
                "guidelines.value",
                document.doc_id,
                f"entities[{i}].value",
                f"{entity.value!r} is not ISO 8601",
                "write 2024-12-02, 2013, 1989-08, 2024-12-02T06:30, 2024-W48, 199X or P3D",
            )
        if entity.low is not None and entity.high is not None and entity.low > entity.high:
            yield Problem("guidelines.bounds", document.doc_id, f"entities[{i}]", f"low {entity.low:g} is above high {entity.high:g}", "swap them")


GUIDELINE_CHECKS: tuple[Callable[[Document, Schema], Iterator[Problem]], ...] = (
    check_edges,
    check_articles,
    check_furniture,
    check_blocks,
    check_arguments,
    check_factuality,
    check_speakers,
    check_mentions,
    check_nesting,
    check_values,
)

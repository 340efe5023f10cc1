"""Level two: every name is in schema.json, and every reference leads somewhere."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator

from conflictnews.model import Document
from conflictnews.schema import Schema
from conflictnews.validation.problem import Problem


def _closest(name: str, known: Collection[str]) -> str:
    from difflib import get_close_matches

    match = next((k for k in known if k.lower() == name.lower()), None) or next(iter(get_close_matches(name, known, 1)), None)
    return f"did you mean {match}?" if match else f"use one of {', '.join(sorted(known))}"


def _unknown(check: str, document: Document, place: str, what: str, name: str, known: Collection[str]) -> Problem:
    return Problem(check, document.doc_id, place, f"{name!r} is no {what}" + ("" if known else f": there is no {what} here"), _closest(name, known) if known else "leave it out")


def check_entities(document: Document, schema: Schema) -> Iterator[Problem]:
    """Entity labels, subtypes and levels are of the scheme, and the level is one that the label allows."""
    for i, entity in enumerate(document.entities or ()):
        place = f"entities[{i}]"
        label = schema.entities.labels.get(entity.label)
        if label is None:
            yield _unknown("labels.entity", document, f"{place}.label", "entity label", entity.label, schema.entities.labels)
            continue
        if entity.subtype is not None and entity.subtype not in label.subtypes:
            yield _unknown("labels.entity-subtype", document, f"{place}.subtype", f"subtype of {entity.label}", entity.subtype, label.subtypes)
        if entity.level is not None and entity.level not in label.levels:
            yield _unknown("labels.level", document, f"{place}.level", f"level of {entity.label}", entity.level, label.levels)


def check_events(document: Document, schema: Schema) -> Iterator[Problem]:
    """Event types, subtypes, roles and attributes are of the scheme."""
    scheme = schema.events
    for i, event in enumerate(document.events or ()):
        place = f"events[{i}]"
        label = scheme.labels.get(event.label)
        if label is None:
            yield _unknown("labels.event", document, f"{place}.label", "event type", event.label, scheme.labels)
            continue
        if event.subtype is not None and event.subtype not in label.subtypes:
            yield _unknown("labels.event-subtype", document, f"{place}.subtype", f"subtype of {event.label}", event.subtype, label.subtypes)
        if event.factuality is not None and event.factuality not in scheme.factuality:
            yield _unknown("labels.factuality", document, f"{place}.factuality", "factuality", event.factuality, scheme.factuality)
        roles = schema.roles_of(event.label)
        for j, argument in enumerate(event.arguments):
            if argument.role not in roles:
                yield _unknown("labels.role", document, f"{place}.arguments[{j}].role", f"role of {event.label}", argument.role, roles)
            if argument.status is not None and argument.status not in scheme.argument_status:
                yield _unknown("labels.argument-status", document, f"{place}.arguments[{j}].status", "argument status", argument.status, scheme.argument_status)


def check_quotes(document: Document, schema: Schema) -> Iterator[Problem]:
    """Quote types and speaker reasons are of the scheme."""
    for i, quote in enumerate(document.quotes or ()):
        if quote.type is not None and quote.type not in schema.quotes.types:
            yield _unknown("labels.quote-type", document, f"quotes[{i}].type", "type of quote", quote.type, schema.quotes.types)
        if quote.speaker_reason is not None and quote.speaker_reason not in schema.quotes.speaker_reasons:
            yield _unknown("labels.speaker-reason", document, f"quotes[{i}].speaker_reason", "speaker reason", quote.speaker_reason, schema.quotes.speaker_reasons)


def check_boilerplate(document: Document, schema: Schema) -> Iterator[Problem]:
    """Boilerplate labels are of the scheme."""
    for i, block in enumerate(document.boilerplate or ()):
        if block.label not in schema.boilerplate.labels:
            yield _unknown("labels.boilerplate", document, f"boilerplate[{i}].label", "kind of boilerplate", block.label, schema.boilerplate.labels)


def check_references(document: Document, schema: Schema) -> Iterator[Problem]:
    """Arguments, sources, speakers and parents name something that the document has."""
    entities = {entity.entity for entity in document.entities or ()}
    quotes = {quote.id for quote in document.quotes or ()}

    def lost(place: str, name: str | None, known: set[str | None]) -> Iterator[Problem]:
        if name is not None and name not in known:
            yield Problem("labels.reference", document.doc_id, place, f"{name!r} is named, but nothing in the document has this id", "annotate a mention of it, or mend the id")

    if document.entities is not None:
        for i, event in enumerate(document.events or ()):
            yield from lost(f"events[{i}].source", event.source, entities)
            for j, argument in enumerate(event.arguments):
                yield from lost(f"events[{i}].arguments[{j}].entity", argument.entity, entities)
                yield from lost(f"events[{i}].arguments[{j}].source", argument.source, entities)
        for i, quote in enumerate(document.quotes or ()):
            for j, speaker in enumerate(quote.speakers):
                yield from lost(f"quotes[{i}].speakers[{j}]", speaker, entities)
    for i, quote in enumerate(document.quotes or ()):
        yield from lost(f"quotes[{i}].parent", quote.parent, quotes)


def check_fillers(document: Document, schema: Schema) -> Iterator[Problem]:
    """A mention that fills a role has one of the labels that the role takes."""
    labels: dict[tuple[int, int], set[str]] = {}
    for entity in document.entities or ():
        labels.setdefault((entity.start, entity.end), set()).add(entity.label)
    for i, event in enumerate(document.events or ()):
        for j, argument in enumerate(event.arguments):
            role = schema.events.roles.get(argument.role)
            found = labels.get((argument.start, argument.end), set()) & schema.entities.labels.keys()
            if role and found and role.filler == "mention" and not found & set(role.labels):
                yield Problem(
                    "labels.filler",
                    document.doc_id,
                    f"events[{i}].arguments[{j}]",
                    f"{argument.role} is filled by a mention labelled {', '.join(sorted(found))}",
                    f"{argument.role} takes {', '.join(role.labels)}",
                )


LABEL_CHECKS: tuple[Callable[[Document, Schema], Iterator[Problem]], ...] = (
    check_entities,
    check_events,
    check_quotes,
    check_boilerplate,
    check_references,
    check_fillers,
)

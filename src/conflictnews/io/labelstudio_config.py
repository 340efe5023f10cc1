"""The labelling screen of Label Studio for our four layers, generated from the schema.

Regions carry the labels of five controls (`LABELS`); what else is known of a region stands in choices, text fields and numbers that show when the region is selected;
relations tie a trigger to its fillers and a quote to its parts, its speakers and the quote that it stands in. The elements and attributes are those of
Label Studio's tag reference (Apache-2.0), tried with its version 1.23.
"""

from __future__ import annotations

import colorsys
from collections.abc import Iterable
from xml.etree import ElementTree

from conflictnews.errors import DocumentError
from conflictnews.model import LAYERS, Document
from conflictnews.schema import Schema, load_schema

TEXT = "text"
"""Name of the element that shows the text, and of the field of a task that holds it."""

FILLERS = "fillers"
"""The control for fillers that are no mentions, and for contested ones."""

LABELS = ("entities", "events", FILLERS, "quotes", "boilerplate")
"""The controls whose labels make regions."""

QUOTE, CONTENT, CUE, SOURCE = PARTS = ("quote", "content", "cue", "source")
"""The labels of the control for quotes: the first content span, which stands for the quote, and its other parts."""

FILLER = "filler"
"""The one label of the control for fillers."""

PART, SPEAKER, PARENT = LINKS = ("part", "speaker", "parent")
"""The labels of the relations of a quote."""

SUBTYPE = {"entities": "entity_subtype_", "events": "event_subtype_"}
"""The controls for subtypes: one a label, so that only those of the selected region show; its name is this and the label."""

LAYERS_DONE = "layers"
"""The choice, for the page as a whole, of the layers that were annotated: it tells an empty layer from one that was not attempted."""

NUMBERS = ("low", "high")

FIELDS: dict[str, dict[str, str]] = {
    "entities": {"level": "level", "entity": "entity", "value": "value", "low": "low", "high": "high"},
    "events": {"event": "event", "factuality": "factuality", "source": "event_source"},
    FILLERS: {"entity": "filler_entity", "status": "filler_status", "source": "filler_source"},
    "quotes": {"type": "quote_type", "speakers": "speakers", "speaker_reason": "speaker_reason", "parent": "quote_parent"},
    "boilerplate": {},
}
"""Control of a region -> field of our annotation -> control that holds it."""

_HINTS = {
    "level": "Level",
    "entity": "Entity id, shared by all mentions of one thing",
    "value": "Time as ISO 8601",
    "low": "Number, at least",
    "high": "Number, at most",
    "event": "Event id, shared by all mentions of one happening",
    "factuality": "Factuality",
    "event_source": "Entity id of who says so",
    "filler_entity": "Entity id, if it is a mention",
    "filler_status": "Contested?",
    "filler_source": "Entity id of who says so",
    "quote_type": "Type",
    "speakers": "Entity ids of speakers without a mention here, one an entry",
    "speaker_reason": "Why there is no speaker",
    "quote_parent": "Id of the quote it stands in, if that is not here",
}

_HUES = {"entities": (0.22, 0.55), "events": (0.93, 1.08), FILLERS: (0.14, 0.14), "quotes": (0.6, 0.75), "boilerplate": (0.0, 0.0)}
"""Where on the colour circle the labels of a control lie."""

_KEYS = {"entities": "1234567890qw", "events": "", FILLERS: "b", "quotes": "asdf", "boilerplate": ""}
"""The keys that pick the labels of a control, the first ones first."""


def labelling_config(documents: Iterable[Document] = ()) -> str:
    """The labelling configuration as XML: the labels of the schema, and after them those that only `documents` have, so that the tool drops nothing.

    Raises DocumentError for a label with characters that XML cannot hold.
    """
    schema = load_schema()
    choices = _of_schema(schema)
    for document in documents:
        for control, values in _of_document(document).items():
            choices.setdefault(control, {}).update((value, "") for value in values if value not in choices.get(control, {}))
    for control, found in choices.items():
        for name in (control, *found):
            if not name.isprintable():
                raise DocumentError(f"the label {name!r} has characters that a labelling configuration cannot hold; rename it")
    root = _screen(choices)
    ElementTree.indent(root, " ")
    return ElementTree.tostring(root, encoding="unicode") + "\n"


def _of_schema(schema: Schema) -> dict[str, dict[str, str]]:
    """Control -> its values, each with what it means, in the order of the schema."""
    entities, events, quotes = schema.entities, schema.events, schema.quotes
    return {
        "entities": {name: label.description for name, label in entities.labels.items()},
        "events": {name: label.description for name, label in events.labels.items()},
        FILLERS: {FILLER: "Words that fill a role and are no mention; or a mention whose part in the event is contested."},
        "quotes": dict(
            zip(PARTS, ("The quote: its first or only words.", "More of its words, after a break.", "The words that say who speaks how.", "Who speaks, as named."), strict=True)
        ),
        "boilerplate": {name: label.description for name, label in schema.boilerplate.labels.items()},
        "relations": {name: role.description for name, role in events.roles.items()} | dict.fromkeys(LINKS, ""),
        "level": dict(entities.levels),
        "factuality": dict(events.factuality),
        "filler_status": dict(events.argument_status),
        "quote_type": dict(quotes.types),
        "speaker_reason": dict(quotes.speaker_reasons),
        LAYERS_DONE: dict.fromkeys(LAYERS, ""),
        **{SUBTYPE["entities"] + name: dict.fromkeys(label.subtypes, "") for name, label in entities.labels.items() if label.subtypes},
        **{SUBTYPE["events"] + name: dict.fromkeys(event.subtypes, "") for name, event in events.labels.items() if event.subtypes},
    }


def _of_document(document: Document) -> dict[str, set[str]]:
    """Control -> the values that a document uses."""
    used: dict[str, set[str]] = {}

    def use(control: str, value: str | None) -> None:
        if value is not None:
            used.setdefault(control, set()).add(value)

    for entity in document.entities or ():
        use("entities", entity.label)
        use("level", entity.level)
        use(SUBTYPE["entities"] + entity.label, entity.subtype)
    for event in document.events or ():
        use("events", event.label)
        use("factuality", event.factuality)
        use(SUBTYPE["events"] + event.label, event.subtype)
        for argument in event.arguments:
            use("relations", argument.role)
            use("filler_status", argument.status)
    for quote in document.quotes or ():
        use("quote_type", quote.type)
        use("speaker_reason", quote.speaker_reason)
    for block in document.boilerplate or ():
        use("boilerplate", block.label)
    return used


def _screen(choices: dict[str, dict[str, str]]) -> ElementTree.Element:
    """The whole screen: the text, and beside it, in sight wherever one reads, what is known of the selected region and all labels."""
    view = ElementTree.Element("View", style="display: grid; grid-template-columns: minmax(0, 1fr) 330px; column-gap: 16px")
    relations = ElementTree.SubElement(view, "Relations")
    for name in sorted(choices["relations"], key=lambda n: n in LINKS):
        ElementTree.SubElement(relations, "Relation", value=name)
    left = ElementTree.SubElement(view, "View", style="grid-column: 1")
    ElementTree.SubElement(left, "Header", value="$doc_id", size="5")
    done = _choices(left, LAYERS_DONE, choices[LAYERS_DONE], "Layers that are finished")
    done.attrib.update(choice="multiple", required="true", requiredMessage="Tick the layers that you finished, also those of which the page has nothing.")
    ElementTree.SubElement(left, "Style").text = ".lsf-richtext__line { line-height: 2.2 }"
    ElementTree.SubElement(left, "Text", name=TEXT, value=f"${TEXT}", granularity="symbol")
    right = ElementTree.SubElement(view, "View", style="grid-column: 2; position: sticky; top: 0; align-self: start; max-height: 88vh; overflow: auto")
    for control in LABELS:
        if FIELDS[control]:
            _fields(right, control, choices)
    for control in LABELS:
        labels = ElementTree.SubElement(right, "Labels", name=control, toName=TEXT)
        for i, (name, meaning) in enumerate(choices[control].items()):
            label = ElementTree.SubElement(labels, "Label", value=name, background=_colour(control, i, len(choices[control])))
            if i < len(_KEYS[control]):
                label.set("hotkey", _KEYS[control][i])
            if meaning:
                label.set("hint", meaning)
    return view


def _fields(parent: ElementTree.Element, control: str, choices: dict[str, dict[str, str]]) -> None:
    """What can be said of the regions of one control, shown when one of them is selected."""
    view = ElementTree.SubElement(parent, "View", visibleWhen="region-selected", whenTagName=control)
    for name, values in choices.items():
        if control in SUBTYPE and name.startswith(SUBTYPE[control]):
            _choices(view, name, values, "Subtype", per_region=control, label=name.removeprefix(SUBTYPE[control]))
    for field in FIELDS[control].values():
        only = QUOTE if control == "quotes" else ""
        when = {"visibleWhen": "region-selected", "whenTagName": control} | ({"whenLabelValue": only} if only else {})
        if field in choices:
            _choices(view, field, choices[field], _HINTS[field], per_region=control, label=only)
            continue
        place = ElementTree.SubElement(view, "View", when)
        ElementTree.SubElement(place, "Header", value=_HINTS[field], size="6")
        if field in NUMBERS:
            ElementTree.SubElement(place, "Number", name=field, toName=TEXT, perRegion="true")
        else:
            area = ElementTree.SubElement(place, "TextArea", name=field, toName=TEXT, perRegion="true", editable="true", rows="1")
            if field != "speakers":
                area.set("maxSubmissions", "1")


def _choices(parent: ElementTree.Element, name: str, values: dict[str, str], title: str, *, per_region: str = "", label: str = "") -> ElementTree.Element:
    """A choice with its title; with `per_region` it belongs to the regions of that control, with `label` only to those of that label."""
    when = {"visibleWhen": "region-selected", "whenTagName": per_region} if per_region else {}
    if label:
        when["whenLabelValue"] = label
    view = ElementTree.SubElement(parent, "View", when)
    ElementTree.SubElement(view, "Header", value=title, size="6")
    found = ElementTree.SubElement(view, "Choices", name=name, toName=TEXT, layout="inline")
    found.attrib.update({"perRegion": "true"} if per_region else {})
    found.attrib.update({"whenLabelValue": label} if label else {})
    for value, meaning in values.items():
        choice = ElementTree.SubElement(found, "Choice", value=value)
        if meaning:
            choice.set("hint", meaning)
    return found


def _colour(control: str, i: int, count: int) -> str:
    """The colour of the label number `i` of `count`, as ``#rrggbb``."""
    low, high = _HUES[control]
    red, green, blue = colorsys.hls_to_rgb((low + (high - low) * i / max(count - 1, 1)) % 1, 0.5 + 0.1 * (i % 2), 0.0 if control == "boilerplate" else 0.75)
    return f"#{round(red * 255):02x}{round(green * 255):02x}{round(blue * 255):02x}"

"""The UIMA types of the XMI form, derived from the model, and their type system description.

The rules are those by which INCEpTION takes types in as custom layers (Settings, Layers, Import): a layer is a direct subtype of Annotation; a feature is a string, a
number or a string array; a slot is an FSArray of a ``...Link`` type that inherits from TOP and has just ``role`` and ``target``. Numbers of a mention are strings here,
because the only fraction that INCEpTION knows is the 32-bit Float, and because a UIMA number cannot be absent.
"""

from __future__ import annotations

from pathlib import Path
from xml.sax.saxutils import escape

import msgspec

from conflictnews.model import Argument, BoilerplateSpan, Document, Entity, Event, Quote, Span

PACKAGE = "conflictnews."
DKPRO = "de.tudarmstadt.ukp.dkpro.core.api."
ANNOTATION = "uima.tcas.Annotation"
STRING, INTEGER, STRINGS = "uima.cas.String", "uima.cas.Integer", "uima.cas.StringArray"

ENTITY, ARGUMENT, EVENT, PART, QUOTE, BLOCK, RECORD = (PACKAGE + name for name in ("Entity", "Argument", "Event", "QuotePart", "Quote", "Boilerplate", "Record"))
TOKEN, SENTENCE, METADATA = (DKPRO + name for name in ("segmentation.type.Token", "segmentation.type.Sentence", "metadata.type.DocumentMetaData"))
NAMED_ENTITY = DKPRO + "ner.type.NamedEntity"

LAYER_TYPES = {"entities": ENTITY, "events": EVENT, "quotes": QUOTE, "boilerplate": BLOCK}
"""Layer -> the type of its annotations."""

RENAMED = {"type": "kind"}
"""Field -> feature where the field's name is taken: a UIMA feature must not be called ``type``."""

SHIPPED = Path(__file__).with_name("typesystem.xml")
"""The type system description as it is shipped; `typesystem` makes it."""


class Kind(msgspec.Struct, frozen=True):
    """A type: name, what it is, its supertype, and its features (name -> range); a range that ends in ``Link`` is a slot."""

    name: str
    title: str
    supertype: str
    features: dict[str, str]


def feature_of(field: str) -> str:
    """The feature that holds a field of the model."""
    return RENAMED.get(field, field)


def plain_fields(form: type[msgspec.Struct], *without: str) -> tuple[str, ...]:
    """The fields of a struct that become string features: all but the offsets and `without`."""
    return tuple(name for name in form.__struct_fields__ if name not in ("start", "end", *without))


def _strings(fields: tuple[str, ...]) -> dict[str, str]:
    return {feature_of(field): STRING for field in fields}


def link_of(owner: str, feature: str) -> str:
    """The link type of a slot, named as INCEpTION names its own."""
    return f"{owner}{feature.capitalize()}Link"


def _link(owner: str, feature: str) -> Kind:
    return Kind(link_of(owner, feature), f"A link of {owner}.{feature} to a span.", "uima.cas.TOP", {"role": STRING, "target": ANNOTATION})


SLOTS = {EVENT: ("arguments",), QUOTE: ("content", "cue", "source")}
"""Type -> its slots."""

_ORDER = {"order": INTEGER}

KINDS = (
    Kind(ENTITY, "A mention of an entity or a value.", ANNOTATION, _strings(plain_fields(Entity)) | _ORDER),
    Kind(ARGUMENT, "The span of an event's argument; its role stands in the link.", ANNOTATION, _strings(plain_fields(Argument, "role"))),
    Kind(
        EVENT,
        "A mention of an event, on its trigger; `surface` is the trigger's.",
        ANNOTATION,
        _strings(plain_fields(Event, "trigger", "arguments")) | _strings(plain_fields(Span)) | {"arguments": link_of(EVENT, "arguments")} | _ORDER,
    ),
    Kind(PART, "A span of a quote: a further stretch of content, the cue, or the source.", ANNOTATION, _strings(plain_fields(Span))),
    Kind(
        QUOTE,
        "A quote, on the first span of its content; `surface` is that span's, `content` the further ones.",
        ANNOTATION,
        _strings(plain_fields(Quote, "content", "cue", "source", "speakers"))
        | _strings(plain_fields(Span))
        | {"speakers": STRINGS}
        | {slot: link_of(QUOTE, slot) for slot in SLOTS[QUOTE]}
        | _ORDER,
    ),
    Kind(BLOCK, "A block of page furniture.", ANNOTATION, _strings(plain_fields(BoilerplateSpan)) | _ORDER),
    Kind(
        RECORD,
        "What belongs to the page as a whole, at its start; leave it alone. `layers` lists those that were attempted, `meta` and `characters` are JSON.",
        ANNOTATION,
        _strings(plain_fields(Document, "text", *LAYER_TYPES)) | {"layers": STRING, "characters": STRING},
    ),
    *(_link(owner, slot) for owner, slots in SLOTS.items() for slot in slots),
    Kind(SENTENCE, "A sentence, for display.", ANNOTATION, {}),
    Kind(TOKEN, "A token, for display.", ANNOTATION, {}),
    Kind(
        METADATA,
        "Name of the document.",
        "uima.tcas.DocumentAnnotation",
        dict.fromkeys(("documentTitle", "documentId", "documentUri", "collectionId", "documentBaseUri"), STRING) | {"isLastSegment": "uima.cas.Boolean"},
    ),
)
"""Every type that is written."""

FEATURES = {kind.name: tuple(kind.features) for kind in KINDS}
"""Type -> its features."""


def typesystem() -> str:
    """The type system description: what `SHIPPED` holds and what goes beside the XMI files."""
    lines = ['<?xml version="1.0" encoding="UTF-8"?>', '<typeSystemDescription xmlns="http://uima.apache.org/resourceSpecifier">']
    lines += [" <name>conflictnews</name>", " <description>The four layers of conflictnews, a span layer each.</description>", " <types>"]
    for kind in KINDS:
        lines += ["  <typeDescription>", f"   <name>{kind.name}</name>", f"   <description>{escape(kind.title)}</description>"]
        lines += [f"   <supertypeName>{kind.supertype}</supertypeName>", "   <features>"]
        for name, range_type in kind.features.items():
            many = range_type.endswith("Link") or range_type == STRINGS
            lines += ["    <featureDescription>", f"     <name>{name}</name>", "     <description/>"]
            lines += [f"     <rangeTypeName>{'uima.cas.FSArray' if range_type.endswith('Link') else range_type}</rangeTypeName>"]
            lines += [f"     <elementType>{range_type}</elementType>"] if range_type.endswith("Link") else []
            lines += ["     <multipleReferencesAllowed>false</multipleReferencesAllowed>"] if many else []
            lines += ["    </featureDescription>"]
        lines += ["   </features>", "  </typeDescription>"]
    return "\n".join([*lines, " </types>", "</typeSystemDescription>"]) + "\n"

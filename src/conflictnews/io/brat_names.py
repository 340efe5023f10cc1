"""How our layers are called in brat, how spans are cut at line ends, and the configuration of a folder; the whole is told in `conflictnews.io.brat`."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

from conflictnews.model import LAYERS, Document
from conflictnews.schema import Schema

CONTENT, CUE, SOURCE, FILLER, BLOCK = "quote-content", "quote-cue", "quote-source", "event-filler", "boilerplate-"
"""Types of our own: a quote, its cue and source, a filler that is no mention, and (before its label) a block of furniture."""

PARTS = {"cue": CUE, "source": SOURCE}
"""Field of a quote, and role in its event -> type of the span."""

ATTRIBUTES = {
    "Level": ("entities", "level"),
    "EntitySubtype": ("entities", "subtype"),
    "EventSubtype": ("events", "subtype"),
    "Factuality": ("events", "factuality"),
    "QuoteType": ("quotes", "type"),
    "SpeakerReason": ("quotes", "speaker_reason"),
}
"""Attribute -> the layer and the field that it stands for."""

PLAIN = re.compile(r"[A-Za-z0-9_.-]+")
"""What an attribute's value may be; others go into notes."""

CONF, VISUAL = "annotation.conf", "visual.conf"
_LINE_ENDS = "\n\r\x0b\x0c\x1c\x1d\x1e\x85\u2028\u2029"
_PIECE = re.compile(f"[^{_LINE_ENDS}]+")

Spans = list[tuple[int, int]]


def type_of(label: str) -> str:
    """The type that stands for a label: itself where brat can take it (letters, digits, _ and -) and it is none of our own."""
    safe = re.sub(r"[^A-Za-z0-9_-]", "_", label)
    return f"x-{safe}" if not safe or safe in (CONTENT, CUE, SOURCE, FILLER) or safe.startswith(BLOCK) else safe


def block_type(label: str) -> str:
    """The type that stands for a label of furniture."""
    return BLOCK + re.sub(r"[^A-Za-z0-9_-]", "_", label)


def fragments(text: str, spans: Iterable[tuple[int, int]]) -> Spans:
    """The spans as brat has them: in order, none over another, cut at every character that a reader of lines may take for a line end."""
    cut = sorted((m.start(), m.end()) for start, end in spans for m in _PIECE.finditer(text, start, end))
    found: Spans = []
    for start, end in cut:
        if found and start < found[-1][1]:
            found[-1] = (found[-1][0], max(end, found[-1][1]))
        else:
            found.append((start, end))
    return found


def joined(text: str | None, pieces: Spans) -> Spans:
    """The spans that fragments stand for: those between which is only white space with a line end are one."""
    found: Spans = []
    for start, end in pieces:
        gap = text[found[-1][1] : start] if found and text is not None else ""
        if gap.isspace() and any(char in _LINE_ENDS for char in gap):
            found[-1] = (found[-1][0], end)
        else:
            found.append((start, end))
    return found


def plain_roles(written: Sequence[str]) -> list[str]:
    """The roles of an event without the numbers that brat sets behind repeated ones: PARTY, PARTY2 are PARTY twice, Arg1 and Arg2 two roles."""
    names = set(written)
    bases = [re.fullmatch(r"(.+?)(?:[2-9]|[1-9][0-9]+)", role) for role in written]
    return [base[1] if base and base[1] in names else role for role, base in zip(written, bases, strict=True)]


def configuration(documents: Sequence[Document], schema: Schema) -> str:
    """The annotation.conf of a folder: the layers that some document has, with the labels of the schema and those of the documents."""
    layers = [name for name in LAYERS if any(d.layer(name) is not None for d in documents)]
    entities = list(dict.fromkeys([*map(type_of, schema.entities.labels), *(type_of(e.label) for d in documents for e in d.entities or ())])) if "entities" in layers else []
    blocks = (
        list(dict.fromkeys([*map(block_type, schema.boilerplate.labels), *(block_type(b.label) for d in documents for b in d.boilerplate or ())]))
        if "boilerplate" in layers
        else []
    )
    lines = ["[entities]", *entities]
    lines += ["!boilerplate", *(f"\t{name}" for name in blocks)] if blocks else []
    lines += [FILLER] if "events" in layers else []
    lines += [CUE, SOURCE] if "quotes" in layers else []
    lines += ["", "[relations]", "<OVERLAP>\tArg1:<ENTITY>, Arg2:<ENTITY>, <OVL-TYPE>:<ANY>", "", "[events]"]
    lines += _event_types(documents, schema, bool(entities)) if "events" in layers else []
    lines += [f"{CONTENT}\tcue*:{CUE}, source*:{SOURCE}"] if "quotes" in layers else []
    return "\n".join([*lines, "", "[attributes]", *_attributes(documents, schema, layers), ""])


def _event_types(documents: Sequence[Document], schema: Schema, mentions: bool) -> Iterator[str]:
    """A line for each type of event, with its roles and what may fill them."""
    roles: dict[str, dict[str, str]] = {}
    for label in schema.events.labels:
        roles[type_of(label)] = {name: "|".join([*(map(type_of, schema.events.roles[name].labels) if mentions else ()), FILLER]) for name in schema.roles_of(label)}
    for event in (event for d in documents for event in d.events or ()):
        seen = roles.setdefault(type_of(event.label), {})
        for argument in event.arguments:
            seen.setdefault(type_of(argument.role), "<ANY>")
    for name, fillers in roles.items():
        yield f"{name}\t{', '.join(f'{role}*:{kinds}' for role, kinds in fillers.items())}".rstrip("\t")


def _attributes(documents: Sequence[Document], schema: Schema, layers: Sequence[str]) -> Iterator[str]:
    """A line for each attribute, with its values."""
    known: dict[str, Iterable[str]] = {
        "Level": schema.entities.levels,
        "EntitySubtype": (subtype for label in schema.entities.labels.values() for subtype in label.subtypes),
        "EventSubtype": (subtype for label in schema.events.labels.values() for subtype in label.subtypes),
        "Factuality": schema.events.factuality,
        "QuoteType": schema.quotes.types,
        "SpeakerReason": schema.quotes.speaker_reasons,
    }
    for name, (layer, field) in ATTRIBUTES.items():
        used = (getattr(annotation, field) for d in documents for annotation in d.layer(layer) or ())
        values = dict.fromkeys([*known[name], *(value for value in used if value and PLAIN.fullmatch(value))])
        if layer in layers:
            yield f"{name}\tArg:{'<ENTITY>' if layer == 'entities' else CONTENT if layer == 'quotes' else '<EVENT>'}, Value:{'|'.join(values)}"


def appearance(schema: Schema) -> str:
    """The visual.conf of a folder: short names for our own types, a colour for each layer."""
    labels = [f"{block_type(name)} | {name}" for name in schema.boilerplate.labels]
    labels += [f"{CONTENT} | quote", f"{CUE} | cue", f"{SOURCE} | source", f"{FILLER} | filler"]
    colours = [f"{block_type(name)}\tbgColor:#d0d0d0" for name in schema.boilerplate.labels]
    colours += [f"{name}\tbgColor:#c8e6c9" for name in (CONTENT, CUE, SOURCE)]
    colours += [f"{type_of(name)}\tbgColor:#ffcdd2" for name in schema.events.labels]
    return "\n".join(["[labels]", *labels, "", "[drawing]", "SPAN_DEFAULT\tfgColor:black, bgColor:#bbdefb, borderColor:darken", *colours, ""])


def declared_layers(conf: str) -> set[str]:
    """The layers whose types an annotation.conf lists."""
    found, section = set(), ""
    for line in conf.splitlines():
        name = line.split()[0] if line.strip() else "#"
        if re.fullmatch(r"\[\w+\]", name):
            section = name[1:-1]
        elif section == "entities" and name[0] not in "#!<-" and name not in (FILLER, CUE, SOURCE):
            found.add("boilerplate" if name.startswith(BLOCK) else "entities")
        elif section == "events" and name[0] not in "#!<-":
            found.add("quotes" if name == CONTENT else "events")
    return found

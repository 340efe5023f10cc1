"""A Label Studio result as the layers of a document.

What an annotator did in the tool is what comes back: regions that are new, gone, moved or labelled anew, other choices, other relations. A relation may be drawn from either end.
Nothing is passed over: what has no place in a document is an error that names the region and says what to do in the tool.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from typing import Any, NoReturn

import msgspec

from conflictnews.errors import DocumentError
from conflictnews.io.labelstudio_config import CONTENT, CUE, FIELDS, FILLERS, LABELS, LAYERS_DONE, LINKS, NUMBERS, PARENT, PART, QUOTE, SOURCE, SPEAKER, SUBTYPE
from conflictnews.io.labelstudio_results import Rest, Result
from conflictnews.model import LAYERS, Argument, BoilerplateSpan, Entity, Event, Quote, Span
from conflictnews.schema import load_schema


class Region(msgspec.Struct, frozen=True):
    """A labelled stretch: id, control, label, offsets, and what else is said of it by the name of the control that says it."""

    id: str
    control: str
    label: str
    start: int
    end: int
    said: dict[str, Any]

    def one(self, control: str) -> Any:
        """What a control with one value says, or None."""
        return next(iter(self.said.get(control, ())), None)


class Link(msgspec.Struct, frozen=True):
    """A relation, read from its head: an event or a quote."""

    head: Region
    label: str
    to: Region


class Page(msgspec.Struct, frozen=True):
    """All that a result says: `text`, its regions in their order, its relations, the layers ticked as finished, and `where` it stands, for errors."""

    where: str
    text: str
    rest: Rest
    regions: tuple[Region, ...]
    links: tuple[Link, ...]
    ticked: frozenset[str]

    def of(self, control: str) -> Iterator[Region]:
        """The regions of a control."""
        return (region for region in self.regions if region.control == control)

    def surface(self, start: int, end: int, region: str) -> str | None:
        """The words that the span of a region repeats, or None where it repeats none."""
        if region in self.rest.surfaces:
            known = self.rest.surfaces[region]
            if known is None or known[:2] == (start, end):
                return known and known[2]
        return None if self.rest.bare else self.text[start:end]

    def name(self, region: Region, named: bool = False) -> str | None:
        """The id of the annotation that a region stands for; with `named` it has one in any case."""
        known = self.rest.ids.get(region.id, region.id)
        return region.id if known is None and named else known


def layers_of(where: str, text: str, results: Sequence[Result], rest: Rest) -> dict[str, tuple[Any, ...] | None]:
    """The four layers that `results` say of `text`; a layer without regions is empty where it is ticked as finished, else None.

    Raises DocumentError, naming `where` and the region, for what fits no layer.
    """
    page = _page(where, text, results, rest)
    _refuse_strays(page)
    found: dict[str, tuple[Any, ...]] = {
        "entities": tuple(_entity(page, region) for region in page.of("entities")),
        "events": tuple(_event(page, region) for region in page.of("events")),
        "quotes": tuple(_quote(page, region) for region in page.of("quotes") if region.label == QUOTE),
        "boilerplate": tuple(BoilerplateSpan(r.start, r.end, r.label, page.name(r), page.surface(r.start, r.end, r.id)) for r in page.of("boilerplate")),
    }
    return {layer: found[layer] if found[layer] or layer in page.ticked else None for layer in LAYERS}


def _page(where: str, text: str, results: Sequence[Result], rest: Rest) -> Page:
    """A flat result sorted into regions and relations."""
    said: dict[str, dict[str, Any]] = {}
    ticked: set[str] = set()
    labelled: dict[tuple[str, str], tuple[str, int, int]] = {}
    for result in results:
        name = result.from_name or ""
        if result.type == "relation":
            continue
        if name == LAYERS_DONE:
            ticked.update(result.value.choices or () if result.value else ())
            continue
        if result.type == "labels":
            control, label, start, end = _label(where, result)
            if (result.id or "", control) in labelled:
                _fail(where, f"region {result.id} is labelled twice in {control}", "give it one label")
            labelled[result.id or "", control] = (label, start, end)
        else:
            said.setdefault(result.id or "", {})[name] = _attribute(where, result)
    regions = tuple(Region(region, control, label, start, end, said.get(region, {})) for (region, control), (label, start, end) in labelled.items())
    lost = next((region for region in said if not any(r.id == region for r in regions)), None)
    if lost is not None:
        _fail(where, f"region {lost} has {', '.join(said[lost])} but no label", "give it a label, or delete it")
    by_id: dict[str, list[Region]] = {}
    for region in regions:
        by_id.setdefault(region.id, []).append(region)
    links = tuple(link for result in results if result.type == "relation" for link in _links(where, text, result, by_id))
    return Page(where, text, rest, regions, links, frozenset(ticked))


def _label(where: str, result: Result) -> tuple[str, str, int, int]:
    """Control, label and offsets of a labelled region."""
    value, name = result.value, result.from_name or ""
    if result.id is None or value is None or not isinstance(value.start, int) or not isinstance(value.end, int):
        _fail(where, f"region {result.id} has no id or no offsets in plain text", "label the text in a Text element, and export as JSON")
    if value.labels is None or len(value.labels) != 1:
        _fail(where, f"the region {result.id} at {value.start}-{value.end} has {len(value.labels or ())} labels in {name}", "give it one")
    label = value.labels[0]
    if name in LABELS:
        return name, label, value.start, value.end
    schema = load_schema()
    known: dict[str, Collection[str]] = {"entities": schema.entities.labels, "events": schema.events.labels, "boilerplate": schema.boilerplate.labels}
    layers = [layer for layer, labels in known.items() if label in labels]
    if len(layers) != 1:
        _fail(where, f"region {result.id}: the control {name!r} with the label {label!r} is of no layer", f"name the control one of {', '.join(LABELS)}")
    return layers[0], label, value.start, value.end


def _attribute(where: str, result: Result) -> tuple[Any, ...]:
    """What an entry other than a label says: its values in order."""
    value, name = result.value, result.from_name or ""
    known = {field for fields in FIELDS.values() for field in fields.values()}
    if name not in known and not name.startswith(tuple(SUBTYPE.values())):
        _fail(
            where,
            f"region {result.id}: the control {name!r} ({result.type or 'no type'}) is none that a document has a place for",
            "take it out of the project, or out of the file",
        )
    found: tuple[Any, ...] = ()
    if value is not None and result.type == "choices":
        found = value.choices or ()
    elif value is not None and result.type == "number":
        found = () if value.number is None else (value.number,)
    elif value is not None:
        found = (value.text,) if isinstance(value.text, str) else value.text or ()
    if (name in NUMBERS) != (result.type == "number"):
        _fail(where, f"region {result.id}: {name} is given as {result.type or 'nothing'}", f"give it as {'a number' if name in NUMBERS else 'a choice or a text'}")
    if len(found) > 1 and name != "speakers":
        _fail(where, f"region {result.id}: {name} has {len(found)} values ({', '.join(map(str, found))})", "leave one")
    return found


def _links(where: str, text: str, result: Result, by_id: dict[str, list[Region]]) -> Iterator[Link]:
    """A relation, a link for each of its labels, turned so that it goes out from the event or quote whose it is."""
    ends = [result.from_id, result.to_id]
    for end in ends:
        if end not in by_id:
            _fail(
                where,
                f"a relation ({', '.join(result.labels or ()) or 'no label'}) from {ends[0]} to {ends[1]}: there is no region {end}",
                "delete the relation, or draw it to a region",
            )
    first, second = (by_id[str(end)] for end in (reversed(ends) if result.direction == "left" else ends))
    for label in result.labels or ("",):
        link = _link(first, label, second) or _link(second, label, first)
        if link is None:
            words = [f"{text[r.start : r.end]!r} ({r.label} at {r.start}-{r.end})" for r in (first[0], second[0])]
            way = "relations go from a quote to its parts, speakers and parent, and with a role from an event to its fillers"
            _fail(where, f"the relation {label or 'without a label'} from {words[0]} to {words[1]} says nothing", way)
        yield link


def _link(heads: Sequence[Region], label: str, others: Sequence[Region]) -> Link | None:
    """The link that goes from one of `heads` to one of `others` (the same region seen by each control that labels it), if it can be one."""
    kinds = {(r.control, r.label == QUOTE) if r.control == "quotes" else (r.control, True): r for r in others}
    quote = next((r for r in heads if r.control == "quotes" and r.label == QUOTE), None)
    if quote is not None and label in ("", *LINKS):
        wanted = {PART: ("quotes", False), SPEAKER: ("entities", True), PARENT: ("quotes", True)}
        for name in (label,) if label else LINKS:
            if wanted[name] in kinds:
                return Link(quote, name, kinds[wanted[name]])
    event = next((r for r in heads if r.control == "events"), None)
    if event is not None and label:
        order = [r for control in ("entities", FILLERS) for r in others if r.control == control]
        return Link(event, label, (order or list(others))[0])
    return None


def _refuse_strays(page: Page) -> None:
    """An error for a part of a quote, or a filler, that no relation ties to anything."""
    tied = {(link.to.control, link.to.id) for link in page.links}
    for region in page.regions:
        if region.control == "quotes" and region.label not in (QUOTE, CONTENT, CUE, SOURCE):
            _fail(page.where, f"region {region.id}: {region.label!r} is no part of a quote", f"use {', '.join((QUOTE, CONTENT, CUE, SOURCE))}")
        stray = region.control == FILLERS or (region.control == "quotes" and region.label != QUOTE)
        if stray and (region.control, region.id) not in tied:
            what = f"the {region.label} {page.text[region.start : region.end]!r} at {region.start}-{region.end} (region {region.id}) belongs to nothing"
            _fail(page.where, what, f"draw a relation to it from its {'event' if region.control == FILLERS else 'quote'}, or delete it")


def _entity(page: Page, region: Region) -> Entity:
    fields = {field: region.one(control) for field, control in FIELDS["entities"].items()}
    return Entity(region.start, region.end, region.label, id=page.name(region), subtype=_subtype(region), surface=page.surface(region.start, region.end, region.id), **fields)


def _subtype(region: Region) -> str | None:
    """The subtype of a region: that of its own label, else one kept from a label it had before."""
    prefix = SUBTYPE[region.control]
    own = region.one(prefix + region.label)
    return own if own is not None else next((region.one(control) for control in region.said if control.startswith(prefix)), None)


def _event(page: Page, region: Region) -> Event:
    fields = {field: region.one(control) for field, control in FIELDS["events"].items()}
    arguments = tuple(_argument(page, link) for link in page.links if link.head == region)
    return Event(region.label, _span(page, region), id=page.name(region), subtype=_subtype(region), arguments=arguments, **fields)


def _argument(page: Page, link: Link) -> Argument:
    to = link.to
    fields = {field: to.one(control) for field, control in FIELDS[FILLERS].items()} if to.control == FILLERS else {}
    if to.control == "entities":
        fields["entity"] = to.one(FIELDS["entities"]["entity"])
    key = f"{link.head.id}>{to.id}" if to.control == "entities" else to.id
    return Argument(link.label, to.start, to.end, surface=page.surface(to.start, to.end, key), **fields)


def _quote(page: Page, region: Region) -> Quote:
    fields = {field: region.one(control) for field, control in FIELDS["quotes"].items()}
    links = [link for link in page.links if link.head == region]
    linked = [link.to for link in links if link.label == PART]
    speakers = tuple(_speaker(page, link) for link in links if link.label == SPEAKER)
    parents = [link.to for link in links if link.label == PARENT]
    if len(parents) + (fields["parent"] is not None) > 1:
        _fail(page.where, f"the quote {page.text[region.start : region.end]!r} (region {region.id}) has two parents", "leave one")
    if parents:
        fields["parent"] = page.name(parents[0], named=True)
    ordered = page.rest.order.get(region.id) == tuple(part.id for part in linked)

    def parts(label: str, *more: Region) -> tuple[Span, ...]:
        found = [*more, *(part for part in linked if part.label == label)]
        return tuple(_span(page, part) for part in (found if ordered else sorted(found, key=lambda r: (r.start, r.end))))

    named = any(link.label == PARENT and link.to == region for link in page.links)
    fields["speakers"] = speakers + tuple(region.said.get(FIELDS["quotes"]["speakers"], ()))
    return Quote(content=parts(CONTENT, region), cue=parts(CUE), source=parts(SOURCE), id=page.name(region, named), **fields)


def _speaker(page: Page, link: Link) -> str:
    entity = link.to.one(FIELDS["entities"]["entity"])
    if entity is None:
        _fail(page.where, f"the speaker {page.text[link.to.start : link.to.end]!r} (region {link.to.id}) has no entity id", "write one into its field")
    return str(entity)


def _span(page: Page, region: Region) -> Span:
    return Span(region.start, region.end, page.surface(region.start, region.end, region.id))


def _fail(where: str, what: str, way: str) -> NoReturn:
    raise DocumentError(f"{where}: {what}; {way}")

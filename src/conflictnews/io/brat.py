r"""brat standoff: a folder with ``<doc_id>.txt`` and ``<doc_id>.ann``, and an ``annotation.conf`` and ``visual.conf`` made from the schema.

====================  =======================================================================================================================
a mention             ``T1  PER 0 4  Kono``; attributes Level and EntitySubtype
an event              ``E1  KILL:T5 VICTIM:T1 VICTIM2:T7``; attributes EventSubtype and Factuality. A filler that is a mention is its T line, another has the type event-filler
a quote               ``E2  quote-content:T8 cue:T9 source:T10``; attributes QuoteType and SpeakerReason
furniture             ``T11  boilerplate-NAV 0 15;16 20  ...``
every other field     a note (``#1  AnnotatorNotes T1  {"entity": "kono"}``) with JSON: ids, values, bounds, speakers, status and source of arguments,
                      labels that brat cannot take, spans that its fragments do not tell
====================  =======================================================================================================================

Offsets are code points, as in brat. A span over line ends is cut into fragments there, as brat's own editor does; read, fragments are one span where only white space with a line end
stands between them. What brat has no place for is told by `losses`: metadata, the checksum, which layers are absent, and spans of nothing but line ends.

Any other folder is read too: T lines are mentions, E lines events, a set of equivalent spans shares an entity id. A layer is there where ``annotation.conf`` lists its types or a line
belongs to it; without that file, entities at least. `read_lenient` goes on where a line is faulty or says what the model has no place for (relations,
normalisations, free notes), and tells each; else it is an error. Format of the lines: https://brat.nlplab.org/standoff.html.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

from conflictnews.errors import DocumentError
from conflictnews.io.brat_names import (
    ATTRIBUTES,
    BLOCK,
    CONF,
    CONTENT,
    FILLER,
    PARTS,
    PLAIN,
    VISUAL,
    appearance,
    block_type,
    configuration,
    fragments,
    joined,
    plain_roles,
    type_of,
)
from conflictnews.io.brat_read import iter_brat
from conflictnews.io.escapes import one_line
from conflictnews.io.formats import refuse_standoff
from conflictnews.io.json_folder import write_folder
from conflictnews.io.problem import Problem
from conflictnews.model import LAYERS, Argument, Document, Entity, Event, Quote, Span, first_fault

__all__ = ["iter_brat", "losses", "read", "read_lenient", "write"]


def read(path: Path) -> Iterator[Document]:
    """The documents of a folder, or of one ``.ann`` file; DocumentError for the first line that is faulty or that the model has no place for."""
    for document, _ in iter_brat(path):
        yield document


def read_lenient(path: Path, *, strict: bool = False) -> Iterator[tuple[Document, list[Problem]]]:
    """The same, each with what was wrong in it: the line was mended or left out (see `iter_brat`)."""
    yield from iter_brat(path, strict=strict)


def write(documents: Iterable[Document], path: Path) -> None:
    """Two files a document and the configuration, in the folder `path`, which must be new or empty."""
    from conflictnews.schema import load_schema

    found = list(documents)
    refuse_standoff(found, "a brat folder")
    schema = load_schema()
    files = {CONF: configuration(found, schema).encode(), VISUAL: appearance(schema).encode()}
    for document in found:
        fault = first_fault(document)
        if fault:
            raise DocumentError(f"{document.doc_id}: {fault}")
        try:
            files[f"{document.doc_id}.txt"] = (document.text or "").encode()
            files[f"{document.doc_id}.ann"] = "".join(f"{line}\n" for line in _Writer(document).lines()).encode()
        except UnicodeEncodeError:
            raise DocumentError(f"{document.doc_id}: holds one half of a surrogate pair, which is no character") from None
        except ValueError as error:
            raise DocumentError(f"{document.doc_id}: {error}") from None
    write_folder(files, path)


class _Writer:
    """The lines of one document, and the numbers given so far."""

    def __init__(self, document: Document) -> None:
        self.document, self.text = document, document.text or ""
        self.ids = Counter(a.id for name in LAYERS for a in document.layer(name) or () if a.id is not None)
        self.used = Counter[str]()
        own: dict[str, tuple[Any, ...]] = {"T": (*(document.entities or ()), *(document.boilerplate or ())), "E": (*(document.events or ()), *(document.quotes or ()))}
        self.taken = {a.id for prefix, annotations in own.items() for a in annotations if re.fullmatch(f"{prefix}[1-9][0-9]{{0,6}}", a.id or "")}
        self.mentions: dict[tuple[int, int], list[tuple[str, Entity]]] = {}

    def lines(self) -> Iterator[str]:
        for entity in self.document.entities or ():
            yield from self.mention(entity)
        for block in self.document.boilerplate or ():
            note = self.extra(block, block.label, block_type(block.label).removeprefix(BLOCK), [block])
            _, lines = self.bound(block_type(block.label), [block], self.brat_id("T", block.id), block.id, note)
            yield from lines
        for event in self.document.events or ():
            yield from self.event(event)
        for quote in self.document.quotes or ():
            yield from self.quote(quote)

    def brat_id(self, prefix: str, own: str | None = None) -> str:
        """An id for a line: the annotation's own where it can be one, else the next that is free."""
        if own is not None and self.ids[own] == 1 and own in self.taken and own.startswith(prefix):
            return own
        while True:
            self.used[prefix] += 1
            if f"{prefix}{self.used[prefix]}" not in self.taken:
                return f"{prefix}{self.used[prefix]}"

    def extra(self, annotation: Any, label: str | None, default: str, spans: Sequence[Any]) -> dict[str, Any]:
        """What a note must say of label, spans and surfaces."""
        note: dict[str, Any] = {} if label is None or label == default else {"label": label}
        places = [(span.start, span.end) for span in spans]
        if joined(self.text, fragments(self.text, places)) != places:
            note["spans"] = places
        said = [True if s.surface == self.text[s.start : s.end] else s.surface is not None and s.surface for s in spans]
        if any(surface is not True for surface in said):
            note["surface"] = said if len(said) > 1 else said[0]
        return note

    def bound(self, kind: str, spans: Sequence[Any], brat_id: str, own: str | None = None, note: dict[str, Any] | None = None) -> tuple[str, list[str]]:
        """The id and the lines of a text-bound annotation; none where its words are nothing but line ends. `note` is None where none may be given."""
        pieces = fragments(self.text, [(s.start, s.end) for s in spans])
        if not pieces:
            return "", []
        places = ";".join(f"{start} {end}" for start, end in pieces)
        lines = [f"{brat_id}\t{kind} {places}\t{' '.join(self.text[start:end] for start, end in pieces)}"]
        if note is not None:
            lines += self.note(brat_id, own, note)
        return brat_id, lines

    def note(self, brat_id: str, own: str | None, note: dict[str, Any], *, named: bool = True) -> Iterator[str]:
        """The line of a note, where there is something to note; with `named` the annotation's own id is, where it is not the line's."""
        if named and (own != brat_id or self.ids[own] != 1):
            note = {"id": own, **note}
        if note:
            yield f"{self.brat_id('#')}\tAnnotatorNotes {brat_id}\t{one_line(note)}"

    def attributes(self, layer: str, annotation: Any, brat_id: str, note: dict[str, Any]) -> Iterator[str]:
        """The attribute lines of an annotation; values that an attribute cannot hold go into `note`."""
        for name, (of, field) in ATTRIBUTES.items():
            value = getattr(annotation, field) if of == layer else None
            if value is not None and PLAIN.fullmatch(value):
                yield f"{self.brat_id('A')}\t{name} {brat_id} {value}"
            elif value is not None:
                note[field] = value

    def mention(self, entity: Entity) -> Iterator[str]:
        brat_id, lines = self.bound(type_of(entity.label), [entity], self.brat_id("T", entity.id))
        note = self.extra(entity, entity.label, type_of(entity.label), [entity])
        if brat_id:
            self.mentions.setdefault((entity.start, entity.end), []).append((brat_id, entity))
            note |= {name: value for name in ("entity", "value", "low", "high") if (value := getattr(entity, name)) is not None}
            yield from [*lines, *self.attributes("entities", entity, brat_id, note), *self.note(brat_id, entity.id, note)]

    def event(self, event: Event) -> Iterator[str]:
        kind = type_of(event.label)
        trigger, lines = self.bound(kind, [event.trigger], self.brat_id("T"))
        if not trigger:
            return
        note = self.extra(event, event.label, kind, [event.trigger])
        note |= {name: value for name in ("event", "source") if (value := getattr(event, name)) is not None}
        fillers: list[tuple[str, Argument]] = []
        written: list[str] = []
        for argument in event.arguments:
            filler, more = self.filler(argument, {(_stem(other.role), target) for target, other in fillers})
            lines += more
            if filler:
                role = type_of(argument.role)
                times = sum(type_of(other.role) == role for _, other in fillers)
                fillers.append((filler, argument))
                written.append(f"{role}{times + 1 if times else ''}")
        said = {f"{role}:{filler}": self.argument(filler, argument, role) for (filler, argument), role in zip(fillers, plain_roles(written), strict=True)}
        if any(said.values()):
            note["arguments"] = {key: value for key, value in said.items() if value}
        brat_id = self.brat_id("E", event.id)
        pairs = [f"{role}:{filler}" for role, (filler, _) in zip(written, fillers, strict=True)]
        yield from [*lines, f"{brat_id}\t{' '.join([f'{kind}:{trigger}', *pairs])}", *self.attributes("events", event, brat_id, note), *self.note(brat_id, event.id, note)]

    def filler(self, argument: Argument, given: set[tuple[str, str]]) -> tuple[str, list[str]]:
        """The line that an argument points to: that of a mention with its words, of its own entity if there is one, else one made for it."""
        mentions = [(id_, e) for id_, e in self.mentions.get((argument.start, argument.end), ()) if (_stem(argument.role), id_) not in given]
        if mentions:
            return min(mentions, key=lambda m: m[1].entity != argument.entity)[0], []
        brat_id = self.brat_id("T")
        note = self.extra(argument, None, "", [Span(argument.start, argument.end, self.text[argument.start : argument.end])])
        filler, lines = self.bound(FILLER, [argument], brat_id)
        return filler, [*lines, *(self.note(brat_id, None, note, named=False) if filler else ())]

    def argument(self, filler: str, argument: Argument, role: str) -> dict[str, Any]:
        """What a note must say of an argument: whatever its line and its filler do not."""
        told = next((e.entity for id_, e in self.mentions.get((argument.start, argument.end), ()) if id_ == filler), None)
        said = {name: value for name in ("status", "source") if (value := getattr(argument, name)) is not None}
        surface = argument.surface == self.text[argument.start : argument.end] or (argument.surface is not None and argument.surface)
        return (
            said
            | ({} if argument.role == role else {"role": argument.role})
            | ({} if argument.entity == told else {"entity": argument.entity})
            | ({} if surface is True else {"surface": surface})
        )

    def quote(self, quote: Quote) -> Iterator[str]:
        content, lines = self.bound(CONTENT, quote.content, self.brat_id("T"))
        if not content:
            return
        note = self.extra(quote, None, "", quote.content)
        note |= {"speakers": quote.speakers} if quote.speakers else {}
        note |= {"parent": quote.parent} if quote.parent is not None else {}
        pairs = [f"{CONTENT}:{content}"]
        for field, kind in PARTS.items():
            count = 0
            for span in getattr(quote, field):
                brat_id = self.brat_id("T")
                part, more = self.bound(kind, [span], brat_id)
                if part:
                    count += 1
                    lines += [*more, *self.note(brat_id, None, self.extra(span, None, "", [span]), named=False)]
                    pairs.append(f"{field}{count if count > 1 else ''}:{part}")
        brat_id = self.brat_id("E", quote.id)
        yield from [*lines, f"{brat_id}\t{' '.join(pairs)}", *self.attributes("quotes", quote, brat_id, note), *self.note(brat_id, quote.id, note)]


def _stem(role: str) -> str:
    """A role as it is told from others whatever the numbers behind it."""
    return re.sub(r"[0-9]+$", "", type_of(role))


def losses(document: Document) -> Iterator[str]:
    """What brat has no place for, with its number."""
    if document.meta:
        yield f"{len(document.meta)} fields of meta"
    if document.text_sha256 is not None:
        yield "1 checksum of the text"
    for name in LAYERS:
        if document.layer(name) is None:
            yield f"1 absent layer, {name}: it comes back empty where another document of the folder has it"
    lost: Counter[str] = Counter()

    def empty(*spans: Any) -> bool:
        return not fragments(document.text or "", [(s.start, s.end) for s in spans])

    lost["mentions"] = sum(empty(e) for e in document.entities or ())
    lost["blocks of boilerplate"] = sum(empty(b) for b in document.boilerplate or ())
    lost["triggers, with their events"] = sum(empty(v.trigger) for v in document.events or ())
    lost["arguments"] = sum(empty(a) for v in document.events or () if not empty(v.trigger) for a in v.arguments)
    lost["contents, with their quotes"] = sum(empty(*q.content) for q in document.quotes or ())
    lost["cues and sources"] = sum(empty(s) for q in document.quotes or () if not empty(*q.content) for s in (*q.cue, *q.source))
    for what, count in lost.items():
        if count:
            yield f"{count} of the {what}: nothing but line ends"

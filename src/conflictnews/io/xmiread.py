"""The document that a CAS tells: our own types, DKPro named entities, and other types by rules."""

from __future__ import annotations

import json
import math
import warnings
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NoReturn

from conflictnews.errors import DocumentError
from conflictnews.io.xmi import PLACEHOLDER, unescaped, unescaped_surface
from conflictnews.io.xmicas import listed, load_cas
from conflictnews.io.xmitypes import ARGUMENT, DKPRO, FEATURES, LAYER_TYPES, METADATA, NAMED_ENTITY, PART, RECORD, feature_of, plain_fields
from conflictnews.model import LAYERS, Argument, BoilerplateSpan, Document, Entity, Event, Quote, Span, first_fault

_PASSED_OVER = ("uima.", "de.tudarmstadt.ukp.clarin.webanno.api.type.", *(DKPRO + part for part in ("segmentation.", "metadata.", "lexmorph.", "syntax.", "transform.")))
_OWN = ("begin", "end", "sofa")
_SUFFIXES = {".txt", ".xmi", ".xml", ".html", ".htm", ".json", ".tsv", ".conll", ".pdf"}


def read_file(file: Path, types: dict[str, str]) -> Document:
    """The document in an XMI file; `types` as in `conflictnews.io.xmi.read`."""
    reader = _Reader(load_cas(file), file, {NAMED_ENTITY: "entities:value"} | types)
    document = reader.document({rule.split(":")[0] for rule in types.values() if rule})
    fault = first_fault(document)
    if fault:
        raise DocumentError(f"{file}: {fault}")
    return document


class _Reader:
    """Makes a document of a CAS."""

    def __init__(self, cas: Any, file: Path, rules: dict[str, str]) -> None:
        self.file, self.rules = file, rules
        views = [view for name in (sofa.sofaID for sofa in cas.sofas) for view in (cas.get_view(name),) if view.sofa_string is not None]
        if len(views) != 1:
            raise DocumentError(f"{file}: has {len(views)} views with text; give files with one")
        self.sofa: str = views[0].sofa_string
        self.all: dict[str, list[Any]] = {}
        for view in [cas.get_view(sofa.sofaID) for sofa in cas.sofas]:
            for found in view.select_all_fs():
                self.all.setdefault(found.type.name, []).append(found)
        self.record = self._record()
        self.text = self._text()
        self.linked: set[int] = set()

    def fail(self, what: str, found: Any = None) -> NoReturn:
        """Raise DocumentError about the file, or about one annotation in it."""
        place = "" if found is None else f"{found.type.name} {getattr(found, 'begin', '?')}-{getattr(found, 'end', '?')} (xmi:id {found.xmiID}): "
        raise DocumentError(f"{self.file}: {place}{what}")

    def document(self, wanted: set[str]) -> Document:
        """The document; `wanted` are layers that count as attempted even if nothing is found."""
        made: dict[str, list[Any]] = {layer: [] for layer in LAYERS}
        makers: dict[str, Callable[[Any], Any]] = {"entities": self.entity, "events": self.event, "quotes": self.quote, "boilerplate": self.block}
        for layer, name in LAYER_TYPES.items():
            made[layer] += [makers[layer](found) for found in sorted(self.all.get(name, ()), key=lambda f: (_order(f), f.begin, f.end))]
        foreign: list[str] = []
        for name, group in self.all.items():
            rule = self._rule(group[0])
            if rule:
                layer, _, feature = rule.partition(":")
                made[layer] += [self.other(found, layer, feature) for found in group]
            elif rule is None and name not in FEATURES and not name.startswith(_PASSED_OVER):
                foreign.append(name)
        if foreign:
            names = listed(Counter({name: len(group) for name, group in self.all.items()}), foreign)
            self.fail(f'has annotations of other types: {names}; say what they are, as in read(path, types={{"{sorted(foreign)[0]}": "entities:value"}}), "" passes a type over')
        self._warn()
        record = self.record or {}
        attempted = {*str(record.get("layers") or "").split(), *wanted, *(layer for layer in LAYERS if made[layer])}
        if not attempted <= set(LAYERS):
            self.fail(f"the record lists a layer {sorted(attempted - set(LAYERS))[0]!r}; the layers are {', '.join(LAYERS)}")
        layers: dict[str, Any] = {layer: tuple(made[layer]) for layer in LAYERS if layer in attempted}
        return Document(doc_id=record.get("doc_id") or self._name(), text=self.text, text_sha256=record.get("text_sha256"), meta=record.get("meta", {}), **layers)

    def entity(self, found: Any) -> Entity:
        """An entity of ours."""
        fields = self.fields(found, Entity)
        for bound in ("low", "high"):
            fields[bound] = None if fields[bound] is None else self.number(fields[bound], bound, found)
        return Entity(start=found.begin, end=found.end, **fields)

    def event(self, found: Any) -> Event:
        """An event of ours with its arguments; an argument may be linked to any span, an entity gives its id."""
        fields = self.fields(found, Event, "trigger", "arguments")
        arguments = []
        for link in self.links(found, "arguments"):
            role, target = self.string(link, "role"), self.target(link, found)
            if role is None:
                self.fail(f"its argument {target.begin}-{target.end} has no role; give it one in the tool", found)
            plain = (
                self.fields(target, Argument, "role")
                if target.type.name == ARGUMENT
                else {"entity": self.string(target, "entity")}
                if target.type.name == LAYER_TYPES["entities"]
                else {}
            )
            arguments.append(Argument(role=role, start=target.begin, end=target.end, **plain))
        return Event(trigger=self.span(found), arguments=tuple(arguments), **fields)

    def quote(self, found: Any) -> Quote:
        """A quote of ours with its parts."""
        fields = self.fields(found, Quote, "content", "cue", "source", "speakers")
        parts = {slot: tuple(self.span(self.target(link, found)) for link in self.links(found, slot)) for slot in ("content", "cue", "source")}
        speakers = getattr(found, "speakers", None)
        names = tuple(unescaped(s or "") for s in (speakers.elements or ()) if speakers is not None) if speakers is not None else ()
        return Quote(content=(self.span(found), *parts["content"]), cue=parts["cue"], source=parts["source"], speakers=names, **fields)

    def block(self, found: Any) -> BoilerplateSpan:
        """A block of ours."""
        return BoilerplateSpan(start=found.begin, end=found.end, **self.fields(found, BoilerplateSpan))

    def other(self, found: Any, layer: str, feature: str) -> Any:
        """An annotation of another type, read by a rule."""
        if not hasattr(found, "begin"):
            self.fail("is no span, and only spans are read", found)
        label = found.type.name.rpartition(".")[2]
        if feature:
            if not hasattr(found, feature):
                self.fail(f"has no feature {feature!r}; its features are {', '.join(f.name for f in found.type.all_features if f.name not in _OWN)}", found)
            given = self.string(found, feature)
            if given is None and found.type.name in self.rules:
                self.fail(f"{feature} is empty; give it a label in the tool", found)
            label = given or label
        if layer == "quotes":
            return Quote(content=(Span(found.begin, found.end),))
        if layer == "events":
            return Event(label=label, trigger=Span(found.begin, found.end))
        if layer == "boilerplate":
            return BoilerplateSpan(found.begin, found.end, label)
        return Entity(found.begin, found.end, label, entity=self.string(found, "identifier") if self._below(found, NAMED_ENTITY) else None)

    def fields(self, found: Any, form: type, *without: str) -> dict[str, Any]:
        """The plain fields of a struct, as the features tell them."""
        fields: dict[str, Any] = {field: self.string(found, feature_of(field)) for field in plain_fields(form, *without)}
        if "label" in fields and fields["label"] is None:
            self.fail("has no label; give it one in the tool", found)
        if "surface" in fields:
            fields["surface"] = self.surface(found)
        return fields

    def span(self, found: Any) -> Span:
        """The span that an annotation stands on."""
        return Span(found.begin, found.end, self.surface(found))

    def surface(self, found: Any) -> str | None:
        """The words of a span, where they were given."""
        given = getattr(found, "surface", None)
        return None if given is None else unescaped_surface(given, found.begin, found.end, self.text)

    def string(self, found: Any, feature: str) -> str | None:
        """A string feature; None where it is absent."""
        value = getattr(found, feature, None)
        if value is not None and not isinstance(value, str):
            self.fail(f"{feature} is no string; take the type system of this package", found)
        return None if value is None else unescaped(value)

    def number(self, given: str, name: str, found: Any) -> float:
        """A bound of a number."""
        try:
            value = float(given)
        except ValueError:
            value = math.nan
        if not math.isfinite(value):
            self.fail(f"{name} is {given!r}, which is no number; write digits with a decimal point", found)
        return value

    def links(self, found: Any, slot: str) -> Iterator[Any]:
        """The links of a slot."""
        array = getattr(found, slot, None)
        yield from (() if array is None else array.elements or ())

    def target(self, link: Any, owner: Any) -> Any:
        """The span that a link points to."""
        target = getattr(link, "target", None)
        if target is None or not hasattr(target, "begin"):
            self.fail("has a link that points to no span; fill or remove it in the tool", owner)
        self.linked.add(target.xmiID)
        return target

    def _below(self, found: Any, name: str) -> bool:
        kind = found.type
        while kind is not None and kind.name != name:
            kind = kind.supertype
        return kind is not None

    def _rule(self, found: Any) -> str | None:
        """What `rules` say of a type or the nearest type that it inherits from; None where they are silent."""
        kind = found.type
        while kind is not None:
            if kind.name in self.rules:
                rule = self.rules[kind.name]
                if rule and rule.split(":")[0] not in LAYERS:
                    raise DocumentError(f"types: {kind.name} is to be {rule!r}; say one of {', '.join(LAYERS)}, with :feature for its label, or an empty string")
                return rule
            kind = kind.supertype
        return None

    def _record(self) -> dict[str, Any] | None:
        found = self.all.get(RECORD, [])
        if len(found) > 1:
            self.fail(f"has {len(found)} records; a page has one")
        if not found:
            return None
        record: dict[str, Any] = {field: self.string(found[0], field) for field in ("doc_id", "text_sha256", "layers")}
        for field, form in (("meta", dict), ("characters", list)):
            try:
                record[field] = json.loads(getattr(found[0], field, None) or json.dumps(form()))
            except (ValueError, RecursionError):
                record[field] = None
            if not isinstance(record[field], form):
                self.fail(f"{field} is no longer the JSON that was written; take the record from the file that was imported", found[0])
        return record

    def _text(self) -> str:
        """The text with the characters that XML could not hold."""
        if self.record is None:
            if PLACEHOLDER in self.sofa and any(name in FEATURES and name.startswith("conflictnews.") for name in self.all):
                self.fail("the page's record was deleted, and without it U+FFFD in the text may stand for another character; keep the record")
            return self.sofa
        characters = list(self.sofa)
        for item in self.record["characters"]:
            match item:
                case [int(at), str(character)] if len(character) == 1 and 0 <= at < len(characters) and characters[at] == PLACEHOLDER:
                    characters[at] = character
                case _:
                    self.fail(f"the record says that {item} stood in the text, which does not fit; the text must not be changed in the tool")
        return "".join(characters)

    def _name(self) -> str:
        """The name of a document without record: the title where that is a file name (INCEpTION puts the annotator into documentId), else documentId, else the file's."""
        metadata = next((found for name, group in self.all.items() for found in group if name == METADATA), None)
        title, name = (None, None) if metadata is None else (getattr(metadata, f, None) for f in ("documentTitle", "documentId"))
        if title and Path(title).suffix.lower() in _SUFFIXES:
            return Path(title).stem
        return name or self.file.stem

    def _warn(self) -> None:
        """Say what is passed over: spans that nothing links to, and features of our types that are not ours."""
        for name in (ARGUMENT, PART):
            loose = [found for found in self.all.get(name, ()) if found.xmiID not in self.linked]
            if loose:
                warnings.warn(f"{self.file}: {len(loose)} {name} that nothing links to (the first at {loose[0].begin}-{loose[0].end}) are passed over", stacklevel=2)
        for name, group in self.all.items():
            if name in FEATURES and name.startswith("conflictnews."):
                known = {*FEATURES[name], *_OWN}
                extra = {f.name for f in group[0].type.all_features} - known
                filled = sorted(feature for feature in extra if any(getattr(found, feature, None) not in (None, "", 0, False) for found in group))
                if filled:
                    warnings.warn(f"{self.file}: {name} has the features {', '.join(filled)}, for which a document has no place; they are passed over", stacklevel=2)


def _order(found: Any) -> float:
    """The place in its layer; last where a tool made it (a UIMA number that nobody set is 0)."""
    return getattr(found, "order", None) or math.inf

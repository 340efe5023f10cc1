"""UIMA CAS XMI: a folder of ``<doc_id>.xmi`` with its ``TypeSystem.xml``, which INCEpTION and other UIMA tools open.

Each annotation is a span of its layer's type (`conflictnews.io.xmitypes`); arguments and the parts of quotes are spans of their own that slots link to. The feature
``order`` keeps the order of a layer: what a tool adds has none and comes last. Sentences and tokens are written for display and passed over on reading. XMI counts
UTF-16 units; dkpro-cassis converts. XML cannot hold control characters, U+FFFE, U+FFFF and halves of surrogate pairs: in the text U+FFFD stands for each of them and the
page's `Record` says what it was; any other string that holds one is written as ``!["..."]``, JSON in ASCII.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterable, Iterator
from functools import lru_cache
from pathlib import Path
from typing import Any

from conflictnews.errors import DocumentError, MissingExtraError
from conflictnews.io.formats import refuse_standoff
from conflictnews.io.json_folder import write_folder
from conflictnews.io.jsondoc import write_atomically
from conflictnews.io.xmitypes import (
    ARGUMENT,
    BLOCK,
    ENTITY,
    EVENT,
    METADATA,
    PART,
    QUOTE,
    RECORD,
    SENTENCE,
    SHIPPED,
    STRINGS,
    TOKEN,
    feature_of,
    link_of,
    plain_fields,
)
from conflictnews.model import LAYERS, BoilerplateSpan, Document, Entity, Event, Quote, Span, first_fault

UNFIT = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""What XML 1.0 cannot hold."""

PLACEHOLDER = "\ufffd"
"""Stands in the text for an unfit character: as long as each of them, in code points and in UTF-16 units."""

_SENTENCE = re.compile(r"\S(?:[^\r\n]*?(?<!\b[A-Z])(?<!\b[A-Z][a-z])[.!?…؟]['\"’”»)\]]*(?=\s)|[^\r\n]*\S|)")
_TOKEN = re.compile(r"\w+|[^\w\s]")


def cassis_module() -> Any:
    """The module dkpro-cassis; MissingExtraError where it is not installed."""
    try:
        import cassis
    except ImportError:
        raise MissingExtraError("the format xmi", "xmi") from None
    return cassis


@lru_cache(maxsize=1)
def own_types() -> Any:
    """The shipped type system, as cassis has it."""
    return cassis_module().load_typesystem(SHIPPED)


def escaped(text: str) -> str:
    """A string as XML can hold it; `unescaped` gives it back."""
    return "!" + json.dumps([text]) if text.startswith("![") or UNFIT.search(text) else text


def unescaped(text: str) -> str:
    """The string that `escaped` made this of; a string that it did not make is left as it is."""
    found = _packed(text)
    return found[0] if len(found) == 1 and isinstance(found[0], str) else text


def escaped_surface(surface: str, start: int, end: int, text: str) -> str:
    """A surface as a feature: the words, with the offsets where they are not those of the text, so that `unescaped_surface` can tell a stale one from a moved span."""
    if surface == text[start:end] and not surface.startswith("!["):
        return UNFIT.sub(PLACEHOLDER, surface)
    return "!" + json.dumps([start, end, surface])


def unescaped_surface(value: str, start: int, end: int, text: str) -> str:
    """The surface of a span: the words of the text, unless the document that was written said otherwise of this very span."""
    found = _packed(value)
    return found[2] if len(found) == 3 and found[:2] == [start, end] and isinstance(found[2], str) else text[start:end]


def _packed(value: str) -> list[Any]:
    try:
        found = json.loads(value[1:]) if value.startswith("![") else []
    except (ValueError, RecursionError):
        return []
    return found if isinstance(found, list) else []


def read(path: Path, *, types: dict[str, str] | None = None) -> Iterator[Document]:
    """The documents of a folder of ``.xmi`` files (searched through, in order of name) or of one file; a ``TypeSystem.xml`` beside a file tells its types.

    `types` says what other types are: type name -> layer, or ``"layer:feature"`` where a feature gives the label (else the type's short name does), or ``""`` to pass
    the type over. DKPro named entities are read as entities. Raises DocumentError for any other type, and for whatever does not make a document.
    """
    from conflictnews.io.xmiread import read_file

    if not path.exists():
        raise DocumentError(f"{path}: there is no such file or folder")
    files = sorted(p for p in path.rglob("*.xmi") if not p.name.startswith(".")) if path.is_dir() else [path]
    if not files:
        raise DocumentError(f"{path}: the folder holds no .xmi file")
    seen: set[str] = set()
    for file in files:
        document = read_file(file, types or {})
        if document.doc_id in seen:
            raise DocumentError(f"{file}: the doc_id {document.doc_id} comes twice; each document is given once (read the files of each annotator apart)")
        seen.add(document.doc_id)
        yield document


def write(documents: Iterable[Document], path: Path) -> None:
    """``<doc_id>.xmi`` for each document and ``TypeSystem.xml`` in the folder `path`, which must be new or empty; or one document as `path` itself where it ends in ``.xmi``."""
    found = list(documents)
    refuse_standoff(found, "XMI")
    for document in found:
        fault = first_fault(document)
        if fault:
            raise DocumentError(f"{document.doc_id}: {fault}")
    if path.suffix == ".xmi":
        if len(found) != 1:
            raise DocumentError(f"{path}: holds one document, there are {len(found)}; name a folder")
        write_atomically(path, encode(found[0]))
        return
    write_folder({"TypeSystem.xml": SHIPPED.read_bytes()} | {f"{document.doc_id}.xmi": encode(document) for document in found}, path)


def losses(document: Document) -> Iterator[str]:
    """Nothing: every field has its feature."""
    yield from ()


def encode(document: Document) -> bytes:
    """A document with text as XMI: the same bytes for the same document."""
    writer = _Writer(document)
    try:
        writer.add_page()
        for layer in LAYERS:
            for order, annotation in enumerate(document.layer(layer) or (), 1):
                writer.add(annotation, order)
    except (TypeError, ValueError, RecursionError) as error:
        raise DocumentError(f"{document.doc_id}: cannot be written as XMI: {error}") from None
    xmi: str = writer.cas.to_xmi(pretty_print=True)
    return xmi.encode("utf-8")


class _Writer:
    """Fills a CAS with one document."""

    def __init__(self, document: Document) -> None:
        self.document, self.text = document, document.text or ""
        self.types = own_types()
        self.sofa = UNFIT.sub(PLACEHOLDER, self.text)
        self.cas = cassis_module().Cas(self.types, sofa_string=self.sofa)

    def add_page(self) -> None:
        """Name, record, sentences and tokens."""
        sentences = list(_SENTENCE.finditer(self.sofa))
        name = self.document.doc_id
        self.put(METADATA, 0, len(self.text), documentTitle=name, documentId=name)
        at = sentences[0].start() if sentences else 0
        self.put(
            RECORD,
            at,
            at,
            doc_id=name,
            text_sha256=_feature("text_sha256", self.document.text_sha256),
            meta=json.dumps(self.document.meta, allow_nan=False),
            layers=" ".join(layer for layer in LAYERS if self.document.layer(layer) is not None),
            characters=json.dumps([[m.start(), m.group()] for m in UNFIT.finditer(self.text)]),
        )
        for sentence in sentences:
            self.put(SENTENCE, sentence.start(), sentence.end())
        for token in _TOKEN.finditer(self.sofa):
            self.put(TOKEN, token.start(), token.end())

    def add(self, annotation: Entity | Event | Quote | BoilerplateSpan, order: int) -> None:
        """An annotation of a layer, with the spans that it links to."""
        if isinstance(annotation, Event):
            trigger = annotation.trigger
            links: list[tuple[str | None, Any]] = [(a.role, self.span(ARGUMENT, a, "role")) for a in annotation.arguments]
            self.span(EVENT, annotation, "trigger", "arguments", at=trigger, arguments=self.links(EVENT, "arguments", links), order=order)
        elif isinstance(annotation, Quote):
            first, *further = annotation.content
            parts: dict[str, tuple[Span, ...]] = {"content": tuple(further), "cue": annotation.cue, "source": annotation.source}
            slots = {slot: self.links(QUOTE, slot, [(None, self.span(PART, s)) for s in spans]) for slot, spans in parts.items()}
            speakers = self.types.get_type(STRINGS)(elements=[escaped(s) or '![""]' for s in annotation.speakers]) if annotation.speakers else None
            self.span(QUOTE, annotation, "speakers", *parts, at=first, speakers=speakers, order=order, **slots)
        else:
            self.span(ENTITY if isinstance(annotation, Entity) else BLOCK, annotation, order=order)

    def span(self, name: str, value: Any, *without: str, at: Any = None, **features: Any) -> Any:
        """A span of the type `name` with the plain fields of `value`; `at` is the span that it stands on, if not `value` itself."""
        at = value if at is None else at
        for field in plain_fields(type(value), *without):
            features[feature_of(field)] = _feature(field, getattr(value, field))
        features["surface"] = None if at.surface is None else escaped_surface(at.surface, at.start, at.end, self.text)
        return self.put(name, at.start, at.end, **features)

    def links(self, owner: str, slot: str, targets: list[tuple[str | None, Any]]) -> Any:
        """The array of a slot, or None where it is empty."""
        link = self.types.get_type(link_of(owner, slot))
        made = [link(role=None if role is None else escaped(role), target=target) for role, target in targets]
        return self.types.get_type("uima.cas.FSArray")(elements=made) if made else None

    def put(self, name: str, begin: int, end: int, **features: Any) -> Any:
        """A span with features, in the index of the CAS."""
        made = self.types.get_type(name)(begin=begin, end=end, **features)
        self.cas.add(made)
        return made


def _feature(field: str, value: Any) -> str | None:
    """A plain field as a string feature."""
    if value is None or isinstance(value, str):
        return None if value is None else escaped(value)
    if not math.isfinite(value):
        raise ValueError(f"{field} is {value}, which is no number of JSON")
    number = float(value)
    return str(int(number)) if number.is_integer() and 0 < abs(number) < 1e15 else repr(number)

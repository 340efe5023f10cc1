r"""Tokens in columns with IOB2 tags: the outermost mentions of the entity layer, one file for any number of documents.

What is written has five columns set apart by tabs: token, start, end, the white space after it (``_`` for none, else escapes such as ``\s`` and ``\n``) and
tag, so that tools which take the first column for the token and the last for the tag read it, and the text comes back to the character. A blank line
stands where the text has a line end. Comments open a document and say the rest::

    # doc_id = my-page
    # columns = token start end space tag
    Kono	0	4	\s	B-PER
    left	5	9	_	O
    .	9	10	\n	O

Other people's files are read too: token first, tag last, any columns between, in IOB1, IOB2, IOBES or BILOU, with ``-DOCSTART-`` or ``# newdoc id =`` between
documents. Their tokens are joined by single spaces and their sentences by line ends. A tag that continues nothing opens a mention, as conlleval has it;
`read_lenient` tells how often.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

from conflictnews.errors import DocumentError
from conflictnews.io.escapes import FRAGILE, escaped, one_line
from conflictnews.io.formats import refuse_standoff
from conflictnews.io.iob_read import COLUMNS, iter_iob
from conflictnews.io.jsondoc import write_atomically
from conflictnews.io.problem import Problem
from conflictnews.model import LAYERS, Document, Entity, first_fault
from conflictnews.tokens import TOKEN

__all__ = ["iter_iob", "losses", "read", "read_lenient", "write"]

_FIELDS = ("id", "subtype", "level", "entity", "value", "low", "high")


class _Kept(NamedTuple):
    """The mentions that are written, and how many are not, by reason."""

    entities: list[Entity]
    left: Counter[str]


def read(path: Path) -> Iterator[Document]:
    """The documents of a file (see `iter_iob`)."""
    for document, _ in iter_iob(path):
        yield document


def read_lenient(path: Path, *, strict: bool = False) -> Iterator[tuple[Document, list[Problem]]]:
    """The same, each with the tags in it that were mended. These are no errors with `strict` either, as whole corpora have them; what is no token with its tag always is."""
    yield from iter_iob(path)


def write(documents: Iterable[Document], path: Path) -> None:
    """Documents as one file, whole or not at all."""
    found = list(documents)
    refuse_standoff(found, "a file of tokens")
    try:
        data = "\n".join("\n".join(_lines(document)) for document in found).encode("utf-8")
    except UnicodeEncodeError:
        raise DocumentError(f"{path}: a text holds one half of a surrogate pair, which is no character") from None
    write_atomically(path, data)


def _lines(document: Document) -> Iterator[str]:
    """The lines of a document; a blank one after each line of the text that has tokens."""
    fault = first_fault(document)
    if fault:
        raise DocumentError(f"{document.doc_id}: {fault}")
    text = document.text or ""
    plain = re.fullmatch(r"[\w.-]+", document.doc_id)
    yield f"# doc_id = {document.doc_id if plain else one_line(document.doc_id)}"
    if document.text_sha256 is not None:
        yield f"# text_sha256 = {document.text_sha256}"
    if document.meta:
        try:
            yield f"# meta = {one_line(document.meta)}"
        except ValueError as error:
            raise DocumentError(f"{document.doc_id}: meta: {error}") from None
    if document.entities is None:
        yield "# entities = none"
    tokens = list(TOKEN.finditer(text))
    first = tokens[0].start() if tokens else len(text)
    if first:
        yield f"# before = {_space(text[:first])}"
    yield f"# columns = {' '.join(COLUMNS)}"
    tags = _tags(document)
    starts = [*(token.start() for token in tokens), len(text)]
    for token, following in zip(tokens, starts[1:], strict=True):
        space = text[token.end() : following]
        yield "\t".join([token.group(), str(token.start()), str(token.end()), _space(space), tags.get(token.start(), "O")])
        if "\n" in space:
            yield ""
    yield ""


def _space(space: str) -> str:
    return "".join(map(escaped, space)) or "_"


def _tags(document: Document) -> dict[int, str]:
    """Where a token starts -> its tag, for those inside the mentions that are written."""
    tags: dict[int, str] = {}
    for entity in _kept(document).entities:
        if re.search(f"[\t\n{FRAGILE}]", entity.label):
            raise DocumentError(f"{document.doc_id}: the label {entity.label!r} holds a tab, a line end or a control character, which no column can")
        for token in TOKEN.finditer(document.text or "", entity.start, entity.end):
            tags[token.start()] = f"{'B' if token.start() == entity.start else 'I'}-{entity.label}"
    return tags


def _kept(document: Document) -> _Kept:
    """The outermost of the mentions that are whole tokens of one line, in the order of the text."""
    text = document.text or ""
    starts, ends = {m.start() for m in TOKEN.finditer(text)}, {m.end() for m in TOKEN.finditer(text)}
    kept: list[Entity] = []
    left: Counter[str] = Counter()
    for entity in sorted(document.entities or (), key=lambda e: (e.start, -e.end)):
        if entity.start not in starts or entity.end not in ends:
            left["not from the start of a token to the end of one"] += 1
        elif "\n" in text[entity.start : entity.end]:
            left["over a line end"] += 1
        elif kept and entity.start < kept[-1].end:
            left["inside another or across it"] += 1
        else:
            kept.append(entity)
    return _Kept(kept, left)


def losses(document: Document) -> Iterator[str]:
    """What the tags cannot say: other layers, mentions in mentions, mentions that are no whole tokens of one line, and every field but the label."""
    kept, left = _kept(document)
    for reason, count in left.items():
        yield f"{_mentions(count)} {reason}"
    for name in _FIELDS:
        count = sum(getattr(entity, name) is not None for entity in kept)
        if count:
            yield f"the {name} of {_mentions(count)}"
    text = document.text or ""
    if count := sum(entity.surface != text[entity.start : entity.end] for entity in kept):
        yield f"the surface of {_mentions(count)}, which comes back as the words"
    places = {id(entity): i for i, entity in enumerate(document.entities or ())}
    if [places[id(entity)] for entity in kept] != sorted(places[id(entity)] for entity in kept):
        yield "the order of the mentions, which is not that of the text"
    for name in LAYERS[1:]:
        annotations = document.layer(name)
        if annotations is not None:
            yield f"the layer {name}, with {len(annotations)} annotations"


def _mentions(count: int) -> str:
    return f"{count} mention{'s' if count > 1 else ''}"

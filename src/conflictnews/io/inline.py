r"""Text with tags in it, for annotating in a text editor: one ``.inline.txt`` file a document, or a folder of them.

A file is a head, the words between the lines ``<text>`` and ``</text>``, and a foot with four digits of checksum for each line of the text::

    conflictnews inline 1
    doc_id: my-page
    text_sha256: 3ae1a2b1...
    layers: entities events quotes boilerplate
    surfaces: given
    meta.genre: "report"
    <text>
    <MIL.unit NAM brigade_3 V1:TAKER>Third Brigade</> men <ev TAKE_TERRITORY.capture e1 claimed konate #V1>took</> <GPE NAM jolo V1:TERRITORY>Jolo</>,
    Col. <PER NAM konate>Konate</> <cue Q1>said</>: <quo DIRECT konate #Q1>“We go in <NUM.other VAL low=2 high=2>two</> days.”</>
    </text>
    lines: 09a3 77f0

A tag is ``<KIND word ... #reference name=value ...>``. The words come in this order; one that is not there is a hyphen, hyphens at the end are left out::

    (none)  LABEL[.subtype] level entity                   a mention; also value= low= high= id=
    ev      LABEL[.subtype] event factuality source        the trigger of an event; also id=
    arg     REFERENCE ROLE entity status source            an argument of the event with that reference
    quo     type speaker,speaker or !reason                the first (mostly only) content of a quote; also parent= id=
    con cue src   REFERENCE                                more content, cue and source of the quote with that reference
    boi     LABEL                                          page furniture; also id=

A part that stands in the very words of a mention or a trigger may be told by their tag instead: ``<PER NAM kono V1:VICTIM Q2:src>`` is a victim in V1 and the source of Q2,
as ``V1:KILLER:claimed:army`` one so claimed by the army; such an argument has the mention's entity and surface. `nth`, ``+surface`` and the like need a tag of its own.

``ent`` may open a mention's tag, and must be there or the label be quoted where the label is one of these words. What holds spaces or signs stands in double quotes.
``#V1`` names an annotation for its parts and its closing tag, and is its id; a reference that is a number is no id. ``</>`` closes the tag opened last, ``</V1>`` the
open tag with that reference, wherever it was opened, so that spans may cross; a tag opened last may be closed by its kind or label too. Annotations and parts are
in the order of their opening tags, but those with ``nth=`` have that place. `surface` repeats the words as ``surfaces:`` says, or as ``+surface``, ``-surface`` or
``surface="other words"`` do. Layers that ``layers:`` does not name and that no tag belongs to are absent.

In the words a backslash opens an escape (`conflictnews.io.escapes`): ``\<``, ``\\``, and what editors change: carriage returns, no-break spaces, other line
separators, controls, a space at a line's end. Line ends of the file are the editor's, whichever they are.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from conflictnews.errors import DocumentError
from conflictnews.io.escapes import FRAGILE, escaped, one_line
from conflictnews.io.formats import refuse_standoff
from conflictnews.io.inline_read import MAGIC, PARTS, read_inline
from conflictnews.io.inline_tags import KINDS, NUMBERS, REFERENCE, Join, Tag, format_tag, joinable
from conflictnews.io.json_folder import write_folder
from conflictnews.io.jsondoc import write_atomically
from conflictnews.io.textguard import line_checks
from conflictnews.model import LAYERS, Document, first_fault, spans_of, text_sha256

SUFFIX = ".inline.txt"
LONG = 60
"""Spans longer than this, and those over a line end, are closed by name."""

_ESCAPED = re.compile(rf"[\\<\u00a0{FRAGILE}]|[^\S\n](?=\n|\Z)")
_DEPTH = ("boi", "quo", "con", "ev", "arg", "src", "cue", "ent")
"""Of tags around the same words, which stands outside."""


class _Drawn(NamedTuple):
    """A tag to be written, without its reference and place, and what it belongs to."""

    tag: Tag
    start: int
    end: int
    surface: str | None
    series: tuple[Any, ...]
    rank: int
    owner: int


def write_inline(document: Document) -> str:
    """The inline form of a document with text: what `read_inline` reads back to the same document."""
    refuse_standoff([document], "the inline form")
    fault = first_fault(document)
    if fault:
        raise DocumentError(f"{document.doc_id}: {fault}")
    text = document.text or ""
    try:
        checksum = text_sha256(text)
        head = _head(document, checksum)
        tags = _tags(_drawn(document), text, _given(document))
    except UnicodeEncodeError:
        raise DocumentError(f"{document.doc_id}: the text holds one half of a surrogate pair, which is no character") from None
    except ValueError as error:
        raise DocumentError(f"{document.doc_id}: {error}") from None
    checks = line_checks(text)
    foot = [f"lines: {' '.join(checks[i : i + 24])}" for i in range(0, len(checks), 24)]
    return "\n".join([*head, "<text>", _woven(text, tags), "</text>", *foot, ""])


def _given(document: Document) -> bool:
    """Whether most spans of the document repeat their words."""
    surfaces = [surface for _, _, _, surface in spans_of(document)]
    return 2 * sum(surface is not None for surface in surfaces) >= len(surfaces)


def _head(document: Document, checksum: str) -> list[str]:
    doc_id = document.doc_id if re.fullmatch(r"[\w.-]+", document.doc_id) else one_line(document.doc_id)
    lines = [MAGIC, f"doc_id: {doc_id}"]
    if document.text_sha256 is not None:
        lines.append(f"text_sha256: {document.text_sha256}")
    if document.text_sha256 != checksum:
        lines.append(f"checksum: {checksum}")
    lines.append(f"layers: {' '.join(name for name in LAYERS if document.layer(name) is not None)}".rstrip())
    lines.append(f"surfaces: {'given' if _given(document) else 'absent'}")
    for name, value in document.meta.items():
        lines.append(f"meta.{name if re.fullmatch(r'[A-Za-z0-9_-]+', name) else one_line(name)}: {one_line(value)}")
    return lines


def _drawn(document: Document) -> list[_Drawn]:
    """Every tag of a document, annotations before their parts."""
    found: list[_Drawn] = []

    def draw(kind: str, span: Any, fields: dict[str, Any], series: tuple[Any, ...], index: int, owner: int = -1, speakers: tuple[str, ...] = ()) -> int:
        written = {name: _number(value, name) if name in NUMBERS else value for name, value in fields.items() if value is not None}
        found.append(_Drawn(Tag(kind, written, speakers), span.start, span.end, span.surface, series, index, owner))
        return len(found) - 1

    def fields(annotation: Any, kind: str) -> dict[str, Any]:
        return {name: getattr(annotation, name) for name in KINDS[kind] if hasattr(annotation, name) and name != "speakers"}

    for i, entity in enumerate(document.entities or ()):
        draw("ent", entity, fields(entity, "ent"), ("entities",), i)
    for i, event in enumerate(document.events or ()):
        owner = draw("ev", event.trigger, fields(event, "ev"), ("events",), i)
        for j, argument in enumerate(event.arguments):
            draw("arg", argument, fields(argument, "arg"), ("arg", i), j, owner)
    for i, quote in enumerate(document.quotes or ()):
        owner = draw("quo", quote.content[0], {**fields(quote, "quo"), "reason": quote.speaker_reason}, ("quotes",), i, speakers=quote.speakers)
        for kind, name in PARTS.items():
            for j, span in enumerate(getattr(quote, name)[name == "content" :]):
                draw(kind, span, {}, (kind, i), j, owner)
    for i, block in enumerate(document.boilerplate or ()):
        draw("boi", block, fields(block, "boi"), ("boilerplate",), i)
    return found


def _number(value: float, name: str) -> str:
    if value - value != 0:
        raise ValueError(f"{name} is {value}, which is no number that a file can hold")
    return repr(float(value)).removesuffix(".0")


def _tags(drawn: Sequence[_Drawn], text: str, given: bool) -> list[tuple[int, str]]:
    """All opening and closing tags as (offset, tag), in the order of the file."""
    hosts = _hosts(drawn)
    home: list[int] = [hosts.get(i, i) for i in range(len(drawn))]
    order = sorted(range(len(drawn)), key=lambda i: (*_opening(drawn[home[i]]), i in hosts, *_opening(drawn[i])))
    places = _places(drawn, order)
    hosts = {i: host for i, host in hosts.items() if i not in places}
    steps = list(_steps(drawn, [i for i in order if i not in hosts]))
    refs = _references(drawn, order, {i for _, i, how in steps if how == "crossing"} | {d.owner for d in drawn})
    joins: dict[int, list[Join]] = {}
    for i in order:
        if i in hosts:
            joins.setdefault(hosts[i], []).append(_join(drawn[i].tag, refs[drawn[i].owner]))
    found = []
    for offset, i, how in steps:
        tag, start, end, surface, _, _, owner = drawn[i]
        if how == "open":
            words = text[start:end]
            said = None if (surface is not None) == given and surface in (None, words) else True if surface == words else False if surface is None else surface
            fields = tag.fields if owner < 0 else {"of": refs[owner], **tag.fields}
            found.append((offset, format_tag(Tag(tag.kind, fields, tag.speakers, refs.get(i), places.get(i), said, tuple(joins.get(i, ()))))))
        elif how == "crossing" or end - start > LONG or "\n" in text[start:end]:
            name = refs.get(i) or (tag.name if _sayable(tag.name) else "")
            found.append((offset, f"</{name}>"))
        else:
            found.append((offset, "</>"))
    return found


def _opening(drawn: _Drawn) -> tuple[Any, ...]:
    """What tags are put in order by: those around more words stand before, and so outside, the others that open with them."""
    return (drawn.start, -drawn.end, _DEPTH.index(drawn.tag.kind), drawn.series[1:], drawn.rank)


def _hosts(drawn: Sequence[_Drawn]) -> dict[int, int]:
    """Part -> the tag of a mention or trigger around the same words that can say it: an argument only by a mention of its entity."""
    places: dict[tuple[Any, ...], int] = {}
    for i, (tag, start, end, surface, *_) in enumerate(drawn):
        if tag.kind in ("ent", "ev"):
            places.setdefault((start, end, surface), i)
        if tag.kind == "ent":
            places.setdefault((start, end, surface, tag.fields.get("entity")), i)
    hosts = {}
    for i, (tag, start, end, surface, _, _, owner) in enumerate(drawn):
        fields = tag.fields
        entity = (fields.get("entity"),) if tag.kind == "arg" else ()
        if owner >= 0 and joinable(fields.get("role"), fields.get("status"), fields.get("source")) and (start, end, surface, *entity) in places:
            hosts[i] = places[(start, end, surface, *entity)]
    return hosts


def _join(part: Tag, of: str) -> Join:
    """A part as its host says it."""
    return Join(of, part.fields.get("role", part.kind), part.fields.get("status"), part.fields.get("source"))


def _sayable(name: str) -> bool:
    """Whether a label may stand in a closing tag."""
    return REFERENCE.fullmatch(name) is not None and not name.isdigit() and name != "text"


def _steps(drawn: Sequence[_Drawn], order: Sequence[int]) -> Iterator[tuple[int, int, str]]:
    """What happens along the text, as (offset, number of the tag, open, close or crossing); crossing tags are closed though later ones are still open."""
    stack: list[int] = []

    def close(limit: int | None) -> Iterator[tuple[int, int, str]]:
        for end in sorted({drawn[i].end for i in stack if limit is None or drawn[i].end <= limit}):
            for i in [i for i in reversed(stack) if drawn[i].end == end]:
                yield end, i, "close" if stack[-1] == i else "crossing"
                stack.remove(i)

    for i in order:
        yield from close(drawn[i].start)
        stack.append(i)
        yield drawn[i].start, i, "open"
    yield from close(None)


def _references(drawn: Sequence[_Drawn], order: Sequence[int], needed: set[int]) -> dict[int, str]:
    """Tag -> its reference: the id where that can be one, else a number where the tag needs it."""
    ids = [d.tag.fields.get("id") for d in drawn]
    times = Counter(ids)
    taken = {*KINDS, "text", *(d.tag.name for d in drawn)}
    usable = {id_ for id_ in ids if id_ and _sayable(id_) and times[id_] == 1 and id_ not in taken}
    refs: dict[int, str] = {}
    count = 0
    for i in order:
        if ids[i] in usable:
            refs[i] = str(ids[i])
        elif i in needed:
            count += 1
            refs[i] = str(count)
    return refs


def _places(drawn: Sequence[_Drawn], order: Sequence[int]) -> dict[int, int]:
    """Tag -> its place, from 1, among its like: for the fewest that must say so because the file has them in another order."""
    series: dict[tuple[Any, ...], list[int]] = {}
    for i in order:
        series.setdefault(drawn[i].series, []).append(i)
    places: dict[int, int] = {}
    for members in series.values():
        kept = _longest_rise([drawn[i].rank for i in members])
        places.update({i: drawn[i].rank + 1 for i in members if drawn[i].rank not in kept})
    return places


def _longest_rise(numbers: Sequence[int]) -> set[int]:
    """A longest rising subsequence of different numbers."""
    tops: list[int] = []
    before: dict[int, int | None] = {}
    for n in numbers:
        at = bisect_left(tops, n)
        before[n] = tops[at - 1] if at else None
        tops[at : at + 1] = [n]
    rise: set[int] = set()
    last = tops[-1] if tops else None
    while last is not None:
        rise.add(last)
        last = before[last]
    return rise


def _woven(text: str, tags: Sequence[tuple[int, str]]) -> str:
    """The text with its tags, and with escapes where it needs them."""
    pieces: list[str] = []
    at = 0
    stops = [(m.start(), 1, escaped(m.group())) for m in _ESCAPED.finditer(text)]
    for offset, width, written in sorted([*stops, *((offset, 0, tag) for offset, tag in tags)], key=lambda s: s[:2]):
        pieces += text[at:offset], written
        at = offset + width
    return "".join([*pieces, text[at:]])


def read(path: Path) -> Iterator[Document]:
    """The documents of an inline file, or of all those under a folder in order of name."""
    if not path.exists():
        raise DocumentError(f"{path}: there is no such file or folder")
    files = sorted(p for p in path.rglob(f"*{SUFFIX}") if p.is_file() and not p.name.startswith(".")) if path.is_dir() else [path]
    if not files:
        raise DocumentError(f"{path}: the folder holds no {SUFFIX} file")
    seen: dict[str, Path] = {}
    for file in files:
        try:
            document = read_inline(file.read_bytes(), where=str(file))
        except OSError as error:
            raise DocumentError(f"{file}: cannot be read ({error.strerror})") from error
        if document.doc_id in seen:
            raise DocumentError(f"{file}: the doc_id {document.doc_id} comes twice, first in {seen[document.doc_id]}; each document is given once")
        seen[document.doc_id] = file
        yield document


def write(documents: Iterable[Document], path: Path) -> None:
    """A file a document: `path` itself where its name is that of a file and there is one document, else ``<doc_id>.inline.txt`` in the folder `path`, new or empty."""
    found = list(documents)
    files = {f"{document.doc_id}{SUFFIX}": _encoded(document) for document in found}
    if not path.name.endswith(".txt"):
        write_folder(files, path)
    elif len(found) != 1:
        raise DocumentError(f"{path}: holds one document, there are {len(found)}; name a folder")
    else:
        write_atomically(path, next(iter(files.values())))


def _encoded(document: Document) -> bytes:
    try:
        return write_inline(document).encode("utf-8")
    except UnicodeEncodeError:
        raise DocumentError(f"{document.doc_id}: holds one half of a surrogate pair, which is no character") from None


def losses(document: Document) -> Iterator[str]:
    """Nothing: every field has its place."""
    yield from ()

"""Reading the inline form; the grammar is in `conflictnews.io.inline`."""

from __future__ import annotations

import re
from bisect import bisect_right
from typing import Any, NamedTuple

from conflictnews.errors import DocumentError
from conflictnews.io.escapes import from_json, unescaped
from conflictnews.io.inline_tags import NUMBERS, Tag, number, parse_tag
from conflictnews.io.jsondoc import explain
from conflictnews.io.textguard import differing_line, first_difference, mended
from conflictnews.model import LAYERS, Argument, BoilerplateSpan, Document, Entity, Event, Quote, Span, first_fault, text_sha256

MAGIC = "conflictnews inline 1"
LAYER_OF = {"ent": "entities", "ev": "events", "quo": "quotes", "boi": "boilerplate"}
"""Kind of tag that opens an annotation -> its layer."""

PARTS = {"con": "content", "cue": "cue", "src": "source"}
"""Kind of tag for a part of a quote -> the field it goes to."""

_HEAD = ("doc_id", "text_sha256", "checksum", "layers", "surfaces")
_BODY = re.compile(r'(?P<text>[^<\\]+)|(?P<escape>\\(?:u\{[0-9A-Fa-f]{1,6}\}|.?))|<(?P<tag>(?:[^<>"\n]|"(?:[^"\\\n]|\\.)*+")*+)>|(?P<stray><)')


class Mark(NamedTuple):
    """A tag with the words it stands around, and where its file has it."""

    tag: Tag
    start: int
    end: int
    at: int


class _Fault(Exception):
    """What is wrong, and at which character of the file."""

    def __init__(self, at: int, message: str) -> None:
        super().__init__(message)
        self.at = at


class _Head(NamedTuple):
    doc_id: str
    sha256: str | None
    checksum: str
    layers: tuple[str, ...]
    surfaces: bool
    meta: dict[str, Any]


def read_inline(data: bytes | str, original: str | None = None, *, where: str = "inline text") -> Document:
    """The document of an inline file; DocumentError names `where`, line, column and the way out.

    The words between the tags must be those of the annotated text. With `original` a difference is named to the character; without it by the checksums of
    the file: to the character where one was changed, else to the line.
    """
    source = _decoded(data, where)
    try:
        return _read(source, original, where)
    except _Fault as fault:
        line = source.count("\n", 0, fault.at) + 1
        column = fault.at - source.rfind("\n", 0, fault.at)
        raise DocumentError(f"{where}, line {line}, column {column}: {fault}") from None


def _decoded(data: bytes | str, where: str) -> str:
    """The file as text with line feeds for line ends: an original's own carriage returns are escapes, so that any other is the editor's."""
    if isinstance(data, bytes):
        try:
            data = data.decode("utf-8")
        except UnicodeDecodeError as error:
            raise DocumentError(f"{where}: {explain(error, data)}") from None
    if re.search("[\ud800-\udfff]", data):
        raise DocumentError(f"{where}: holds one half of a surrogate pair, which is no character")
    return data.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n")


def _read(source: str, original: str | None, where: str) -> Document:
    opening = re.search(r"^<text>[ \t]*\n", source, flags=re.MULTILINE)
    if source.partition("\n")[0].strip() != MAGIC or opening is None:
        raise _Fault(0, f"is no inline file; the first line is {MAGIC!r}, a line <text> stands before the words and a line </text> after them")
    closings = list(re.finditer(r"\n</text>[ \t]*(?=\n|$)", source[opening.end() - 1 :]))
    if not closings:
        raise _Fault(len(source), "the file is cut short: there is no line </text> after the words")
    end = opening.end() - 1 + closings[-1].start()
    head = _head(source[: opening.start()])
    text, offsets, marks = _scan(source, opening.end(), max(end, opening.end()))
    _compare(text, original, head, _foot(source, end + closings[-1].end() - closings[-1].start()), offsets)
    document = _document(head, text, marks)
    fault = first_fault(document)
    if fault:
        raise _Fault(0, fault)
    return document


def _head(written: str) -> _Head:
    values: dict[str, str] = {}
    meta: dict[str, Any] = {}
    at = written.index("\n") + 1
    for line in written[at:].split("\n"):
        key, colon, value = (part.strip() for part in line.partition(":"))
        if line.startswith("meta."):
            name, item = _meta(line, at)
            if name in meta:
                raise _Fault(at, f"meta.{name} stands there twice")
            meta[name] = item
        elif line.strip():
            if not colon or key not in _HEAD or key in values:
                raise _Fault(at, f"{line.strip()[:60]!r} stands there twice or is no line of the head; it has {', '.join(_HEAD)} and meta.NAME, each with a colon")
            values[key] = value
        at += len(line) + 1
    checksum = values.get("checksum") or values.get("text_sha256")
    if "doc_id" not in values or not checksum:
        raise _Fault(0, "the head lacks its doc_id or the checksum of the text; take it from the file as it was written")
    layers = tuple(values.get("layers", "").split())
    if unknown := next((name for name in layers if name not in LAYERS), None):
        raise _Fault(0, f"no layer is called {unknown!r}; the layers are {', '.join(LAYERS)}")
    if values.get("surfaces", "given") not in ("given", "absent"):
        raise _Fault(0, f"surfaces are given or absent, not {values['surfaces']!r}")
    doc_id = values["doc_id"]
    try:
        doc_id = str(from_json(doc_id)) if doc_id.startswith('"') else doc_id
    except ValueError as error:
        raise _Fault(0, f"doc_id: {error}") from None
    return _Head(doc_id, values.get("text_sha256"), checksum, layers, values.get("surfaces") != "absent", meta)


def _meta(line: str, at: int) -> tuple[str, Any]:
    """Name and value of a line of the document's metadata."""
    match = re.fullmatch(r'meta\.(?:(?P<plain>[\w-]+)|(?P<quoted>"(?:[^"\\]|\\.)*")): *(?P<value>.*)', line)
    if match is None:
        raise _Fault(at, f'{line[:60]!r} is no metadata; write meta.name: "value", in JSON')
    try:
        return match["plain"] if match["plain"] is not None else from_json(match["quoted"]), from_json(match["value"])
    except ValueError as error:
        raise _Fault(at, f"{line.partition(':')[0]}: {error}") from None


def _foot(source: str, at: int) -> list[str] | None:
    """The checks of the text's lines, where the foot has them."""
    checks: list[str] = []
    for line in source[at:].split("\n"):
        if line.strip() and not re.fullmatch(r"lines:(?: +[0-9a-f]{4})*\s*", line):
            raise _Fault(at, f"{line.strip()[:60]!r} stands after </text>, where only the checksums of the lines are")
        checks += line.split()[1:]
        at += len(line) + 1
    return checks or None


def _scan(source: str, at: int, end: int) -> tuple[str, list[tuple[int, int]], list[Mark]]:
    """The bare text, pairs (offset in the text, character of the file) where they come apart, and the marks in order of their opening tags."""
    pieces: list[str] = []
    offsets: list[tuple[int, int]] = []
    opened: list[tuple[Tag, int, int, int]] = []
    closed: dict[int, Mark] = {}
    refs: dict[str, int] = {}
    length = number_of_tags = 0
    for match in _BODY.finditer(source, at, end):
        try:
            if match["tag"] is None:
                if match["stray"]:
                    raise ValueError(r"a < that opens no whole tag; a tag ends with > on its line, a < of the text is written \<")
                piece = match["text"] or unescaped(match["escape"])
                offsets.append((length, match.start()))
                pieces.append(piece)
                length += len(piece)
            elif match["tag"].startswith("/"):
                tag, start, place, key = opened.pop(_closed_by(match["tag"][1:].strip(), [o[0] for o in opened]))
                if start == length:
                    raise ValueError(f"the tag <{source[place + 1 : source.index('>', place)]}> has no words; put the tags around some, or delete both")
                closed[key] = Mark(tag, start, length, place)
            else:
                tag = parse_tag(match["tag"])
                if tag.ref in refs:
                    raise ValueError(f"the reference #{tag.ref} is given a second time, first on line {source.count(chr(10), 0, refs[tag.ref]) + 1}; take another, or none")
                if tag.ref:
                    refs[tag.ref] = match.start()
                opened.append((tag, length, match.start(), number_of_tags))
                number_of_tags += 1
        except ValueError as error:
            raise _Fault(match.start(), f"{match.group()[:80].strip()}: {error}") from None
    if opened:
        tag, _, place, _ = opened[-1]
        raise _Fault(place, f"<{source[place + 1 : place + 60].partition('>')[0]}> is never closed; write </> or </{tag.ref or tag.name}> after its last word")
    offsets.append((length, end))
    return "".join(pieces), offsets, [closed[key] for key in sorted(closed)]


def _closed_by(name: str, opened: list[Tag]) -> int:
    """Which of the open tags a closing tag closes, as an index from the end of the list."""
    if not opened:
        raise ValueError("closes a tag, but none is open here")
    if not name:
        return -1
    for i in range(1, len(opened) + 1):
        if opened[-i].ref == name.removeprefix("#"):
            return -i
    if opened[-1].name != name:
        still = ", ".join(tag.ref or tag.name for tag in reversed(opened[-5:]))
        raise ValueError(f"no open tag has the reference {name}, and the last opened is no {name}; open here, the last first: {still}")
    return -1


def _compare(text: str, original: str | None, head: _Head, checks: list[str] | None, offsets: list[tuple[int, int]]) -> None:
    """A fault where the text is not the one that was annotated."""
    if original is None and not _same(text, head.checksum):
        original = mended(text, head.checksum, checks) if checks else None
        if original is None:
            line = differing_line(text, checks) if checks else None
            if line is None:
                raise _Fault(0, "the words are not those that were annotated (their checksum differs); tags may change, words may not: give the original to learn where")
            offset = sum(len(x) + 1 for x in text.split("\n")[:line])
            raise _Fault(
                _in_file(min(offset, len(text)), offsets), f"the words differ from those that were annotated, first in line {line + 1} of the text; tags may change, words may not"
            )
    if original is not None and text != original:
        offset, what = first_difference(text, original)
        line, column = text.count("\n", 0, offset) + 1, offset - text.rfind("\n", 0, offset)
        raise _Fault(_in_file(offset, offsets), f"{what} (line {line}, column {column} of the text); tags may change, words may not")
    if not _same(text, head.checksum):
        raise _Fault(0, "the words are the original's, but the checksum of the head is another text's; take the head from the file as it was written")


def _same(text: str, checksum: str) -> bool:
    try:
        return text_sha256(text) == checksum
    except UnicodeEncodeError:
        return False


def _in_file(offset: int, offsets: list[tuple[int, int]]) -> int:
    """The character of the file that stands for an offset of the text."""
    i = bisect_right(offsets, (offset, 1 << 60)) - 1
    start, place = offsets[max(i, 0)]
    return place + offset - start


def _document(head: _Head, text: str, marks: list[Mark]) -> Document:
    marks = _with_joined(marks)
    build = _Build(head, text, marks)
    layers: dict[str, Any] = dict.fromkeys(head.layers, ())
    for kind, layer in LAYER_OF.items():
        found = [mark for mark in marks if mark.tag.kind == kind]
        if found:
            layers[layer] = tuple(getattr(build, layer)(mark) for mark in in_order(found))
    build.check()
    return Document(doc_id=head.doc_id, text=text, text_sha256=head.sha256, meta=head.meta, **layers)


def _with_joined(marks: list[Mark]) -> list[Mark]:
    """The marks, each followed by the parts that its words are as well."""
    quotes = {mark.tag.ref for mark in marks if mark.tag.kind == "quo"}
    found: list[Mark] = []
    for mark in marks:
        found.append(mark)
        for join in mark.tag.joins:
            fields = {name: value for name in ("of", "role", "status", "source") if (value := getattr(join, name)) is not None}
            if join.of in quotes and (join.role not in PARTS or len(fields) > 2):
                raise _Fault(mark.at, f"{join.of}:{join.role}: {join.of} is a quote, whose parts are {', '.join(PARTS)}")
            if join.of not in quotes and "entity" in mark.tag.fields:
                fields["entity"] = mark.tag.fields["entity"]
            kind, fields = (join.role, {"of": join.of}) if join.of in quotes else ("arg", fields)
            found.append(mark._replace(tag=Tag(kind, fields, surface=mark.tag.surface)))
    return found


def in_order(marks: list[Mark]) -> list[Mark]:
    """Marks in the order of their layer: each that names its place there, the others around them in the order of the file."""
    placed = sorted((mark for mark in marks if mark.tag.nth is not None), key=lambda mark: mark.tag.nth or 0)
    ordered = [mark for mark in marks if mark.tag.nth is None]
    for mark in placed:
        ordered.insert((mark.tag.nth or 1) - 1, mark)
    return ordered


class _Build:
    """Annotations out of marks, with the parts that belong to them."""

    def __init__(self, head: _Head, text: str, marks: list[Mark]) -> None:
        self.head, self.text = head, text
        self.parts: dict[tuple[str, str], list[Mark]] = {}
        for mark in marks:
            if mark.tag.kind in PARTS or mark.tag.kind == "arg":
                self.parts.setdefault((mark.tag.kind, mark.tag.fields["of"]), []).append(mark)

    def check(self) -> None:
        """A fault for a part whose annotation is not there."""
        for (kind, ref), marks in self.parts.items():
            whole = "event" if kind == "arg" else "quote"
            raise _Fault(marks[0].at, f"{kind} belongs to the {whole} {ref}, which is not there; give the {whole}'s tag the reference #{ref}")

    def of(self, kind: str, owner: Mark) -> list[Mark]:
        """The parts of a kind that belong to an annotation, in order."""
        return in_order(self.parts.pop((kind, owner.tag.ref), [])) if owner.tag.ref else []

    def at(self, mark: Mark) -> dict[str, Any]:
        """Start, end and surface."""
        given = self.head.surfaces if mark.tag.surface is None else mark.tag.surface
        surface = given if isinstance(given, str) else self.text[mark.start : mark.end] if given else None
        return {"start": mark.start, "end": mark.end, "surface": surface}

    def entities(self, mark: Mark) -> Entity:
        fields: dict[str, Any] = {name: number(value, name) if name in NUMBERS else value for name, value in mark.tag.fields.items()}
        return Entity(**self.at(mark), **fields)

    def boilerplate(self, mark: Mark) -> BoilerplateSpan:
        return BoilerplateSpan(**{**self.at(mark), **mark.tag.fields})

    def events(self, mark: Mark) -> Event:
        found = ({**self.at(part), **part.tag.fields} for part in self.of("arg", mark))
        arguments = tuple(Argument(**{name: value for name, value in fields.items() if name != "of"}) for fields in found)
        fields: dict[str, Any] = dict(mark.tag.fields)
        return Event(trigger=Span(**self.at(mark)), arguments=arguments, **fields)

    def quotes(self, mark: Mark) -> Quote:
        fields: dict[str, Any] = dict(mark.tag.fields)
        reason = fields.pop("reason", None)
        parts: dict[str, Any] = {name: tuple(Span(**self.at(part)) for part in self.of(kind, mark)) for kind, name in PARTS.items()}
        parts["content"] = (Span(**self.at(mark)), *parts["content"])
        return Quote(**parts, speakers=mark.tag.speakers, speaker_reason=reason, **fields)

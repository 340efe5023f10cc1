"""Reading brat standoff, ours and other people's; the lines are told in `conflictnews.io.brat`."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec

from conflictnews.errors import DocumentError
from conflictnews.io.brat_build import Bound, File, Frame, layers_of
from conflictnews.io.brat_names import CONF, Spans, declared_layers, fragments, joined, plain_roles
from conflictnews.io.escapes import from_json
from conflictnews.io.jsondoc import explain
from conflictnews.io.problem import Problem
from conflictnews.model import LAYERS, LONGEST, Document, first_fault, id_fault

_LINE = re.compile(r"([A-Z*#][^\s]*)\t(.*)", re.DOTALL)
_BOUND = re.compile(r"(\S+) ([0-9]{1,12} [0-9]{1,12}(?:;[0-9]{1,12} [0-9]{1,12})*)")


def iter_brat(path: Path, *, strict: bool = True) -> Iterator[tuple[Document, list[Problem]]]:
    """The documents of a folder (searched through, in order of name) or of one ``.ann`` file, each with what was wrong in it.

    Strict, the first fault is a DocumentError naming file, line and what. Otherwise the line is mended or left out, as its problem says.
    """
    if not path.exists():
        raise DocumentError(f"{path}: there is no such file or folder")
    files = sorted(p for p in path.rglob("*.ann") if p.is_file() and not p.name.startswith(".")) if path.is_dir() else [path]
    if not files:
        raise DocumentError(f"{path}: the folder holds no .ann file")
    layers = {folder: _declared(folder, path) for folder in {file.parent for file in files}}
    seen: dict[str, Path] = {}
    for file in files:
        doc_id = file.name.removesuffix(".ann")
        fault = id_fault(doc_id) or (f"the doc_id {doc_id} comes twice, first in {seen[doc_id]}; each document is given once" if doc_id in seen else None)
        if fault:
            raise DocumentError(f"{file}: {fault}")
        seen[doc_id] = file
        reader = _Reader(file, strict)
        yield reader.document(doc_id, layers[file.parent]), reader.problems


def _declared(folder: Path, top: Path) -> set[str] | None:
    """The layers that the configuration of a folder lists: its own, or the nearest above up to `top`; None without one."""
    for place in (folder, *folder.parents):
        if (place / CONF).is_file():
            return declared_layers(_text(place / CONF).decode("utf-8", "replace"))
        if place in (top, top.parent):
            break
    return None


def _text(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError as error:
        raise DocumentError(f"{file}: cannot be read ({error.strerror})") from error


class _Reader:
    """One document; `problems` is what was found on the way."""

    def __init__(self, file: Path, strict: bool) -> None:
        self.file, self.strict, self.problems = file, strict, list[Problem]()
        self.text: str | None = None

    def report(self, line: int, message: str, file: Path | None = None) -> None:
        """Note a problem; an error where the reader is strict."""
        problem = Problem(str(file or self.file), line, message)
        if self.strict:
            raise DocumentError(str(problem))
        self.problems.append(problem)

    def decoded(self, file: Path) -> str:
        data = _text(file)
        try:
            return data.decode("utf-8")
        except UnicodeDecodeError as error:
            raise DocumentError(f"{file}: {explain(error, data)}") from None

    def document(self, doc_id: str, layers: set[str] | None) -> Document:
        words = self.file.with_name(f"{doc_id}.txt")
        if words.exists():
            self.text = self.decoded(words)
        else:
            self.report(0, "there is no such file: the document has no text, and no offset could be checked", words)
        lines = self.lines(self.decoded(self.file).removeprefix("\ufeff"))
        of_trigger = {frame.trigger: brat_id for brat_id, frame in reversed(lines.frames.items())}
        for brat_id, bound in lines.bounds.items():
            self.place(brat_id, bound, lines.notes.get(of_trigger.get(brat_id, brat_id), {}))
        found = layers_of(self.text, lines, self.report)
        there = {"entities"} if layers is None else layers
        kept: dict[str, Any] = {name: tuple(found[name]) if found[name] or name in there else None for name in LAYERS}
        document = Document(doc_id, self.text, **kept)
        fault = first_fault(document)
        if fault:
            raise DocumentError(f"{self.file}: {fault}")
        return document

    def lines(self, content: str) -> File:
        """The lines of the file, taken apart."""
        found = File({}, {}, [], {}, {}, [])
        last: Bound | None = None
        for number, raw in enumerate(content.split("\n"), 1):
            line = raw.removesuffix("\r")
            match = _LINE.fullmatch(line)
            if match is None:
                if not line.strip():
                    continue
                if last is not None and len(last.words) < sum(end - start for start, end in last.pieces):
                    last.words += f"\n{line}"
                    self.report(number, f"{line[:60]!r} is the rest of the line above, whose words run over a line end; write fragments, with a space between")
                else:
                    self.report(number, f"{line[:60]!r} is no line of an .ann file, which opens with an id and a tab; it is left out")
                continue
            last = None
            brat_id, rest = match.groups()
            kind = "A" if brat_id[0] == "M" else brat_id[0]
            if kind in "TE" and (brat_id in found.bounds or brat_id in found.frames):
                self.report(number, f"the id {brat_id} comes twice; this line is left out")
            elif kind == "T":
                last = self.bound(number, brat_id, rest)
                if last:
                    found.bounds[brat_id] = last
            elif kind == "E":
                self.frame(number, brat_id, rest, found)
            elif kind == "A":
                name, target, value = [*rest.split(), "", "", ""][:3]
                found.attributes.append((number, name, target, value))
            elif kind == "#":
                self.note(number, rest, found)
            elif kind == "*" and rest.split()[:1] == ["Equiv"]:
                found.same.append((number, rest.split()[1:]))
            else:
                what = {"R": "a relation", "N": "a normalisation"}.get(kind, "a line of an unknown kind")
                self.report(number, f"{brat_id} {rest[:60]!r} is {what}, which the model has no place for; it is left out")
        return found

    def bound(self, number: int, brat_id: str, rest: str) -> Bound | None:
        """A T line; None where it is not to be used."""
        head, _, words = rest.partition("\t")
        match = _BOUND.fullmatch(head.strip())
        if match is None:
            self.report(number, f"{brat_id} {head[:60]!r} is no type with offsets, as in 'PER 0 4' or 'PER 0 4;6 9'; the line is left out")
            return None
        pieces = sorted((int(start), int(end)) for start, end in (piece.split() for piece in match[2].split(";")))
        length = LONGEST if self.text is None else len(self.text)
        if any(start >= end for start, end in pieces) or pieces[-1][1] > length:
            self.report(number, f"{brat_id} {match[2]} is no span of the text, which has {length} characters; the line is left out")
            return None
        return Bound(number, match[1], pieces, words)

    def frame(self, number: int, brat_id: str, rest: str, found: File) -> None:
        """An E line."""
        pairs = [pair.partition(":") for pair in rest.split()]
        if not pairs or not all(role and target for role, _, target in pairs):
            self.report(number, f"{brat_id} {rest[:60]!r} is no event, as in 'KIND:T1 ROLE:T2'; the line is left out")
            return
        (kind, _, trigger), *others = pairs
        found.frames[brat_id] = Frame(number, kind, trigger, plain_roles([role for role, _, _ in others]), [target for _, _, target in others])

    def note(self, number: int, rest: str, found: File) -> None:
        """A note: JSON that says more of what it belongs to."""
        head, _, content = rest.partition("\t")
        kind, target, *_ = [*head.split(), "", ""]
        try:
            value = from_json(content) if kind == "AnnotatorNotes" else None
        except ValueError:
            value = None
        if not isinstance(value, dict):
            self.report(number, f"{content[:60]!r} is a note on {target} in words, which the model has no place for; it is left out")
            return
        found.notes.setdefault(target, {}).update(value)
        found.noted[target] = number

    def place(self, brat_id: str, bound: Bound, note: dict[str, Any]) -> None:
        """Check the words of a T line, and set the spans that it stands for."""
        bound.spans = joined(self.text, bound.pieces)
        noted = spans_of_note(note)
        if noted and self.text is not None and max(end for _, end in noted) <= len(self.text) and fragments(self.text, noted) == bound.pieces:
            bound.spans = noted
        if self.text is None:
            return
        there = " ".join(self.text[start:end] for start, end in bound.pieces)
        bound.agrees = there.split() == bound.words.split()
        if not bound.agrees:
            self.report(
                bound.line, f"{brat_id}: the text has {there[:60]!r} at these offsets, the line says {bound.words[:60]!r}; the offsets are kept, with the line's words as surface"
            )


def spans_of_note(note: dict[str, Any]) -> Spans:
    """The spans that a note gives, where they are some."""
    try:
        spans = msgspec.convert(note.get("spans", []), list[tuple[int, int]])
    except msgspec.ValidationError:
        return []
    return spans if all(0 <= start < end for start, end in spans) else []

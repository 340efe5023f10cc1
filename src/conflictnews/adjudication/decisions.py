"""The file of decisions: JSONL, a disagreement a line, in which a person fills in `decision` and `reason`.

Decisions are `DECISIONS`. A line's `a` and `b` say what the passes had when it was written: where a pass has changed since, the decision is stale; it stays in the file, marked,
and is not applied.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import msgspec

from conflictnews.adjudication.differences import Case, Difference
from conflictnews.adjudication.naming import IMPLIED
from conflictnews.adjudication.pairing import places
from conflictnews.errors import DocumentError
from conflictnews.io.jsondoc import explain, write_atomically
from conflictnews.model import Argument, BoilerplateSpan, Document, Entity, Event, Quote, Span

DECISIONS = {
    "a": "what the first pass has (nothing, where it has nothing)",
    "b": "what the second pass has (nothing, where it has nothing)",
    "both": "what either pass has, side by side",
    "neither": "nothing",
    "edit": "what stands in `annotation`",
}
"""Decision -> what goes into the gold."""

TYPES: dict[str, type[msgspec.Struct]] = {"entities": Entity, "events": Event, "arguments": Argument, "quotes": Quote, "boilerplate": BoilerplateSpan}
"""Layer of a disagreement -> the type of its annotations."""

AROUND = 60
"""So many characters of context stand on either side."""


class Row(msgspec.Struct, frozen=True, kw_only=True):
    """A line of the file: the disagreement with its context, and what was decided."""

    id: str
    doc_id: str
    layer: str
    kind: str
    differs: tuple[str, ...] = ()
    line: int | None = None
    context: str | None = None
    event: dict[str, Any] | None = None
    a: dict[str, Any] | None = None
    b: dict[str, Any] | None = None
    decision: str = ""
    annotation: dict[str, Any] | None = None
    reason: str = ""
    stale: bool = False


class Settled(msgspec.Struct, frozen=True):
    """The rows that the file ought to hold, those of decisions that no longer fit at the end, and what is decided: id of a disagreement -> its row."""

    rows: tuple[Row, ...]
    decided: dict[str, Row]
    stale: tuple[Row, ...]


def read_rows(path: Path) -> list[Row]:
    """The rows of a file, none where there is no file. Raises DocumentError naming the line that is no row, or whose decision is none."""
    rows: list[Row] = []
    if not path.exists():
        return rows
    try:
        lines = path.read_bytes().removeprefix(b"\xef\xbb\xbf").split(b"\n")
    except OSError as error:
        raise DocumentError(f"{path}: cannot be read ({error.strerror})") from error
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        where = f"{path}, line {number}"
        try:
            row = msgspec.json.decode(line, type=Row)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            raise DocumentError(f"{where}: {explain(error, line)}") from None
        rows.append(_checked(row, where))
    return rows


def _checked(row: Row, where: str) -> Row:
    if row.decision not in ("", *DECISIONS):
        raise DocumentError(f"{where}: {row.decision!r} is no decision; write {', '.join(DECISIONS)}, or leave it empty")
    if row.layer not in TYPES:
        raise DocumentError(f"{where}: there is no layer {row.layer!r} of disagreements; the layers are {', '.join(TYPES)}")
    if (row.decision == "edit") != (row.annotation is not None):
        raise DocumentError(f"{where}: {'an edit needs the `annotation` that is right' if row.decision == 'edit' else 'there is an `annotation`, but the decision is not edit'}")
    edited(row, where)
    return row


def edited(row: Row, where: str = "") -> Any:
    """The annotation of an edit, or None. Raises DocumentError where it is none of its layer's."""
    if row.annotation is None:
        return None
    kind = TYPES[row.layer]
    unknown = sorted(row.annotation.keys() - set(kind.__struct_fields__))
    if unknown:
        raise DocumentError(f"{where or row.id}: the annotation has the field {unknown[0]!r}; the fields are {', '.join(kind.__struct_fields__)}")
    try:
        found: Any = msgspec.convert(row.annotation, kind)
    except msgspec.ValidationError as error:
        raise DocumentError(f"{where or row.id}: the annotation: {error}") from None
    return found


def write_rows(rows: Iterable[Row], path: Path) -> None:
    """Write the file, whole or not at all."""
    write_atomically(path, b"".join(msgspec.json.encode(row) + b"\n" for row in rows))


def settle(cases: Sequence[Case], rows: Sequence[Row]) -> Settled:
    """Rows for the disagreements of the cases, each with the decision that an earlier row holds for exactly it; and the decisions that fit none.

    Rows on documents that are not among the cases stay as they are, at the end.
    """
    here = {case.document.doc_id for case in cases}
    others = [row for row in rows if row.doc_id not in here]
    rows = [row for row in rows if row.doc_id in here]
    held: dict[str, list[Row]] = {}
    for row in rows:
        held.setdefault(row.id, []).append(row)
    found, used, decided = [], set(), {}
    for case in cases:
        for difference in case.differences:
            fresh = describe(difference, case.document)
            same = next((row for row in held.get(difference.id, ()) if _content(row) == _content(fresh)), None)
            if same is not None:
                used.add(id(same))
                fresh = msgspec.structs.replace(fresh, decision=same.decision, annotation=same.annotation, reason=same.reason)
            if fresh.decision:
                decided[fresh.id] = fresh
            found.append(fresh)
    stale = tuple(msgspec.structs.replace(row, stale=True) for row in rows if id(row) not in used and (row.decision or row.reason))
    return Settled((*found, *stale, *others), decided, stale)


def _content(row: Row) -> tuple[object, ...]:
    return row.doc_id, row.layer, _without_surfaces(row.a), _without_surfaces(row.b)


def _without_surfaces(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _without_surfaces(inner) for name, inner in value.items() if name != "surface"}
    return [_without_surfaces(inner) for inner in value] if isinstance(value, list | tuple) else value


def describe(difference: Difference, document: Document) -> Row:
    """The open row of a disagreement; with its words, those around it and its line where the document has a text."""
    text = document.text
    where = [place for side in (difference.a, difference.b) if side is not None for place in places(side)]
    start, end = min(s for s, _ in where), max(e for _, e in where)
    context = None
    if text is not None:
        words = text[start:end] if end - start <= 4 * AROUND else f"{text[start : start + 2 * AROUND]} ... {text[end - 2 * AROUND : end]}"
        context = f"{text[max(0, start - AROUND) : start]}[[{words}]]{text[end : end + AROUND]}"
    event = difference.event
    return Row(
        id=difference.id,
        doc_id=difference.doc_id,
        layer=difference.layer,
        kind=difference.kind,
        differs=difference.differs,
        line=None if text is None else text.count("\n", 0, start) + 1,
        context=context,
        event=None if event is None else {"label": event.label, "trigger": _shown(event.trigger, text)},
        a=None if difference.a is None else _shown(difference.a, text),
        b=None if difference.b is None else _shown(difference.b, text),
    )


def _shown(annotation: Any, text: str | None) -> dict[str, Any]:
    """An annotation as plain values, with surfaces where there is a text."""
    value = msgspec.to_builtins(with_surfaces(annotation, text))
    found = _unmarked(value)
    if isinstance(annotation, Quote) and annotation.id is not None:
        found["id"] = annotation.id
    return dict(found)


def _unmarked(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _unmarked(inner) for name, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_unmarked(inner) for inner in value]
    return value.removeprefix(IMPLIED) if isinstance(value, str) else value


def with_surfaces(annotation: Any, text: str | None) -> Any:
    """An annotation whose spans repeat their words; without any where there is no text."""
    replace = msgspec.structs.replace
    if isinstance(annotation, Event):
        arguments = tuple(with_surfaces(a, text) for a in annotation.arguments)
        return replace(annotation, trigger=with_surfaces(annotation.trigger, text), arguments=arguments)
    if isinstance(annotation, Quote):
        parts: dict[str, Any] = {part: tuple(with_surfaces(s, text) for s in getattr(annotation, part)) for part in ("content", "cue", "source")}
        return replace(annotation, **parts)
    span: Span | Entity | Argument | BoilerplateSpan = annotation
    return replace(span, surface=None if text is None else text[span.start : span.end])

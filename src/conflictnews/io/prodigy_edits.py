"""What an answered task says: its spans matched to those that were shown, and the layer with the annotator's changes."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple, TypeVar

import msgspec

from conflictnews.errors import DocumentError
from conflictnews.io.prodigy_tasks import OURS, Mark, Task, marks_of
from conflictnews.io.prodigy_views import EXTRAS, Carried
from conflictnews.model import BoilerplateSpan, Entity, Event, Quote

KINDS: dict[str, type[msgspec.Struct]] = {"entities": Entity, "events": Event, "quotes": Quote, "boilerplate": BoilerplateSpan}
"""The annotations of each layer."""

_REF = re.compile(r"(\w+)\[(\d+)\](?:\.(\w+)(?:\[(\d+)\])?)?")

T = TypeVar("T", bound=msgspec.Struct)


class Edits(NamedTuple):
    """A layer after one task: for each annotation what it is now (None: deleted), and those that are new; `answered` where somebody accepted the task."""

    where: str
    kept: list[Any]
    added: list[Any]
    answered: bool


class Ref(NamedTuple):
    """A reference taken apart: ``quotes[2].source[0]`` is quotes, 2, source, 0."""

    layer: str
    i: int
    part: str = ""
    j: int = 0


def parse_ref(ref: str, where: str) -> Ref:
    """The parts of a reference; DocumentError where it is none."""
    found = _REF.fullmatch(ref)
    if not found:
        raise DocumentError(f"{where}: {ref!r} is no reference to an annotation; the field {OURS!r} was changed, write the tasks again")
    return Ref(found[1], int(found[2]), found[3] or "", int(found[4] or 0))


def carried_of(task: Task) -> Carried:
    """What a task of ours carries; DocumentError where the field is damaged."""
    try:
        return msgspec.convert(task.data[OURS], Carried)
    except (msgspec.ValidationError, RecursionError) as error:
        raise DocumentError(f"{task.where}: the field {OURS!r} is not as it was written ({error}); write the tasks again") from None


def base_of(carried: Carried, layer: str, where: str) -> tuple[Any, ...] | None:
    """The layer as it was when the task was written, or None where it was not attempted."""
    if carried.layer is None:
        return None
    try:
        return tuple(msgspec.convert(row, KINDS[layer]) for row in carried.layer)
    except msgspec.ValidationError as error:
        raise DocumentError(f"{where}: the layer in the field {OURS!r} is not as it was written ({error}); write the tasks again") from None


def match(shown: Mapping[str, tuple[int, int, str]], marks: Sequence[Mark]) -> dict[int, str]:
    """Which span of the answer (its number) is which of those shown (its reference).

    A span that still says what it shows is that one, wherever it stands and whatever its label. Annotators who mend a span draw it anew: what is left is joined where it has the
    same edges and label, then the same edges, then where it overlaps with the same label; the last two only where there is one candidate on both sides.
    """
    found: dict[int, str] = {}
    open_refs = dict(shown)
    for i, mark in enumerate(marks):
        if mark.ref in open_refs:
            found[i] = mark.ref
            del open_refs[mark.ref]
    for ref, (start, end, label) in list(open_refs.items()):
        same = next((i for i, m in enumerate(marks) if i not in found and (m.start, m.end, m.label) == (start, end, label)), None)
        if same is not None:
            found[same] = ref
            del open_refs[ref]
    tests: tuple[Callable[[Mark, tuple[int, int, str]], bool], ...] = (
        lambda m, s: (m.start, m.end) == s[:2],
        lambda m, s: m.label == s[2] and m.start < s[1] and s[0] < m.end,
    )
    for test in tests:
        free = [i for i in range(len(marks)) if i not in found]
        pairs = [(i, ref) for i in free for ref, span in open_refs.items() if test(marks[i], span)]
        for i, ref in pairs:
            if sum(i == a for a, _ in pairs) == 1 == sum(ref == b for _, b in pairs):
                found[i] = ref
                del open_refs[ref]
    return found


def place(start: int, end: int, old: Any, text: str) -> dict[str, Any]:
    """The fields of a span that stands at `start` to `end`: as in `old` where it did not move, else with new words where it gave its words."""
    if (old.start, old.end) == (start, end):
        return {}
    return {"start": start, "end": end, "surface": None if old.surface is None else text[start:end]}


def said(span: Mapping[str, Any], kind: str) -> dict[str, Any]:
    """What a span or relation says of its annotation beyond place and label."""
    ours = span.get(OURS)
    return {name: ours[name] for name in EXTRAS[kind] if name in ours} if isinstance(ours, dict) else {}


def changed(annotation: T, fields: Mapping[str, Any], where: str) -> T:
    """`annotation` with other `fields`; the very same where they are as they were. DocumentError where one has a wrong type."""
    new = {name: value for name, value in fields.items() if value != getattr(annotation, name)}
    return made(type(annotation), msgspec.to_builtins(annotation) | new, where) if new else annotation


def made(kind: type[T], fields: Mapping[str, Any], where: str) -> T:
    """An annotation of `kind`; DocumentError where a field has a wrong type."""
    try:
        return msgspec.convert(msgspec.to_builtins(fields), kind)
    except msgspec.ValidationError as error:
        raise DocumentError(f"{where}: {error}") from None


def labelled(mark: Mark) -> str:
    """The label of a span; DocumentError where it has none."""
    if mark.label is None:
        raise DocumentError(f"{mark.where}, {mark.start}-{mark.end}, has no label; give it one, or remove it")
    return mark.label


def accepted(task: Task) -> bool:
    """Whether somebody answered the task and did not reject or ignore it."""
    return task.data.get("answer") == "accept"


def flat_edits(task: Task, carried: Carried, base: Sequence[Any], layer: str, notes: list[str]) -> Edits:
    """The layer after a task of a pass whose spans are annotations: entities and boilerplate."""
    text, marks = task.data["text"], marks_of(task)
    found = match(carried.shown, marks)
    kept: list[Any] = list(base)
    for ref in carried.shown:
        kept[number(ref, layer, base, task.where)] = None
    added = []
    for i, mark in enumerate(marks):
        if i in found:
            at = number(found[i], layer, base, task.where)
            fields = place(mark.start, mark.end, base[at], text) | ({} if mark.label == carried.shown[found[i]][2] else {"label": labelled(mark)})
            kept[at] = changed(base[at], fields | said(mark.data, layer), mark.where)
        else:
            fields = {"start": mark.start, "end": mark.end, "label": labelled(mark), "surface": text[mark.start : mark.end], **said(mark.data, layer)}
            added.append(made(KINDS[layer], fields, mark.where))
    if task.data.get("relations"):
        notes.append(f"{task.where}: relations between spans of this pass mean nothing and are left out")
    return Edits(task.where, kept, added, accepted(task))


def number(ref: str, layer: str, base: Sequence[Any], where: str) -> int:
    """The number of the annotation that `ref` is about; DocumentError where the layer has none such."""
    parsed = parse_ref(ref, where)
    if parsed.layer != layer or parsed.i >= len(base):
        raise DocumentError(f"{where}: {ref!r} is no annotation of the layer that the task carries; the field {OURS!r} was changed, write the tasks again")
    return parsed.i


_UNITS: dict[str, tuple[tuple[str, ...], ...]] = {"entities": (("start", "end", "surface"),), "boilerplate": (("start", "end", "surface"),)}


def merge(doc_id: str, layer: str, base: tuple[Any, ...] | None, edits: Sequence[Edits]) -> tuple[Any, ...] | None:
    """A layer after all tasks about it: what one of them changed is changed, in the order of the layer, new annotations last.

    DocumentError, naming both tasks, where two changed the same thing otherwise. A layer that was not attempted stays so unless somebody answered.
    """
    result: list[Any] = []
    for i, before in enumerate(base or ()):
        now, by = before, ""
        for edit in edits:
            now, by = _merged(doc_id, f"{layer}[{i}]", before, (now, by), (edit.kept[i], edit.where), _UNITS.get(layer, ()))
        if now is not None:
            result.append(now)
    seen: list[tuple[Any, str]] = []
    for edit in edits:
        for new in edit.added:
            if not any(new == old for old, where in seen if where != edit.where):
                rival = next((where for old, where in seen if where != edit.where and _edges(old) == _edges(new)), None)
                if rival:
                    raise DocumentError(f"{doc_id}: {rival} and {edit.where} add different {layer} at {_edges(new)}; make them the same, or read one of the passes")
                seen.append((new, edit.where))
    if base is None and not seen and not any(edit.answered for edit in edits):
        return None
    return (*result, *(new for new, _ in seen))


def _edges(annotation: Any) -> str:
    spans = [annotation.trigger] if isinstance(annotation, Event) else annotation.content if isinstance(annotation, Quote) else [annotation]
    return ", ".join(f"{span.start}-{span.end}" for span in spans)


def _merged(doc_id: str, name: str, before: Any, one: tuple[Any, str], two: tuple[Any, str], units: tuple[tuple[str, ...], ...]) -> tuple[Any, str]:
    """An annotation after two tasks, and the task that changed it."""
    (a, by_a), (b, by_b) = one, two
    if b == before or a == b:
        return one
    if a == before:
        return two
    clash = f"{doc_id}: {by_a} and {by_b} change {name} differently; make them the same, or read one of the passes"
    if a is None or b is None:
        raise DocumentError(clash)
    fields: dict[str, Any] = {}
    grouped = {field for unit in units for field in unit}
    for unit in (*units, *((field,) for field in before.__struct_fields__ if field not in grouped)):
        old, left, right = (tuple(getattr(x, field) for field in unit) for x in (before, a, b))
        if old not in (left, right) and left != right:
            raise DocumentError(clash)
        fields |= dict(zip(unit, right if left == old else left, strict=True))
    return type(before)(**fields), f"{by_a} and {by_b}"

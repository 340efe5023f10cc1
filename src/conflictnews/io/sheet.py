r"""The annotation sheet: a line-addressed form for writing annotations by hand beside a text.

Each row is one annotation (or one part of one), its fields set apart by `` | ``; a ``#`` opens a comment row. Lines of the text count from 1 at each
``\n``. An address is ``12`` (the surface starts on line 12 and stands there once), ``12#2`` (the second time it starts there) or ``12-14`` (it starts
somewhere on these lines). White space in a surface matches any white space of the text; letters and digits match whole words only; ``>>`` stands for
everything between its two sides::

    ent | 3 | Malian | NORP | NAM | mali
    ent | 9 | six miles | NUM.distance | VAL | - | low=6 high=6
    ev  | 5 | fell | TAKE_TERRITORY.capture | e2 | claimed front
    arg | 5 | front | TAKER | denied army
    quo | DIRECT | cisse | id=Q1
    con | 11-13 | “Nobody came >> from Douentza,”
    cue | 13 | said
    src | 13 | Mayor Cissé
    boi | 1-2 | NAV
    boi | 4 | DATELINE | DOUENTZA, Mali, 2 Dec. (KNA) —

`compile_sheet` turns it into a `Document` and collects every row that cannot be placed; `write_sheet` is its inverse up to ids and the order of rows.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from conflictnews.errors import AlignmentError
from conflictnews.model import Argument, BoilerplateSpan, Document, Entity, Event, Quote, Span, text_sha256


@dataclass(frozen=True, slots=True)
class Problem:
    """A row of the sheet that cannot be used: its number from 1 and what is wrong with it."""

    row: int
    message: str

    def __str__(self) -> str:
        return f"row {self.row}: {self.message}"


class _Lines:
    """Where the lines of a text start and end."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.starts = [0] + [m.end() for m in re.finditer("\n", text)]
        if self.starts[-1] == len(text) and len(self.starts) > 1:
            self.starts.pop()

    def span(self, first: int, last: int) -> tuple[int, int]:
        """Start of line `first` and end of line `last`, its line end not included."""
        if not 1 <= first <= last <= len(self.starts):
            raise AlignmentError(f"there is no line {first}-{last}: the text has lines 1 to {len(self.starts)}")
        end = self.starts[last] - 1 if last < len(self.starts) else len(self.text.removesuffix("\n"))
        return self.starts[first - 1], max(end, self.starts[first - 1])

    def number(self, offset: int) -> int:
        """The line that `offset` stands on."""
        from bisect import bisect_right

        return bisect_right(self.starts, offset)


_ADDRESS = re.compile(r"(\d+)(?:-(\d+))?(?:#(\d+))?")


def _pattern(words: str) -> str:
    parts = [re.escape(part) for part in words.split()]
    return r"\s+".join(parts)


def _bounded(words: str) -> re.Pattern[str]:
    before = r"(?<![^\W_])" if words[0].isalnum() else ""
    after = r"(?![^\W_])" if words[-1].isalnum() else ""
    return re.compile(before + _pattern(words) + after)


def _occurrences(words: str, text: str, start: int) -> Iterator[re.Match[str]]:
    """Every place from `start` on where the words stand, those too that overlap another ("a a" in "a a a")."""
    pattern = _bounded(words)
    match = pattern.search(text, start)
    while match:
        yield match
        match = pattern.search(text, match.start() + 1)


def locate(lines: _Lines, address: str, surface: str) -> tuple[int, int]:
    """Start and end of `surface` at `address`; raises AlignmentError when it is not there, or is there more than once."""
    match = _ADDRESS.fullmatch(address.strip())
    if not match:
        raise AlignmentError(f"{address!r} is no address; write a line (12), an occurrence (12#2) or a range (12-14)")
    first, last = int(match[1]), int(match[2] or match[1])
    low, high = lines.span(first, last)
    head, gap, tail = (part.strip() for part in surface.partition(">>"))
    if not head or (gap and not tail):
        raise AlignmentError("the surface is empty")
    found = [m for m in _occurrences(head, lines.text, low) if m.start() <= high]
    if not found:
        elsewhere = sorted({lines.number(m.start()) for m in _occurrences(head, lines.text, 0)})
        where = f"; it stands on line {', '.join(map(str, elsewhere[:8]))}" if elsewhere else "; it stands nowhere in the text"
        raise AlignmentError(f"{head!r} does not start on line {match[0]}{where}")
    nth = int(match[3] or 0)
    if nth > len(found):
        raise AlignmentError(f"{head!r} starts {len(found)} times on line {match[0]}, not {nth}")
    if not nth and len(found) > 1:
        raise AlignmentError(f"{head!r} starts {len(found)} times on line {match[0]}; say which, as in {match[0]}#1")
    start, end = found[max(nth, 1) - 1].span()
    if gap:
        stop = _bounded(tail).search(lines.text, end)
        if not stop:
            raise AlignmentError(f"{tail!r} does not follow {head!r}")
        end = stop.end()
    return start, end


@dataclass(slots=True)
class _Draft:
    """An event or quote under construction."""

    row: int
    fields: dict[str, Any]
    parts: dict[str, list[Any]] = field(default_factory=dict)


def _split_label(text: str) -> tuple[str, str | None]:
    label, _, subtype = text.partition(".")
    return label, subtype or None


def _options(cells: Sequence[str]) -> dict[str, str]:
    found = {}
    for cell in cells:
        for word in cell.split():
            key, sep, value = word.partition("=")
            if not sep:
                raise AlignmentError(f"{word!r} is no key=value")
            found[key] = value
    return found


def _id(text: str) -> str | None:
    return None if text in ("", "-") else text


class _Compiler:
    def __init__(self, text: str) -> None:
        self.text = text
        self.lines = _Lines(text)
        self.entities: list[Entity] = []
        self.drafts: list[tuple[str, _Draft]] = []
        self.blocks: list[BoilerplateSpan] = []
        self.seen: set[str] = set()

    def place(self, address: str, surface: str) -> dict[str, Any]:
        start, end = locate(self.lines, address, surface)
        return {"start": start, "end": end, "surface": self.text[start:end]}

    def row(self, number: int, kind: str, cells: list[str]) -> None:
        getattr(self, "_" + kind)(number, *cells)

    def _ent(self, number: int, address: str, surface: str, label: str, level: str, entity: str = "-", *rest: str) -> None:
        name, subtype = _split_label(label)
        options = _options(rest)
        strangers = sorted(set(options) - {"value", "low", "high"})
        if strangers:
            raise AlignmentError(f"an entity has no {', '.join(strangers)}; it may have value=, low=, high=")
        fields: dict[str, Any] = {key: float(options[key]) for key in ("low", "high") if options.get(key, "-") != "-"}
        fields |= {"value": options.get("value"), "subtype": subtype, "level": level, "entity": _id(entity)}
        self.entities.append(Entity(**self.place(address, surface), label=name, **fields))

    def _ev(self, number: int, address: str, surface: str, label: str, event: str, factuality: str = "asserted") -> None:
        name, subtype = _split_label(label)
        value, _, source = factuality.partition(" ")
        fields = {"label": name, "subtype": subtype, "event": _id(event), "factuality": value, "source": _id(source.strip())}
        self.drafts.append(("ev", _Draft(number, fields | {"trigger": Span(**self.place(address, surface))})))

    def _arg(self, number: int, address: str, surface: str, role: str, status: str = "") -> None:
        draft = self._open("ev", "arg")
        value, _, source = status.partition(" ")
        fields = self.place(address, surface) | {"role": role, "status": _id(value), "source": _id(source.strip())}
        draft.parts.setdefault("arguments", []).append(fields)

    def _quo(self, number: int, kind: str, speakers: str, *rest: str) -> None:
        options = _options(rest)
        if set(options) - {"id", "parent"}:
            raise AlignmentError("a quote may have id= and parent=, nothing else")
        names = [name.strip() for name in speakers.split(",") if name.strip() not in ("", "-")]
        reasons = [name[1:] for name in names if name.startswith("!")]
        fields: dict[str, Any] = {"type": kind, "speakers": tuple(n for n in names if not n.startswith("!")), "speaker_reason": reasons[0] if reasons else None}
        self.drafts.append(("quo", _Draft(number, fields | options)))

    def _part(self, kind: str, address: str, surface: str) -> None:
        self._open("quo", kind).parts.setdefault(kind, []).append(Span(**self.place(address, surface)))

    def _con(self, number: int, address: str, surface: str) -> None:
        self._part("con", address, surface)

    def _cue(self, number: int, address: str, surface: str) -> None:
        self._part("cue", address, surface)

    def _src(self, number: int, address: str, surface: str) -> None:
        self._part("src", address, surface)

    def _boi(self, number: int, address: str, label: str, surface: str = "") -> None:
        if surface:
            self.blocks.append(BoilerplateSpan(**self.place(address, surface), label=label))
            return
        first, _, last = address.partition("-")
        if not first.isdigit() or not (last or first).isdigit():
            raise AlignmentError(f"{address!r} is no range of lines; write 12 or 12-14")
        start, end = self.lines.span(int(first), int(last or first))
        if not self.text[start:end].strip():
            raise AlignmentError(f"line {address} is blank")
        self.blocks.append(BoilerplateSpan(start=start, end=end, surface=self.text[start:end], label=label))

    def _open(self, kind: str, part: str) -> _Draft:
        if not self.drafts or self.drafts[-1][0] != kind:
            raise AlignmentError(f"a {part} row must follow its {kind} row")
        return self.drafts[-1][1]


_FIELDS = {"ent": (4, 7), "ev": (4, 5), "arg": (3, 4), "quo": (2, 4), "con": (2, 2), "cue": (2, 2), "src": (2, 2), "boi": (2, 3)}


def compile_sheet(doc_id: str, text: str, rows: Iterable[str], *, meta: dict[str, Any] | None = None) -> tuple[Document, list[Problem]]:
    """The document that a sheet describes, with ids E1, V1, Q1, B1 ... in text order, and the rows that could not be used."""
    compiler, problems = _Compiler(text), []
    for number, raw in enumerate(rows, 1):
        row = raw.strip()
        if not row or row.startswith("#"):
            continue
        kind, *cells = (cell.strip() for cell in row.split(" | "))
        if kind not in _FIELDS:
            problems.append(Problem(number, f"{kind!r} opens no row; rows open with {', '.join(_FIELDS)}"))
            continue
        low, high = _FIELDS[kind]
        if not low <= len(cells) <= high:
            problems.append(Problem(number, f"{kind} has {len(cells)} fields after it; it takes {low} to {high}, set apart by ' | '"))
            continue
        try:
            compiler.row(number, kind, cells)
        except (AlignmentError, ValueError) as error:
            problems.append(Problem(number, str(error)))
    return _finish(doc_id, text, meta or {}, compiler, problems), problems


def _finish(doc_id: str, text: str, meta: dict[str, Any], compiler: _Compiler, problems: list[Problem]) -> Document:
    entities = sorted(compiler.entities, key=lambda e: (e.start, -e.end, e.label))
    named = [_rebuild(e, id=f"E{i}", entity=e.entity or f"E{i}") for i, e in enumerate(entities, 1)]
    by_span = {(e.start, e.end): e.entity for e in reversed(named)}
    events, quotes = [], []
    for kind, draft in compiler.drafts:
        if kind == "ev":
            arguments = [Argument(**fields, entity=by_span.get((fields["start"], fields["end"]))) for fields in draft.parts.get("arguments", [])]
            events.append(Event(**draft.fields, arguments=tuple(sorted(arguments, key=lambda a: (a.start, a.end, a.role)))))
        elif not draft.parts.get("con"):
            told = "none of its con rows could be placed" if "con" in draft.parts else "a quo row must be followed by a con row"
            problems.append(Problem(draft.row, told))
        else:
            parts: dict[str, Any] = {name: tuple(sorted(draft.parts.get(key, ()), key=lambda s: s.start)) for name, key in (("content", "con"), ("cue", "cue"), ("source", "src"))}
            quotes.append((draft.row, Quote(**draft.fields, **parts)))
    events.sort(key=lambda v: (v.trigger.start, v.trigger.end, v.label))
    quotes.sort(key=lambda q: (q[1].content[0].start, -q[1].content[-1].end))
    new_ids = {quote.id: f"Q{i}" for i, (_, quote) in enumerate(quotes, 1) if quote.id}
    for row, quote in quotes:
        if quote.parent and quote.parent not in new_ids:
            problems.append(Problem(row, f"parent={quote.parent} is no quote of this sheet"))
    return Document(
        doc_id=doc_id,
        text=text,
        text_sha256=text_sha256(text),
        meta=meta,
        entities=tuple(named),
        events=tuple(_rebuild(v, id=f"V{i}", event=v.event or f"V{i}") for i, v in enumerate(events, 1)),
        quotes=tuple(_rebuild(q, id=f"Q{i}", parent=new_ids.get(q.parent) if q.parent else None) for i, (_, q) in enumerate(quotes, 1)),
        boilerplate=tuple(_rebuild(b, id=f"B{i}") for i, b in enumerate(sorted(compiler.blocks, key=lambda b: (b.start, b.end)), 1)),
    )


def _rebuild(value: Any, **changes: Any) -> Any:
    import msgspec

    return msgspec.structs.replace(value, **changes)


def write_sheet(document: Document) -> str:
    """The sheet of a document with its text: what `compile_sheet` reads back to the same annotations."""
    if document.text is None:
        raise AlignmentError(f"{document.doc_id}: a sheet needs the text; hydrate the document first")
    text, lines = document.text, _Lines(document.text)

    def at(span: Any) -> str:
        words = " ".join(text[span.start : span.end].split())
        number = lines.number(span.start)
        if " | " in words:  # the bar sets fields apart: only the words before the first and after the last one can stand in a field
            words = f"{words.split(' | ')[0]} >> {words.split(' | ')[-1]}"
        for address in (str(number), *(f"{number}#{n}" for n in range(1, 100))):
            try:
                if locate(lines, address, words) == (span.start, span.end):
                    return f"{address} | {words}"
            except AlignmentError:
                continue
        raise AlignmentError(f"{document.doc_id}: {words!r} at {span.start} cannot be addressed by whole words; move its edges to word boundaries")

    def tail(value: str | None, source: str | None) -> str:
        return f"{value} {source or '-'}" if source or value in ("claimed", "denied") else f"{value}"

    rows = []
    for e in document.entities or ():
        options = " ".join(f"{k}={v:g}" if isinstance(v, float) else f"{k}={v}" for k in ("value", "low", "high") if (v := getattr(e, k)) is not None)
        rows.append(f"ent | {at(e)} | {e.label}{'.' + e.subtype if e.subtype else ''} | {e.level or '-'} | {e.entity or '-'}" + (f" | {options}" if options else ""))
    for v in document.events or ():
        rows.append(f"ev  | {at(v.trigger)} | {v.label}{'.' + v.subtype if v.subtype else ''} | {v.event or '-'} | {tail(v.factuality or 'asserted', v.source)}")
        rows += [f"arg | {at(a)} | {a.role}" + (f" | {tail(a.status, a.source)}" if a.status else "") for a in v.arguments]
    for q in document.quotes or ():
        speakers = ", ".join(q.speakers) if q.speakers else f"!{q.speaker_reason}" if q.speaker_reason else "-"
        rows.append(f"quo | {q.type} | {speakers} | id={q.id or 'Q'}" + (f" parent={q.parent}" if q.parent else ""))
        rows += [f"{key} | {at(s)}" for key, spans in (("con", q.content), ("cue", q.cue), ("src", q.source)) for s in spans]
    for b in document.boilerplate or ():
        first, last = lines.number(b.start), lines.number(max(b.start, b.end - 1))
        if lines.span(first, last) == (b.start, b.end):
            rows.append(f"boi | {first if first == last else f'{first}-{last}'} | {b.label}")
        else:
            address, words = at(b).split(" | ", 1)
            rows.append(f"boi | {address} | {b.label} | {words}")
    return "\n".join(rows) + "\n"

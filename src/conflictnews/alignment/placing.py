"""Which occurrence of its words a span takes, and where words go that are not in the text."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import cycle

from conflictnews.alignment.loose import LooseDocument, LooseSpan, Spans
from conflictnews.alignment.search import Place, Search
from conflictnews.errors import AlignmentError
from conflictnews.model import Document, spans_of


@dataclass(slots=True, eq=False)
class Item:
    """A surface on its way to a span. `taken` holds the places of its equals, `anchors` are the items that it stands near."""

    layer: str
    place: str
    span: LooseSpan
    taken: set[Place]
    anchors: Sequence[Item] = ()
    anchor_name: str = ""
    at: Place = (0, 0)
    how: str = ""
    similarity: float | None = None
    choice: str | None = None
    repaired: bool = field(default=False)

    def keep(self, text: str) -> None:
        """Take the offsets that were given, if they are right."""
        start, end, surface = self.span.start, self.span.end, self.span.surface
        if start is None or end is None:
            return
        if 0 <= start < end <= len(text) and surface in (None, text[start:end]):
            self.at, self.how, self.similarity = (start, end), "kept", 1.0
            self.taken.add(self.at)
        else:
            self.repaired = True

    def find(self, search: Search) -> None:
        """Look the surface up and choose among its occurrences."""
        self.how, occurrences, self.similarity = search.find(self.span.surface or "")
        if not occurrences:
            return
        free = [place for place in occurrences if place not in self.taken]
        anchors = [a.at for a in self.anchors if a.how not in ("", "lost")]
        if self.repaired:
            given = self.span.start or 0
            self.at, why = min(free or occurrences, key=lambda p: abs(p[0] - given)), "nearest to the offsets that were given"
        elif anchors:
            outside = self.layer == "quotes"
            self.at = min(free or occurrences, key=lambda p: (outside and any(gap(p, a) < 0 for a in anchors), min(max(0, gap(p, a)) for a in anchors)))
            why = f"nearest to the {self.anchor_name}"
        elif free:
            self.at, why = free[0], "in order"
        else:
            self.at, why = occurrences[0], "the first, as all are taken"
        self.taken.add(self.at)
        if len(occurrences) > 1:
            self.choice = f"occurrence {occurrences.index(self.at) + 1} of {len(occurrences)}, {why}"


def gap(left: Place, right: Place) -> int:
    """How many characters lie between two spans; below 0 where they overlap."""
    return max(left[0] - right[1], right[0] - left[1])


def many(value: Spans) -> tuple[LooseSpan, ...]:
    """The spans of a field that may hold one, several, a plain string, or nothing."""
    spans = () if value is None else value if isinstance(value, tuple) else (value,)
    return tuple(LooseSpan(surface=s) if isinstance(s, str) else s for s in spans)


def items_of(document: LooseDocument) -> Iterator[Item]:
    """Every span of a loose document, with the place names of `spans_of`."""
    entities: set[Place] = set()
    triggers: set[Place] = set()
    contents: set[Place] = set()
    blocks: set[Place] = set()
    for i, entity in enumerate(document.entities or ()):
        yield Item("entities", f"entities[{i}]", entity, entities)
    for i, event in enumerate(document.events or ()):
        trigger = Item("events", f"events[{i}].trigger", many(event.trigger)[0], triggers)
        yield trigger
        roles: dict[str, set[Place]] = {}
        for j, argument in enumerate(event.arguments):
            yield Item("events", f"events[{i}].arguments[{j}]", argument, roles.setdefault(argument.role, set()), (trigger,), "trigger")
    for i, quote in enumerate(document.quotes or ()):
        content = [Item("quotes", f"quotes[{i}].content[{j}]", span, contents) for j, span in enumerate(many(quote.content))]
        yield from content
        for name in ("cue", "source"):
            taken: set[Place] = set()
            for j, span in enumerate(many(getattr(quote, name))):
                yield Item("quotes", f"quotes[{i}].{name}[{j}]", span, taken, content, "content")
    for i, block in enumerate(document.boilerplate or ()):
        yield Item("boilerplate", f"boilerplate[{i}]", block, blocks)


def put_lost(items: Sequence[Item], text: str, gold: Document | None, doc_id: str) -> None:
    """Give each lost item of a layer a character of its own (see the top of this module)."""
    layer = items[0].layer
    in_gold, in_found = bytearray(len(text)), bytearray(len(text))
    single = set()
    for place, start, end, _ in spans_of(gold) if gold is not None else ():
        if place.startswith(layer):
            in_gold[start:end] = b"\1" * len(in_gold[start:end])
            single |= {start} if end == start + 1 else set()
    for item in items:
        if item.how != "lost":
            in_found[item.at[0] : item.at[1]] = b"\1" * (item.at[1] - item.at[0])
    ranks = [5 if character.isalnum() else 4 for character in text]
    for run in re.finditer(r"\s+", text):
        breaks = run[0].count("\n")
        rank = 0 if run.end() == len(text) else 1 if breaks > 1 or run.start() == 0 else 2 if breaks else 3
        ranks[run.start() : run.end()] = [rank] * len(run[0])
    order = sorted((at for at in range(len(text)) if at not in single), key=lambda at: (in_gold[at], in_found[at], ranks[at], -at))
    lost = [item for item in items if item.how == "lost"]
    free = [at for at in order if not in_gold[at] and not in_found[at]] or order
    if not free:
        raise AlignmentError(f"{doc_id!r}: $.{lost[0].place}: {lost[0].span.surface!r} is not in the text, which has no character to count it on")
    for item, at in zip(lost, cycle(free), strict=False):
        item.at = (at, at + 1)

"""Short ways to write documents in tests."""

from __future__ import annotations

from conflictnews.model import Argument, BoilerplateSpan, Document, Entity, Event, Quote, Span


def ents(*rows: tuple[int, int, str] | tuple[int, int, str, str], doc_id: str = "d") -> Document:
    """A document with entities (start, end, label[, level])."""
    return Document(doc_id=doc_id, entities=tuple(Entity(start=r[0], end=r[1], label=r[2], level=r[3] if len(r) > 3 else None) for r in rows))


def event(label: str, start: int, end: int, *arguments: tuple[str, int, int]) -> Event:
    """An event with arguments (role, start, end)."""
    return Event(label=label, trigger=Span(start, end), arguments=tuple(Argument(role=r, start=s, end=e) for r, s, e in arguments))


def quote(*content: tuple[int, int], speakers: tuple[str, ...] = ()) -> Quote:
    """A quote with content spans and speakers."""
    return Quote(content=tuple(Span(s, e) for s, e in content), speakers=speakers)


def block(start: int, end: int, label: str = "NAV") -> BoilerplateSpan:
    """A block of furniture."""
    return BoilerplateSpan(start=start, end=end, label=label)

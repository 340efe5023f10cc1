"""Random valid documents with everything that breaks converters: emoji, CRLF, combining marks, nested and touching spans, absent and empty layers."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from conflictnews.model import Argument, BoilerplateSpan, Document, Entity, Event, Quote, Span, text_sha256
from conflictnews.schema import load_schema

PIECES = ["Kono", "war", " ", " ", "\n", "\r\n", "\r", "\t", "\u00a0", "\u2028", "\u0085", "é", "e\u0301", "🇸🇾", "👩‍🚒", "🧨", "“", "”", "'", "<b>", "</b>", "&amp;", "]]>", "[", "]", "|", "\\", "{", "}", "#", "-", "—", "İ", "ﬁ", "ქ", "شام", "\ufeff", "\x0c", "T1", "O", "B-PER", "."]  # fmt: skip
SCHEMA = load_schema()

texts = st.lists(st.sampled_from(PIECES), min_size=1, max_size=40).map("".join)
plain = st.text(st.characters(codec="utf-8", exclude_categories=["Cs", "Cc", "Cn"]), max_size=8)
json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**40), 2**40) | plain, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(plain, inner, max_size=3), max_leaves=5
)


@st.composite
def documents(draw: Any, *, surfaces: bool = True, metadata: bool = True, doc_id: str = "") -> Document:
    """A valid document with text whose annotations are anywhere; labels are of the schema, ids are consistent, `surface` is given or not."""
    text = draw(texts)

    def span(kind: type, **fields: Any) -> Any:
        start = draw(st.integers(0, len(text) - 1))
        end = draw(st.integers(start + 1, len(text)))
        surface = text[start:end] if surfaces and draw(st.booleans()) else None
        return kind(start=start, end=end, surface=surface, **fields)

    def maybe(strategy: Any) -> Any:
        return draw(st.none() | strategy)

    def many(make: Any, most: int, least: int = 0) -> tuple[Any, ...]:
        return tuple(make(i) for i in range(draw(st.integers(least, most))))

    def layer(make: Any, most: int = 4) -> tuple[Any, ...] | None:
        return None if draw(st.integers(0, 4)) == 0 else many(make, most)

    names = ["kono", "red-cross", "x.1", "Ä"]
    some = st.sampled_from(names)
    numbers = st.none() | st.integers(-5, 10**6).map(float) | st.floats(allow_nan=False, allow_infinity=False, width=32)

    def entity(i: int) -> Entity:
        label = draw(st.sampled_from(sorted(SCHEMA.entities.labels)))
        found: Entity = span(
            Entity,
            label=label,
            id=maybe(st.just(f"T{i}")),
            subtype=maybe(st.sampled_from(["distance", "ship"])),
            level=maybe(st.sampled_from(sorted(SCHEMA.entities.levels))),
            entity=maybe(some),
            value=maybe(st.just("2024-12-01")),
            low=draw(numbers),
            high=draw(numbers),
        )
        return found

    def argument(_: int) -> Argument:
        found: Argument = span(
            Argument, role=draw(st.sampled_from(["ATTACKER", "PLACE", "TOPIC"])), entity=maybe(some), status=maybe(st.sampled_from(["claimed", "denied"])), source=maybe(some)
        )
        return found

    def event(i: int) -> Event:
        return Event(
            label=draw(st.sampled_from(sorted(SCHEMA.events.labels))),
            trigger=span(Span),
            id=maybe(st.just(f"E{i}")),
            subtype=maybe(st.just("shooting")),
            event=maybe(st.sampled_from(["e1", "e2"])),
            arguments=many(argument, 3),
            factuality=maybe(st.sampled_from(["asserted", "claimed", "denied"])),
            source=maybe(some),
        )

    def quote(i: int) -> Quote:
        speakers = tuple(draw(st.lists(some, max_size=2, unique=True)))
        return Quote(
            content=many(lambda _: span(Span), 3, 1),
            id=maybe(st.just(f"Q{i}")),
            type=maybe(st.sampled_from(["DIRECT", "INDIRECT", "MIXED"])),
            cue=many(lambda _: span(Span), 2),
            source=many(lambda _: span(Span), 2),
            speakers=speakers,
            speaker_reason=None if speakers else maybe(st.sampled_from(["anonymous", "implicit"])),
            parent=maybe(st.just("Q0")) if i else None,
        )

    def block(i: int) -> BoilerplateSpan:
        found: BoilerplateSpan = span(BoilerplateSpan, label=draw(st.sampled_from(sorted(SCHEMA.boilerplate.labels))), id=maybe(st.just(f"B{i}")))
        return found

    meta = draw(st.dictionaries(plain.filter(bool), json_values, max_size=3)) if metadata else {}
    return Document(
        doc_id=doc_id or draw(st.from_regex(r"[a-z]{1,3}-[0-9]{1,3}", fullmatch=True)),
        text=text,
        text_sha256=draw(st.none() | st.just(text_sha256(text))),
        meta=meta,
        entities=layer(entity, 6),
        events=layer(event),
        quotes=layer(quote),
        boilerplate=layer(block),
    )


some_documents = st.integers(1, 3).flatmap(lambda n: st.tuples(*(documents(doc_id=f"d{i}") for i in range(n))))
"""One to three documents with different ids."""

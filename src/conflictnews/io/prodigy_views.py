"""What of a document each pass of annotation shows in Prodigy: the passes, and documents as tasks.

A task carries, in the field `conflictnews` that Prodigy keeps, the layer as it was and what was shown of it; every span and relation names the annotation that it shows. What
an annotator changes is told by comparing the answer with what was shown (`conflictnews.io.prodigy_edits`), so nothing that a view cannot show is lost.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple

import msgspec

from conflictnews.errors import ConflictNewsError
from conflictnews.io.prodigy_hashes import input_hash, task_hash
from conflictnews.io.prodigy_tasks import OURS
from conflictnews.io.prodigy_tokens import Index, tokens_of
from conflictnews.model import Document, Quote, Span, spans_of, text_sha256

FILLER = "ARGUMENT"
"""The label of a span that fills a role and is no trigger."""

CONTENT, CONTINUED, CUE, SOURCE, SPEAKER = "content", "continued", "cue", "source", "speaker"
"""Labels of the parts of quotes. The first content of a quote is labelled with the quote's type where it has one; `continued` content belongs to the quote before it."""

EXTRAS: dict[str, tuple[str, ...]] = {
    "entities": ("subtype", "level", "entity", "value", "low", "high"),
    "events": ("subtype", "event", "factuality", "source"),
    "arguments": ("entity", "status", "source"),
    "quotes": ("speaker_reason", "parent"),
    "boilerplate": (),
}
"""What spans and relations say of their annotation beyond place and label."""


class Shown(NamedTuple):
    """A span of a view: the annotation that it shows (``entities[3]``), where it stands, its label, and what else it says."""

    ref: str
    start: int
    end: int
    label: str
    extra: dict[str, Any] = {}  # noqa: RUF012 (never written to)


class Link(NamedTuple):
    """A relation of a view: the annotation that it shows, the spans that it runs between, its label, and what else it says."""

    ref: str
    head: str
    child: str
    label: str
    extra: dict[str, Any] = {}  # noqa: RUF012


class View(NamedTuple):
    """What a pass shows of a document, and the annotations that it cannot show."""

    spans: list[Shown]
    links: list[Link]
    hidden: list[str]


class Pass(NamedTuple):
    """A pass of annotation: Prodigy's interface, the layer that it is about, and what it shows of a document."""

    view_id: str
    layer: str
    view: Callable[[Document], View]


class Carried(msgspec.Struct, frozen=True):
    """What a task carries of its document: the field `conflictnews`. `shown` is span -> (start, end, label), `links` is relation -> (head, child, label)."""

    doc_id: str
    name: str = msgspec.field(name="pass")
    sha256: str
    text_sha256: str | None
    meta: dict[str, Any]
    layer: list[dict[str, Any]] | None
    shown: dict[str, tuple[int, int, str]]
    links: dict[str, tuple[str, str, str]]
    hidden: list[str]


def extras(annotation: Any, kind: str) -> dict[str, Any]:
    """What `annotation` says beyond place and label, where it says it."""
    return {name: value for name in EXTRAS[kind] if (value := getattr(annotation, name)) is not None}


class _Room:
    """Spans that do not overlap, taken one by one."""

    def __init__(self) -> None:
        self.spans: list[Shown] = []
        self.at: dict[tuple[int, int], Shown] = {}

    def take(self, span: Shown) -> Shown | None:
        """The span that shows what `span` would: itself where there is room, one with the same edges, or None where it would overlap another."""
        same = self.at.get((span.start, span.end))
        if same is not None:
            return same
        if any(span.start < other.end and other.start < span.end for other in self.spans):
            return None
        self.spans.append(span)
        self.at[span.start, span.end] = span
        return span


def _mentions(document: Document) -> View:
    return View([Shown(f"entities[{i}]", e.start, e.end, e.label, extras(e, "entities")) for i, e in enumerate(document.entities or ())], [], [])


def _outermost(document: Document) -> View:
    spans: list[Shown] = []
    hidden, end = set(), 0
    everything = _mentions(document).spans
    for span in sorted(everything, key=lambda s: (s.start, -s.end)):
        if span.start < end:
            hidden.add(span.ref)
        else:
            spans.append(span)
            end = span.end
    return View(spans, [], [span.ref for span in everything if span.ref in hidden])


def _blocks(document: Document) -> View:
    return View([Shown(f"boilerplate[{i}]", b.start, b.end, b.label) for i, b in enumerate(document.boilerplate or ())], [], [])


def _events(document: Document) -> View:
    """Triggers first, then the arguments of those that are shown; a span that would overlap another is not shown, nor a second event on one trigger."""
    room, links, hidden, heads = _Room(), [], [], {}
    for i, event in enumerate(document.events or ()):
        trigger = Shown(f"events[{i}].trigger", event.trigger.start, event.trigger.end, event.label, extras(event, "events"))
        if room.take(trigger) is trigger:
            heads[i] = trigger
        else:
            hidden.append(f"events[{i}]")
    seen = set()
    for i, head in heads.items():
        for j, argument in enumerate((document.events or ())[i].arguments):
            ref = f"events[{i}].arguments[{j}]"
            child = room.take(Shown(ref, argument.start, argument.end, FILLER))
            if child is None or child is head or (head.ref, child.ref, argument.role) in seen:
                hidden.append(ref)
                continue
            seen.add((head.ref, child.ref, argument.role))
            links.append(Link(ref, head.ref, child.ref, argument.role, extras(argument, "arguments")))
    return View(room.spans, links, hidden)


def content_label(quote: Quote) -> str:
    """How the first content of a quote is labelled: with the quote's type, unless it has none or one that means something else here."""
    return CONTENT if quote.type in (None, CONTINUED, CUE, SOURCE, SPEAKER) else str(quote.type)


def _quotes(document: Document) -> View:
    spans = []
    for i, quote in enumerate(document.quotes or ()):
        for part, label in (("content", CONTINUED), ("cue", CUE), ("source", SOURCE)):
            for j, span in enumerate(getattr(quote, part)):
                first = part == "content" and j == 0
                spans.append(Shown(f"quotes[{i}].{part}[{j}]", span.start, span.end, content_label(quote) if first else label, extras(quote, "quotes") if first else {}))
    return View(spans, [], [])


def _speakers(document: Document) -> View:
    """The first content of each quote, joined to a mention of each of its speakers (in its source if there, else the nearest); and the other sources, to be joined."""
    room, links, hidden, heads = _Room(), [], [], {}
    quotes = document.quotes or ()
    for i, quote in enumerate(quotes):
        head = Shown(f"quotes[{i}].content[0]", quote.content[0].start, quote.content[0].end, content_label(quote))
        if room.take(head) is head:
            heads[i] = head
        else:
            hidden.append(f"quotes[{i}].content[0]")
    known: dict[str, str] = {}  # speaker's span -> entity id
    for i, head in heads.items():
        for k, name in enumerate(quotes[i].speakers):
            ref = f"quotes[{i}].speakers[{k}]"
            child = next(filter(None, (_speaker_span(room, ref, span, name, known) for span in _candidates(document, quotes[i], name))), None)
            if child is None or name in quotes[i].speakers[:k]:
                hidden.append(ref)
            else:
                links.append(Link(ref, head.ref, child.ref, SPEAKER))
    for i in heads:
        for j, span in enumerate(quotes[i].source):
            room.take(Shown(f"quotes[{i}].source[{j}]", span.start, span.end, SOURCE))
    return View(room.spans, links, hidden)


def _speaker_span(room: _Room, ref: str, span: tuple[int, int], name: str, known: dict[str, str]) -> Shown | None:
    found = room.take(Shown(ref, *span, SPEAKER, {"entity": name}))
    if found is None or known.setdefault(found.ref, name if found.ref == ref else "") != name:
        return None
    return found


def _candidates(document: Document, quote: Quote, name: str) -> Iterator[tuple[int, int]]:
    """Where the speaker `name` of a quote may be shown, the best place first."""
    mentions = [(e.start, e.end) for e in document.entities or () if e.entity == name]
    yield from ((s.start, s.end) for s in quote.source if any(s.start <= start and end <= s.end for start, end in mentions))
    if len(quote.source) == len(quote.speakers) == 1:
        yield quote.source[0].start, quote.source[0].end
    yield from sorted(mentions, key=lambda m: distance(quote.content[0], *m))


def distance(span: Span, start: int, end: int) -> int:
    """How many characters lie between a span and another; 0 where they touch or overlap."""
    return max(0, start - span.end, span.start - end)


PASSES: dict[str, Pass] = {
    "entities": Pass("ner_manual", "entities", _outermost),
    "mentions": Pass("spans_manual", "entities", _mentions),
    "events": Pass("relations", "events", _events),
    "quotes": Pass("spans_manual", "quotes", _quotes),
    "speakers": Pass("relations", "quotes", _speakers),
    "boilerplate": Pass("spans_manual", "boilerplate", _blocks),
}
"""The passes, in the order in which they are best made."""


def tasks_of(document: Document, passes: Sequence[str] = tuple(PASSES)) -> Iterator[dict[str, Any]]:
    """A document as one task a pass, ready for `prodigy db-in` or a recipe; all passes together hold all of the document.

    ConflictNewsError where the document has no text; MissingExtraError without the packages that make Prodigy's hashes.
    """
    if document.text is None:
        raise ConflictNewsError(f"{document.doc_id}: has no text, and Prodigy's tasks carry the words; fill texts in with `conflictnews hydrate` first")
    places = [(start, end) for _, start, end, _ in spans_of(document)]
    tokens = tokens_of(document.text, [start for start, _ in places], [end for _, end in places])
    index, digest, of_input = Index(tokens), text_sha256(document.text), input_hash({"text": document.text})
    for name in passes:
        chosen = PASSES[name]
        view = chosen.view(document)
        carried = Carried(
            doc_id=document.doc_id,
            name=name,
            sha256=digest,
            text_sha256=document.text_sha256,
            meta=document.meta,
            layer=msgspec.to_builtins(document.layer(chosen.layer)),
            shown={s.ref: (s.start, s.end, s.label) for s in view.spans},
            links={r.ref: (r.head, r.child, r.label) for r in view.links},
            hidden=view.hidden,
        )
        yield _task(document.text, tokens, index, view, carried, of_input, chosen.view_id)


def _task(text: str, tokens: list[dict[str, Any]], index: Index, view: View, carried: Carried, of_input: int, view_id: str) -> dict[str, Any]:
    spans: list[dict[str, Any]] = [{**index.place(s.start, s.end), "label": s.label, OURS: {"ref": s.ref, **s.extra}} for s in sorted(view.spans, key=lambda s: (s.start, -s.end))]
    task: dict[str, Any] = {
        "text": text,
        "meta": {"doc_id": carried.doc_id, "pass": carried.name} | ({"not shown": len(view.hidden)} if view.hidden else {}),
        "_input_hash": of_input,
        "tokens": tokens,
        "spans": spans,
    }
    if view_id == "relations":
        by_ref = {s[OURS]["ref"]: {key: s[key] for key in ("start", "end", "token_start", "token_end", "label")} for s in spans}
        task["relations"] = [_relation(link, by_ref[link.head], by_ref[link.child]) for link in view.links]
    task |= {"_view_id": view_id, OURS: msgspec.to_builtins(carried)}
    return task | {"_task_hash": task_hash(task)}


def _relation(link: Link, head: dict[str, Any], child: dict[str, Any]) -> dict[str, Any]:
    return {
        "head": head["token_end"],
        "child": child["token_end"],
        "head_span": head,
        "child_span": child,
        "label": link.label,
        OURS: {"ref": link.ref, **link.extra},
    }


def is_ours(task: dict[str, Any]) -> bool:
    """Whether a task was written by `tasks_of`."""
    return isinstance(task.get(OURS), dict) and "pass" in task[OURS]

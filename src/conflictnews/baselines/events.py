"""Events, trained: triggers with their types by a conditional random field; subtype, factuality and the role of each nearby mention by classifiers; the source of a claim from the quotes."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import msgspec

from conflictnews.baselines.crf import Crf, from_iob, to_iob, train_crf
from conflictnews.baselines.linear import Linear, fit_linear
from conflictnews.baselines.mentions import MentionCrf, furniture, outermost, ranges, tell
from conflictnews.baselines.pages import Sentence, cut, token_features
from conflictnews.baselines.quotes import QuoteCrf
from conflictnews.model import Argument, Document, Entity, Event, Quote, Span
from conflictnews.resources import baselines_dir
from conflictnews.schema import Schema, load_schema

NAME = "events-crf"
NO_ROLE = "-"
REACH = 1
"""Fillers are looked for in the trigger's sentence and so many sentences on either side."""


class Trigger(msgspec.Struct, frozen=True):
    """A trigger of one type: the sentence, its range of tokens there, the type."""

    sentence: int
    first: int
    last: int
    label: str


class Page(msgspec.Struct, frozen=True):
    """What the classifiers look at: sentences, and for each the mentions in it with their token ranges, and the quotes of the page."""

    text: str
    sentences: tuple[Sentence, ...]
    mentions: tuple[tuple[tuple[int, int, Entity], ...], ...]
    quotes: tuple[Quote, ...]


def page_of(text: str, sentences: Sequence[Sentence], mentions: Iterable[Entity], quotes: Iterable[Quote]) -> Page:
    """Sentences with the mentions that lie in them, the longest first where two begin together."""
    mentions = sorted(mentions, key=lambda e: (e.start, -e.end))
    placed = []
    for s in sentences:
        here = [(s.find(e.start, e.end), e) for e in mentions if s.start <= e.start and e.end <= s.end]
        placed.append(tuple((place[0], place[1], e) for place, e in here if place))
    return Page(text, tuple(sentences), tuple(placed), tuple(quotes))


def trigger_rows(page: Page, number: int) -> list[list[str]]:
    """The features of a sentence's tokens for the search of triggers."""
    sentence = page.sentences[number]
    spans = ranges(sentence, outermost(e for *_, e in page.mentions[number]), lambda e: f"{e.label}|{e.level}")
    return token_features(sentence.tokens, tell(len(sentence.tokens), spans), width=3)


def context(page: Page, trigger: Trigger) -> list[str]:
    """What a trigger's subtype and factuality are judged by."""
    tokens = page.sentences[trigger.sentence].tokens
    words = [t.text.lower() for t in tokens]
    own = " ".join(words[trigger.first : trigger.last])
    start = tokens[trigger.first].start
    row = [f"type={trigger.label}", f"own={own}", f"own={own}|{trigger.label}", f"end={own[-3:]}", f"end={own[-2:]}"]
    row += [f"in={w}" for w in set(words)]
    row += [f"-{min(trigger.first - i, 4)}={words[i]}" for i in range(max(0, trigger.first - 5), trigger.first)]
    row += [f"near-={words[i]}" for i in range(max(0, trigger.first - 5), trigger.first)]
    row += [f"+{i - trigger.last + 1}={words[i]}" for i in range(trigger.last, min(len(words), trigger.last + 3))]
    row += [f"has={e.label}" for *_, e in page.mentions[trigger.sentence]]
    row.append("quoted" if tokens[trigger.first].quoted else "plain")
    quote = quote_around(page, start)
    row.append("in_quote" if quote else "no_quote")
    row += [f"cue={page.text[c.start : c.end].lower()}" for c in quote.cue] if quote else []
    return row


def quote_around(page: Page, at: int) -> Quote | None:
    """The innermost quote whose content holds a place of the text."""
    found = [(s.end - s.start, i) for i, q in enumerate(page.quotes) for s in q.content if s.start <= at < s.end]
    return page.quotes[min(found)[1]] if found else None


def pairs(page: Page, trigger: Trigger) -> Iterator[tuple[Entity, list[str]]]:
    """The mentions within reach of a trigger, each with the features of the pair."""
    tokens = page.sentences[trigger.sentence].tokens
    words = [t.text.lower() for t in tokens]
    own = " ".join(words[trigger.first : trigger.last])
    passive = any(w in ("was", "were", "been", "being", "be", "is", "are") for w in words[max(0, trigger.first - 3) : trigger.first])
    here = Counter(e.label for *_, e in page.mentions[trigger.sentence])
    for number in range(max(0, trigger.sentence - REACH), min(len(page.sentences), trigger.sentence + REACH + 1)):
        around = [t.text.lower() for t in page.sentences[number].tokens]
        for first, last, e in page.mentions[number]:
            step = number - trigger.sentence
            row = [f"t={trigger.label}", f"m={e.label}|{e.level}", f"t={trigger.label}|m={e.label}|{e.level}", f"own={own}|m={e.label}"]
            row += [f"sentence={step}", f"sentence={step}|m={e.label}", f"sentence={step}|t={trigger.label}|m={e.label}", f"sub={e.label}|{e.subtype}|{trigger.label}"]
            before = around[first - 1] if first else "edge"
            second = around[first - 2] if first > 1 else "edge"
            after = around[last] if last < len(around) else "edge"
            row += [
                f"before={before}",
                f"before={before}|m={e.label}|t={trigger.label}",
                f"before2={second} {before}",
                f"after={after}",
                f"head={around[last - 1]}",
                f"head={around[last - 1]}|t={trigger.label}",
            ]
            if step == 0:
                side = "left" if last <= trigger.first else "right" if first >= trigger.last else "inside"
                low, high = (last, trigger.first) if side == "left" else (trigger.last, first)
                gap = around[low:high] if low < high else []
                between = [m for m in page.mentions[number] if low <= m[0] and m[1] <= high] if low < high else []
                same = sum(m[2].label == e.label for m in between)
                voice = "passive" if passive else "active"
                row += [f"side={side}", f"side={side}|{voice}|t={trigger.label}|m={e.label}", f"side={side}|{voice}|{before}|t={trigger.label}", f"gap={min(len(gap), 12)}|{side}"]
                row += [f"between={min(len(between), 4)}|{side}", f"same={min(same, 2)}|{side}|m={e.label}|t={trigger.label}", f"only={here[e.label] == 1}|m={e.label}"]
                row += [f"path={side}|{' '.join(gap)}|m={e.label}"] if len(gap) < 4 else [f"word={side}|{w}" for w in set(gap) & SIGNALS]
                row += [f"stop={side}|{mark in gap}" for mark in (",", ";", ":")]
            else:
                row += [f"mentions={min(len(page.mentions[number]), 5)}|{step}", f"lacks={here[e.label] == 0}|{step}|m={e.label}|t={trigger.label}"]
                row += [f"first={first == 0 or (step and first < 3)}|{step}"]
            yield e, row


SIGNALS = frozenset(
    (
        "by",
        "of",
        "in",
        "on",
        "at",
        "from",
        "to",
        "with",
        "and",
        "or",
        "who",
        "which",
        "that",
        "after",
        "before",
        "against",
        "for",
        "into",
        "near",
        "between",
        "as",
        "while",
        "when",
        "said",
    )
)
"""Words between trigger and mention that are shown to the classifier of roles."""


def gold_triggers(page: Page, events: Iterable[Event]) -> list[tuple[Trigger, Event]]:
    """The triggers of gold events, each with its event, where they lie in one sentence."""
    found = []
    for v in events:
        for number, s in enumerate(page.sentences):
            if s.start <= v.trigger.start and v.trigger.end <= s.end:
                place = s.find(v.trigger.start, v.trigger.end)
                if place:
                    found.append((Trigger(number, *place, v.label), v))
    return found


def train(documents: Iterable[Document], config: dict[str, Any], progress: Callable[[int], object] = lambda n: None) -> dict[str, bytes]:
    """The model files of these documents: name -> bytes."""
    schema = load_schema()
    sequences, role_rows, roles, kind_rows, kinds, fact_rows, facts = [], [], [], [], [], [], []
    combined: Counter[str] = Counter()
    pages = []
    for document in documents:
        text = document.text or ""
        page = page_of(text, cut(text, furniture(document, schema)), document.entities or (), document.quotes or ())
        found = gold_triggers(page, document.events or ())
        pages.append((page, found))
        combined.update(name for name in _combined(found).values())
    for page, found in pages:
        names = {place: name if combined[name] > 1 else name.split("+")[0] for place, name in _combined(found).items()}
        for number, sentence in enumerate(page.sentences):
            spans = [(first, last, name) for (where, first, last), name in names.items() if where == number]
            sequences.append((trigger_rows(page, number), to_iob(len(sentence.tokens), sorted(spans))))
        for trigger, v in found:
            about = context(page, trigger)
            fact_rows.append(about)
            facts.append(v.factuality or "asserted")
            if schema.events.labels[v.label].subtypes:
                kind_rows.append(about)
                kinds.append(f"{v.label}.{v.subtype or ''}")
            filled = {(a.start, a.end): a.role for a in v.arguments}
            for e, row in pairs(page, trigger):
                role_rows.append(row)
                roles.append(filled.get((e.start, e.end), NO_ROLE))
    return {
        "triggers.crfsuite": train_crf(sequences, progress=progress, **config.get("triggers", {})),
        "roles.npz": fit_linear(role_rows, roles, c=config.get("roles_c", 0.5), min_count=2).dump(),
        "subtypes.npz": fit_linear(kind_rows, kinds, c=config.get("subtypes_c", 1.0), min_count=2).dump(),
        "factuality.npz": fit_linear(fact_rows, facts, c=config.get("factuality_c", 0.5), min_count=2).dump(),
    }


def _combined(found: Iterable[tuple[Trigger, Event]]) -> dict[tuple[int, int, int], str]:
    """Place of a trigger -> its types, joined by "+" where it carries several."""
    types: dict[tuple[int, int, int], list[str]] = {}
    for t, _ in found:
        names = types.setdefault((t.sentence, t.first, t.last), [])
        if t.label not in names:
            names.append(t.label)
    return {place: "+".join(sorted(names)) for place, names in types.items()}


class EventCrf:
    """The loaded baseline."""

    def __init__(self, triggers: Crf, roles: Linear, subtypes: Linear, factuality: Linear, quotes: QuoteCrf, *, threshold: float = 0.5) -> None:
        self.triggers, self.roles, self.subtypes, self.factuality, self.quotes, self.threshold = triggers, roles, subtypes, factuality, quotes, threshold
        self.schema: Schema = load_schema()

    @classmethod
    def load(cls, folder: Path | None = None) -> EventCrf:
        """With the shipped parameters, or those of a folder."""
        folder = folder or baselines_dir() / NAME
        roles, subtypes, factuality = (Linear.load(folder / f"{name}.npz") for name in ("roles", "subtypes", "factuality"))
        return cls(Crf(folder / "triggers.crfsuite"), roles, subtypes, factuality, QuoteCrf.load())

    def find(self, page: Page) -> list[Event]:
        """The events of a page."""
        found: list[Event] = []
        for number in range(len(page.sentences)):
            for first, last, name in from_iob(self.triggers(trigger_rows(page, number))):
                for label in name.split("+"):
                    found.append(self._event(page, Trigger(number, first, last, label), len(found) + 1))
        return _tie(found)

    def _event(self, page: Page, trigger: Trigger, number: int) -> Event:
        tokens = page.sentences[trigger.sentence].tokens
        about = context(page, trigger)
        factuality = self.factuality.best(about)
        quote = quote_around(page, tokens[trigger.first].start)
        sourced = factuality in self.schema.events.sourced_factuality
        return Event(
            id=f"V{number}",
            label=trigger.label,
            subtype=self._subtype(trigger.label, about),
            event=f"v{number}",
            trigger=Span(start=tokens[trigger.first].start, end=tokens[trigger.last - 1].end),
            arguments=self._arguments(page, trigger),
            factuality=factuality,
            source=quote.speakers[0] if sourced and quote and quote.speakers else None,
        )

    def _subtype(self, label: str, about: Sequence[str]) -> str | None:
        if not self.schema.events.labels[label].subtypes:
            return None
        scores = self.subtypes.scores(about)
        allowed = [(scores[i], name) for i, name in enumerate(self.subtypes.labels) if name.startswith(f"{label}.")]
        return max(allowed)[1].partition(".")[2] or None if allowed else None

    def _arguments(self, page: Page, trigger: Trigger) -> tuple[Argument, ...]:
        """Every mention whose likeliest role is one that the type has and the mention's label may fill; of one thing only the likeliest mention."""
        allowed = set(self.schema.roles_of(trigger.label))
        best: dict[tuple[str, str], tuple[float, Entity]] = {}
        for e, row in pairs(page, trigger):
            chances = self.roles.probabilities(row)
            ranked = [(float(p), role) for p, role in zip(chances, self.roles.labels, strict=True) if role != NO_ROLE and role in allowed and self._fits(role, e)]
            chance, role = max(ranked, default=(0.0, ""))
            none = float(chances[self.roles.labels.index(NO_ROLE)]) if NO_ROLE in self.roles.labels else 0.0
            if chance > none * (self.threshold / (1 - self.threshold)):
                key = (role, e.entity or f"{e.start}")
                best[key] = max(best.get(key, (0.0, e)), (chance, e), key=lambda pair: (pair[0], -pair[1].start))
        return tuple(Argument(role=role, start=e.start, end=e.end, entity=e.entity) for (role, _), (_, e) in sorted(best.items(), key=lambda item: (item[1][1].start, item[0][0])))

    def _fits(self, role: str, e: Entity) -> bool:
        labels = self.schema.events.roles[role].labels
        return not labels or e.label in labels

    def __call__(self, texts: Iterable[Document]) -> Iterator[Document]:
        """Each document with an event layer, and the mentions that fill its roles or vouch for it."""
        for document in texts:
            text = document.text or ""
            mentions: MentionCrf = self.quotes.mentions
            blocks = Document(doc_id=document.doc_id, boilerplate=mentions.lines.blocks(text))
            sentences = cut(text, furniture(blocks, self.schema))
            quotes, known = self.quotes.find(text, sentences, mentions.find(text, sentences))
            events = self.find(page_of(text, sentences, known, quotes))
            used = {a.entity for v in events for a in v.arguments} | {v.source for v in events}
            yield Document(doc_id=document.doc_id, text_sha256=document.text_sha256, entities=tuple(e for e in known if e.entity in used), events=tuple(events))


def _tie(events: Sequence[Event]) -> list[Event]:
    """Events of one type that share a filler of a role other than place and time are one happening."""
    universal = set(load_schema().events.universal_roles)
    seen: dict[tuple[str, str, str], str] = {}
    found = []
    for v in events:
        keys = [(v.label, a.role, a.entity) for a in v.arguments if a.role not in universal and a.entity and not re.fullmatch(r"v\d+", a.entity)]
        name = next((seen[key] for key in keys if key in seen), v.event or "")
        for key in keys:
            seen.setdefault(key, name)
        found.append(msgspec.structs.replace(v, event=name))
    return found

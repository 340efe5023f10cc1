"""Events, floor: triggers seen in train, and for each role the nearest mention of the kind that filled it there."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Any

from conflictnews.baselines.gazetteer import Gazetteer
from conflictnews.baselines.parameters import read_parameters
from conflictnews.baselines.text import Sentences
from conflictnews.model import Argument, Document, Entity, Event, Span

NAME = "events-lexicon"
MIN_RATIO = 0.5
"""A word becomes a trigger if at least this share of its occurrences in train is one."""


def learn(train: Iterable[Document]) -> dict[str, Any]:
    """Trigger words with their type, and for each type and mention label the role it mostly fills."""
    import re

    documents = list(train)
    types: dict[str, Counter[tuple[str, str | None]]] = {}
    roles: dict[str, dict[str, Counter[str]]] = {}
    for document in documents:
        labels = {(e.start, e.end): e.label for e in document.entities or ()}
        for v in document.events or ():
            types.setdefault(" ".join((v.trigger.surface or "").lower().split()), Counter())[v.label, v.subtype] += 1
            for a in v.arguments:
                label = labels.get((a.start, a.end))
                if label:
                    roles.setdefault(v.label, {}).setdefault(label, Counter())[a.role] += 1
    triggers = {}
    for word, counts in sorted(types.items()):
        seen = sum(len(re.findall(rf"(?<!\w){re.escape(word)}(?!\w)", (d.text or "").lower())) for d in documents)
        label, subtype = min(counts, key=lambda key: (-counts[key], str(key)))
        if word and counts.total() >= MIN_RATIO * max(seen, 1):
            triggers[word] = {"label": label, "subtype": subtype}
    best = {event: {label: min(c, key=lambda r: (-c[r], r)) for label, c in sorted(by.items())} for event, by in sorted(roles.items())}
    return {"triggers": triggers, "roles": best}


class Lexicon:
    """The loaded baseline."""

    def __init__(self, parameters: dict[str, Any], gazetteer: Gazetteer) -> None:
        from spacy.matcher import PhraseMatcher

        self.gazetteer, self.nlp = gazetteer, gazetteer.nlp
        self.triggers, self.roles = parameters["triggers"], parameters["roles"]
        self.matcher = PhraseMatcher(self.nlp.vocab, attr="LOWER")
        self.matcher.add("trigger", [self.nlp.make_doc(word) for word in self.triggers])

    @classmethod
    def load(cls) -> Lexicon:
        """With the shipped parameters."""
        return cls(read_parameters(NAME), Gazetteer.load())

    def __call__(self, texts: Iterable[Document]) -> Iterator[Document]:
        """Each document with an event layer."""
        from spacy.util import filter_spans

        for document in texts:
            text = document.text or ""
            mentions = next(iter(self.gazetteer([document]))).entities or ()
            sentences = Sentences(text)
            doc = self.nlp.make_doc(text)
            events = []
            for number, span in enumerate(filter_spans(self.matcher(doc, as_spans=True)), 1):
                entry = self.triggers.get(" ".join(span.text.lower().split()))
                if entry is None:
                    continue
                near = [m for m in mentions if sentences.index(m.start) == sentences.index(span.start_char)]
                arguments = self._arguments(entry["label"], span.start_char, near)
                trigger = Span(start=span.start_char, end=span.end_char)
                events.append(
                    Event(label=entry["label"], subtype=entry["subtype"], trigger=trigger, id=f"V{number}", event=f"V{number}", arguments=arguments, factuality="asserted")
                )
            yield Document(doc_id=document.doc_id, text_sha256=document.text_sha256, events=tuple(events))

    def _arguments(self, label: str, at: int, mentions: Iterable[Entity]) -> tuple[Argument, ...]:
        """The nearest mention for each role that its kind fills."""
        nearest: dict[str, Entity] = {}
        for m in sorted(mentions, key=lambda m: (abs(m.start - at), m.start)):
            role = self.roles.get(label, {}).get(m.label)
            if role:
                nearest.setdefault(role, m)
        return tuple(Argument(role=role, start=m.start, end=m.end, entity=m.entity) for role, m in sorted(nearest.items()))

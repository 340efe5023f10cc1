"""Quotes, floor: what stands between marks or after a cue with "that", and the nearest name or noun as its speaker."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Any

from conflictnews.baselines.gazetteer import Gazetteer
from conflictnews.baselines.parameters import read_parameters
from conflictnews.model import Document, Entity, Quote, Span

NAME = "quotes-rules"
MIN_CUES = 2
"""A cue must have stood so often in train."""

REACH = 120
"""So many characters around a quote are searched for cue and speaker."""

_MARKED = re.compile(r"“[^“”]{3,1500}”|(?<!\w)\"[^\"\n]{3,1500}\"(?!\w)|``.{3,1500}?''|«[^«»]{3,1500}»", re.DOTALL)


def learn(train: Iterable[Document]) -> dict[str, Any]:
    """The cue words of train that stand there at least `MIN_CUES` times, and the labels of its named speakers, most frequent first."""
    cues: Counter[str] = Counter()
    labels: Counter[str] = Counter()
    for document in train:
        cues.update(" ".join((s.surface or "").lower().split()) for q in document.quotes or () for s in q.cue)
        named = {e.entity: e.label for e in document.entities or () if e.level == "NAM"}
        labels.update(named[name] for q in document.quotes or () for name in q.speakers if name in named)
    return {
        "cues": sorted(cue for cue, n in cues.items() if n >= MIN_CUES and cue),
        "speaker_labels": sorted(labels, key=lambda label: (-labels[label], label)),
    }


class QuoteRules:
    """The loaded baseline."""

    def __init__(self, parameters: dict[str, Any], gazetteer: Gazetteer) -> None:
        self.gazetteer = gazetteer
        self.speaker_labels: list[str] = parameters["speaker_labels"]
        cues: list[str] = parameters["cues"]
        words = "|".join(re.escape(cue).replace(r"\ ", r"\s+") for cue in sorted(cues, key=lambda c: (-len(c), c)))
        self.cue = re.compile(rf"(?<!\w)(?:{words})(?!\w)", re.IGNORECASE) if cues else re.compile(r"(?!)")
        self.indirect = re.compile(rf"(?<!\w)({words})\s+(?:\w+\s+){{0,3}}?that\s+([^.\n“\"]{{10,300}}?)(?=[.\n])", re.IGNORECASE) if cues else re.compile(r"(?!)")

    @classmethod
    def load(cls) -> QuoteRules:
        """With the shipped parameters."""
        return cls(read_parameters(NAME), Gazetteer.load())

    def __call__(self, texts: Iterable[Document]) -> Iterator[Document]:
        """Each document with a quote layer, and the mentions that its speakers are known by."""
        for document in texts:
            yield self._document(document)

    def _document(self, document: Document) -> Document:
        text = document.text or ""
        mentions = [e for e in next(iter(self.gazetteer([document]))).entities or () if e.level == "NAM"]
        quotes: list[Quote] = []
        speakers: dict[tuple[int, int], Entity] = {}
        last: str | None = None
        spans = [(m.start(), m.end(), True) for m in _MARKED.finditer(text) if m.group().count(" ") >= 3]
        spans += [(m.start(2), m.end(2), False) for m in self.indirect.finditer(text) if not any(s < m.end(2) and m.start(2) < e for s, e, _ in spans)]
        for start, end, marked in sorted(spans):
            cue = self._near(self.cue.finditer(text, max(0, start - REACH), min(len(text), end + REACH)), start, end)
            source = self._source(text, mentions, start, end) if cue else None
            if source is not None:
                speakers[source.start, source.end] = source
                last = source.entity
            elif not cue and not marked:
                continue
            quotes.append(
                Quote(
                    id=f"Q{len(quotes) + 1}",
                    type="DIRECT" if marked else "INDIRECT",
                    content=(Span(start=start, end=end),),
                    cue=(Span(start=cue.start(), end=cue.end()),) if cue else (),
                    source=(Span(start=source.start, end=source.end),) if source else (),
                    speakers=(last,) if last else (),
                    speaker_reason=None if last else "implicit",
                )
            )
        used = {name for q in quotes for name in q.speakers}
        helpers = {(m.start, m.end): m for m in mentions if m.entity in used} | speakers
        return Document(doc_id=document.doc_id, text_sha256=document.text_sha256, entities=tuple(helpers[key] for key in sorted(helpers)), quotes=tuple(quotes))

    @staticmethod
    def _near(matches: Iterable[re.Match[str]], start: int, end: int) -> re.Match[str] | None:
        """The match nearest to the span, outside it."""
        outside = [m for m in matches if m.end() <= start or m.start() >= end]
        return min(outside, key=lambda m: (min(abs(start - m.end()), abs(m.start() - end)), m.start()), default=None)

    def _source(self, text: str, mentions: list[Entity], start: int, end: int) -> Entity | None:
        """The nearest name that can speak, or a capitalised run, within reach and the same paragraph."""
        low = max(text.rfind("\n\n", 0, start) + 1, start - REACH)
        after = text.find("\n\n", end)
        high = min(after if after >= 0 else len(text), end + REACH)
        near = [m for m in mentions if m.label in self.speaker_labels and low <= m.start and m.end <= high and (m.end <= start or m.start >= end)]
        if near:
            return min(near, key=lambda m: (min(abs(start - m.end), abs(m.start - end)), m.start))
        runs = list(re.finditer(r"(?<![.!?“\"]\s)(?<!\w)[A-Z][\w’'-]+(?:\s[A-Z][\w’'-]+)+", text[low:high]))
        outside = [m for m in runs if low + m.end() <= start or low + m.start() >= end]
        if not outside or not self.speaker_labels:
            return None
        run = min(outside, key=lambda m: (min(abs(start - low - m.end()), abs(low + m.start() - end)), m.start()))
        words = " ".join(run.group().split())
        return Entity(start=low + run.start(), end=low + run.end(), label=self.speaker_labels[0], level="NAM", id=f"S{low + run.start()}", entity=words.casefold())

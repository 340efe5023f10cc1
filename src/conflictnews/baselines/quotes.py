"""Quotes, trained: content, cue and source by a conditional random field over paragraphs, joined into quotes by their order, each with the speaker that its source stands for."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import groupby
from pathlib import Path
from typing import Any

import msgspec

from conflictnews.baselines.crf import Crf, from_iob, to_iob, train_crf
from conflictnews.baselines.mentions import MentionCrf, furniture, outermost, ranges, tell
from conflictnews.baselines.pages import CLOSE_MARKS, OPEN_MARKS, Sentence, Token, cut, token_features
from conflictnews.model import Document, Entity, Quote, Span
from conflictnews.resources import baselines_dir
from conflictnews.schema import load_schema

NAME = "quotes-crf"
CONTENT, CUE, SOURCE = "content", "cue", "source"
MARKS = frozenset(OPEN_MARKS + CLOSE_MARKS + '"')


def paragraphs(sentences: Sequence[Sentence]) -> list[Sentence]:
    """The sentences of each paragraph as one."""
    grouped = groupby(sentences, key=lambda s: s.paragraph)
    return [Sentence(tuple(t for s in members for t in s.tokens), 0, number) for number, members in ((number, list(members)) for number, members in grouped)]


def rows(block: Sentence, mentions: Sequence[Entity]) -> list[list[str]]:
    """The features of a paragraph's tokens: words, mentions, and where the marks are."""
    spans = ranges(block, outermost(mentions), lambda e: f"{e.label}|{e.level}")
    known = tell(len(block.tokens), spans)
    tokens = block.tokens
    marks = [t.text in MARKS for t in tokens]
    total, before = sum(marks), 0
    found = token_features(tokens, known, width=3)
    for first, last in _parts(tokens):
        marked = any(marks[first : last + 1])
        speech = {t.text.lower() for t in tokens[first : last + 1]} & SPEECH
        earlier: set[str] = set()
        for at in range(first, last + 1):
            row = found[at]
            row += [f"marks={min(total, 3)}", f"after={min(before, 3)}", "open" if before % 2 else "shut", f"place={min(at - first, 6)}"]
            row.append("marked_sentence" if marked else "plain_sentence")
            row += [f"sentence={w}" for w in sorted(speech)]
            row += [f"said={w}" for w in sorted(earlier)]
            before += marks[at]
            if tokens[at].text.lower() in SPEECH:
                earlier.add(tokens[at].text.lower())
    return found


def _parts(tokens: Sequence[Token]) -> Iterator[tuple[int, int]]:
    """First and last token of each part that ends at a stop."""
    first = 0
    for at, token in enumerate(tokens):
        if token.text in ".!?" or at + 1 == len(tokens):
            yield first, at
            first = at + 1


_VERBS_OF_SPEECH = ("said", "says", "say", "told", "tells", "added", "reported", "denied", "claimed", "warned", "according", "announced", "asked", "called", "confirmed", "stated")
SPEECH = frozenset((*_VERBS_OF_SPEECH, "wrote", "insisted", "accused", "urged", "demanded", "acknowledged", "declared", "that"))
"""Words whose presence in the sentence is shown to the field; it learns by itself what they mean."""


def spans_of(block: Sentence, quotes: Iterable[Quote]) -> list[tuple[int, int, str]]:
    """The token ranges of outermost quotes in a paragraph: cues and sources first, since a nested cue would be lost in content."""
    parts = [(CUE, s) for q in quotes for s in q.cue if not q.parent] + [(SOURCE, s) for q in quotes for s in q.source if not q.parent]
    parts += [(CONTENT, s) for q in quotes for s in q.content if not q.parent]
    found = []
    for name, span in parts:
        start, end = max(span.start, block.start), min(span.end, block.end)
        place = block.find(start, end) if start < end else None
        if place:
            found.append((*place, name))
    return found


def train(documents: Iterable[Document], config: dict[str, Any], progress: Callable[[int], object] = lambda n: None) -> dict[str, bytes]:
    """The model file of these documents: name -> bytes."""
    schema, documents = load_schema(), list(documents)
    sequences = []
    for document in documents:
        for block in paragraphs(cut(document.text or "", furniture(document, schema))):
            sequences.append((rows(block, document.entities or ()), to_iob(len(block.tokens), spans_of(block, document.quotes or ()))))
    speakers = sorted({e.label for d in documents for q in d.quotes or () for e in d.entities or () if e.level != "VAL" and e.entity in q.speakers})
    return {"model.crfsuite": train_crf(sequences, progress=progress, **config), "speakers.json": msgspec.json.encode(speakers) + b"\n"}


class QuoteCrf:
    """The loaded baseline."""

    def __init__(self, model: Crf | None, mentions: MentionCrf, speaking: Iterable[str]) -> None:
        self.model, self.mentions, self.speaking = model, mentions, frozenset(speaking)

    @classmethod
    def load(cls, folder: Path | None = None) -> QuoteCrf:
        """With the shipped parameters, or those of a folder."""
        folder = folder or baselines_dir() / NAME
        return cls(Crf(folder / "model.crfsuite"), MentionCrf.load(), msgspec.json.decode((folder / "speakers.json").read_bytes(), type=list[str]))

    def parts(self, block: Sentence, mentions: Sequence[Entity]) -> list[tuple[int, int, str]]:
        """What stands in a paragraph: start, end, and whether it is content, cue or source."""
        labels = self.model(rows(block, mentions)) if self.model else []
        return [(block.tokens[i].start, block.tokens[j - 1].end, name) for i, j, name in from_iob(labels)]

    def find(self, text: str, sentences: Sequence[Sentence], mentions: Sequence[Entity]) -> tuple[list[Quote], list[Entity]]:
        """The quotes of a page, and the mentions with those that its sources add."""
        known = {(e.start, e.end): e for e in mentions}
        quotes: list[Quote] = []
        last: str | None = None
        open_end = False
        for block in paragraphs(sentences):
            made = list(_join(text, block, self.parts(block, mentions)))
            for number, (content, cues, sources) in enumerate(made):
                speaker = self._speaker(text, sources, known)
                if number == 0 and open_end and quotes and not sources and text[content[0].start] in OPEN_MARKS + '"':
                    earlier = quotes.pop()
                    content = [*earlier.content[:-1], Span(start=earlier.content[-1].start, end=content[0].end), *content[1:]]
                    cues, sources = [*earlier.cue, *cues], list(earlier.source)
                    speaker = last
                speaker = speaker or (last if not sources and quotes else None)
                marked = [text[s.start] in OPEN_MARKS + '"' and text[s.end - 1] in CLOSE_MARKS + '"' for s in content]
                some = any(c in OPEN_MARKS + CLOSE_MARKS + '"' for s in content for c in text[s.start : s.end])
                kind = "DIRECT" if all(marked) or (open_end and text[content[0].start] in OPEN_MARKS) else self._mixed(some)
                quotes.append(
                    Quote(
                        id=f"Q{len(quotes) + 1}",
                        type=kind,
                        content=tuple(content),
                        cue=tuple(cues),
                        source=tuple(sources),
                        speakers=(speaker,) if speaker else (),
                        speaker_reason=None if speaker else "implicit",
                    )
                )
                last = speaker or last
            final = made[-1][0][-1] if made else None
            open_end = final is not None and text[final.start] in OPEN_MARKS + '"' and text[final.end - 1] not in CLOSE_MARKS + '"' and final.end == block.end
        return quotes, sorted(known.values(), key=lambda e: (e.start, -e.end))

    @staticmethod
    def _mixed(some: bool) -> str:
        return next(name for name in load_schema().quotes.types if name not in ("DIRECT", "INDIRECT")) if some else "INDIRECT"

    def _speaker(self, text: str, sources: Sequence[Span], known: dict[tuple[int, int], Entity]) -> str | None:
        """The entity of the best mention inside the source: a name before a noun before a pronoun, a person or a body that can speak."""
        inside = [e for e in known.values() for s in sources if s.start <= e.start and e.end <= s.end and e.level != "VAL" and e.entity]
        order = {"NAM": 0, "NOM": 1, "PRO": 2}
        best = min(inside, key=lambda e: (e.label not in self.speaking, order.get(e.level or "", 3), e.start), default=None)
        if best is not None:
            return best.entity
        if not sources:
            return None
        name = f"s{sources[0].start}"
        known[sources[0].start, sources[0].end] = Entity(
            start=sources[0].start, end=sources[0].end, label=load_schema().entities.person_label, level="NOM", id=f"S{sources[0].start}", entity=name
        )
        return name

    def __call__(self, texts: Iterable[Document]) -> Iterator[Document]:
        """Each document with a quote layer, and the mentions that its speakers are known by."""
        for document in texts:
            text = document.text or ""
            blocks = Document(doc_id=document.doc_id, boilerplate=self.mentions.lines.blocks(text))
            sentences = cut(text, furniture(blocks, self.mentions.schema))
            quotes, mentions = self.find(text, sentences, self.mentions.find(text, sentences))
            used = {name for q in quotes for name in q.speakers}
            helpers = tuple(e for e in mentions if e.entity in used)
            yield Document(doc_id=document.doc_id, text_sha256=document.text_sha256, entities=helpers, quotes=tuple(quotes))


def _join(text: str, block: Sentence, parts: Sequence[tuple[int, int, str]]) -> Iterator[tuple[list[Span], list[Span], list[Span]]]:
    """Content spans with their cues and sources: those of one sentence belong together, and content goes on over a cue in one breath."""
    contents = [(s, e) for s, e, name in parts if name == CONTENT]
    others = [(s, e, name) for s, e, name in parts if name != CONTENT]
    groups: list[list[tuple[int, int]]] = []
    for start, end in contents:
        if groups and _one_breath(text, groups[-1][-1], (start, end), others):
            groups[-1].append((start, end))
        else:
            groups.append([(start, end)])
    owned: dict[int, list[tuple[int, int, str]]] = {i: [] for i in range(len(groups))}
    for part in others:
        best = min(range(len(groups)), key=lambda i: (_distance(text, groups[i], part), i), default=None)
        if best is not None and _distance(text, groups[best], part) < 200:
            owned[best].append(part)
    for i, group in enumerate(groups):
        cues = [Span(start=s, end=e) for s, e, name in owned[i] if name == CUE][:1]
        sources = [Span(start=s, end=e) for s, e, name in owned[i] if name == SOURCE][:2]
        yield [Span(start=s, end=e) for s, e in group], cues, sources


def _one_breath(text: str, first: tuple[int, int], second: tuple[int, int], others: Sequence[tuple[int, int, str]]) -> bool:
    """Whether the second content continues the first: a cue or source lies between, and no more than a few words."""
    between = text[first[1] : second[0]]
    return len(between) < 90 and "\n\n" not in between and any(first[1] <= s and e <= second[0] for s, e, _ in others) and (text[first[1] - 1] in ',”"»' or "." not in between)


def _distance(text: str, group: Sequence[tuple[int, int]], part: tuple[int, int, str]) -> float:
    """How far a cue or source lies from content, a stop between counting much."""
    nearest = float("inf")
    for start, end in group:
        low, high = (end, part[0]) if part[0] >= end else (part[1], start)
        gap = text[low:high] if low <= high else ""
        stops = sum(gap.count(mark + " ") for mark in ".!?")
        nearest = min(nearest, len(gap) + 60 * stops)
    return nearest

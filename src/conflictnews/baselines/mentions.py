"""Entities, trained: names and values by one conditional random field, common nouns and pronouns by a second that knows what the first found; outside furniture only."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import msgspec

from conflictnews.baselines.crf import Crf, from_iob, to_iob, train_crf
from conflictnews.baselines.identity import identify
from conflictnews.baselines.lines import LineCrf
from conflictnews.baselines.pages import Sentence, cut, token_features
from conflictnews.baselines.places import known_places
from conflictnews.model import Document, Entity
from conflictnews.resources import baselines_dir
from conflictnews.schema import Schema, load_schema

NAME = "entities-crf"


def furniture(document: Document, schema: Schema) -> list[tuple[int, int]]:
    """The ranges of a document's boilerplate layer that are no news."""
    return [(b.start, b.end) for b in document.boilerplate or () if schema.policies.get(b.label) == schema.boilerplate.positive_policy]


def outermost(mentions: Iterable[Entity]) -> list[Entity]:
    """The mentions that lie in no other."""
    kept: list[Entity] = []
    for e in sorted(mentions, key=lambda e: (e.start, -e.end)):
        if not kept or e.start >= kept[-1].end:
            kept.append(e)
    return kept


def ranges(sentence: Sentence, mentions: Iterable[Entity], label: Callable[[Entity], str]) -> list[tuple[int, int, str]]:
    """The token ranges of the mentions that lie in a sentence."""
    found = []
    for e in mentions:
        if sentence.start <= e.start and e.end <= sentence.end:
            place = sentence.find(e.start, e.end)
            if place:
                found.append((*place, label(e)))
    return found


def train(documents: Iterable[Document], config: dict[str, Any], progress: Callable[[int], object] = lambda n: None) -> dict[str, bytes]:
    """The model files of these documents: name -> bytes."""
    schema = load_schema()
    primary = schema.entities.primary_levels
    names: list[tuple[list[list[str]], list[str]]] = []
    nouns: list[tuple[list[list[str]], list[str]]] = []
    subtypes: dict[str, Counter[str]] = {}
    for document in documents:
        first = outermost(e for e in document.entities or () if e.level in primary)
        second = outermost(e for e in document.entities or () if e.level not in primary)
        for e in document.entities or ():
            if e.subtype:
                words = (e.surface or "").lower().split()
                for key in (f"{e.label}", f"{e.label}|{words[-1]}", f"{e.label}|{' '.join(words)}"):
                    subtypes.setdefault(key, Counter())[e.subtype] += 1
        for sentence in cut(document.text or "", furniture(document, schema)):
            known = known_places(sentence.tokens)
            spans = ranges(sentence, first, lambda e: e.label)
            names.append((token_features(sentence.tokens, known), to_iob(len(sentence.tokens), spans)))
            told = [[*k, *t] for k, t in zip(known, tell(len(sentence.tokens), spans), strict=True)]
            nouns.append((token_features(sentence.tokens, told), to_iob(len(sentence.tokens), ranges(sentence, second, lambda e: f"{e.label}|{e.level}"))))
    best = {key: counts.most_common(1)[0][0] for key, counts in sorted(subtypes.items()) if sum(counts.values()) > 1 or "|" not in key}
    return {
        "names.crfsuite": train_crf(names, progress=progress, **config),
        "nouns.crfsuite": train_crf(nouns, progress=progress, **config),
        "subtypes.json": msgspec.json.format(msgspec.json.encode(best, order="sorted"), indent=1) + b"\n",
    }


def tell(length: int, spans: Sequence[tuple[int, int, str]]) -> list[list[str]]:
    """What is known of each token once spans are found, as features."""
    told: list[list[str]] = [[] for _ in range(length)]
    for first, last, label in spans:
        for at in range(first, last):
            told[at].append(label if at == first else f"{label}+")
    return told


class MentionCrf:
    """The loaded baseline."""

    def __init__(self, names: Crf, nouns: Crf, subtypes: dict[str, str], lines: LineCrf) -> None:
        self.names, self.nouns, self.subtypes, self.lines = names, nouns, subtypes, lines
        self.schema = load_schema()

    @classmethod
    def load(cls, folder: Path | None = None) -> MentionCrf:
        """With the shipped parameters, or those of a folder."""
        folder = folder or baselines_dir() / NAME
        return cls(Crf(folder / "names.crfsuite"), Crf(folder / "nouns.crfsuite"), msgspec.json.decode((folder / "subtypes.json").read_bytes()), LineCrf.load())

    def find(self, text: str, sentences: Sequence[Sentence]) -> list[Entity]:
        """The mentions of a page's sentences, with ids for the things that they stand for."""
        found: list[Entity] = []
        values = {name for name, label in self.schema.entities.labels.items() if "VAL" in label.levels}
        for sentence in sentences:
            known = known_places(sentence.tokens)
            spans = from_iob(self.names(token_features(sentence.tokens, known)))
            told = [[*k, *t] for k, t in zip(known, tell(len(sentence.tokens), spans), strict=True)]
            for first, last, label in spans:
                found.append(self._mention(text, sentence, first, last, label, "VAL" if label in values else "NAM"))
            for first, last, label in from_iob(self.nouns(token_features(sentence.tokens, told))):
                name, _, level = label.partition("|")
                found.append(self._mention(text, sentence, first, last, name, level))
        unique = {(e.start, e.end, e.label): e for e in found}
        return identify(sorted(unique.values(), key=lambda e: (e.start, -e.end)), text)

    def _mention(self, text: str, sentence: Sentence, first: int, last: int, label: str, level: str) -> Entity:
        start, end = sentence.tokens[first].start, sentence.tokens[last - 1].end
        words = text[start:end].lower().split()
        keys = (f"{label}|{' '.join(words)}", f"{label}|{words[-1]}", label)
        subtype = next((self.subtypes[key] for key in keys if key in self.subtypes), None)
        return Entity(start=start, end=end, label=label, subtype=subtype, level=level)

    def __call__(self, texts: Iterable[Document]) -> Iterator[Document]:
        """Each document with an entity layer."""
        for document in texts:
            text = document.text or ""
            blocks = Document(doc_id=document.doc_id, boilerplate=self.lines.blocks(text))
            yield Document(doc_id=document.doc_id, text_sha256=document.text_sha256, entities=tuple(self.find(text, cut(text, furniture(blocks, self.schema)))))

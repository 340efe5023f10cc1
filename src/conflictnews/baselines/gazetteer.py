"""Entities, floor: names seen in train and hand-written patterns for values, matched by spaCy's EntityRuler."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Any

from conflictnews.baselines.parameters import read_parameters
from conflictnews.errors import MissingExtraError
from conflictnews.model import Document, Entity
from conflictnews.schema import load_schema

NAME = "entities-gazetteer"


def learn(train: Iterable[Document]) -> dict[str, Any]:
    """The names of the train documents, each with its most frequent label and subtype."""
    counts: dict[str, Counter[tuple[str, str | None]]] = {}
    for document in train:
        for e in document.entities or ():
            if e.level == "NAM" and e.surface and len(e.surface) > 1:
                counts.setdefault(" ".join(e.surface.split()), Counter())[e.label, e.subtype] += 1
    names = {}
    for name, labels in sorted(counts.items()):
        label, subtype = min(labels, key=lambda key: (-labels[key], str(key)))
        names[name] = {"label": label, "subtype": subtype}
    return {"names": names}


class Gazetteer:
    """The loaded baseline."""

    def __init__(self, names: dict[str, Any], patterns: list[dict[str, Any]]) -> None:
        try:
            import spacy
        except ImportError as error:
            raise MissingExtraError(NAME, "baselines") from error
        self.nlp = spacy.blank("en")
        self.nlp.max_length = 10**9
        ruler = self.nlp.add_pipe("entity_ruler", config={"phrase_matcher_attr": "ORTH"})
        rules = [{"label": entry["label"], "pattern": name, "id": entry["subtype"] or ""} for name, entry in names.items()]
        with self.nlp.select_pipes(enable=[]):
            ruler.add_patterns([*rules, *patterns])
        self.levels = {name: label.levels[0] for name, label in load_schema().entities.labels.items()}

    @classmethod
    def load(cls) -> Gazetteer:
        """With the shipped parameters."""
        return cls(read_parameters(NAME)["names"], read_parameters(NAME, "value_patterns.json"))

    def __call__(self, texts: Iterable[Document]) -> Iterator[Document]:
        """Each document with an entity layer; mentions with the same words share an id."""
        for document in texts:
            text = document.text or ""
            found = []
            for number, span in enumerate(self.nlp(text).ents, 1):
                level = self.levels.get(span.label_, "NAM")
                entity = " ".join(span.text.split()).casefold() if level == "NAM" else f"E{number}"
                found.append(Entity(start=span.start_char, end=span.end_char, label=span.label_, id=f"E{number}", subtype=span.ent_id_ or None, level=level, entity=entity))
            yield Document(doc_id=document.doc_id, text_sha256=document.text_sha256, entities=tuple(found))

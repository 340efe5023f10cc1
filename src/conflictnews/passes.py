"""The blind passes that a corpus keeps, and how far they agree: by split, by collection, by round of annotation, and with a third annotator who took no part in the gold.

``passes/<annotator>/<doc_id>.json`` are the passes ("a" and "b" made the gold, "c" did not), ``passes/rounds.json`` says which documents were annotated together, under which state of the guidelines.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec

from conflictnews.agreement import agree
from conflictnews.corpus import SPLITS, load_corpus
from conflictnews.errors import ConflictNewsError
from conflictnews.hydrate import with_text
from conflictnews.io.jsondoc import load_document
from conflictnews.model import Document
from conflictnews.resources import corpus_dir

FIRST, SECOND, THIRD = "a", "b", "c"
"""The annotators: two whose passes were adjudicated, and one whose pass only measures."""

Tables = dict[str, dict[str, Any]]


class Round(msgspec.Struct, frozen=True):
    """Documents that were annotated twice under one state of the guidelines; `about` says what had changed before it."""

    name: str
    about: str
    documents: tuple[str, ...]


def load_rounds(root: Path | None = None) -> tuple[Round, ...]:
    """The rounds, in order; none where the corpus names none."""
    path = (root or corpus_dir()) / "passes" / "rounds.json"
    try:
        return msgspec.json.decode(path.read_bytes(), type=tuple[Round, ...]) if path.is_file() else ()
    except msgspec.DecodeError as error:
        raise ConflictNewsError(f"{path}: {error}") from None


def measure_passes(*, progress: Callable[[str], object] = lambda line: None) -> dict[str, Tables]:
    """Every table of agreement that the card shows, unrounded: kind ("split", "collection", "round", "third") -> column -> what `Agreement.as_dict` gives.

    Needs the texts of `test_real`; raises HydrationError, saying what to run, when they are not there.
    """
    gold = {split: {d.doc_id: d for d in load_corpus(split)} for split in SPLITS}
    whole = {doc_id: d for members in gold.values() for doc_id, d in members.items()}
    first, second, third = (load_pass(name, whole) for name in (FIRST, SECOND, THIRD))
    twice = first.keys() & second.keys()
    found: dict[str, Tables] = {"split": {}, "collection": {}, "round": {}, "third": {}}

    def measure(kind: str, column: str, doc_ids: Sequence[str], one: Mapping[str, Document], other: Mapping[str, Document]) -> None:
        if doc_ids:
            found[kind][column] = agree([one[d] for d in doc_ids], [other[d] for d in doc_ids]).as_dict()
            below = [name for name, m in found[kind][column]["measures"].items() if m["below"]]
            progress(f"{kind} {column}: {len(doc_ids)} documents; below the floor: {', '.join(below) or 'nothing'}")

    for split, members in gold.items():
        measure("split", split, sorted(members.keys() & twice), first, second)
    for name in dict.fromkeys(str(d.meta.get("collection")) for d in whole.values()):
        measure("collection", name, sorted(d for d in twice if whole[d].meta.get("collection") == name), first, second)
    for turn in load_rounds():
        measure("round", turn.name, sorted(twice & {*turn.documents}), first, second)
    for split, members in gold.items():
        again = sorted(members.keys() & third.keys() & twice)
        measure("third", f"{split}: first with second", again, first, second)
        measure("third", f"{split}: third with gold", again, third, members)
    return found


def load_pass(name: str, gold: Mapping[str, Document]) -> dict[str, Document]:
    """A pass by doc_id, with the texts of the gold; raises ConflictNewsError for a document that the corpus does not have."""
    found = {}
    for path in sorted((corpus_dir() / "passes" / name).glob("*.json")):
        if path.stem not in gold:
            raise ConflictNewsError(f"{path}: the corpus has no document {path.stem}")
        found[path.stem] = with_text(load_document(path), gold[path.stem].text or "")
    return found

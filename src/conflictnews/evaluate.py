"""Scoring against the bundled corpus, and from files: what the commands and scripts/score.py call."""

from __future__ import annotations

import gc
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from conflictnews.corpus import SPLITS, load_corpus, load_manifest
from conflictnews.errors import ConflictNewsError
from conflictnews.io.jsonl import iter_documents
from conflictnews.model import Document
from conflictnews.scoring.score import Result, score


def score_files(pred: Path, *, split: str = "test", gold: Path | None = None, layers: Sequence[str] | None = None) -> Result:
    """The scores of the predictions in `pred` against a split of the corpus, or against the documents in `gold`.

    Both are a JSONL file, one ``.json`` document, or a folder of them. Raises ConflictNewsError with the file and the place for whatever cannot be used.
    """
    with _no_garbage_collection():
        predicted = list(iter_documents(pred))
        if gold is not None:
            return score(list(iter_documents(gold)), predicted, layers=layers, split=gold.stem)
    if split not in SPLITS:
        raise ConflictNewsError(f"there is no split {split!r}; the splits are {', '.join(SPLITS)}; other gold is given with --gold")
    return score_split(load_corpus(split), predicted, split, layers=layers)


@contextmanager
def _no_garbage_collection() -> Iterator[None]:
    """Reading makes millions of objects that all stay: looking for garbage among them would take longer than reading."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


def score_split(gold: Iterable[Document], predicted: Iterable[Document], split: str, *, layers: Sequence[str] | None = None) -> Result:
    """Scores against documents of a split of the corpus, with its version and digest in the signature."""
    manifest = load_manifest()
    return score(gold, predicted, layers=layers, corpus=manifest["version"], digest=manifest["digest"], split=split)

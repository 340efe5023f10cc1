"""Scoring against the bundled corpus, and from files: what the commands and scripts/score.py call."""

from __future__ import annotations

import gc
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from conflictnews.corpus import SPLITS, load_corpus, load_manifest
from conflictnews.errors import ConflictNewsError, ScoringError
from conflictnews.io.jsondoc import unknown_fields
from conflictnews.io.jsonl import iter_documents, iter_located
from conflictnews.model import Document
from conflictnews.resources import corpus_dir
from conflictnews.scoring.compare import FORMAT, Baseline, read_baseline, to_baseline
from conflictnews.scoring.score import Result, score

if TYPE_CHECKING:
    from conflictnews.scoring.text import TextResult


class _Example(msgspec.Struct, frozen=True):
    gold: Document
    predicted: Document


def load_example() -> tuple[Document, Document]:
    """A small page with gold and a system's output for it, on which every metric can be shown."""
    found = msgspec.json.decode((corpus_dir() / "example.json").read_bytes(), type=_Example)
    return found.gold, found.predicted


class Scored(msgspec.Struct, frozen=True):
    """A result with the documents that it came from."""

    result: Result
    gold: tuple[Document, ...]
    predicted: tuple[Document, ...]


def score_files(pred: Path, *, split: str = "test", gold: Path | None = None, layers: Sequence[str] | None = None) -> Scored:
    """The scores of the predictions in `pred` against a split of the corpus, or against the documents in `gold`.

    Both are a JSONL file, one ``.json`` document, or a folder of them. Raises ConflictNewsError with the file and the place for whatever cannot be used.
    """
    with _no_garbage_collection():
        located = list(iter_located(pred))
        predicted = tuple(document for _, document in located)
        if gold is None and split not in SPLITS:
            raise ConflictNewsError(f"there is no split {split!r}; the splits are {', '.join(SPLITS)}; other gold is given with --gold")
        documents = load_corpus(split) if gold is None else tuple(iter_documents(gold))
        try:
            result = score_split(documents, predicted, split, layers=layers) if gold is None else score(documents, predicted, layers=layers, split=gold.stem)
        except ScoringError as error:
            where = next((where for where, document in located if document.doc_id == error.doc_id), None)
            raise ScoringError(f"{where}: {error}" if where else str(error)) from None
        strangers = tuple(_strangers(pred))
        return Scored(msgspec.structs.replace(result, warnings=(*strangers, *result.warnings)), documents, predicted)


_LOOKED_AT = 200
"""So many documents of a file of predictions are searched for fields that nothing reads."""


def _strangers(path: Path) -> Iterator[str]:
    """A warning for each field of an annotation that is none of the form's: a slip there would otherwise only show as a low score."""
    files = [path] if path.is_file() else sorted(path.rglob("*.json"))
    found: dict[str, str] = {}
    if path.is_file() and path.suffix != ".json":
        with path.open("rb") as lines:
            records = [(f"line {number}", line) for number, line in zip(range(1, _LOOKED_AT + 1), lines, strict=False)]
    else:
        records = [(str(file), file.read_bytes()) for file in files[:_LOOKED_AT]]
    for where, data in records:
        for place, name, fields in unknown_fields(data):
            found.setdefault(name, f"the field {name!r} (first at {where}, {place}) is read by nothing; the fields there are {', '.join(fields)}")
    yield from found.values()


def score_text_files(pred: Path, *, split: str = "test", gold: Path | None = None, keep_optional: bool = False) -> TextResult:
    """The scores of the article texts in `pred` (see `io.textpred`) against a split of the corpus, or against the documents in `gold`."""
    from conflictnews.io.textpred import iter_text_predictions
    from conflictnews.scoring.text import TextPrediction, score_texts

    predicted = [TextPrediction(doc_id, text) for doc_id, text in iter_text_predictions(pred)]
    if gold is not None:
        return score_texts(iter_documents(gold), predicted, keep_optional=keep_optional, split=gold.stem)
    if split not in SPLITS:
        raise ConflictNewsError(f"there is no split {split!r}; the splits are {', '.join(SPLITS)}; other gold is given with --gold")
    manifest = load_manifest()
    return score_texts(load_corpus(split), predicted, keep_optional=keep_optional, corpus=manifest["version"], digest=manifest["digest"], split=split)


def baseline_of(path: Path, *, split: str = "test", gold: Path | None = None, layers: Sequence[str] | None = None) -> Baseline:
    """What a comparison needs of `path`: of a baseline file as it is, of predictions after scoring them."""
    if path.is_file() and path.suffix == ".json" and FORMAT.encode() in path.read_bytes()[:200]:
        return read_baseline(path)
    return to_baseline(score_files(path, split=split, gold=gold, layers=layers).result)


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

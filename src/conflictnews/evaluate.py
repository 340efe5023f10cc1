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
from conflictnews.io.jsondoc import refuse_faults, unknown_fields
from conflictnews.io.jsonl import iter_documents, iter_located
from conflictnews.mentions import EntityColumns
from conflictnews.model import Document
from conflictnews.resources import corpus_dir
from conflictnews.schema import load_schema
from conflictnews.scoring.bulk import score_columns
from conflictnews.scoring.result import Recipe, Result
from conflictnews.scoring.score import score

if TYPE_CHECKING:
    from conflictnews.scoring.compare import Baseline
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
    gold: Sequence[Document]
    predicted: Sequence[Document]


class _Input(msgspec.Struct, frozen=True):
    """One side as it was read: documents, each with its place, or the columns of a Parquet file."""

    documents: Sequence[Document]
    places: Sequence[str] = ()
    columns: EntityColumns | None = None


def _read(path: Path) -> _Input:
    """What lies at `path`, its offsets not yet looked at (the scorers do that, for all at once)."""
    if path.suffix == ".parquet":
        from conflictnews.io import parquet
        from conflictnews.io.parquet_mentions import read_mentions

        columns = read_mentions(path)
        documents = tuple(parquet.read(path)) if columns is None else columns.documents
        return _Input(documents, columns=columns)
    located = list(iter_located(path, checked=False))
    return _Input(tuple(document for _, document in located), [where for where, _ in located])


def score_files(pred: Path, *, split: str = "test", gold: Path | None = None, layers: Sequence[str] | None = None) -> Scored:
    """The scores of the predictions in `pred` against a split of the corpus, or against the documents in `gold`.

    Both are a JSONL or Parquet file, one ``.json`` document, or a folder of them. Raises ConflictNewsError with the file and the place for whatever cannot be used.
    """
    with _no_garbage_collection():
        predicted = _read(pred)
        if gold is None and split not in SPLITS:
            raise ConflictNewsError(f"there is no split {split!r}; the splits are {', '.join(SPLITS)}; other gold is given with --gold")
        answers = _Input(load_corpus(split)) if gold is None else _read(gold)
        try:
            result = _score_inputs(answers, predicted, gold, split, layers)
        except ScoringError as error:
            for side in (predicted, answers):
                for where, document in zip(side.places, side.documents, strict=True) if side.places else ():
                    refuse_faults(document, where)
            at = [d.doc_id for d in predicted.documents].index(error.doc_id) if predicted.places and error.doc_id in {d.doc_id for d in predicted.documents} else None
            raise ScoringError(str(error) if at is None else f"{predicted.places[at]}: {error}") from None
        strangers = tuple(_strangers(pred)) if predicted.places else ()
        return Scored(msgspec.structs.replace(result, warnings=(*strangers, *result.warnings)), answers.documents, predicted.documents)


def _score_inputs(answers: _Input, predicted: _Input, gold: Path | None, split: str, layers: Sequence[str] | None) -> Result:
    if gold is None:
        return score_split(answers.documents, predicted.documents, split, layers=layers)
    if predicted.columns is not None and answers.columns is not None and tuple(layers or ("entities",)) == ("entities",):
        return score_columns(answers.columns, predicted.columns, Recipe(load_schema(), split=gold.stem))
    return score(answers.documents, predicted.documents, layers=layers, split=gold.stem)


_LOOKED_AT = 100
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
    return score_texts(load_corpus(split), predicted, keep_optional=keep_optional, corpus=manifest["version"], split=split)


def baseline_of(path: Path, *, split: str = "test", gold: Path | None = None, layers: Sequence[str] | None = None) -> Baseline:
    """What a comparison needs of `path`: of a baseline file as it is, of predictions after scoring them."""
    from conflictnews.scoring.compare import FORMAT, read_baseline, to_baseline

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
    """Scores against documents of a split of the corpus, with its version in the signature, and the digest of the documents as they are (edited ones differ)."""
    manifest = load_manifest()
    return score(gold, predicted, layers=layers, corpus=manifest["version"], split=split)

"""Running baselines over a split and scoring what they give."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Sequence

import msgspec

from conflictnews.baselines import BASELINES
from conflictnews.corpus import load_corpus
from conflictnews.evaluate import score_split
from conflictnews.model import Document, text_sha256
from conflictnews.scoring.result import Result


class Run(msgspec.Struct, frozen=True):
    """One baseline on one split: its result, its documents, and its speed in words a second (loading not counted; None for stored predictions)."""

    system: str
    kind: str
    split: str
    result: Result
    predicted: tuple[Document, ...]
    words_per_second: float | None


def bare(document: Document) -> Document:
    """What a system is given: id, text, checksum and publication date."""
    text = document.text or ""
    published = {"published": document.meta["published"]} if "published" in document.meta else {}
    return Document(doc_id=document.doc_id, text=text, text_sha256=document.text_sha256 or text_sha256(text), meta=published)


def run_baseline(name: str, split: str, *, gold: Sequence[Document] | None = None, progress: Callable[[Iterable[Document]], Iterable[Document]] = iter) -> Run:
    """Load a baseline, run it over a split, and score its layers. `progress` wraps the stream of documents (a progress bar, say)."""
    baseline = BASELINES[name]
    documents = load_corpus(split) if gold is None else gold
    predict = baseline.load()
    texts = [bare(document) for document in documents]
    start = time.perf_counter()
    predicted = tuple(progress(predict(texts)))
    seconds = time.perf_counter() - start
    words = sum(len((text.text or "").split()) for text in texts)
    result = score_split(documents, predicted, split, layers=baseline.layers)
    return Run(name, baseline.kind, split, result, predicted, words / seconds if seconds > 0 else None)


def installed() -> list[str]:
    """The baselines that can run here, in the order of the table."""
    return [name for name, baseline in BASELINES.items() if baseline.installed()]


def missing() -> Iterator[tuple[str, str]]:
    """The baselines that cannot, with the extra that would install what they need."""
    for name, baseline in BASELINES.items():
        if not baseline.installed():
            yield name, baseline.extra

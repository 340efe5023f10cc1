"""Scores of systems that give only an article's text: counts per page, ratios per page, means over pages.

White space is tidied on both sides in the way of `Document.main_text`, so that trailing blanks, line ends and runs of blank lines cost nothing.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import msgspec
import numpy as np
import numpy.typing as npt

from conflictnews.errors import MissingExtraError, ScoringError
from conflictnews.model import Document, first_fault
from conflictnews.schema import Schema, load_schema
from conflictnews.scoring import intervals
from conflictnews.scoring.pair import by_id
from conflictnews.scoring.rouge import union_lcs_hits
from conflictnews.scoring.signature import gold_digest, signature
from conflictnews.scoring.writing import rouge_words, words, writing_of

Counts = tuple[int, int, int]
"""Shared, predicted, gold: what every measure counts on one page, as integers."""

Array = npt.NDArray[np.float64]

SHINGLE = 4
"""How many words a shingle holds; a shorter text is one shingle."""


class TextPrediction(msgspec.Struct, frozen=True):
    """What a system took for the article of a page; an empty text says that it found none."""

    doc_id: str
    main_text: str


def shingle4(gold: str, predicted: str) -> Counts:
    """Shared, predicted and gold shingles of four words, as multisets.

    Zyte's article-extraction-benchmark (evaluate.py), which divides a page's tp, fp and fn by their sum; in the ratios of a page that sum cancels.
    On pages written without spaces a word is a character (`writing.words`).
    """
    writing = _writing(gold, predicted)
    of_gold, of_predicted = (_shingles(words(text, writing)) for text in (gold, predicted))
    return (of_gold & of_predicted).total(), of_predicted.total(), of_gold.total()


def rouge_lsum(gold: str, predicted: str) -> Counts:
    """Words in the union of longest common subsequences line by line, words predicted, words in gold.

    ROUGE-LSum (Lin 2004): F1 is that of the package rouge-score without stemming, on pages in Latin script; for others see `writing.rouge_words`.
    """
    writing = _writing(gold, predicted)
    sides = [[rouge_words(line, writing) for line in text.split("\n")] for text in (gold, predicted)]
    n_gold, n_predicted = (sum(map(len, lines)) for lines in sides)
    return (union_lcs_hits(*sides) if n_gold and n_predicted else 0), n_predicted, n_gold


def edit(gold: str, predicted: str) -> Counts:
    """The longer text's length less the Levenshtein distance in code points, and twice that length: their ratio is 1 - distance / longer length.

    Levenshtein (1966), normalised as in rapidfuzz. Raises MissingExtraError where rapidfuzz is not installed.
    """
    try:
        from rapidfuzz.distance import Levenshtein
    except ImportError as error:
        raise MissingExtraError("the edit distance of texts", "text") from error
    longest = max(len(gold), len(predicted))
    return longest - Levenshtein.distance(gold, predicted), longest, longest


class TextMeasure(msgspec.Struct, frozen=True):
    """A measure: what it is, where it comes from, the function that counts one page, and whether its counts are words on two sides or a similarity.

    With `mean_f1`, F1 is the mean of the pages' F1; without, it is that of mean precision and mean recall.
    """

    definition: str
    origin: str
    count: Callable[[str, str], Counts]
    mean_f1: bool = True
    similarity: bool = False


MEASURES: dict[str, TextMeasure] = {
    "text.shingle4": TextMeasure("same four words in a row; F1 of the page means of precision and recall", "article-extraction-benchmark (Zyte)", shingle4, mean_f1=False),
    "text.rouge_lsum": TextMeasure("words in the union of longest common subsequences of lines; page means", "ROUGE-LSum (Lin 2004), rouge-score; WCEB (2023)", rouge_lsum),
    "text.edit": TextMeasure("1 - distance / longer length, in code points; page mean", "Levenshtein (1966), rapidfuzz; WCEB (2023)", edit, similarity=True),
}


FIELDS = {name: ("similarity",) if measure.similarity else ("precision", "recall", "f1") for name, measure in MEASURES.items()}
"""Measure -> the numbers of its score, for thresholds."""


class TextScore(msgspec.Struct, frozen=True):
    """Page means of precision and recall, and F1 with its interval: over the pages where each is defined, None where there is none.

    Precision asks for a prediction, recall for gold, and `n_documents` counts the pages that have either.
    """

    precision: float | None
    recall: float | None
    f1: float | None
    f1_ci: tuple[float, float] | None
    n_documents: int


class TextSimilarity(msgspec.Struct, frozen=True):
    """The page mean of a similarity with its interval, over the `n_documents` pages where gold or prediction has a text; None where none has."""

    similarity: float | None
    similarity_ci: tuple[float, float] | None
    n_documents: int


class TextResult(msgspec.Struct, frozen=True):
    """What `score_texts` gives: a score for each measure, the signature, the documents that were asked about, and those of them not predicted."""

    signature: str
    scores: dict[str, TextScore | TextSimilarity]
    documents: tuple[str, ...]
    missing: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()

    def as_dict(self) -> dict[str, Any]:
        """The result in the form of ``conflictnews score --json``: numbers unrounded, None where undefined."""
        found: dict[str, Any] = {"signature": self.signature, "scores": {name: msgspec.to_builtins(value) for name, value in self.scores.items()}}
        return found | {"documents": len(self.documents), "missing": list(self.missing), "warnings": list(self.warnings)}


def score_texts(
    gold: Iterable[Document],
    predicted: Iterable[TextPrediction],
    *,
    schema: Schema | None = None,
    keep_optional: bool = False,
    measures: Sequence[str] | None = None,
    corpus: str = "gold",
    split: str = "",
    digest: str | None = None,
    resamples: int = intervals.RESAMPLES,
    seed: int = intervals.SEED,
) -> TextResult:
    """Score predicted article texts against the gold articles, paired by doc_id.

    The gold article is the text without its furniture, OPTIONAL furniture included; with `keep_optional` that of OPTIONAL policy stays in. A gold document
    without a prediction counts as predicted empty and is listed; one without a boilerplate layer has no known article and is not asked about. `measures`
    are names of `MEASURES`, by default all; `corpus`, `split` and `digest` go into the signature.

    Raises ScoringError when a predicted document is not in gold, a doc_id comes twice, or gold has no text or no boilerplate layer; MissingExtraError when
    "text.edit" is asked for and rapidfuzz is not installed.
    """
    schema = schema or load_schema()
    chosen = _choose(measures)
    gold_by_id, predicted_by_id = by_id(gold, "gold"), by_id(predicted, "the predictions")
    if not gold_by_id:
        raise ScoringError("gold holds no document")
    unknown = sorted(predicted_by_id.keys() - gold_by_id.keys())
    if unknown:
        raise ScoringError(
            f"{unknown[0]} is predicted but is not in gold"
            + (f" ({len(unknown)} such documents)" if len(unknown) > 1 else "")
            + "; score the split that was predicted, or leave it out"
        )
    order = [doc_id for doc_id in sorted(gold_by_id) if gold_by_id[doc_id].boilerplate is not None]
    if not order:
        raise ScoringError("gold has no layer boilerplate, so its articles are unknown; where a text is all article, give it an empty list")
    pairs = []
    for doc_id in order:
        prediction = predicted_by_id.get(doc_id)
        pairs.append((_article(gold_by_id[doc_id], schema, keep_optional=keep_optional), _tidy(prediction.main_text) if prediction else ""))
    scores = {name: _score(name, [MEASURES[name].count(*pair) for pair in pairs], resamples, seed) for name in chosen}
    missing = tuple(doc_id for doc_id in order if doc_id not in predicted_by_id)
    left_out = len(gold_by_id) - len(order)
    return TextResult(
        signature=signature(
            corpus=corpus,
            digest=digest or gold_digest(list(gold_by_id.values())),
            split=split,
            documents=len(order),
            layers=("text",),
            metric="all" if set(chosen) == set(MEASURES) else "+".join(name.removeprefix("text.") for name in chosen),
            level=f"MAIN+{schema.boilerplate.masked_policy}" if keep_optional else "MAIN",
            missing=len(missing),
            resamples=resamples,
            seed=seed,
        ),
        scores=scores,
        documents=tuple(order),
        missing=missing,
        warnings=(f"{left_out} gold documents have no boilerplate layer and are not scored",) if left_out else (),
    )


def page_columns(counts: Sequence[Counts]) -> Array:
    """A row for each page: precision, recall and F1, each followed by 1, or 0 and 0 where it is undefined."""
    shared, n_predicted, n_gold = np.array(counts, dtype=np.float64).reshape(len(counts), 3).T
    columns = []
    for hits, total in ((shared, n_predicted), (shared, n_gold), (2 * shared, n_predicted + n_gold)):
        columns += [np.nan_to_num(_ratio(hits, total)), (total > 0).astype(np.float64)]
    return np.stack(columns, axis=1)


def _score(name: str, counts: Sequence[Counts], resamples: int, seed: int) -> TextScore | TextSimilarity:
    measure, columns = MEASURES[name], page_columns(counts)
    statistic = _mean_f1 if measure.mean_f1 else _f1_of_means
    sums = columns.sum(axis=0, keepdims=True)
    n_documents, f1, interval = int(sums[0, 5]), _defined(statistic(sums)), _interval(columns, statistic, resamples, seed)
    if measure.similarity:
        return TextSimilarity(f1, interval, n_documents)
    return TextScore(_defined(_ratio(sums[:, 0], sums[:, 1])), _defined(_ratio(sums[:, 2], sums[:, 3])), f1, interval, n_documents)


def _ratio(numerator: Array, denominator: Array) -> Array:
    """Quotients, NaN where they are undefined."""
    found: Array = np.full(len(numerator), np.nan)
    np.divide(numerator, denominator, out=found, where=denominator > 0)
    return found


def _mean_f1(sums: Array) -> Array:
    """The mean of the pages' F1, from sums of `page_columns`."""
    return _ratio(sums[:, 4], sums[:, 5])


def _f1_of_means(sums: Array) -> Array:
    """The harmonic mean of mean precision and mean recall, from sums of `page_columns`: 0 where only one of the two is defined or both are 0."""
    precision, recall = np.nan_to_num(_ratio(sums[:, 0], sums[:, 1])), np.nan_to_num(_ratio(sums[:, 2], sums[:, 3]))
    f1 = np.nan_to_num(_ratio(2 * precision * recall, precision + recall))
    return np.where(sums[:, 5] > 0, f1, np.nan)


def _interval(columns: npt.NDArray[Any], statistic: Callable[[Array], Array], resamples: int, seed: int) -> tuple[float, float] | None:
    """The 95 % percentile interval over pages drawn with replacement; None with fewer than two pages or nothing to count."""
    if len(columns) < 2:
        return None
    spread = intervals.spread(statistic(intervals.resampled_totals(columns, resamples=resamples, seed=seed)))
    return None if spread is None else (spread.low, spread.high)


def _defined(value: Array) -> float | None:
    return None if np.isnan(value[0]) else float(value[0])


def _shingles(tokens: list[str]) -> Counter[tuple[str, ...]]:
    if len(tokens) <= SHINGLE:
        return Counter([tuple(tokens)] if tokens else [])
    return Counter(zip(*(tokens[i:] for i in range(SHINGLE)), strict=False))


def _writing(gold: str, predicted: str) -> str:
    """How a page is written: gold decides, so that the prediction cannot; the prediction where gold is empty."""
    return writing_of(gold if gold.strip() else predicted)


def _tidy(text: str) -> str:
    return Document(doc_id="text", text=text).main_text({}).rstrip("\n")


def _article(document: Document, schema: Schema, *, keep_optional: bool) -> str:
    if document.text is None:
        raise ScoringError(f"{document.doc_id}: the gold document has no text; hydrate it first")
    fault = first_fault(document)
    if fault:
        raise ScoringError(f"{document.doc_id}: {fault}")
    return document.main_text(schema.policies, keep_optional=keep_optional).rstrip("\n")


def _choose(measures: Sequence[str] | None) -> tuple[str, ...]:
    for name in measures or ():
        if name not in MEASURES:
            raise ScoringError(f"there is no measure {name!r}; the measures of texts are {', '.join(MEASURES)}")
    return tuple(name for name in MEASURES if not measures or name in measures)

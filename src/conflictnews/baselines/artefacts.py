"""Making the artefacts of the floors again from train: parameters only, in the order in which they build on each other."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from conflictnews.baselines import gazetteer, lexicon, quote_rules
from conflictnews.baselines.parameters import write_parameters
from conflictnews.model import Document

LEARNERS: dict[str, Callable[[Iterable[Document]], dict[str, Any]]] = {gazetteer.NAME: gazetteer.learn, lexicon.NAME: lexicon.learn, quote_rules.NAME: quote_rules.learn}
"""Baseline -> the function that takes its parameters from the train documents."""


def make_artefacts(train: Iterable[Document]) -> list[str]:
    """Write parameters.json of every floor that learns from train; gives their names. The same documents give the same bytes."""
    documents = list(train)
    for name, learn in LEARNERS.items():
        write_parameters(name, learn(documents))
    return list(LEARNERS)

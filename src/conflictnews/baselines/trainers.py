"""How each trained baseline is trained: a function from documents and a configuration to files, in the order in which they build on each other."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import msgspec

from conflictnews.baselines import Predictor, events, lines, mentions, quotes, spacy_model
from conflictnews.model import Document

Progress = Callable[[int], object]


class Trainer(msgspec.Struct, frozen=True):
    """A way to train: `fit` gives the files, `load` a predictor from a folder of them.

    `metric` is what choosing among the configurations of `grid` on dev is judged by, `smoke` what a configuration is changed by for a quick run, `seeded` whether the seed matters
    (L-BFGS has one optimum and no draws), and `files` the names of what is written.
    """

    fit: Callable[[Iterable[Document], dict[str, Any], int, Progress], dict[str, bytes]]
    load: Callable[[Path | None], Predictor]
    metric: str
    grid: tuple[dict[str, Any], ...]
    smoke: dict[str, Any]
    seeded: bool = False


def _plain(train: Callable[[Iterable[Document], dict[str, Any], Progress], dict[str, bytes]]) -> Callable[[Iterable[Document], dict[str, Any], int, Progress], dict[str, bytes]]:
    return lambda documents, config, seed, progress: train(documents, config, progress)


def _spacy(layer: str) -> Callable[[Iterable[Document], dict[str, Any], int, Progress], dict[str, bytes]]:
    return lambda documents, config, seed, progress: spacy_model.train_layer(layer, documents, config, seed, progress)


TRAINERS: dict[str, Trainer] = {
    lines.NAME: Trainer(
        _plain(lines.train),
        lines.LineCrf.load,
        "boilerplate.line",
        ({"c1": 0.1, "c2": 0.01}, {"c1": 0.3, "c2": 0.01}, {"c1": 0.5, "c2": 0.01}, {"c1": 0.05, "c2": 0.1}),
        {"iterations": 30},
    ),
    mentions.NAME: Trainer(
        _plain(mentions.train), mentions.MentionCrf.load, "entities.strict", ({"c1": 0.1, "c2": 0.01}, {"c1": 0.05, "c2": 0.05}, {"c1": 0.3, "c2": 0.01}), {"iterations": 30}
    ),
    spacy_model.ENTITIES: Trainer(_spacy("entities"), spacy_model.SpacyEntities.load, "entities.strict", ({"max_steps": 600},), {"max_steps": 30}, seeded=True),
    quotes.NAME: Trainer(
        _plain(quotes.train), quotes.QuoteCrf.load, "quotes.attributed", ({"c1": 0.1, "c2": 0.01}, {"c1": 0.3, "c2": 0.01}, {"c1": 0.05, "c2": 0.1}), {"iterations": 30}
    ),
    spacy_model.QUOTES: Trainer(_spacy("quotes"), spacy_model.SpacyQuotes.load, "quotes.attributed", ({"max_steps": 400},), {"max_steps": 30}, seeded=True),
    events.NAME: Trainer(
        _plain(events.train),
        events.EventCrf.load,
        "events.argument_attached",
        tuple({"triggers": {"c1": 0.1, "c2": 0.01}, "roles_c": c} for c in (0.3, 1.0)),
        {"triggers": {"iterations": 30}, "roles_c": 0.1},
    ),
}
"""Baseline -> how it is trained."""

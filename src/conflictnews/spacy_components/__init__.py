"""What spaCy finds by name once conflictnews is installed: a corpus reader, scorers, suggesters, and a training config for each layer.

======================================  ===============================================================
name in a config                        what it is
======================================  ===============================================================
``conflictnews.Corpus.v1``              ``@readers``: documents as training examples (`reader`)
``conflictnews.<layer>_scorer.v1``      ``@scorers``: the metrics of a layer on characters (`scorers`)
``conflictnews.quote_suggester.v1``     ``@misc``: stretches that may be quoted (`suggesters`)
``conflictnews.line_suggester.v1``      ``@misc``: lines (`suggesters`)
======================================  ===============================================================

A model is trained with ``python -m spacy train FILE``, where FILE is what `config_path` gives.
"""

from __future__ import annotations

from pathlib import Path

from conflictnews.errors import ConflictNewsError
from conflictnews.model import LAYERS


def config_path(layer: str) -> Path:
    """The training config of a layer: a file for ``spacy train``, ``spacy debug data`` and ``spacy init fill-config``."""
    if layer not in LAYERS:
        raise ConflictNewsError(f"there is no layer {layer!r}; the layers are {', '.join(LAYERS)}")
    return Path(__file__).resolve().parent / "configs" / f"{layer}.cfg"

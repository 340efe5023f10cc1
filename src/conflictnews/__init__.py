"""conflictnews: gold annotations of conflict news in four layers, with loaders, baselines and scorers.

Importing this package loads nothing heavy; each name below is fetched when it is first used.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from conflictnews.version import VERSION as __version__

if TYPE_CHECKING:
    from conflictnews.corpus import load_corpus
    from conflictnews.errors import ConflictNewsError
    from conflictnews.hf import load_dataset
    from conflictnews.io.jsondoc import load_document, write_document
    from conflictnews.io.jsonl import iter_documents, write_jsonl
    from conflictnews.model import Argument, BoilerplateSpan, Document, Entity, Event, Quote, Span
    from conflictnews.schema import load_schema
    from conflictnews.scoring import Result, score

_HOMES = {
    "Argument": "model",
    "BoilerplateSpan": "model",
    "ConflictNewsError": "errors",
    "Document": "model",
    "Entity": "model",
    "Event": "model",
    "Quote": "model",
    "Result": "scoring",
    "Span": "model",
    "iter_documents": "io.jsonl",
    "load_corpus": "corpus",
    "load_dataset": "hf",
    "load_document": "io.jsondoc",
    "load_schema": "schema",
    "score": "scoring.score",
    "write_document": "io.jsondoc",
    "write_jsonl": "io.jsonl",
}

__all__ = [
    "Argument",
    "BoilerplateSpan",
    "ConflictNewsError",
    "Document",
    "Entity",
    "Event",
    "Quote",
    "Result",
    "Span",
    "__version__",
    "iter_documents",
    "load_corpus",
    "load_dataset",
    "load_document",
    "load_schema",
    "score",
    "write_document",
    "write_jsonl",
]


def __getattr__(name: str) -> Any:
    """Fetch a public name from the module that has it."""
    if name not in _HOMES:
        raise AttributeError(f"module 'conflictnews' has no attribute {name!r}")
    from importlib import import_module

    value = getattr(import_module(f"conflictnews.{_HOMES[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    """The public names."""
    return __all__

"""The bundled corpus: its splits, its documents, its manifest."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec

from conflictnews.errors import ConflictNewsError, HydrationError
from conflictnews.io.jsondoc import load_document
from conflictnews.model import Document
from conflictnews.resources import corpus_dir

SPLITS = ("train", "dev", "test", "test_real")
"""The splits: three of composed pages, and `test_real`, whose texts the user hydrates."""


def iter_paths(split: str, *, root: Path | None = None) -> Iterator[Path]:
    """The document files of a split, in order of doc_id."""
    if split not in SPLITS:
        raise ConflictNewsError(f"there is no split {split!r}; the splits are {', '.join(SPLITS)}")
    yield from sorted((root or corpus_dir()).joinpath("documents", split).glob("*.json"))


def load_corpus(split: str = "test", *, standoff: bool = False) -> tuple[Document, ...]:
    """The gold documents of a split, in order of doc_id.

    Documents of `test_real` come with the texts that `conflictnews hydrate` put on this machine; raises HydrationError, saying what to run, when one is
    not there. With `standoff` they come as they are shipped: offsets and labels, no text.
    """
    documents = [load_document(path) for path in iter_paths(split)]
    if standoff or all(document.text is not None for document in documents):
        return tuple(documents)
    from conflictnews.hydrate import how_to_hydrate, hydrated

    filled = [document if document.text is not None else hydrated(document) for document in documents]
    missing = sum(document is None for document in filled)
    if missing:
        raise HydrationError(how_to_hydrate(missing, len(documents)))
    return tuple(document for document in filled if document is not None)


def load_manifest() -> dict[str, Any]:
    """The manifest: version, digest, counts per split, layer and label."""
    try:
        manifest: dict[str, Any] = msgspec.json.decode((corpus_dir() / "manifest.json").read_bytes())
    except OSError as error:
        raise ConflictNewsError("the corpus has no manifest.json; run `conflictnews build`") from error
    return manifest

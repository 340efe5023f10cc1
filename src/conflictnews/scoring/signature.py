"""The recipe that a score carries with it."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence

import msgspec

from conflictnews.mentions import columns_of, only_entities
from conflictnews.model import Document, text_sha256
from conflictnews.scoring.intervals import GROUPS
from conflictnews.version import VERSION


def gold_digest(documents: Sequence[Document]) -> str:
    """SHA-256 over gold documents, whatever order they come in; of documents with nothing but entities that of their columns, which every file format has in common."""
    if only_entities(documents):
        return columns_of(documents).digest()
    digests = sorted(hashlib.sha256(msgspec.json.encode(_standoff(document))).digest() for document in documents)
    return hashlib.sha256(b"".join(digests)).hexdigest()


def _standoff(document: Document) -> Document:
    """The document with its text replaced by the text's checksum, so that a text that the user supplies changes nothing."""
    if document.text is None:
        return document
    return msgspec.structs.replace(document, text=None, text_sha256=document.text_sha256 or text_sha256(document.text))


def signature(*, corpus: str, digest: str, split: str, documents: int, layers: Iterable[str], metric: str, level: str, missing: int, resamples: int, seed: int) -> str:
    """The signature of a result: what two results must share to be compared (all but ``v``)."""
    parts = {
        "corpus": f"{corpus}#{digest[:8]}",
        "split": split,
        "docs": documents,
        "layer": "+".join(layers),
        "metric": metric,
        "level": level,
        "dup": "fp",
        "missing": f"fn{missing}" if missing else "fn",
        "unit": "codepoint",
        "ci": f"bs{resamples}.s{seed}" + (f".g{GROUPS}" if documents > GROUPS else ""),
        "v": VERSION,
    }
    return "conflictnews|" + "|".join(f"{key}:{value}" for key, value in parts.items() if value != "")


def narrowed(whole: str, metric: str, layer: str, level: str) -> str:
    """The signature of a result as that of one metric in it."""
    parts = dict(part.split(":", 1) for part in whole.split("|")[1:])
    parts |= {"layer": layer, "metric": metric.removeprefix(f"{layer}."), "level": level}
    ordered = ("corpus", "split", "docs", "layer", "metric", "level", *(key for key in parts if key not in ("corpus", "split", "docs", "layer", "metric", "level")))
    return "conflictnews|" + "|".join(f"{key}:{parts[key]}" for key in ordered if parts.get(key))

"""Which split a new document goes to, by a rule that gives the same answer on every machine and in every order."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping

from conflictnews.corpus import SPLITS
from conflictnews.errors import ConflictNewsError
from conflictnews.model import Document

PERCENT = {"train": 55, "dev": 15, "test": 30}
"""Split -> its share of the stories, in per cent."""

STANDOFF = "test_real"
"""The split of documents without text, and of no other."""


def story(document: Document) -> str:
    """What keeps documents together: `meta.story`, or the doc_id where there is none."""
    return str(document.meta.get("story") or document.doc_id)


def drawn_split(key: str) -> str:
    """The split of a story: the first whose share its SHA-256, taken modulo 100, falls into."""
    place = int.from_bytes(hashlib.sha256(f"conflictnews split {key}".encode()).digest(), "big") % 100
    for split, share in PERCENT.items():
        if place < share:
            return split
        place -= share
    raise AssertionError("the shares add up to 100")


def assign(new: Iterable[Document], stories: Mapping[str, str], wanted: str = "") -> dict[str, str]:
    """doc_id -> split of each new document, from the split of the stories that the corpus has.

    Documents without text go to `test_real`; others where their story is, else to the split that is `wanted`, else to that of the rule. Raises ConflictNewsError
    where a story would come to lie in two splits.
    """
    if wanted and wanted not in SPLITS:
        raise ConflictNewsError(f"there is no split {wanted!r}; the splits are {', '.join(SPLITS)}")
    homes, found = dict(stories), {}
    for document in new:
        key = story(document)
        split = wanted or (STANDOFF if document.text is None else homes.get(key) or drawn_split(key))
        if (document.text is None) != (split == STANDOFF):
            raise ConflictNewsError(f"{document.doc_id}: {STANDOFF} is the split of documents without text (standoff), and of no other; it would go to {split}")
        if homes.setdefault(key, split) != split:
            raise ConflictNewsError(f"{document.doc_id}: its story {key!r} lies in {homes[key]}, and a story has one split; leave --split out, or name {homes[key]}")
        found[document.doc_id] = split
    return found

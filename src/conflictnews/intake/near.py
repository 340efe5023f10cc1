"""Near-duplicates: documents whose articles share many runs of words."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping

import msgspec

from conflictnews.model import Document
from conflictnews.tokens import TOKEN

RUN = 5
"""So many words make a run."""

LIMIT = 0.3
"""Above this Jaccard similarity of their runs two documents are too much alike."""

Runs = frozenset[tuple[str, ...]]


class Alike(msgspec.Struct, frozen=True):
    """Two documents and the Jaccard similarity of their runs; 1 where their texts are the same."""

    first: str
    second: str
    similarity: float


def runs(document: Document, policies: dict[str, str]) -> Runs:
    """The runs of `RUN` words of a document's article (the page without its furniture, which outlets share), without case and punctuation; empty without a text.

    An article with fewer words is one run.
    """
    if document.text is None:
        return frozenset()
    words = [word.casefold() for word in TOKEN.findall(document.main_text(policies)) if word[0].isalnum()]
    return frozenset(tuple(words[i : i + RUN]) for i in range(max(1, len(words) - RUN + 1))) if words else frozenset()


def alike(new: Mapping[str, Runs], old: Mapping[str, Runs], *, limit: float = LIMIT) -> list[Alike]:
    """Every new document beside each old or earlier new one whose runs are more alike than `limit`; exact, by an index from runs to documents."""
    sizes = {name: len(found) for side in (old, new) for name, found in side.items()}
    index: dict[tuple[str, ...], list[str]] = {}
    _enter(index, old.items())
    found = []
    for name, its in new.items():
        shared = Counter(other for run in its for other in index.get(run, ()))
        for other, n in sorted(shared.items()):
            similarity = n / (len(its) + sizes[other] - n)
            if similarity > limit:
                found.append(Alike(name, other, similarity))
        _enter(index, [(name, its)])
    return found


def _enter(index: dict[tuple[str, ...], list[str]], documents: Iterable[tuple[str, Runs]]) -> None:
    for name, its in documents:
        for run in its:
            index.setdefault(run, []).append(name)

"""The entity layer of many documents as columns of numbers: what is scored when millions of mentions are."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from itertools import chain
from operator import attrgetter
from typing import TypeVar

import msgspec
import numpy as np
import numpy.typing as npt

from conflictnews.model import Document, text_sha256

Ints = npt.NDArray[np.int64]
_Name = TypeVar("_Name", bound="str | None")

NO_TEXT = -1
"""The length of a text that is not at hand."""


class EntityColumns(msgspec.Struct, frozen=True):
    """The mentions of documents that hold no other layer, document after document.

    `doc_ids` and `sizes` (mentions each) have a place a document, and so have `lengths`, in code points, `NO_TEXT` where there is no text. `start`, `end`, `label` and `level` have a
    place a mention; the latter two are numbers of `labels` and `levels`, where a level may be None. `linked` says whether any mention has an entity id, `guarded` whether any document
    has a text or its checksum.
    `documents` are the documents themselves, made when they are asked for.
    """

    doc_ids: tuple[str, ...]
    sizes: Ints
    lengths: Ints
    start: Ints
    end: Ints
    label: Ints
    labels: tuple[str, ...]
    level: Ints
    levels: tuple[str | None, ...]
    linked: bool
    guarded: bool
    documents: Sequence[Document]

    def digest(self) -> str:
        """SHA-256 over what scores depend on, whatever the order of documents and mentions and whichever file they came from."""
        order = sorted(range(len(self.doc_ids)), key=self.doc_ids.__getitem__)
        labels, label = _ranked(self.labels, self.label)
        levels, level = _ranked([name or "" for name in self.levels], self.level)
        place = np.empty(len(order), dtype=np.int64)
        place[order] = np.arange(len(order))
        document = np.repeat(place, self.sizes)
        rows = slice(None) if _ascending(document, self.start) else np.lexsort((level, label, self.end, self.start, document))
        head: dict[str, object] = {"documents": [self.doc_ids[i] for i in order], "sizes": self.sizes[order].tolist(), "labels": labels, "levels": levels}
        if self.guarded:
            head["texts"] = [d.text_sha256 or (None if d.text is None else text_sha256(d.text)) for d in (self.documents[i] for i in order)]
        if self.linked:
            head["entities"] = [sorted((e.start, e.end, e.label, e.entity or "") for e in self.documents[i].entities or ()) for i in order]
        found = hashlib.sha256(msgspec.json.encode(head))
        for column in (self.start, self.end, label, level):
            found.update(column[rows].astype("<u4").tobytes())
        return found.hexdigest()


def _ranked(names: Sequence[str], numbers: Ints) -> tuple[list[str], Ints]:
    """The names that occur in alphabetical order, and the numbers by that order."""
    times = np.bincount(numbers, minlength=len(names)).tolist()
    ordered = sorted({name for name, n in zip(names, times, strict=True) if n})
    rank = {name: i for i, name in enumerate(ordered)}
    return ordered, recoded(numbers, [rank.get(name, 0) for name in names])


def recoded(numbers: Ints, new: Sequence[int]) -> Ints:
    """`numbers` with each one replaced by its entry in `new`."""
    return numbers if list(new) == list(range(len(new))) else np.array(new, dtype=np.int64)[numbers]


def _ascending(document: Ints, start: Ints) -> bool:
    """Whether mentions stand in order of document and start, no two of a document with the same start."""
    return bool((((document[1:] == document[:-1]) & (start[1:] > start[:-1])) | (document[1:] > document[:-1])).all())


def only_entities(documents: Iterable[Document]) -> bool:
    """Whether no document has a layer but entities, and each has that one."""
    return all(d.entities is not None and d.events is None and d.quotes is None and d.boilerplate is None for d in documents)


def columns_of(documents: Sequence[Document]) -> EntityColumns:
    """The columns of documents of which `only_entities` holds. Raises OverflowError where an offset is no 64-bit integer."""
    mentions = list(chain.from_iterable(d.entities or () for d in documents))
    labels, label = _numbered(list(map(attrgetter("label"), mentions)))
    levels, level = _numbered(list(map(attrgetter("level"), mentions)))
    start, end = (np.fromiter(map(attrgetter(field), mentions), dtype=np.int64, count=len(mentions)) for field in ("start", "end"))
    return EntityColumns(
        doc_ids=tuple(d.doc_id for d in documents),
        sizes=np.array([len(d.entities or ()) for d in documents], dtype=np.int64),
        lengths=np.array([NO_TEXT if d.text is None else len(d.text) for d in documents], dtype=np.int64),
        start=start,
        end=end,
        label=label,
        labels=labels,
        level=level,
        levels=levels,
        linked=not set(map(attrgetter("entity"), mentions)) <= {None},
        guarded=any(d.text is not None or d.text_sha256 is not None for d in documents),
        documents=documents,
    )


def _numbered(names: Sequence[_Name]) -> tuple[tuple[_Name, ...], Ints]:
    known = {name: i for i, name in enumerate(dict.fromkeys(names))}
    if len(known) < 2:
        return tuple(known), np.zeros(len(names), dtype=np.int64)
    return tuple(known), np.fromiter(map(known.__getitem__, names), dtype=np.int64, count=len(names))

"""Two blind passes into one gold: every disagreement is listed with its context, decided by somebody with a reason, and applied."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import msgspec

from conflictnews.adjudication.decisions import DECISIONS, Row, Settled, describe, read_rows, settle, write_rows
from conflictnews.adjudication.differences import KINDS, Case, Difference, compare
from conflictnews.adjudication.merging import merge, open_ids
from conflictnews.errors import DocumentError
from conflictnews.model import Document
from conflictnews.schema import Schema
from conflictnews.scoring.pair import by_id
from conflictnews.validation import Problem, check_document


class Passes(msgspec.Struct, frozen=True):
    """The cases of two passes, by doc_id, and the documents that only one has."""

    cases: tuple[Case, ...]
    only_first: tuple[str, ...] = ()
    only_second: tuple[str, ...] = ()


def compare_passes(first: Iterable[Document], second: Iterable[Document]) -> Passes:
    """The cases of all documents that both passes have. Raises ConflictNewsError where there is none, a doc_id comes twice, or texts differ."""
    left, right = by_id(first, "the first pass"), by_id(second, "the second pass")
    common = sorted(left.keys() & right.keys())
    if not common:
        raise DocumentError("the passes share no document")
    cases = tuple(compare(left[doc_id], right[doc_id]) for doc_id in common)
    return Passes(cases, tuple(sorted(left.keys() - right.keys())), tuple(sorted(right.keys() - left.keys())))


def merge_all(cases: Sequence[Case], settled: Settled) -> list[Document]:
    """The merged documents; those whose passes carry no text carry none."""
    return [merge(case, settled.decided) for case in cases]


def check_all(documents: Iterable[Document], schema: Schema) -> list[Problem]:
    """What the validator says of the merged documents."""
    return [problem for document in documents for problem in check_document(document, schema)]


__all__ = [
    "DECISIONS",
    "KINDS",
    "Case",
    "Difference",
    "Passes",
    "Row",
    "Settled",
    "check_all",
    "compare",
    "compare_passes",
    "describe",
    "merge",
    "merge_all",
    "open_ids",
    "read_rows",
    "settle",
    "write_rows",
]

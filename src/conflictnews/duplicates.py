"""Pages that say the same: pairs with many word sequences in common, and sentences that stand on two pages.

Candidates come from MinHash with locality-sensitive hashing (Broder 1997; Leskovec, Rajaraman and Ullman, *Mining of Massive Datasets*, chapter 3; the library is datasketch); the Jaccard
similarity of every candidate is then counted exactly, so that no reported figure is an estimate.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Sequence

import msgspec

from conflictnews.errors import ConflictNewsError
from conflictnews.model import Document
from conflictnews.schema import Schema
from conflictnews.stats import main_part, sentences

N = 5
"""Words in a sequence (a shingle)."""

THRESHOLD = 0.3
"""The Jaccard similarity above which two pages are too much alike."""

SHORT = 6
"""Sentences of fewer words may stand on two pages ("He gave no figures.")."""

_CANDIDATE = 0.02
_PERMUTATIONS = 256
_SEED = 1
_WORD = re.compile(r"\w+(?:['’]\w+)*")


class Twins(msgspec.Struct, frozen=True):
    """Two pages, by doc_id, and the Jaccard similarity of their word sequences."""

    first: str
    second: str
    jaccard: float


class Repeated(msgspec.Struct, frozen=True):
    """A sentence of the main text, white space folded, and the pages that it stands on."""

    sentence: str
    doc_ids: tuple[str, ...]


def shingles(text: str, n: int = N) -> frozenset[str]:
    """All sequences of `n` words, in lower case, punctuation left out; of a text shorter than that, its words as one."""
    words = [w.lower() for w in _WORD.findall(text)]
    return frozenset(" ".join(words[i : i + n]) for i in range(max(1, len(words) - n + 1))) if words else frozenset()


def jaccard(first: frozenset[str], second: frozenset[str]) -> float:
    """Shared sequences over all sequences; 0 for two empty sets."""
    return len(first & second) / len(first | second) if first or second else 0.0


def near_duplicates(documents: Iterable[Document], *, n: int = N, candidate: float = _CANDIDATE) -> list[Twins]:
    """The pairs of pages that share word sequences, most alike first, with their exact similarity.

    Pairs whose similarity is well above `candidate` are found for certain, pairs near it mostly; the whole pages are compared, furniture included.
    Raises ConflictNewsError for a document without text, and when datasketch is not installed.
    """
    try:
        from datasketch import MinHash, MinHashLSH
    except ImportError as error:
        raise ConflictNewsError('near duplicates need datasketch; run `pip install "conflictnews[duplicates]"`') from error

    sets: dict[str, frozenset[str]] = {}
    hashes = {}
    for d in documents:
        if d.text is None:
            raise ConflictNewsError(f"{d.doc_id}: its text is not at hand; run `conflictnews hydrate`")
        sets[d.doc_id] = shingles(d.text, n)
        hashes[d.doc_id] = MinHash(num_perm=_PERMUTATIONS, seed=_SEED)
        hashes[d.doc_id].update_batch([s.encode() for s in sorted(sets[d.doc_id])])
    # Bands of one row: any two pages that agree in one of the minima are candidates, since a false one costs only an exact count.
    index = MinHashLSH(num_perm=_PERMUTATIONS, params=(_PERMUTATIONS, 1) if candidate < 0.1 else None, threshold=candidate)
    for doc_id, value in hashes.items():
        index.insert(doc_id, value)
    pairs = {tuple(sorted((doc_id, str(other)))) for doc_id, value in hashes.items() for other in index.query(value) if other != doc_id}
    found = [Twins(a, b, jaccard(sets[a], sets[b])) for a, b in pairs]
    return sorted((t for t in found if t.jaccard > 0), key=lambda t: (-t.jaccard, t.first, t.second))


def repeated_sentences(documents: Sequence[Document], schema: Schema, *, short: int = SHORT) -> list[Repeated]:
    """The sentences of `short` words or more that stand in the main text of more than one page, letter case aside."""
    where: dict[str, dict[str, str]] = defaultdict(dict)
    for d in documents:
        for sentence in sentences(main_part(d, schema)):
            if len(_WORD.findall(sentence)) >= short:
                where[sentence.lower()].setdefault(d.doc_id, sentence)
    return [Repeated(next(iter(pages.values())), tuple(pages)) for pages in where.values() if len(pages) > 1]

"""Bootstrap weights that follow from a document's id alone, so that any machine draws the same ones for it.

Drawing n documents out of n gives each a binomial number of copies; for many documents that is a Poisson number of mean 1, drawn for each document by itself
(Oza & Russell 2001; Chamandy et al. 2012). So parts can be resampled apart and added up, in any order. The numbers are drawn by counter, not from a stream: the
mixing function of SplitMix64 (Steele, Lea & Flood 2014) over the hash of the id and the number of the resample.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable

import numpy as np
import numpy.typing as npt

THRESHOLDS = (1580030169, 3160060337, 3950075422, 4213413783, 4279248374, 4292415292, 4294609778, 4294923276, 4294962463, 4294966817, 4294967253, 4294967292)
"""2**32 times the Poisson(1) probability of at most 0, 1, 2, ...: a weight is how many of these a draw of 32 bits reaches."""

HEAVIEST = len(THRESHOLDS)
"""No weight is larger; a true Poisson draw is, once in 16 thousand million."""

_GOLDEN, _FIRST, _SECOND = 0x9E3779B97F4A7C15, 0xBF58476D1CE4E5B9, 0x94D049BB133111EB
_WORD = (1 << 64) - 1

Keys = npt.NDArray[np.uint64]
Weights = npt.NDArray[np.uint8]


def keys_of(doc_ids: Iterable[str]) -> Keys:
    """The 64-bit hash of each document's id (BLAKE2b over UTF-8, low byte first)."""
    digests = b"".join(hashlib.blake2b(doc_id.encode("utf-8", "surrogatepass"), digest_size=8).digest() for doc_id in doc_ids)
    return np.frombuffer(digests, dtype="<u8").astype(np.uint64)


def weights(keys: Keys, *, resamples: int, seed: int) -> Weights:
    """How often each document stands in each resample: resamples x documents.

    The weight of a document in a resample depends on its key, the number of the resample and the seed, and on nothing else.
    """
    found = np.zeros((resamples, len(keys)), dtype=np.uint8)
    words = _mix(keys[None, :] ^ _constants((resamples + 1) // 2, seed)[:, None])
    for offset, draws in ((0, words >> np.uint64(32)), (1, words & np.uint64(0xFFFFFFFF))):  # a word of 64 bits serves two resamples
        part = found[offset::2]
        small = draws[: len(part)].astype(np.uint32)
        for threshold in THRESHOLDS:
            part += small >= np.uint32(threshold)
    return found


def _constants(number: int, seed: int) -> Keys:
    """The first numbers of the SplitMix64 stream of a seed."""
    return _mix(np.array([(seed + (i + 1) * _GOLDEN) & _WORD for i in range(number)], dtype=np.uint64))


def _mix(words: Keys) -> Keys:
    """SplitMix64's finaliser, in place: every bit of a word moves every bit of the result."""
    words ^= words >> np.uint64(30)
    words *= np.uint64(_FIRST)
    words ^= words >> np.uint64(27)
    words *= np.uint64(_SECOND)
    words ^= words >> np.uint64(31)
    return words


_CHUNK = 512
"""So many documents are weighted at a time: their weights stay in the processor's cache."""

_PIECE = 40
"""Counts go into the floating-point product in pieces of so many bits: 2**40 x 12 x 512 is below 2**53, so every sum is exact."""


def resampled_totals(keys: Keys, counts: npt.NDArray[np.int64], *, resamples: int, seed: int) -> npt.NDArray[np.int64]:
    """The exact weighted totals of `counts` (documents x columns, none negative): columns x resamples; OverflowError where 64 bits may not hold them."""
    if counts.sum(axis=0, dtype=np.float64).max(initial=0.0) * HEAVIEST >= 2.0**63:
        raise OverflowError("the counts of the resamples outgrow 64 bits")
    totals = np.zeros((counts.shape[1], resamples), dtype=np.int64)
    for first in range(0, len(keys), _CHUNK):
        rows = slice(first, first + _CHUNK)
        drawn = weights(keys[rows], resamples=resamples, seed=seed).astype(np.float64)
        part = counts[rows]
        for shift in range(0, 63, _PIECE):
            piece = (part >> shift) & ((1 << _PIECE) - 1)
            if piece.any():
                totals += (drawn @ piece.astype(np.float64)).T.astype(np.int64) << shift
    return totals

"""Union of longest common subsequences, as the summary-level ROUGE-L counts it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

Lines = Sequence[Sequence[str]]
"""A text as lines of words."""


def union_lcs_hits(gold: Lines, predicted: Lines) -> int:
    """How many gold words lie in the union, over predicted lines, of a longest common subsequence with their own line.

    A word counts no more often than it stands in the prediction. Summary-level LCS of Lin (2004), section 3.2, with the clipping of ROUGE-1.5.5; of several
    longest subsequences the one is taken that rouge-score takes, so that the unions agree.
    """
    candidates = dict.fromkeys(tuple(line) for line in predicted)
    available = Counter(word for line in predicted for word in line)
    found: Counter[str] = Counter()
    for line, times in Counter(tuple(line) for line in gold).items():
        for word in line if line in candidates else _union(line, candidates, available):
            found[word] += times
    return sum(min(number, available[word]) for word, number in found.items())


def _union(line: tuple[str, ...], candidates: dict[tuple[str, ...], None], available: Counter[str]) -> list[str]:
    """The words of `line` that its longest common subsequence with some candidate holds."""
    places: dict[str, int] = {}
    for i, word in enumerate(line):
        if word in available:
            places[word] = places.get(word, 0) | 1 << i
    reachable, union = sum(places.values()), 0
    for candidate in candidates:
        columns = [places.get(word, 0) for word in candidate]
        if any(columns):
            union |= _subsequence(columns, (1 << len(line)) - 1)
        if union == reachable:
            break
    return [word for i, word in enumerate(line) if union >> i & 1]


def _subsequence(columns: list[int], full: int) -> int:
    """The positions (a bit each) of one longest common subsequence, given for each word of the other line the positions where it stands.

    Forward, a bit-parallel table (Hyyrö 2004): a zero in `flat` is a position at which the length grows by one. Backward, the walk from the corner of the
    table takes a match where it stands on one, leaves the column where the length grows, and else leaves the row; rows without either are jumped over.
    """
    flat, table = full, []
    for matches in columns:
        if matches:
            used = flat & matches
            flat = ((flat + used) | (flat - used)) & full
        table.append(flat)
    taken, below = 0, full
    for matches, flat in zip(reversed(columns), reversed(table), strict=True):
        stops = (matches | ~flat) & below
        if not stops:
            break
        top = 1 << stops.bit_length() - 1
        below = top - 1
        if matches & top:
            taken |= top
        else:
            below |= top
    return taken

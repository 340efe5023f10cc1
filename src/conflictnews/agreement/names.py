"""Which document-level entity of one pass is which of the other: passes name them as they like, their mentions say whom they mean."""

from __future__ import annotations

from conflictnews.model import Document
from conflictnews.scoring.matching import best_pairs, overlapping

_SAME = 1 << 20
"""What a mention that both passes have weighs, against one for each character of a mention that they share in part."""


def same_entities(first: Document, second: Document) -> dict[str, str]:
    """Entity of the second pass -> the entity of the first that it is: one to one, so that as many mentions as can be are shared; of equal choices, equal names."""
    left = [e for e in first.entities or () if e.entity is not None]
    right = [e for e in second.entities or () if e.entity is not None]
    shared: dict[tuple[str, str], int] = {}
    for i, js in enumerate(overlapping([(e.start, e.end) for e in left], [(e.start, e.end) for e in right])):
        for j in js:
            a, b = left[i], right[j]
            key = str(a.entity), str(b.entity)
            characters = min(a.end, b.end) - max(a.start, b.start)
            shared[key] = shared.get(key, 0) + (_SAME if (a.start, a.end) == (b.start, b.end) else characters)
    names = [sorted({side[place] for side in shared}) for place in (0, 1)]
    numbers = [{name: n for n, name in enumerate(side)} for side in names]
    room = len(shared) + 1
    weights = {(numbers[0][a], numbers[1][b]): weight * room + (a == b) for (a, b), weight in shared.items()}
    return {names[1][j]: names[0][i] for i, j in best_pairs(weights)}

"""One-to-one matching between gold and predicted spans, the same whatever order they come in.

Every function maximises something whose maximum is unique (a number of pairs, a sum of weights), so a score never depends on which of several optimal
pairings was found.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping, Sequence

Interval = tuple[int, int]


def overlapping(left: Sequence[Interval], right: Sequence[Interval]) -> list[list[int]]:
    """For each left interval the right ones that share at least one character with it; touching half-open intervals share none."""
    order = sorted(range(len(right)), key=lambda j: right[j])
    neighbours: list[list[int]] = [[] for _ in left]
    active: list[int] = []
    at = 0
    for i in sorted(range(len(left)), key=lambda i: left[i]):
        start, end = left[i]
        active = [j for j in active if right[j][1] > start]
        while at < len(order) and right[order[at]][0] < end:
            if right[order[at]][1] > start:
                active.append(order[at])
            at += 1
        neighbours[i] = [j for j in active if right[j][0] < end]
    return neighbours


def matching_size(neighbours: Sequence[Sequence[int]], right_size: int) -> int:
    """The largest number of one-to-one pairs in a bipartite graph (augmenting paths, breadth first)."""
    left_of: list[int | None] = [None] * right_size
    right_of: list[int | None] = [None] * len(neighbours)
    for i, js in enumerate(neighbours):  # a greedy start leaves little to augment
        for j in js:
            if left_of[j] is None:
                left_of[j], right_of[i] = i, j
                break
    size = sum(j is not None for j in right_of)
    for root, js in enumerate(neighbours):
        if right_of[root] is not None or not js:
            continue
        came_from: dict[int, int] = {}
        queue = deque([root])
        free = None
        while queue and free is None:
            i = queue.popleft()
            for j in neighbours[i]:
                if j not in came_from:
                    came_from[j] = i
                    holder = left_of[j]
                    if holder is None:
                        free = j
                        break
                    queue.append(holder)
        while free is not None:
            i = came_from[free]
            previous = right_of[i]
            left_of[free], right_of[i] = i, free
            free = previous if i != root else None
        size += right_of[root] is not None
    return size


def overlap_size(left: Sequence[Interval], right: Sequence[Interval]) -> int:
    """The largest number of one-to-one pairs of overlapping intervals."""
    if not left or not right:
        return 0
    return matching_size(overlapping(left, right), len(right))


def best_pairs(weights: Mapping[tuple[int, int], int]) -> list[tuple[int, int]]:
    """The one-to-one pairs with the largest sum of weights, from positive integer weights of the allowed pairs.

    Solved exactly, component by component (Kuhn-Munkres with potentials, cubic in the size of a component). Pairs come sorted.
    """
    neighbours: dict[int, list[int]] = {}
    back: dict[int, list[int]] = {}
    for i, j in sorted(weights):
        neighbours.setdefault(i, []).append(j)
        back.setdefault(j, []).append(i)
    pairs: list[tuple[int, int]] = []
    seen: set[int] = set()
    for root in neighbours:
        if root in seen:
            continue
        lefts: list[int] = []
        rights: dict[int, int] = {}
        queue = deque([root])
        seen.add(root)
        while queue:
            i = queue.popleft()
            lefts.append(i)
            for j in neighbours[i]:
                if j not in rights:
                    rights[j] = len(rights)
                    for k in back[j]:
                        if k not in seen:
                            seen.add(k)
                            queue.append(k)
        columns = list(rights)
        if len(lefts) == 1 or len(columns) == 1:
            pairs.append(max(((i, j) for i in lefts for j in columns), key=lambda pair: weights[pair]))
        else:
            pairs += [(lefts[a], columns[b]) for a, b in _assign([[weights.get((i, j), 0) for j in columns] for i in lefts]) if (lefts[a], columns[b]) in weights]
    return sorted(pairs)


def _assign(gain: list[list[int]]) -> list[tuple[int, int]]:
    """The assignment of rows to columns with the largest total gain; unprofitable pairs (gain 0) may be among it."""
    flipped = len(gain) > len(gain[0])
    cost = [[-v for v in row] for row in (zip(*gain, strict=True) if flipped else gain)]
    rows, columns = len(cost), len(cost[0])
    row_potential, column_potential = [0] * (rows + 1), [0] * (columns + 1)
    row_of, way = [0] * (columns + 1), [0] * (columns + 1)
    for row in range(1, rows + 1):
        row_of[0] = row
        column = 0
        slack: list[int | None] = [None] * (columns + 1)
        used = [False] * (columns + 1)
        while True:
            used[column] = True
            current, step, nearest = row_of[column], None, 0
            for j in range(1, columns + 1):
                if used[j]:
                    continue
                reduced = cost[current - 1][j - 1] - row_potential[current] - column_potential[j]
                known = slack[j]
                if known is None or reduced < known:
                    slack[j], way[j] = reduced, column
                    known = reduced
                if step is None or known < step:
                    step, nearest = known, j
            if step is None:  # no free column is left: cannot happen with rows <= columns
                break
            for j in range(columns + 1):
                if used[j]:
                    row_potential[row_of[j]] += step
                    column_potential[j] -= step
                else:
                    known = slack[j]
                    slack[j] = None if known is None else known - step
            column = nearest
            if row_of[column] == 0:
                break
        while column:
            row_of[column] = row_of[way[column]]
            column = way[column]
    found = [(row_of[j] - 1, j - 1) for j in range(1, columns + 1) if row_of[j]]
    return [(b, a) for a, b in found] if flipped else found

from __future__ import annotations

from itertools import permutations

from hypothesis import given, settings
from hypothesis import strategies as st

from conflictnews.scoring.matching import best_pairs, matching_size, overlap_size, overlapping

intervals = st.lists(st.tuples(st.integers(0, 12), st.integers(1, 5)).map(lambda p: (p[0], p[0] + p[1])), max_size=6)


def naive_overlaps(left: list[tuple[int, int]], right: list[tuple[int, int]]) -> list[set[int]]:
    return [{j for j, b in enumerate(right) if any(a[0] <= c < a[1] for c in range(*b))} for a in left]


def naive_size(neighbours: list[set[int]], right: int) -> int:
    slots: list[int | None] = [*range(right), *([None] * len(neighbours))]
    return max((sum(j in neighbours[i] for i, j in enumerate(order)) for order in permutations(slots, len(neighbours))), default=0)


def naive_weight(weights: dict[tuple[int, int], int]) -> int:
    if not weights:
        return 0
    (i, j), *others = weights
    rest = {key: weights[key] for key in others}
    without = naive_weight(rest)
    return max(without, weights[i, j] + naive_weight({k: v for k, v in rest.items() if k[0] != i and k[1] != j}))


def test_touching_intervals_do_not_overlap() -> None:
    assert overlapping([(0, 3)], [(3, 5)]) == [[]]
    assert overlapping([(0, 3)], [(2, 5)]) == [[0]]


@given(intervals, intervals)
def test_overlaps_are_those_that_share_a_character(left: list[tuple[int, int]], right: list[tuple[int, int]]) -> None:
    assert [set(js) for js in overlapping(left, right)] == naive_overlaps(left, right)


@settings(max_examples=60)
@given(intervals.filter(lambda x: len(x) <= 4), intervals.filter(lambda x: len(x) <= 4))
def test_matching_size_is_the_largest_there_is(left: list[tuple[int, int]], right: list[tuple[int, int]]) -> None:
    assert overlap_size(left, right) == naive_size(naive_overlaps(left, right), len(right))


def test_a_greedy_choice_is_undone() -> None:
    assert matching_size([[0, 1], [0]], 2) == 2
    assert matching_size([[0, 1], [0, 2], [0], [1]], 3) == 3


@given(st.dictionaries(st.tuples(st.integers(0, 4), st.integers(0, 4)), st.integers(1, 20), max_size=9))
def test_best_pairs_have_the_largest_weight_and_are_one_to_one(weights: dict[tuple[int, int], int]) -> None:
    pairs = best_pairs(weights)
    assert sum(weights[p] for p in pairs) == naive_weight(weights)
    assert len({i for i, _ in pairs}) == len({j for _, j in pairs}) == len(pairs)


def test_a_long_chain_is_matched_without_recursion() -> None:
    left = [(2 * i, 2 * i + 2) for i in range(5000)]
    right = [(2 * i + 1, 2 * i + 3) for i in range(5000)]
    assert overlap_size(left, right) == 5000

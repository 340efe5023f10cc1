"""Counts of the boilerplate layer: is a character, or a line, furniture? OPTIONAL furniture of the gold is left out of the question."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

from conflictnews.scoring.pair import MASKED, POSITIVE, Pair, Vector


def _vector(gold: npt.NDArray[np.bool_], predicted: npt.NDArray[np.bool_]) -> Vector:
    both = int(np.count_nonzero(gold & predicted))
    n_predicted, n_gold = int(np.count_nonzero(predicted)), int(np.count_nonzero(gold))
    return both, n_predicted, n_gold, len(gold) - n_predicted - n_gold + both


def characters(pair: Pair) -> Vector:
    """One decision a code point, white space included; code points of OPTIONAL gold furniture are not asked about."""
    gold, predicted = pair.classes
    asked = gold != MASKED
    return _vector(gold[asked] == POSITIVE, predicted[asked] == POSITIVE)


def lines(pair: Pair) -> Vector:
    """One decision a line (cut at line feeds): a line is what most of its visible characters are.

    Blank lines are not asked about, nor lines that are OPTIONAL furniture in gold. Without a text there are no lines, and nothing is counted.
    """
    if not pair.text:
        return 0, 0, 0, 0
    _, _, gold, predicted = _decided(pair, pair.text)
    return _vector(gold, predicted)


def of_kind(pair: Pair, label: str) -> dict[str, Vector]:
    """The counts of one kind of furniture, OPTIONAL kinds among them: metric -> vector. A line is of the kind when most of its visible characters are; nothing is masked."""
    length = len(pair.text) if pair.text is not None else max((b.end for side in (pair.gold, pair.predicted) for b in side.boilerplate or ()), default=0)
    gold, predicted = np.zeros(length, dtype=bool), np.zeros(length, dtype=bool)
    for side, mask in ((pair.gold, gold), (pair.predicted, predicted)):
        for b in side.boilerplate or ():
            if b.label == label:
                mask[b.start : b.end] = True
    found = {"boilerplate.line": (0, 0, 0, 0), "boilerplate.char": _vector(gold, predicted)}
    if pair.text:
        visible, starts = _layout(pair.text)
        total, in_gold, in_predicted = (np.add.reduceat(np.where(mask, visible, 0), starts) for mask in (visible > 0, gold, predicted))
        asked = total > 0
        found["boilerplate.line"] = _vector((2 * in_gold > total)[asked], (2 * in_predicted > total)[asked])
    return found


def line_decisions(pair: Pair) -> Iterator[tuple[int, int, bool, bool]]:
    """Start and end of each line that is asked about, and whether it is furniture in gold and in the prediction."""
    if pair.text:
        starts, ends, gold, predicted = _decided(pair, pair.text)
        yield from zip(starts.tolist(), ends.tolist(), gold.tolist(), predicted.tolist(), strict=True)


def visible_lines(pair: Pair) -> tuple[list[bool], list[bool]]:
    """Whether each visible line is furniture of the positive class, on either side, by most of its visible characters; nothing is masked. No line without a text."""
    if not pair.text:
        return [], []
    visible, starts = _layout(pair.text)
    total, *sides = (np.add.reduceat(np.where(mask, visible, 0), starts) for mask in (visible > 0, *(classes == POSITIVE for classes in pair.classes)))
    first, second = (2 * side > total for side in sides)
    return first[total > 0].tolist(), second[total > 0].tolist()


def _decided(pair: Pair, text: str) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64], npt.NDArray[np.bool_], npt.NDArray[np.bool_]]:
    visible, starts = _layout(text)
    gold, predicted = pair.classes
    counts = [np.add.reduceat(np.where(mask, visible, 0), starts) for mask in (visible > 0, gold == POSITIVE, gold == MASKED, predicted == POSITIVE)]
    total, gold_positive, gold_masked, predicted_positive = counts
    asked = (total > 0) & (2 * gold_masked <= total)
    ends = np.append(starts[1:] - 1, len(text.removesuffix("\n")))
    return starts[asked], ends[asked], (2 * gold_positive > total)[asked], (2 * predicted_positive > total)[asked]


def _layout(text: str) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """1 for each visible character, 0 for white space; and where the lines start."""
    visible = np.fromiter((not c.isspace() for c in text), dtype=np.int64, count=len(text))
    codes = np.frombuffer(text.encode("utf-32-le", "surrogatepass"), dtype=np.uint32)
    starts = np.concatenate(([0], np.flatnonzero(codes == 10) + 1))
    return visible, starts[starts < len(text)].astype(np.int64)

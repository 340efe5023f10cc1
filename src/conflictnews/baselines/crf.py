"""Linear-chain conditional random fields (Lafferty, McCallum and Pereira 2001), trained and run by CRFsuite (Okazaki 2007).

A sequence is a list of items, an item a list of features. The model file is CRFsuite's own: numbers and strings, nothing that runs.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from conflictnews.errors import ConflictNewsError, MissingExtraError

Item = list[str]
Sequence_ = Sequence[Item]


def train_crf(
    sequences: Iterable[tuple[Sequence_, Sequence[str]]],
    *,
    c1: float = 0.1,
    c2: float = 0.01,
    iterations: int = 120,
    min_count: int = 1,
    progress: Callable[[int], object] = lambda iteration: None,
) -> bytes:
    """The bytes of a model trained by L-BFGS with the penalties `c1` (L1) and `c2` (L2); the same sequences give the same bytes. `progress` is told every iteration."""
    try:
        import pycrfsuite
    except ImportError as error:
        raise MissingExtraError("a conditional random field", "baselines") from error

    class Trainer(pycrfsuite.BaseTrainer):  # type: ignore[misc]
        """A trainer that tells where it is instead of printing."""

        def message(self, message: str) -> None:
            """One line of CRFsuite's log."""
            if message.startswith("***** Iteration #"):
                progress(int(message.split("#")[1].split()[0]))

    trainer = Trainer(algorithm="lbfgs", params={"c1": c1, "c2": c2, "max_iterations": iterations, "feature.minfreq": min_count, "feature.possible_transitions": True})
    for items, labels in sequences:
        trainer.append(pycrfsuite.ItemSequence(list(items)), list(labels))
    with TemporaryDirectory(prefix="conflictnews-") as folder:
        path = Path(folder) / "model.crfsuite"
        trainer.train(str(path))
        return path.read_bytes()


class Crf:
    """A trained model that labels sequences."""

    def __init__(self, path: Path) -> None:
        try:
            import pycrfsuite
        except ImportError as error:
            raise MissingExtraError("a conditional random field", "baselines") from error
        if not path.is_file():
            raise ConflictNewsError(f"{path} is missing; train the baseline again with `conflictnews train`")
        data = path.read_bytes()
        if data[:4] != b"lCRF" or int.from_bytes(data[4:8], "little") != len(data):
            raise ConflictNewsError(f"{path} is no whole CRFsuite model; train the baseline again with `conflictnews train`")
        self._data = data  # the tagger reads from these bytes for as long as it lives
        self._tagger: Any = pycrfsuite.Tagger()
        self._tagger.open_inmemory(self._data)

    def __call__(self, items: Sequence_) -> list[str]:
        """The best labels of a sequence."""
        return list(self._tagger.tag(list(items))) if items else []


def to_iob(length: int, spans: Iterable[tuple[int, int, str]]) -> list[str]:
    """IOB2 labels of token ranges (first, last + 1, label); a range that meets an earlier one is passed over."""
    labels = ["O"] * length
    for first, last, label in spans:
        if all(label_ == "O" for label_ in labels[first:last]):
            labels[first:last] = [f"B-{label}", *[f"I-{label}"] * (last - first - 1)]
    return labels


def from_iob(labels: Sequence[str]) -> list[tuple[int, int, str]]:
    """Token ranges (first, last + 1, label) of IOB2 labels; an I- that continues nothing opens a range."""
    found: list[tuple[int, int, str]] = []
    for at, label in enumerate(labels):
        if label == "O":
            continue
        prefix, name = label[0], label[2:]
        if prefix == "I" and found and found[-1][1] == at and found[-1][2] == name:
            found[-1] = (found[-1][0], at + 1, name)
        else:
            found.append((at, at + 1, name))
    return found

"""Multinomial logistic regression over named features: fitted by scikit-learn, kept as arrays, run with numpy alone."""

from __future__ import annotations

import io
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt

from conflictnews.errors import ConflictNewsError, MissingExtraError


class Linear:
    """Weights of a classifier: `features` by column, `labels` by row."""

    def __init__(self, features: Sequence[str], labels: Sequence[str], weights: npt.NDArray[np.float32], bias: npt.NDArray[np.float32]) -> None:
        self.columns = {name: at for at, name in enumerate(features)}
        self.labels, self.weights, self.bias = tuple(labels), weights, bias

    def scores(self, features: Iterable[str]) -> npt.NDArray[np.float64]:
        """Log-odds of every label, in the order of `labels`; features that training never saw count nothing."""
        at = [self.columns[name] for name in features if name in self.columns]
        found: npt.NDArray[np.float64] = self.weights[:, at].sum(axis=1, dtype=np.float64) + self.bias
        return found

    def probabilities(self, features: Iterable[str]) -> npt.NDArray[np.float64]:
        """The probability of every label (softmax)."""
        scores = self.scores(features)
        raised = np.exp(scores - scores.max())
        found: npt.NDArray[np.float64] = raised / raised.sum()
        return found

    def best(self, features: Iterable[str]) -> str:
        """The likeliest label."""
        return self.labels[int(self.scores(features).argmax())]

    def dump(self) -> bytes:
        """An npz archive of plain arrays, the same bytes for the same weights."""
        sink = io.BytesIO()
        words = np.frombuffer("\n".join(self.columns).encode(), dtype=np.uint8)
        labels = np.frombuffer("\n".join(self.labels).encode(), dtype=np.uint8)
        np.savez(sink, features=words, labels=labels, weights=self.weights.astype(np.float16), bias=self.bias.astype(np.float32))
        return sink.getvalue()

    @classmethod
    def load(cls, path: Path) -> Linear:
        """What `dump` wrote; raises ConflictNewsError for a file that is missing or none of it."""
        try:
            with np.load(path, allow_pickle=False) as arrays:
                features, labels = (bytes(arrays[name]).decode().split("\n") for name in ("features", "labels"))
                weights, bias = arrays["weights"].astype(np.float32), arrays["bias"].astype(np.float32)
        except OSError as error:
            raise ConflictNewsError(f"{path} is missing; train the baseline again with `conflictnews train`") from error
        except (ValueError, KeyError) as error:
            raise ConflictNewsError(f"{path}: {error}; train the baseline again with `conflictnews train`") from error
        if weights.shape != (len(labels), len(features)):
            raise ConflictNewsError(f"{path}: {weights.shape[0]} x {weights.shape[1]} weights for {len(labels)} labels and {len(features)} features")
        return cls(features, labels, weights, bias)


def fit_linear(rows: Sequence[Iterable[str]], labels: Sequence[str], *, c: float = 1.0, min_count: int = 2, balanced: bool = False) -> Linear:
    """The classifier of these rows (sets of feature names) with the inverse penalty `c`; features seen fewer than `min_count` times are left out."""
    try:
        from scipy.sparse import csr_matrix
        from sklearn.linear_model import LogisticRegression
        from threadpoolctl import threadpool_limits
    except ImportError as error:
        raise MissingExtraError("a classifier", "train") from error
    sets = [sorted(set(row)) for row in rows]
    counts = Counter(name for row in sets for name in row)
    names = sorted(name for name, n in counts.items() if n >= min_count)
    columns = {name: at for at, name in enumerate(names)}
    found = [[columns[name] for name in row if name in columns] for row in sets]
    pointers = np.cumsum([0, *map(len, found)])
    matrix = csr_matrix(
        (np.ones(pointers[-1], dtype=np.float64), np.concatenate([np.array(f, dtype=np.int64) for f in found]) if found else np.empty(0), pointers), shape=(len(rows), len(names))
    )
    kinds = sorted(set(labels))
    if len(kinds) == 1:
        return Linear(names, kinds, np.zeros((1, len(names)), np.float32), np.zeros(1, np.float32))
    with threadpool_limits(1):  # several threads add up in another order every time
        model = LogisticRegression(C=c, solver="lbfgs", max_iter=400, class_weight="balanced" if balanced else None).fit(matrix, labels)
    weights, bias = model.coef_, model.intercept_
    if len(kinds) == 2:
        weights, bias = np.vstack([-weights / 2, weights / 2]), np.concatenate([-bias / 2, bias / 2])
    return Linear(names, [str(k) for k in model.classes_], weights.astype(np.float16).astype(np.float32), bias.astype(np.float32))

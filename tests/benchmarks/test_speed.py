"""Speed, ours beside the peers in one run, on arrays or lists already read; counts must be identical, times are never asserted.

`scripts/speed` runs this with timing and prints the ratios. CONFLICTNEWS_BENCH_DOCUMENTS names other sizes, as in 1000,10000,100000.
"""

from __future__ import annotations

import os
import warnings
from typing import Any

import numpy as np
import pytest
import workload

from conflictnews.scoring import intervals, spans

SIZES = [int(n) for n in os.environ.get("CONFLICTNEWS_BENCH_DOCUMENTS", "1000").split(",")]
STRATEGIES = {"strict": "strict", "exact": "exact", "partial": "partial", "type": "ent_type"}
"""Ours -> nervaluate's name."""


@pytest.fixture(scope="module", params=SIZES)
def data(request: pytest.FixtureRequest) -> dict[str, Any]:
    gold, predicted = workload.tables(request.param)
    return {"n": request.param, "tables": (gold, predicted), "rows": [workload.rows(t, request.param) for t in (gold, predicted)], "results": {}}


def once(benchmark: Any, function: Any, *, rounds: int) -> Any:
    return benchmark.pedantic(function, rounds=rounds, iterations=1, warmup_rounds=0)


def test_strict_ours(benchmark: Any, data: dict[str, Any]) -> None:
    benchmark.group, benchmark.name = f"strict, {data['n']} documents", "conflictnews"
    gold, predicted = data["tables"]
    hits = once(benchmark, lambda: spans.strict_hits(gold, predicted, data["n"]), rounds=7)
    data["results"]["strict"] = int(hits.sum())


def test_strict_seqeval(benchmark: Any, data: dict[str, Any]) -> None:
    import seqeval.metrics.v1 as seqeval
    from seqeval.scheme import IOB2

    benchmark.group, benchmark.name = f"strict, {data['n']} documents", "seqeval"
    size = max(e for side in data["rows"] for one in side for _, e, _ in one) + 1
    gold, predicted = (workload.as_tags(side, size=size) for side in data["rows"])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        precision, _, _, _ = once(benchmark, lambda: seqeval.precision_recall_fscore_support(gold, predicted, average="micro", mode="strict", scheme=IOB2), rounds=1)
    if "strict" in data["results"]:
        assert precision == pytest.approx(data["results"]["strict"] / len(data["tables"][1]), abs=1e-12)


def test_four_strategies_ours(benchmark: Any, data: dict[str, Any]) -> None:
    benchmark.group, benchmark.name = f"four strategies, {data['n']} documents", "conflictnews"
    gold, predicted = data["tables"]
    hits = once(benchmark, lambda: spans.hits(gold, predicted, data["n"]), rounds=7)
    data["results"]["four"] = {name: int(h.sum()) for name, h in hits.items()}


def test_four_strategies_nervaluate(benchmark: Any, data: dict[str, Any]) -> None:
    from nervaluate import Evaluator

    benchmark.group, benchmark.name = f"four strategies, {data['n']} documents", "nervaluate"
    gold, predicted = (workload.as_dicts(side) for side in data["rows"])
    overall = once(benchmark, lambda: Evaluator(gold, predicted, tags=list(workload.LABELS), loader="dict").evaluate()["overall"], rounds=1)
    if "four" in data["results"]:
        ours = data["results"]["four"]
        for name, theirs in STRATEGIES.items():
            found = overall[theirs]
            assert 2 * found.correct + found.partial == (ours[name] if name == "partial" else 2 * ours[name]), name


def test_resampling(benchmark: Any, data: dict[str, Any]) -> None:
    benchmark.group, benchmark.name = f"1000 resamples, {data['n']} documents", "conflictnews"
    gold, predicted = data["tables"]
    hits = spans.strict_hits(gold, predicted, data["n"])
    counts = np.stack([hits, *(np.bincount(t.document, minlength=data["n"]) for t in (predicted, gold)), np.zeros_like(hits)], axis=1)
    totals = once(benchmark, lambda: intervals.resampled_totals(counts), rounds=5)
    assert totals.shape == (intervals.RESAMPLES, 4)

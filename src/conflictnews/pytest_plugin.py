"""A pytest plugin: score a system in a test, ask for least values and for no loss against a baseline, see the figures at the end of the run.

.. code-block:: python

    @pytest.mark.conflictnews(min={"entities.strict.f1": 0.80}, baseline="base.json", max_drop=0.01)
    def test_the_model_is_good_enough(conflictnews_score):
        conflictnews_score("predictions.jsonl", split="test")

Importing this module loads neither the scorers nor numpy, for pytest does so at every start; what is needed is imported where a test uses it.
"""

from __future__ import annotations

import os
from collections.abc import Generator, Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

import pytest

from conflictnews.errors import ConflictNewsError

if TYPE_CHECKING:
    from conflictnews.model import Document
    from conflictnews.scoring import Result
    from conflictnews.scoring.compare import Baseline
    from conflictnews.scoring.gate import Threshold, Verdict

NAME = "conflictnews"

MARKER = (
    f"{NAME}(min={{metric.field: value}}, baseline=FILE, max_drop=0.0, alpha=0.05): "
    "every result that the test gets from conflictnews_score must reach `min` and must not be significantly worse than the baseline"
)

KEYWORDS = ("min", "baseline", "max_drop", "alpha")


class Scorer(Protocol):
    """What the fixture `conflictnews_score` is."""

    def __call__(
        self,
        predicted: str | os.PathLike[str] | Iterable[Document],
        *,
        split: str = "test",
        gold: str | os.PathLike[str] | Iterable[Document] | None = None,
        layers: str | Sequence[str] | None = None,
    ) -> Result:
        """The result of scoring `predicted` against a split of the corpus, or against `gold`."""


class Demand(NamedTuple):
    """What one marker asks of every result of its test."""

    thresholds: tuple[Threshold, ...]
    baseline: Baseline | None
    limits: dict[str, float]


_RESULTS = pytest.StashKey[list["Result"]]()
_DEMANDS = pytest.StashKey[list[Demand]]()


def pytest_configure(config: pytest.Config) -> None:
    """Make the marker known."""
    config.addinivalue_line("markers", MARKER)


@pytest.fixture
def conflictnews_score(request: pytest.FixtureRequest) -> Scorer:
    """A function that scores predictions and gives the Result: `conflictnews_score(predicted, split="test", gold=None, layers=None)`.

    `predicted` and `gold` are a path (JSONL, one .json document, or a folder of them) or Documents. Each result goes into the terminal summary and, as the
    properties `conflictnews.signature` and `conflictnews.<metric>.f1`, into JUnit XML; an undefined F1 is left out.
    """
    node = request.node
    node.stash[_RESULTS] = results = []

    def score(
        predicted: str | os.PathLike[str] | Iterable[Document],
        *,
        split: str = "test",
        gold: str | os.PathLike[str] | Iterable[Document] | None = None,
        layers: str | Sequence[str] | None = None,
    ) -> Result:
        result = _score(predicted, split, gold, [layers] if isinstance(layers, str) else layers)
        results.append(result)
        # What record_property does, less its warning about xunit2, which writes the properties all the same.
        node.user_properties.append((f"{NAME}.signature", result.signature))
        node.user_properties.extend((f"{NAME}.{name}.f1", value.f1) for name, value in result.scores.items() if value.f1 is not None)
        node.add_report_section("call", NAME, "\n".join(_lines(result)))  # a section travels with the report, from other processes too
        return result

    return score


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Read the markers before the test runs, so that a slip in one does not show after an hour of prediction."""
    try:
        item.stash[_DEMANDS] = [_demand(mark, item.path.parent) for mark in item.iter_markers(NAME)]
    except ConflictNewsError as error:
        pytest.fail(f"@pytest.mark.{NAME}: {error}", pytrace=False)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Generator[None, Any, Any]:
    """Run the test, then fail it where a result misses what its markers ask."""
    outcome = yield
    demands = item.stash[_DEMANDS]
    if not demands:
        return outcome
    results = item.stash.get(_RESULTS, [])
    if not results:
        pytest.fail(f"@pytest.mark.{NAME}: the test scored nothing; call the fixture conflictnews_score in it", pytrace=False)
    missed = [line for number, result in enumerate(results, 1) for line in _missed(result, demands, f"result {number}: " if len(results) > 1 else "")]
    if missed:
        pytest.fail("\n".join([f"@pytest.mark.{NAME}: not good enough", *missed]), pytrace=False)
    return outcome


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """A line for each result: the test, and F1 with its interval for the ranking metric of each layer."""
    reports = {r.nodeid: r for found in terminalreporter.stats.values() for r in found if isinstance(r, pytest.TestReport) and r.when == "call"}
    shown = [(nodeid, text) for nodeid, report in sorted(reports.items()) for name, text in report.sections if name == f"Captured {NAME} call"]
    if shown:
        terminalreporter.section(NAME)
        for nodeid, text in shown:
            terminalreporter.write_line(f"{nodeid}  {text}")


def _score(predicted: Any, split: str, gold: Any, layers: Sequence[str] | None) -> Result:
    """The result of scoring what the caller gave, paths or Documents."""
    from conflictnews.corpus import load_corpus
    from conflictnews.evaluate import score_split
    from conflictnews.io.jsonl import iter_documents
    from conflictnews.scoring import score

    documents = iter_documents(predicted) if _is_path(predicted) else predicted
    if gold is None:
        return score_split(load_corpus(split), documents, split, layers=layers)
    if _is_path(gold):
        return score(iter_documents(gold), documents, layers=layers, split=Path(gold).stem)
    return score(gold, documents, layers=layers)


def _is_path(source: object) -> bool:
    return isinstance(source, (str, os.PathLike))


def _demand(mark: pytest.Mark, folder: Path) -> Demand:
    """What a marker asks; a relative baseline lies beside the test's file. Raises ConflictNewsError for what cannot be asked."""
    unknown = [name for name in mark.kwargs if name not in KEYWORDS]
    if mark.args or unknown:
        raise ConflictNewsError(f"{unknown[0] if unknown else mark.args[0]!r} is not understood; it takes only keywords: {', '.join(KEYWORDS)}")
    least, baseline = mark.kwargs.get("min") or {}, mark.kwargs.get("baseline")
    if not isinstance(least, dict):
        raise ConflictNewsError(f'min is {least!r}; write it as {{"entities.strict.f1": 0.8}}')
    limits = {name: mark.kwargs[name] for name in ("max_drop", "alpha") if name in mark.kwargs}
    for name, value in limits.items():
        if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 <= value <= 1:
            raise ConflictNewsError(f"{name} is {value!r}; it is a number from 0 to 1")
        if baseline is None:
            raise ConflictNewsError(f"{name} says nothing without a baseline")
    if not least and baseline is None:
        return Demand((), None, {})
    from conflictnews.scoring.compare import read_baseline
    from conflictnews.scoring.gate import parse_threshold

    thresholds = tuple(parse_threshold(f"{name}={value}") for name, value in least.items())
    return Demand(thresholds, None if baseline is None else read_baseline(folder / baseline), limits)


def _missed(result: Result, demands: Iterable[Demand], before: str) -> list[str]:
    """A line for each thing that `result` misses."""
    from conflictnews.scoring.gate import check_baseline, check_thresholds

    verdicts: list[Verdict] = []
    try:
        for demand in demands:
            verdicts += check_thresholds(result.scores, demand.thresholds)
            if demand.baseline is not None:
                verdicts += check_baseline(result, demand.baseline, **demand.limits)
    except ConflictNewsError as error:
        return [f"  {before}{error}"]
    return [f"  {before}{verdict.message}" for verdict in verdicts if not verdict.passed]


def _lines(result: Result) -> list[str]:
    """A result in a line, and a line for each thing that was odd about the predictions."""
    from conflictnews.report.text import interval, percent
    from conflictnews.scoring import HEADLINES

    best = {HEADLINES[layer]: result.scores[HEADLINES[layer]] for layer in result.layers}
    lines = ["  ".join(f"{name} F1 {percent(score.f1)} ({interval(score)})" for name, score in best.items())]
    lacking = {"no prediction": result.missing, **{f"no {layer} in the prediction": documents for layer, documents in result.incomplete.items()}}
    lines += [f"  {what} for {len(documents)} gold documents: their gold counts as missed" for what, documents in lacking.items() if documents]
    return lines + [f"  warning: {message}" for message in result.warnings]

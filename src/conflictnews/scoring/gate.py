"""What a continuous-integration run asks of a result: thresholds, and no significant loss against a baseline."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import msgspec

from conflictnews.errors import ScoringError
from conflictnews.scoring.compare import Baseline, compare, to_baseline
from conflictnews.scoring.result import Result
from conflictnews.scoring.tasks import TASKS

FIELDS = ("precision", "recall", "f1")
"""What a threshold may be set for."""


class Threshold(msgspec.Struct, frozen=True):
    """A least value: ``entities.strict.f1=0.80``."""

    metric: str
    field: str
    least: float


class Verdict(msgspec.Struct, frozen=True):
    """One thing asked and the answer: `name` says what, `message` says it in words with the figures."""

    name: str
    passed: bool
    message: str


def parse_threshold(text: str, known: Mapping[str, Sequence[str]] | None = None) -> Threshold:
    """The threshold in ``METRIC.FIELD=VALUE``; ScoringError, with what there is, for anything else. `known` maps metrics to their fields (default: those of `TASKS`)."""
    known = dict.fromkeys(TASKS, FIELDS) if known is None else known
    name, sep, value = text.partition("=")
    metric, _, field = name.strip().rpartition(".")
    if not sep or field not in known.get(metric, ()):
        fields = ", ".join(dict.fromkeys(field for fields in known.values() for field in fields))
        raise ScoringError(f"{text!r} is no threshold; write METRIC.FIELD=VALUE with a FIELD of {fields} and a METRIC of {', '.join(known)}")
    try:
        least = float(value)
    except ValueError:
        raise ScoringError(f"{text!r}: {value!r} is no number") from None
    if not 0 <= least <= 1:
        raise ScoringError(f"{text!r}: a threshold is a ratio from 0 to 1, not {value}")
    return Threshold(metric, field, least)


def check_thresholds(scores: Mapping[str, object], thresholds: Iterable[Threshold]) -> list[Verdict]:
    """A verdict for each threshold; an undefined value passes none, and a metric that was not scored is an error."""
    verdicts = []
    for t in thresholds:
        if t.metric not in scores:
            raise ScoringError(f"{t.metric} has a threshold but was not scored; scored were {', '.join(scores)}")
        value: float | None = getattr(scores[t.metric], t.field)
        name = f"{t.metric}.{t.field} >= {t.least:g}"
        if value is None:
            verdicts.append(Verdict(name, False, f"{t.metric}.{t.field} is undefined, {t.least:g} is asked"))
        else:
            passed = value >= t.least
            verdicts.append(Verdict(name, passed, f"{t.metric}.{t.field} is {value:.4f}, {'at least' if passed else 'below the'} {t.least:g} asked"))
    return verdicts


def check_baseline(result: Result, baseline: Baseline, *, max_drop: float = 0.0, alpha: float = 0.05) -> list[Verdict]:
    """A verdict for each metric that both have: it fails where F1 fell by more than `max_drop` and the loss is significant at `alpha` (after Holm).

    Raises ScoringError where the signatures differ in more than the version.
    """
    verdicts = []
    for name, d in compare(baseline, to_baseline(result)).items():
        if d.delta is None:
            verdicts.append(Verdict(f"{name} against the baseline", True, f"{name}: nothing to compare"))
            continue
        p = d.p_holm
        failed = d.delta < -max_drop and (p is None or p < alpha)  # one document gives no p: then any loss beyond what is allowed fails
        told = ", no p-value from a single document" if p is None else f", p = {p:.4f} (approximate randomisation, Holm)"
        moved = f"fell by {-d.delta:.4f}" if d.delta < 0 else f"rose by {d.delta:.4f}" if d.delta > 0 else "is unchanged"
        message = f"{name}.f1 {moved} (from {d.first:.4f} to {d.second:.4f}{told})" + (f"; at most {max_drop:g} is allowed" if failed else "")
        verdicts.append(Verdict(f"{name} against the baseline", not failed, message))
    return verdicts

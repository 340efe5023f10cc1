"""conflictnews score."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from conflictnews.cli.console import console, warn
from conflictnews.cli.explain import explain_metrics
from conflictnews.cli.options import PATH, argument, command, option
from conflictnews.cli.output import encode, lacking, leave, write_files

if TYPE_CHECKING:
    from collections.abc import Sequence

    from conflictnews.evaluate import Scored
    from conflictnews.scoring import Result
    from conflictnews.scoring.compare import Baseline
    from conflictnews.scoring.gate import Threshold, Verdict

_CI = "For continuous integration"
_FILES = "Output files"


def _explained(context: click.Context, parameter: click.Parameter, name: str | None) -> None:
    """Stop after saying what a metric counts, where that was asked."""
    if name:
        explain_metrics(name)
        context.exit()


@command
@argument("pred", "Predictions: a JSONL file, a .json document, or a folder of them, in the form of the corpus.", type=PATH)
@option("--split", default="test", show_default=True, help="The gold split to score against: train, dev, test or test_real.")
@option("--gold", type=PATH, help="Gold of your own instead of a split: any JSONL file or folder in our form, with any labels.")
@option(
    "--layer",
    multiple=True,
    help="Score this layer only; may be given several times. Default: the layers that the predictions attempt. `text` scores systems that return only the article, as {doc_id, main_text}.",
)
@option("--by", multiple=True, metavar="WHAT", help="Also tell the scores apart by label, genre, region or collection; may be given several times.")
@option(
    "--explain",
    metavar="METRIC",
    is_eager=True,
    expose_value=False,
    callback=_explained,
    help="Say what a metric counts and where it comes from, and stop (`all` lists them).",
)
@option("--allow-missing", is_flag=True, help="Gold documents without a prediction count as found nothing; without this flag they also make the exit code 2.")
@option("--json", metavar="FILE|-", section=_FILES, help="Write the unrounded numbers as JSON to FILE, or with - to the terminal instead of the table.")
@option("--errors", type=PATH, metavar="FILE", section=_FILES, help="Write every hit, false positive and false negative with its context as JSONL.")
@option("--markdown", type=PATH, metavar="FILE", section=_FILES, help="Write the table as Markdown.")
@option("--junit-xml", type=PATH, metavar="FILE", section=_FILES, help="Write JUnit XML: a test case for each check and each metric.")
@option(
    "--fail-under",
    multiple=True,
    metavar="METRIC.FIELD=VALUE",
    section=_CI,
    help="Exit with 1 when a value is below this, as in entities.strict.f1=0.80; may be given several times.",
)
@option("--baseline", type=PATH, metavar="FILE", section=_CI, help="Exit with 1 when a metric is significantly worse than in this file of --save-baseline.")
@option("--max-drop", default=0.0, show_default=True, section=_CI, help="With --baseline: a loss of F1 up to this much is let pass.")
@option("--alpha", default=0.05, show_default=True, section=_CI, help="With --baseline: the level of significance, after Holm's correction over the metrics.")
@option("--save-baseline", type=PATH, metavar="FILE", section=_CI, help="Write the counts of each document, for a later --baseline.")
@option("--github", is_flag=True, section=_CI, help="Add to the step summary of GitHub Actions, and print ::error lines for what failed.")
@option("--keep-optional", is_flag=True, help="With --layer text: bylines, captions and other OPTIONAL furniture are part of the gold article.")
def score(
    pred: Path,
    split: str,
    gold: Path | None,
    layer: tuple[str, ...],
    by: tuple[str, ...],
    allow_missing: bool,
    json: str | None,
    errors: Path | None,
    markdown: Path | None,
    junit_xml: Path | None,
    fail_under: tuple[str, ...],
    baseline: Path | None,
    max_drop: float,
    alpha: float,
    save_baseline: Path | None,
    github: bool,
    keep_optional: bool,
) -> None:
    """Score predictions against gold, and show the table.

    Documents pair by `doc_id`. A layer that is absent from the predictions is not scored; an empty list says that nothing was found.

    Example:
      conflictnews score predictions.jsonl --split test --layer entities --json scores.json

    In CI:
      conflictnews score predictions.jsonl --fail-under entities.strict.f1=0.80 --baseline base.json --max-drop 0.01
    """
    if "text" in layer:
        if layer != ("text",):
            raise click.UsageError("the layer text is scored on its own: its predictions hold no offsets")
        if baseline or save_baseline or junit_xml or errors or markdown or by or github:
            raise click.UsageError("with --layer text there are --json, --fail-under, --allow-missing and --keep-optional; the other options need counts of spans")
        _score_texts(pred, split, gold, json, fail_under, allow_missing=allow_missing, keep_optional=keep_optional)
        return
    if keep_optional:
        raise click.UsageError("--keep-optional goes with --layer text")
    from conflictnews.evaluate import score_files

    thresholds, kept = _asked(fail_under, baseline)  # what is asked is checked before the work is done
    scored = score_files(pred, split=split, gold=gold, layers=layer or None)
    result = scored.result
    verdicts, warnings = _judged(result, thresholds, kept, max_drop, alpha)
    slices = _slices(scored, by)
    title = f"{pred} against {gold or split} ({len(result.documents)} documents)"
    if json == "-":
        print(encode(_as_dict(scored, verdicts, slices)))
    else:
        _show(scored, slices, title)
        for verdict in verdicts:
            print(f"{'passed' if verdict.passed else 'FAILED'}  {verdict.message}")
    for message in (*result.warnings, *warnings):
        warn(message)
    write_files(
        {
            Path(json) if json and json != "-" else None: lambda: (encode(_as_dict(scored, verdicts, slices)) + "\n").encode(),
            errors: lambda: _error_lines(scored),
            markdown: lambda: _markdown(scored, verdicts, title).encode(),
            junit_xml: lambda: _junit(scored, verdicts),
            save_baseline: lambda: _baseline(result),
        }
    )
    if github:
        _github(scored, verdicts, title)
    leave(lacking(result.missing, result.incomplete), allow_missing=allow_missing, failed=any(not verdict.passed for verdict in verdicts))


def _asked(fail_under: Sequence[str], baseline: Path | None) -> tuple[list[Threshold], Baseline | None]:
    """The thresholds and the baseline that a call names."""
    if not fail_under and baseline is None:
        return [], None
    from conflictnews.scoring.compare import read_baseline
    from conflictnews.scoring.gate import parse_threshold

    return [parse_threshold(text) for text in fail_under], read_baseline(baseline) if baseline else None


def _judged(result: Result, thresholds: Sequence[Threshold], kept: Baseline | None, max_drop: float, alpha: float) -> tuple[list[Verdict], list[str]]:
    """A verdict on each thing asked, and a warning where the baseline is an older version's."""
    if not thresholds and kept is None:
        return [], []
    from conflictnews.scoring.compare import check_comparable
    from conflictnews.scoring.gate import check_baseline, check_thresholds

    verdicts = check_thresholds(result.scores, thresholds)
    if kept is None:
        return verdicts, []
    message = check_comparable(kept.signature, result.signature)
    return verdicts + check_baseline(result, kept, max_drop=max_drop, alpha=alpha), [message] if message else []


def _baseline(result: Result) -> bytes:
    from conflictnews.scoring.compare import to_baseline

    return encode(to_baseline(result)).encode() + b"\n"


def _show(scored: Scored, slices: dict[str, Any], title: str) -> None:
    from conflictnews.report.text import detectable_line, macro_lines, score_table, slice_table

    out = console()
    out.print(score_table(scored.result, title=title))
    for what, parts in slices.items():
        out.print(slice_table(parts.labels if what == "label" else parts, title=f"by {what}"))
        if what == "label":
            print("\n".join(macro_lines(parts.macro)))
    inside = {name: n for name, n in scored.result.inside_furniture.items() if n}
    if inside:
        print(f"inside page furniture, and wrong there: {', '.join(f'{n} {name}' for name, n in inside.items())}")
    told = detectable_line(scored.result)
    if told:
        print(told)
    print(scored.result.signature)


def _slices(scored: Scored, fields: Sequence[str]) -> dict[str, Any]:
    """What --by asks for: a `ByLabel`, or value -> metric -> score."""
    if not fields:
        return {}
    from conflictnews.schema import load_schema
    from conflictnews.scoring.slices import by_label, by_metadata

    found: dict[str, Any] = {}
    for field in fields:
        found[field] = by_label(scored.gold, scored.predicted, scored.result.layers, load_schema()) if field == "label" else by_metadata(scored.result, scored.gold, field)
    return found


def _as_dict(scored: Scored, verdicts: Sequence[Verdict], slices: dict[str, Any]) -> dict[str, Any]:
    import msgspec

    found = scored.result.as_dict()
    if verdicts:
        found["checks"] = [msgspec.structs.asdict(verdict) for verdict in verdicts]
    for what, parts in slices.items():
        rows = parts.labels if what == "label" else parts
        found.setdefault("by", {})[what] = {value: {name: s.as_dict() for name, s in scores.items()} for value, scores in rows.items()}
        if what == "label":
            found["macro"] = {name: msgspec.structs.asdict(macro) for name, macro in parts.macro.items()}
    return found


def _error_lines(scored: Scored) -> bytes:
    import msgspec

    from conflictnews.schema import load_schema
    from conflictnews.scoring.outcomes import outcomes_of

    return b"".join(msgspec.json.encode(outcome) + b"\n" for outcome in outcomes_of(scored.gold, scored.predicted, scored.result.layers, load_schema()))


def _markdown(scored: Scored, verdicts: Sequence[Verdict], title: str) -> str:
    from conflictnews.report.files import score_markdown

    return score_markdown(scored.result, verdicts, title=title)


def _junit(scored: Scored, verdicts: Sequence[Verdict]) -> bytes:
    from conflictnews.report.files import junit_xml

    return junit_xml(scored.result, verdicts)


def _github(scored: Scored, verdicts: Sequence[Verdict], title: str) -> None:
    """Add to the file that GITHUB_STEP_SUMMARY names, as far as there is room, and print the error commands."""
    from conflictnews.report.files import SUMMARY_LIMIT, github_commands, step_summary

    target = os.environ.get("GITHUB_STEP_SUMMARY")
    if target:
        path = Path(target)
        room = SUMMARY_LIMIT - (path.stat().st_size if path.exists() else 0)
        with path.open("a", encoding="utf-8") as file:
            file.write(step_summary(scored.result, verdicts, title=title, room=room - 1))
    else:
        warn("GITHUB_STEP_SUMMARY is not set: no step summary was written")
    for line in github_commands(verdicts):
        print(line, file=sys.stderr)  # runners read both streams; standard output may be JSON


def _score_texts(pred: Path, split: str, gold: Path | None, json: str | None, fail_under: Sequence[str], *, allow_missing: bool, keep_optional: bool) -> None:
    """The same for systems that give only the article's text."""
    import msgspec

    from conflictnews.evaluate import score_text_files
    from conflictnews.report.text import text_table
    from conflictnews.scoring.gate import check_thresholds, parse_threshold
    from conflictnews.scoring.text import FIELDS

    thresholds = [parse_threshold(text, FIELDS) for text in fail_under]
    result = score_text_files(pred, split=split, gold=gold, keep_optional=keep_optional)
    verdicts = check_thresholds(result.scores, thresholds)
    found = result.as_dict() | ({"checks": [msgspec.structs.asdict(verdict) for verdict in verdicts]} if verdicts else {})
    if json == "-":
        print(encode(found))
    else:
        console().print(text_table(result, title=f"{pred} against {gold or split} ({len(result.documents)} documents)"))
        print(result.signature)
        for verdict in verdicts:
            print(f"{'passed' if verdict.passed else 'FAILED'}  {verdict.message}")
    for message in result.warnings:
        warn(message)
    write_files({Path(json) if json and json != "-" else None: lambda: (encode(found) + "\n").encode()})
    leave(lacking(result.missing, {}), allow_missing=allow_missing, failed=any(not verdict.passed for verdict in verdicts))

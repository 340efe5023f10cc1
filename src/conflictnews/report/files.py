"""Results as files for other tools: JUnit XML, Markdown, GitHub annotations."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from xml.etree import ElementTree

from conflictnews.report.text import interval, number, percent
from conflictnews.scoring import HEADLINES, Result, Score
from conflictnews.scoring.compare import Difference
from conflictnews.scoring.gate import Verdict
from conflictnews.scoring.result import THIN

SUMMARY_LIMIT = 1024 * 1024
"""GitHub refuses a step summary larger than this, in bytes."""


def junit_xml(result: Result, verdicts: Sequence[Verdict]) -> bytes:
    """JUnit XML with a test case for each verdict, and one for each metric that was scored (with its figures as output)."""
    failures = sum(not v.passed for v in verdicts)
    total = len(verdicts) + len(result.scores)
    suite = ElementTree.Element("testsuite", name="conflictnews", tests=str(total), failures=str(failures), errors="0", skipped="0", time="0")
    properties = ElementTree.SubElement(suite, "properties")
    ElementTree.SubElement(properties, "property", name="signature", value=result.signature)
    for verdict in verdicts:
        case = ElementTree.SubElement(suite, "testcase", classname="conflictnews.gate", name=verdict.name, time="0")
        if not verdict.passed:
            ElementTree.SubElement(case, "failure", message=verdict.message, type="threshold").text = verdict.message
    for name, score in result.scores.items():
        case = ElementTree.SubElement(suite, "testcase", classname="conflictnews.score", name=name, time="0")
        ElementTree.SubElement(case, "system-out").text = f"P {percent(score.precision)} R {percent(score.recall)} F1 {percent(score.f1)} ({interval(score)})"
    suites = ElementTree.Element("testsuites", tests=str(total), failures=str(failures), errors="0", time="0")
    suites.append(suite)
    ElementTree.indent(suites)
    data: bytes = ElementTree.tostring(suites, encoding="utf-8", xml_declaration=True)
    return data + b"\n"


def score_markdown(result: Result, verdicts: Sequence[Verdict] = (), *, title: str = "conflictnews") -> str:
    """A result as Markdown: verdicts first, then a table with a row for each metric."""
    lines = [f"## {_cell(title)}", ""]
    if verdicts:
        failed = [v for v in verdicts if not v.passed]
        lines += [f"**{len(verdicts) - len(failed)} of {len(verdicts)} checks passed**", ""]
        lines += [f"- ❌ {_cell(v.message)}" for v in failed] + ([""] if failed else [])
    lines += ["| metric | P | R | F1 | 95 % CI | TP | FP | FN | gold |", "|---|---:|---:|---:|---:|---:|---:|---:|---:|"]
    lines += [_row(f"**{name}**" if name in HEADLINES.values() else name, score) for name, score in result.scores.items()]
    lines += ["", f"† fewer than {THIN} in gold. `{result.signature}`", ""]
    return "\n".join(lines)


def _row(name: str, score: Score) -> str:
    gold = f"{score.n_gold:,}" + ("†" if score.n_gold < THIN else "")
    cells = [name, percent(score.precision), percent(score.recall), percent(score.f1), interval(score), number(score.tp), number(score.fp), number(score.fn), gold]
    return f"| {' | '.join(cells)} |"


def _cell(text: str) -> str:
    """Text without what Markdown or HTML would read as its own."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace("|", "\\|").replace("\n", " ")


def step_summary(result: Result, verdicts: Sequence[Verdict], *, title: str, room: int = SUMMARY_LIMIT) -> str:
    """The Markdown of a GitHub step summary, cut at the end of a line where it would not fit into `room` bytes."""
    text = score_markdown(result, verdicts, title=title)
    if len(text.encode()) <= room:
        return text
    note = "\n\n(cut: too long for a step summary)\n"
    kept = text.encode()[: max(0, room - len(note.encode()))].decode(errors="ignore")
    return kept[: kept.rfind("\n") + 1] + note if "\n" in kept else ""


def github_commands(verdicts: Sequence[Verdict]) -> list[str]:
    """The ``::error`` lines of the failed verdicts, escaped as workflow commands ask."""

    def escape(text: str) -> str:
        return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")

    return [f"::error title={escape(v.name).replace(':', '%3A').replace(',', '%2C')}::{escape(v.message)}" for v in verdicts if not v.passed]


def differences_markdown(differences: Mapping[str, Difference]) -> str:
    """A comparison as a Markdown table, F1 in per cent."""
    lines = ["| metric | first | second | difference | 95 % CI | p bootstrap | p randomisation | p Holm | detectable |", "|---|---:|---:|---:|---:|---:|---:|---:|---:|"]
    lines += [f"| {name} | {' | '.join(difference_cells(d))} |" for name, d in differences.items()]
    return "\n".join(lines) + "\n"


def difference_cells(d: Difference) -> list[str]:
    """The figures of a difference, rounded, dashes where undefined."""

    def signed(value: float | None) -> str:
        return "–" if value is None else f"{100 * value:+.1f}"

    def p(value: float | None) -> str:
        return "–" if value is None else f"{value:.4f}"

    ci = "–" if d.ci is None else f"{signed(d.ci[0])} to {signed(d.ci[1])}"
    return [percent(d.first), percent(d.second), signed(d.delta), ci, p(d.p_bootstrap), p(d.p_randomisation), p(d.p_holm), percent(d.detectable)]

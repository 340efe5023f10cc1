"""The leaderboard, its findings and the cards of the baselines as Markdown."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from conflictnews.report.text import percent
from conflictnews.scoring import HEADLINES

Rows = Sequence[Mapping[str, Any]]
Weak = Mapping[tuple[str, str], Sequence[Mapping[str, Any]]]
ALPHA = 0.05


def leaderboard_markdown(rows: Iterable[Mapping[str, Any]], splits: Iterable[str]) -> str:
    """A table with a line for each system and layer and a column for each split, from the rows of leaderboard.json.

    Shown is the F1 of the layer's ranking metric in per cent with its 95 % interval; within a layer the systems come in order of their score on the first split.
    """
    rows, splits = list(rows), list(splits)
    cells = {(row["system"], row["split"], layer): row["scores"][metric] for row in rows for layer, metric in HEADLINES.items() if metric in row["scores"]}
    kinds = {row["system"]: row["kind"] for row in rows}
    lines = [f"| layer | system | kind | {' | '.join(f'`{split}`' for split in splits)} |", "|---|---|---|" + "---:|" * len(splits)]
    for layer, metric in HEADLINES.items():
        systems = {system for system, _, its in cells if its == layer}
        for system in sorted(systems, key=lambda s: (-((cells.get((s, splits[0], layer)) or {}).get("f1") or 0.0), s)):
            shown = [_cell(cells.get((system, split, layer))) for split in splits]
            lines.append(f"| {layer} (`{metric}`) | {system} | {kinds[system]} | {' | '.join(shown)} |")
    return "\n".join(lines) + "\n"


def findings_markdown(rows: Rows, compared: Rows, weak: Weak) -> str:
    """What the leaderboard says, in sentences made from its numbers."""
    return "\n".join([*_significance(compared), "", *_gap(rows), *_failures(weak), *_outside(rows, weak)]) + "\n"


def _significance(compared: Rows) -> list[str]:
    lines = [
        "Trained against floor and outside reference, F1 in points (paired by document; approximate randomisation; Holm's correction over all rows, which decides the verdict):",
        "",
    ]
    lines += ["| metric | split | trained | against | difference | 95 % CI | p | p (Holm) | |", "|---|---|---|---|---:|---:|---:|---:|---|"]
    for row in compared:
        if row["delta"] is None or row["p_holm"] is None:
            continue
        verdict = "better" if row["p_holm"] < ALPHA and row["delta"] > 0 else "worse" if row["p_holm"] < ALPHA else "no difference shown"
        ci = "–" if row["ci"] is None else f"{100 * row['ci'][0]:+.1f} to {100 * row['ci'][1]:+.1f}"
        lines.append(
            f"| `{row['metric']}` | `{row['split']}` | {row['system']} | {row['other']} | {100 * row['delta']:+.1f} | {ci} | {row['p']:.3f} | {row['p_holm']:.3f} | {verdict} |"
        )
    return lines


def _gap(rows: Rows) -> list[str]:
    """Composed to real, for the best trained system of each layer."""
    told = []
    for layer, metric in HEADLINES.items():
        f1 = {(r["system"], r["split"]): r["scores"][metric]["f1"] for r in rows if r["kind"] == "trained" and metric in r["scores"]}
        best = max((s for s, split in f1 if split == "test"), key=lambda s: f1[s, "test"] or 0.0, default=None)
        if best and f1.get((best, "test_real")) is not None:
            told.append(f"{layer} {percent(f1[best, 'test'])} to {percent(f1[best, 'test_real'])} ({best})")
    return [f"1. **From composed to real pages** the best trained system of each layer goes from `test` to `test_real` in F1: {'; '.join(told)}."]


def _failures(weak: Weak) -> list[str]:
    told = []
    for name in ("entities-crf", "events-crf"):
        labels = weak.get((name, "test"), ())[:3]
        if labels:
            told.append(f"{name} finds of " + ", ".join(f"{w['label']} {percent(w['recall'])} %" for w in labels))
    return [f"2. **Where the trained baselines fail** on `test`, by the share of gold that is found: {'; '.join(told)} (labels with ten or more in gold)."]


def _outside(rows: Rows, weak: Weak) -> list[str]:
    found = {(r["system"], r["split"]): r for r in rows}
    told = []
    for name, row in found.items():
        if row["kind"] == "reference" and name[1] == "test":
            score = row["scores"][HEADLINES["entities"]]
            labels = ", ".join(f"{w['label']} {percent(w['recall'])} %" for w in weak.get((name[0], "test"), ())[:3])
            inside = row.get("inside_furniture", {}).get("entities", 0)
            told.append(f"{name[0]} finds of {labels}; of its {score['fp']:,.0f} false mentions {inside:,} stand in the page's furniture")
    return [f"3. **What a model from outside misses** on `test`: {'; '.join(told)}."]


def card_markdown(
    name: str,
    kind: str,
    summary: str,
    rows: Rows,
    speed: Mapping[str, Any],
    log: Mapping[str, Any] | None,
    drawn: Mapping[str, Any] | None,
    weak: Mapping[str, Sequence[Mapping[str, Any]]],
) -> str:
    """A baseline's card: what it is, how it was made, scores with intervals and signature, speed and size, known failures."""
    lines = [f"# {name}", "", f"Kind: {kind}. What it is: {summary}.", ""]
    if log is not None:
        lines += [
            f"Trained by `conflictnews train {name}` on {log['documents']} documents of `train` (corpus digest {log['corpus'][:8]}); chosen on `dev` by `{log['metric']}`:",
            "",
        ]
        lines += ["| configuration | dev |", "|---|---:|", *(f"| `{t['config']}` | {percent(t['dev'])} |" for t in log["tried"]), ""]
        lines += [f"Seed: {log['seed']}." if log["seed"] is not None else "No draws at random: every seed gives the same parameters.", ""]
    lines += [f"Parameters: {speed['bytes']:,} bytes. Speed: {speed['words_per_second']:,} words a second on one core, measured on `test`.", ""]
    lines += ["| split | metric | P | R | F1 | 95 % CI |", "|---|---|---:|---:|---:|---:|"]
    signatures = {}
    for row in rows:
        if row["system"] == name:
            for metric in (m for m in HEADLINES.values() if m in row["scores"]):
                s = row["scores"][metric]
                ci = "–" if s["f1_ci"] is None else f"{percent(s['f1_ci'][0])}–{percent(s['f1_ci'][1])}"
                lines.append(f"| `{row['split']}` | `{metric}` | {percent(s['precision'])} | {percent(s['recall'])} | {percent(s['f1'])} | {ci} |")
            signatures[row["split"]] = row["signature"]
    lines += ["", *(f"- `{signature}`" for signature in signatures.values()), ""]
    for split, metrics in (drawn or {}).items():
        lines += [f"Over {m['n']} seeds on `{split}`: `{metric}` {percent(m['mean'])} ± {percent(m['sd'])}." for metric, m in metrics.items()]
    for split, labels in weak.items():
        if labels:
            lines += [
                "",
                f"Found least on `{split}` (share of gold, labels with ten or more): " + ", ".join(f"{w['label']} {percent(w['recall'])} % of {w['gold']}" for w in labels) + ".",
            ]
    return "\n".join(lines).rstrip() + "\n"


def _cell(score: Mapping[str, Any] | None) -> str:
    if score is None:
        return "–"
    interval = score["f1_ci"]
    return percent(score["f1"]) + (f" ({percent(interval[0])}–{percent(interval[1])})" if interval else "")

"""What a build server asks: thresholds, baselines, files for other tools, and comparisons that are sound."""

from __future__ import annotations

import json
from itertools import combinations
from pathlib import Path
from xml.etree import ElementTree

import datasets
import msgspec
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from builders import block, ents
from conflictnews.corpus import load_corpus
from conflictnews.errors import ScoringError
from conflictnews.io.jsonl import write_jsonl
from conflictnews.model import Document
from conflictnews.report.files import SUMMARY_LIMIT, github_commands, junit_xml, score_markdown, step_summary
from conflictnews.schema import load_schema
from conflictnews.scoring import TASKS, score
from conflictnews.scoring.compare import check_comparable, compare, holm, to_baseline
from conflictnews.scoring.gate import Verdict, check_baseline, check_thresholds, parse_threshold
from conflictnews.scoring.outcomes import outcomes_of
from conflictnews.scoring.slices import by_label, by_metadata
from conflictnews.version import VERSION
from conftest import ROOT, run

GOLD = [ents((0, 3, "ORG"), (5, 9, "PER"), doc_id=f"d{i:02}") for i in range(40)]


def predictions(right: int) -> list[Document]:
    """All of gold in the first `right` documents, nothing but an error in the others."""
    return [g if i < right else ents((20, 22, "ORG"), doc_id=g.doc_id) for i, g in enumerate(GOLD)]


def baseline(right: int):  # type: ignore[no-untyped-def]
    return to_baseline(score(GOLD, predictions(right)))


# --- comparing


def test_a_result_does_not_differ_from_itself() -> None:
    found = compare(baseline(30), baseline(30))["entities.strict"]
    assert (found.delta, found.ci, found.p_bootstrap, found.p_randomisation, found.p_holm) == (0, (0, 0), 1, 1, 1)


def test_a_large_loss_is_significant_and_a_small_one_is_not() -> None:
    large, small = compare(baseline(38), baseline(20))["entities.strict"], compare(baseline(38), baseline(37))["entities.strict"]
    assert large.delta == pytest.approx(large.second - large.first)
    assert large.p_randomisation < 0.01 < 0.05 < small.p_randomisation
    assert large.ci[1] < 0


def test_randomisation_agrees_with_all_the_exchanges_there_are() -> None:
    gold = [ents((0, 3, "ORG"), doc_id=f"d{i}") for i in range(8)]
    good, bad = [ents((0, 3, "ORG"), doc_id=g.doc_id) for g in gold], [ents((0, 3, "ORG") if i < 3 else (7, 8, "ORG"), doc_id=g.doc_id) for i, g in enumerate(gold)]
    a, b = score(gold, good), score(gold, bad)
    observed = a.scores["entities.strict"].f1 - b.scores["entities.strict"].f1
    left, right = (r.counts["entities.strict"][:, 0] for r in (a, b))
    exact = []
    for size in range(9):
        for chosen in combinations(range(8), size):
            mask = np.isin(np.arange(8), chosen)
            exact.append((np.where(mask, right, left).sum() - np.where(mask, left, right).sum()) / 8)
    truth = sum(abs(d) >= observed - 1e-12 for d in exact) / len(exact)
    estimate = compare(to_baseline(a), to_baseline(b), resamples=20000)["entities.strict"].p_randomisation
    assert estimate == pytest.approx(truth, abs=0.01)


def test_comparing_the_other_way_round_turns_the_sign() -> None:
    there, back = compare(baseline(30), baseline(20))["entities.exact"], compare(baseline(20), baseline(30))["entities.exact"]
    assert there.delta == -back.delta
    assert there.p_randomisation == back.p_randomisation


@pytest.mark.parametrize(
    "p, adjusted",
    [({"a": 0.01, "b": 0.04, "c": 0.03}, {"a": 0.03, "c": 0.06, "b": 0.06}), ({"a": 0.5, "b": 0.9}, {"a": 1.0, "b": 1.0}), ({"a": 0.2}, {"a": 0.2}), ({}, {})],
)
def test_holms_correction_by_hand(p: dict[str, float], adjusted: dict[str, float]) -> None:
    assert holm(p) == pytest.approx(adjusted)


@given(st.dictionaries(st.text("abc", min_size=1, max_size=2), st.floats(0, 1), max_size=6))
def test_holm_never_lowers_a_p_value_nor_turns_their_order(p: dict[str, float]) -> None:
    adjusted = holm(p)
    assert all(adjusted[name] >= p[name] for name in p)
    assert all(adjusted[a] <= adjusted[b] for a in p for b in p if p[a] < p[b])


def test_results_of_other_recipes_are_refused() -> None:
    other = score(GOLD, predictions(30), split="elsewhere")
    with pytest.raises(ScoringError, match=r"cannot be compared: they differ in split \(none and elsewhere\)"):
        compare(baseline(30), to_baseline(other))


def test_another_version_is_only_warned_of() -> None:
    signature = score(GOLD, GOLD).signature
    assert check_comparable(signature, signature) is None
    assert "0.0.9" in str(check_comparable(signature, signature.rsplit("|v:", 1)[0] + "|v:0.0.9"))


# --- thresholds and baselines


def test_a_threshold_is_met_from_its_value_on() -> None:
    result = score(GOLD, predictions(40))
    assert check_thresholds(result.scores, [parse_threshold("entities.strict.f1=1.0")])[0].passed
    result = score(GOLD, predictions(20))
    (verdict,) = check_thresholds(result.scores, [parse_threshold("entities.strict.recall=0.51")])
    assert (verdict.passed, verdict.message) == (False, "entities.strict.recall is 0.5000, below the 0.51 asked")


def test_an_undefined_value_meets_no_threshold() -> None:
    result = score(GOLD, [ents(doc_id=g.doc_id) for g in GOLD])
    (verdict,) = check_thresholds(result.scores, [parse_threshold("entities.strict.precision=0")])
    assert (verdict.passed, "undefined" in verdict.message) == (False, True)


@pytest.mark.parametrize("text", ["entities.strict=0.8", "entities.strict.f1", "entities.strict.f1=high", "entities.strict.f1=80", "people.f1=0.5", "entities.strict.f2=0.5"])
def test_a_threshold_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(ScoringError, match=r"threshold|number"):
        parse_threshold(text)


def test_only_a_significant_loss_beyond_what_is_allowed_fails() -> None:
    old = baseline(38)
    assert all(v.passed for v in check_baseline(score(GOLD, predictions(37)), old))
    failed = [v for v in check_baseline(score(GOLD, predictions(15)), old) if not v.passed]
    assert "entities.strict against the baseline" in {v.name for v in failed}
    assert "fell by 0." in failed[0].message
    assert "p = 0.00" in failed[0].message
    assert all(v.passed for v in check_baseline(score(GOLD, predictions(15)), old, max_drop=0.9))
    assert all(v.passed for v in check_baseline(score(GOLD, predictions(15)), old, alpha=0.0001))
    assert all(v.passed for v in check_baseline(score(GOLD, predictions(40)), baseline(10)))


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A repository of somebody's: gold, a good model's predictions, and a worse one's."""
    write_jsonl(GOLD, tmp_path / "gold.jsonl")
    for name, right in (("good", 38), ("same", 38), ("worse", 15)):
        write_jsonl(predictions(right), tmp_path / f"{name}.jsonl")
    assert run("score", tmp_path / "good.jsonl", "--gold", tmp_path / "gold.jsonl", "--save-baseline", tmp_path / "base.json").code == 0
    return tmp_path


def gate(project: Path, name: str, *more: object):  # type: ignore[no-untyped-def]
    return run("score", project / f"{name}.jsonl", "--gold", project / "gold.jsonl", "--baseline", project / "base.json", *more)


def test_a_good_model_passes_and_a_significantly_worse_one_fails_with_metric_loss_and_p(project: Path) -> None:
    assert gate(project, "same", "--fail-under", "entities.strict.f1=0.9").code == 0
    ran = gate(project, "worse")
    assert ran.code == 1
    line = next(row for row in ran.out.split("\n") if row.startswith("FAILED  entities.strict.f1"))
    assert "fell by 0.5" in line
    assert "p = 0.0" in line


def test_a_missed_threshold_is_exit_code_1_and_a_senseless_one_2(project: Path) -> None:
    gold = project / "gold.jsonl"
    assert run("score", project / "worse.jsonl", "--gold", gold, "--fail-under", "entities.strict.f1=0.9").code == 1
    for text in ("entities.strict.f3=0.9", "events.trigger.f1=0.5"):
        ran = run("score", project / "worse.jsonl", "--gold", gold, "--fail-under", text)
        assert (ran.code, ran.err.count("\n")) == (2, 1)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{}",
        b"[1]",
        b'{"format":"x","signature":"s","documents":[],"counts":{}}',
        b'{"format":"conflictnews-baseline/1","signature":"s","documents":["a"],"counts":{"entities.strict":[]}}',
        b"\xff",
    ],
)
def test_a_file_that_is_no_baseline_is_refused(project: Path, content: bytes) -> None:
    (project / "base.json").write_bytes(content)
    ran = gate(project, "same")
    assert (ran.code, ran.err.count("\n")) == (2, 1)
    assert "--save-baseline" in ran.err


def test_a_baseline_of_other_gold_is_refused(project: Path) -> None:
    write_jsonl(GOLD[:-1], project / "gold.jsonl")
    write_jsonl(predictions(38)[:-1], project / "same.jsonl")
    ran = gate(project, "same")
    assert ran.code == 2
    assert "cannot be compared" in ran.err


def test_two_systems_are_compared_from_predictions_or_from_a_baseline_file(project: Path) -> None:
    arguments = (project / "worse.jsonl", "--gold", project / "gold.jsonl", "--json", "-")
    one, two = (json.loads(run("compare", project / name, *arguments).out) for name in ("good.jsonl", "base.json"))
    assert one == two
    assert one["differences"]["entities.strict"]["delta"] < -0.5
    ran = run("compare", project / "good.jsonl", project / "worse.jsonl", "--gold", project / "gold.jsonl", "--markdown", project / "c.md")
    assert "entities.strict" in ran.out
    assert "*" in ran.out
    assert "| entities.strict |" in (project / "c.md").read_text(encoding="utf-8")


# --- files for other tools

VERDICTS = [Verdict("a", True, "fine"), Verdict("b <x>", False, 'below "it" & <more>\n100 %')]


def test_junit_xml_has_a_case_for_each_check_and_metric_and_counts_its_failures() -> None:
    result = score(GOLD, predictions(20))
    root = ElementTree.fromstring(junit_xml(result, VERDICTS))
    suite = root.find("testsuite")
    assert suite is not None
    cases = suite.findall("testcase")
    assert (root.tag, int(suite.attrib["tests"]), int(suite.attrib["failures"])) == ("testsuites", len(cases), 1)
    assert [c.attrib["name"] for c in cases] == ["a", "b <x>", *result.scores]
    assert [c.find("failure").attrib["message"] for c in cases if c.find("failure") is not None] == [VERDICTS[1].message.replace("\n", "\n")]
    assert suite.find("properties/property").attrib == {"name": "signature", "value": result.signature}


def test_markdown_lets_no_message_break_its_table() -> None:
    text = score_markdown(score(GOLD, predictions(20)), [Verdict("x", False, "a | b <script>\nc")], title="t | <b>")
    assert "a \\| b &lt;script> c" in text
    rows = [line for line in text.split("\n") if line.startswith("|")]
    assert len({row.count("|") for row in rows}) == 1


def test_a_step_summary_stays_below_the_limit() -> None:
    result = score(GOLD, predictions(20))
    many = [Verdict(f"v{i}", False, "x" * 200) for i in range(10_000)]
    text = step_summary(result, many, title="t")
    assert 0 < len(text.encode()) <= SUMMARY_LIMIT
    assert "cut" in text[-60:]
    assert len(step_summary(result, many, title="t", room=10).encode()) <= 10


def test_error_commands_are_escaped() -> None:
    assert github_commands(VERDICTS) == ['::error title=b <x>::below "it" & <more>%0A100 %25']


def test_the_github_flag_appends_to_the_step_summary(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (project / "summary.md").write_text("before\n", encoding="utf-8")
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(project / "summary.md"))
    ran = gate(project, "worse", "--github", "--json", "-")
    assert ran.code == 1
    json.loads(ran.out)
    assert "::error title=entities.strict against the baseline::" in ran.err
    text = (project / "summary.md").read_text(encoding="utf-8")
    assert text.startswith("before\n## ")
    assert "❌" in text
    monkeypatch.delenv("GITHUB_STEP_SUMMARY")
    assert "no step summary" in gate(project, "same", "--github").err


def test_all_files_are_written_in_one_run(project: Path) -> None:
    ran = gate(
        project,
        "worse",
        "--json",
        project / "s.json",
        "--markdown",
        project / "s.md",
        "--junit-xml",
        project / "s.xml",
        "--errors",
        project / "e.jsonl",
        "--save-baseline",
        project / "n.json",
    )
    assert ran.code == 1
    found = json.loads((project / "s.json").read_text(encoding="utf-8"))
    assert any(not check["passed"] for check in found["checks"])
    assert (project / "s.md").read_text(encoding="utf-8").startswith("## ")
    ElementTree.parse(project / "s.xml")
    assert not any(v.delta for v in compare(*(msgspec.json.decode((project / "n.json").read_bytes(), type=type(baseline(1))) for _ in range(2))).values())


# --- single outcomes and slices


def test_outcomes_add_up_to_the_counts() -> None:
    gold = load_corpus("test")
    predicted = [
        msgspec.structs.replace(d, entities=(d.entities or ())[::2], events=(d.events or ())[1::2], quotes=(d.quotes or ())[::3], boilerplate=(d.boilerplate or ())[1:])
        for d in gold
    ]
    result = score(gold, predicted, resamples=1)
    rows = list(outcomes_of(gold, predicted, result.layers, load_schema()))
    for metric in ("entities.strict", "events.trigger", "events.argument_attached", "quotes.attributed", "boilerplate.line"):
        s = result.scores[metric]
        assert [sum(r.metric == metric and r.outcome == o for r in rows) for o in ("tp", "fp", "fn")] == [s.tp, s.fp, s.fn], metric
    texts = {d.doc_id: d.text or "" for d in gold}
    assert all(texts[r.doc_id][r.start : r.end] == r.surface for r in rows)


def test_a_thousand_errors_open_in_datasets(tmp_path: Path) -> None:
    gold = [ents(*[(10 * i, 10 * i + 5, "ORG") for i in range(50)], doc_id=f"d{n:02}") for n in range(20)]
    write_jsonl(gold, tmp_path / "g.jsonl")
    write_jsonl([ents(doc_id=g.doc_id) for g in gold], tmp_path / "p.jsonl")
    assert run("score", tmp_path / "p.jsonl", "--gold", tmp_path / "g.jsonl", "--errors", tmp_path / "e.jsonl").code == 0
    rows = datasets.load_dataset("json", data_files=str(tmp_path / "e.jsonl"), split="train", cache_dir=str(tmp_path / "cache"))
    assert len(rows) == 1000
    assert set(rows["outcome"]) == {"fn"}


def test_slices_by_metadata_add_up_to_the_whole() -> None:
    gold = load_corpus("test")
    result = score(gold, gold, resamples=1)
    for field in ("genre", "region", "collection"):
        parts = by_metadata(result, gold, field)
        assert len(parts) == len({str(d.meta[field]) for d in gold})
        for name in TASKS:
            if name in result.scores:
                assert sum(p[name].n_gold for p in parts.values()) == result.scores[name].n_gold


def test_slices_by_label_add_up_to_the_strict_score_and_give_a_macro_mean() -> None:
    gold = [ents((0, 3, "ORG"), (5, 9, "PER"))]
    predicted = [ents((0, 3, "ORG"), (5, 9, "ORG"))]
    found = by_label(gold, predicted, ["entities"], load_schema())
    assert {k: (v["entities.strict"].tp, v["entities.strict"].fp, v["entities.strict"].fn) for k, v in found.labels.items()} == {"ORG": (1, 1, 0), "PER": (0, 0, 1)}
    macro = found.macro["entities.strict"]
    assert (macro.precision, macro.recall, macro.f1) == (1 / 2, 1 / 2, pytest.approx((2 / 3 + 0) / 2))
    assert (macro.labels, macro.thin, macro.f1_ci) == (2, 2, None)
    assert by_label([ents()], [ents()], ["entities"], load_schema()).macro["entities.strict"].f1 is None


def test_the_mean_over_labels_is_resampled_with_its_documents() -> None:
    gold = [ents((0, 3, "ORG"), (5, 9, "PER"), doc_id=f"d{i}") for i in range(6)]
    predicted = [ents((0, 3, "ORG"), *([(5, 9, "PER")] if i % 2 else []), doc_id=f"d{i}") for i in range(6)]
    found = by_label(gold, predicted, ["entities"], load_schema(), resamples=300, seed=5)
    low, high = found.macro["entities.strict"].f1_ci or (0, 0)
    draws = np.random.default_rng(5).integers(0, 6, size=(300, 6), dtype=np.int32)
    means = [(1 + 2 * (d % 2).sum() / ((d % 2).sum() + 6)) / 2 for d in draws]
    assert (low, high) == pytest.approx(tuple(np.quantile(means, [0.025, 0.975])))
    assert found.labels["PER"]["entities.strict"].f1_ci is not None


def test_a_kind_of_furniture_is_judged_by_itself_and_an_optional_kind_is_not_masked() -> None:
    text = "Menu\nBy Awa\nRain fell.\nShare\n"
    gold = Document(doc_id="d", text=text, boilerplate=(block(0, 4, "NAV"), block(5, 11, "BYLINE"), block(23, 28, "SHARE")))
    predicted = Document(doc_id="d", boilerplate=(block(0, 4, "NAV"), block(5, 11, "BYLINE"), block(23, 28, "NAV")))
    found = by_label([gold], [predicted], ["boilerplate"], load_schema())
    counts = {label: tuple((scores[m].tp, scores[m].fp, scores[m].fn) for m in ("boilerplate.line", "boilerplate.char")) for label, scores in found.labels.items()}
    assert counts == {"BYLINE": ((1, 0, 0), (6, 0, 0)), "NAV": ((1, 1, 0), (4, 5, 0)), "SHARE": ((0, 0, 1), (0, 0, 5))}
    assert found.macro["boilerplate.line"].f1 == pytest.approx((1 + 2 / 3 + 0) / 3)


def test_a_label_of_two_layers_keeps_both_scores() -> None:
    document = Document(doc_id="d", text="Menu\n", entities=ents((0, 4, "NAV")).entities, boilerplate=(block(0, 4, "NAV"),))
    assert set(by_label([document], [document], ["entities", "boilerplate"], load_schema()).labels["NAV"]) == {"entities.strict", "boilerplate.line", "boilerplate.char"}


def test_the_detectable_difference_is_that_of_two_systems_that_vary_alike() -> None:
    gold = [ents((0, 3, "ORG"), (5, 9, "PER"), doc_id=f"d{i}") for i in range(40)]
    predicted = [ents((0, 3, "ORG"), *([(5, 9, "PER")] if i % 3 else []), doc_id=f"d{i}") for i in range(40)]
    found = score(gold, predicted).scores["entities.strict"]
    assert found.detectable == pytest.approx(2.80 * (2 * found.f1_error**2) ** 0.5)  # type: ignore[operator]
    assert found.f1_error == pytest.approx((found.f1_ci[1] - found.f1_ci[0]) / 3.92, rel=0.1)  # type: ignore[index]
    assert score(gold[:1], predicted[:1]).scores["entities.strict"].detectable is None


def test_every_number_carries_a_signature_that_names_its_metric_and_mentions() -> None:
    size = len(load_corpus("test"))
    result = score(load_corpus("test"), load_corpus("test"), resamples=5, split="test", digest="0123456789")
    told = {name: s["signature"] for name, s in result.as_dict()["scores"].items()}
    assert (
        told["entities.strict"]
        == f"conflictnews|corpus:gold#01234567|split:test|docs:{size}|layer:entities|metric:strict|level:NAM+VAL|dup:fp|missing:fn|unit:codepoint|ci:bs5.s12345|v:{VERSION}"
    )
    assert (
        told["events.trigger"] == f"conflictnews|corpus:gold#01234567|split:test|docs:{size}|layer:events|metric:trigger|dup:fp|missing:fn|unit:codepoint|ci:bs5.s12345|v:{VERSION}"
    )
    assert len(set(told.values())) == len(told) == len(TASKS)


def test_slices_are_shown_and_written() -> None:
    predicted = ROOT / "baselines" / "entities-gazetteer" / "predictions" / "test.jsonl"
    ran = run("score", predicted, "--by", "genre", "--by", "label")
    assert "by genre" in ran.out
    assert "live_blog" in ran.out
    assert "macro entities.strict: P " in ran.out
    found = json.loads(run("score", predicted, "--by", "label", "--json", "-").out)
    assert set(found["by"]["label"]) >= {"PER", "GPE"}
    assert run("score", predicted, "--by", "mood").code == 2


def test_every_metric_can_be_explained() -> None:
    assert all(name in run("score", "--explain", "all").out for name in TASKS)
    assert "Arg-C+" in run("score", "--explain", "events.argument_attached").out
    assert run("score", "--explain", "people").code == 2


@pytest.mark.parametrize("name", TASKS)
def test_every_metric_is_shown_on_a_worked_example(name: str) -> None:
    ran = run("score", "--explain", name)
    assert ran.code == 0, ran.err
    assert "  predicted\n" in ran.out
    assert "tp " in ran.out.split("\n")[-2]


@pytest.mark.parametrize(
    "name, figures",
    [
        ("entities.strict", "tp 3, fp 3, fn 3: P 50.0, R 50.0, F1 50.0"),  # Karsani is a GPE, the title is outside, Two was missed, News is a menu
        ("entities.partial", "tp 4.5, fp 1.5, fn 1.5: P 75.0, R 75.0, F1 75.0"),  # Karsani whole, Mayor Aru Tolva by half
        ("events.argument_attached", "tp 2, fp 1, fn 3: P 66.7, R 40.0, F1 50.0"),  # guards hang on an event of the wrong type
        ("quotes.attributed", "tp 1, fp 1, fn 2: P 50.0, R 33.3, F1 40.0"),  # the radio did not say it
        ("boilerplate.line", "tp 1, fp 0, fn 1: P 100.0, R 50.0, F1 66.7"),  # the menu was missed, the byline is not asked about
    ],
)
def test_the_worked_example_by_hand(name: str, figures: str) -> None:
    assert run("score", "--explain", name).out.rstrip().endswith(figures)

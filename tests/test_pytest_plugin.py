"""The pytest plugin, as runs of pytest in folders of their own."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from importlib.metadata import entry_points
from pathlib import Path
from typing import NamedTuple
from xml.etree import ElementTree

import msgspec
import pytest

from conflictnews import Document, Entity, score, write_jsonl
from conflictnews.scoring.compare import to_baseline

GOLD = [Document(doc_id=f"d{i:02}", text="Karsani fell.", entities=(Entity(0, 7, "GPE"),)) for i in range(40)]
GOOD = [Document(doc_id=d.doc_id, entities=d.entities) for d in GOLD]
WEAK = [Document(doc_id=d.doc_id, entities=d.entities if i % 2 else ()) for i, d in enumerate(GOLD)]
"""Half of the gold: precision 1, recall 0.5, F1 2/3."""

TESTS = """
import sys
import pytest
from pathlib import Path

HERE = Path(__file__).parent
GOLD, GOOD, WEAK = (HERE / f"{name}.jsonl" for name in ("gold", "good", "weak"))
asks = pytest.mark.conflictnews


def test_nothing_heavy_is_loaded_before_it_is_used():
    assert not {"numpy", "msgspec", "rich", "pyarrow", "conflictnews.scoring"} & sys.modules.keys()

@asks(min={"entities.strict.f1": 0.9, "entities.strict.recall": 1})
def test_good(conflictnews_score):
    result = conflictnews_score(GOOD, gold=GOLD)
    assert result.scores["entities.strict"].f1 == 1

@asks(min={"entities.strict.f1": 0.9, "entities.strict.precision": 0.9})
def test_threshold_missed(conflictnews_score):
    conflictnews_score(str(WEAK), gold=str(GOLD))

@asks(baseline="base.json", max_drop=0.01, alpha=0.05)
def test_regression(conflictnews_score):
    conflictnews_score(WEAK, gold=GOLD)

@asks(baseline="base.json", max_drop=0.5)
def test_drop_allowed(conflictnews_score):
    conflictnews_score(WEAK, gold=GOLD)

@asks(baseline="base.json")
def test_no_drop(conflictnews_score):
    conflictnews_score(GOOD, gold=GOLD, layers="entities")

@asks(baseline="base.json")
def test_other_gold(conflictnews_score):
    conflictnews_score(GOOD, gold=GOOD)

@asks
def test_nothing_scored_without_the_fixture():
    pass

@asks(min={"entities.strict.f1": 0.1})
def test_nothing_scored(conflictnews_score):
    pass

@asks(min={"entities.strict.f1": 0.9})
class TestInAClass:
    @asks(min={"entities.strict.recall": 0.7})
    def test_two_results_two_markers(self, conflictnews_score):
        conflictnews_score(GOOD, gold=GOLD)
        conflictnews_score(WEAK, gold=GOLD)

@asks(min={"quotes.attributed.f1": 0.1})
def test_not_scored_metric(conflictnews_score):
    conflictnews_score(GOOD, gold=GOLD)

@asks(min={"entities.strict.f1": 0.9})
def test_body_fails(conflictnews_score):
    conflictnews_score(WEAK, gold=GOLD)
    assert "the body" == 0

@asks(min={"entities.strict.f1": 0.9})
def test_body_skips(conflictnews_score):
    pytest.skip("no model here")

@asks(minimum=1)
@pytest.mark.skip
def test_skipped():
    pass

@pytest.mark.xfail(strict=True)
@asks(min={"entities.strict.f1": 0.9})
def test_expected_failure(conflictnews_score):
    conflictnews_score(WEAK, gold=GOLD)

def test_no_such_file(conflictnews_score):
    conflictnews_score(HERE / "none.jsonl", gold=GOLD)

def test_documents(conflictnews_score):
    from conflictnews import iter_documents
    documents = list(iter_documents(GOLD))
    assert conflictnews_score(iter(documents), gold=iter(documents)).scores["entities.strict"].tp == 40
    assert conflictnews_score(documents[:30], gold=GOLD).missing == tuple(f"d{i}" for i in range(30, 40))

def test_the_corpus(conflictnews_score):
    from conflictnews import load_corpus
    assert "|split:dev|" in conflictnews_score(load_corpus("dev"), split="dev").signature
"""

SLIPS = {
    "minimum=0.8": "'minimum' is not understood; it takes only keywords: min, baseline, max_drop, alpha",
    "'base.json'": "'base.json' is not understood",
    "min=0.8": 'min is 0.8; write it as {"entities.strict.f1": 0.8}',
    "min={'entities.strict': 0.8}": "is no threshold",
    "min={'entities.nothing.f1': 0.8}": "is no threshold",
    "min={'entities.strict.f1': 80}": "from 0 to 1",
    "min={'entities.strict.f1': 'much'}": "is no number",
    "max_drop=0.1": "max_drop says nothing without a baseline",
    "baseline='base.json', alpha='x'": "alpha is 'x'; it is a number from 0 to 1",
    "baseline='base.json', alpha=float('nan')": "alpha is nan",
    "baseline='none.json'": "none.json: cannot be read",
    "baseline='gold.jsonl'": "gold.jsonl: no baseline file",
}


class Run(NamedTuple):
    """What a run of pytest left behind: `cases` maps a test to what befell it and the message."""

    code: int
    out: str
    cases: dict[str, tuple[str, str]]
    properties: dict[str, list[tuple[str, str]]]


Runner = Callable[..., Run]


def run_pytest(folder: Path, source: str, *options: str, **environment: str) -> Run:
    """Run pytest on `source` in `folder`, with warnings as errors, and only the plugins that are named."""
    folder.mkdir(exist_ok=True)
    (folder / "pytest.ini").write_text("[pytest]\naddopts = --strict-markers --strict-config -p no:cacheprovider\nfilterwarnings = error\n", encoding="utf-8")
    (folder / "test_it.py").write_text(source, encoding="utf-8")
    for name, documents in {"gold": GOLD, "good": GOOD, "weak": WEAK}.items():
        write_jsonl(documents, folder / f"{name}.jsonl")
    (folder / "base.json").write_bytes(msgspec.json.encode(to_baseline(score(GOLD, GOOD, split="gold"))))
    plugins = environment or {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1", "PYTEST_PLUGINS": "conflictnews.pytest_plugin"}
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}
    command = [sys.executable, "-m", "pytest", "--junit-xml=junit.xml", "-rA", *options]
    ran = subprocess.run(command, cwd=folder, capture_output=True, encoding="utf-8", env=inherited | plugins | {"PYTHONIOENCODING": "utf-8", "COLUMNS": "300"}, timeout=120)
    assert ran.stderr == ""
    cases, properties = {}, {}
    for case in ElementTree.parse(folder / "junit.xml").iter("testcase"):
        name = str(case.get("name"))
        properties[name] = [(str(p.get("name")), str(p.get("value"))) for p in case.iter("property")]
        told = next((child for child in case if child.tag in ("failure", "error", "skipped")), None)
        cases[name] = ("passed", "") if told is None else (told.tag, f"{told.get('message')}\n{told.text}")
    return Run(ran.returncode, ran.stdout, cases, properties)


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Run:
    return run_pytest(tmp_path_factory.mktemp("whole"), TESTS)


@pytest.mark.parametrize(
    "test, outcome, told",
    [
        ("test_nothing_heavy_is_loaded_before_it_is_used", "passed", ()),
        ("test_good", "passed", ()),
        ("test_threshold_missed", "failure", ["entities.strict.f1 is 0.6667, below the 0.9 asked"]),
        ("test_regression", "failure", ["entities.strict.f1 fell by 0.3333 (from 1.0000 to 0.6667, p = 0.0", "at most 0.01 is allowed"]),
        ("test_drop_allowed", "passed", ()),
        ("test_no_drop", "passed", ()),
        ("test_other_gold", "failure", ["cannot be compared", "differ in corpus"]),
        ("test_nothing_scored_without_the_fixture", "failure", ["the test scored nothing; call the fixture conflictnews_score"]),
        ("test_nothing_scored", "failure", ["the test scored nothing"]),
        ("test_two_results_two_markers", "failure", ["result 2: entities.strict.f1 is 0.6667", "result 2: entities.strict.recall is 0.5000, below the 0.7 asked"]),
        ("test_not_scored_metric", "failure", ["quotes.attributed has a threshold but was not scored"]),
        ("test_body_fails", "failure", ["assert 'the body' == 0"]),
        ("test_body_skips", "skipped", ["no model here"]),
        ("test_skipped", "skipped", ()),
        ("test_expected_failure", "skipped", ()),
        ("test_no_such_file", "failure", ["none.jsonl: there is no such file or folder"]),
        ("test_documents", "passed", ()),
        ("test_the_corpus", "passed", ()),
    ],
)
def test_what_befalls_a_test(whole: Run, test: str, outcome: str, told: list[str]) -> None:
    found, message = whole.cases[test]
    assert (found, [part for part in told if part not in message]) == (outcome, []), message


def test_only_what_was_missed_is_told(whole: Run) -> None:
    assert "precision" not in whole.cases["test_threshold_missed"][1]
    assert "result 1" not in whole.cases["test_two_results_two_markers"][1]
    assert "below the" not in whole.cases["test_body_fails"][1]


def test_every_case_was_looked_at(whole: Run) -> None:
    assert set(whole.cases) == {line.split("(")[0].split()[1] for line in TESTS.split("\n") if line.lstrip().startswith("def test_")}


def test_figures_and_signature_are_properties_in_junit_xml(whole: Run) -> None:
    found = dict(whole.properties["test_threshold_missed"])
    assert float(found["conflictnews.entities.strict.f1"]) == pytest.approx(2 / 3)
    assert found["conflictnews.signature"].startswith("conflictnews|corpus:gold#")
    assert [name for name, _ in whole.properties["test_two_results_two_markers"]].count("conflictnews.signature") == 2


def test_the_summary_has_a_line_a_result(whole: Run) -> None:
    summary = whole.out.partition("= conflictnews =")[2].partition("\n=")[0].split("\n")
    assert "test_it.py::test_good  entities.strict F1 100.0 (100.0–100.0)" in summary
    assert next(line for line in summary if line.startswith("test_it.py::test_threshold_missed  entities.strict F1 66.7 ("))
    assert [line.partition("  ")[0] for line in summary].count("test_it.py::TestInAClass::test_two_results_two_markers") == 2
    assert "  no prediction for 10 gold documents: their gold counts as missed" in summary
    assert not [line for line in summary if "test_nothing_scored" in line]


def test_a_run_with_a_missed_threshold_exits_with_1_and_a_good_one_with_0(tmp_path: Path) -> None:
    source = """
import pytest
@pytest.mark.conflictnews(min={"entities.strict.f1": LEAST})
def test_model(conflictnews_score):
    conflictnews_score("weak.jsonl", gold="gold.jsonl")
"""
    for least, code, told in (("0.66", 0, "1 passed"), ("0.67", 1, "1 failed")):
        ran = run_pytest(tmp_path / least, source.replace("LEAST", least))
        assert (ran.code, told in ran.out) == (code, True), ran.out


def test_a_slip_in_a_marker_is_told_before_the_test_runs(tmp_path: Path) -> None:
    source = "import pytest\n" + "".join(f"@pytest.mark.conflictnews({asked})\ndef test_{i}(conflictnews_score): print('was run')\n" for i, asked in enumerate(SLIPS))
    ran = run_pytest(tmp_path, source)
    assert ran.code == 1
    for i, (asked, told) in enumerate(SLIPS.items()):
        outcome, message = ran.cases[f"test_{i}"]
        assert (outcome, told in message) == ("error", True), (asked, message)
    assert "was run" not in ran.out


def test_a_run_that_scores_nothing_has_no_section(tmp_path: Path) -> None:
    ran = run_pytest(tmp_path, "def test_it(): pass")
    assert (ran.code, " conflictnews " in ran.out) == (0, False)


def test_the_marker_is_listed(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "pytest", "-p", "conflictnews.pytest_plugin", "--markers"]
    ran = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, env={**os.environ, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"})
    assert "@pytest.mark.conflictnews(min={metric.field: value}, baseline=FILE, max_drop=0.0, alpha=0.05): every result" in ran.stdout


def test_importing_the_plugin_loads_nothing_heavy() -> None:
    code = "import sys, conflictnews.pytest_plugin; print([m for m in ('numpy', 'msgspec', 'rich', 'pyarrow', 'conflictnews.scoring', 'conflictnews.model') if m in sys.modules])"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "[]\n"


@pytest.mark.skipif(not [e for e in entry_points(group="pytest11") if e.name == "conflictnews"], reason="this installation is older than the plugin: install it again")
def test_an_installed_plugin_is_found_by_pytest(tmp_path: Path) -> None:
    ran = run_pytest(tmp_path, "def test_it(conflictnews_score): assert conflictnews_score('good.jsonl', gold='gold.jsonl')", CONFLICTNEWS_DATA=str(tmp_path))
    assert ran.code == 0, ran.out

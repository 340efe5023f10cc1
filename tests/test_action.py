"""The GitHub Action: its description, the arguments it builds, and what it leaves behind."""

from __future__ import annotations

import importlib.util
import json
import os
import re
import subprocess
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import yaml

from conftest import ROOT

ACTION: dict[str, Any] = yaml.safe_load((ROOT / "action.yml").read_text(encoding="utf-8"))
STEPS: list[dict[str, Any]] = ACTION["runs"]["steps"]
EXAMPLE = ROOT / ".github" / "workflows" / "example-score.yml"
PREDICTIONS = ROOT / "baselines" / "entities-gazetteer" / "predictions" / "test.jsonl"


@pytest.fixture(scope="module")
def script() -> ModuleType:
    spec = importlib.util.spec_from_file_location("action", ROOT / "scripts" / "action.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def variable(name: str) -> str:
    return f"INPUT_{name.upper().replace('-', '_')}"


def test_it_is_composite_and_each_step_names_its_shell() -> None:
    assert ACTION["runs"]["using"] == "composite"
    assert {step["shell"] for step in STEPS} == {"bash"}


def test_inputs_that_are_declared_are_used_and_the_other_way_round() -> None:
    used = [name for step in STEPS for value in step["env"].values() for name in re.findall(r"\$\{\{ inputs\.([\w-]+) \}\}", value)]
    assert sorted(used) == sorted(ACTION["inputs"])
    for step in STEPS:
        for name, value in step["env"].items():
            assert not name.startswith("INPUT_") or value == f"${{{{ inputs.{name.removeprefix('INPUT_').lower().replace('_', '-')} }}}}"


def test_no_expression_is_written_into_shell_text() -> None:
    assert [step["run"] for step in STEPS if "${{" in step["run"]] == []


def test_every_variable_of_the_shell_text_is_quoted() -> None:
    for step in STEPS:
        bare = re.sub(r'"[^"]*"', '""', step["run"])
        assert "$" not in re.sub(r"\$\(command[^)]*\)", "", bare), step["name"]


def test_every_input_and_output_is_described_and_only_the_predictions_are_required() -> None:
    assert all(entry["description"] for entry in [*ACTION["inputs"].values(), *ACTION["outputs"].values()])
    assert [name for name, entry in ACTION["inputs"].items() if entry.get("required")] == ["predictions"]
    assert all("default" in entry for name, entry in ACTION["inputs"].items() if name != "predictions")


def test_outputs_come_from_the_step_that_scores() -> None:
    assert {name: entry["value"] for name, entry in ACTION["outputs"].items()} == {n: f"${{{{ steps.score.outputs.{n} }}}}" for n in ("exit-code", "f1", "signature")}


def test_the_example_uses_inputs_that_exist() -> None:
    job = yaml.safe_load(EXAMPLE.read_text(encoding="utf-8"))["jobs"]["score"]
    step = next(step for step in job["steps"] if step.get("uses") == "./")
    assert set(step["with"]) <= set(ACTION["inputs"])
    assert (ROOT / step["with"]["predictions"]).is_file()


@pytest.mark.parametrize(
    "given, expected",
    [
        ({}, []),
        ({"split": "dev"}, ["--split=dev"]),
        ({"split": " dev\n", "gold": ""}, ["--split=dev"]),
        ({"gold": "my gold.jsonl"}, ["--gold=my gold.jsonl"]),
        ({"layers": "entities"}, ["--layer=entities"]),
        ({"layers": "entities, events\nquotes"}, ["--layer=entities", "--layer=events", "--layer=quotes"]),
        ({"fail-under": "entities.strict.f1=0.8"}, ["--fail-under=entities.strict.f1=0.8"]),
        ({"fail-under": "a.f1=0.8\r\n\n  b.f1=0.5  \n"}, ["--fail-under=a.f1=0.8", "--fail-under=b.f1=0.5"]),
        ({"baseline": "base.json", "max-drop": "0.01", "alpha": "0.1"}, ["--baseline=base.json", "--max-drop=0.01", "--alpha=0.1"]),
        ({"junit-xml": "a.xml", "json": "a.json"}, ["--junit-xml=a.xml", "--json=a.json"]),
        ({"gold": "--help"}, ["--gold=--help"]),
        ({"layers": "--help"}, ["--layer=--help"]),
        ({"split": "$(id); `id` && id"}, ["--split=$(id); `id` && id"]),
        ({"package": "x", "python": "y"}, []),
    ],
)
def test_arguments(script: ModuleType, given: dict[str, str], expected: list[str]) -> None:
    environment = {variable(name): value for name, value in {"predictions": "p.jsonl", **given}.items()}
    assert script.arguments(environment) == ["score", "--github", *expected, "--", "p.jsonl"]


def test_predictions_that_look_like_an_option_are_a_path(script: ModuleType) -> None:
    assert script.arguments({"INPUT_PREDICTIONS": "--help"}) == ["score", "--github", "--", "--help"]


def test_every_input_of_the_step_that_scores_reaches_the_command(script: ModuleType) -> None:
    step = next(step for step in STEPS if step["id"] == "score")
    environment = {name: f"value-of-{name}" for name in step["env"] if name.startswith("INPUT_")}
    line = "\n".join(script.arguments(environment))
    assert [name for name in environment if f"value-of-{name}" not in line] == []


def act(folder: Path, **inputs: str) -> tuple[int, str, dict[str, str]]:
    """Run the script in `folder` as the action does; the exit code, what was printed, and the outputs of the step."""
    given = {variable(name.replace("_", "-")): value for name, value in {"predictions": str(PREDICTIONS), "split": "test", "json": "scores.json", **inputs}.items()}
    files = {"GITHUB_OUTPUT": str(folder / "output"), "GITHUB_STEP_SUMMARY": str(folder / "summary.md")}
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(("INPUT_", "GITHUB_"))}
    ran = subprocess.run([sys.executable, str(ROOT / "scripts" / "action.py")], cwd=folder, capture_output=True, encoding="utf-8", env=inherited | files | given)
    output = folder / "output"
    return ran.returncode, ran.stdout + ran.stderr, dict(line.split("=", 1) for line in output.read_text(encoding="utf-8").splitlines()) if output.exists() else {}


def test_a_good_system_passes_and_leaves_scores_summary_and_outputs(tmp_path: Path) -> None:
    code, told, outputs = act(tmp_path, fail_under="entities.strict.f1=0.3\nentities.strict.recall=0.1", junit_xml="scores.xml", layers="entities")
    assert code == 0, told
    scores = json.loads((tmp_path / "scores.json").read_text(encoding="utf-8"))
    assert json.loads(outputs["f1"]) == {name: value["f1"] for name, value in scores["scores"].items()}
    assert outputs["exit-code"] == "0"
    assert outputs["signature"] == scores["signature"]
    assert (tmp_path / "scores.xml").is_file()
    assert "entities.strict" in (tmp_path / "summary.md").read_text(encoding="utf-8")


def test_a_missed_threshold_is_exit_code_1_and_an_error_line(tmp_path: Path) -> None:
    code, told, outputs = act(tmp_path, fail_under="entities.strict.f1=0.99")
    assert (code, outputs["exit-code"], "::error" in told) == (1, "1", True), told
    assert "entities.strict" in json.loads(outputs["f1"])


@pytest.mark.parametrize(
    "inputs, message",
    [
        ({"predictions": " "}, "::error::the input predictions is empty"),
        ({"predictions": "--help"}, "--help: there is no such file"),
        ({"split": "nothing"}, "there is no split 'nothing'"),
        ({"fail_under": "entities.strict.f1"}, "is no threshold"),
    ],
)
def test_bad_input_is_exit_code_2(tmp_path: Path, inputs: dict[str, str], message: str) -> None:
    code, told, outputs = act(tmp_path, **inputs)
    assert (code, message in told, outputs.get("f1")) == (2, True, None), told


def test_an_older_file_of_scores_is_not_taken_for_the_outputs_of_a_run_that_did_not_score(tmp_path: Path) -> None:
    (tmp_path / "scores.json").write_text('{"signature": "old", "scores": {}}', encoding="utf-8")
    assert act(tmp_path, split="nothing")[2] == {"exit-code": "2"}


@pytest.mark.skipif(sys.platform == "win32", reason="the shell is sh")
def test_a_value_with_shell_text_is_not_run(tmp_path: Path) -> None:
    step = next(step for step in STEPS if step["id"] == "install")
    evil = '"; touch hacked; echo "$(touch hacked)`touch hacked`'
    environment = {"PATH": os.environ["PATH"], "RUNNER_TEMP": str(tmp_path), "GITHUB_OUTPUT": str(tmp_path / "o"), "GITHUB_ACTION_PATH": str(tmp_path), "INPUT_PYTHON": evil}
    ran = subprocess.run(["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", step["run"]], cwd=tmp_path, env=environment, capture_output=True)
    assert ran.returncode != 0
    assert not (tmp_path / "hacked").exists()

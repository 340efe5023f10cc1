"""The house: imports point down, importing is free, labels live in the schema."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest

import conflictnews
from conflictnews.schema import load_schema
from conftest import ROOT

SRC = ROOT / "src" / "conflictnews"

ALLOWED = {
    "errors": "",
    "version": "",
    "model": "",
    "mentions": "model",
    "resources": "errors",
    "schema": "errors resources",
    "columns": "",
    "io": "columns errors mentions model schema tokens",
    "tables": "columns model schema tokens",
    "tokens": "",
    "guidelines": "errors resources schema",
    "hydrate": "errors io model resources",
    "corpus": "errors hydrate io model resources",
    "build": "columns corpus croissant errors io model report resources schema stats tables",
    "croissant": "columns schema tables",
    "duplicates": "errors model schema stats",
    "passes": "agreement corpus errors hydrate io model resources",
    "stats": "errors model schema",
    "hf": "corpus errors resources schema tables",
    "validation": "errors hydrate io model schema",
    "scoring": "errors mentions model schema version",
    "shards": "errors io model schema scoring version",
    "agreement": "errors model resources schema scoring",
    "adjudication": "agreement errors hydrate io model schema scoring validation",
    "intake": "adjudication build corpus errors hydrate io model schema tokens validation",
    "evaluate": "corpus errors io mentions model resources schema scoring",
    "baselines": "corpus errors io model resources schema spacy_components tokens",
    "bench": "baselines corpus evaluate model scoring",
    "training": "baselines bench corpus errors model resources scoring",
    "inspect_task": "alignment corpus errors model schema scoring",
    "leaderboard": "baselines bench corpus errors evaluate io model resources schema scoring",
    "remake": "baselines bench corpus evaluate hydrate io leaderboard report resources scoring training",
    "recipes": "corpus errors io model resources schema",
    "report": "agreement errors scoring",
    "alignment": "errors io model",
    "cli": "adjudication agreement alignment baselines bench build convert corpus duplicates errors evaluate hydrate intake io leaderboard model report resources schema scoring shards stats tasks training validation version",
    "spacy_components": "corpus errors io model schema scoring",
    "convert": "corpus errors hydrate io model",
    "tasks": "convert errors hydrate io model schema validation",
    "pytest_plugin": "corpus errors evaluate io model report scoring",
    "__init__": "corpus errors hf io model schema scoring version",
}
"""Room -> the rooms that it may import from."""


def room(path: Path) -> str:
    return path.relative_to(SRC).parts[0].removesuffix(".py")


def imports(path: Path) -> set[str]:
    names = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module:
            names |= {f"{node.module}.{a.name}" for a in node.names} if node.module == "conflictnews" else {node.module}
        elif isinstance(node, ast.Import):
            names |= {a.name for a in node.names}
    return {name.split(".")[1] for name in names if name.startswith("conflictnews.")}


@pytest.mark.parametrize("path", sorted(SRC.rglob("*.py")), ids=lambda p: str(p.relative_to(SRC)))
def test_imports_point_down(path: Path) -> None:
    home = room(path)
    assert imports(path) - {home} <= set(ALLOWED[home].split())


def test_importing_the_package_loads_nothing_heavy() -> None:
    code = "import sys, conflictnews; print([m for m in ('numpy', 'pyarrow', 'msgspec', 'click', 'rich', 'datasets', 'spacy', 'pooch') if m in sys.modules])"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "[]\n"


def test_the_public_face_is_small_sorted_and_all_there() -> None:
    assert conflictnews.__all__ == sorted(conflictnews.__all__)
    assert len(conflictnews.__all__) <= 20
    assert all(getattr(conflictnews, name) is not None for name in conflictnews.__all__)
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        _ = conflictnews.nothing


def test_no_label_is_written_in_the_code() -> None:
    schema = load_schema()
    labels = {*schema.entities.labels, *schema.events.labels, *schema.events.roles, *schema.boilerplate.labels, *schema.quotes.types}
    levels_and_classes = {"NAM", "VAL", "MAIN", "DIRECT", "INDIRECT"}  # what a scorer or a rule must know by name
    found = []
    for path in SRC.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Constant) and isinstance(node.value, str) and node.value in labels - levels_and_classes:
                found.append(f"{path.name}:{node.lineno}: {node.value}")
    assert found == []


def test_only_the_command_line_prints() -> None:
    assert [p for p in SRC.rglob("*.py") if room(p) != "cli" and re.search(r"(?<![\w.])print\(", p.read_text(encoding="utf-8"))] == []


def test_scripts_are_thin() -> None:
    for path in (ROOT / "scripts").iterdir():
        if path.is_file():
            assert len(path.read_text(encoding="utf-8").splitlines()) <= 40, path


def test_nothing_that_is_shipped_is_a_pickle() -> None:
    assert [p for folder in ("corpus", "baselines") for p in (ROOT / folder).rglob("*") if p.suffix in {".pkl", ".pickle", ".joblib", ".bin", ".pt"}] == []


def test_the_guidelines_name_every_label_of_the_schema_and_no_other() -> None:
    schema = load_schema()
    expected = {"entities": set(schema.entities.labels), "events": set(schema.events.labels), "boilerplate": set(schema.boilerplate.labels)}
    for layer, labels in expected.items():
        page = (ROOT / "annotation_guidelines" / layer / "README.md").read_text(encoding="utf-8")
        rows = re.findall(r"^\| ([A-Z][A-Z_]+) \|", page, flags=re.MULTILINE)
        assert set(rows) - {"NAM", "VAL", "NOM", "PRO"} == labels, layer


def test_the_guidelines_give_each_event_type_the_subtypes_and_roles_of_the_schema() -> None:
    schema = load_schema()
    page = (ROOT / "annotation_guidelines" / "events" / "README.md").read_text(encoding="utf-8")
    for name, label in schema.events.labels.items():
        row = next(line for line in page.split("\n") if line.startswith(f"| {name} |"))
        cells = [cell.strip() for cell in row.split("|")]
        assert (tuple(cells[2].split()), tuple(cells[3].split())) == (label.subtypes, label.roles), name

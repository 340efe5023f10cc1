from __future__ import annotations

import json
from pathlib import Path

import pytest

from conflictnews.corpus import SPLITS
from conflictnews.resources import corpus_dir
from conflictnews.validation import CHECKS
from conflictnews.validation.files import check_paths
from conftest import run

DATA = Path(__file__).parent / "data"
FIXTURES = {path.stem: path for path in sorted((DATA / "invalid").glob("*.json"))}
FOLDERS = {path.name: path for path in sorted((DATA / "invalid").iterdir()) if path.is_dir()}


def test_every_check_has_a_fixture_and_every_fixture_a_check() -> None:
    assert sorted([*FIXTURES, *FOLDERS]) == sorted(CHECKS)


def as_named(path: Path, folder: Path) -> Path:
    """The fixture under the name that its doc_id asks for."""
    try:
        name = json.loads(path.read_text(encoding="utf-8"))["doc_id"]
    except ValueError:
        name = "x"
    copy = folder / f"{name}.json"
    copy.write_bytes(path.read_bytes())
    return copy


@pytest.mark.parametrize("check", FIXTURES)
def test_a_fixture_breaks_just_its_check(check: str, tmp_path: Path) -> None:
    problems = [p for found in check_paths([as_named(FIXTURES[check], tmp_path)]) for p in found]
    assert {p.check for p in problems} == {check}, problems
    assert all(p.message and p.remedy and p.place for p in problems)


def test_the_sound_document_breaks_none(tmp_path: Path) -> None:
    assert [p for found in check_paths([as_named(DATA / "valid.json", tmp_path)]) for p in found] == []


@pytest.mark.parametrize("check", FOLDERS)
def test_a_folder_of_files_breaks_just_its_check(check: str) -> None:
    assert [p.check for found in check_paths([FOLDERS[check]]) for p in found] == [check]


def test_the_command_names_document_place_and_remedy_and_exits_with_1(tmp_path: Path) -> None:
    ran = run("validate", as_named(FIXTURES["labels.entity"], tmp_path))
    assert ran.code == 1
    assert "x: entities[1].label: 'Gpe' is no entity label [labels.entity]; did you mean GPE?" in ran.out


def test_a_broken_file_does_not_stop_the_check_of_the_others(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text("{", encoding="utf-8")
    as_named(FIXTURES["labels.entity"], tmp_path)
    ran = run("validate", tmp_path)
    assert (ran.code, "format.json" in ran.out, "labels.entity" in ran.out) == (1, True, True)


def test_only_the_levels_that_were_asked_for_are_checked(tmp_path: Path) -> None:
    fixture = as_named(FIXTURES["guidelines.article"], tmp_path)
    assert run("validate", fixture, "--level", "labels").code == 0
    assert run("validate", fixture, "--level", "guidelines").code == 1
    assert run("validate", fixture, "--level", "style").code == 2


def test_nothing_to_check_is_an_error() -> None:
    assert run("validate").code == 2
    assert run("validate", "/nowhere/at/all").code == 2


def test_the_corpus_is_valid() -> None:
    paths = [corpus_dir() / "documents" / split for split in SPLITS]
    assert [str(p) for found in check_paths(paths) for p in found] == []

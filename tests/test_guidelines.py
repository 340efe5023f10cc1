"""The guideline pages and the scheme know each other, and every page has its parts and examples."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from conflictnews.errors import ConflictNewsError
from conflictnews.guidelines import TOPICS, check_pages, labels_of, load_mappings, read_page, with_indexes
from conflictnews.schema import load_schema
from conftest import ROOT

FOLDER = ROOT / "annotation_guidelines"
SCHEMA = load_schema()


def test_every_label_has_a_page_of_the_form_and_every_page_a_label() -> None:
    assert list(check_pages(FOLDER, SCHEMA)) == []


@pytest.mark.parametrize(
    "change, message",
    [
        (lambda f: (f / "entities" / "PER.md").unlink(), "entities/PER.md: there is no page for it"),
        (lambda f: (f / "events" / "WAR.md").write_text("# WAR\n"), "events/WAR.md: the scheme has no such label"),
        (lambda f: _edit(f / "events" / "KILL.md", "# KILL", "# KILLS"), "events/KILL.md: the title is 'KILLS'"),
        (lambda f: _edit(f / "events" / "KILL.md", "## Hard cases", "## Cases"), "events/KILL.md: the parts are"),
        (lambda f: _edit(f / "events" / "KILL.md", "|VICTIM}", "|CAPTIVE}"), "events/KILL.md: CAPTIVE is no role of it"),
        (lambda f: _edit(f / "events" / "KILL.md", "]]", "]"), "brackets do not close"),
    ],
)
def test_a_page_that_lacks_is_too_many_or_has_not_the_form_is_named(tmp_path: Path, change: object, message: str) -> None:
    folder = tmp_path / "guidelines"
    shutil.copytree(FOLDER, folder)
    change(folder)  # type: ignore[operator]
    assert any(message in fault for fault in check_pages(folder, SCHEMA))


def _edit(path: Path, old: str, new: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")


def test_no_example_stands_on_two_pages() -> None:
    seen: dict[str, str] = {}
    for layer, topics in TOPICS.items():
        for name in (*labels_of(layer, SCHEMA), *topics):
            page = read_page(FOLDER / layer / f"{name}.md")
            for item in (*page.examples, *page.counterexamples):
                sentence = item.split("\n")[0]
                assert sentence not in seen, f"{layer}/{name} and {seen.get(sentence)}"
                seen[sentence] = f"{layer}/{name}"


def test_the_indexes_are_those_of_the_pages() -> None:
    for path, text in with_indexes(FOLDER, SCHEMA).items():
        assert path.read_text(encoding="utf-8") == text, f"{path}: run scripts/guidelines"


@pytest.mark.parametrize("layer, schemes", [("entities", {"ACE2005", "OntoNotes5", "CoNLL2003"}), ("events", {"ACLED", "PLOVER", "ACE2005"})])
def test_every_label_is_mapped_to_every_scheme_and_nothing_else_is(layer: str, schemes: set[str]) -> None:
    rows = load_mappings(layer)
    labels = set(labels_of(layer, SCHEMA))
    assert {(row.label, row.scheme) for row in rows} == {(label, scheme) for label in labels for scheme in schemes}
    subtypes = {name: set(entry.subtypes) for name, entry in getattr(SCHEMA, layer).labels.items()}
    assert [row for row in rows if row.subtype and row.subtype not in subtypes[row.label]] == []
    assert [row for row in rows if (row.relation == "none") != (row.target == "")] == []
    assert len({(row.label, row.subtype, row.scheme, row.target) for row in rows}) == len(rows)


def test_a_row_that_is_none_is_an_error_with_its_line(tmp_path: Path) -> None:
    (tmp_path / "events").mkdir()
    (tmp_path / "events" / "mapping.tsv").write_text("label\tsubtype\tscheme\ttarget\trelation\tnote\nKILL\t\tACLED\tx\tsame\t\n")
    with pytest.raises(ConflictNewsError, match="line 2"):
        load_mappings("events", tmp_path)

"""The guideline pages and the scheme know each other, and every page has its parts and examples."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest

from conflictnews.corpus import load_corpus
from conflictnews.errors import ConflictNewsError
from conflictnews.guidelines import TOPICS, check_pages, labels_of, load_mappings, read_page, with_indexes
from conflictnews.model import Document
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


TRAINING = sorted((ROOT / "annotation_guidelines" / "training").glob("cn-*.md"))


def key_rows(path: Path) -> list[tuple[int, str, str]]:
    """Line, words and key of each row of a training page."""
    rows = [
        [cell.strip().replace("\\|", "|") for cell in re.split(r"(?<!\\)\|", line)[1:-1]] for line in path.read_text(encoding="utf-8").splitlines() if re.match(r"\| \d+ \|", line)
    ]
    return [(int(row[0]), row[1], row[2].strip("`")) for row in rows]


def holds(document: Document, line: int, words: str, key: str) -> bool:
    """Whether the gold has what a row of a key says."""
    text = document.text or ""
    starts = [0, *(m.end() for m in re.finditer("\n", text))]
    low, high = starts[line - 1], starts[line] if line < len(starts) else len(text)

    def here(start: int, end: int) -> bool:
        return low <= start < high and " ".join(text[start:end].split()) == words

    layer, *rest = key.split()
    label, _, subtype = rest[0].partition(".")
    if layer == "ent":
        return any(here(e.start, e.end) and e.label == label and (not subtype or e.subtype == subtype) and e.level == rest[1] for e in document.entities or ())
    if layer == "event":
        return any(here(v.trigger.start, v.trigger.end) and v.label == label and (not subtype or v.subtype == subtype) and v.factuality == rest[1] for v in document.events or ())
    if layer == "arg":
        return any(here(a.start, a.end) and a.role == rest[0] and v.label == rest[2] for v in document.events or () for a in v.arguments)
    found = [m.start() for m in re.finditer(re.escape(words), text[low:high])]
    inside = [q for q in document.quotes or () for s in q.content for at in found if s.start <= low + at and low + at + len(words) <= s.end]
    if layer == "quote":
        return any(q.type == label for q in inside)
    if layer == "boi":
        return any(b.start < high and low < b.end and b.label == label for b in document.boilerplate or ()) and bool(found)
    if layer == "none" and found:
        spans = {"ent": [(e.start, e.end) for e in document.entities or ()], "event": [(v.trigger.start, v.trigger.end) for v in document.events or ()]}
        return not inside if label == "quote" else not any(here(*span) for span in spans[label])
    return False


@pytest.mark.parametrize("path", TRAINING, ids=lambda p: p.stem)
def test_the_commented_key_says_what_the_gold_says(path: Path) -> None:
    document = next(d for d in load_corpus("train") if d.doc_id == path.stem)
    rows = key_rows(path)
    assert [row for row in rows if not holds(document, *row)] == []
    assert len(rows) >= 15
    assert sum(key.startswith("none") for *_, key in rows) >= 4
    assert {key.split()[0] for *_, key in rows} >= {"ent", "event", "quote", "boi", "none"}


def test_the_training_set_has_six_pages_of_six_genres() -> None:
    page = (ROOT / "annotation_guidelines" / "training" / "README.md").read_text(encoding="utf-8")
    genres = {d.doc_id: d.meta["genre"] for d in load_corpus("train")}
    assert len(TRAINING) == 6
    assert len({genres[p.stem] for p in TRAINING}) == 6
    assert all(f"| [{p.stem}]({p.name}) | {genres[p.stem]} |" in page for p in TRAINING)

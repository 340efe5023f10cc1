from __future__ import annotations

import contextlib
import json
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from conflictnews.errors import ConflictNewsError, DocumentError
from conflictnews.io import labelstudio
from conflictnews.io.formats import format_of
from conflictnews.model import LAYERS, Argument, Document, Entity, Event, Quote, Span
from conflictnews.schema import load_schema
from strategies import documents, json_values

TEXT = "🔴 Rebels shelled Kono, the army said. “We hold it,” it added, “for now.”\n"
# 0        2      8       17    24  28   33     39             52     62
PAGE = Document(
    doc_id="p-1",
    text=TEXT,
    meta={"published": "2024-12-01"},
    entities=(
        Entity(2, 8, "MIL", id="E1", subtype="nonstate_armed_group", level="NOM", entity="rebels", surface="Rebels"),
        Entity(17, 21, "GPE", id="E2", level="NAM", entity="kono", surface="Kono"),
        Entity(27, 31, "MIL", id="E3", subtype="state_force", level="NOM", entity="army", surface="army"),
    ),
    events=(
        Event(
            "STRIKE",
            Span(9, 16, "shelled"),
            id="V1",
            subtype="shelling",
            event="e1",
            arguments=(Argument("ATTACKER", 2, 8, "rebels", status="claimed", source="army", surface="Rebels"), Argument("TARGET", 17, 21, "kono", surface="Kono")),
            factuality="claimed",
            source="army",
        ),
    ),
    quotes=(
        Quote((Span(2, 21, "Rebels shelled Kono"),), id="Q1", type="INDIRECT", cue=(Span(32, 36, "said"),), source=(Span(27, 31, "army"),), speakers=("army",)),
        Quote((Span(38, 51, "“We hold it,”"), Span(62, 72, "“for now.”")), id="Q2", type="DIRECT", cue=(Span(55, 60, "added"),), speakers=("army", "minister"), parent="Q1"),
    ),
    boilerplate=(),
)
Results = list[dict[str, Any]]


def tasks_of(tmp_path: Path, *found: Document, **options: Any) -> list[dict[str, Any]]:
    path = tmp_path / "written.labelstudio.json"
    labelstudio.write(found, path, **options)
    tasks: list[dict[str, Any]] = json.loads(path.read_bytes())
    return tasks


def read_back(tmp_path: Path, tasks: object, **options: Any) -> list[Document]:
    path = tmp_path / "export.json"
    path.write_text(json.dumps(tasks), encoding="utf-8")
    return list(labelstudio.read(path, **options))


def edited(tmp_path: Path, change: Callable[[Results], object], document: Document = PAGE) -> Document:
    tasks = tasks_of(tmp_path, document)
    change(tasks[0]["annotations"][0]["result"])
    return read_back(tmp_path, tasks)[0]


def entry(results: Results, region: str, control: str) -> dict[str, Any]:
    return next(r for r in results if r.get("id") == region and r["from_name"] == control)


def relation(results: Results, start: str, end: str) -> dict[str, Any]:
    return next(r for r in results if (r.get("from_id"), r.get("to_id")) == (start, end))


def region(name: str, control: str, start: int, end: int, label: str) -> dict[str, Any]:
    """An entry as the editor saves it."""
    value = {"start": start, "end": end, "text": TEXT[start:end], "labels": [label]}
    return {"id": name, "from_name": control, "to_name": "text", "type": "labels", "origin": "manual", "value": value}


def drop(results: Results, *regions: str) -> None:
    results[:] = [r for r in results if not {r.get("id"), r.get("from_id"), r.get("to_id")} & set(regions)]


def test_a_mention_is_a_region_with_choices_and_texts_of_the_same_id(tmp_path: Path) -> None:
    task = tasks_of(tmp_path, PAGE)[0]
    assert task["data"]["text"] == TEXT
    assert task["data"]["doc_id"] == "p-1"
    assert [r for r in task["annotations"][0]["result"] if r.get("id") == "E1"] == [
        {"id": "E1", "type": "labels", "from_name": "entities", "to_name": "text", "value": {"start": 2, "end": 8, "text": "Rebels", "labels": ["MIL"]}},
        {"id": "E1", "type": "choices", "from_name": "entity_subtype_MIL", "to_name": "text", "value": {"start": 2, "end": 8, "choices": ["nonstate_armed_group"]}},
        {"id": "E1", "type": "choices", "from_name": "level", "to_name": "text", "value": {"start": 2, "end": 8, "choices": ["NOM"]}},
        {"id": "E1", "type": "textarea", "from_name": "entity", "to_name": "text", "value": {"start": 2, "end": 8, "text": ["rebels"]}},
    ]


def test_relations_go_to_the_mention_and_a_contested_filler_has_a_region_of_its_own(tmp_path: Path) -> None:
    result = tasks_of(tmp_path, PAGE)[0]["annotations"][0]["result"]
    assert [(r["from_id"], *r["labels"], r["to_id"]) for r in result if r["type"] == "relation"] == [
        ("V1", "ATTACKER", "events-0-arguments-0"),
        ("V1", "TARGET", "E2"),
        ("Q1", "part", "quotes-0-cue-0"),
        ("Q1", "part", "quotes-0-source-0"),
        ("Q1", "speaker", "E3"),
        ("Q2", "part", "quotes-1-content-1"),
        ("Q2", "part", "quotes-1-cue-0"),
        ("Q2", "speaker", "E3"),
        ("Q2", "parent", "Q1"),
    ]
    said = {r["from_name"]: r["value"] for r in result if r.get("id") == "events-0-arguments-0"}
    assert said["filler_status"]["choices"] == ["claimed"]
    assert said["filler_source"]["text"] == ["army"]
    assert entry(result, "Q2", "speakers")["value"]["text"] == ["minister"]


def test_what_the_screen_shows_is_in_the_result_and_nowhere_else(tmp_path: Path) -> None:
    task = tasks_of(tmp_path, PAGE)[0]
    assert task["data"].keys() == {"doc_id", "text", "meta"}
    del task["data"]["meta"]
    assert read_back(tmp_path, [task]) == [Document(**{f: getattr(PAGE, f) for f in ("doc_id", "text", *LAYERS)})]


def test_a_region_that_is_added_deleted_moved_or_relabelled_comes_back_so(tmp_path: Path) -> None:
    def change(results: Results) -> None:
        results.append(region("nEw_9-Z", "entities", 48, 50, "PER"))
        drop(results, "E3")
        entry(results, "E2", "entities")["value"].update(start=17, end=22, text="Kono,")
        entry(results, "E1", "entities")["value"]["labels"] = ["ORG"]

    document = edited(tmp_path, change)
    assert document.entities == (
        Entity(2, 8, "ORG", id="E1", subtype="nonstate_armed_group", level="NOM", entity="rebels", surface="Rebels"),
        Entity(17, 22, "GPE", id="E2", level="NAM", entity="kono", surface="Kono,"),
        Entity(48, 50, "PER", id="nEw_9-Z", surface=TEXT[48:50]),
    )
    assert document.events is not None
    assert document.events[0].arguments[1] == Argument("TARGET", 17, 22, "kono", surface="Kono,")
    assert document.quotes is not None
    assert [q.speakers for q in document.quotes] == [(), ("minister",)]


def test_a_choice_a_text_and_a_number_that_are_changed_come_back_so(tmp_path: Path) -> None:
    def change(results: Results) -> None:
        entry(results, "V1", "factuality")["value"]["choices"] = ["denied"]
        entry(results, "V1", "event_subtype_STRIKE")["value"]["choices"] = ["air"]
        entry(results, "E1", "entity")["value"]["text"] = "others"
        entry(results, "Q2", "quote_type")["value"]["choices"] = []
        results.append({"id": "E2", "type": "number", "from_name": "low", "to_name": "text", "value": {"start": 17, "end": 21, "text": "Kono", "number": 24}})

    document = edited(tmp_path, change)
    assert document.events is not None
    assert document.entities is not None
    assert document.quotes is not None
    assert (document.events[0].factuality, document.events[0].subtype) == ("denied", "air")
    assert (document.entities[0].entity, document.entities[1].low) == ("others", 24.0)
    assert document.quotes[1].type is None


def turn(results: Results) -> None:
    link = relation(results, "V1", "E2")
    link.update(from_id="E2", to_id="V1")


RELATION_EDITS: dict[str, tuple[Callable[[Results], object], list[tuple[str, int, int, str | None]]]] = {
    "another role": (lambda r: relation(r, "V1", "E2").update(labels=["PLACE"]), [("ATTACKER", 2, 8, "rebels"), ("PLACE", 17, 21, "kono")]),
    "another filler": (lambda r: relation(r, "V1", "E2").update(to_id="E3"), [("ATTACKER", 2, 8, "rebels"), ("TARGET", 27, 31, "army")]),
    "deleted": (lambda r: r.remove(relation(r, "V1", "E2")), [("ATTACKER", 2, 8, "rebels")]),
    "drawn from the filler": (turn, [("ATTACKER", 2, 8, "rebels"), ("TARGET", 17, 21, "kono")]),
    "turned round": (lambda r: relation(r, "V1", "E2").update(from_id="E2", to_id="V1", direction="left"), [("ATTACKER", 2, 8, "rebels"), ("TARGET", 17, 21, "kono")]),
    "two roles": (lambda r: relation(r, "V1", "E2").update(labels=["TARGET", "PLACE"]), [("ATTACKER", 2, 8, "rebels"), ("TARGET", 17, 21, "kono"), ("PLACE", 17, 21, "kono")]),
    "to a quote": (lambda r: relation(r, "V1", "E2").update(to_id="Q2"), [("ATTACKER", 2, 8, "rebels"), ("TARGET", 38, 51, None)]),
}


@pytest.mark.parametrize("name", RELATION_EDITS)
def test_a_relation_of_an_event_that_is_changed_comes_back_so(tmp_path: Path, name: str) -> None:
    change, expected = RELATION_EDITS[name]
    events = edited(tmp_path, change).events
    assert events is not None
    assert [(a.role, a.start, a.end, a.entity) for a in events[0].arguments] == expected


def test_relations_of_a_quote_need_no_label_and_its_parts_come_in_the_order_of_the_text(tmp_path: Path) -> None:
    def change(results: Results) -> None:
        results += [region("x1", "quotes", 62, 72, "quote"), region("x2", "quotes", 38, 51, "content"), region("x3", "quotes", 52, 54, "source")]
        drop(results, "Q2", "quotes-1-content-1", "quotes-1-cue-0")
        results += [{"type": "relation", "from_id": a, "to_id": b, "direction": "right"} for a, b in (("x1", "x2"), ("x3", "x1"), ("x1", "E3"), ("x1", "Q1"))]

    quotes = edited(tmp_path, change).quotes
    assert quotes is not None
    assert quotes[1] == Quote((Span(38, 51, "“We hold it,”"), Span(62, 72, "“for now.”")), id="x1", source=(Span(52, 54, TEXT[52:54]),), speakers=("army",), parent="Q1")


def test_a_region_may_have_the_labels_of_two_layers(tmp_path: Path) -> None:
    def change(results: Results) -> None:
        drop(results, "quotes-0-source-0")
        results.append(region("E3", "quotes", 27, 31, "source"))
        results.append({"type": "relation", "from_id": "Q1", "to_id": "E3", "direction": "right", "labels": ["part"]})

    quotes = edited(tmp_path, change).quotes
    assert quotes is not None
    assert quotes[0].source == (Span(27, 31, "army"),)


def test_a_layer_that_is_ticked_is_empty_and_one_that_is_not_was_not_attempted(tmp_path: Path) -> None:
    def untick(results: Results) -> None:
        entry(results, "layers", "layers")["value"]["choices"] = ["events"]

    document = edited(tmp_path, untick)
    assert document.boilerplate is None
    assert document.entities == PAGE.entities
    blank = tasks_of(tmp_path, Document("b-1", "Kono.\n"))
    assert blank == [{"data": {"doc_id": "b-1", "text": "Kono.\n"}}]
    assert read_back(tmp_path, blank) == [Document("b-1", "Kono.\n")]


def test_ids_and_words_that_the_tool_cannot_show_come_back(tmp_path: Path) -> None:
    text = "Kono and Kono."
    found = Document(
        "d-1",
        text,
        entities=(Entity(0, 4, "GPE", id="a b"), Entity(9, 13, "GPE"), Entity(0, 4, "LOC", id="x", surface="stale"), Entity(5, 8, "LOC", id="x", surface="and")),
        quotes=(Quote((Span(9, 13), Span(0, 4)), id="x", parent="none"), Quote((Span(0, 4),), id="x", parent="x")),
    )
    assert edited(tmp_path, lambda _: None, found) == found


def test_notes_on_regions_and_fields_that_a_project_added_go_to_the_meta(tmp_path: Path) -> None:
    tasks = tasks_of(tmp_path, PAGE)
    tasks[0]["data"]["batch"] = 7
    tasks[0]["annotations"][0]["result"][1]["meta"] = {"text": ["name or role?"], "lead_time": 1.5}
    assert read_back(tmp_path, tasks)[0].meta == {"published": "2024-12-01", "batch": 7, "label_studio_notes": {"E1": "name or role?"}}


def answer(by: object, label: str, **more: object) -> dict[str, Any]:
    return {"completed_by": by, "result": [region("r", "entities", 2, 8, label)], **more}


def exported(*annotations: dict[str, Any], **more: Any) -> list[dict[str, Any]]:
    return [{"id": 3, "data": {"text": TEXT, "doc_id": "p-1"}, "annotations": list(annotations), **more}]


ANA, BEN = answer({"id": 1, "email": "ana@example.org"}, "MIL", id=11), answer(2, "PER", id=12)
CHOICES: dict[str, tuple[list[dict[str, Any]], str, str | None]] = {
    "the only one": (exported(BEN), "", "PER"),
    "by e-mail address": (exported(ANA, BEN), "ana@example.org", "MIL"),
    "by number": (exported(ANA, BEN), "2", "PER"),
    "the ground truth": (exported(ANA, BEN | {"ground_truth": True}), "", "PER"),
    "the one that was not skipped": (exported(ANA | {"was_cancelled": True}, BEN), "", "PER"),
    "a model's": (exported(ANA, predictions=[answer(None, "ORG", model_version="m1")]), "m1", "ORG"),
    "a prediction is no annotation": (exported(predictions=[answer(None, "ORG", model_version="m1")]), "", None),
    "all skipped": (exported(ANA | {"was_cancelled": True}), "", None),
    "a draft beside an annotation": (exported(BEN, drafts=[answer(2, "ORG")]), "", "PER"),
}


@pytest.mark.parametrize("name", CHOICES)
def test_the_annotation_that_counts_is(tmp_path: Path, name: str) -> None:
    tasks, annotator, label = CHOICES[name]
    (document,) = read_back(tmp_path, tasks, annotator=annotator)
    assert (None if document.entities is None else document.entities[0].label) == label


def test_predictions_are_written_as_such_and_read_by_their_version(tmp_path: Path) -> None:
    tasks = tasks_of(tmp_path, PAGE, predictions="rules-1")
    assert [p["model_version"] for p in tasks[0]["predictions"]] == ["rules-1"]
    assert "annotations" not in tasks[0]
    assert read_back(tmp_path, tasks, annotator="rules-1") == [PAGE]
    assert read_back(tmp_path, tasks)[0].entities is None


def test_an_annotation_is_written_as_no_ground_truth_for_an_import_would_take_it_as_one(tmp_path: Path) -> None:
    assert tasks_of(tmp_path, PAGE)[0]["annotations"][0]["ground_truth"] is False


OPEN = {
    "two annotators": (exported(ANA, BEN), "", r"task 3 \(p-1\): has 2 annotations \(number 11 by ana@example.org / 1, number 12 by 2\); choose an annotator"),
    "two of one": (exported(ANA, ANA), "1", "has 2 annotations .*; in Label Studio, mark one as ground truth or delete the others"),
    "a stranger": (exported(ANA, BEN), "eve", "nothing is by 'eve'; there are annotations by 2, ana@example.org / 1"),
    "only a draft": (exported(drafts=[answer(2, "ORG")]), "", "has a draft that nobody submitted; submit it"),
    "the same page twice": (exported(BEN) * 2, "", "the doc_id p-1 comes twice"),
}


@pytest.mark.parametrize("name", OPEN)
def test_an_open_choice_is_an_error_that_lists_what_there_is(tmp_path: Path, name: str) -> None:
    tasks, annotator, message = OPEN[name]
    with pytest.raises(DocumentError, match=message):
        read_back(tmp_path, tasks, annotator=annotator)


def one(*entries: dict[str, Any], **data: object) -> list[dict[str, Any]]:
    return [{"data": {"text": TEXT, "doc_id": "p-1", **data}, "annotations": [{"result": list(entries)}]}]


def linked(start: str, end: str, *labels: str) -> dict[str, Any]:
    return {"type": "relation", "from_id": start, "to_id": end, "direction": "right", "labels": list(labels)}


def attribute(name: str, kind: str, value: dict[str, Any], of: str = "a") -> dict[str, Any]:
    return {"id": of, "type": kind, "from_name": name, "to_name": "text", "value": value}


A, V, Q = region("a", "entities", 2, 8, "MIL"), region("v", "events", 9, 16, "STRIKE"), region("q", "quotes", 38, 51, "quote")
MALFORMED: dict[str, tuple[object, str]] = {
    "JSON_MIN": ([{"id": 1, "text": TEXT, "entities": [], "annotator": 1, "annotation_id": 4}], "is a JSON_MIN export, which leaves out relations .*; export the project as JSON"),
    "another JSON": ([{"doc_id": "x", "text": "y"}], "holds no tasks of Label Studio"),
    "one object": ({"a": 1}, "holds no tasks of Label Studio"),
    "no list": (7, "Expected `array`, got `int`"),
    "no text": ([{"data": {"doc_id": "p-1", "html": "x"}}], "its data has no text"),
    "no id": ([{"data": {"text": "x"}}], "data.doc_id and data.text_sha256 are strings"),
    "an id that is a path": ([{"data": {"text": "x", "doc_id": "../x"}}], "could be a path"),
    "meta that is none": (one(meta=[1]), "data.meta is an object"),
    "rest that is none": (one(conflictnews={"ids": 3}), "data.conflictnews: .*; take the field out"),
    "wrong types": ([{"data": {"text": "x"}, "annotations": [{"result": [{"id": 3}]}]}], r"Expected `str.*`, got `int`"),
    "past the end": (one(region("a", "entities", 60, 900, "MIL")), "the span 60-900 ends past the text"),
    "huge": (one(region("a", "entities", 0, 10**30, "MIL")), "."),
    "negative": (one(region("a", "entities", -4, 2, "MIL")), "the span -4-2 is negative"),
    "empty": (one(region("a", "entities", 4, 4, "MIL")), "the span 4-4 is empty"),
    "offsets of a web page": (one(attribute("entities", "labels", {"start": "/p[1]/text()[1]", "end": "/p[1]/text()[1]", "labels": ["MIL"]})), "no offsets in plain text"),
    "no offsets": (one(attribute("entities", "labels", {"labels": ["MIL"]})), "no offsets in plain text"),
    "no value": (one({"id": "a", "type": "labels", "from_name": "entities"}), "no offsets in plain text"),
    "two labels": (one(A | {"value": {"start": 2, "end": 8, "labels": ["MIL", "PER"]}}), "the region a at 2-8 has 2 labels in entities; give it one"),
    "no label": (one(A | {"value": {"start": 2, "end": 8, "labels": []}}), "has 0 labels"),
    "labelled twice": (one(A, A), "region a is labelled twice in entities"),
    "an unknown control": (one(region("a", "ner", 2, 8, "Weapon")), "the control 'ner' with the label 'Weapon' is of no layer; name the control one of entities, events"),
    "an unknown attribute": (one(A, attribute("mood", "rating", {"text": "x"})), r"the control 'mood' \(rating\) is none that a document has a place for"),
    "a label that is gone": (one(attribute("level", "choices", {"choices": ["NAM"]})), "region a has level but no label; give it a label, or delete it"),
    "two choices": (one(A, attribute("level", "choices", {"choices": ["NAM", "NOM"]})), "level has 2 values"),
    "a number as text": (one(A, attribute("low", "textarea", {"text": ["5"]})), "low is given as textarea; give it as a number"),
    "a text as number": (one(A, attribute("entity", "number", {"number": 5})), "entity is given as number"),
    "a lost relation": (one(A, V, linked("v", "zz", "TARGET")), "there is no region zz; delete the relation"),
    "a relation without a role": (one(A, V, linked("v", "a")), r"the relation without a label from 'shelled' \(STRIKE at 9-16\) to 'Rebels' \(MIL at 2-8\) says nothing"),
    "a relation between mentions": (one(A, region("b", "entities", 17, 21, "GPE"), linked("a", "b", "TARGET")), "says nothing; relations go from a quote"),
    "a cue of no quote": (one(region("c", "quotes", 32, 36, "cue")), r"the cue 'said' at 32-36 \(region c\) belongs to nothing; draw a relation to it from its quote"),
    "a filler of no event": (one(region("f", "fillers", 32, 36, "filler")), "draw a relation to it from its event"),
    "an unknown part": (one(region("c", "quotes", 32, 36, "DIRECT")), "'DIRECT' is no part of a quote"),
    "a speaker without id": (one(A, Q, linked("q", "a", "speaker")), "the speaker 'Rebels' .* has no entity id"),
    "two parents": (one(Q, *(region(x, "quotes", 2, 8, "quote") for x in "xy"), linked("q", "x", "parent"), linked("q", "y", "parent")), "has two parents; leave one"),
    "UTF-16": (one({**A, "value": {"start": 3, "end": 9, "text": "Rebels", "labels": ["MIL"]}}), "the region of 'Rebels' at 3-9 counts UTF-16 units; count characters"),
}


@pytest.mark.parametrize("name", MALFORMED)
def test_a_file_that_cannot_be_read_is_an_error_that_says_why(tmp_path: Path, name: str) -> None:
    tasks, message = MALFORMED[name]
    with pytest.raises(DocumentError, match=message):
        read_back(tmp_path, tasks)


@pytest.mark.parametrize("data", [b"", b"[", b'[{"data": {"text"', b"id,text\n1,x\n", b"\xff\xfe[\x00", b"[" * 100_000])
def test_a_file_that_is_no_json_is_an_error_that_names_it(tmp_path: Path, data: bytes) -> None:
    (tmp_path / "export.json").write_bytes(data)
    with pytest.raises(DocumentError, match=r"export\.json: "):
        list(labelstudio.read(tmp_path / "export.json"))


def test_a_file_that_is_not_there_is_an_error_that_names_it(tmp_path: Path) -> None:
    with pytest.raises(DocumentError, match=r"tasks\.json: cannot be read"):
        list(labelstudio.read(tmp_path))


def places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """The way to each value in a JSON value."""
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [path] + [way for key, item in inner for way in places(item, (*path, key))]


@settings(max_examples=150, deadline=None)
@given(data=st.data())
def test_a_damaged_file_reads_or_is_an_error_of_ours(data: st.DataObject) -> None:
    with tempfile.TemporaryDirectory() as folder:
        tasks: Any = tasks_of(Path(folder), PAGE)
        for _ in range(data.draw(st.integers(1, 3))):
            ways = [way for way in places(tasks) if way]
            if not ways:
                break
            *way, last = data.draw(st.sampled_from(ways))
            place = tasks
            for key in way:
                place = place[key]
            if data.draw(st.booleans()):
                del place[last]
            else:
                place[last] = data.draw(json_values | st.sampled_from(["Q1", "V1", "E1", "events", "quotes", "textarea", "labels", "relation", 10**20, -1, 1.5]))
        with contextlib.suppress(ConflictNewsError):
            for document in read_back(Path(folder), tasks):
                assert document == msgspec.convert(msgspec.to_builtins(document), Document)


def test_a_label_of_a_foreign_control_tells_its_layer_where_the_scheme_knows_it(tmp_path: Path) -> None:
    found = read_back(tmp_path, one(region("a", "label", 2, 8, "MIL"), region("b", "label", 9, 16, "STRIKE"), region("c", "label", 0, 73, "UI")))[0]
    assert [[x.label for x in found.layer(name) or ()] for name in ("entities", "events", "boilerplate")] == [["MIL"], ["STRIKE"], ["UI"]]
    assert found.quotes is None


def test_any_label_of_our_controls_is_read(tmp_path: Path) -> None:
    assert read_back(tmp_path, one(region("a", "entities", 2, 8, "Militia")))[0].entities == (Entity(2, 8, "Militia", id="a", surface="Rebels"),)


def values(config: str) -> dict[str, set[str]]:
    root = ElementTree.fromstring(config)
    found = {node.get("name", ""): {child.get("value", "") for child in node} for node in root.iter() if node.get("toName")}
    return found | {"relations": {node.get("value", "") for node in root.iter("Relation")}}


def test_the_screen_has_every_label_of_the_schema() -> None:
    schema, found = load_schema(), values(labelstudio.labelling_config())
    assert found["entities"] == set(schema.entities.labels)
    assert found["events"] == set(schema.events.labels)
    assert found["boilerplate"] == set(schema.boilerplate.labels)
    assert found["relations"] == {*schema.events.roles, "part", "speaker", "parent"}
    assert found["quote_type"] == set(schema.quotes.types)
    assert found["level"] == set(schema.entities.levels)
    assert found["factuality"] == set(schema.events.factuality)
    assert found["event_subtype_SIEGE"] == set(schema.events.labels["SIEGE"].subtypes)


@settings(max_examples=40, deadline=None)
@given(document=documents())
def test_every_entry_of_a_result_has_its_control_and_value_on_the_screen(document: Document) -> None:
    from conflictnews.io.labelstudio_results import results_of

    found = values(labelstudio.labelling_config([document]))
    regions: set[str | None] = set()
    pairs: set[tuple[str | None, str | None]] = set()
    for result in results_of(document):
        if result.type == "relation":
            assert set(result.labels or ()) <= found["relations"]
            assert {result.from_id, result.to_id} <= regions
            assert (result.from_id, result.to_id) not in pairs, "the editor keeps one relation between two regions"
            pairs.add((result.from_id, result.to_id))
        else:
            assert result.value is not None
            assert {*(result.value.labels or ()), *(result.value.choices or ())} <= found[result.from_name or ""]
            regions.add(result.id)


def test_a_label_that_xml_cannot_hold_is_refused() -> None:
    with pytest.raises(DocumentError, match="has characters that a labelling configuration cannot hold"):
        labelstudio.labelling_config([Document("d", "x", entities=(Entity(0, 1, "A\x01"),))])


def test_standoff_documents_and_broken_ones_are_refused_and_nothing_is_left(tmp_path: Path) -> None:
    for broken in (Document("d"), Document("d", "x", quotes=(Quote(()),)), Document("d", "x", entities=(Entity(0, 9, "PER"),))):
        with pytest.raises(ConflictNewsError, match=r"^d: "):
            labelstudio.write([PAGE, broken], tmp_path / "out")
    assert list(tmp_path.iterdir()) == []


def test_a_folder_and_a_file_are_known_by_their_names(tmp_path: Path) -> None:
    labelstudio.write([PAGE], tmp_path / "project")
    assert sorted(p.name for p in (tmp_path / "project").iterdir()) == ["config.xml", "tasks.json"]
    assert format_of(tmp_path / "project")[0] == "labelstudio"
    assert format_of(Path("x.labelstudio.json"))[0] == "labelstudio"
    assert format_of(Path("x.json"))[0] == "json"
    assert list(labelstudio.read(tmp_path / "project")) == [PAGE]

from __future__ import annotations

import copy
import itertools
import json
import os
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from conflictnews import load_corpus
from conflictnews.errors import ConflictNewsError, DocumentError, MissingExtraError
from conflictnews.io import prodigy
from conflictnews.io.formats import FORMATS
from conflictnews.io.prodigy import PASSES, apply, documents_of, input_hash, iter_tasks, task_hash, tasks_of
from conflictnews.io.prodigy_tokens import text_of, tokens_of
from conflictnews.model import Argument, BoilerplateSpan, Document, Entity, Event, Quote, Span
from conftest import ROOT
from strategies import documents, json_values, plain, some_documents, texts

RELAXED = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])

TEXT = "General Ali Kono said: “We struck Miso.” Kono's army denied it. Share"
#       0         1         2         3         4         5         6
#       0123456789012345678901234567890123456789012345678901234567890123456789

PAGE = Document(
    doc_id="p1",
    text=TEXT,
    meta={"lang": "en"},
    entities=(
        Entity(8, 16, "PER", id="T0", level="NAM", entity="kono", surface="Ali Kono"),
        Entity(34, 38, "GPE", id="T1", level="NAM", entity="miso"),
        Entity(41, 52, "MIL", id="T2", level="NOM", entity="army", surface="Kono's army"),
        Entity(41, 45, "PER", id="T3", level="NAM", entity="kono", surface="Kono"),
    ),
    events=(
        Event("STRIKE", Span(27, 33, "struck"), id="E0", factuality="claimed", source="kono", arguments=(Argument("TARGET", 34, 38, entity="miso"),)),
        Event("ATTACK", Span(27, 33), id="E1"),
    ),
    quotes=(
        Quote((Span(23, 40, "“We struck Miso.”"),), id="Q0", type="DIRECT", cue=(Span(17, 21, "said"),), source=(Span(0, 16, "General Ali Kono"),), speakers=("kono",)),
        Quote((Span(60, 62),), id="Q1", type="INDIRECT", cue=(Span(53, 59),), source=(Span(41, 52),), speakers=("army",)),
    ),
    boilerplate=(BoilerplateSpan(64, 69, "SHARE", id="B0"),),
)


def by_pass(document: Document = PAGE) -> dict[str, dict[str, Any]]:
    """The tasks of a document, each with an answer, as Prodigy gives them back."""
    return {task["meta"]["pass"]: msgspec.json.decode(msgspec.json.encode(task)) | {"answer": "accept"} for task in tasks_of(document)}


def read_back(tasks: dict[str, dict[str, Any]]) -> Document:
    (document,) = documents_of(tasks.values()).documents
    return document


def span(start: int, end: int, label: str, **fields: Any) -> dict[str, Any]:
    """A span as an annotator draws it: without anything of ours."""
    return {"start": start, "end": end, "label": label, **fields}


def relation(head: tuple[int, int], child: tuple[int, int], label: str) -> dict[str, Any]:
    return {"head": 0, "child": 0, "head_span": {"start": head[0], "end": head[1]}, "child_span": {"start": child[0], "end": child[1]}, "label": label}


def at(task: dict[str, Any], start: int, end: int) -> dict[str, Any]:
    (found,) = [s for s in task["spans"] if (s["start"], s["end"]) == (start, end)]
    return found


# Tokens


@pytest.mark.parametrize(
    "text, starts, ends, expected",
    [
        ("A war.", [], [], [("A", True), ("war", False), (".", False)]),
        ("U.S.-backed", [0], [4], [("U", False), (".", False), ("S", False), (".", False), ("-", False), ("backed", False)]),
        ("Konos", [0], [4], [("Kono", False), ("s", False)]),
        ("a  b", [], [], [("a", False), ("  ", False), ("b", False)]),
        ("a\r\nb c ", [], [], [("a", False), ("\r\n", False), ("b", True), ("c", True)]),
        (" a", [], [], [(" ", False), ("a", False)]),
        ("a\u00a0b", [], [], [("a", False), ("\u00a0", False), ("b", False)]),
        ("a b", [1], [3], [("a", False), (" ", False), ("b", False)]),
        ("a b", [0], [2], [("a", False), (" ", False), ("b", False)]),
        ("a b", [2], [1], [("a", True), ("b", False)]),
        ("a  b", [], [2], [("a", False), (" ", False), (" ", False), ("b", False)]),
        ("e\u0301t\u00e9", [], [], [("e\u0301t\u00e9", False)]),
        ("👩\u200d🚒!", [], [], [("👩\u200d🚒", False), ("!", False)]),
        ("", [], [], []),
    ],
)
def test_tokens_are_words_signs_and_white_space_cut_at_annotations(text: str, starts: list[int], ends: list[int], expected: list[tuple[str, bool]]) -> None:
    assert [(t["text"], t["ws"]) for t in tokens_of(text, starts, ends)] == expected


@RELAXED
@given(text=texts, data=st.data())
def test_the_text_can_be_put_together_from_its_tokens_and_every_edge_is_a_token_edge(text: str, data: st.DataObject) -> None:
    starts = data.draw(st.lists(st.integers(0, len(text) - 1), max_size=5))
    ends = data.draw(st.lists(st.integers(1, len(text)), max_size=5))
    tokens = tokens_of(text, starts, ends)
    assert text_of(tokens) == text
    assert [t["id"] for t in tokens] == list(range(len(tokens)))
    assert all(text[t["start"] : t["end"]] == t["text"] for t in tokens)
    assert all(text[t["end"] : t["end"] + 1] == " " for t in tokens if t["ws"])
    assert set(starts) <= {t["start"] for t in tokens}
    assert set(ends) <= {t["end"] for t in tokens}


# What the views show


def test_the_entities_pass_shows_outermost_mentions_and_says_how_many_it_does_not() -> None:
    tasks = by_pass()
    assert [(s["start"], s["end"], s["label"]) for s in tasks["entities"]["spans"]] == [(8, 16, "PER"), (34, 38, "GPE"), (41, 52, "MIL")]
    assert tasks["entities"]["meta"] == {"doc_id": "p1", "pass": "entities", "not shown": 1}
    assert [(s["start"], s["end"]) for s in tasks["mentions"]["spans"]] == [(8, 16), (34, 38), (41, 52), (41, 45)]
    assert tasks["mentions"]["meta"] == {"doc_id": "p1", "pass": "mentions"}


def test_a_relation_runs_from_the_last_token_of_the_trigger_to_that_of_the_argument() -> None:
    task = by_pass()["events"]
    (found,) = task["relations"]
    assert (found["label"], found["head_span"]["label"], found["child_span"]["label"]) == ("TARGET", "STRIKE", "ARGUMENT")
    assert [task["tokens"][found[side]]["text"] for side in ("head", "child")] == ["struck", "Miso"]
    assert (found["head"], found["child"]) == (found["head_span"]["token_end"], found["child_span"]["token_end"])
    assert task["meta"]["not shown"] == 1  # the second event on the same trigger


def test_spans_of_several_tokens_end_with_their_last_token_inclusive() -> None:
    task = by_pass()["mentions"]
    found = at(task, 41, 52)
    assert [t["text"] for t in task["tokens"][found["token_start"] : found["token_end"] + 1]] == ["Kono", "'", "s", "army"]


def test_the_speakers_pass_joins_quotes_to_the_source_that_holds_a_mention_of_the_speaker() -> None:
    task = by_pass()["speakers"]
    assert [(r["head_span"]["start"], r["child_span"]["start"], r["child_span"]["end"]) for r in task["relations"]] == [(23, 0, 16), (60, 41, 52)]


@RELAXED
@given(document=documents())
def test_views_keep_the_rules_of_their_interface(document: Document) -> None:
    for task in tasks_of(document):
        spans, tokens = sorted(task["spans"], key=lambda s: s["start"]), task["tokens"]
        assert all(tokens[s["token_start"]]["start"] == s["start"] and tokens[s["token_end"]]["end"] == s["end"] for s in spans)
        if task["_view_id"] in ("ner_manual", "relations"):
            assert all(a["end"] <= b["start"] for a, b in itertools.pairwise(spans))
        edges = {(s["start"], s["end"], s["label"]) for s in spans}
        for r in task.get("relations", []):
            assert r["head"] != r["child"]
            for side in ("head", "child"):
                end = r[f"{side}_span"]
                assert (end["start"], end["end"], end["label"]) in edges
                assert r[side] == end["token_end"]
        assert (task["_input_hash"], task["_task_hash"]) == (input_hash(task), task_hash(task))


def test_each_annotation_is_shown_in_a_pass_or_counted_as_not_shown() -> None:
    for document in load_corpus("test"):
        tasks = {task["meta"]["pass"]: task for task in tasks_of(document)}
        assert len(tasks["mentions"]["spans"]) == len(document.entities or ())
        assert len(tasks["entities"]["spans"]) + tasks["entities"]["meta"].get("not shown", 0) == len(document.entities or ())
        assert len(tasks["boilerplate"]["spans"]) == len(document.boilerplate or ())
        parts = sum(len(q.content) + len(q.cue) + len(q.source) for q in document.quotes or ())
        assert len(tasks["quotes"]["spans"]) == parts


# Hashes


def murmur3(data: bytes) -> int:
    """MurmurHash3, 32 bit, seed 0, signed: a second writing of it."""

    def rotate(value: int, by: int) -> int:
        return ((value << by) | (value >> (32 - by))) & 0xFFFFFFFF

    def scramble(block: bytes) -> int:
        return rotate(int.from_bytes(block, "little") * 0xCC9E2D51 & 0xFFFFFFFF, 15) * 0x1B873593 & 0xFFFFFFFF

    state, whole = 0, len(data) // 4 * 4
    for i in range(0, whole, 4):
        state = (rotate(state ^ scramble(data[i : i + 4]), 13) * 5 + 0xE6546B64) & 0xFFFFFFFF
    state ^= scramble(data[whole:]) ^ len(data)
    state = (state ^ state >> 16) * 0x85EBCA6B & 0xFFFFFFFF
    state = (state ^ state >> 13) * 0xC2B2AE35 & 0xFFFFFFFF
    state ^= state >> 16
    return state - (1 << 32) if state >> 31 else state


@pytest.mark.parametrize(
    "task, hashed_input, hashed_rest",
    [
        ({"text": "x", "spans": []}, 'text="x"', "spans=[]"),
        ({"text": "a/é", "spans": [{"b": 1, "a": 2}], "label": "L", "tokens": [1]}, 'text="a/\\u00e9"', 'spans=[{"a":2,"b":1}]label="L"'),
        ({"text": "x", "options": [], "answer": "accept"}, 'text="x"', "options=[]"),
        ({"text": "x", "meta": {"k": 1}, "answer": "accept", "_view_id": "text"}, 'text="x"', '{"_input_hash":-451295665,"meta":{"k":1},"text":"x"}'),
        ({"html": "<p>", "_session_id": "s"}, 'html="<p>"', '{"_input_hash":-1309390911,"html":"<p>"}'),
    ],
)
def test_the_hashes_of_a_task_are_murmurhash_of_its_input_and_of_what_is_asked(task: dict[str, Any], hashed_input: str, hashed_rest: str) -> None:
    number = murmur3(hashed_input.encode())
    assert input_hash(task) == number
    assert task_hash(task) == murmur3(f"{number}{hashed_rest}".encode())
    assert task_hash(task | {"_task_hash": 5}) == task_hash(task)


def test_an_input_hash_that_a_task_has_is_taken_as_it_is() -> None:
    assert task_hash({"text": "x", "spans": [], "_input_hash": 7}) == murmur3(b"7spans=[]")


def test_the_same_text_with_the_same_spans_has_the_same_hashes_in_every_document() -> None:
    one, two = ({t["meta"]["pass"]: t for t in tasks_of(Document(doc_id=name, text="Kono."))} for name in ("a", "b"))
    assert one["entities"]["_task_hash"] == two["entities"]["_task_hash"]
    assert [d.doc_id for d in documents_of([*one.values(), *two.values()]).documents] == ["a", "b"]


def test_without_the_extra_the_error_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "murmurhash.mrmr", None)
    with pytest.raises(MissingExtraError, match=r'pip install "conflictnews\[prodigy\]"'):
        list(tasks_of(PAGE))


# There and back


def in_one_file(documents: tuple[Document, ...], path: Path) -> tuple[Document, ...]:
    prodigy.write(documents, path)
    return tuple(prodigy.read(path))


@RELAXED
@given(found=some_documents)
def test_all_passes_in_one_file_are_the_documents_too(found: tuple[Document, ...], tmp_path_factory: pytest.TempPathFactory) -> None:
    assert in_one_file(found, tmp_path_factory.mktemp("one") / "all.prodigy.jsonl") == found


@RELAXED
@given(document=documents())
def test_an_answered_page_is_the_same_but_that_layers_not_attempted_are_empty_now(document: Document) -> None:
    attempted = {layer: document.layer(layer) or () for layer in ("entities", "events", "quotes", "boilerplate")}
    assert read_back(by_pass(document)) == msgspec.structs.replace(document, **attempted)


@pytest.mark.parametrize("split", ["train", "dev", "test"])
def test_the_corpus_survives_a_tool_that_drops_what_we_wrote_on_spans_and_relations(split: str) -> None:
    for document in load_corpus(split):
        tasks = by_pass(document)
        for task in tasks.values():
            for row in [*task["spans"], *task.get("relations", [])]:
                del row["conflictnews"]
        assert read_back(tasks) == document


def test_one_pass_alone_gives_a_document_with_that_layer() -> None:
    found = read_back({"boilerplate": by_pass()["boilerplate"]})
    assert (found.boilerplate, found.entities, found.events, found.quotes) == (PAGE.boilerplate, None, None, None)


def test_writing_makes_a_folder_with_a_file_for_each_pass(tmp_path: Path) -> None:
    prodigy.write([PAGE], tmp_path / "out")
    assert sorted(p.name for p in (tmp_path / "out").iterdir()) == sorted(f"{name}.prodigy.jsonl" for name in PASSES)
    assert tuple(prodigy.read(tmp_path / "out")) == (PAGE,)
    with pytest.raises(DocumentError, match="nothing is overwritten"):
        prodigy.write([PAGE], tmp_path / "out")


def test_no_documents_are_no_tasks(tmp_path: Path) -> None:
    prodigy.write([], tmp_path / "out")
    assert list(prodigy.read(tmp_path / "out")) == []


@pytest.mark.parametrize(
    "document, message",
    [
        (Document(doc_id="d", text_sha256="0" * 64), "d: has no text, and Prodigy carries the words"),
        (Document(doc_id="d", text="a", entities=(Entity(0, 2, "PER"),)), "d: .*0-2 ends past the text"),
        (Document(doc_id="d", text="a", quotes=(Quote(()),)), "d: .*the quote has no content"),
        (Document(doc_id="../d", text="a"), "could be a path"),
    ],
)
def test_a_document_that_cannot_be_written_is_refused(document: Document, message: str, tmp_path: Path) -> None:
    with pytest.raises(ConflictNewsError, match=message):
        prodigy.write([document], tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_a_document_comes_once(tmp_path: Path) -> None:
    with pytest.raises(DocumentError, match="p1: the doc_id comes twice"):
        prodigy.write([PAGE, PAGE], tmp_path / "out")


# Edits of entities and boilerplate


def test_a_deleted_span_is_gone_and_one_that_is_not_shown_stays() -> None:
    tasks = by_pass()
    tasks["entities"]["spans"].remove(at(tasks["entities"], 41, 52))
    assert read_back(tasks).entities == (PAGE.entities[0], PAGE.entities[1], PAGE.entities[3])


def test_a_new_span_comes_last_with_its_words() -> None:
    tasks = by_pass()
    tasks["mentions"]["spans"].insert(0, span(53, 59, "MISC"))
    assert read_back(tasks).entities == (*PAGE.entities, Entity(53, 59, "MISC", surface="denied"))


def test_a_new_span_may_say_what_ours_say() -> None:
    tasks = by_pass()
    tasks["mentions"]["spans"].append(span(53, 59, "MISC", conflictnews={"level": "NOM", "low": 3}))
    assert read_back(tasks).entities[-1] == Entity(53, 59, "MISC", level="NOM", low=3.0, surface="denied")


@pytest.mark.parametrize(
    "edit, expected",
    [
        ({"label": "ORG"}, Entity(8, 16, "ORG", id="T0", level="NAM", entity="kono", surface="Ali Kono")),
        ({"start": 12}, Entity(12, 16, "PER", id="T0", level="NAM", entity="kono", surface="Kono")),
        ({"start": 0, "end": 7, "label": "X"}, Entity(0, 7, "X", id="T0", level="NAM", entity="kono", surface="General")),
        ({"conflictnews": {"ref": "entities[0]", "level": "NOM"}}, Entity(8, 16, "PER", id="T0", level="NOM", entity="kono", surface="Ali Kono")),
        ({"conflictnews": {"ref": "entities[0]", "entity": None, "value": "v"}}, Entity(8, 16, "PER", id="T0", level="NAM", value="v", surface="Ali Kono")),
    ],
)
def test_a_kept_span_may_be_moved_relabelled_and_described_anew(edit: dict[str, Any], expected: Entity) -> None:
    tasks = by_pass()
    at(tasks["mentions"], 8, 16).update(edit)
    assert read_back(tasks).entities == (expected, *PAGE.entities[1:])


@pytest.mark.parametrize(
    "drawn, expected",
    [
        (span(34, 38, "GPE"), Entity(34, 38, "GPE", id="T1", level="NAM", entity="miso")),
        (span(34, 38, "LOC"), Entity(34, 38, "LOC", id="T1", level="NAM", entity="miso")),
        (span(27, 38, "GPE"), Entity(27, 38, "GPE", id="T1", level="NAM", entity="miso")),
        (span(27, 38, "LOC"), None),
        (span(60, 62, "GPE"), None),
    ],
)
def test_a_span_drawn_anew_is_the_old_one_where_its_place_says_so(drawn: dict[str, Any], expected: Entity | None) -> None:
    tasks = by_pass()
    tasks["mentions"]["spans"].remove(at(tasks["mentions"], 34, 38))
    tasks["mentions"]["spans"].append(drawn)
    found = read_back({"mentions": tasks["mentions"]}).entities
    if expected:
        assert found == (PAGE.entities[0], expected, *PAGE.entities[2:])
    else:
        assert found == (PAGE.entities[0], *PAGE.entities[2:], Entity(drawn["start"], drawn["end"], drawn["label"], surface=TEXT[drawn["start"] : drawn["end"]]))


def test_a_span_that_was_copied_is_there_once_more() -> None:
    tasks = by_pass()
    tasks["mentions"]["spans"].append(copy.deepcopy(at(tasks["mentions"], 8, 16)) | {"start": 53, "end": 59})
    assert read_back(tasks).entities == (*PAGE.entities, Entity(53, 59, "PER", level="NAM", entity="kono", surface="denied"))


def test_edits_of_both_entity_passes_come_together() -> None:
    tasks = by_pass()
    at(tasks["entities"], 8, 16)["label"] = "ORG"
    at(tasks["mentions"], 8, 16)["start"] = 12
    tasks["entities"]["spans"].remove(at(tasks["entities"], 34, 38))
    for name in ("entities", "mentions"):
        tasks[name]["spans"].append(span(53, 59, "MISC"))
    assert read_back(tasks).entities == (
        Entity(12, 16, "ORG", id="T0", level="NAM", entity="kono", surface="Kono"),
        *PAGE.entities[2:],
        Entity(53, 59, "MISC", surface="denied"),
    )


@pytest.mark.parametrize(
    "one, two, what",
    [
        ({"label": "ORG"}, {"label": "LOC"}, r"change entities\[0\] differently"),
        ({"start": 12}, {"end": 11}, r"change entities\[0\] differently"),
        (None, {"label": "LOC"}, r"change entities\[0\] differently"),
    ],
)
def test_edits_that_contradict_one_another_are_an_error_that_names_both_tasks(one: dict[str, Any] | None, two: dict[str, Any], what: str) -> None:
    tasks = by_pass()
    if one is None:
        tasks["entities"]["spans"].remove(at(tasks["entities"], 8, 16))
    else:
        at(tasks["entities"], 8, 16).update(one)
    at(tasks["mentions"], 8, 16).update(two)
    with pytest.raises(DocumentError, match=rf"p1: task 1 \(document 'p1', pass 'entities'\).* and task 2 \(document 'p1', pass 'mentions'\).*{what}"):
        read_back(tasks)


def test_new_spans_at_one_place_with_two_labels_contradict_one_another() -> None:
    tasks = by_pass()
    for name, label in (("entities", "A"), ("mentions", "B")):
        tasks[name]["spans"].append(span(53, 59, label))
    with pytest.raises(DocumentError, match=r"task 1 .* and task 2 .* add different entities at 53-59"):
        read_back(tasks)


def test_a_page_that_was_accepted_without_spans_has_an_empty_layer_and_an_unanswered_one_none() -> None:
    bare = Document(doc_id="d", text="Kono.")
    assert read_back(by_pass(bare)) == Document(doc_id="d", text="Kono.", entities=(), events=(), quotes=(), boilerplate=())
    assert documents_of(tasks_of(bare)).documents == (bare,)


@RELAXED
@given(document=documents(), data=st.data())
def test_random_edits_of_mentions_come_back_as_such(document: Document, data: st.DataObject) -> None:
    entities = document.entities or ()
    gone = data.draw(st.sets(st.integers(0, 5)))
    other = data.draw(st.dictionaries(st.integers(0, 5), st.sampled_from(["NEW", "OTHER"])))
    task = by_pass(document)["mentions"]
    task["spans"] = [s for i, s in enumerate(entities_in_order(task)) if i not in gone]
    for s in task["spans"]:
        s["label"] = other.get(int(s["conflictnews"]["ref"][9:-1]), s["label"])
    expected = tuple(msgspec.structs.replace(e, label=other.get(i, e.label)) for i, e in enumerate(entities) if i not in gone)
    assert read_back({"mentions": task}).entities == expected


def entities_in_order(task: dict[str, Any]) -> list[dict[str, Any]]:
    return sorted(task["spans"], key=lambda s: int(s["conflictnews"]["ref"][9:-1]))


# Edits of events


def test_a_new_relation_is_an_argument_and_takes_the_id_of_the_mention_it_ends_in() -> None:
    tasks = by_pass()
    tasks["events"]["spans"].append(span(41, 52, "ARGUMENT"))
    tasks["events"]["relations"].append(relation((27, 33), (41, 52), "ATTACKER"))
    assert read_back(tasks).events[0].arguments == (*PAGE.events[0].arguments, Argument("ATTACKER", 41, 52, entity="army", surface="Kono's army"))


def test_a_relation_to_words_without_a_span_is_an_argument() -> None:
    tasks = by_pass()
    tasks["events"]["relations"].append(relation((27, 33), (24, 26), "ATTACKER"))
    assert read_back(tasks).events[0].arguments[1] == Argument("ATTACKER", 24, 26, surface="We")


def test_a_relation_that_names_only_tokens_ends_in_the_spans_over_them() -> None:
    task = by_pass()["events"]
    for end in ("head_span", "child_span"):
        del task["relations"][0][end]
    assert read_back({"events": task}).events == PAGE.events
    number = next(t["id"] for t in task["tokens"] if t["text"] == "We")
    task["relations"].append({"head": task["relations"][0]["head"], "child": number, "label": "ATTACKER"})
    assert read_back({"events": task}).events[0].arguments[1] == Argument("ATTACKER", 24, 26, surface="We")


def test_an_argument_goes_with_its_relation() -> None:
    tasks = by_pass()
    tasks["events"]["relations"] = []
    assert read_back(tasks).events == (msgspec.structs.replace(PAGE.events[0], arguments=()), PAGE.events[1])


def test_a_relabelled_relation_is_another_role_and_keeps_what_is_known() -> None:
    tasks = by_pass()
    tasks["events"]["relations"][0]["label"] = "PLACE"
    assert read_back(tasks).events[0].arguments == (Argument("PLACE", 34, 38, entity="miso"),)


def test_an_argument_moves_with_its_span() -> None:
    tasks = by_pass()
    at(tasks["events"], 34, 38).update(start=33, end=39)
    assert read_back(tasks).events[0].arguments == (Argument("TARGET", 33, 39, entity="miso"),)


def test_a_trigger_may_be_moved_and_relabelled_and_the_arguments_follow() -> None:
    tasks = by_pass()
    at(tasks["events"], 27, 33).update(start=24, end=33, label="BOMBING")
    tasks["events"]["relations"][0]["head_span"].update(start=24)
    assert read_back(tasks).events[0] == msgspec.structs.replace(PAGE.events[0], label="BOMBING", trigger=Span(24, 33, "We struck"))


def test_an_event_goes_with_its_trigger_and_one_that_is_not_shown_stays() -> None:
    tasks = by_pass()
    tasks["events"]["spans"].remove(at(tasks["events"], 27, 33))
    tasks["events"]["relations"] = []
    assert read_back(tasks).events == (PAGE.events[1],)


def test_a_new_trigger_is_an_event_with_its_relations() -> None:
    tasks = by_pass()
    tasks["events"]["spans"].append(span(53, 59, "DEMAND"))
    tasks["events"]["relations"].append(relation((53, 59), (34, 38), "TOPIC"))
    assert read_back(tasks).events == (
        *PAGE.events,
        Event("DEMAND", Span(53, 59, "denied"), arguments=(Argument("TOPIC", 34, 38, entity="miso", surface="Miso"),)),
    )


def test_a_filler_that_becomes_a_trigger_still_fills_its_role() -> None:
    tasks = by_pass()
    at(tasks["events"], 34, 38)["label"] = "MEET"
    assert read_back(tasks).events == (*PAGE.events, Event("MEET", Span(34, 38, "Miso")))


@pytest.mark.parametrize(
    "row, message",
    [
        (relation((34, 38), (27, 33), "TARGET"), r"relation 2 \(TARGET\) starts at 'Miso', 34-38, which is no trigger"),
        (relation((27, 33), (34, 380), "TARGET"), "relation 2: its child is nowhere in the text"),
        (relation((-1, 33), (34, 38), "TARGET"), "relation 2: its head is nowhere in the text"),
        ({"head": "x", "child": 99, "label": "TARGET"}, "relation 2: its head is nowhere in the text"),
        ({"head": 0, "child": 99}, "relation 2 has no label"),
    ],
)
def test_a_relation_that_cannot_be_an_argument_is_an_error(row: dict[str, Any], message: str) -> None:
    tasks = by_pass()
    tasks["events"]["relations"].append({"head": 10**9, "child": True} | row)
    with pytest.raises(DocumentError, match=message):
        read_back(tasks)


def test_a_new_filler_without_a_role_is_told() -> None:
    tasks = by_pass()
    tasks["events"]["spans"].append(span(41, 52, "ARGUMENT"))
    found = documents_of(tasks.values())
    assert found.documents[0].events == PAGE.events
    assert [note for note in found.notes if "1 new ARGUMENT spans fill no role of an event and are left out: 41-52" in note]


# Edits of quotes and speakers


def quotes_after(edit: Any, name: str = "quotes") -> tuple[Quote, ...]:
    tasks = by_pass()
    edit(tasks[name])
    return read_back(tasks).quotes or ()


def test_the_label_of_a_quotes_content_is_its_type() -> None:
    assert at(by_pass()["quotes"], 23, 40)["label"] == "DIRECT"
    assert quotes_after(lambda t: at(t, 23, 40).update(label="MIXED"))[0].type == "MIXED"
    assert quotes_after(lambda t: at(t, 23, 40).update(label="content"))[0].type is None
    assert quotes_after(lambda t: t["spans"].append(span(64, 69, "INDIRECT")))[2] == Quote((Span(64, 69, "Share"),), type="INDIRECT")
    assert quotes_after(lambda t: t["spans"].append(span(64, 69, "content")))[2] == Quote((Span(64, 69, "Share"),))


def test_new_parts_go_to_the_quote_before_or_nearest() -> None:
    assert quotes_after(lambda t: t["spans"].append(span(64, 69, "continued")))[1].content == (Span(60, 62), Span(64, 69, "Share"))
    assert quotes_after(lambda t: t["spans"].append(span(46, 52, "cue")))[0].cue == (Span(17, 21, "said"), Span(46, 52, "s army"))
    assert quotes_after(lambda t: t["spans"].append(span(64, 69, "source")))[1].source == (Span(41, 52), Span(64, 69, "Share"))


def test_parts_move_and_go() -> None:
    moved = quotes_after(lambda t: at(t, 23, 40).update(start=24, end=39))[0]
    assert (moved.content, moved.cue, moved.speakers) == ((Span(24, 39, "We struck Miso."),), PAGE.quotes[0].cue, ("kono",))
    assert quotes_after(lambda t: t["spans"].remove(at(t, 17, 21)))[0].cue == ()


def test_a_part_that_becomes_another_part_changes_its_place() -> None:
    found = quotes_after(lambda t: at(t, 53, 59).update(label="source"))[1]
    assert (found.cue, found.source) == ((), (Span(41, 52), Span(53, 59, "denied")))


def test_a_quote_without_content_is_gone_and_its_parts_go_to_the_nearest() -> None:
    def edit(task: dict[str, Any]) -> None:
        task["spans"].remove(at(task, 60, 62))
        task["spans"].remove(at(task, 41, 52))

    tasks = by_pass()
    edit(tasks["quotes"])
    (found,) = read_back(tasks).quotes
    assert found.cue == (Span(17, 21, "said"), Span(53, 59, "denied"))


def test_content_drawn_anew_keeps_what_is_known_of_the_quote() -> None:
    def edit(task: dict[str, Any]) -> None:
        task["spans"].remove(at(task, 23, 40))
        task["spans"].append(span(24, 39, "DIRECT"))

    assert quotes_after(edit)[0] == msgspec.structs.replace(PAGE.quotes[0], content=(Span(24, 39, "We struck Miso."),))


def test_a_part_without_any_quote_is_an_error() -> None:
    task = by_pass(Document(doc_id="d", text="Kono said so."))["quotes"]
    for label in ("cue", "continued"):
        task["spans"] = [span(5, 9, label)]
        with pytest.raises(DocumentError, match=rf"task 1 \(document 'd', pass 'quotes'\): span 1, 'said' at 5-9, is labelled {label} and there is no quote"):
            read_back({"quotes": task})


def test_a_speaker_goes_with_its_relation() -> None:
    found = quotes_after(lambda t: t["relations"].pop(0), "speakers")
    assert [q.speakers for q in found] == [(), ("army",)]
    assert found[0].source == PAGE.quotes[0].source


def test_a_new_relation_names_the_speaker_in_any_direction() -> None:
    for ends in [((23, 40), (41, 52)), ((41, 52), (23, 40))]:
        assert quotes_after(lambda t, ends=ends: t["relations"].append(relation(*ends, "speaker")), "speakers")[0].speakers == ("kono", "army")
    assert quotes_after(lambda t: t["relations"].append(relation((23, 40), (34, 37), "speaker")), "speakers")[0].speakers == ("kono", "miso")


def test_words_that_are_no_mention_name_a_new_speaker_and_that_is_told() -> None:
    tasks = by_pass()
    tasks["speakers"]["relations"].append(relation((60, 62), (0, 7), "speaker"))
    found = documents_of(tasks.values())
    assert found.documents[0].quotes[1].speakers == ("army", "general")
    assert "'General' at 0-7 is no mention of an entity with an id; the speaker is called 'general'" in found.notes[0]


def test_a_reason_for_no_speaker_goes_when_there_is_one() -> None:
    page = msgspec.structs.replace(PAGE, quotes=(Quote((Span(23, 40),), speaker_reason="anonymous"),))
    tasks = by_pass(page)
    tasks["speakers"]["relations"] = [relation((23, 40), (8, 16), "speaker")]
    assert read_back(tasks).quotes == (Quote((Span(23, 40),), speakers=("kono",)),)


def test_speakers_and_parts_changed_in_two_passes_come_together() -> None:
    tasks = by_pass()
    tasks["quotes"]["spans"].append(span(46, 52, "cue"))
    tasks["speakers"]["relations"].pop(0)
    first = read_back(tasks).quotes[0]
    assert (len(first.cue), first.speakers) == (2, ())


def test_a_relation_that_joins_no_quote_is_an_error() -> None:
    tasks = by_pass()
    tasks["speakers"]["relations"].append(relation((0, 7), (8, 16), "speaker"))
    with pytest.raises(DocumentError, match=r"pass 'speakers'\): relation 3 joins no quote to a speaker"):
        read_back(tasks)


@pytest.mark.parametrize("edit", [{"start": 24}, None])
def test_content_changed_in_the_speakers_pass_is_changed(edit: dict[str, Any] | None) -> None:
    def change(task: dict[str, Any]) -> None:
        if edit:
            at(task, 23, 40).update(edit)
        else:
            task["spans"].remove(at(task, 23, 40))
            task["relations"].pop(0)

    found = quotes_after(change, "speakers")
    assert found == ((msgspec.structs.replace(PAGE.quotes[0], content=(Span(24, 40, "We struck Miso.”"),)), PAGE.quotes[1]) if edit else (PAGE.quotes[1],))


# Answers and annotators


@pytest.mark.parametrize("answer", ["reject", "ignore"])
def test_a_rejected_or_ignored_pass_leaves_its_layer_as_it_was_and_is_counted(answer: str) -> None:
    tasks = by_pass()
    tasks["events"] |= {"answer": answer, "spans": [], "relations": []}
    found = documents_of(tasks.values())
    assert found.documents == (PAGE,)
    assert found.notes == (f"tasks left out for their answer: 1 {answer} (answers that count: accept)",)
    assert documents_of(tasks.values(), answers=("accept", answer)).documents[0].events == (PAGE.events[1],)


def test_a_page_of_which_every_pass_is_rejected_is_left_out() -> None:
    found = documents_of([task | {"answer": "reject"} for task in by_pass().values()])
    assert (found.documents, len(found.notes)) == ((), 1)


def answered(text: str, label: str, who: str | None, **fields: Any) -> dict[str, Any]:
    return {"text": text, "spans": [span(0, 4, label)], "answer": "accept", "_input_hash": 1, "_task_hash": 2, "_view_id": "ner_manual", "_session_id": who, **fields}


def labels(found: prodigy.Reading) -> list[str]:
    return [e.label for d in found.documents for e in d.entities or ()]


def test_two_annotators_of_one_task_are_an_error_that_lists_them() -> None:
    tasks = [answered("Kono.", "A", "ann"), answered("Kono.", "B", "bob"), answered("Miso.", "C", "bob", _task_hash=3)]
    with pytest.raises(DocumentError, match=r"task 2 \(task 2\): is answered by 'bob' here and by 'ann' in task 1 .*session=NAME, of ann \(1 tasks\), bob \(2 tasks\)"):
        documents_of(tasks)
    assert labels(documents_of(tasks, session="ann")) == ["A"]
    chosen = documents_of(tasks, session="bob")
    assert (labels(chosen), chosen.notes) == (["B", "C"], ("1 tasks of other annotators than 'bob' are left out",))
    with pytest.raises(DocumentError, match="no task is by the annotator 'eve'; the annotators are ann, bob"):
        documents_of(tasks, session="eve")


def test_annotators_who_answered_different_tasks_need_no_choice() -> None:
    assert labels(documents_of([answered("Kono.", "A", "ann"), answered("Miso.", "B", "bob", _task_hash=3)])) == ["A", "B"]


def test_an_annotator_id_goes_before_a_session_id() -> None:
    tasks = [answered("Kono.", "A", "s1", _annotator_id="ann", _timestamp=1), answered("Kono.", "B", "s2", _annotator_id="ann", _timestamp=2)]
    assert labels(documents_of(tasks)) == ["B"]


@pytest.mark.parametrize("stamps, expected", [((1, 2), "B"), ((2, 1), "A"), ((None, None), "B"), ((5.5, None), "A")])
def test_of_several_answers_of_one_annotator_the_newest_counts(stamps: tuple[float | None, float | None], expected: str) -> None:
    tasks = [answered("Kono.", label, "ann", **({"_timestamp": stamp} if stamp else {})) for label, stamp in zip("AB", stamps, strict=True)]
    found = documents_of(tasks)
    assert (labels(found), found.notes) == ([expected], ("1 tasks come again from the same annotator; the newest answer to each counts",))


def test_a_newest_answer_that_rejects_takes_back_an_older_one() -> None:
    assert documents_of([answered("Kono.", "A", "ann"), answered("Kono.", "A", "ann", answer="reject")]).documents == ()


def test_an_unanswered_task_gives_way_to_an_answered_one() -> None:
    tasks = list(tasks_of(PAGE))
    done = by_pass()["events"] | {"relations": [], "_session_id": "ann"}
    for given_session in (None, "ann"):
        found = documents_of([*tasks, done], session=given_session).documents
        assert found == (msgspec.structs.replace(PAGE, events=(msgspec.structs.replace(PAGE.events[0], arguments=()), PAGE.events[1])),)


# Tasks that others made


def one(task: dict[str, Any], **options: Any) -> Document:
    (document,) = documents_of([task], **options).documents
    return document


def again(document: Document, folder: Path) -> dict[str, Any]:
    """The task that a document is written as."""
    path = folder / "again.jsonl"
    prodigy.write([document], path)
    (task,) = iter_tasks(path)
    return task


FOREIGN: dict[str, Any] = {
    "text": "Shells fell on Kono. 🧨 Two died.",
    "meta": {"source": "x", "score": 0.5},
    "_input_hash": -5,
    "_task_hash": 9,
    "tokens": [
        {"text": w, "start": s, "end": s + len(w), "id": i, "disabled": False} for i, (w, s) in enumerate([("Shells", 0), ("fell", 7), ("on", 12), ("Kono", 15), (".", 19)])
    ],
    "spans": [
        {"start": 0, "end": 6, "token_start": 0, "token_end": 0, "label": "GUN", "text": "Shells", "color": "#fff", "pattern": 7},
        {"start": 15, "end": 19, "token_start": 3, "token_end": 3, "label": "TOWN", "text": "Bo"},
        {"start": 23, "end": 26, "label": None},
    ],
    "relations": [
        {"head": 0, "child": 3, "label": "HIT", "color": "red", "head_span": {"start": 0, "end": 6, "label": "GUN"}, "child_span": {"start": 15, "end": 19, "label": "TOWN"}}
    ],
    "answer": "accept",
    "_view_id": "relations",
    "_session_id": None,
    "versions": [{"opaque": [1, None]}],
}


def test_a_foreign_task_is_a_document_whose_spans_are_in_the_layer_asked_for() -> None:
    document = one(FOREIGN)
    assert document.doc_id == "task-fffffffb"
    assert document.entities == (Entity(0, 6, "GUN", id="S0", surface="Shells"), Entity(15, 19, "TOWN", id="S1", surface="Kono"))
    assert (document.events, document.quotes, document.boilerplate) == (None, None, None)
    assert one(FOREIGN, layer="events").events == (Event("GUN", Span(0, 6, "Shells"), id="S0"), Event("TOWN", Span(15, 19, "Kono"), id="S1"))
    assert one(FOREIGN, layer="quotes").quotes == (Quote((Span(0, 6, "Shells"),), id="S0", type="GUN"), Quote((Span(15, 19, "Kono"),), id="S1", type="TOWN"))
    assert one(FOREIGN, layer="boilerplate").boilerplate == (BoilerplateSpan(0, 6, "GUN", id="S0", surface="Shells"), BoilerplateSpan(15, 19, "TOWN", id="S1", surface="Kono"))
    with pytest.raises(DocumentError, match="there is no layer 'names'"):
        one(FOREIGN, layer="names")


def test_stale_words_and_spans_without_label_are_told() -> None:
    assert documents_of([FOREIGN]).notes == (
        "spans whose text is not what stands at their offsets; the offsets count: 1",
        "spans without a label, kept in the meta of their documents only: 1",
    )


@pytest.mark.parametrize("layer", ["entities", "events", "quotes", "boilerplate"])
def test_a_foreign_task_is_written_again_as_it_was(layer: str, tmp_path: Path) -> None:
    assert again(one(FOREIGN, layer=layer), tmp_path) == FOREIGN


@pytest.mark.parametrize(
    "task",
    [
        {"text": "Kono."},
        {"text": "Kono.", "spans": None, "answer": "accept"},
        {"text": "Kono.", "spans": [], "tokens": None},
        {"text": "", "meta": "a string", "answer": "accept"},
        {"text": "Kono.", "spans": [{"start": 0.0, "end": 4.0, "label": ""}]},
        {"text": "Kono.", "spans": [{"token_start": 0, "token_end": 0, "label": "A"}], "tokens": [{"start": 0, "end": 4, "text": "Kono", "id": 0}]},
        {"text": "Kono.", "spans": [{"start": 0, "end": 4, "label": "A", "conflictnews": "not ours"}], "conflictnews": {"not": "ours"}},
        {"text": "Kono.", "options": [{"id": "A"}], "accept": ["A"], "answer": "accept", "_view_id": "choice"},
        {"text": "Kono.", "label": "WAR", "answer": "accept", "_view_id": "classification"},
        {"text": "Kono.", "meta": {"doc_id": 7}},
        {"text": "Kono.", "meta": {"doc_id": "../../etc"}, "_input_hash": "no number"},
        {"text": "Kono.", "html": "<b>Kono</b>", "spans": [{"start": 0, "end": 4, "label": "A"}, {"start": 0, "end": 4, "label": "A"}, {"start": 1, "end": 3, "label": "B"}]},
    ],
)
def test_whatever_a_task_has_or_lacks_it_is_written_again_as_it_was(task: dict[str, Any], tmp_path: Path) -> None:
    document = one(task)
    assert again(document, tmp_path) == task
    assert tuple(prodigy.read(tmp_path / "again.jsonl")) == (document,)


@RELAXED
@given(text=texts, extra=st.dictionaries(plain.filter(lambda k: k not in ("text", "spans", "conflictnews")), json_values, max_size=4), data=st.data())
def test_random_foreign_tasks_are_written_again_as_they_were(text: str, extra: dict[str, Any], data: st.DataObject, tmp_path_factory: pytest.TempPathFactory) -> None:
    starts = data.draw(st.lists(st.integers(0, len(text) - 1), max_size=4))
    spans = [
        span(s, data.draw(st.integers(s + 1, len(text))), data.draw(st.text("AB", max_size=2)), **data.draw(st.dictionaries(st.text("xyz", min_size=1), json_values)))
        for s in starts
    ]
    task = {"text": text, "spans": spans} | extra
    assert again(one(task), tmp_path_factory.mktemp("foreign")) == task


@pytest.mark.parametrize(
    "task, layer",
    [
        ({"answer": "accept"}, ()),
        ({"answer": "accept", "spans": []}, ()),
        ({"answer": "accept", "_view_id": "ner_manual"}, ()),
        ({}, None),
        ({"spans": []}, None),
        ({"answer": "accept", "_view_id": "choice"}, None),
        ({"answer": "accept", "options": []}, None),
        ({"answer": "accept", "label": "WAR"}, None),
    ],
)
def test_a_task_without_spans_says_that_there_is_nothing_only_where_spans_were_asked_for(task: dict[str, Any], layer: Any) -> None:
    assert one({"text": "Kono."} | task).entities == layer


def test_ids_are_of_the_meta_else_of_the_hash_else_a_number_and_each_comes_once() -> None:
    rows = [{"meta": {"doc_id": "a b"}}, {"meta": {"doc_id": "a b"}}, {"_input_hash": 255}, {"_input_hash": 255, "meta": {"doc_id": "x/y"}}, {}, {}, {"meta": {"doc_id": 12}}]
    found = documents_of([{"text": f"Text {i}"} | row for i, row in enumerate(rows)]).documents
    assert [d.doc_id for d in found] == ["a b", "a b-2", "task-000000ff", "task-000000ff-2", "task-1", "task-2", "12"]


def test_a_task_that_is_there_twice_is_read_once() -> None:
    found = documents_of([FOREIGN, copy.deepcopy(FOREIGN)])
    assert (len(found.documents), found.notes[0]) == (1, "1 tasks come again from the same annotator; the newest answer to each counts")


def test_tasks_of_yes_or_no_are_told() -> None:
    assert documents_of([{"text": "Kono.", "spans": [span(0, 4, "A")], "_is_binary": True, "answer": "accept"}]).notes == (
        "tasks with a yes or no about what they show; what they do not show was not judged: 1",
    )


def test_tasks_without_text_are_left_out_and_counted_unless_there_are_no_others() -> None:
    image = {"image": "a.png", "spans": [{"points": [[1, 2]], "label": "CAR"}]}
    found = documents_of([image, {"text": "Kono."}, {"html": "<p>"}])
    assert (len(found.documents), found.notes) == (1, ("tasks without text (images, sound or markup), left out: 2",))
    with pytest.raises(DocumentError, match="task 1: none of the 1 tasks has a text"):
        documents_of([image])


def test_edits_of_a_foreign_document_are_edits_of_its_task_and_all_else_stays(tmp_path: Path) -> None:
    document = one(FOREIGN)
    gun, town = document.entities or ()
    moved = again(msgspec.structs.replace(document, entities=(gun, msgspec.structs.replace(town, start=12, label="PLACE"))), tmp_path)
    assert moved["spans"] == [FOREIGN["spans"][0], {"start": 12, "end": 19, "token_start": 2, "token_end": 3, "label": "PLACE", "text": "on Kono"}, FOREIGN["spans"][2]]
    assert moved["relations"] == [
        FOREIGN["relations"][0] | {"child_span": {"start": 12, "end": 19, "token_start": 2, "token_end": 3, "label": "PLACE"}},
    ]
    gone = again(msgspec.structs.replace(document, entities=(town, Entity(7, 11, "VERB"))), tmp_path)
    assert gone["spans"] == [FOREIGN["spans"][1], FOREIGN["spans"][2], {"start": 7, "end": 11, "token_start": 1, "token_end": 1, "label": "VERB"}]
    for task in (moved, gone):
        same = set(FOREIGN) - {"spans", "relations"}
        assert {key: task[key] for key in same} == {key: FOREIGN[key] for key in same}


def test_a_span_that_moves_off_the_tokens_has_no_token_numbers(tmp_path: Path) -> None:
    document = one(FOREIGN)
    task = again(msgspec.structs.replace(document, entities=(msgspec.structs.replace(document.entities[0], end=4),)), tmp_path)
    assert task["spans"][0] == {"start": 0, "end": 4, "label": "GUN", "text": "Shel", "color": "#fff", "pattern": 7}


def test_what_we_know_of_a_foreign_span_travels_on_it(tmp_path: Path) -> None:
    document = one(FOREIGN)
    gun = msgspec.structs.replace(document.entities[0], level="NAM", entity="gun", low=2.0)
    task = again(msgspec.structs.replace(document, entities=(gun, document.entities[1])), tmp_path)
    assert task["spans"][0]["conflictnews"] == {"level": "NAM", "entity": "gun", "low": 2.0}
    assert one(task).entities == (gun, document.entities[1])


def test_a_foreign_document_that_became_more_is_written_in_our_passes_and_keeps_its_task(tmp_path: Path) -> None:
    for n, richer in enumerate(
        [
            {"quotes": ()},
            {"meta": one(FOREIGN).meta | {"more": 1}},
            {"doc_id": "renamed"},
            {"text_sha256": "0" * 64},
            {"entities": None},
        ]
    ):
        document = msgspec.structs.replace(one(FOREIGN), **richer)
        prodigy.write([document], tmp_path / str(n))
        assert tuple(prodigy.read(tmp_path / str(n))) == (document,)


def test_what_was_added_to_a_foreign_task_loses_its_id_and_nothing_else_is_lost(tmp_path: Path) -> None:
    document = one(FOREIGN)
    assert list(prodigy.losses(document)) == []
    assert list(prodigy.losses(PAGE)) == []
    more = msgspec.structs.replace(document, entities=(*document.entities, Entity(7, 11, "VERB", id="mine", surface="fell")))
    assert list(prodigy.losses(more)) == ["1 annotations whose order, id or surface comes back otherwise"]
    assert one(again(more, tmp_path)).entities[-1] == Entity(7, 11, "VERB", id="S3", surface="fell")


def test_foreign_tasks_lie_in_a_file_of_their_own_beside_our_passes(tmp_path: Path) -> None:
    prodigy.write([PAGE, one(FOREIGN)], tmp_path / "out")
    assert list(iter_tasks(tmp_path / "out" / "tasks.prodigy.jsonl")) == [FOREIGN]
    assert {d.doc_id for d in documents_of(tmp_path / "out").documents} == {"p1", "task-fffffffb"}


# Malformed files


@pytest.mark.parametrize(
    "line, message",
    [
        (b"[]", "line 2: a task is a JSON object, this is a list"),
        (b"3", "line 2: a task is a JSON object, this is a int"),
        (b'{"text": "a"', "line 2: .*cut short, or is no JSON"),
        (b'{"text": "\xff"}', "line 2: not valid UTF-8"),
        (b'{"text": "\\ud800"}', "line 2: .*half of a surrogate pair"),
        (b'{"text": 5}', "line 2: the text is a int"),
        (b'{"text": "a", "spans": {}}', "line 2: spans must be a list of objects"),
        (b'{"text": "a", "spans": [3]}', "line 2: spans must be a list of objects"),
        (b'{"text": "a", "relations": "x"}', "line 2: relations must be a list"),
        (b'{"text": "a", "tokens": [null]}', "line 2: tokens must be a list"),
        (b'{"text": "a", "spans": [{"start": 0, "end": 2, "label": "A"}]}', "line 2: span 1, 0-2, is no span of the text, which has 1 characters"),
        (b'{"text": "a", "spans": [{"start": -1, "end": 1, "label": "A"}]}', "line 2: span 1, -1-1, is no span"),
        (b'{"text": "a", "spans": [{"start": 1, "end": 1, "label": "A"}]}', "line 2: span 1, 1-1, is no span"),
        (b'{"text": "a", "spans": [{"start": 0, "end": 99999999999999999999999, "label": "A"}]}', "line 2: span 1, 0-9+, is no span"),
        (b'{"text": "a", "spans": [{"start": "0", "end": 1, "label": "A"}]}', "line 2: span 1 has no start and end"),
        (b'{"text": "a", "spans": [{"start": true, "end": 1, "label": "A"}]}', "line 2: span 1 has no start and end"),
        (b'{"text": "a", "spans": [{"start": 0.5, "end": 1, "label": "A"}]}', "line 2: span 1 has no start and end"),
        (b'{"text": "a", "spans": [{"token_start": 0, "token_end": 0, "label": "A"}]}', "line 2: span 1 has no start and end"),
        (b'{"text": "a", "spans": [{"start": 0, "end": 1, "label": 4}]}', "line 2: span 1 has a label that is a int"),
        (b'{"text": "a", "spans": [{"start": 0, "end": 1, "label": "A", "conflictnews": {"level": 3}}]}', "line 2: span 1: Expected `str"),
    ],
)
def test_a_malformed_line_is_named(line: bytes, message: str, tmp_path: Path) -> None:
    path = tmp_path / "tasks.jsonl"
    path.write_bytes(b'\xef\xbb\xbf{"text": "fine"}\n' + line + b"\n")
    with pytest.raises(DocumentError, match=rf"tasks\.jsonl, {message}"):
        list(prodigy.read(path))


def test_a_path_that_holds_no_tasks_is_named(tmp_path: Path) -> None:
    with pytest.raises(DocumentError, match="there is no such file or folder"):
        list(prodigy.read(tmp_path / "none"))
    with pytest.raises(DocumentError, match=r"the folder holds no \.jsonl file"):
        list(prodigy.read(tmp_path))


@pytest.mark.parametrize(
    "edit, message",
    [
        (lambda t: t.update(text=TEXT + "!"), "the text is not the one that the task was written with"),
        (lambda t: t.pop("text"), "the text is not the one that the task was written with"),
        (lambda t: t["conflictnews"].update({"pass": "x"}), "there is no pass 'x'; the passes are entities, mentions, events, quotes, speakers, boilerplate"),
        (lambda t: t["conflictnews"].pop("sha256"), "the field 'conflictnews' is not as it was written"),
        (lambda t: t["conflictnews"].update(layer=[{"start": 1}]), "the layer in the field 'conflictnews' is not as it was written"),
        (lambda t: t["conflictnews"].update(layer=[]), "is no annotation of the layer that the task carries"),
        (lambda t: t["conflictnews"]["shown"].update({"nonsense": [0, 1, "A"]}), "'nonsense' is no reference to an annotation"),
        (lambda t: t["conflictnews"].update(doc_id="a/b"), "could be a path"),
        (lambda t: t["spans"].append(span(0, 7, "A") | {"label": None}), "span 4, 0-7, has no label"),
        (lambda t: at(t, 8, 16)["conflictnews"].update(level=3), "span 1.*Expected `str"),
    ],
)
def test_a_damaged_task_of_ours_is_named(edit: Any, message: str) -> None:
    task = by_pass()["entities"]
    edit(task)
    with pytest.raises(DocumentError, match=rf"task 1 \(document .*{message}"):
        documents_of([task])


@pytest.mark.parametrize(
    "edit, message",
    [
        ({"meta": {}}, "p1: task 1 .* and task 2 .* differ in meta; read tasks of one export"),
        ({"layer": []}, "p1: task 1 .* and task 2 .* were written from different entities; read tasks of one export"),
    ],
)
def test_passes_of_different_exports_do_not_go_together(edit: dict[str, Any], message: str) -> None:
    tasks = by_pass()
    tasks["mentions"]["conflictnews"].update(edit)
    with pytest.raises(DocumentError, match=message):
        read_back(tasks)


def paths(value: Any, at: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [at, *(p for key, item in inner for p in paths(item, (*at, key)))]


@settings(RELAXED, max_examples=400)
@given(name=st.sampled_from(sorted(PASSES)), new=json_values | st.integers(-3, 80) | st.sampled_from(["", "cue", "ARGUMENT", [], {}]), gone=st.booleans(), data=st.data())
def test_a_damaged_task_is_read_or_refused_but_never_breaks_the_reader(name: str, new: Any, gone: bool, data: st.DataObject) -> None:
    task = by_pass()[name]
    place = data.draw(st.sampled_from([p for p in paths(task) if p and "tokens" not in p]))
    parent: Any = task
    for key in place[:-1]:
        parent = parent[key]
    if gone:
        del parent[place[-1]]
    else:
        parent[place[-1]] = new
    message = "task 1"
    try:
        assert len(documents_of([task]).documents) <= 1
    except ConflictNewsError as error:
        message = str(error)
    assert "task 1" in message


def test_tasks_with_neither_hash_nor_time_are_one_only_where_they_are_equal() -> None:
    rows = [{"text": "Kono.", "spans": [span(0, 4, label)], "answer": "accept"} for label in "ABA"]
    assert labels(documents_of(rows)) == ["B", "A"]
    assert labels(documents_of([row | {"_timestamp": n} for n, row in enumerate(rows)])) == ["A"]


@settings(RELAXED, max_examples=300)
@given(new=json_values | st.integers(-3, 40) | st.floats(-2, 30), gone=st.booleans(), layer=st.sampled_from(["entities", "events", "quotes", "boilerplate"]), data=st.data())
def test_a_damaged_foreign_task_is_refused_or_written_again_as_it_was(new: Any, gone: bool, layer: str, data: st.DataObject, tmp_path_factory: pytest.TempPathFactory) -> None:
    task = copy.deepcopy(FOREIGN)
    place = data.draw(st.sampled_from([p for p in paths(task) if p]))
    parent: Any = task
    for key in place[:-1]:
        parent = parent[key]
    if gone:
        del parent[place[-1]]
    else:
        parent[place[-1]] = new
    found, message = (), "task 1"
    try:
        found = documents_of([task], layer=layer, answers=("accept", str(new))).documents
    except ConflictNewsError as error:
        message = str(error)
    assert "task 1" in message
    assert [again(document, tmp_path_factory.mktemp("damaged")) for document in found] == [task] * len(found)


# Answers merged into documents


def test_answers_of_our_passes_are_merged_into_the_documents_they_name() -> None:
    other = Document(doc_id="p2", text="Miso.")
    tasks = by_pass()
    tasks["events"]["relations"] = []
    tasks["mentions"]["spans"].append(span(53, 59, "MISC"))
    first, second = apply([tasks["events"], tasks["mentions"]], [PAGE, other])
    assert first == msgspec.structs.replace(
        PAGE,
        events=(msgspec.structs.replace(PAGE.events[0], arguments=()), PAGE.events[1]),
        entities=(*PAGE.entities, Entity(53, 59, "MISC", surface="denied")),
    )
    assert second is other


def test_new_relations_find_the_mentions_of_the_document() -> None:
    task = by_pass()["events"]
    task["relations"].append(relation((27, 33), (41, 52), "ATTACKER"))
    assert apply([task], [PAGE])[0].events[0].arguments[1].entity == "army"


@pytest.mark.parametrize("naming", [{"meta": {"doc_id": "p1"}}, {}])
def test_answers_of_other_tasks_say_what_a_layer_is_and_keep_what_is_known(naming: dict[str, Any]) -> None:
    task = {"text": TEXT, "spans": [span(8, 16, "ORG"), span(34, 38, "GPE"), span(60, 62, "MISC")], "answer": "accept", **naming}
    assert apply([task], [PAGE])[0].entities == (
        Entity(8, 16, "ORG", id="T0", level="NAM", entity="kono", surface="Ali Kono"),
        PAGE.entities[1],
        Entity(60, 62, "MISC", surface="it"),
    )


def test_an_interface_that_cannot_show_nested_mentions_does_not_delete_them() -> None:
    task = {"text": TEXT, "spans": [span(41, 52, "ORG")], "answer": "accept", "_view_id": "ner_manual"}
    assert [(e.id, e.label) for e in apply([task], [PAGE])[0].entities] == [("T2", "ORG"), ("T3", "PER")]


def test_other_tasks_on_events_and_quotes_leave_arguments_and_cues_alone() -> None:
    events = apply([{"text": TEXT, "spans": [span(27, 33, "STRIKE")], "answer": "accept"}], [PAGE], layer="events")[0].events
    assert events == PAGE.events
    quotes = apply([{"text": TEXT, "spans": [span(23, 40, "MIXED")], "answer": "accept"}], [PAGE], layer="quotes")[0].quotes
    assert quotes == (msgspec.structs.replace(PAGE.quotes[0], type="MIXED"),)


def test_an_answer_whose_document_changed_in_the_meantime_is_refused_where_both_changed() -> None:
    changed = msgspec.structs.replace(PAGE, boilerplate=())
    tasks = by_pass()
    assert apply([tasks["boilerplate"]], [changed])[0] == changed
    tasks["boilerplate"]["spans"].append(span(60, 62, "UI"))
    with pytest.raises(DocumentError, match=r"task 1 .*the boilerplate of p1 were changed since the task was written"):
        apply([tasks["boilerplate"]], [changed])


@pytest.mark.parametrize(
    "task, message",
    [
        ({"text": TEXT, "meta": {"doc_id": "px"}}, "fits no document: none of the 1 is called 'px'"),
        ({"text": TEXT + " ", "meta": {"doc_id": "p1"}}, "its text is not that of the document 'p1' that it names"),
        ({"text": "Other."}, "fits no document: no document has its text"),
    ],
)
def test_an_answer_that_fits_no_document_is_named_by_line_and_task(task: dict[str, Any], message: str, tmp_path: Path) -> None:
    path = tmp_path / "answers.jsonl"
    path.write_text("\n" + json.dumps(task | {"spans": [], "answer": "accept", "_task_hash": -12}) + "\n")
    with pytest.raises(DocumentError, match=rf"answers\.jsonl, line 2 \(task -12\): {message}"):
        apply(path, [PAGE])


def test_an_answer_about_a_text_that_two_documents_have_must_name_its_document() -> None:
    twins = [Document(doc_id=name, text="Kono.") for name in ("a", "b")]
    with pytest.raises(DocumentError, match=r"2 documents have its text; say which with meta\.doc_id: a, b"):
        apply([{"text": "Kono.", "answer": "accept"}], twins)


def test_an_answer_that_was_not_about_spans_changes_nothing_and_is_told() -> None:
    with pytest.warns(UserWarning, match="task 1: marks no spans and asked for none"):
        assert apply([{"text": TEXT, "options": [], "answer": "accept"}], [PAGE]) == [PAGE]


def test_reading_warns_of_what_it_leaves_out(tmp_path: Path) -> None:
    path = tmp_path / "t.jsonl"
    path.write_text('{"text": "Kono.", "answer": "ignore"}\n')
    with pytest.warns(UserWarning, match=r"t\.jsonl: tasks left out for their answer: 1 ignore"):
        assert list(prodigy.read(path)) == []


# Real exports


def real_export(name: str) -> Path:
    path = Path(os.environ.get("CONFLICTNEWS_SHARED") or ROOT.parent / "shared" / "data") / "prodigy" / f"{name}.jsonl"
    if not path.is_file():
        pytest.skip("the public exports of Prodigy are not here (set CONFLICTNEWS_SHARED to the folder that holds prodigy/)")
    return path


def as_asked(task: dict[str, Any]) -> list[dict[str, Any]]:
    """What the task may have been before it was answered: as it is, without spans and tokens, with none, or with spans as they came."""
    bare = {key: value for key, value in task.items() if key not in ("spans", "tokens", "relations")}
    spans = [{key: value for key, value in s.items() if key not in ("text", "type", "token_start", "token_end")} for s in task["spans"]]
    return [task, bare, task | {"spans": []}, task | {"spans": spans}]


@pytest.mark.parametrize("name, tasks, as_it_is, as_it_was", [("ner_manual", 949, 225, 843), ("relations", 149, 106, 149)])
def test_hashes_of_real_exports_are_reproduced(name: str, tasks: int, as_it_is: int, as_it_was: int) -> None:
    found = list(iter_tasks(real_export(name)))
    assert len(found) == tasks
    assert sum(input_hash(task) == task["_input_hash"] for task in found) == tasks
    assert sum(task_hash(task) == task["_task_hash"] for task in found) == as_it_is
    assert sum(task["_task_hash"] in map(task_hash, as_asked(task)) for task in found) == as_it_was


@pytest.mark.parametrize("layer", ["entities", "events", "quotes", "boilerplate"])
@pytest.mark.parametrize("name", ["ner_manual", "relations"])
def test_real_exports_are_written_again_as_they_were(name: str, layer: str, tmp_path: Path) -> None:
    found = documents_of(real_export(name), layer=layer)
    assert found.notes == ()
    prodigy.write(found.documents, tmp_path / "again.jsonl")
    assert list(iter_tasks(tmp_path / "again.jsonl")) == list(iter_tasks(real_export(name)))
    assert documents_of(tmp_path / "again.jsonl", layer=layer).documents == found.documents


@pytest.mark.parametrize("name", ["ner_manual", "relations"])
def test_one_edit_of_a_real_export_changes_one_span_of_one_task(name: str, tmp_path: Path) -> None:
    found = list(documents_of(real_export(name)).documents)
    place = next(i for i, d in enumerate(found) if d.entities)
    entities = list(found[place].entities or ())
    entities[0] = msgspec.structs.replace(entities[0], label="OTHER")
    found[place] = msgspec.structs.replace(found[place], entities=tuple(entities))
    prodigy.write(found, tmp_path / "again.jsonl")
    before, after = list(iter_tasks(real_export(name))), list(iter_tasks(tmp_path / "again.jsonl"))
    assert [i for i, (a, b) in enumerate(zip(before, after, strict=True)) if a != b] == [place]
    old, new = before[place], after[place]
    assert {key for key in old if old[key] != new[key]} <= {"spans", "relations"}
    assert [i for i, (a, b) in enumerate(zip(old["spans"], new["spans"], strict=True)) if a != b] == [0]
    assert new["spans"][0] == old["spans"][0] | {"label": "OTHER"}
    assert (new["_input_hash"], new["_task_hash"]) == (old["_input_hash"], old["_task_hash"])


def test_the_format_is_in_the_table() -> None:
    entry = FORMATS["prodigy"]
    assert (entry.lossless, entry.folder, entry.extra, entry.load()) == (True, True, "prodigy", prodigy)

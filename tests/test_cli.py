"""The command line on good input and on malformed input."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from conflictnews.corpus import iter_paths, load_corpus
from conflictnews.io.jsonl import encode_line, write_jsonl
from conflictnews.model import Document
from conflictnews.scoring import TASKS
from conftest import run


@pytest.mark.parametrize("split", ["train", "dev", "test"])
def test_gold_against_itself_is_perfect_on_every_metric(split: str, tmp_path: Path) -> None:
    write_jsonl(load_corpus(split), tmp_path / "p.jsonl")
    ran = run("score", tmp_path / "p.jsonl", "--split", split, "--json", "-")
    assert ran.code == 0, ran.err
    scores = json.loads(ran.out)["scores"]
    assert set(scores) == set(TASKS)
    assert {name: s["f1"] for name, s in scores.items()} == dict.fromkeys(TASKS, 1.0)
    assert all(s["fp"] == s["fn"] == 0 and s["tp"] == s["n_gold"] > 0 for s in scores.values())


def test_an_empty_prediction_has_recall_zero_and_no_precision(tmp_path: Path) -> None:
    empty = [Document(doc_id=d.doc_id, entities=(), events=(), quotes=(), boilerplate=()) for d in load_corpus("test")]
    write_jsonl(empty, tmp_path / "p.jsonl")
    scores = json.loads(run("score", tmp_path / "p.jsonl", "--json", "-").out)["scores"]
    for name, s in scores.items():
        expected = (None, None, None) if name in ("quotes.speaker", "pipeline.outside") or name.endswith(".matched") else (None, 0, 0)  # nothing to be right about
        assert (s["precision"], s["recall"], s["f1"]) == expected, name


def test_an_empty_file_is_missed_gold_and_exit_code_2(tmp_path: Path) -> None:
    (tmp_path / "p.jsonl").write_text("", encoding="utf-8")
    ran = run("score", tmp_path / "p.jsonl", "--json", "-")
    assert ran.code == 2
    assert json.loads(ran.out)["scores"]["entities.strict"]["recall"] == 0
    assert run("score", tmp_path / "p.jsonl", "--allow-missing").code == 0


def test_missing_documents_make_exit_code_2_unless_allowed(tmp_path: Path) -> None:
    write_jsonl(load_corpus("test")[1:], tmp_path / "p.jsonl")
    ran = run("score", tmp_path / "p.jsonl")
    assert ran.code == 2
    assert load_corpus("test")[0].doc_id in ran.err
    assert "--allow-missing" in ran.err
    assert run("score", tmp_path / "p.jsonl", "--allow-missing").code == 0


def test_the_table_shows_every_metric_and_the_signature(tmp_path: Path) -> None:
    write_jsonl(load_corpus("dev"), tmp_path / "p.jsonl")
    ran = run("score", tmp_path / "p.jsonl", "--split", "dev", "--json", tmp_path / "out.json")
    assert all(name in ran.out for name in TASKS)
    assert "conflictnews|corpus:" in ran.out
    assert json.loads((tmp_path / "out.json").read_text(encoding="utf-8"))["signature"] in ran.out


def test_one_layer_can_be_scored_alone(tmp_path: Path) -> None:
    write_jsonl(load_corpus("dev"), tmp_path / "p.jsonl")
    scores = json.loads(run("score", tmp_path / "p.jsonl", "--split", "dev", "--layer", "quotes", "--json", "-").out)["scores"]
    assert {name.split(".")[0] for name in scores} == {"quotes"}


def test_any_gold_in_our_form_can_be_scored_with_labels_of_its_own(tmp_path: Path) -> None:
    (tmp_path / "g.jsonl").write_text('{"doc_id":"1","entities":[{"start":0,"end":3,"label":"Spezies"},{"start":4,"end":9,"label":"Ort"}]}\n', encoding="utf-8")
    (tmp_path / "p.jsonl").write_text('{"doc_id":"1","entities":[{"start":0,"end":3,"label":"Spezies"}]}\n', encoding="utf-8")
    found = json.loads(run("score", tmp_path / "p.jsonl", "--gold", tmp_path / "g.jsonl", "--json", "-").out)
    s = found["scores"]["entities.strict"]
    assert (s["precision"], s["recall"], s["tp"], s["fn"], s["n_gold"]) == (1, 0.5, 1, 1, 2)
    assert found["warnings"] == []


def test_the_script_prints_what_the_command_prints(tmp_path: Path) -> None:
    write_jsonl(load_corpus("dev"), tmp_path / "p.jsonl")
    script = Path(__file__).parent.parent / "scripts" / "score.py"
    done = subprocess.run([sys.executable, str(script), str(tmp_path / "p.jsonl"), "dev"], capture_output=True, text=True, check=True)
    assert json.loads(done.stdout) == json.loads(run("score", tmp_path / "p.jsonl", "--split", "dev", "--json", "-").out)


def good() -> dict[str, object]:
    """A sound prediction of the first test document."""
    document = load_corpus("test")[0]
    found: dict[str, object] = json.loads(encode_line(Document(doc_id=document.doc_id, entities=(document.entities or ())[:2])))
    return found


def with_span(**changes: object) -> bytes:
    line = good()
    line["entities"][0].update(changes)  # type: ignore[index]
    return json.dumps(line).encode()


def with_field(**changes: object) -> bytes:
    return json.dumps(good() | changes).encode()


MALFORMED: dict[str, tuple[Callable[[], bytes], str]] = {
    "cut in the middle": (lambda: json.dumps(good()).encode()[:60], "cut short"),
    "no JSON at all": (lambda: b"PK\x03\x04 binary", "no JSON"),
    "a list instead of a document": (lambda: b"[1, 2]", "Expected `object`, got `array`"),
    "a string as start": (lambda: with_span(start="7"), "Expected `int`, got `str`"),
    "a fraction as start": (lambda: with_span(start=1.5), "Expected `int`, got `float`"),
    "a truth value as start": (lambda: with_span(start=True), "Expected `int`, got `bool`"),
    "an end past the text": (lambda: with_span(end=10**6), "ends past the text"),
    "an end beyond all numbers": (lambda: with_span(end=10**40), "ends past the text"),
    "an inverted span": (lambda: with_span(start=9, end=3), "inverted"),
    "an empty span": (lambda: with_span(start=3, end=3), "empty"),
    "a negative span": (lambda: with_span(start=-3, end=3), "negative"),
    "no label": (lambda: json.dumps({"doc_id": good()["doc_id"], "entities": [{"start": 0, "end": 1}]}).encode(), "missing required field `label`"),
    "no doc_id": (lambda: b'{"entities": []}', "missing required field `doc_id`"),
    "an unknown document": (lambda: with_field(doc_id="nobody-knows-it"), "not in gold"),
    "the same document twice": (lambda: json.dumps(good()).encode() + b"\n" + json.dumps(good()).encode(), "comes twice"),
    "brackets without end": (lambda: b'{"doc_id":"d","meta":{"a":' + b"[" * 2_000_000, "nested too deeply"),
    "only brackets": (lambda: b"[" * 2_000_000, "Expected `object`, got `array`"),
    "NaN": (lambda: with_span(low=0).replace(b'"low": 0', b'"low": NaN'), "malformed"),
    "a lone surrogate": (lambda: with_field(text="x").replace(b'"x"', b'"\\ud800"'), "surrogate"),
    "bytes that are no UTF-8": (lambda: with_field(text="x").replace(b'"x"', b'"\xff"'), "not valid UTF-8"),
    "an id that is a path": (lambda: with_field(doc_id="../../x"), "could be a path"),
    "a misspelt layer": (lambda: with_field(entitites=[]), "unknown field `entitites`"),
    "a layer that is an object": (lambda: with_field(entities={}), "Expected `array | null`, got `object`"),
    "another text": (lambda: with_field(text="something else", entities=[]), "not the gold text"),
    "a quote without content": (lambda: with_field(quotes=[{"content": []}]), "no content"),
    "two values on a line": (lambda: json.dumps(good()).encode() * 2, "trailing characters"),
}


@pytest.mark.parametrize("case", MALFORMED)
def test_malformed_input_is_one_message_exit_code_2_and_nothing_written(case: str, tmp_path: Path) -> None:
    make, message = MALFORMED[case]
    (tmp_path / "p.jsonl").write_bytes(make())
    ran = run("score", tmp_path / "p.jsonl", "--allow-missing", "--json", tmp_path / "out.json")
    assert ran.code == 2, ran.err
    assert ran.out == ""
    assert ran.err.startswith("error: ")
    assert ran.err.count("\n") == 1
    assert message in ran.err
    assert [p.name for p in tmp_path.iterdir()] == ["p.jsonl"]


@pytest.mark.parametrize(
    "arguments", [("score", "/nowhere.jsonl"), ("score", ".", "--split", "tests"), ("predict", "nobody", "x.txt"), ("bench", "--split", "tests"), ("bench", "--system", "nobody")]
)
def test_what_is_not_there_is_said_in_one_line(arguments: tuple[str, ...]) -> None:
    ran = run(*arguments)
    assert (ran.code, ran.err.count("\n")) == (2, 1)


def test_a_fault_of_our_own_is_exit_code_3(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    def broken(*_: object, **__: object) -> None:
        raise RuntimeError("boom")

    monkeypatch.setattr("conflictnews.evaluate.score_files", broken)
    ran = run("score", tmp_path)
    assert ran.code == 3
    assert "fault of conflictnews" in ran.err


def test_a_single_document_of_a_folder_can_be_scored() -> None:
    path = next(iter(iter_paths("test")))
    assert run("score", path, "--gold", path).code == 0


def test_predictions_of_a_page_of_ones_own_are_documents(tmp_path: Path) -> None:
    page = tmp_path / "page.txt"
    page.write_bytes("Accept cookies\r\n\r\nShots were heard in Kidal 😀.\r\n".encode())
    ran = run("predict", "boilerplate-rules", page, "-o", tmp_path / "p.jsonl")
    assert ran.code == 0, ran.err
    line = json.loads((tmp_path / "p.jsonl").read_text(encoding="utf-8"))
    assert line["doc_id"] == "page"
    assert [b["label"] for b in line["boilerplate"]] == ["CONSENT"]
    page.write_bytes(b"\xff\xfe")
    assert run("predict", "boilerplate-rules", page).code == 2


def test_article_texts_are_scored_as_a_layer_of_their_own(tmp_path: Path) -> None:
    from conflictnews.schema import load_schema

    policies = load_schema().policies
    rows = [{"doc_id": d.doc_id, "main_text": d.main_text(policies)} for d in load_corpus("test")]
    (tmp_path / "t.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    found = json.loads(run("score", tmp_path / "t.jsonl", "--layer", "text", "--json", "-").out)["scores"]
    assert (found["text.shingle4"]["f1"], found["text.rouge_lsum"]["f1"], found["text.edit"]["similarity"]) == (1, 1, 1)
    assert "text.shingle4" in run("score", tmp_path / "t.jsonl", "--layer", "text").out
    assert run("score", tmp_path / "t.jsonl", "--layer", "text", "--layer", "entities").code == 2
    (tmp_path / "t.jsonl").write_text(json.dumps(rows[0]) + "\n", encoding="utf-8")
    ran = run("score", tmp_path / "t.jsonl", "--layer", "text")
    assert (ran.code, "no prediction" in ran.err) == (2, True)


def test_errors_of_scoring_name_file_and_line(tmp_path: Path) -> None:
    (tmp_path / "p.jsonl").write_bytes(b"\n" + with_span(end=10**6) + b"\n")
    assert f"{tmp_path / 'p.jsonl'}, line 2: " in run("score", tmp_path / "p.jsonl").err
    (tmp_path / "p.jsonl").write_bytes(json.dumps(good()).encode() + b"\n" + with_field(doc_id="stranger"))
    assert f"{tmp_path / 'p.jsonl'}, line 2: stranger is predicted but is not in gold" in run("score", tmp_path / "p.jsonl").err


def test_a_field_that_nothing_reads_is_told(tmp_path: Path) -> None:
    (tmp_path / "p.jsonl").write_bytes(with_span(lable="PER"))
    ran = run("score", tmp_path / "p.jsonl", "--allow-missing")
    assert ran.code == 0
    assert "the field 'lable' (first at line 1, entities[0]) is read by nothing" in ran.err


def test_pages_whose_names_are_no_ids_or_are_the_same_are_refused(tmp_path: Path) -> None:
    for folder in ("a", "b"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "page.txt").write_text("Words.\n", encoding="utf-8")
    ran = run("predict", "boilerplate-rules", tmp_path / "a" / "page.txt", tmp_path / "b" / "page.txt")
    assert (ran.code, "two pages are called page" in ran.err) == (2, True)
    assert run("predict", "boilerplate-rules", tmp_path / "a").code == 0
    (tmp_path / "a" / ".hidden.txt").write_text("Words.\n", encoding="utf-8")
    assert run("predict", "boilerplate-rules", tmp_path / "a" / ".hidden.txt").code == 2


def test_a_folder_is_no_file_to_write_to(tmp_path: Path) -> None:
    write_jsonl(load_corpus("dev"), tmp_path / "p.jsonl")
    ran = run("score", tmp_path / "p.jsonl", "--split", "dev", "--json", tmp_path)
    assert (ran.code, "is a folder" in ran.err) == (2, True)

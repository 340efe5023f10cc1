"""The trained baselines: their parts by hand, training that gives the same bytes twice, the joint pipeline, floors, submissions."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from conflictnews.baselines import BASELINES
from conflictnews.baselines.crf import Crf, from_iob, to_iob, train_crf
from conflictnews.baselines.identity import identify
from conflictnews.baselines.linear import Linear, fit_linear
from conflictnews.baselines.lines import labels, lines_of
from conflictnews.baselines.pages import cut, shape, token_features
from conflictnews.baselines.pipeline import Pipeline
from conflictnews.baselines.trainers import TRAINERS
from conflictnews.bench import bare
from conflictnews.corpus import load_corpus
from conflictnews.errors import ConflictNewsError
from conflictnews.hydrate import with_text
from conflictnews.io.jsonl import write_jsonl
from conflictnews.leaderboard import below_floors, floors_of, raised_floors, read_submission
from conflictnews.model import BoilerplateSpan, Document, Entity
from conflictnews.resources import baselines_dir
from conflictnews.schema import load_schema
from conflictnews.training import LOG, train_baseline
from conflictnews.validation import check_document
from conftest import run


@pytest.mark.parametrize(
    "spans, expected",
    [
        ([], ["O", "O", "O"]),
        ([(0, 2, "A")], ["B-A", "I-A", "O"]),
        ([(0, 1, "A"), (1, 3, "A")], ["B-A", "B-A", "I-A"]),
        ([(0, 2, "A"), (1, 3, "B")], ["B-A", "I-A", "O"]),
    ],
)
def test_spans_become_labels_and_the_first_of_two_that_meet_wins(spans: list[tuple[int, int, str]], expected: list[str]) -> None:
    assert to_iob(3, spans) == expected
    kept = [s for i, s in enumerate(spans) if not any(s[0] < o[1] and o[0] < s[1] for o in spans[:i])]
    assert from_iob(expected) == kept


def test_an_inside_label_that_continues_nothing_opens_a_span() -> None:
    assert from_iob(["I-A", "I-B", "O", "I-B"]) == [(0, 1, "A"), (1, 2, "B"), (3, 4, "B")]


def test_a_page_is_cut_at_stops_empty_lines_and_furniture() -> None:
    text = "Menu\nHe left. She\nstayed “all night.\n\nMore"
    found = cut(text, [(0, 4)])
    assert [[t.text for t in s.tokens] for s in found] == [["He", "left", "."], ["She", "stayed", "“", "all", "night", "."], ["More"]]
    assert [s.paragraph for s in found] == [0, 0, 1]
    assert [t.quoted for t in found[1].tokens] == [False, False, True, True, True, True]
    assert [t.opens_line for t in found[1].tokens] == [False, True, False, False, False, False]
    assert all(text[t.start : t.end] == t.text for s in found for t in s.tokens)
    assert found[1].find(text.index("stayed"), text.index("stayed") + 6) == (1, 2)
    assert found[1].find(text.index("all") + 1, text.index("night") + 2) == (3, 5)


def test_the_shape_of_a_word() -> None:
    assert [shape(w) for w in ("Mi-24", "KIDAL", "2003", "mountains")] == ["Xx-dd", "XXX", "ddd", "xxx"]


def test_token_features_name_neighbours_and_edges() -> None:
    (sentence,) = cut("Troops left Kidal")
    rows = token_features(sentence.tokens, [[], [], ["city"]])
    assert {"w=left", "-1w=troops", "+1w=kidal", "+1k=city", "-2edge", "+2edge", "-w=troops|left"} <= set(rows[1])


def test_lines_know_their_gap_and_their_gold_kind() -> None:
    text = "Menu | A\n\n\nWords here.\nCopyright us"
    lines = lines_of(text)
    assert [(line.text, line.gap) for line in lines] == [("Menu | A", 0), ("Words here.", 2), ("Copyright us", 0)]
    page = Document(doc_id="p", text=text, boilerplate=(BoilerplateSpan(start=0, end=8, label="NAV"), BoilerplateSpan(start=23, end=25, label="COPYRIGHT")))
    assert labels(page, lines) == ["NAV", "MAIN", "MAIN"]


def test_a_field_learns_what_it_is_shown_and_is_read_back(tmp_path: Path) -> None:
    data = train_crf([([["w=a"], ["w=b"]], ["X", "Y"]), ([["w=b"], ["w=a"]], ["Y", "X"])] * 5)
    path = tmp_path / "m.crfsuite"
    path.write_bytes(data)
    assert Crf(path)([["w=b"], ["w=b"], ["w=a"]]) == ["Y", "Y", "X"]
    assert Crf(path)([]) == []
    for broken in (data[:-10], b"", b"not a model" * 10):
        path.write_bytes(broken)
        with pytest.raises(ConflictNewsError, match=r"m\.crfsuite is no whole CRFsuite model"):
            Crf(path)
    with pytest.raises(ConflictNewsError, match="is missing; train the baseline again"):
        Crf(tmp_path / "nothing")


def test_a_classifier_is_plain_arrays_and_unknown_features_count_nothing(tmp_path: Path) -> None:
    rows = [["a"], ["a", "c"], ["b"], ["b", "c"]] * 4
    found = fit_linear(rows, ["X", "X", "Y", "Y"] * 4)
    path = tmp_path / "m.npz"
    path.write_bytes(found.dump())
    again = Linear.load(path)
    assert (again.best(["a"]), again.best(["b", "zzz"])) == ("X", "Y")
    assert np.array_equal(again.scores(["a", "c"]), found.scores(["a", "c"]))
    assert again.probabilities(["a"]).sum() == pytest.approx(1)
    assert found.dump() == fit_linear(rows, ["X", "X", "Y", "Y"] * 4).dump()
    np.savez(path, features=np.array([{}], dtype=object), labels=np.array([1]), weights=np.zeros(1), bias=np.zeros(1), allow_pickle=True)
    with pytest.raises(ConflictNewsError, match="Object arrays cannot be loaded"):
        Linear.load(path)


def test_mentions_of_one_thing_share_an_id() -> None:
    text = "Adama Keita (AK) met the army. Keita said he left. The Army, army."

    def at(words: str, label: str, level: str, n: int = 0) -> Entity:
        start = -1
        for _ in range(n + 1):
            start = text.index(words, start + 1)
        return Entity(start=start, end=start + len(words), label=label, level=level)

    given = [at("Adama Keita", "PER", "NAM"), at("AK", "PER", "NAM"), at("army", "MIL", "NOM"), at("Keita", "PER", "NAM", 1), at("he", "PER", "PRO", 1), at("Army", "MIL", "NAM")]
    found = {text[e.start : e.end]: e.entity for e in identify(sorted(given, key=lambda e: e.start), text)}
    assert found["Adama Keita"] == found["AK"] == found["Keita"] == found["he"]
    assert found["army"] == found["Army"] != found["Keita"]


@pytest.mark.parametrize("name", TRAINERS)
def test_training_twice_gives_the_same_files(name: str, tmp_path: Path) -> None:
    for folder in ("first", "second"):
        done = train_baseline(name, folder=tmp_path / folder, smoke=True)
        assert done.dev is not None
    files = {p.name: p.read_bytes() for p in (tmp_path / "first").iterdir()}
    assert files == {p.name: p.read_bytes() for p in (tmp_path / "second").iterdir()}
    log = json.loads(files[LOG])
    assert (log["baseline"], log["documents"], log["tried"][0]["config"]) == (name, 8, log["chosen"])
    loaded = list(TRAINERS[name].load(tmp_path / "first")(map(bare, load_corpus("dev")[:1])))
    assert loaded[0].layer(BASELINES[name].layers[0]) is not None


@pytest.mark.parametrize("name", [name for name, trainer in TRAINERS.items() if not trainer.seeded])
def test_the_order_of_sets_in_a_process_changes_nothing(name: str, tmp_path: Path) -> None:
    found = []
    for seed in ("1", "2"):
        code = f"from pathlib import Path; from conflictnews.training import train_baseline; train_baseline({name!r}, folder=Path({str(tmp_path / seed)!r}), smoke=True)"
        subprocess.run([sys.executable, "-c", code], check=True, env={**os.environ, "PYTHONHASHSEED": seed})
        found.append({p.name: p.read_bytes() for p in (tmp_path / seed).iterdir()})
    assert found[0] == found[1]


def test_another_seed_gives_another_model_where_training_draws(tmp_path: Path) -> None:
    name = next(name for name, trainer in TRAINERS.items() if trainer.seeded)
    first, second = (train_baseline(name, folder=tmp_path / str(seed), smoke=True, seed=seed).folder for seed in (1, 2))
    assert (first / "weights.msgpack").read_bytes() != (second / "weights.msgpack").read_bytes()


def test_what_is_not_trained_is_named_with_what_is(tmp_path: Path) -> None:
    ran = run("train", "boilerplate-rules", "-o", tmp_path / "x")
    assert (ran.code, "'boilerplate-rules' is not trained; trained are boilerplate-crf" in ran.err) == (2, True)
    assert not (tmp_path / "x").exists()
    assert "boilerplate-crf" in run("train", "list").out


def test_the_train_command_writes_a_model_that_it_tells_of(tmp_path: Path) -> None:
    ran = run("train", "boilerplate-crf", "--smoke", "-o", tmp_path / "x")
    assert ran.code == 0, ran.err
    assert "boilerplate.line" in ran.out
    assert {p.name for p in (tmp_path / "x").iterdir()} == {"model.crfsuite", LOG}
    assert [p.name for p in tmp_path.iterdir()] == ["x"]


def test_the_shipped_parameters_were_trained_on_the_present_corpus() -> None:
    """The digest in the log is that of the manifest, and the scores of the chosen configuration are the best that were tried."""
    manifest = json.loads((baselines_dir().parent / "corpus" / "manifest.json").read_text(encoding="utf-8"))
    for name in TRAINERS:
        log = json.loads((baselines_dir() / name / LOG).read_text(encoding="utf-8"))
        assert log["corpus"] == manifest["digest"], name
        assert max(log["tried"], key=lambda t: t["dev"])["config"] == log["chosen"], name


def test_the_pipeline_gives_sound_documents_of_all_four_layers() -> None:
    schema = load_schema()
    gold = load_corpus("dev")[:3]
    for page, found in zip(gold, Pipeline.load()(map(bare, gold)), strict=True):
        document = with_text(found, page.text or "")
        assert [p for p in check_document(document, schema, levels=("format", "labels")) if p.check != "labels.filler"] == []
        assert all(document.layer(layer) for layer in ("entities", "events", "quotes"))
        ids = {e.entity for e in document.entities or ()}
        assert {a.entity for v in document.events or () for a in v.arguments} <= ids
        assert {s for q in document.quotes or () for s in q.speakers} <= ids


HTML = """<html><head><title>T</title></head><body><nav><a>Home</a> | <a>World</a> | <a>Sport</a> | <a>Contact</a></nav>
<p>Fighters shelled El Obeid on Monday, killing nine people, the governor said.</p><p>"We did not fire," said Col. Hamid Saleh.</p></body></html>"""


def test_a_saved_page_goes_through_the_pipeline_with_its_text(tmp_path: Path) -> None:
    (tmp_path / "page.html").write_text(HTML, encoding="utf-8")
    ran = run("predict", "pipeline", tmp_path / "page.html")
    assert ran.code == 0, ran.err
    found = json.loads(ran.out)
    assert found["text"].startswith("Home | World")
    assert "killing" in {v["trigger"]["surface"] for v in found["events"]}
    assert any(q["content"][0]["surface"] == '"We did not fire,"' for q in found["quotes"])


@pytest.mark.parametrize(
    "data, told", [(b"", "is empty"), (b"\x7fELF\x02\x01\x01" + bytes(range(256)), "is not utf-8"), (b" " * 20_000_001, "more than 20 MB"), (b"%PDF-1.4", "is a PDF")]
)
def test_what_is_no_page_is_refused_by_name_and_can_be_left_out(data: bytes, told: str, tmp_path: Path) -> None:
    (tmp_path / "bad.html").write_bytes(data)
    (tmp_path / "good.html").write_text(HTML, encoding="utf-8")
    ran = run("predict", "boilerplate-crf", tmp_path, "-o", tmp_path / "out.jsonl")
    assert (ran.code, told in ran.err, "bad.html" in ran.err) == (2, True, True)
    assert not (tmp_path / "out.jsonl").exists()
    ran = run("predict", "boilerplate-crf", tmp_path, "-o", tmp_path / "out.jsonl", "--lenient")
    assert (ran.code, "left out" in ran.err) == (0, True)
    assert [json.loads(line)["doc_id"] for line in (tmp_path / "out.jsonl").read_text(encoding="utf-8").splitlines()] == ["good"]


def test_only_a_text_with_an_overlong_line_is_cut_up_and_nothing_of_it_is_lost() -> None:
    from conflictnews.baselines.spacy_model import LONGEST, stretches

    assert list(stretches("two\nlines")) == [(0, 9)]
    assert list(stretches("")) == [(0, 0)]
    for text in ("word " * 3000, "x" * (2 * LONGEST + 5)):
        found = list(stretches(text))
        assert "".join(text[a:b] for a, b in found) == text
        assert all(0 < b - a <= LONGEST for a, b in found)


def rows(f1: float) -> list[dict[str, object]]:
    return [{"system": "s", "split": "test", "scores": {"entities.strict": {"f1": f1}}}]


def test_floors_rise_by_themselves_and_fall_only_when_that_is_said() -> None:
    floors = raised_floors(rows(0.5), {})
    assert floors == {"s": {"test": {"entities.strict": 0.5}}}
    assert raised_floors(rows(0.6), floors)["s"]["test"]["entities.strict"] == 0.6
    with pytest.raises(ConflictNewsError, match=r"s on test: entities.strict 40.00 is below its floor 50.00\n.*--allow-lower"):
        raised_floors(rows(0.4), floors)
    assert raised_floors(rows(0.4), floors, allow_lower=True)["s"]["test"]["entities.strict"] == 0.4
    assert below_floors([], floors) == ["s on test: entities.strict 0.00 is below its floor 50.00"]


def test_the_shipped_predictions_hold_the_pinned_floors() -> None:
    board = json.loads((baselines_dir() / "leaderboard.json").read_text(encoding="utf-8"))
    floors = json.loads((baselines_dir() / "floors.json").read_text(encoding="utf-8"))
    assert set(floors) == set(BASELINES)
    assert below_floors(board, floors) == []
    assert floors_of(board) == floors


def submission(folder: Path, head: str = "name: mine\nsummary: s\nlicence: MIT\ntrained_on: nothing\ncommand: run\n") -> Path:
    (folder / "predictions").mkdir(parents=True)
    (folder / "card.md").write_text(f"---\n{head}---\n# Mine\n", encoding="utf-8")
    write_jsonl([Document(doc_id=d.doc_id, boilerplate=d.boilerplate) for d in load_corpus("dev")], folder / "predictions" / "test.jsonl")
    return folder


def test_a_system_from_outside_joins_with_predictions_and_a_card(tmp_path: Path) -> None:
    folder = submission(tmp_path / "s")
    write_jsonl([Document(doc_id=d.doc_id, boilerplate=d.boilerplate) for d in load_corpus("test")], folder / "predictions" / "test.jsonl")
    ran = run("bench", "--split", "test", "--system", "boilerplate-rules", "--with", folder)
    assert ran.code == 0, ran.err
    line = next(line for line in ran.out.splitlines() if " mine " in line)
    assert "submitted" in line
    assert "100.0" in line
    assert "entities: test" not in ran.out


@pytest.mark.parametrize(
    "head, told",
    [
        ("name: mine\n", "the head lacks summary, licence, trained_on, command"),
        ("name: pipeline\nsummary: s\nlicence: MIT\ntrained_on: x\ncommand: run\n", "pipeline is the name of a baseline of ours"),
        ("", "the head lacks name"),
    ],
)
def test_a_card_that_lacks_something_is_refused_by_name(head: str, told: str, tmp_path: Path) -> None:
    with pytest.raises(ConflictNewsError, match=told):
        read_submission(submission(tmp_path / "s", head))


def test_a_folder_without_card_or_predictions_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConflictNewsError, match=r"has no card\.md; its head says name, summary"):
        read_submission(tmp_path)
    folder = submission(tmp_path / "s")
    (folder / "predictions" / "test.jsonl").unlink()
    with pytest.raises(ConflictNewsError, match=r"has no predictions/test\.jsonl"):
        read_submission(folder)

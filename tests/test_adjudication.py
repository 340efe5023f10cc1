"""Two passes into one: what is listed, what is decided, and what comes out."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings

from conflictnews.adjudication import KINDS, Row, compare, compare_passes, merge, merge_all, open_ids, read_rows, settle
from conflictnews.errors import DocumentError
from conflictnews.io.jsondoc import load_document, write_document
from conflictnews.model import Argument, BoilerplateSpan, Document, Entity, Event, Quote, Span, spans_of, text_sha256
from conflictnews.resources import corpus_dir
from conftest import run
from strategies import documents

TEXT = "Ada said Bo was hit on Sunday. Cy denied it.\n"
#       0123456789012345678901234567890123456789012345


def person(start: int, end: int, name: str, **fields: Any) -> Entity:
    return Entity(start, end, fields.pop("label", "PER"), id=f"E{start}", level="NAM", entity=name, surface=TEXT[start:end], **fields)


def strike(*arguments: Argument, **fields: Any) -> Event:
    return Event(label="STRIKE", trigger=Span(16, 19, "hit"), id="V1", event=fields.pop("event", "e1"), arguments=arguments, subtype="air", **{"factuality": "claimed"} | fields)


def target(start: int = 9, end: int = 11, role: str = "TARGET", entity: str | None = "bo", **fields: Any) -> Argument:
    return Argument(role, start, end, entity=entity, surface=TEXT[start:end], **fields)


def said(*content: tuple[int, int], speakers: tuple[str, ...] = ("ada",), **fields: Any) -> Quote:
    spans = tuple(Span(s, e, TEXT[s:e]) for s, e in content)
    return Quote(content=spans, id=fields.pop("id", "Q1"), type=fields.pop("type", "INDIRECT"), speakers=speakers, **fields)


def page(**layers: Any) -> Document:
    base: dict[str, Any] = {
        "entities": (person(0, 3, "ada"), person(9, 11, "bo"), person(31, 33, "cy")),
        "events": (strike(target(), source="ada"),),
        "quotes": (said((9, 29)),),
        "boilerplate": (),
    }
    return Document("d", text=TEXT, text_sha256=text_sha256(TEXT), **base | layers)


def listed(a: Document, b: Document) -> list[tuple[str, str, tuple[str, ...]]]:
    return [(d.layer, d.kind, d.differs) for d in compare(a, b).differences]


def decide(a: Document, b: Document, decision: str | Callable[[Row], dict[str, Any]]) -> Document:
    """The merged document with every disagreement decided one way."""
    case = compare(a, b)
    rows = settle([case], []).rows
    changed = [msgspec.structs.replace(row, **({"decision": decision} if isinstance(decision, str) else decision(row))) for row in rows]
    return merge(case, settle([case], changed).decided)


ADA, BO, CY = person(0, 3, "ada"), person(9, 11, "bo"), person(31, 33, "cy")


@pytest.mark.parametrize(
    "layers, expected",
    [
        ({}, []),
        ({"entities": (ADA, BO)}, [("entities", "only_a", ())]),
        ({"entities": (ADA, BO, CY, person(41, 43, "bo"))}, [("entities", "only_b", ())]),
        ({"entities": (ADA, person(9, 11, "bo", label="GPE"), CY)}, [("entities", "label", ("label",))]),
        ({"entities": (ADA, person(9, 15, "bo"), CY)}, [("entities", "boundaries", ("span",))]),
        ({"entities": (ADA, BO, msgspec.structs.replace(CY, level="NOM", value="x"))}, [("entities", "attributes", ("level", "value"))]),
        # one person called otherwise throughout is no difference; nor are other annotation ids, nor the order of annotations
        (
            {
                "entities": (person(31, 33, "E9"), person(9, 11, "bob"), person(0, 3, "a1")),
                "events": (strike(target(entity="bob"), source="a1"),),
                "quotes": (said((9, 29), speakers=("a1",), id="Q7"),),
            },
            [],
        ),
        # two names swapped between two people: aligned by their mentions
        ({"entities": (person(0, 3, "bo"), person(9, 11, "ada"), CY), "events": (strike(target(entity="ada"), source="bo"),), "quotes": (said((9, 29), speakers=("bo",)),)}, []),
        # Ada and Cy taken for one: the mention of Cy is another's, and nothing that follows from it is listed again
        ({"entities": (ADA, BO, person(31, 33, "ada"))}, [("entities", "attributes", ("entity",))]),
        ({"events": ()}, [("events", "only_a", ())]),
        ({"events": (strike(target(), source="ada", event="e7"),)}, []),
        ({"events": (strike(target(), source="cy", factuality="denied"),)}, [("events", "attributes", ("factuality", "source"))]),
        ({"events": (msgspec.structs.replace(strike(target(), source="ada"), label="ATTACK"),)}, [("events", "label", ("label",))]),
        ({"events": (msgspec.structs.replace(strike(target(), source="ada"), trigger=Span(12, 19)),)}, [("events", "boundaries", ("trigger",))]),
        ({"events": (strike(source="ada"),)}, [("arguments", "only_a", ())]),
        ({"events": (strike(target(), target(23, 29, "TIME", None), source="ada"),)}, [("arguments", "only_b", ())]),
        ({"events": (strike(target(role="PLACE"), source="ada"),)}, [("arguments", "label", ("role",))]),
        ({"events": (strike(target(9, 15, entity=None), source="ada"),)}, [("arguments", "boundaries", ("span", "entity"))]),
        ({"events": (strike(target(status="denied"), source="ada"),)}, [("arguments", "attributes", ("status",))]),
        ({"quotes": (said((9, 29), type="MIXED", cue=(Span(4, 8),)),)}, [("quotes", "attributes", ("type", "cue"))]),
        ({"quotes": (said((12, 29), speakers=("cy",)),)}, [("quotes", "boundaries", ("content", "speakers"))]),
        ({"quotes": (said((9, 15)), said((34, 40), id="Q2"))}, [("quotes", "boundaries", ("content",)), ("quotes", "only_b", ())]),
        ({"boilerplate": (BoilerplateSpan(0, 44, "NAV", id="B1"),)}, [("boilerplate", "only_b", ())]),
    ],
)
def test_what_is_listed(layers: dict[str, Any], expected: list[tuple[str, str, tuple[str, ...]]]) -> None:
    assert listed(page(), page(**layers)) == expected
    assert {kind for _, kind, _ in expected} <= KINDS.keys()


def test_disagreements_come_in_text_order_and_have_ids_of_their_own_that_stay() -> None:
    other = page(entities=(ADA, BO), events=(strike(source="cy"),), quotes=())
    found = compare(page(), other).differences
    assert [(d.layer, d.kind) for d in found] == [("quotes", "only_a"), ("events", "attributes"), ("arguments", "only_a"), ("entities", "only_a")]
    assert len({d.id for d in found}) == 4
    fewer = compare(page(), page(entities=(ADA, BO))).differences
    assert [d.id for d in fewer] == [found[-1].id]


# What a document says, whatever its ids: names are numbered by their first mention in the text.


def canonical(document: Document) -> Any:
    first: dict[str | None, int] = {}
    for e in sorted(document.entities or (), key=lambda e: (e.start, -e.end, e.label)):
        first.setdefault(e.entity, len(first))

    def who(name: str | None) -> str:
        return str(first.get(name, name))

    contents = {q.id: [(s.start, s.end) for s in q.content] for q in document.quotes or ()}
    events = []
    for v in document.events or ():
        arguments = sorted((a.role, a.start, a.end, who(a.entity), str(a.status), who(a.source), str(a.surface)) for a in v.arguments)
        events.append((v.trigger.start, v.trigger.end, v.label, arguments, str(v.subtype), str(v.factuality), who(v.source), v.event))
    numbers: dict[str | None, int] = {}
    events.sort(key=lambda item: item[:-1])
    for v in events:
        numbers.setdefault(v[-1], len(numbers))
    return (
        sorted((e.start, e.end, e.label, str(e.subtype), str(e.level), who(e.entity), str(e.value), str(e.low), str(e.high), str(e.surface)) for e in document.entities or ()),
        [(*v[:-1], None if v[-1] is None else numbers[v[-1]]) for v in events],
        sorted(
            (
                contents[q.id],
                str(q.type),
                [(s.start, s.end) for s in q.cue],
                [(s.start, s.end) for s in q.source],
                sorted(map(who, q.speakers)),
                str(q.speaker_reason),
                str(contents.get(q.parent)),
            )
            for q in document.quotes or ()
        ),
        sorted((b.start, b.end, b.label) for b in document.boilerplate or ()),
    )


ROOT = corpus_dir() / "passes"
TWICE = sorted(path.stem for path in (ROOT / "b").glob("*.json"))


@pytest.mark.parametrize("name", TWICE)
def test_deciding_all_for_one_pass_gives_that_pass(name: str) -> None:
    passes = {side: load_document(ROOT / side / f"{name}.json") for side in ("a", "b")}
    for side, document in passes.items():
        merged = decide(passes["a"], passes["b"], side)
        assert canonical(merged) == canonical(document)
        for layer in ("entities", "events", "quotes", "boilerplate"):
            assert [a.id[1:] for a in merged.layer(layer) or ()] == [str(n) for n in range(1, len(document.layer(layer) or ()) + 1)]
        assert [e.start for e in merged.entities or ()] == sorted(e.start for e in document.entities or ())
        assert {e.entity for e in merged.entities or () if e.entity in {x.id for x in merged.entities or ()}} <= {e.entity for e in merged.entities or () if e.entity == e.id}


@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
@given(documents(doc_id="d", surfaces=False))
def test_any_document_has_nothing_open_against_itself(document: Document) -> None:
    case = compare(document, document)
    assert case.differences == []
    assert len(spans_of(merge(case, {}))) == len(spans_of(document))


@pytest.mark.parametrize(
    "layers, decision, expected",
    [
        ({"entities": (ADA, person(9, 11, "bo", label="GPE"), CY)}, "both", [(0, "PER"), (9, "GPE"), (9, "PER"), (31, "PER")]),
        ({"entities": (ADA, person(9, 11, "bo", label="GPE"), CY)}, "neither", [(0, "PER"), (31, "PER")]),
        ({"entities": (ADA, BO)}, "b", [(0, "PER"), (9, "PER")]),
        ({"entities": (ADA, BO)}, "both", [(0, "PER"), (9, "PER"), (31, "PER")]),
        ({"entities": (ADA, BO)}, lambda row: {"decision": "edit", "annotation": row.a | {"label": "ORG"}}, [(0, "PER"), (9, "PER"), (31, "ORG")]),
    ],
)
def test_what_a_decision_puts_in(layers: dict[str, Any], decision: str | Callable[[Row], dict[str, Any]], expected: list[tuple[int, str]]) -> None:
    merged = decide(page(), page(**layers), decision)
    assert [(e.start, e.label) for e in merged.entities or ()] == expected
    assert all(e.surface == TEXT[e.start : e.end] for e in merged.entities or ())


def test_an_argument_follows_the_mention_that_was_decided_for() -> None:
    other = page(entities=(ADA, person(9, 11, "ada"), CY), events=(strike(target(entity="ada"), source="ada"),))
    assert listed(page(), other) == [("entities", "attributes", ("entity",))]
    for side, entity in (("a", "bo"), ("b", "ada")):
        merged = decide(page(), other, side)
        assert [a.entity for v in merged.events or () for a in v.arguments] == [entity]


def test_the_arguments_of_an_event_that_is_left_out_need_no_decision() -> None:
    case = compare(page(), page(events=(strike(source="cy"),)))
    rows = settle([case], []).rows
    event, argument = rows
    assert (event.layer, argument.layer, argument.event) == ("events", "arguments", {"label": "STRIKE", "trigger": {"start": 16, "end": 19, "surface": "hit"}})
    for decision, still in (("a", [argument.id]), ("neither", []), ("both", [])):
        assert open_ids(case, settle([case], [msgspec.structs.replace(event, decision=decision)]).decided) == still
    edit = {"decision": "edit", "annotation": event.a or {}}
    assert open_ids(case, settle([case], [msgspec.structs.replace(event, **edit)]).decided) == [argument.id]  # the row of the event shows none of its arguments
    whole = (event.a or {}) | {"arguments": [{"role": "TARGET", "start": 9, "end": 11}]}
    settled = settle([case], [msgspec.structs.replace(event, decision="edit", annotation=whole)])
    assert open_ids(case, settled.decided) == []
    merged = merge(case, settled.decided)
    assert [(a.role, a.entity, a.surface) for v in merged.events or () for a in v.arguments] == [("TARGET", "bo", "Bo")]


def test_a_quote_inside_a_quote_keeps_its_parent_under_new_ids() -> None:
    nested = (said((9, 29), id="Q5"), said((20, 29), id="Q2", parent="Q5"))
    merged = decide(page(quotes=nested), page(quotes=(said((9, 29), id="Q1"), said((20, 29), id="Q9", parent="Q1"))), "a")
    assert [(q.id, q.parent) for q in merged.quotes or ()] == [("Q1", None), ("Q2", "Q1")]


def test_a_layer_of_one_pass_alone_is_told_and_left_out() -> None:
    case = compare(page(), page(quotes=None))
    assert (case.lacking, merge(case, {}).quotes) == (("quotes",), None)


def test_different_texts_are_refused() -> None:
    with pytest.raises(DocumentError, match="d: the passes are over different texts: at character 0"):
        compare(page(), Document("d", text="Eda" + TEXT[3:]))


# The file and the command.


@pytest.fixture
def passes(tmp_path: Path) -> tuple[Path, Path]:
    write_document(page(), tmp_path / "a.json")
    write_document(page(entities=(ADA, person(9, 11, "bo", label="GPE")), quotes=(said((9, 29), type="MIXED"),)), tmp_path / "b.json")
    return tmp_path / "a.json", tmp_path / "b.json"


def adjudicate(passes: Sequence[Path], *more: object) -> Any:
    folder = passes[0].parent
    return run("adjudicate", *passes, "-o", folder / "gold.json", "--decisions", folder / "decisions.jsonl", *more)


def fill(path: Path, decision: str, count: int | None = None) -> None:
    rows = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    for row in rows[:count]:
        row.update(decision=decision, reason="the rule on it")
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")


def test_the_first_run_lists_the_next_ones_apply_and_the_last_writes(passes: tuple[Path, Path], tmp_path: Path) -> None:
    ran = adjudicate(passes)
    assert (ran.code, ran.out.splitlines()[0]) == (1, "3 disagreements in 1 documents: 0 decided, 3 open")
    file = tmp_path / "decisions.jsonl"
    rows = [json.loads(line) for line in file.read_text().splitlines()]
    assert [(r["layer"], r["kind"], r["line"], r["decision"]) for r in rows] == [("entities", "label", 1, ""), ("quotes", "attributes", 1, ""), ("entities", "only_a", 1, "")]
    assert rows[0]["context"] == "Ada said [[Bo]] was hit on Sunday. Cy denied it.\n"
    assert (rows[0]["a"]["surface"], rows[2]["a"]["label"], rows[2]["b"]) == ("Bo", "PER", None)
    fill(file, "a", 2)
    before = file.read_bytes()
    ran = adjudicate(passes)
    assert (ran.code, ran.out.splitlines()[0]) == (1, "3 disagreements in 1 documents: 2 decided, 1 open")
    assert read_rows(file)[0].reason == "the rule on it"
    assert msgspec.json.decode(before.splitlines()[0]) == msgspec.json.decode(file.read_bytes().splitlines()[0])
    assert not (tmp_path / "gold.json").exists()
    fill(file, "a")
    ran = adjudicate(passes)
    assert (ran.code, ran.err) == (0, ""), ran.out
    assert canonical(load_document(tmp_path / "gold.json")) == canonical(page())
    again = (tmp_path / "gold.json").read_bytes(), file.read_bytes()
    assert adjudicate(passes).code == 0
    assert ((tmp_path / "gold.json").read_bytes(), file.read_bytes()) == again


def test_partial_leaves_out_what_is_open(passes: tuple[Path, Path], tmp_path: Path) -> None:
    assert adjudicate(passes, "--partial").code == 1
    gold = load_document(tmp_path / "gold.json")
    assert ([e.surface for e in gold.entities or ()], gold.quotes) == (["Ada"], ())


def test_a_decision_on_a_pass_that_changed_is_told_kept_and_not_applied(passes: tuple[Path, Path], tmp_path: Path) -> None:
    adjudicate(passes)
    fill(tmp_path / "decisions.jsonl", "b")
    original = passes[1].read_bytes()
    write_document(page(entities=(ADA, person(9, 11, "bo", label="LOC"), CY), quotes=(said((9, 29), type="MIXED"),)), passes[1])
    ran = adjudicate(passes)
    assert (ran.code, ran.out.splitlines()[0]) == (1, "2 disagreements in 1 documents: 1 decided, 1 open")
    assert [line.split(" is stale")[0].split(" (")[1] for line in ran.err.splitlines()] == ["entities, b)", "entities, b)"]
    rows = read_rows(tmp_path / "decisions.jsonl")
    assert [(r.decision, r.stale, (r.b or {}).get("label")) for r in rows] == [("", False, "LOC"), ("b", False, None), ("b", True, "GPE"), ("b", True, None)]
    passes[1].write_bytes(original)  # back as it was: the decisions fit again
    assert adjudicate(passes).code == 0
    assert not any(r.stale for r in read_rows(tmp_path / "decisions.jsonl"))


def test_rows_on_other_documents_stay_in_the_file(passes: tuple[Path, Path], tmp_path: Path) -> None:
    other = Row(id="x", doc_id="elsewhere", layer="quotes", kind="only_a", decision="a")
    (tmp_path / "decisions.jsonl").write_bytes(msgspec.json.encode(other) + b"\n")
    ran = adjudicate(passes)
    assert "stale" not in ran.err
    assert read_rows(tmp_path / "decisions.jsonl")[-1] == other


@pytest.mark.parametrize(
    "change, message",
    [
        ({"decision": "c"}, "line 1: 'c' is no decision; write a, b, both, neither, edit"),
        ({"decision": "edit"}, "line 1: an edit needs the `annotation`"),
        ({"annotation": {"start": 1}}, "line 1: there is an `annotation`, but the decision is not edit"),
        ({"decision": "edit", "annotation": {"start": 1, "end": 2}}, "line 1: the annotation: Object missing required field `label`"),
        ({"decision": "edit", "annotation": {"start": 1, "end": 2, "label": "PER", "kind": 1}}, "line 1: the annotation has the field 'kind'"),
        ({"decision": "edit", "annotation": {"start": 1, "end": 99, "label": "PER"}}, "the span 1-99 ends past the text"),
        ({"decision": "edit", "annotation": {"start": 0, "end": 3, "label": "PER", "surface": "Eve"}}, "the annotation says 'Eve' at 0-3, the text has 'Ada'"),
        ({"layer": "names"}, "line 1: there is no layer 'names'"),
        ({"decision": 1}, "line 1: Expected `str`, got `int`"),
    ],
)
def test_a_row_that_says_nothing_sensible_is_refused_by_its_line(passes: tuple[Path, Path], tmp_path: Path, change: dict[str, Any], message: str) -> None:
    adjudicate(passes)
    file = tmp_path / "decisions.jsonl"
    fill(file, "a")
    first, *rest = file.read_text().splitlines(keepends=True)
    file.write_text(json.dumps(json.loads(first) | change) + "\n" + "".join(rest))
    ran = adjudicate(passes)
    assert ran.code == 2
    assert message in ran.err
    assert not (tmp_path / "gold.json").exists()


def test_a_file_cut_short_is_refused_and_left_alone(passes: tuple[Path, Path], tmp_path: Path) -> None:
    adjudicate(passes)
    file = tmp_path / "decisions.jsonl"
    file.write_bytes(file.read_bytes()[:-20])
    held = file.read_bytes()
    assert adjudicate(passes).code == 2
    assert file.read_bytes() == held


def test_what_is_no_sound_document_is_not_written(passes: tuple[Path, Path], tmp_path: Path) -> None:
    adjudicate(passes)
    file = tmp_path / "decisions.jsonl"
    fill(file, "a")
    first, second, third = map(json.loads, file.read_text().splitlines())
    third.update(decision="edit", annotation={"start": 0, "end": 3, "label": "PER"})  # a second annotation of Ada
    file.write_text("".join(json.dumps(row) + "\n" for row in (first, second, third)))
    ran = adjudicate(passes)
    assert ran.code == 2
    assert "[format.duplicate]" in ran.err
    assert not (tmp_path / "gold.json").exists()


def test_what_breaks_a_guideline_is_written_and_told(passes: tuple[Path, Path]) -> None:
    adjudicate(passes)
    fill(passes[0].parent / "decisions.jsonl", "b")
    rows = passes[0].parent / "decisions.jsonl"
    raw = [json.loads(line) for line in rows.read_text().splitlines()]
    raw[0].update(decision="neither")  # Bo is the target of the strike
    rows.write_text("".join(json.dumps(row) + "\n" for row in raw))
    ran = adjudicate(passes)
    assert ran.code == 1
    assert "[guidelines.argument-mention]" in ran.out
    assert (passes[0].parent / "gold.json").exists()


def test_standoff_passes_leave_no_words_in_the_file(tmp_path: Path) -> None:
    bare = {side: load_document(ROOT / side / "wikinews-2019-016.json") for side in ("a", "b")}
    rows = settle(compare_passes([bare["a"]], [bare["b"]]).cases, []).rows
    assert rows
    assert not any(row.context or "surface" in json.dumps([row.a, row.b, row.event]) for row in rows)
    case = compare(bare["a"], bare["b"])
    merged = merge_all([case], settle([case], [msgspec.structs.replace(row, decision="a") for row in rows]))[0]
    assert merged.text is None
    assert not any(surface for *_, surface in spans_of(merged))


def interactive(passes: Sequence[Path]) -> subprocess.Popen[str]:
    folder = passes[0].parent
    code = "from conflictnews.cli import main; main()"
    arguments = [sys.executable, "-c", code, "adjudicate", *map(str, passes), "-o", str(folder / "gold.json"), "--decisions", str(folder / "decisions.jsonl"), "-i"]
    return subprocess.Popen(arguments, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=os.environ | {"PYTHONUNBUFFERED": "1"})


def test_answers_in_the_terminal_are_decisions_with_reasons(passes: tuple[Path, Path], tmp_path: Path) -> None:
    out, err = interactive(passes).communicate("x\nb the map says so\ns\nn\n")
    assert err == ""
    assert "one of a, b, n, o, s, q" in out
    assert "3 disagreements in 1 documents: 2 decided, 1 open" in out
    assert [(r.decision, r.reason) for r in read_rows(tmp_path / "decisions.jsonl")] == [("b", "the map says so"), ("", ""), ("neither", "")]
    out, _ = interactive(passes).communicate("o\n")
    assert "3 decided, 0 open" in out


def test_in_a_terminal_one_key_answers_and_a_reason_may_follow(passes: tuple[Path, Path], tmp_path: Path) -> None:
    pty = pytest.importorskip("pty", reason="pseudo-terminals are there on POSIX only")
    import termios

    main, child = pty.openpty()
    code = "from conflictnews.cli import main; main()"
    arguments = [sys.executable, "-c", code, "adjudicate", *map(str, passes), "-o", str(tmp_path / "gold.json"), "--decisions", str(tmp_path / "decisions.jsonl"), "-i"]
    running = subprocess.Popen(arguments, stdin=child, stdout=child, stderr=child, env=os.environ | {"TERM": "xterm", "COLUMNS": "100"})
    os.close(child)
    shown = ""

    def until(words: str, count: int) -> None:
        nonlocal shown
        while shown.count(words) < count:
            shown += os.read(main, 1000).decode(errors="replace")

    def press(key: bytes) -> None:
        while termios.tcgetattr(main)[3] & termios.ICANON:  # until it listens for single keys, what is typed is thrown away
            time.sleep(0.01)
        os.write(main, key)

    until("q quit > ", 1)
    press(b"n")
    until("reason (Enter for none) > ", 1)
    os.write(main, b"no such town\n")
    until("q quit > ", 2)
    press(b"q")
    until("1 decided, 2 open", 1)
    assert running.wait() == 1
    os.close(main)
    assert [(r.decision, r.reason) for r in read_rows(tmp_path / "decisions.jsonl")] == [("neither", "no such town"), ("", ""), ("", "")]


def test_a_kill_between_two_answers_loses_none(passes: tuple[Path, Path], tmp_path: Path) -> None:
    running = interactive(passes)
    assert running.stdin is not None
    assert running.stdout is not None
    running.stdin.write("a the first answer\n")
    running.stdin.flush()
    shown = ""
    while shown.count("q quit >") < 2:  # the second question stands there: the first answer is saved
        shown += running.stdout.read(1)
    running.send_signal(signal.SIGKILL)
    running.communicate()
    assert [(r.decision, r.reason) for r in read_rows(tmp_path / "decisions.jsonl")] == [("a", "the first answer"), ("", ""), ("", "")]
    assert not list(tmp_path.glob(".decisions*"))


@pytest.mark.parametrize("seed", range(3))
def test_decisions_at_random_make_documents_whose_offsets_and_ids_hold(seed: int) -> None:
    generator = random.Random(seed)
    for name in generator.sample(TWICE, 6):
        a, b = (load_document(ROOT / side / f"{name}.json") for side in ("a", "b"))
        merged = decide(a, b, lambda row: {"decision": generator.choice(["a", "b"])})
        from conflictnews.schema import load_schema
        from conflictnews.validation import check_document

        assert [str(p) for p in check_document(merged, load_schema(), levels=("format",))] == []

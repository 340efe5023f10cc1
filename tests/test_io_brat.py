"""brat standoff: what the lines say, what comes back, and what other people's files hold."""

from __future__ import annotations

import math
import re
import tempfile
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from conflictnews import load_corpus
from conflictnews.errors import ConflictNewsError, DocumentError
from conflictnews.io.brat import iter_brat, losses, read, write
from conflictnews.io.brat_names import declared_layers, fragments, joined, plain_roles
from conflictnews.model import LAYERS, Argument, BoilerplateSpan, Document, Entity, Event, Quote, Span
from strategies import documents, some_documents

TEXT = "Kono shot two\nmen near Bo.\n"


def folder(tmp_path: Path, ann: str, text: str | None = TEXT, conf: str | None = None, name: str = "page") -> Path:
    """A brat folder with one document."""
    place = tmp_path / "brat"
    place.mkdir(exist_ok=True)
    (place / f"{name}.ann").write_bytes(ann.encode())
    if text is not None:
        (place / f"{name}.txt").write_bytes(text.encode())
    if conf is not None:
        (place / "annotation.conf").write_text(conf, encoding="utf-8")
    return place


def rows(*lines: str) -> str:
    """Lines of an .ann file, with two spaces for a tab."""
    return "".join(line.replace("  ", "\t") + "\n" for line in lines)


def lenient(place: Path) -> tuple[Document, list[str]]:
    ((document, problems),) = iter_brat(place, strict=False)
    return document, [f"{p.line}: {p.message}" for p in problems]


def there_and_back(pages: Iterable[Document]) -> list[Document]:
    with tempfile.TemporaryDirectory() as place:
        write(pages, Path(place) / "out")
        return list(read(Path(place) / "out"))


def carried(page: Document, group: Iterable[Document]) -> Document:
    """What of a document comes back: all but what `losses` names, worked out another way."""
    text = page.text or ""

    def visible(*spans: Any) -> bool:
        return any(re.sub("[\n\r\x0b\x0c\x1c\x1d\x1e\x85\u2028\u2029]", "", text[s.start : s.end]) for s in spans)

    def of(name: str) -> bool:
        return any(d.layer(name) is not None for d in group)

    def parts(spans: tuple[Any, ...]) -> tuple[Any, ...]:
        return tuple(s for s in spans if visible(s))

    kept: dict[str, tuple[Any, ...]] = {
        "entities": parts(page.entities or ()),
        "boilerplate": parts(page.boilerplate or ()),
        "events": tuple(msgspec.structs.replace(v, arguments=parts(v.arguments)) for v in page.events or () if visible(v.trigger)),
        "quotes": tuple(msgspec.structs.replace(q, cue=parts(q.cue), source=parts(q.source)) for q in page.quotes or () if visible(*q.content)),
    }
    layers: dict[str, Any] = {name: kept[name] if of(name) else None for name in LAYERS}
    return msgspec.structs.replace(page, meta={}, text_sha256=None, **layers)


@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(some_documents)
def test_what_comes_back_is_the_document_without_what_losses_tells(pages: tuple[Document, ...]) -> None:
    expected = [carried(page, pages) for page in pages]
    assert there_and_back(pages) == expected
    for page, back in zip(pages, expected, strict=True):
        told = [line for line in losses(page) if "absent layer" not in line]
        absent = {line.split()[3].rstrip(":") for line in losses(page) if "absent layer" in line}
        assert absent == {name for name in LAYERS if page.layer(name) is None}
        present = msgspec.structs.replace(back, **dict.fromkeys(absent))
        assert (told == []) == (present == page)


strings = st.text(st.characters(codec="utf-8"), max_size=6)
names = strings | st.sampled_from(["A", "A2", "A 2", "T1", "E1", "quote-content", "event-filler", "boilerplate-x", "x-A", "#1", "{}", "a:b", "null"])
words = st.none() | names


@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.data())
def test_any_string_in_any_field_comes_back(data: st.DataObject) -> None:
    def some() -> str | None:
        return data.draw(words)

    def sure() -> str:
        return data.draw(names)

    def entity() -> Entity:
        return Entity(0, 4, sure(), some(), some(), some(), some(), some(), some())

    def event() -> Event:
        arguments = tuple(Argument(sure(), 0, 4, some(), some(), some(), some()) for _ in range(4))
        return Event(sure(), Span(0, 4, some()), some(), some(), some(), arguments, some(), some())

    quote = Quote((Span(5, 20), Span(0, 4)), some(), some(), (Span(5, 9), Span(5, 9)), (Span(0, 4, some()),), tuple(data.draw(st.lists(strings, max_size=2))), some(), some())
    document = Document("d", TEXT, entities=(entity(), entity()), events=(event(), event()), quotes=(quote,), boilerplate=(BoilerplateSpan(0, 9, sure(), some(), some()),))
    assert there_and_back([document]) == [document]


@pytest.mark.parametrize("split", ["train", "dev", "test"])
def test_the_corpus_comes_back_but_for_metadata_and_checksum(split: str) -> None:
    pages = load_corpus(split)
    assert there_and_back(pages) == [msgspec.structs.replace(page, meta={}, text_sha256=None) for page in pages]
    assert {line for page in pages for line in losses(page)} == {"8 fields of meta", "1 checksum of the text"}


def test_the_lines_and_the_configuration(tmp_path: Path) -> None:
    page = Document(
        "d",
        TEXT,
        entities=(Entity(0, 4, "PER", "E1", level="NAM", entity="kono", surface="Kono"), Entity(10, 17, "PER", "T7", surface="two\nmen")),
        events=(
            Event("ATTACK", Span(5, 9, "shot"), "V1", "shooting", None, (Argument("TARGET", 10, 17, surface="two\nmen"), Argument("PLACE", 23, 25, surface="Bo")), "asserted"),
        ),
        quotes=(Quote((Span(0, 4, "Kono"), Span(10, 13, "two")), "Q1", "DIRECT", (Span(5, 9, "shot"),), speakers=("kono",)),),
        boilerplate=(BoilerplateSpan(0, 4, "NAV", "B1", "Kono"),),
    )
    write([page], tmp_path / "out")
    assert (tmp_path / "out" / "d.ann").read_text(encoding="utf-8") == rows(
        "T1  PER 0 4  Kono",
        "A1  Level T1 NAM",
        '#1  AnnotatorNotes T1  {"id": "E1", "entity": "kono"}',
        "T7  PER 10 13;14 17  two men",
        "T2  boilerplate-NAV 0 4  Kono",
        '#2  AnnotatorNotes T2  {"id": "B1"}',
        "T3  ATTACK 5 9  shot",
        "T4  event-filler 23 25  Bo",
        "E1  ATTACK:T3 TARGET:T7 PLACE:T4",
        "A2  EventSubtype E1 shooting",
        "A3  Factuality E1 asserted",
        '#3  AnnotatorNotes E1  {"id": "V1"}',
        "T5  quote-content 0 4;10 13  Kono two",
        "T6  quote-cue 5 9  shot",
        "E2  quote-content:T5 cue:T6",
        "A4  QuoteType E2 DIRECT",
        '#4  AnnotatorNotes E2  {"id": "Q1", "speakers": ["kono"]}',
    )
    conf = (tmp_path / "out" / "annotation.conf").read_text(encoding="utf-8").split("\n")
    assert [line for line in conf if line.startswith("[")] == ["[entities]", "[relations]", "[events]", "[attributes]"]
    assert "KILL\tKILLER*:PER|ORG|MIL|GPE|NORP|VEH|event-filler, VICTIM*:PER|MIL|NORP|ORG|event-filler" in "\n".join(conf)
    assert "Level\tArg:<ENTITY>, Value:NAM|NOM|PRO|VAL" in conf
    assert "boilerplate-NAV | NAV" in (tmp_path / "out" / "visual.conf").read_text(encoding="utf-8")


def test_the_configuration_lists_labels_that_the_schema_has_not(tmp_path: Path) -> None:
    page = Document("d", TEXT, entities=(Entity(0, 4, "Gene product"),), events=(Event("Binding", Span(0, 4), arguments=(Argument("Theme", 0, 4),)),))
    write([page], tmp_path / "out")
    conf = (tmp_path / "out" / "annotation.conf").read_text(encoding="utf-8").split("\n")
    assert "Gene_product" in conf
    assert "Binding\tTheme*:<ANY>" in conf
    assert "quote-content" not in "\n".join(conf)


@pytest.mark.parametrize(
    "spans, pieces",
    [
        ([(0, 4)], [(0, 4)]),
        ([(10, 17)], [(10, 13), (14, 17)]),
        ([(13, 14)], []),
        ([(13, 17)], [(14, 17)]),
        ([(5, 9), (0, 6)], [(0, 9)]),
        ([(0, 4), (4, 5)], [(0, 4), (4, 5)]),
    ],
)
def test_spans_are_cut_at_line_ends(spans: list[tuple[int, int]], pieces: list[tuple[int, int]]) -> None:
    assert fragments(TEXT, spans) == pieces


def test_fragments_that_only_a_line_end_parts_are_one_span() -> None:
    assert joined("ab \n cd ef", [(0, 2), (5, 7), (8, 10)]) == [(0, 7), (8, 10)]
    assert joined(None, [(0, 2), (5, 7)]) == [(0, 2), (5, 7)]


@pytest.mark.parametrize(
    "written, plain",
    [(["PARTY", "PARTY2", "PARTY3"], ["PARTY"] * 3), (["Arg1", "Arg2"], ["Arg1", "Arg2"]), (["A", "A1"], ["A", "A1"]), (["A", "A10"], ["A", "A"])],
)
def test_numbers_behind_repeated_roles_are_taken_off(written: list[str], plain: list[str]) -> None:
    assert plain_roles(written) == plain


def test_other_labels_are_read_as_mentions_and_events(tmp_path: Path) -> None:
    ann = rows("T1  Gene 0 4  Kono", "T2  Binding 5 9  shot", "T3  Gene 10 13;14 17  two men", "E1  Binding:T2 Theme:T1 Theme2:T3", "*  Equiv T1 T3")
    ((document, problems),) = iter_brat(folder(tmp_path, ann))
    assert document == Document(
        "page",
        TEXT,
        entities=(Entity(0, 4, "Gene", "T1", entity="T1", surface="Kono"), Entity(10, 17, "Gene", "T3", entity="T1", surface="two\nmen")),
        events=(Event("Binding", Span(5, 9, "shot"), "E1", arguments=(Argument("Theme", 0, 4, "T1", surface="Kono"), Argument("Theme", 10, 17, "T1", surface="two\nmen"))),),
    )
    assert problems == []


def test_offsets_are_code_points_and_line_ends_of_the_text_stay(tmp_path: Path) -> None:
    text = "🧨\r\ne\u0301 Bo"
    (document,) = read(folder(tmp_path, "T1\tGPE 6 8\tBo\r\n", text))
    assert (document.text, document.entities) == (text, (Entity(6, 8, "GPE", "T1", surface="Bo"),))


@pytest.mark.parametrize(
    "conf, layers",
    [
        (None, ["entities"]),
        ("[entities]\nPER\n[events]\n[relations]\n", ["entities"]),
        ("[entities]\n!boilerplate\n\tboilerplate-NAV\nevent-filler\n[events]\nKILL\tVICTIM:PER\n", ["boilerplate", "events"]),
        ("[entities]\n# none\n\n[events]\nquote-content\tcue*:quote-cue\n", ["quotes"]),
        ("[relations]\n<OVERLAP>\tArg1:<ENTITY>\n[spans]\nx\n", []),
    ],
)
def test_a_layer_is_there_where_the_configuration_lists_its_types(conf: str | None, layers: list[str], tmp_path: Path) -> None:
    (document,) = read(folder(tmp_path, "", conf=conf))
    assert sorted(name for name in LAYERS if document.layer(name) == ()) == layers
    assert conf is None or sorted(declared_layers(conf)) == layers


def test_what_was_edited_in_the_tool_comes_back_as_edited(tmp_path: Path) -> None:
    page = Document(
        "d",
        TEXT,
        entities=(Entity(0, 4, "PER", "E1", entity="kono", surface="Kono"), Entity(9, 14, "odd label", "E2", surface=" two\n")),
        events=(Event("ATTACK", Span(5, 9, "shot"), "V1", arguments=(Argument("ATTACKER", 0, 4, "x", "claimed", "army"), Argument("TARGET", 10, 13, surface="two"))),),
    )
    write([page], tmp_path / "out")
    ann = (tmp_path / "out" / "d.ann").read_text(encoding="utf-8")
    edited = ann.replace("T2\todd_label 9 13\t two", "T2\tNUM 10 13\ttwo").replace(" ATTACKER:T1 TARGET:T4", " TARGET:T4") + rows("T9  GPE 23 25  Bo", "A9  Level T9 NAM")
    (tmp_path / "out" / "d.ann").write_text(edited, encoding="utf-8")
    (found,) = read(tmp_path / "out")
    assert found.entities == (
        Entity(0, 4, "PER", "E1", entity="kono", surface="Kono"),
        Entity(10, 13, "NUM", "E2", surface="two"),
        Entity(23, 25, "GPE", "T9", level="NAM", surface="Bo"),
    )
    assert found.events == (Event("ATTACK", Span(5, 9, "shot"), "V1", arguments=(Argument("TARGET", 10, 13, surface="two"),)),)


def test_a_new_annotation_does_not_take_an_id_that_another_has(tmp_path: Path) -> None:
    ann = rows("T1  PER 0 4  Kono", '#1  AnnotatorNotes T1  {"id": "T2"}', "T2  PER 5 9  shot")
    (document,) = read(folder(tmp_path, ann))
    assert [e.id for e in document.entities or ()] == ["T2", None]


KONO = Entity(0, 4, "PER", "T1", surface="Kono")


@pytest.mark.parametrize(
    "lines, message, entities",
    [
        (["T1  PER 0 4  Komo"], "1: T1: the text has 'Kono' at these offsets, the line says 'Komo'; the offsets are kept", [msgspec.structs.replace(KONO, surface="Komo")]),
        (["T1  PER 10 17  two", "men"], "2: 'men' is the rest of the line above, whose words run over a line end", [Entity(10, 17, "PER", "T1", surface="two\nmen")]),
        (["T1  PER 0 4  Kono", "men"], "2: 'men' is no line of an .ann file", [KONO]),
        (["T1  PER 0 99  Kono"], "1: T1 0 99 is no span of the text, which has 27 characters; the line is left out", []),
        (["T1  PER 4 4  "], "1: T1 4 4 is no span of the text", []),
        (["T1  PER 9 4  x"], "1: T1 9 4 is no span of the text", []),
        (["T1  PER -1 4  x"], "1: T1 'PER -1 4' is no type with offsets", []),
        (["T1  PER 0 " + "9" * 5000 + "  x"], "1: T1 .* is no type with offsets", []),
        (["T1  PER  Kono"], "1: T1 'PER' is no type with offsets", []),
        (["T1  PER 0 4  Kono", "T1  PER 5 9  shot"], "2: the id T1 comes twice", [KONO]),
        (["T1  PER 0 4;10 13  Kono two"], "1: T1 has 2 pieces with words between, the model one span; it is taken whole, from 0 to 13", [Entity(0, 13, "PER", "T1", surface="Kono shot two")]),
        (["T1  PER 0 4  Kono", "R1  Kin Arg1:T1 Arg2:T1"], "2: R1 'Kin Arg1:T1 Arg2:T1' is a relation, which the model has no place for", [KONO]),
        (["T1  PER 0 4  Kono", "N1  Reference T1 Wikipedia:12  Kono"], "2: N1 .* is a normalisation", [KONO]),
        (["T1  PER 0 4  Kono", "X1  what"], "2: X1 'what' is a line of an unknown kind", [KONO]),
        (["T1  PER 0 4  Kono", "#1  AnnotatorNotes T1  ask again"], "2: 'ask again' is a note on T1 in words", [KONO]),
        (["T1  PER 0 4  Kono", "#1  AnnotatorNotes T1  " + "[" * 99999], "2: .* is a note on T1 in words", [KONO]),
        (["T1  PER 0 4  Kono", '#1  AnnotatorNotes T1  {"low": 1e999}'], "2: .* is a note on T1 in words", [KONO]),
        (["T1  PER 0 4  Kono", '#1  AnnotatorNotes T1  {"low": "x"}'], "1: the note on T1 cannot be used: Expected `float | null`", [KONO]),
        (["T1  PER 0 4  Kono", '#1  AnnotatorNotes T1  {"colour": "x"}'], "1: the note on T1 cannot be used: 'colour' is no field of it", [KONO]),
        (["T1  PER 0 4  Kono", '#1  AnnotatorNotes T5  {"low": 1}'], "2: the note is on T5, which is not there", [KONO]),
        (["T1  PER 0 4  Kono", '#1  AnnotatorNotes T1  {"spans": "x", "surface": [1, 2]}'], "", [KONO]),
        (["T1  PER 0 4  Kono", "A1  Negation T1"], "2: the attribute Negation of T1 has no place in the model", [KONO]),
        (["T1  PER 0 4  Kono", "M1  Speculation T1"], "2: the attribute Speculation of T1", [KONO]),
        (["T1  PER 0 4  Kono", "A1  Factuality T1 asserted"], "2: the attribute Factuality asserted of T1", [KONO]),
        (["T1  PER 0 4  Kono", "A1"], "2: 'A1' is no line of an .ann file", [KONO]),
        (["T1  PER 0 4  Kono", "E1  KILL:T9 VICTIM:T1"], "2: E1: its trigger T9 is not there; the event is left out", [KONO]),
        (["T1  PER 0 4  Kono", "T2  KILL 5 9  shot", "E1  KILL:T2 VICTIM:T9"], "3: E1: VICTIM is T9, which is not there; it is left out", [KONO]),
        (["T1  PER 0 4  Kono", "T2  KILL 5 9  shot", "E1  KILL:T2 VICTIM:E1"], "3: E1: VICTIM is the event E1, the model has words there", [KONO]),
        (["T1  PER 0 4  Kono", "E1  KILL"], "2: E1 'KILL' is no event", [KONO]),
        (["T1  PER 0 4  Kono", "T2  quote-cue 5 9  shot"], "2: T2 is quote-cue, but nothing points to it; it is left out", [KONO]),
        (["T1  PER 0 4  Kono", "T2  quote-content 5 9  shot", "E1  quote-content:T2 cue:T1 AGENT:T1"], "3: E1: a quote has cue and source, no AGENT; it is left out", [KONO]),
        (["T1  PER 0 4  Kono", "*  Equiv T1 T9"], "2: the equivalent spans T1 T9 are not all mentions", [KONO]),
    ],
)  # fmt: skip
def test_faults_are_errors_or_problems_that_name_file_line_and_what(lines: list[str], message: str, entities: list[Entity], tmp_path: Path) -> None:
    place = folder(tmp_path, rows(*lines))
    document, problems = lenient(place)
    assert list(document.entities or ()) == entities
    if not message:
        assert problems == []
        return
    assert any(re.match(message, problem) for problem in problems), problems
    with pytest.raises(DocumentError, match=re.escape(f"{place / 'page.ann'}, line ")):
        list(read(place))


def test_a_trigger_alone_and_a_quote_without_its_event_are_kept(tmp_path: Path) -> None:
    document, problems = lenient(folder(tmp_path, rows("T1  quote-content 0 4;10 13  Kono two", "T2  KILL 5 9  shot")))
    assert document.quotes == (Quote((Span(0, 4, "Kono"), Span(10, 13, "two")), "T1"),)
    assert [e.label for e in document.entities or ()] == ["KILL"]
    assert problems == []


def test_a_file_without_its_text_is_reported_and_keeps_its_offsets(tmp_path: Path) -> None:
    place = folder(tmp_path, rows("T1  PER 0 4  Kono"), text=None)
    document, problems = lenient(place)
    assert (document.text, document.entities) == (None, (KONO,))
    assert problems == ["0: there is no such file: the document has no text, and no offset could be checked"]
    with pytest.raises(DocumentError, match=r"page\.txt: there is no such file"):
        list(read(place))


def test_files_and_folders(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    for path, message in [(tmp_path / "none", "no such file or folder"), (tmp_path / "empty", "holds no .ann file")]:
        with pytest.raises(DocumentError, match=message):
            list(read(path))
    place = folder(tmp_path, rows("T1  PER 0 4  Kono"))
    assert [d.doc_id for d in read(place / "page.ann")] == ["page"]
    (place / "sub").mkdir()
    folder(place / "sub", "", name="page")
    with pytest.raises(DocumentError, match="the doc_id page comes twice"):
        list(read(place))
    (place / "page.txt").write_bytes(b"\xff\xfe")
    with pytest.raises(DocumentError, match="UTF"):
        list(read(place / "page.ann"))


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(documents(), st.data())
def test_a_damaged_file_never_crashes_the_lenient_reader(page: Document, data: st.DataObject) -> None:
    with tempfile.TemporaryDirectory() as place:
        write([page], Path(place) / "out")
        path = Path(place) / "out" / f"{page.doc_id}.ann"
        written = path.read_text(encoding="utf-8")
        at = data.draw(st.integers(0, len(written)))
        path.write_bytes((written[:at] + data.draw(strings) + written[at + data.draw(st.integers(0, 30)) :]).encode())
        ((document, _),) = iter_brat(Path(place) / "out", strict=False)
    assert document.text == page.text


@pytest.mark.parametrize(
    "page, message",
    [
        (Document("d"), "has no text"),
        (Document("d", "\ud800"), "surrogate"),
        (Document("d", "abc", entities=(Entity(2, 9, "X"),)), "ends past the text"),
        (Document("d", "abc", entities=(Entity(0, 1, "X", low=math.nan),)), "d: .*not JSON compliant"),
    ],
)
def test_what_cannot_be_written_is_refused(page: Document, message: str, tmp_path: Path) -> None:
    with pytest.raises(ConflictNewsError, match=message):
        write([page], tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_losses_count_what_is_nothing_but_line_ends() -> None:
    nl = Span(13, 14)
    page = Document(
        "d",
        TEXT,
        "0" * 64,
        {"a": 1},
        (Entity(13, 14, "X"), KONO),
        (Event("E", nl), Event("E", Span(0, 4), arguments=(Argument("R", 13, 14),))),
        (Quote((nl,)), Quote((Span(0, 4),), cue=(nl,), source=(nl,))),
    )
    assert list(losses(page)) == [
        "1 fields of meta",
        "1 checksum of the text",
        "1 absent layer, boilerplate: it comes back empty where another document of the folder has it",
        "1 of the mentions: nothing but line ends",
        "1 of the triggers, with their events: nothing but line ends",
        "1 of the arguments: nothing but line ends",
        "1 of the contents, with their quotes: nothing but line ends",
        "2 of the cues and sources: nothing but line ends",
    ]

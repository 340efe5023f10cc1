"""The inline form: what it looks like, what comes back, what is refused and where."""

from __future__ import annotations

import math
import re
from pathlib import Path

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from conflictnews import load_corpus
from conflictnews.errors import ConflictNewsError, DocumentError
from conflictnews.io.inline import read, read_inline, write, write_inline
from conflictnews.io.textguard import first_difference, line_checks, mended
from conflictnews.model import LAYERS, Argument, BoilerplateSpan, Document, Entity, Event, Quote, Span, text_sha256
from conftest import ROOT
from strategies import documents

TEXT = "Kono shot two\nmen near Bo."
KONO = Entity(0, 4, "PER", entity="kono", level="NAM", id="E1", surface="Kono")


def body(document: Document) -> str:
    """The tagged words of a document."""
    return write_inline(document).split("\n<text>\n")[1].split("\n</text>")[0]


def file_of(tagged: str, text: str = TEXT, head: str = "layers: entities") -> str:
    """An inline file with the checksums of `text`, whatever its tags."""
    return f"conflictnews inline 1\ndoc_id: d\ntext_sha256: {text_sha256(text)}\n{head}\n<text>\n{tagged}\n</text>\nlines: {' '.join(line_checks(text))}\n"


def doc(**layers: tuple[object, ...]) -> Document:
    return Document("d", TEXT, text_sha256(TEXT), {}, **layers)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "document, tagged",
    [
        (doc(entities=(KONO,)), "<PER NAM kono #E1>Kono</> shot two\nmen near Bo."),
        (doc(entities=(Entity(0, 4, "PER", surface="Kono"),)), "<PER>Kono</> shot two\nmen near Bo."),
        (doc(entities=(Entity(10, 13, "NUM", subtype="casualty", level="VAL", low=2, high=2.5, surface="two"),)), "Kono shot <NUM.casualty VAL low=2 high=2.5>two</>\nmen near Bo."),
        (doc(entities=(Entity(10, 17, "PER", surface="two\nmen"),)), "Kono shot <PER>two\nmen</PER> near Bo."),
        (doc(entities=(Entity(0, 9, "X", surface="Kono shot"), Entity(5, 13, "Y", surface="shot two"))), "<X #1>Kono <Y>shot</1> two</>\nmen near Bo."),
        (doc(entities=(Entity(23, 25, "B", surface="Bo"), Entity(0, 4, "A", surface="Kono"))), "<A nth=2>Kono</> shot two\nmen near <B>Bo</>."),
        (doc(entities=(Entity(0, 4, "two words", entity="a b", id='"', surface="Kono"),)), '<"two words" - "a b" id="\\"">Kono</> shot two\nmen near Bo.'),
        (doc(boilerplate=(BoilerplateSpan(0, 4, "NAV", "B1", "Kono"),)), "<boi NAV #B1>Kono</> shot two\nmen near Bo."),
        (
            doc(entities=(KONO,), events=(Event("ATTACK", Span(5, 9, "shot"), "V1", "shooting", "e1", (Argument("ATTACKER", 0, 4, "kono", "claimed", "army", "Kono"),), "asserted"),)),
            "<PER NAM kono #E1 V1:ATTACKER:claimed:army>Kono</> <ev ATTACK.shooting e1 asserted #V1>shot</> two\nmen near Bo.",
        ),
        (
            doc(events=(Event("ATTACK", Span(5, 9, "shot"), arguments=(Argument("ATTACKER", 0, 4, surface="Kono"), Argument("TARGET", 10, 17, "men", surface="two\nmen"))),)),
            "<arg 1 ATTACKER>Kono</> <ev ATTACK #1>shot</> <arg 1 TARGET men>two\nmen</arg> near Bo.",
        ),
        (
            doc(quotes=(Quote((Span(0, 4, "Kono"), Span(10, 13, "two")), "Q1", "DIRECT", (Span(5, 9, "shot"),), (Span(23, 25, "Bo"),), ("bo", "army")),)),
            "<quo DIRECT bo,army #Q1>Kono</> <cue Q1>shot</> <con Q1>two</>\nmen near <src Q1>Bo</>.",
        ),
        (doc(quotes=(Quote((Span(0, 4, "Kono"),), speaker_reason="anonymous", parent="Q0"),)), "<quo - !anonymous parent=Q0>Kono</> shot two\nmen near Bo."),
    ],
)  # fmt: skip
def test_an_annotation_looks_like_this_and_comes_back(document: Document, tagged: str) -> None:
    assert body(document) == tagged
    assert read_inline(write_inline(document)) == document


@pytest.mark.parametrize(
    "text, written",
    [
        ("Plain “news” — it's 5 > 4 & [so] {on} | #1 </", "Plain “news” — it's 5 > 4 & [so] {on} | #1 \\</"),
        ("a<b\\c", "a\\<b\\\\c"),
        ("a\r\nb\rc", "a\\r\nb\\rc"),
        ("a\u2028b\u0085c\ufeff\x0c\u00a0", "a\\u{2028}b\\u{85}c\\u{feff}\\f\\~"),
        ("a \nb\t\nc  ", "a\\s\nb\\t\nc \\s"),
        ("\n\na\n", "\n\na\n"),
        ("", ""),
    ],
)
def test_text_that_editors_change_is_escaped_and_other_text_is_not(text: str, written: str) -> None:
    assert body(Document("d", text)) == written
    assert read_inline(write_inline(Document("d", text))).text == text


@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(documents(), st.sampled_from(["\n", "\r\n", "\r"]), st.booleans())
def test_a_file_survives_an_editor(document: Document, line_end: str, mark: bool) -> None:
    """Other line ends, a byte order mark, white space trimmed at line ends and a line end more at the end of the file."""
    trimmed = re.sub(r"[^\S\n]+$", "", write_inline(document), flags=re.MULTILINE)
    data = ("\ufeff" * mark + trimmed.replace("\n", line_end) + line_end).encode()
    assert read_inline(data) == document


strings = st.text(st.characters(codec="utf-8"), max_size=6)
given_words = strings | st.sampled_from(["-", "ent", "ev", "text", "T1", "1", "!x", "#1", "+surface", "a:b", "V1:x", "NAV", "a,b"])
words = st.none() | given_words


@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.data())
def test_any_string_in_any_field_comes_back(data: st.DataObject) -> None:
    def some() -> str | None:
        return data.draw(words)

    def sure() -> str:
        return data.draw(given_words)

    def entity() -> Entity:
        return Entity(0, 4, sure(), some(), some(), some(), some(), some(), some())

    def event() -> Event:
        return Event(sure(), Span(0, 4, some()), some(), some(), some(), (Argument(sure(), 0, 4, some(), some(), some(), some()), Argument(sure(), 2, 9)), some(), some())

    speakers = tuple(data.draw(st.lists(strings | st.sampled_from(["a", "-", "!x", "a,b"]), max_size=2)))
    quote = Quote((Span(0, 4), Span(5, 9)), some(), some(), (Span(5, 9),), (Span(0, 4),), speakers, some(), some())
    document = doc(entities=(entity(), entity()), events=(event(), event()), quotes=(quote, quote), boilerplate=(BoilerplateSpan(0, 9, sure(), some(), some()),))
    assert read_inline(write_inline(document)) == document


def test_a_tag_added_by_hand_needs_no_id_and_gets_its_surface_like_the_others() -> None:
    written = write_inline(doc(entities=(KONO,)))
    edited = written.replace("near Bo", "near <GPE NAM bo>Bo</>")
    assert read_inline(edited).entities == (KONO, Entity(23, 25, "GPE", level="NAM", entity="bo", surface="Bo"))


def test_tags_may_be_moved_relabelled_and_deleted() -> None:
    written = write_inline(doc(entities=(KONO, Entity(10, 13, "NUM", surface="two"))))
    edited = written.replace("<NUM>two</>", "two").replace("<PER NAM kono #E1>Kono</> shot", "<MIL NAM kono #E1>Kono shot</>")
    assert read_inline(edited).entities == (Entity(0, 9, "MIL", entity="kono", level="NAM", id="E1", surface="Kono shot"),)


def test_an_event_with_arguments_can_be_written_by_hand_before_or_after_its_arguments() -> None:
    found = read_inline(file_of("<arg 1 ATTACKER kono>Kono</arg> <ev ATTACK #1>shot</ev> <PER NOM men 1:TARGET>two\nmen</PER> near Bo."))
    assert found.events == (
        Event("ATTACK", Span(5, 9, "shot"), arguments=(Argument("ATTACKER", 0, 4, "kono", surface="Kono"), Argument("TARGET", 10, 17, "men", surface="two\nmen"))),
    )


def test_absent_and_empty_layers_stay_apart_and_a_tag_makes_its_layer() -> None:
    found = read_inline(file_of("<boi NAV>Kono</> shot two\nmen near Bo.", head="layers: quotes"))
    assert (found.entities, found.events, found.quotes, len(found.boilerplate or ())) == (None, None, (), 1)


@settings(max_examples=60, deadline=None)
@given(st.permutations(range(5)), st.permutations(range(4)))
def test_any_order_of_annotations_and_parts_is_kept(order: list[int], arguments: list[int]) -> None:
    entities = tuple(Entity(i, i + 2, "X") for i in order)
    event = Event("ATTACK", Span(3, 5), arguments=tuple(Argument("R", i, i + 2) for i in arguments))
    quote = Quote(tuple(Span(i, i + 3) for i in arguments))
    document = doc(entities=entities, events=(event, event), quotes=(quote, quote))
    assert read_inline(write_inline(document)) == document


@pytest.mark.parametrize(
    "tagged, message",
    [
        ("Kono shot three\nmen near Bo.", r"line 6, column 1: the words differ from those that were annotated, first in line 1 of the text"),
        (
            "Kono shot two\nmen nxear Bo.",
            r"line 7, column 6: here stands 'x' \(LATIN SMALL LETTER X\), the original has 'e' \(LATIN SMALL LETTER E\) \(line 2, column 6 of the text\)",
        ),
        ("Kono shot two\nmen <GPE>near</> B.", r"line 7, column 19: here stands '\.' .*, the original has 'o' .*line 2, column 11"),
        ("Kono shot two\n\nmen near Bo.", r"line 7, column 1: here stands '\\n' .*, the original has 'm'"),
        ("Kono shot two men near Bo.", r"line 6, column 14: here stands ' ' \(SPACE\), the original has '\\n'"),
        ("Kono shot two\nmen near", r"line 7, column 1: the words differ .* line 2 of the text"),
        ("Kono\u00a0shot two\nmen near Bo.", r"line 6, column 5: here stands '\\xa0' \(NO-BREAK SPACE\), the original has ' ' \(SPACE\)"),
    ],
)
def test_changed_words_are_refused_with_their_place(tagged: str, message: str) -> None:
    with pytest.raises(DocumentError, match=f"my.inline.txt, {message}"):
        read_inline(file_of(tagged), where="my.inline.txt")


def test_with_the_original_at_hand_the_first_changed_character_is_named() -> None:
    with pytest.raises(DocumentError, match=r"line 6, column 18: here stands 'h' .* the original has 'w' .*line 1, column 12 of the text"):
        read_inline(file_of("<A>Ko</>no shot three\nmen near Jo."), TEXT)
    assert read_inline(file_of("<A>Ko</>no shot two\nmen near Bo."), TEXT).entities == (Entity(0, 2, "A", surface="Ko"),)


@settings(max_examples=60, deadline=None)
@given(documents(), st.data())
def test_no_file_whose_words_were_changed_by_a_character_is_read(document: Document, data: st.DataObject) -> None:
    text = document.text or ""
    at = data.draw(st.integers(0, len(text)))
    new = data.draw(st.sampled_from("ax \u00a0\n<"))
    changed = data.draw(st.sampled_from([text[:at] + new + text[at:], text[:at] + new + text[at + 1 :], text[:at] + text[at + 1 :]]))
    written = write_inline(msgspec.structs.replace(document, text=changed, entities=None, events=None, quotes=None, boilerplate=None))
    original = write_inline(document)
    forged = original.split("\n<text>\n")[0] + "\n<text>\n" + written.split("\n<text>\n")[1].split("\n</text>")[0] + "\n</text>" + original.rsplit("\n</text>", 1)[1]
    if changed == text:
        return
    for given_original in (None, text):
        with pytest.raises(DocumentError, match="tags may change, words may not"):
            read_inline(forged, given_original)


def test_one_changed_character_is_found_by_the_checksums_alone() -> None:
    assert mended("Kono shot tow\nmen near Bo.", text_sha256(TEXT), line_checks(TEXT)) is None
    assert mended("Kono shot two\nmen nar Bo.", text_sha256(TEXT), line_checks(TEXT)) == TEXT
    assert first_difference("abc", "abd") == (2, "here stands 'c' (LATIN SMALL LETTER C), the original has 'd' (LATIN SMALL LETTER D)")
    assert first_difference("ab", "abc") == (2, "the text ends here, the original has 'c' (LATIN SMALL LETTER C)")


REST = " shot two\nmen near Bo."


@pytest.mark.parametrize(
    "tagged, message",
    [
        ("<PER>Kono" + REST, r"line 6, column 1: <PER> is never closed; write </> or </PER> after its last word"),
        ("Kono</>" + REST, r"line 6, column 5: </>: closes a tag, but none is open here"),
        ("<PER>Kono</ORG>" + REST, r"line 6, column 10: </ORG>: no open tag has the reference ORG.*; open here, the last first: PER"),
        ("<PER></>Kono" + REST, r"line 6, column 6: </>: the tag <PER> has no words"),
        ("<>Kono</>" + REST, r"line 6, column 1: <>: ent lacks its label"),
        ("<PER NAM a b>Kono</>" + REST, r"'b' is one word too many; ent takes LABEL LEVEL ENTITY, and subtype=, value=, low=, high=, id=, nth=, surface="),
        ("<PER colour=red>Kono</>" + REST, r"colour= is no field of ent"),
        ("<PER low=few>Kono</>" + REST, r"low=few is no number"),
        ("<PER low=nan>Kono</>" + REST, r"low=nan is no number"),
        ("<PER NAM level=NOM>Kono</>" + REST, r"it has a second level"),
        ("<PER id=a id=b>Kono</>" + REST, r"id= stands there twice"),
        ("<PER #a #b>Kono</>" + REST, r"it has a second reference"),
        ("<PER nth=0>Kono</>" + REST, r"nth=0 is no place"),
        ("<PER #a>Kono</> <PER #a>shot</> two\nmen near Bo.", r"line 6, column 17: <PER #a>: the reference #a is given a second time, first on line 6"),
        ("<PER #?>Kono</>" + REST, r"#\? is no reference"),
        ('<PER "a>Kono</>' + REST, r"a < that opens no whole tag"),
        ('<PER "a"b>Kono</>' + REST, r"cannot be read"),
        ('<PER "\\q">Kono</>' + REST, r"\\q is no escape"),
        ("<PER\n>Kono</>" + REST, r"line 6, column 1: <: a < that opens no whole tag"),
        ("Kono < shot two\nmen near Bo.", r"line 6, column 6: <: a < that opens no whole tag.* a < of the text is written \\<"),
        ("Kono\\q" + REST, r"line 6, column 5: \\q: \\q is no escape"),
        ("Kono\\u{110000}" + REST, r"is no escape"),
        ("Kono\\u{d800}" + REST, r"is no escape"),
        ("<arg V1>Kono</>" + REST, r"arg lacks its role"),
        ("<arg V1 AGENT>Kono</>" + REST, r"line 6, column 1: arg belongs to the event V1, which is not there; give the event's tag the reference #V1"),
        ("<cue Q1>Kono</>" + REST, r"cue belongs to the quote Q1, which is not there"),
        ("<PER V9:AGENT>Kono</>" + REST, r"arg belongs to the event V9"),
        ("<PER :x>Kono</>" + REST, r"':x' is no part"),
        ("<quo - - #Q1>Kono</> <PER Q1:AGENT>shot</> two\nmen near Bo.", r"Q1 is a quote, whose parts are con, cue, src"),
        ("<quo - a,>Kono</>" + REST, r"a, lacks a name beside a comma"),
    ],
)  # fmt: skip
def test_a_bad_tag_is_refused_with_line_column_and_tag(tagged: str, message: str) -> None:
    with pytest.raises(DocumentError, match=message) as caught:
        read_inline(file_of(tagged), where="my.inline.txt")
    assert str(caught.value).startswith("my.inline.txt, line ")


GOOD = file_of("Kono" + REST, head='layers: entities\nmeta.a: 1\nmeta."b c": [null]')


@pytest.mark.parametrize(
    "old, new, message",
    [
        ("conflictnews inline 1", "conflictnews inline 2", "line 1, column 1: is no inline file; the first line is 'conflictnews inline 1'"),
        ("<text>", "<txt>", "is no inline file"),
        ("</text>", "", "the file is cut short: there is no line </text>"),
        ("doc_id: d", "", "the head lacks its doc_id"),
        ("doc_id: d", "doc_id: ../d", "could be a path"),
        ("doc_id: d", 'doc_id: "d', "doc_id: no JSON"),
        ("text_sha256: ", "sha: ", "line 3, column 1: 'sha: .* is no line of the head"),
        (text_sha256(TEXT), "00", "the words are not those that were annotated"),
        ("layers: entities", "layers: entitys", "no layer is called 'entitys'; the layers are entities, events, quotes, boilerplate"),
        ("layers: entities", "layers: entities\nlayers: events", "stands there twice"),
        ("layers: entities", "surfaces: some", "surfaces are given or absent, not 'some'"),
        ("meta.a: 1", "meta.a: {", "line 5, column 1: meta.a: no JSON"),
        ("meta.a: 1", "meta.a: NaN", "NaN is no number of JSON"),
        ("meta.a: 1", "meta.a: 1\nmeta.a: 2", "meta.a stands there twice"),
        ("meta.a: 1", "meta.: 1", "is no metadata"),
        ("meta.a: 1", "meta.a: " + "[" * 100000, "nested too deeply|no JSON"),
        ("lines: ", "lines: x", "stands after </text>, where only the checksums of the lines are"),
    ],
)  # fmt: skip
def test_a_bad_head_or_foot_is_refused(old: str, new: str, message: str) -> None:
    assert read_inline(GOOD).meta == {"a": 1, "b c": [None]}
    with pytest.raises(DocumentError, match=message):
        read_inline(GOOD.replace(old, new, 1))


@settings(max_examples=200, deadline=None)
@given(st.data())
def test_a_damaged_file_is_read_or_refused_and_never_crashes(data: st.DataObject) -> None:
    written = write_inline(doc(entities=(KONO,), quotes=(Quote((Span(0, 4), Span(5, 9)), "Q1", cue=(Span(2, 7),)),)))
    at, length = data.draw(st.integers(0, len(written))), data.draw(st.integers(0, 40))
    damaged = written[:at] + data.draw(strings) + written[at + length :]
    try:
        found = read_inline(damaged)
    except DocumentError:
        return
    assert found.text == TEXT


@pytest.mark.parametrize(
    "data, message", [(b"\xff\xfe\x00", "not valid UTF-8|UTF-16"), (b"", "is no inline file"), ("conflictnews inline 1\n<text>\n\ud800\n</text>", "surrogate")]
)
def test_other_data_is_refused(data: bytes | str, message: str) -> None:
    with pytest.raises(DocumentError, match=message):
        read_inline(data)


@pytest.mark.parametrize(
    "document, message",
    [
        (Document("d"), "has no text"),
        (Document("d", "\ud800"), "surrogate"),
        (Document("d", "abc", entities=(Entity(2, 9, "X"),)), "ends past the text"),
        (Document("d", "abc", entities=(Entity(1, 1, "X"),)), "is empty"),
        (Document("d", "abc", entities=(Entity(0, 1, "X", low=math.inf),)), "low is inf"),
        (Document("d", "abc", meta={"a": math.nan}), "not JSON compliant"),
        (Document("d", "abc", meta={"a": {1}}), "not JSON serializable"),
    ],
)
def test_what_cannot_be_written_is_refused(document: Document, message: str, tmp_path: Path) -> None:
    with pytest.raises(ConflictNewsError, match=message):
        write([document], tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_files_and_folders(tmp_path: Path) -> None:
    pages = [Document("b", "x"), Document("a", "y")]
    write(pages, tmp_path / "out")
    assert sorted(p.name for p in (tmp_path / "out").iterdir()) == ["a.inline.txt", "b.inline.txt"]
    assert list(read(tmp_path / "out")) == pages[::-1]
    write(pages[:1], tmp_path / "one.inline.txt")
    assert list(read(tmp_path / "one.inline.txt")) == pages[:1]
    write(pages[:1], tmp_path / "out" / "again.inline.txt")
    for path, message in [(tmp_path / "out", "the doc_id b comes twice, first in"), (tmp_path / "none", "no such file"), (tmp_path, None)]:
        if message:
            with pytest.raises(DocumentError, match=message):
                list(read(path))
    with pytest.raises(DocumentError, match="holds one document, there are 2"):
        write(pages, tmp_path / "two.inline.txt")
    (tmp_path / "empty").mkdir()
    with pytest.raises(DocumentError, match=r"holds no \.inline\.txt file"):
        list(read(tmp_path / "empty"))


def test_the_example_of_the_guideline_page_is_what_is_written() -> None:
    page = (ROOT / "annotation_guidelines" / "inline.md").read_text(encoding="utf-8")
    example = page.split("```\n")[1]
    document = read_inline(example)
    assert write_inline(document) == example
    assert [len(document.layer(name) or ()) for name in LAYERS] == [9, 1, 2, 1]
    assert document.events is not None
    assert [a.role for a in document.events[0].arguments] == ["TAKER", "TERRITORY"]


def test_ordinary_pages_are_hardly_escaped_and_mentions_look_simple() -> None:
    page = load_corpus("train")[0]
    bare = re.sub(r"<[^>]*>", "", body(page))
    assert bare.replace("\\~", "\u00a0") == page.text
    assert "<MIL.nonstate_armed_group NAM baz_siklon #E10 V3:FORCE>Baz Siklòn</>" in body(page)

"""The annotation sheet: rows find their place in the text, or say why not."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from conflictnews.corpus import load_corpus
from conflictnews.errors import AlignmentError
from conflictnews.io.sheet import compile_sheet, write_sheet
from conflictnews.model import BoilerplateSpan, Document, Entity, text_sha256

TEXT = "Menu | News\nKIDAL, 3 May (KNA) — Turkish-backed men shot\ntwo men near Kidal on 3 May.\n\n“Nobody came,” said Mayor\u00a0Aru Tolva. “Nobody.”\n\n“They ran.\n\n“All of them ran.”"


def compiled(*rows: str) -> Document:
    document, problems = compile_sheet("d", TEXT, rows)
    assert problems == []
    return document


def problem(row: str, *before: str) -> str:
    _, problems = compile_sheet("d", TEXT, [*before, row])
    assert len(problems) == 1
    return str(problems[0])


def test_rows_become_annotations_in_text_order_with_ids() -> None:
    document = compiled(
        "# a comment",
        "",
        "ent | 3 | two | NUM.casualty | VAL | - | low=2 high=2",
        "ent | 2 | Turkish | NORP | NAM | turkey",
        "ent | 2-3#1 | men | MIL.nonstate_armed_group | NOM | men",
        "ev | 2 | shot | ATTACK.shooting | e1 | claimed mayor",
        "arg | 2-3#1 | men | ATTACKER | denied mayor",
        "quo | DIRECT | mayor | id=Qx",
        "con | 5 | “Nobody came,”",
        "con | 5 | “Nobody.”",
        "cue | 5 | said",
        "src | 5 | Mayor Aru Tolva",
        "quo | DIRECT | !implicit | id=Qy parent=Qx",
        "con | 7 | “They >> them ran.”",
        "boi | 1 | NAV",
        "boi | 2 | DATELINE | KIDAL, 3 May (KNA) —",
    )
    assert [(e.id, e.surface, e.subtype, e.entity, e.low) for e in document.entities or ()] == [
        ("E1", "Turkish", None, "turkey", None),
        ("E2", "men", "nonstate_armed_group", "men", None),
        ("E3", "two", "casualty", "E3", 2),
    ]
    (event,) = document.events or ()
    assert (event.label, event.subtype, event.event, event.factuality, event.source) == ("ATTACK", "shooting", "e1", "claimed", "mayor")
    assert [(a.role, a.entity, a.status, a.source) for a in event.arguments] == [("ATTACKER", "men", "denied", "mayor")]
    first, second = document.quotes or ()
    assert [s.surface for s in first.content] == ["“Nobody came,”", "“Nobody.”"]
    assert first.source[0].surface == "Mayor\u00a0Aru Tolva"
    assert (first.speakers, second.speakers, second.speaker_reason, second.parent) == (("mayor",), (), "implicit", "Q1")
    assert second.content[0].surface == "“They ran.\n\n“All of them ran.”"
    assert [b.surface for b in document.boilerplate or ()] == ["Menu | News", "KIDAL, 3 May (KNA) —"]


@pytest.mark.parametrize(
    "row, message",
    [
        ("ent | 2 | Tuareg | NORP | NAM | t", "row 1: 'Tuareg' does not start on line 2; it stands nowhere in the text"),
        ("ent | 3 | Turkish | NORP | NAM | t", "row 1: 'Turkish' does not start on line 3; it stands on line 2"),
        ("ent | 2 | Turk | NORP | NAM | t", "row 1: 'Turk' does not start on line 2; it stands nowhere in the text"),
        ("ent | 5 | Nobody | PER | PRO | n", "row 1: 'Nobody' starts 2 times on line 5; say which, as in 5#1"),
        ("ent | 5#3 | Nobody | PER | PRO | n", "row 1: 'Nobody' starts 2 times on line 5#3, not 3"),
        ("ent | 99 | x | PER | PRO | n", "row 1: there is no line 99-99: the text has lines 1 to 9"),
        ("ent | two | x | PER | PRO | n", "row 1: 'two' is no address"),
        ("ent | 3 | two", "row 1: ent has 2 fields after it; it takes 4 to 7"),
        ("ent | 3 | two | NUM | VAL | - | kind=x", "row 1: an entity has no kind"),
        ("ent | 3 | two | NUM | VAL | - | low=few", "row 1: could not convert string to float"),
        ("entity | 3 | two", "row 1: 'entity' opens no row; rows open with ent, ev, arg"),
        ("arg | 3 | two | COUNT", "row 1: a arg row must follow its ev row"),
        ("quo | DIRECT | m", "row 1: a quo row must be followed by a con row"),
        ("boi | 4 | NAV", "row 1: line 4 is blank"),
        ("boi | x | NAV", "row 1: 'x' is no range of lines"),
    ],
)
def test_a_row_that_cannot_be_used_says_why(row: str, message: str) -> None:
    assert problem(row).startswith(message)


def test_a_quote_whose_content_cannot_be_placed_is_told_with_every_other_problem() -> None:
    _, problems = compile_sheet("d", TEXT, ["quo | DIRECT | m", "con | 5 | no such words", "ent | 2 | Nowhere | GPE | NAM | n"])
    assert [str(p).split(":")[0] for p in problems] == ["row 2", "row 3", "row 1"]
    assert "none of its con rows could be placed" in str(problems[-1])


def test_a_parent_must_be_a_quote_of_the_sheet() -> None:
    assert "parent=Q9 is no quote" in problem("con | 5 | “Nobody.”", "quo | DIRECT | m | id=Q1 parent=Q9")


@pytest.mark.parametrize("split", ["train", "dev", "test"])
def test_the_corpus_survives_the_sheet(split: str) -> None:
    for document in load_corpus(split):
        back, problems = compile_sheet(document.doc_id, document.text or "", write_sheet(document).split("\n"), meta=document.meta)
        assert problems == []
        assert back == document


words = st.lists(st.sampled_from(["Kidal", "KIDAL", "men", "3", "May", "😀", "a.b", "é", "|", "“x”"]), min_size=1, max_size=12)


@settings(deadline=None)
@given(words, st.lists(st.sampled_from([" ", "\n", "\n\n", "\u00a0"]), min_size=11, max_size=11), st.data())
def test_any_span_of_whole_words_survives_the_sheet(tokens: list[str], gaps: list[str], data: st.DataObject) -> None:
    text, starts = "", []
    for token, gap in zip(tokens, gaps, strict=False):
        starts.append((len(text), len(text) + len(token)))
        text += token + gap
    i = data.draw(st.integers(0, len(starts) - 1))
    j = data.draw(st.integers(i, len(starts) - 1))
    if "|" in tokens[i : j + 1]:  # the separator of the sheet's own fields
        return
    start, end = starts[i][0], starts[j][1]
    entity = Entity(start=start, end=end, label="PER", id="E1", level="NAM", entity="x", surface=text[start:end])
    document = Document(doc_id="d", text=text, text_sha256=text_sha256(text), entities=(entity,), events=(), quotes=(), boilerplate=())
    back, problems = compile_sheet("d", text, write_sheet(document).split("\n"))
    assert (problems, back) == ([], document)


def test_occurrences_that_overlap_are_counted_each() -> None:
    document = Document(doc_id="d", text="a a a", entities=(Entity(start=2, end=5, label="PER", level="NAM", entity="x"),))
    assert write_sheet(document) == "ent | 1#2 | a a | PER | NAM | x\n"


def test_words_with_a_bar_between_are_addressed_by_their_ends() -> None:
    text = "Friday, 2 May | 20:41\n"
    document = Document(
        doc_id="d",
        text=text,
        text_sha256=text_sha256(text),
        entities=(Entity(start=0, end=21, label="TIME", id="E1", entity="E1", surface=text[:21]),),
        events=(),
        quotes=(),
        boilerplate=(),
    )
    assert "Friday, 2 May >> 20:41" in write_sheet(document)
    assert [(e.start, e.end) for e in compile_sheet("d", text, write_sheet(document).split("\n"))[0].entities or ()] == [(0, 21)]


def test_a_span_that_cuts_a_word_cannot_be_written() -> None:
    document = Document(doc_id="d", text="Kidal", entities=(Entity(start=1, end=3, label="PER"),))
    with pytest.raises(AlignmentError, match="whole words"):
        write_sheet(document)
    with pytest.raises(AlignmentError, match="needs the text"):
        write_sheet(msgspec.structs.replace(document, text=None))


def test_a_block_of_furniture_is_addressed_by_its_lines() -> None:
    document = Document(doc_id="d", text="a\nb\n\nc\n", boilerplate=(BoilerplateSpan(start=0, end=3, label="NAV"),))
    assert write_sheet(document) == "boi | 1-2 | NAV\n"

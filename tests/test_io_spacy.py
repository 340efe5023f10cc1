"""DocBin: what stands where, what an edit becomes, what others' files give. (That documents come back identical is tested in test_formats.)"""

from __future__ import annotations

import json
import random
import subprocess
import sys
import zlib
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from msgspec.structs import replace
from spacy.tokens import Doc, DocBin, Span
from spacy.vocab import Vocab

from builders import event, quote
from conflictnews import load_corpus
from conflictnews.errors import ConflictNewsError, DocumentError
from conflictnews.io import spacy as docbin
from conflictnews.model import Argument, BoilerplateSpan, Document, Entity, Event, Quote, text_sha256
from conflictnews.model import Span as Place
from strategies import documents

#       0         1         2         3         4         5
#       0123456789012345678901234567890123456789012345678901234567
TEXT = "Kono army raided Tal. “We won,” said Ada.\n\nDonate now\n"
PAGE = Document(
    doc_id="p-1",
    text=TEXT,
    meta={"n": [1, {"deep": None}]},
    entities=(
        Entity(0, 9, "MIL", id="T1", level="NOM", entity="kono-army", surface="Kono army"),
        Entity(0, 4, "GPE", id="T2", level="NAM", entity="kono"),
        Entity(17, 20, "GPE", id="T3", level="NAM", entity="tal"),
        Entity(37, 40, "PER", id="T4", level="NAM", entity="ada"),
    ),
    events=(
        Event(
            "ATTACK",
            Place(10, 16, "raided"),
            id="E1",
            subtype="raid",
            arguments=(Argument("ATTACKER", 0, 9, entity="kono-army"), Argument("TARGET", 17, 20)),
            factuality="asserted",
        ),
    ),
    quotes=(Quote((Place(22, 31),), id="Q1", type="DIRECT", cue=(Place(32, 36),), source=(Place(37, 40),), speakers=("ada",)),),
    boilerplate=(BoilerplateSpan(43, 53, "DONATE", id="B1"),),
)
TOKENIZE = docbin.tokenizer()


def rows(doc: Any, group: str) -> list[tuple[str, str, str, str]]:
    return [(s.text, s.label_, s.kb_id_, s.id_) for s in doc.spans[group]]


def saved(path: Path, *docs: Any, user_data: bool = True) -> Path:
    DocBin(store_user_data=user_data, docs=docs).to_disk(path)
    return path


def reread(tmp_path: Path, doc: Any) -> Document:
    (found,) = docbin.read(saved(tmp_path / "edited.spacy", doc))
    return found


def test_entities_are_the_outermost_mentions_and_groups_hold_everything() -> None:
    doc = docbin.to_doc(PAGE, TOKENIZE)
    assert [(e.text, e.label_, e.kb_id_, e.ent_id_) for e in doc.ents] == [("Kono army", "MIL", "kono-army", "T1"), ("Tal", "GPE", "tal", "T3"), ("Ada", "PER", "ada", "T4")]
    assert rows(doc, "entities")[1] == ("Kono", "GPE", "kono", "T2")
    assert rows(doc, "events") == [("raided", "ATTACK", "E1", "trigger"), ("Kono army", "ATTACKER", "E1", "argument"), ("Tal", "TARGET", "E1", "argument")]
    assert rows(doc, "quotes") == [("“We won,”", "content", "Q1", ""), ("said", "cue", "Q1", ""), ("Ada", "source", "Q1", "")]
    assert rows(doc, "boilerplate") == [("Donate now", "DONATE", "", "B1")]
    assert doc.user_data["doc_id"] == "p-1"


@pytest.mark.parametrize("ranges, kept", [
    ([], []),
    ([(0, 2), (2, 3)], [0, 1]),
    ([(0, 1), (0, 2), (1, 2)], [1]),
    ([(0, 2), (1, 3)], [0]),
    ([(1, 2), (1, 2)], [0]),
    ([(0, 1), (3, 4), (1, 4)], [0, 2]),
])  # fmt: skip
def test_of_overlapping_mentions_the_longer_and_then_the_earlier_is_outermost(ranges: list[tuple[int, int]], kept: list[int]) -> None:
    assert docbin.outermost(ranges) == kept


@pytest.mark.parametrize("text, start, end, expand, contract, strict", [
    ("the army won", 4, 8, "army", "army", "army"),
    ("a U.S.-backed force", 2, 6, "U.S.-backed", None, None),
    ("seen 17.Reuters said so", 8, 15, "17.Reuters", None, None),
    ("so (AP)-Russia said", 8, 14, "AP)-Russia", None, None),
    ("the army won", 2, 8, "the army", "army", None),
    ("the army won", 3, 9, "army", "army", None),
    ("the army won", 3, 4, None, None, None),
    ("no\u2028line", 2, 3, "\u2028", "\u2028", "\u2028"),
])  # fmt: skip
def test_an_edge_inside_a_token_takes_it_in_or_leaves_it_out_or_leaves_out_the_span(
    text: str, start: int, end: int, expand: str | None, contract: str | None, strict: str | None
) -> None:
    doc = TOKENIZE(text)
    found = {a: docbin.Tokens(doc).place(start, end, a) for a in docbin.ALIGNMENTS}
    assert {a: place and doc[place[0] : place[1]].text for a, place in found.items()} == {"expand": expand, "contract": contract, "strict": strict}


@pytest.mark.parametrize("alignment, gpe, nothing", [("expand", (0, 1, 1), (0, 0, 1)), ("contract", (0, 0, 2), (0, 0, 1)), ("strict", (0, 0, 2), (0, 0, 1))])
def test_the_report_counts_what_moves(alignment: str, gpe: tuple[int, int, int], nothing: tuple[int, int, int]) -> None:
    document = Document(doc_id="d", text="a U.S.-backed force", entities=(Entity(2, 6, "GPE"), Entity(1, 2, "GPE")), events=(), boilerplate=(BoilerplateSpan(1, 2, "AD"),))
    report = docbin.alignment_report([document], alignment=alignment)
    assert (report["entities"], report["boilerplate"], report["events"]) == (docbin.Placement(*gpe), docbin.Placement(*nothing), docbin.Placement())


def test_most_of_the_corpus_lies_on_tokens() -> None:
    report = docbin.alignment_report(load_corpus("test"))
    assert all(p.left_out == 0 for p in report.values())
    assert all(p.moved <= 0.05 * (p.exact + p.moved) for p in report.values())


@pytest.mark.parametrize("alignment", docbin.ALIGNMENTS)
def test_the_exact_offsets_come_back_whatever_the_alignment(tmp_path: Path, alignment: str) -> None:
    document = Document(
        doc_id="d",
        text="a U.S.-backed force",
        entities=(Entity(2, 6, "GPE"), Entity(1, 2, "GPE")),
        events=(event("ATTACK", 3, 5, ("PLACE", 1, 2)),),
        quotes=(quote((1, 2), (7, 9)),),
    )
    docbin.write([document], tmp_path / "a.spacy", alignment=alignment)
    assert list(docbin.read(tmp_path / "a.spacy")) == [document]


def test_the_same_documents_give_the_same_bytes(tmp_path: Path) -> None:
    for name in ("a", "b"):
        docbin.write([PAGE], tmp_path / name)
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()


def test_a_file_opens_in_spacy_where_conflictnews_is_not_installed(tmp_path: Path) -> None:
    docbin.write([PAGE], tmp_path / "a.spacy")
    code = """
import json, sys
sys.modules["conflictnews"] = None
import spacy
from spacy.tokens import DocBin
(doc,) = DocBin().from_disk(sys.argv[1]).get_docs(spacy.blank("en").vocab)
data = json.loads(doc.user_data["conflictnews"])
print(json.dumps([doc.text, [e.text for e in doc.ents], {k: len(g) for k, g in doc.spans.items()}, data["document"]["events"][0]["factuality"]]))
"""
    done = subprocess.run([sys.executable, "-c", code, tmp_path / "a.spacy"], capture_output=True, text=True, check=True)
    assert json.loads(done.stdout) == [TEXT, ["Kono army", "Tal", "Ada"], {"entities": 4, "events": 3, "quotes": 3, "boilerplate": 1}, "asserted"]


def without(doc: Any, group: str, *numbers: int) -> None:
    doc.spans[group] = [s for i, s in enumerate(doc.spans[group]) if i not in numbers]


def with_span(doc: Any, group: str, start: int, end: int, label: str, **ids: str) -> None:
    doc.spans[group] = [*doc.spans[group], doc.char_span(start, end, label=label, **ids)]


def delete_inner_mention(doc: Any) -> None:
    without(doc, "entities", 1)


def delete_outer_entity(doc: Any) -> None:
    doc.ents = [e for e in doc.ents if e.text != "Kono army"]


def add_entity(doc: Any) -> None:
    doc.ents = [*doc.ents, doc.char_span(26, 29, label="NORP", kb_id="winners")]


def relabel_entity(doc: Any) -> None:
    doc.ents = [Span(doc, e.start, e.end, label="LOC" if e.text == "Tal" else e.label_, kb_id=e.kb_id_, span_id=e.id_) for e in doc.ents]


def relabel_entity_without_ids(doc: Any) -> None:
    doc.ents = [Span(doc, e.start, e.end, label="LOC" if e.text == "Tal" else e.label_) for e in doc.ents]


def relabel_mention_without_ids(doc: Any) -> None:
    without(doc, "entities", 1)
    with_span(doc, "entities", 0, 4, "LOC")


def move_entity(doc: Any) -> None:
    doc.ents = [doc.char_span(0, 16, label="MIL", span_id="T1", kb_id="kono-army") if e.text == "Kono army" else e for e in doc.ents]


def move_mention(doc: Any) -> None:
    without(doc, "entities", 0, 1)
    with_span(doc, "entities", 0, 16, "MIL", span_id="T1", kb_id="kono-army")
    with_span(doc, "entities", 0, 4, "GPE")


def link_entity(doc: Any) -> None:
    doc.ents = [Span(doc, e.start, e.end, label=e.label_, kb_id="Q42" if e.text == "Ada" else e.kb_id_) for e in doc.ents]


def reorder(doc: Any) -> None:
    for group in list(doc.spans):
        doc.spans[group] = list(doc.spans[group])[::-1]


def drop_layer(doc: Any) -> None:
    del doc.spans["boilerplate"]


def empty_layer(doc: Any) -> None:
    doc.spans["boilerplate"] = []


def add_argument(doc: Any) -> None:
    with_span(doc, "events", 37, 40, "PLACE", kb_id="E1")


def delete_argument(doc: Any) -> None:
    without(doc, "events", 1)


def move_trigger(doc: Any) -> None:
    without(doc, "events", 0)
    with_span(doc, "events", 10, 20, "ATTACK", kb_id="E1", span_id="trigger")


def relabel_trigger(doc: Any) -> None:
    without(doc, "events", 0)
    with_span(doc, "events", 10, 16, "CLASH", kb_id="E1", span_id="trigger")


def add_events(doc: Any) -> None:
    with_span(doc, "events", 26, 29, "KILL")
    with_span(doc, "events", 32, 36, "DEMAND", kb_id="E9")
    with_span(doc, "events", 37, 40, "SPEAKER", kb_id="E9")


def delete_event(doc: Any) -> None:
    doc.spans["events"] = []


def widen_source(doc: Any) -> None:
    without(doc, "quotes", 2)
    with_span(doc, "quotes", 37, 41, "source", kb_id="Q1")


def add_quote(doc: Any) -> None:
    with_span(doc, "quotes", 0, 9, "INDIRECT")


def second_content(doc: Any) -> None:
    with_span(doc, "quotes", 0, 9, "content", kb_id="Q1")


def relabel_block(doc: Any) -> None:
    doc.spans["boilerplate"] = [Span(doc, s.start, s.end, label="AD", span_id=s.id_) for s in doc.spans["boilerplate"]]


ARMY, KONO, TAL, ADA = PAGE.entities or ()
(RAID,) = PAGE.events or ()
(WON,) = PAGE.quotes or ()
EDITS: dict[Callable[[Any], None], dict[str, Any]] = {
    reorder: {},
    delete_inner_mention: {"entities": (ARMY, TAL, ADA)},
    delete_outer_entity: {"entities": (TAL, ADA)},
    add_entity: {"entities": (ARMY, KONO, TAL, ADA, Entity(26, 29, "NORP", entity="winners"))},
    relabel_entity: {"entities": (ARMY, KONO, replace(TAL, label="LOC"), ADA)},
    relabel_entity_without_ids: {"entities": (ARMY, KONO, replace(TAL, label="LOC"), ADA)},  # spaCy keeps the id on the token
    relabel_mention_without_ids: {"entities": (ARMY, TAL, ADA, Entity(0, 4, "LOC"))},
    move_mention: {"entities": (Entity(0, 16, "MIL", id="T1", level="NOM", entity="kono-army"), KONO, TAL, ADA)},
    move_entity: {"entities": (Entity(0, 16, "MIL", id="T1", level="NOM", entity="kono-army"), KONO, TAL, ADA)},
    link_entity: {"entities": (ARMY, KONO, TAL, replace(ADA, entity="Q42"))},
    drop_layer: {"boilerplate": None},
    empty_layer: {"boilerplate": ()},
    relabel_block: {"boilerplate": (BoilerplateSpan(43, 53, "AD", id="B1"),)},
    add_argument: {"events": (replace(RAID, arguments=(*RAID.arguments, Argument("PLACE", 37, 40))),)},
    delete_argument: {"events": (replace(RAID, arguments=RAID.arguments[1:]),)},
    move_trigger: {"events": (replace(RAID, trigger=Place(10, 20)),)},
    relabel_trigger: {"events": (replace(RAID, label="CLASH"),)},
    add_events: {"events": (RAID, Event("DEMAND", Place(32, 36), id="E9", arguments=(Argument("SPEAKER", 37, 40),)), Event("KILL", Place(26, 29)))},
    delete_event: {"events": ()},
    widen_source: {"quotes": (replace(WON, source=(Place(37, 41),)),)},
    add_quote: {"quotes": (WON, Quote((Place(0, 9),), type="INDIRECT"))},
    second_content: {"quotes": (replace(WON, content=(Place(22, 31), Place(0, 9))),)},
}


@pytest.mark.parametrize("edit", EDITS, ids=lambda edit: edit.__name__)
def test_what_was_edited_in_spacy_comes_back_and_nothing_else_changes(edit: Callable[[Any], None], tmp_path: Path) -> None:
    doc = docbin.to_doc(PAGE, TOKENIZE)
    edit(doc)
    assert reread(tmp_path, doc) == replace(PAGE, **EDITS[edit])


def some_edit(doc: Any, dice: random.Random) -> dict[str, Counter[tuple[int, int, str]]]:
    """Delete and add spans of every group, as far as whole documents remain; gives what then stands there."""
    for name, group in list(doc.spans.items()):
        dropped = {span.kb_id_ for span in group if dice.random() < 0.3}
        needed = {"trigger", ""} if name == "events" else set()
        kept = []
        for span in group:
            whole = span.id_ in needed if name == "events" else span.label_ == "content"
            gone = (span.kb_id_ in dropped or (not whole and dice.random() < 0.3)) if name in ("events", "quotes") else dice.random() < 0.3
            kept += [] if gone else [span]
        if len(doc) and dice.random() < 0.7:
            first = dice.randrange(len(doc))
            kept.insert(dice.randrange(len(kept) + 1), Span(doc, first, dice.randrange(first, len(doc)) + 1, label="content" if name == "quotes" else "NEW"))
        doc.spans[name] = kept
    return standing(doc)


def standing(doc: Any) -> dict[str, Counter[tuple[int, int, str]]]:
    return {name: Counter((s.start, s.end, s.label_) for s in group) for name, group in doc.spans.items()}


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(document=documents(), seed=st.integers(0, 2**32))
def test_the_spans_of_an_edited_doc_are_those_that_are_written_next_time(document: Document, seed: int) -> None:
    doc = docbin.to_doc(document, TOKENIZE)
    expected = some_edit(doc, random.Random(seed))
    again = docbin.from_doc(doc)
    assert standing(docbin.to_doc(again, TOKENIZE)) == expected
    assert docbin.from_doc(docbin.to_doc(again, TOKENIZE)) == again


def test_a_mention_that_no_token_holds_outlives_an_edit_of_its_layer(tmp_path: Path) -> None:
    document = Document(doc_id="d", text="one two", entities=(Entity(3, 4, "LOC"), Entity(0, 3, "NUM")))
    doc = docbin.to_doc(document, TOKENIZE)
    doc.spans["entities"], doc.ents = [], []
    assert reread(tmp_path, doc).entities == (Entity(3, 4, "LOC"),)


def test_an_id_changed_in_spacy_renames_the_document(tmp_path: Path) -> None:
    doc = docbin.to_doc(PAGE, TOKENIZE)
    doc.user_data["doc_id"] = "p-2"
    assert reread(tmp_path, doc) == replace(PAGE, doc_id="p-2")


def foreign(text: str = TEXT) -> Any:
    return TOKENIZE(text)


def test_a_file_by_others_gives_documents_from_entities_and_span_groups(tmp_path: Path) -> None:
    doc = foreign()
    doc.ents = [doc.char_span(0, 9, label="ORG"), doc.char_span(17, 20, label="City")]
    doc.spans["entities"] = [doc.char_span(0, 4, label="GPE"), doc.char_span(17, 20, label="City", kb_id="tal", span_id="x")]
    doc.spans["quotes"] = [doc.char_span(22, 31, label="content"), doc.char_span(37, 40, label="source")]
    doc.spans["sc"] = [doc.char_span(0, 4, label="A")]
    (found,) = docbin.read(saved(tmp_path / "theirs.spacy", doc))
    assert found == Document(
        doc_id="theirs-0001",
        text=TEXT,
        meta={"spacy_spans": {"sc": [[0, 4, "A"]]}},
        entities=(Entity(0, 4, "GPE"), Entity(17, 20, "City", id="x", entity="tal"), Entity(0, 9, "ORG")),
        quotes=(Quote((Place(22, 31),), source=(Place(37, 40),)),),
    )


@pytest.mark.parametrize("annotated, expected", [(False, None), (True, ())])
def test_a_doc_without_entity_annotation_did_not_attempt_them_and_one_with_none_found_nothing(annotated: bool, expected: Any, tmp_path: Path) -> None:
    doc = foreign()
    if annotated:
        doc.ents = []
    (found,) = docbin.read(saved(tmp_path / "a.spacy", doc, user_data=False))
    assert (found.entities, found.events) == (expected, None)


def test_an_argument_that_names_no_event_goes_to_the_nearest_trigger_that_takes_its_role(tmp_path: Path) -> None:
    doc = foreign()
    doc.spans["events"] = [
        doc.char_span(*span, label=label) for label, span in {"ATTACK": (10, 16), "DEMAND": (32, 36), "SPEAKER": (0, 4), "TARGET": (37, 40), "PLACE": (37, 40)}.items()
    ]
    (found,) = docbin.read(saved(tmp_path / "a.spacy", doc))
    assert found.events == (event("ATTACK", 10, 16, ("TARGET", 37, 40)), event("DEMAND", 32, 36, ("SPEAKER", 0, 4), ("PLACE", 37, 40)))


def orphan_argument(doc: Any) -> None:
    doc.spans["events"] = [doc.char_span(0, 4, label="ATTACKER")]


def orphan_cue(doc: Any) -> None:
    doc.spans["quotes"] = [doc.char_span(32, 36, label="cue")]


def trigger_gone(doc: Any) -> None:
    without(doc, "events", 0)


def two_triggers(doc: Any) -> None:
    with_span(doc, "events", 0, 4, "KILL", kb_id="E1")


def content_gone(doc: Any) -> None:
    without(doc, "quotes", 0)


def other_text(doc: Any) -> None:
    doc.user_data["conflictnews"] = docbin.to_doc(Document(doc_id="x", text="Other."), TOKENIZE).user_data["conflictnews"]


def cut_record(doc: Any) -> None:
    doc.user_data["conflictnews"] = doc.user_data["conflictnews"][:50]


def number_for_record(doc: Any) -> None:
    doc.user_data["conflictnews"] = 7


def rows_lost(doc: Any) -> None:
    doc.user_data["conflictnews"] = json.dumps({"document": {"doc_id": "p-1", "entities": [{"start": 0, "end": 1, "label": "A"}]}, "text_sha256": text_sha256(TEXT), "placed": {}})


def number_for_id(doc: Any) -> None:
    doc.user_data["doc_id"] = 12


def path_for_id(doc: Any) -> None:
    doc.user_data["doc_id"] = "../up"


REFUSED = {
    orphan_argument: "argument ATTACKER at 0-4 stands in a document without a trigger; add its event, or delete it",
    orphan_cue: "the cue at 32-36 stands in a document without a quote",
    trigger_gone: "the event E1 has 0 triggers; it needs one",
    two_triggers: "the event E1 has 2 triggers",
    content_gone: "the quote Q1 has a cue or a source and no content",
    other_text: "was written for another text; delete it",
    cut_record: "is damaged .*; delete it to read the entities and spans alone",
    number_for_record: "is damaged",
    rows_lost: "was written for other annotations",
    number_for_id: "is 12; an id is a string",
    path_for_id: "could be a path",
}


@pytest.mark.parametrize("edit", REFUSED, ids=lambda edit: edit.__name__)
def test_what_makes_no_document_is_refused_with_its_place(edit: Callable[[Any], None], tmp_path: Path) -> None:
    doc = docbin.to_doc(PAGE, TOKENIZE)
    edit(doc)
    with pytest.raises(DocumentError, match=rf"edited\.spacy, document 1: .*{REFUSED[edit]}"):
        reread(tmp_path, doc)


def test_a_doc_id_may_come_once(tmp_path: Path) -> None:
    doc = docbin.to_doc(PAGE, TOKENIZE)
    with pytest.raises(DocumentError, match="document 2: the doc_id p-1 comes twice"):
        list(docbin.read(saved(tmp_path / "a.spacy", doc, doc)))


@pytest.mark.parametrize("data", [b"", b"plain text", zlib.compress(b"\x00"), zlib.compress(b"\x80")])
def test_what_is_no_docbin_is_refused(data: bytes, tmp_path: Path) -> None:
    (tmp_path / "a.spacy").write_bytes(data)
    with pytest.raises(DocumentError, match=r"a\.spacy: is no DocBin, or a damaged one"):
        list(docbin.read(tmp_path / "a.spacy"))
    with pytest.raises(DocumentError, match="cannot be read"):
        list(docbin.read(tmp_path / "none.spacy"))


def test_a_damaged_file_is_read_or_refused_and_never_a_crash(tmp_path: Path) -> None:
    docbin.write([PAGE], tmp_path / "a.spacy")
    whole = zlib.decompress((tmp_path / "a.spacy").read_bytes())
    dice, refused = random.Random(7), 0
    for _ in range(150):
        data = bytearray(whole)
        for _ in range(dice.choice([1, 1, 4])):
            data[dice.randrange(len(data))] = dice.randrange(256)
        (tmp_path / "b.spacy").write_bytes(zlib.compress(bytes(data[: dice.choice([len(data), len(data), dice.randrange(len(data))])])))
        try:
            list(docbin.read(tmp_path / "b.spacy"))
        except ConflictNewsError:
            refused += 1
    assert refused > 50


@pytest.mark.parametrize("document, message", [
    (Document(doc_id="d"), "d: has no text, and a Doc carries the words"),
    (Document(doc_id="d", text="one", entities=(Entity(0, 9, "LOC"),)), "ends past the text"),
    (Document(doc_id="d", text="a\ud800b"), "character 1 of the text is one half of a surrogate pair"),
])  # fmt: skip
def test_what_no_doc_can_hold_is_refused_and_leaves_no_file(document: Document, message: str, tmp_path: Path) -> None:
    with pytest.raises(ConflictNewsError, match=message):
        docbin.write([PAGE, document], tmp_path / "a.spacy")
    assert list(tmp_path.iterdir()) == []


def test_a_tokeniser_that_changes_the_text_is_refused() -> None:
    with pytest.raises(DocumentError, match="does not give the text back"):
        docbin.to_doc(PAGE, lambda text: Doc(Vocab(), words=text.split()))


def test_an_unknown_alignment_names_those_that_there_are(tmp_path: Path) -> None:
    with pytest.raises(ConflictNewsError, match="there is no alignment 'closest'; choose expand, contract, strict"):
        docbin.write([PAGE], tmp_path / "a.spacy", alignment="closest")

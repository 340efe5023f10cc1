"""Predictions without offsets: words become spans, and what is not in the text stays a false positive."""

from __future__ import annotations

import io
import json
import sys
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from conflictnews import load_corpus, score
from conflictnews.alignment import (
    HOW,
    LooseArgument,
    LooseBlock,
    LooseDocument,
    LooseEntity,
    LooseEvent,
    LooseQuote,
    LooseSpan,
    Report,
    align,
    decode_loose,
    iter_aligned,
    iter_loose,
    merge,
)
from conflictnews.errors import AlignmentError, ConflictNewsError, DocumentError, MissingExtraError
from conflictnews.io.jsonl import encode_line
from conflictnews.model import Argument, BoilerplateSpan, Document, Entity, Event, Quote, Span, spans_of

pytest.importorskip("rapidfuzz")


def loose(*surfaces: str, label: str = "X") -> LooseDocument:
    return LooseDocument(doc_id="d", entities=tuple(LooseEntity(surface=s, label=label) for s in surfaces))


def places(document: Document) -> list[tuple[int, int]]:
    return [(start, end) for _, start, end, _ in spans_of(document)]


def bare(document: Document) -> LooseDocument:
    """The document with the words of its spans and no offset."""

    def strip(value: Any) -> Any:
        if isinstance(value, dict):
            return {key: strip(item) for key, item in value.items() if key not in ("start", "end")}
        return [strip(item) for item in value] if isinstance(value, list | tuple) else value

    return decode_loose(json.dumps(strip(msgspec.to_builtins(document))), "bare")


def counts(report: Report) -> dict[str, int]:
    return {how: n for how in HOW if (n := getattr(report, how))}


FOUND = [
    # text, surface, the words that it stands for, how
    ("Shells hit Kyiv.", "Kyiv", "Kyiv", "exact"),
    ("“No,” said Cissé’s aide.", "Cissé's aide", "Cissé’s aide", "normalised"),
    ("He said: “We will stay”.", '"We will stay"', "“We will stay”", "normalised"),
    ("some 1\u00a0500\u202fpeople fled", "1 500 people", "1\u00a0500\u202fpeople", "normalised"),
    ("the United\n  Nations said", "United Nations", "United\n  Nations", "normalised"),
    ("a US\u2011backed militia", "US-backed", "US\u2011backed", "normalised"),
    ("in 2014\u20132015 only", "2014-2015", "2014\u20132015", "normalised"),
    ("Mayor Cisse\u0301 spoke", "Cissé", "Cisse\u0301", "normalised"),
    ("a cease\u00adfire held", "ceasefire", "cease\u00adfire", "normalised"),
    ("We … left.", "We ... left", "We … left", "normalised"),
    ("KYIV (KNA)", "Kyiv", "KYIV", "normalised"),
    ("Die STRASSE brennt", "Straße", "STRASSE", "normalised"),
    ("Iranian guns; IRAN denies", "Iran", "IRAN", "normalised"),  # a whole word in another case before a part of a word
    ("Iranian guns", "Iran", "Iran", "exact"),  # a part of a word where there is no whole one
    ("The Kyivans in Kyiv", "Kyiv", "Kyiv", "exact"),
    ("🚑🚒 near Kyiv 👩\u200d🚒", "Kyiv", "Kyiv", "exact"),
    ("🚑 the Hezbol1ah leader", "Hezbollah leader", "Hezbol1ah leader", "fuzzy"),
    ("the rebels of Al-Shabaab said", "Al-Shabab", "Al-Shabaab", "fuzzy"),
    ("Ministry of Defense said", "Ministry of Defence", "Ministry of Defense", "fuzzy"),
    ("戦闘はキーウで続いた", "キーウ", "キーウ", "exact"),
]


@pytest.mark.parametrize("text, surface, words, how", FOUND)
def test_a_surface_is_found_by_the_first_step_that_can(text: str, surface: str, words: str, how: str) -> None:
    document, report = align(loose(surface), text)
    (entity,) = document.entities or ()
    assert (text[entity.start : entity.end], entity.surface, counts(report)) == (words, words, {how: 1})


def test_a_whole_word_comes_before_a_part_of_one_wherever_it_stands() -> None:
    assert places(align(loose("Kyiv"), "The Kyivans in Kyiv")[0]) == [(15, 19)]


def test_offsets_count_code_points() -> None:
    assert places(align(loose("Kyiv"), "🚑🚒 near Kyiv 👩\u200d🚒")[0]) == [(8, 12)]


SLIPS = [
    # text, surface, threshold, found?
    ("abcdefghij klm", "abcdeXghij", 0.9, True),  # one wrong letter in ten: 2 * 9 / 20
    ("abcdefghi klm", "abcdXfghi", 0.9, False),  # one in nine: 16 / 18
    ("abcdefghi klm", "abcdXfghi", 0.88, True),
    ("15 soldiers of the brigade", "25 soldiers of the brigade", 0.9, False),  # a number is no slip
    ("the army", "a navy", 0.9, False),
    ("abcdefghij", "abcdeXghij", 1.0, False),
]


@pytest.mark.parametrize("text, surface, threshold, found", SLIPS)
def test_a_slip_within_the_threshold_is_found_and_one_beyond_it_is_lost(text: str, surface: str, threshold: float, found: bool) -> None:
    _, report = align(loose(surface), text, threshold=threshold)
    assert (report.fuzzy, report.lost) == (int(found), int(not found))


def test_the_note_on_a_fuzzy_match_gives_its_similarity() -> None:
    (note,) = align(loose("abcdeXghij"), "abcdefghij klm")[1].notes
    assert (note.layer, note.place, note.surface, note.how, note.similarity) == ("entities", "entities[0]", "abcdeXghij", "fuzzy", 0.9)


def test_a_long_quote_with_slips_is_found_in_a_long_text() -> None:
    words = "The column left before dawn and nobody told us where it would go, so we waited at the bridge until the shelling stopped and then walked home."
    filler = "Nothing of note happened in the district that day, officials wrote. " * 2000
    text = filler + words + " " + filler
    document, report = align(loose(words.replace("dawn", "down").replace("bridge", "brigde")), text)
    assert (places(document), report.fuzzy) == ([(len(filler), len(filler) + len(words))], 1)


def test_equal_surfaces_take_the_occurrences_in_order_and_then_the_first() -> None:
    document, report = align(loose("Kyiv", "Kyiv", "Kyiv"), "Kyiv, then Kyiv")
    assert places(document) == [(0, 4), (11, 15), (0, 4)]
    assert (report.ambiguous, [n.choice for n in report.notes]) == (
        3,
        ["occurrence 1 of 2, in order", "occurrence 2 of 2, in order", "occurrence 1 of 2, the first, as all are taken"],
    )


def test_spellings_of_one_word_share_its_occurrences() -> None:
    assert places(align(loose("US-led", "US\u2013led"), "a US\u2011led and a US\u2011led force")[0]) == [(2, 8), (15, 21)]


def test_the_layers_do_not_take_occurrences_from_each_other() -> None:
    document = LooseDocument(doc_id="d", entities=(LooseEntity(surface="fire", label="X"),), events=(LooseEvent(label="Y", trigger="fire"),))
    assert places(align(document, "fire and fire")[0]) == [(0, 4), (0, 4)]


def test_an_argument_takes_the_occurrence_nearest_to_its_trigger() -> None:
    text = "Kyiv was calm. Far away, much later, shells struck Kyiv. Kyiv"
    document = LooseDocument(doc_id="d", events=(LooseEvent(label="Y", trigger="struck", arguments=(LooseArgument(surface="Kyiv", role="R"),)),))
    aligned, report = align(document, text)
    assert places(aligned) == [(44, 50), (51, 55)]
    assert report.notes[0].choice == "occurrence 2 of 3, nearest to the trigger"


def test_two_equal_arguments_of_one_role_are_two() -> None:
    text = "soldiers killed soldiers"
    arguments = (LooseArgument(surface="soldiers", role="R"), LooseArgument(surface="soldiers", role="R"), LooseArgument(surface="soldiers", role="Q"))
    aligned, _ = align(LooseDocument(doc_id="d", events=(LooseEvent(label="Y", trigger="killed", arguments=arguments),)), text)
    assert places(aligned)[1:] == [(0, 8), (16, 24), (0, 8)]


def test_cue_and_source_stand_nearest_to_the_content_and_outside_it() -> None:
    text = "He said no. “Ali said he would come,” said Ali. Ali said more."
    document = LooseDocument(doc_id="d", quotes=(LooseQuote(content="“Ali said he would come,”", cue=("said",), source=(LooseSpan(surface="Ali"),)),))
    aligned, _ = align(document, text)
    assert places(aligned) == [(12, 37), (38, 42), (43, 46)]


def test_right_offsets_are_kept_and_wrong_ones_repaired_to_the_nearest() -> None:
    text = "🚑 Kyiv, Kyiv, 🚒 Kyiv"
    entities = (LooseEntity(start=8, end=12, surface="Kyiv", label="X"), LooseEntity(start=19, end=23, surface="Kyiv", label="X"), LooseEntity(start=0, end=1, label="X"))
    document, report = align(LooseDocument(doc_id="d", entities=entities), text)
    assert places(document) == [(8, 12), (16, 20), (0, 1)]
    assert (report.kept, report.exact, report.repaired, report.notes[0].repaired) == (2, 1, 1, True)


def test_null_offsets_are_absent_ones() -> None:
    document = decode_loose('{"doc_id": "d", "entities": [{"start": null, "end": null, "surface": "Kyiv", "label": "X"}]}', "x")
    assert places(align(document, "in Kyiv")[0]) == [(3, 7)]


def test_boilerplate_blocks_come_by_their_words() -> None:
    text = "Home | News\nContact\n\nThe story.\n"
    document, report = align(LooseDocument(doc_id="d", boilerplate=(LooseBlock(surface="Home | News Contact", label="X"),)), text)
    assert (places(document), report.normalised) == ([(0, 19)], 1)


def test_all_other_fields_are_kept() -> None:
    text = "Ali said “no”."
    document = Document(
        doc_id="d",
        meta={"model": "m"},
        entities=(Entity(start=0, end=3, label="X", id="E1", subtype="s", level="NAM", entity="ali", surface="Ali", value="v", low=1.0, high=2.0),),
        events=(
            Event(
                label="Y",
                trigger=Span(4, 8, "said"),
                id="V1",
                subtype="s",
                event="e",
                factuality="claimed",
                source="ali",
                arguments=(Argument(role="R", start=0, end=3, entity="ali", status="denied", source="ali", surface="Ali"),),
            ),
        ),
        quotes=(
            Quote(
                content=(Span(9, 13, "“no”"),),
                id="Q1",
                type="t",
                cue=(Span(4, 8, "said"),),
                source=(Span(0, 3, "Ali"),),
                speakers=("ali",),
                speaker_reason="r",
                parent="Q0",
            ),
        ),
        boilerplate=(BoilerplateSpan(start=0, end=14, label="Z", id="B1", surface=text),),
    )
    aligned, report = align(bare(document), text)
    assert msgspec.structs.replace(aligned, text_sha256=None) == document
    assert counts(report) == {"exact": 7}


def test_a_layer_that_was_not_attempted_stays_so() -> None:
    document, _ = align(LooseDocument(doc_id="d", entities=()), "text")
    assert (document.entities, document.events) == ((), None)


@pytest.mark.parametrize(
    "form, model",
    [(LooseEntity, Entity), (LooseArgument, Argument), (LooseEvent, Event), (LooseQuote, Quote), (LooseBlock, BoilerplateSpan), (LooseDocument, Document), (LooseSpan, Span)],
)
def test_the_loose_forms_have_the_fields_of_the_model(form: Any, model: Any) -> None:
    assert set(form.__struct_fields__) == set(model.__struct_fields__)


LOST_TEXTS = ["Kyiv fell.\n", "Kyiv fell.", "Kyiv\n\nfell", "Kyivfell", "Kyiv", "Kyiv fell.   \n\n"]


@pytest.mark.parametrize("with_gold", [True, False])
@pytest.mark.parametrize("text", LOST_TEXTS)
def test_each_lost_surface_is_one_false_positive(text: str, with_gold: bool) -> None:
    gold = Document(
        doc_id="d",
        text=text,
        entities=(Entity(start=0, end=4, label="X"),),
        events=(Event(label="Y", trigger=Span(0, 4), arguments=(Argument(role="R", start=0, end=4),)),),
        quotes=(Quote(content=(Span(0, 4),)),),
        boilerplate=(BoilerplateSpan(start=0, end=4, label="NAV"),),
    )
    lost = [f"qqq zzz {i}" for i in range(3)]
    document = LooseDocument(
        doc_id="d",
        entities=tuple(LooseEntity(surface=s, label="X") for s in ["Kyiv", *lost]),
        events=(
            LooseEvent(label="Y", trigger="Kyiv", arguments=tuple(LooseArgument(surface=s, role="R") for s in ["Kyiv", *lost])),
            *(LooseEvent(label="Y", trigger=s) for s in lost),
        ),
        quotes=tuple(LooseQuote(content=s) for s in ["Kyiv", *lost]),
    )
    aligned, report = align(document, text, gold=gold if with_gold else None)
    assert counts(report) == {"exact": 4, "lost": 12}
    scores = score([gold], [aligned]).scores
    for name in ("entities.strict", "entities.exact", "events.trigger_id", "events.trigger", "events.argument_attached", "quotes.content.strict"):
        assert (scores[name].tp, scores[name].fp, scores[name].fn) == (1, 3, 0), name
    if text != "Kyiv":  # where gold covers every character, an overlap cannot be helped
        for name in ("entities.partial", "entities.type", "quotes.content.overlap", "quotes.attributed"):
            assert (scores[name].tp, scores[name].fp) == (1, 3), name


@pytest.mark.parametrize("text", ["Home | News\n\nThe story.\n", "Home | News\n\nThe story."])
def test_each_lost_block_is_one_wrong_character_and_no_wrong_line(text: str) -> None:
    gold = Document(doc_id="d", text=text, boilerplate=(BoilerplateSpan(start=0, end=11, label="NAV"),))
    document = LooseDocument(doc_id="d", boilerplate=tuple(LooseBlock(surface=s, label="NAV") for s in ("Home | News", "qqq", "zzz", "xxx")))
    scores = score([gold], [align(document, text, gold=gold)[0]]).scores
    assert (scores["boilerplate.char"].tp, scores["boilerplate.char"].fp, scores["boilerplate.line"].fp) == (11, 3, 0)


def test_lost_surfaces_do_not_share_a_character_while_there_are_free_ones() -> None:
    document, report = align(loose("qqq", "www", "zzz"), "A text. \n")
    assert places(document) == [(8, 9), (7, 8), (1, 2)]
    assert [(n.how, n.surface) for n in report.notes] == [("lost", "qqq"), ("lost", "www"), ("lost", "zzz")]


def test_a_lost_surface_keeps_clear_of_gold_that_stands_on_white_space() -> None:
    text = "A text.\n"
    gold = Document(doc_id="d", text=text, entities=(Entity(start=6, end=8, label="X"),))
    assert places(align(loose("qqq"), text, gold=gold)[0]) == [(1, 2)]


def test_what_was_lost_is_kept_when_the_output_is_aligned_again() -> None:
    first, _ = align(loose("Kyiv", "qqq"), "in Kyiv\n")
    second, report = align(decode_loose(encode_line(first), "x"), "in Kyiv\n")
    assert (second, counts(report)) == (first, {"kept": 2})


def test_an_argument_of_a_lost_trigger_takes_the_first_occurrence() -> None:
    document = LooseDocument(doc_id="d", events=(LooseEvent(label="Y", trigger="qqq", arguments=(LooseArgument(surface="Kyiv", role="R"),)),))
    assert places(align(document, "Kyiv, Kyiv\n")[0]) == [(10, 11), (0, 4)]


REFUSED = [
    ({"entities": [{"surface": "", "label": "X"}]}, r"\$\.entities\[0\]\.surface: '' is empty"),
    ({"entities": [{"surface": " \n", "label": "X"}]}, "is empty"),
    ({"entities": [{"label": "X"}]}, r"\$\.entities\[0\]: there is no surface nor offsets"),
    ({"entities": [{"start": 3, "end": 99, "label": "X"}]}, "the offsets 3-99 are no span of 8 characters"),
    ({"entities": [{"start": 3, "end": 3, "label": "X"}]}, "are no span"),
    ({"events": [{"label": "Y", "trigger": ""}]}, r"\$\.events\[0\]\.trigger\.surface"),
    ({"events": [{"label": "Y", "trigger": "Kyiv", "arguments": [{"role": "R", "surface": ""}]}]}, r"\$\.events\[0\]\.arguments\[0\]\.surface"),
    ({"quotes": [{"content": []}]}, r"\$\.quotes\[0\]\.content: the quote has no content"),
    ({"quotes": [{"content": ["Kyiv", ""]}]}, r"\$\.quotes\[0\]\.content\[1\]\.surface"),
    ({"quotes": [{"content": "Kyiv", "cue": ""}]}, r"\$\.quotes\[0\]\.cue\[0\]\.surface"),
    ({"text": "in Kyjv\n"}, r"\$\.text: .* at character 5"),
    ({"text": "in Kyiv"}, r"\$\.text: .* at character 7"),
    ({"text_sha256": "0" * 64}, r"\$\.text_sha256"),
    ({"doc_id": "../d"}, "could be a path"),
]


@pytest.mark.parametrize("change, message", REFUSED)
def test_what_cannot_be_used_is_refused_with_its_place(change: dict[str, Any], message: str) -> None:
    with pytest.raises(AlignmentError, match=message):
        align(decode_loose(json.dumps({"doc_id": "d"} | change), "x"), "in Kyiv\n")


def test_a_lost_surface_of_an_empty_text_is_refused() -> None:
    with pytest.raises(AlignmentError, match="no character to count it on"):
        align(loose("Kyiv"), "")


@pytest.mark.parametrize("threshold", [0.0, -1.0, 1.1])
def test_a_threshold_that_is_no_similarity_is_refused(threshold: float) -> None:
    with pytest.raises(AlignmentError, match="no similarity"):
        align(loose("Kyiv"), "Kyiv", threshold=threshold)


def test_without_rapidfuzz_only_the_fuzzy_search_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [m for m in sys.modules if m.split(".")[0] == "rapidfuzz"]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "rapidfuzz", None)
    assert align(loose("kyiv"), "Kyiv")[1].normalised == 1
    assert align(loose("qqq"), "Kyiv\n", threshold=1)[1].lost == 1
    with pytest.raises(MissingExtraError, match=r"conflictnews\[align\]"):
        align(loose("qqq"), "Kyiv")


def test_documents_pair_by_id_and_their_text_must_be_there() -> None:
    with pytest.raises(AlignmentError, match=r"p\.jsonl, line 1: 'd' is not in gold"):
        list(iter_aligned([("p.jsonl, line 1", loose("Kyiv"))], [Document(doc_id="other", text="Kyiv")]))
    with pytest.raises(AlignmentError, match="line 1: d: gold has no text"):
        list(iter_aligned([("p.jsonl, line 1", loose("Kyiv"))], [Document(doc_id="d")]))
    with pytest.raises(AlignmentError, match=r"line 2: .* comes twice"):
        list(iter_aligned([("p.jsonl, line 1", loose("Kyiv")), ("p.jsonl, line 2", loose("Kyiv"))], [Document(doc_id="d", text="Kyiv")]))
    own = msgspec.structs.replace(loose("Kyiv"), text="Kyiv")
    assert places(next(iter_aligned([("x", own)], [Document(doc_id="d")]))[0]) == [(0, 4)]
    with pytest.raises(AlignmentError, match="text_sha256"):
        list(iter_aligned([("x", own)], [Document(doc_id="d", text_sha256="0" * 64)]))


def test_reports_add_up() -> None:
    reports = [align(loose("Kyiv", "qqq"), "Kyiv\n")[1], align(loose("kyiv"), "Kyiv")[1]]
    total = merge(reports)
    assert (counts(total), total.surfaces, len(total.notes)) == ({"exact": 1, "normalised": 1, "lost": 1}, 3, 2)


LETTERS = st.text(alphabet="abcAB ß'’“”-–.\n\u00a0é1🚑", min_size=1, max_size=60)


@st.composite
def gold_documents(draw: st.DrawFn) -> Document:
    """A document whose spans are whole words that stand in the text once."""
    text = draw(LETTERS)
    edges = [i for i in range(len(text) + 1) if i in (0, len(text)) or not (text[i - 1].isalnum() and text[i].isalnum())]
    spans = [(s, e) for s in edges for e in edges if s < e and text[s:e].strip() and text.find(text[s:e]) == text.rfind(text[s:e]) == s]
    assume(spans)
    some = st.lists(st.sampled_from(spans), max_size=4, unique=True)

    def span(place: tuple[int, int]) -> dict[str, Any]:
        return {"start": place[0], "end": place[1], "surface": text[slice(*place)]}

    return Document(
        doc_id="d",
        text=text,
        entities=tuple(Entity(**span(p), label=draw(st.sampled_from("XY"))) for p in draw(some)),
        events=tuple(Event(label="Y", trigger=Span(**span(p)), arguments=tuple(Argument(**span(a), role="R") for a in draw(some))) for p in draw(some)),
        quotes=tuple(Quote(content=(Span(**span(p)),), cue=tuple(Span(**span(c)) for c in draw(some))) for p in draw(some)),
        boilerplate=tuple(BoilerplateSpan(**span(p), label="NAV") for p in draw(some)),
    )


@given(gold_documents())
def test_unique_surfaces_come_back_to_exactly_their_spans(gold: Document) -> None:
    aligned, report = align(bare(gold), gold.text or "")
    assert msgspec.structs.replace(aligned, text_sha256=None) == gold
    assert counts(report) == ({"exact": len(spans_of(gold))} if spans_of(gold) else {})
    assert {value.f1 for name, value in score([gold], [aligned]).scores.items() if name != "pipeline.outside"} <= {1.0, None}


@given(LETTERS, st.lists(LETTERS.filter(lambda s: bool(s.strip())), max_size=6), st.booleans())
def test_any_surfaces_give_spans_that_can_be_scored(text: str, surfaces: list[str], with_gold: bool) -> None:
    gold = Document(doc_id="d", text=text, entities=())
    aligned, report = align(loose(*surfaces), text, threshold=0.7, gold=gold if with_gold else None)
    assert report.surfaces == len(surfaces) == score([gold], [aligned]).scores["entities.strict"].fp


def test_the_words_of_the_corpus_are_all_found() -> None:
    gold = load_corpus("dev")
    aligned = [align(bare(document), document.text or "", gold=document) for document in gold]
    total = merge(report for _, report in aligned)
    assert (total.lost, total.fuzzy, total.normalised) == (0, 0, 0)
    result = score(gold, [document for document, _ in aligned])
    assert all(result.scores[name].f1 == 1.0 for name in ("boilerplate.line", "quotes.content.iou"))


class Ran:
    """The command in this process, on its own."""

    def __init__(self, *arguments: object) -> None:
        from conflictnews.cli.align import align as command

        out, err = io.StringIO(), io.StringIO()
        self.error: ConflictNewsError | None = None
        with redirect_stdout(out), redirect_stderr(err):
            try:
                command.main([str(a) for a in arguments], standalone_mode=False)
            except ConflictNewsError as error:
                self.error = error
        self.out, self.err = out.getvalue(), err.getvalue()


@pytest.fixture
def own_gold(tmp_path: Path) -> Path:
    path = tmp_path / "gold.jsonl"
    path.write_bytes(encode_line(Document(doc_id="d", text="Shells hit Kyiv.\n", entities=(Entity(start=11, end=15, label="X"),))))
    return path


def test_the_command_writes_documents_that_can_be_scored(tmp_path: Path, own_gold: Path) -> None:
    pred, out, notes = tmp_path / "pred.jsonl", tmp_path / "out.jsonl", tmp_path / "notes.jsonl"
    pred.write_text('{"doc_id": "d", "entities": [{"surface": "KYIV", "label": "X"}, {"surface": "Moscow", "label": "X"}]}\n\n', encoding="utf-8")
    ran = Ran(pred, "--gold", own_gold, "-o", out, "--report", notes)
    assert ran.error is None
    assert "normalised" in ran.out
    assert "1 documents written" in ran.out
    assert "1 of 2 surfaces are not in the texts" in ran.err
    document = msgspec.json.decode(out.read_bytes(), type=Document)
    assert places(document) == [(11, 15), (16, 17)]
    assert [json.loads(line)["how"] for line in notes.read_text(encoding="utf-8").splitlines()] == ["normalised", "lost"]


def test_the_command_reads_the_texts_of_a_split(tmp_path: Path) -> None:
    gold = load_corpus("dev")[0]
    pred, out = tmp_path / "pred.json", tmp_path / "out.jsonl"
    pred.write_text(json.dumps({"doc_id": gold.doc_id, "entities": []}), encoding="utf-8")
    assert Ran(pred, "--split", "dev", "-o", out).error is None
    assert out.exists()


MALFORMED = [
    ('{"doc_id": "x", "entities": []}', r"line 2: 'x' is not in gold"),
    ('{"doc_id": "d", "entities": [{"surface": 3, "label": "X"}]}', r"line 2: .*`\$\.entities\[0\]\.surface`"),
    ('{"doc_id": "d", "entities": [{"surface": "", "label": "X"}]}', r"line 2: 'd': \$\.entities\[0\]\.surface"),
    ('{"doc_id": "d", "entitys": []}', "line 2: .*unknown field"),
    ('{"doc_id": "d", "entities": [', "line 2: .*cut short"),
]


@pytest.mark.parametrize("line, message", MALFORMED)
def test_bad_input_is_an_error_with_file_and_line_and_nothing_is_written(tmp_path: Path, own_gold: Path, line: str, message: str) -> None:
    pred, out, notes = tmp_path / "pred.jsonl", tmp_path / "out.jsonl", tmp_path / "notes.jsonl"
    pred.write_text(f"\n{line}\n", encoding="utf-8")
    ran = Ran(pred, "--gold", own_gold, "-o", out, "--report", notes)
    assert ran.error is not None
    with pytest.raises(type(ran.error), match=message):
        raise ran.error
    assert (out.exists(), notes.exists()) == (False, False)


def test_a_file_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(DocumentError, match="cannot be read"):
        list(iter_loose(tmp_path / "nothing.jsonl"))

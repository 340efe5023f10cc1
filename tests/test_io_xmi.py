from __future__ import annotations

import itertools
import re
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from conflictnews.errors import ConflictNewsError, DocumentError, MissingExtraError
from conflictnews.io import xmi
from conflictnews.io.xmitypes import DKPRO, KINDS, SHIPPED, typesystem
from conflictnews.model import Argument, BoilerplateSpan, Document, Entity, Event, Quote, Span
from strategies import documents

cassis = pytest.importorskip("cassis")

TEXT = "Menu\n🧨 Kono fell. “We left,” Ama said.\n"
PAGE = Document(
    doc_id="page",
    text=TEXT,
    meta={"title": "Kono"},
    entities=(Entity(7, 11, "GPE", id="T1", level="NAM", entity="kono", surface="Kono"), Entity(29, 32, "PER", entity="ama")),
    events=(Event("TAKE_TERRITORY", Span(12, 16), id="E1", arguments=(Argument("TERRITORY", 7, 11, entity="kono"), Argument("TAKER", 29, 32))),),
    quotes=(Quote((Span(18, 28),), type="DIRECT", cue=(Span(33, 37),), source=(Span(29, 32),), speakers=("ama",)),),
    boilerplate=(BoilerplateSpan(0, 4, "NAV"),),
)


def one(path: Path, **options: Any) -> Document:
    (found,) = xmi.read(path, **options)
    return found


def put(text: str, folder: Path, name: str = "a.xmi") -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def edited(change: Callable[[Any], None], folder: Path, document: Document = PAGE) -> Document:
    """The document after a tool loaded its XMI, changed it and wrote it again."""
    xmi.write([document], folder / "out")
    cas = cassis.load_cas_from_xmi(folder / "out" / f"{document.doc_id}.xmi", cassis.load_typesystem(folder / "out" / "TypeSystem.xml"))
    change(cas)
    cas.to_xmi(folder / "out" / f"{document.doc_id}.xmi")
    return one(folder / "out")


def foreign(sofa: str, body: str, members: str, types: str = "") -> str:
    """XMI as another tool writes it."""
    return f"""<?xml version="1.0" encoding="UTF-8"?>
<xmi:XMI xmlns:xmi="http://www.omg.org/XMI" xmlns:cas="http:///uima/cas.ecore" xmlns:ner="http:///de/tudarmstadt/ukp/dkpro/core/api/ner/type.ecore"
 xmlns:pos="http:///de/tudarmstadt/ukp/dkpro/core/api/lexmorph/type/pos.ecore" xmlns:meta="http:///de/tudarmstadt/ukp/dkpro/core/api/metadata/type.ecore"
 xmlns:custom="http:///webanno/custom.ecore" xmlns:conflictnews="http:///conflictnews.ecore" {types} xmi:version="2.0">
<cas:NULL xmi:id="0"/>{body}<cas:Sofa xmi:id="1" sofaNum="1" sofaID="_InitialView" mimeType="text" sofaString="{sofa}"/><cas:View sofa="1" members="{members}"/></xmi:XMI>"""


def test_the_shipped_type_system_is_the_one_that_the_model_gives() -> None:
    assert SHIPPED.read_text(encoding="utf-8") == typesystem()


def test_every_type_is_one_that_a_tool_takes_in_as_a_layer_or_as_a_link() -> None:
    links = {kind.name: kind for kind in KINDS if kind.name.endswith("Link")}
    assert sorted(links) == ["conflictnews.EventArgumentsLink", "conflictnews.QuoteContentLink", "conflictnews.QuoteCueLink", "conflictnews.QuoteSourceLink"]
    for link in links.values():
        assert (link.supertype, link.features) == ("uima.cas.TOP", {"role": "uima.cas.String", "target": "uima.tcas.Annotation"})
    layers = [kind for kind in KINDS if kind.name.startswith("conflictnews.") and kind.name not in links]
    assert [kind.name.split(".")[1] for kind in layers] == ["Entity", "Argument", "Event", "QuotePart", "Quote", "Boilerplate", "Record"]
    for kind in layers:
        assert kind.supertype == "uima.tcas.Annotation"
        assert set(kind.features.values()) <= {"uima.cas.String", "uima.cas.Integer", "uima.cas.StringArray", *links}
        assert "type" not in kind.features


def test_offsets_in_the_file_count_utf16_units(tmp_path: Path) -> None:
    xmi.write([PAGE], tmp_path / "page.xmi")
    written = (tmp_path / "page.xmi").read_text(encoding="utf-8")
    assert re.search(r'<conflictnews:Entity [^>]*begin="8" end="12"[^>]* label="GPE"', written)
    assert one(tmp_path / "page.xmi") == PAGE


def test_a_file_that_another_tool_wrote_in_utf16_units_reads_in_code_points(tmp_path: Path) -> None:
    path = put(foreign("🧨🧨 Kono", '<ner:NamedEntity xmi:id="2" sofa="1" begin="5" end="9" value="LOC"/>', "2"), tmp_path)
    assert one(path) == Document("a", text="🧨🧨 Kono", entities=(Entity(3, 7, "LOC"),))


def test_a_folder_holds_a_file_a_document_and_the_type_system(tmp_path: Path) -> None:
    xmi.write([PAGE, Document("other", text="x")], tmp_path / "out")
    assert sorted(p.name for p in (tmp_path / "out").iterdir()) == ["TypeSystem.xml", "other.xmi", "page.xmi"]
    assert list(xmi.read(tmp_path / "out")) == [Document("other", text="x"), PAGE]


def test_the_same_document_gives_the_same_bytes() -> None:
    assert xmi.encode(PAGE) == xmi.encode(PAGE)


NASTY = ["\x00", "a\x0cb", "\x0c\x1b", "\ufffe", "\uffff", "\ud800", "\udc00\ud83d", "\ufffd", "\ufffd\x0c\ufffd", "\r\n\r", "\t \n", "\x7f\x85\u2028", "![1]", '!["x"]', '![0, 1, "x"]', "\U0001ffff🇸🇾", "<&\"'>", "]]>"]  # fmt: skip


@pytest.mark.parametrize("text", NASTY, ids=ascii)
def test_characters_that_xml_cannot_hold_or_changes_come_back(text: str, tmp_path: Path) -> None:
    end = len(text)
    document = Document(
        "d",
        text=text,
        text_sha256=text,
        meta={"k": [text] if text.isprintable() else text},
        entities=(Entity(0, end, text, id=text, surface=text), Entity(0, 1, "L", surface=text + "!")),
        events=(Event(text, Span(0, end, text), arguments=(Argument(text, 0, end, surface=text),)),),
        quotes=(Quote((Span(0, end),), type=text, speakers=(text, "")),),
    )
    xmi.write([document], tmp_path / "d.xmi")
    assert one(tmp_path / "d.xmi") == document


def test_a_placeholder_stands_for_a_character_and_is_as_long(tmp_path: Path) -> None:
    xmi.write([Document("d", text="a\x0cb\x00", entities=(Entity(2, 3, "L"),))], tmp_path / "d.xmi")
    written = (tmp_path / "d.xmi").read_text(encoding="utf-8")
    assert 'sofaString="a\ufffdb\ufffd"' in written
    assert re.search(r'<conflictnews:Entity [^>]*begin="2" end="3"', written)


def test_without_the_record_a_placeholder_is_refused(tmp_path: Path) -> None:
    def delete(cas: Any) -> None:
        cas.remove(cas.select("conflictnews.Record")[0])

    with pytest.raises(DocumentError, match=r"page\.xmi: the page's record was deleted, and without it U\+FFFD"):
        edited(delete, tmp_path, Document("page", text="a\x0cb", entities=(Entity(2, 3, "L"),)))


def test_without_the_record_layers_that_hold_something_are_there(tmp_path: Path) -> None:
    def delete(cas: Any) -> None:
        cas.remove(cas.select("conflictnews.Record")[0])

    assert edited(delete, tmp_path, Document("page", text="Kono", meta={"a": 1}, entities=(Entity(0, 4, "GPE"),), events=())) == Document(
        "page", text="Kono", entities=(Entity(0, 4, "GPE"),)
    )


@pytest.mark.parametrize("order", [None, 0])
def test_an_entity_that_a_tool_adds_comes_last(order: int | None, tmp_path: Path) -> None:
    def add(cas: Any) -> None:
        cas.add(cas.typesystem.get_type("conflictnews.Entity")(begin=5, end=6, label="WPN", order=order))

    assert edited(add, tmp_path).entities == (*(PAGE.entities or ()), Entity(5, 6, "WPN"))


def test_an_entity_that_a_tool_deletes_is_gone_and_an_emptied_layer_stays_attempted(tmp_path: Path) -> None:
    def delete(cas: Any) -> None:
        for found in cas.select("conflictnews.Entity"):
            cas.remove(found)

    assert edited(delete, tmp_path).entities == ()


def test_a_layer_that_was_not_attempted_is_once_it_holds_something(tmp_path: Path) -> None:
    def add(cas: Any) -> None:
        cas.add(cas.typesystem.get_type("conflictnews.Boilerplate")(begin=0, end=1, label="AD"))

    found = edited(add, tmp_path, Document("page", text="Kono", entities=()))
    assert (found.entities, found.events, found.boilerplate) == ((), None, (BoilerplateSpan(0, 1, "AD"),))


def test_a_moved_and_relabelled_entity_has_the_new_words(tmp_path: Path) -> None:
    def move(cas: Any) -> None:
        found = cas.select("conflictnews.Entity")[0]
        found.begin, found.end, found.label, found.low = 5, 11, "FAC", "2.5"

    assert (edited(move, tmp_path).entities or ())[0] == Entity(5, 11, "FAC", id="T1", level="NAM", entity="kono", surface="🧨 Kono", low=2.5)


def test_a_stale_surface_stays_unless_its_span_moves(tmp_path: Path) -> None:
    stale = Document("page", text="Kono fell", entities=(Entity(0, 4, "GPE", surface="Bo"),))
    assert edited(lambda cas: None, tmp_path / "1", stale) == stale

    def move(cas: Any) -> None:
        cas.select("conflictnews.Entity")[0].begin = 1

    assert edited(move, tmp_path / "2", stale).entities == (Entity(1, 4, "GPE", surface="ono"),)


def test_an_argument_may_be_linked_to_an_entity(tmp_path: Path) -> None:
    def link(cas: Any) -> None:
        types = cas.typesystem
        entity = cas.select("conflictnews.Entity")[1]
        made = types.get_type("conflictnews.EventArgumentsLink")(role="KILLER", target=entity)
        cas.add(types.get_type("conflictnews.Event")(begin=33, end=37, label="KILL", arguments=types.get_type("uima.cas.FSArray")(elements=[made])))

    assert (edited(link, tmp_path).events or ())[1] == Event("KILL", Span(33, 37), arguments=(Argument("KILLER", 29, 32, entity="ama"),))


def test_a_quote_that_a_tool_makes_is_its_span_and_what_it_links(tmp_path: Path) -> None:
    def add(cas: Any) -> None:
        types = cas.typesystem
        cue = types.get_type("conflictnews.QuotePart")(begin=12, end=16)
        cas.add(cue)
        made = types.get_type("conflictnews.QuoteCueLink")(target=cue)
        cas.add(types.get_type("conflictnews.Quote")(begin=7, end=11, kind="INDIRECT", cue=types.get_type("uima.cas.FSArray")(elements=[made])))

    assert (edited(add, tmp_path).quotes or ())[1] == Quote((Span(7, 11),), type="INDIRECT", cue=(Span(12, 16),))


def test_spans_that_a_deleted_event_leaves_behind_are_told(tmp_path: Path) -> None:
    def delete(cas: Any) -> None:
        arguments = cas.select("conflictnews.Argument")
        cas.remove(cas.select("conflictnews.Event")[0])
        assert len(arguments) == 2

    with pytest.warns(UserWarning, match=r"2 conflictnews\.Argument that nothing links to \(the first at 7-11\) are passed over"):
        assert edited(delete, tmp_path).events == ()


def test_a_feature_that_a_project_adds_is_told(tmp_path: Path) -> None:
    xmi.write([PAGE], tmp_path / "out")
    system = tmp_path / "out" / "TypeSystem.xml"
    note = "<featureDescription><name>note</name><description/><rangeTypeName>uima.cas.String</rangeTypeName></featureDescription>"
    system.write_text(system.read_text().replace("<features>", f"<features>{note}", 1))
    file = tmp_path / "out" / "page.xmi"
    assert list(xmi.read(tmp_path / "out")) == [PAGE]
    file.write_text(file.read_text(encoding="utf-8").replace('label="GPE"', 'label="GPE" note="sure?"'), encoding="utf-8")
    with pytest.warns(UserWarning, match=r"page\.xmi: conflictnews\.Entity has the features note, for which a document has no place"):
        assert list(xmi.read(tmp_path / "out")) == [PAGE]


def test_dkpro_named_entities_read_as_entities_and_linguistic_types_are_passed_over(tmp_path: Path) -> None:
    body = '<ner:NamedEntity xmi:id="2" sofa="1" begin="0" end="3" value="PER" identifier="http://x/ama"/><ner:Location xmi:id="3" sofa="1" begin="7" end="11"/>'
    body += '<pos:POS xmi:id="4" sofa="1" begin="4" end="6" PosValue="IN"/>'
    found = one(put(foreign("Ama in Kono", body, "2 3 4"), tmp_path))
    assert found == Document("a", text="Ama in Kono", entities=(Entity(0, 3, "PER", entity="http://x/ama"), Entity(7, 11, "Location")))


@pytest.mark.parametrize(
    "names, expected",
    [
        ('documentTitle="page.txt" documentId="admin"', "page"),
        ('documentTitle="page" documentId="page"', "page"),
        ('documentId="page"', "page"),
        ('documentTitle="A title. Of words"', "a"),
    ],
)
def test_the_name_of_a_foreign_document(names: str, expected: str, tmp_path: Path) -> None:
    path = put(foreign("x", f'<meta:DocumentMetaData xmi:id="2" sofa="1" begin="0" end="1" {names}/>', "2"), tmp_path)
    (tmp_path / "TypeSystem.xml").write_text(typesystem())
    assert one(path) == Document(expected, text="x")


OTHER = """<typeSystemDescription xmlns="http://uima.apache.org/resourceSpecifier"><types><typeDescription><name>webanno.custom.Name</name><description/>
<supertypeName>uima.tcas.Annotation</supertypeName><features><featureDescription><name>sort</name><description/><rangeTypeName>uima.cas.String</rangeTypeName></featureDescription>
</features></typeDescription></types></typeSystemDescription>"""


@pytest.fixture
def other(tmp_path: Path) -> Path:
    """A file with a project's own type, its type system beside it."""
    (tmp_path / "TypeSystem.xml").write_text(OTHER)
    body = '<custom:Name xmi:id="2" sofa="1" begin="0" end="3" sort="PER"/><custom:Name xmi:id="3" sofa="1" begin="7" end="11" sort="GPE"/>'
    return put(foreign("Ama in Kono", body, "2 3"), tmp_path)


def test_other_types_are_listed_with_the_way_to_read_them(other: Path) -> None:
    with pytest.raises(DocumentError, match=r'has annotations of other types: webanno\.custom\.Name \(2\); say what they are, as in read\(path, types=\{"webanno\.custom\.Name": '):
        one(other)


@pytest.mark.parametrize(
    "rule, expected",
    [
        ("entities:sort", {"entities": (Entity(0, 3, "PER"), Entity(7, 11, "GPE"))}),
        ("entities", {"entities": (Entity(0, 3, "Name"), Entity(7, 11, "Name"))}),
        ("events:sort", {"events": (Event("PER", Span(0, 3)), Event("GPE", Span(7, 11)))}),
        ("boilerplate:sort", {"boilerplate": (BoilerplateSpan(0, 3, "PER"), BoilerplateSpan(7, 11, "GPE"))}),
        ("quotes", {"quotes": (Quote((Span(0, 3),)), Quote((Span(7, 11),)))}),
        ("", {}),
    ],
)
def test_a_rule_says_what_another_type_is(rule: str, expected: dict[str, Any], other: Path) -> None:
    assert one(other, types={"webanno.custom.Name": rule}) == Document("a", text="Ama in Kono", **expected)


@pytest.mark.parametrize("rule, said", [("people", "is to be 'people'; say one of entities, events"), ("entities:kind", "has no feature 'kind'; its features are sort")])
def test_a_rule_that_cannot_be_is_refused(rule: str, said: str, other: Path) -> None:
    with pytest.raises(DocumentError, match=said):
        one(other, types={"webanno.custom.Name": rule})


def test_types_without_their_type_system_are_named(other: Path) -> None:
    other.with_name("TypeSystem.xml").unlink()
    with pytest.raises(DocumentError, match=r"has types that are not in the types of this package .*: webanno\.custom\.Name \(2\); put the TypeSystem.xml"):
        one(other)


ENTITY = '<conflictnews:Entity xmi:id="2" sofa="1" begin="0" end="3" label="PER"/>'


@pytest.mark.parametrize(
    "broken, said",
    [
        (foreign("Ama", ENTITY.replace('label="PER"', ""), "2"), r"conflictnews\.Entity 0-3 \(xmi:id 2\): has no label"),
        (foreign("Ama", ENTITY.replace('end="3"', 'end="4"'), "2"), "starts or ends outside the text"),
        (foreign("Ama", ENTITY.replace('end="3"', 'end="99999999999999999999"'), "2"), "starts or ends outside the text"),
        (foreign("Ama", ENTITY.replace('begin="0"', 'begin="-1"'), "2"), "starts or ends outside the text"),
        (foreign("🧨a", ENTITY.replace('end="3"', 'end="1"'), "2"), "within a character"),
        (foreign("Ama", ENTITY.replace('end="3"', 'end="0"'), "2"), r"\$\.entities\[0\]: the span 0-0 is empty"),
        (foreign("Ama", ENTITY.replace('begin="0"', 'begin="2"').replace('end="3"', 'end="1"'), "2"), "the span 2-1 is inverted"),
        (foreign("Ama", ENTITY.replace('begin="0"', 'begin="x"'), "2"), "does not fit its type system"),
        (foreign("Ama", ENTITY.replace('label="PER"', 'label="PER" colour="red"'), "2"), "does not fit its type system"),
        (foreign("Ama", ENTITY.replace('label="PER"', 'label="PER" order="first"'), "2"), "does not fit its type system"),
        (foreign("Ama", ENTITY.replace('label="PER"', 'label="PER" low="many"'), "2"), "low is 'many', which is no number"),
        (foreign("Ama", ENTITY.replace('label="PER"', 'label="PER" low="nan"'), "2"), "low is 'nan', which is no number"),
        (foreign("Ama", ENTITY, ""), r"conflictnews\.Entity 0-3 is not among the members of a View"),
        (foreign("Ama", ENTITY + ENTITY, "2"), "the xmi:id 2 comes twice"),
        (foreign("Ama", ENTITY, "2 7"), "it refers to an element 7 that is not there"),
        (foreign("Ama", ENTITY, "2").replace(' sofaString="Ama"', ""), "outside the text|has 0 views with text"),
        (foreign("Ama", '<conflictnews:Event xmi:id="2" sofa="1" begin="0" end="3" label="KILL" arguments="3"/><conflictnews:EventArgumentsLink xmi:id="3"/>', "2"), "has a link that points to no span|has no role"),
        (foreign("Ama", f'{ENTITY}<conflictnews:Event xmi:id="4" sofa="1" begin="0" end="3" label="KILL" arguments="3"/><conflictnews:EventArgumentsLink xmi:id="3" target="2"/>', "2 4"), "its argument 0-3 has no role"),
        (foreign("Ama", '<conflictnews:Record xmi:id="2" sofa="1" begin="0" end="0" meta="{"/>', "2"), "meta is no longer the JSON"),
        (foreign("Ama", '<conflictnews:Record xmi:id="2" sofa="1" begin="0" end="0" meta="[]"/>', "2"), "meta is no longer the JSON"),
        (foreign("Ama", '<conflictnews:Record xmi:id="2" sofa="1" begin="0" end="0" layers="people"/>', "2"), "the record lists a layer 'people'"),
        (foreign("Ama", '<conflictnews:Record xmi:id="2" sofa="1" begin="0" end="0" characters="[[1, &quot;x&quot;]]"/>', "2"), "which does not fit; the text must not be changed"),
        (foreign("Ama", '<conflictnews:Record xmi:id="2" sofa="1" begin="0" end="0" doc_id="../x"/>', "2"), "could be a path"),
        (foreign("Ama", '<conflictnews:Record xmi:id="2" sofa="1" begin="0" end="0"/><conflictnews:Record xmi:id="3" sofa="1" begin="0" end="0"/>', "2 3"), "has 2 records"),
        (foreign("Ama", '<ner:NamedEntity xmi:id="2" sofa="1" begin="0" end="3"/>', "2"), "value is empty; give it a label"),
        (foreign("A&#12;a", ENTITY, "2"), "is no well-formed XML 1.0"),
        ('<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "b">]><x/>', "has a document type declaration"),
        ("<html/>", "is XML but no XMI: it opens with html"),
        ("", "is no well-formed XML 1.0"),
        ("{}", "is no well-formed XML 1.0"),
    ],
)  # fmt: skip
def test_a_broken_file_is_an_error_that_names_it(broken: str, said: str, tmp_path: Path) -> None:
    with pytest.raises(DocumentError, match=rf"(?s)a\.xmi: .*({said})"):
        one(put(broken, tmp_path))


def test_a_file_as_a_uima_tool_writes_it_again(tmp_path: Path) -> None:
    """XML 1.1, other prefixes and ids, numbers that nobody set as 0, the tool's own record types, the annotator in documentId."""
    internal = "<typeDescription><name>de.tudarmstadt.ukp.clarin.webanno.api.type.CASMetadata</name><description/><supertypeName>uima.cas.TOP</supertypeName></typeDescription>"
    (tmp_path / "TypeSystem.xml").write_text(typesystem().replace(" </types>", f"{internal} </types>"))
    body = """<t:CASMetadata xmi:id="90"/><m:DocumentMetaData xmi:id="80" sofa="12" begin="0" end="9" language="x-unspecified" documentTitle="page.xmi" documentId="ann" documentUri="p/ann" isLastSegment="false"/>
<s:Sentence xmi:id="70" sofa="12" begin="0" end="9"/><c:Event xmi:id="60" sofa="12" begin="5" end="9" label="KILL" arguments="50" order="0"/><c:EventArgumentsLink xmi:id="50" role="PLACE" target="40"/>
<c:Entity xmi:id="40" sofa="12" begin="0" end="4" label="GPE" order="0"/><c:Quote xmi:id="30" sofa="12" begin="0" end="9" order="0"><speakers>a b</speakers><speakers>c</speakers></c:Quote>"""
    other = f"""<?xml version="1.1" encoding="UTF-8"?><xmi:XMI xmlns:xmi="http://www.omg.org/XMI" xmlns:cas="http:///uima/cas.ecore" xmlns:c="http:///conflictnews.ecore"
 xmlns:m="http:///de/tudarmstadt/ukp/dkpro/core/api/metadata/type.ecore" xmlns:s="http:///de/tudarmstadt/ukp/dkpro/core/api/segmentation/type.ecore"
 xmlns:t="http:///de/tudarmstadt/ukp/clarin/webanno/api/type.ecore" xmi:version="2.0"><cas:NULL xmi:id="0"/>{body}
<cas:Sofa xmi:id="12" sofaNum="1" sofaID="_InitialView" mimeType="text" sofaString="Kono fell"/><cas:View sofa="12" members="90 80 70 60 40 30"/></xmi:XMI>"""
    assert one(put(other, tmp_path, "ann.xmi")) == Document(
        "page",
        text="Kono fell",
        entities=(Entity(0, 4, "GPE"),),
        events=(Event("KILL", Span(5, 9), arguments=(Argument("PLACE", 0, 4),)),),
        quotes=(Quote((Span(0, 9),), speakers=("a b", "c")),),
    )


def test_a_file_with_two_texts_is_refused(tmp_path: Path) -> None:
    second = '<cas:Sofa xmi:id="9" sofaNum="2" sofaID="other" mimeType="text" sofaString="b"/><cas:View'
    with pytest.raises(DocumentError, match=r"a\.xmi: has 2 views with text"):
        one(put(foreign("a", "", "").replace("<cas:View", second, 1), tmp_path))


def test_a_file_cut_anywhere_is_an_error_and_no_crash(tmp_path: Path) -> None:
    data = xmi.encode(PAGE)
    for end in range(0, len(data) - 2, 97):
        (tmp_path / "a.xmi").write_bytes(data[:end])
        with pytest.raises(DocumentError, match=r"a\.xmi"):
            one(tmp_path / "a.xmi")


@settings(max_examples=60, deadline=None)
@given(at=st.integers(0, 10**6), piece=st.sampled_from([b"", b'"', b"<", b"0", b"-", b"99", b"\xff", b" ", b"x", b"&"]))
def test_a_damaged_file_is_read_or_refused(at: int, piece: bytes, tmp_path_factory: pytest.TempPathFactory) -> None:
    data = xmi.encode(PAGE)
    at %= len(data)
    path = tmp_path_factory.mktemp("x") / "a.xmi"
    path.write_bytes(data[:at] + piece + data[at + 1 :])
    try:
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr("warnings.warn", lambda *_, **__: None)
            one(path)
    except ConflictNewsError:
        return


def test_a_type_system_that_is_none_is_an_error(tmp_path: Path) -> None:
    xmi.write([PAGE], tmp_path / "out")
    (tmp_path / "out" / "TypeSystem.xml").write_text("<types")
    with pytest.raises(DocumentError, match=r"TypeSystem\.xml: is no type system description"):
        list(xmi.read(tmp_path / "out"))


def test_paths_that_cannot_be_read_are_named(tmp_path: Path) -> None:
    with pytest.raises(DocumentError, match="nowhere: there is no such file"):
        list(xmi.read(tmp_path / "nowhere"))
    with pytest.raises(DocumentError, match=r"holds no \.xmi file"):
        list(xmi.read(tmp_path))


def test_a_document_that_comes_twice_is_refused(tmp_path: Path) -> None:
    for annotator in ("ann", "ben"):
        (tmp_path / annotator).mkdir()
        (tmp_path / annotator / "page.xmi").write_bytes(xmi.encode(PAGE))
    with pytest.raises(DocumentError, match=r"ben.page\.xmi: the doc_id page comes twice"):
        list(xmi.read(tmp_path))


@pytest.mark.parametrize(
    "documents, name, said",
    [
        ([Document("d")], "out", "d: has no text, and XMI carries the words"),
        ([Document("d", text="a"), Document("e", text="a")], "out.xmi", "holds one document, there are 2"),
        ([Document("d", text="a", entities=(Entity(0, 2, "L"),))], "out", "d: .* ends past the text"),
        ([Document("../d", text="a")], "out", "could be a path"),
        ([Document("d", text="a", meta={"x": float("nan")})], "out", "d: cannot be written as XMI"),
        ([Document("d", text="a", meta={"x": object()})], "out", "d: cannot be written as XMI"),
        ([Document("d", text="a", entities=(Entity(0, 1, "L", low=float("inf")),))], "out", "d: cannot be written as XMI: low is inf"),
    ],
)
def test_what_cannot_be_written_is_refused_and_leaves_nothing(documents: list[Document], name: str, said: str, tmp_path: Path) -> None:
    with pytest.raises(ConflictNewsError, match=said):
        xmi.write(documents, tmp_path / name)
    assert list(tmp_path.iterdir()) == []


def test_a_missing_library_says_what_to_install(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setitem(sys.modules, "cassis", None)
    with pytest.raises(MissingExtraError, match=r'pip install "conflictnews\[xmi\]"'):
        xmi.cassis_module()


@settings(max_examples=50, deadline=None)
@given(document=documents())
def test_sentences_and_tokens_cover_what_can_be_seen(document: Document) -> None:
    cas = cassis.load_cas_from_xmi(xmi.encode(document).decode(), cassis.load_typesystem(SHIPPED))
    for name in ("Sentence", "Token"):
        spans = [(s.begin, s.end) for s in cas.select(f"{DKPRO}segmentation.type.{name}")]
        covered = {i for begin, end in spans for i in range(begin, end)}
        assert all(i in covered for i, c in enumerate(cas.sofa_string) if not c.isspace())
        assert all(begin < end and not cas.sofa_string[begin].isspace() and not cas.sofa_string[end - 1].isspace() for begin, end in spans)
        assert all(a[1] <= b[0] for a, b in itertools.pairwise(spans))


@pytest.mark.parametrize(
    "text, expected",
    [
        ("Kono fell. Ama left.", ["Kono fell.", "Ama left."]),
        ("“It fell.” Mr. Bo left\nNext", ["“It fell.”", "Mr. Bo left", "Next"]),
        (" a \r\n\r\n b", ["a", "b"]),
        ("U.S. troops", ["U.S. troops"]),
        (" \n", []),
    ],
)
def test_sentences_end_at_line_ends_and_after_stops(text: str, expected: list[str]) -> None:
    cas = cassis.load_cas_from_xmi(xmi.encode(Document("d", text=text)).decode(), cassis.load_typesystem(SHIPPED))
    assert [s.get_covered_text() for s in cas.select(f"{DKPRO}segmentation.type.Sentence")] == expected

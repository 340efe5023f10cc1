"""conflictnews task: raw pages become documents, go to a tool, and come back with its answers."""

from __future__ import annotations

import hashlib
import io
import json
import sys
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import msgspec
import pytest

from conflictnews import load_corpus
from conflictnews.convert import read_documents, write_documents
from conflictnews.errors import DocumentError
from conflictnews.hydrate import strip_text
from conflictnews.io.formats import FORMATS
from conflictnews.io.jsonl import write_jsonl
from conflictnews.model import LAYERS, Argument, Document, Entity, Event, Quote, Span, text_sha256
from conflictnews.tasks.answers import bare, completed, merge_answers, opened
from conflictnews.tasks.html import visible_text
from conflictnews.tasks.pages import LARGEST, decoded, kind_of, make_document, remarks
from conftest import ROOT, run

pytest.importorskip("selectolax")

TODAY = date(2024, 12, 3)

HTML = """<!doctype html>
<html><head><meta charset="utf-8"><title>Kono
 falls &mdash; Gazette</title><style>p { color: red }</style><script>var menu = "<p>no</p>";</script></head>
<body><a href="#main">Skip to content</a>
<nav><ul><li><a href="/">Home</a></li><li><a href="/w">World</a><ul><li>Africa</li></ul></li></ul></nav>
<main id="main"><h1>Kono falls</h1><p class="by">By  Ada
 Lamin</p><p>Rebels took&nbsp;Kono on <b>Mon</b>day &ndash; again.<br>They left.</p>
<div hidden>hidden</div><div style="color: red; DISPLAY : none">unseen</div><template><p>t</p></template><noscript>n</noscript></main>
<table><tr><th>Dead<th>Hurt<tr><td>3<td><b>4</b></table>
<footer>&copy; Gazette<button>Share</button><button>Print</button></footer></body></html>
"""
SEEN = """Skip to content

Home
World
Africa

Kono falls

By Ada Lamin

Rebels took\u00a0Kono on Monday – again.
They left.

Dead\tHurt
3\t4
© Gazette Share Print
"""


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def saved(path: Path, data: bytes | str) -> Path:
    path.write_bytes(data.encode() if isinstance(data, str) else data)
    return path


def made(path: Path) -> Document:
    (document,) = read_documents(str(path)).documents
    return document


def test_a_saved_page_keeps_its_furniture_and_loses_what_nobody_sees() -> None:
    assert visible_text(HTML) == (SEEN, "Kono falls — Gazette")


@pytest.mark.parametrize(
    "html, text",
    [
        ("", ""),
        ("words", "words\n"),
        ("<p> \n </p>", ""),
        ("a<b>b</b> <i> c</i>\n, d", "ab c , d\n"),
        ("<div>a</div><div>b</div>c", "a\nb\nc\n"),
        ("<div><div><div>a</div></div></div><div>b</div>", "a\nb\n"),
        ("<p>a</p><p></p><p>b</p>", "a\n\nb\n"),
        ("a<br>b<br><br>c<br><br><br>d<br>", "a\nb\n\nc\n\nd\n"),
        ("<p>a<br></p><p>b</p>", "a\n\nb\n"),
        ("a<pre>\n  x\n\n\n y \n</pre>b", "a\n\n  x\n\n\n y \n\nb\n"),
        ("<ul><li>a<ul><li>b</ul><li>c</ul>d", "a\nb\nc\n\nd\n"),
        ("<table><tr><td><p>a</p><td>b</table>", "a\n\nb\n"),
        ("<table><caption>t</caption><tr><td> a </td>\n<td> b </td></tr></table>", "t\na\tb\n"),
        ("&nbsp;a&#8201;b&shy;c&zwj;d\u3000e &lt;b&gt; &#x1F1F8;&#127486;", "\u00a0a\u2009b\u00adc\u200dd\u3000e <b> 🇸🇾\n"),
        ("<select><option>EN<option>FR</select><textarea>\n a\n  b</textarea>", "EN\nFR\n a\n  b\n"),
        ("<dialog>no</dialog><dialog open>yes</dialog><details><summary>s</summary>more</details>", "yes\ns\nmore\n"),
        ("<span style='visibility:hidden'>no</span><span aria-hidden=true>yes</span><span hidden=until-found>no</span>", "yes\n"),
        ("a<!-- no --><iframe>no</iframe><svg><title>no</title><text>chart</text></svg><img alt=no><video>no</video><object>no</object>b", "achartb\n"),
        ("<p>a<div>b</p>c</div>", "a\n\nb\n\nc\n"),
        ("<frameset><frame src=a></frameset>", ""),
        ("<div>" * 3000 + "deep", "deep\n"),
    ],
)
def test_what_of_html_is_seen(html: str, text: str) -> None:
    assert visible_text(html).text == text


def test_a_text_file_is_taken_to_the_character_but_for_its_byte_order_mark() -> None:
    text = "\u00a0 Kono\r\nleft \t\rnow\u2028.\n\n\n "
    data = b"\xef\xbb\xbf" + text.encode()
    document = make_document(data, "a.txt", doc_id="a", today=TODAY, meta={"published": "2024-12-01"})
    source = {"file": "a.txt", "sha256": hashlib.sha256(data).hexdigest(), "taken": "2024-12-03", "how": "the whole file, utf-8"}
    assert document == Document("a", text, text_sha256(text), {"published": "2024-12-01", "source": source})
    assert remarks(document) == ["a: 2 carriage returns are kept, as the text is taken to the character; --unix-lines turns them into LF"]
    other = make_document(data, "a.txt", doc_id="a", today=TODAY, unix_lines=True)
    assert (other.text, remarks(other)) == ("\u00a0 Kono\nleft \t\nnow\u2028.\n\n\n ", [])
    assert other.meta["source"]["how"] == "the whole file, utf-8, line ends turned into LF"


def test_the_title_of_html_goes_into_meta_unless_one_is_given() -> None:
    document = make_document(HTML.encode(), "a.html", doc_id="a", today=TODAY)
    assert (document.text, document.meta["title"], document.meta["source"]["how"]) == (SEEN, "Kono falls — Gazette", "visible text of an HTML page, utf-8")
    assert make_document(HTML.encode(), "a.html", doc_id="a", today=TODAY, meta={"title": "Mine"}).meta["title"] == "Mine"
    assert [document.layer(layer) for layer in LAYERS] == [None] * 4


@pytest.mark.parametrize(
    "data, html, encoding, text, used",
    [
        ("é".encode(), False, "", "é", "utf-8"),
        ("é".encode("cp1252"), False, "cp1252", "é", "cp1252"),
        (b"<meta charset=iso-8859-1>\x93\xe9\x94", True, "", "<meta charset=iso-8859-1>“é”", "cp1252"),
        (b'<META http-equiv=x content="text/html; charset=koi8-r">\xcb', True, "", '<META http-equiv=x content="text/html; charset=koi8-r">к', "koi8-r"),
        (b"<meta charset=utf-16>\xc3\xa9", True, "", "<meta charset=utf-16>é", "utf-8"),
        (b"<meta charset=koi8-r>\xe9", True, "latin-1", "<meta charset=koi8-r>é", "iso8859-1"),
        (b"\xef\xbb\xbf<meta charset=koi8-r>\xc3\xa9", True, "", "<meta charset=koi8-r>é", "utf-8"),
        (b"<meta charset=koi8-r>\xc3\xa9", False, "", "<meta charset=koi8-r>é", "utf-8"),
        ("é".encode("utf-16"), False, "utf-16", "é", "utf-16"),
    ],
)
def test_an_encoding_is_given_or_declared_and_never_guessed(data: bytes, html: bool, encoding: str, text: str, used: str) -> None:
    assert decoded(data, "p", html=html, encoding=encoding) == (text, used)


@pytest.mark.parametrize(
    "data, name, options, message",
    [
        (b"", "a.txt", {}, "a.txt: is empty"),
        (b" \n\t", "a.html", {}, "a.html: is empty"),
        ("\u00a0\u2003".encode(), "a.txt", {}, "has no text; nothing but white space is in it"),
        (b"<html><script>x</script></html>", "a.html", {}, "has no text; a page made by scripts or frames has its text elsewhere"),
        (b"x" * (LARGEST + 1), "a.txt", {}, "has more than 20 MB; a document is one page, so cut the file up"),
        (b"%PDF-1.7\n", "a.txt", {}, "is a PDF, no page; save the page as HTML"),
        (b"PK\x03\x04..", "a.html", {}, "is an archive or an office document"),
        (b"\x1f\x8b\x08", "a.html", {}, "is compressed \\(gzip\\)"),
        (b"a\x00b\x00", "a.txt", {}, "is UTF-16 or UTF-32, or no text; save it as UTF-8, or say --encoding utf-16"),
        ("é".encode("utf-16"), "a.html", {}, "is UTF-16 or UTF-32"),
        (b"abcdef\x00", "a.txt", {}, "is no text: 1 of 7 characters are controls"),
        (b"ab\x01\x02\x1b", "a.txt", {}, "is no text: 3 of 5 characters are controls"),
        (b"one\ntwo\xe9", "a.txt", {}, r"is not utf-8 at byte 7 \(line 2\); save the page as UTF-8, or say what it is with --encoding"),
        (b"<meta charset=euc-kr>\xff", "a.html", {}, r"is not euc_kr at byte 21 \(line 1\)"),
        (b"<meta charset=martian>x", "a.html", {}, "there is no encoding 'martian'"),
        (b"abc", "a.txt", {"encoding": "rot13"}, "there is no encoding 'rot13'"),
        (b"abc", "a.txt", {"encoding": "utf 99"}, "there is no encoding 'utf 99'"),
        (b"\\ud800", "a.txt", {"encoding": "unicode_escape"}, "cannot be read as unicode_escape"),
        (b"<!-- x -->\n<!DOCTYPE html><p>a", "a.txt", {}, "opens like HTML; say --as html for its visible text, or --as text"),
        (b"From: <Saved by Blink>\nSubject: x\n", "a.mhtml", {}, "is a web archive"),
        (b"Date: x\nContent-Type: multipart/related; boundary=x\n", "a.html", {}, "is a web archive"),
        (b"abc", "a.txt", {"doc_id": "a/b"}, "could be a path"),
        (b"abc", "a.txt", {"doc_id": "A b"}, "'A b' is no document id; use up to 100 of a-z"),
        (b"abc", "a.txt", {"meta": {"source": "x"}}, "meta.source is written by conflictnews itself"),
    ],
)
def test_what_is_no_page_is_refused_with_the_way_out(data: bytes, name: str, options: dict[str, Any], message: str) -> None:
    with pytest.raises(DocumentError, match=message) as caught:
        make_document(data, name, **{"doc_id": "a", "today": TODAY, **options})
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("data, name, kind", [(b"<p>", "a.HTM", "html"), (b"< b", "a.txt", "text"), (b"x", "-", "text"), (b"\xef\xbb\xbf\n<HTML>", "standard input", "html")])
def test_name_and_opening_tell_what_a_page_is(data: bytes, name: str, kind: str) -> None:
    assert kind_of(data, name) == kind


def test_new_writes_a_document_that_the_validator_takes(place: Path) -> None:
    saved(place / "page.html", HTML)
    ran = run("task", "new", "page.html", "--id", "kono", "-o", "kono.json", "--meta", "published=2024-12-03", "--meta", "note=a=b")
    assert (ran.code, ran.out, ran.err) == (0, f"kono: 16 lines, 28 words, {len(SEEN)} characters written to kono.json\n", "")
    document = made(place / "kono.json")
    assert (document.text, document.meta["published"], document.meta["note"], document.meta["source"]["file"]) == (SEEN, "2024-12-03", "a=b", "page.html")
    assert run("validate", "kono.json").code == 0


def test_new_puts_a_document_into_a_folder_under_its_id(place: Path) -> None:
    saved(place / "a.txt", "Kono left.\n")
    (place / "pages").mkdir()
    assert run("task", "new", "a.txt", "--id", "kono", "-o", "pages").code == 0
    assert made(place / "pages" / "kono.json").text == "Kono left.\n"


@pytest.mark.parametrize("data, text", [(HTML, SEEN), ("Kono left.\n", "Kono left.\n")])
def test_new_takes_a_page_from_standard_input(data: str, text: str, place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(data.encode())))
    assert run("task", "new", "-", "--id", "kono", "-o", "kono.json").code == 0
    document = made(place / "kono.json")
    assert (document.text, document.meta["source"]["file"]) == (text, "standard input")


def test_carriage_returns_are_told(place: Path) -> None:
    saved(place / "a.txt", "Kono\r\nleft")
    assert run("task", "new", "a.txt", "--id", "a", "-o", "a.json").err.startswith("warning: a: 1 carriage returns are kept")
    assert run("task", "new", "a.txt", "--id", "a", "-o", "a.json", "--force", "--unix-lines").err == ""
    assert made(place / "a.json").text == "Kono\nleft"


@pytest.mark.parametrize(
    "arguments, message",
    [
        (["absent.txt", "--id", "a", "-o", "a.json"], "absent.txt: cannot be read (No such file"),
        ([".", "--id", "a", "-o", "a.json"], ".: cannot be read (Is a directory"),
        (["a.txt", "--id", "a", "-o", "a.txt"], "a.txt: a document's file is called DOC.json"),
        (["a.txt", "--id", "a", "-o", "old.json"], "old.json: is there already"),
        (["a.txt", "--id", "a", "-o", "a.json", "--meta", "x"], "--meta takes KEY=VALUE, not 'x'"),
        (["a.txt", "--id", "a", "-o", "a.json", "--meta", "x=1", "--meta", "x=2"], "a field of --meta is given twice"),
        (["a.txt", "-o", "a.json"], "Missing option '--id'"),
        (["a.txt", "--id", "../a", "-o", "a.json"], "could be a path"),
    ],
)
def test_bad_use_of_new_writes_nothing(arguments: list[str], message: str, place: Path) -> None:
    saved(place / "a.txt", "Kono")
    saved(place / "old.json", "mine")
    ran = run("task", "new", *arguments)
    assert (ran.code, ran.out) == (2, "")
    assert message in ran.err
    assert sorted(path.name for path in place.iterdir()) == ["a.txt", "old.json"]
    assert (place / "old.json").read_text() == "mine"


@pytest.mark.parametrize(
    "arguments, message", [(["nwe"], "No such command 'nwe'. Did you mean 'new'?\nsee conflictnews task --help"), (["new"], "see conflictnews task new --help")]
)
def test_slips_in_the_group_are_told_with_the_way_to_help(arguments: list[str], message: str) -> None:
    ran = run("task", *arguments)
    assert ran.code == 2
    assert message in ran.err


def test_the_group_alone_shows_its_commands() -> None:
    ran = run("task")
    assert (ran.code, [line.split()[0] for line in ran.out.split("Commands:\n")[1].splitlines() if not line.startswith("    ")]) == (2, ["new", "export", "import"])


TEXT = "Menu\n\nKono left.\n“I left,” Kono said.\n"
PAGE = Document("page", TEXT, text_sha256(TEXT), {"published": "2024-12-03"})
OTHER = Document("other", "Kono.\n", text_sha256("Kono.\n"), {"published": "2024-12-04"})


@pytest.fixture
def pages(place: Path) -> Path:
    write_documents([PAGE, OTHER], place / "pages", "json")
    return place / "pages"


@pytest.mark.parametrize("name", FORMATS)
def test_a_page_goes_out_and_comes_back_onto_its_document(name: str, pages: Path, place: Path) -> None:
    out = place / ("out" if FORMATS[name].folder else f"out{FORMATS[name].suffixes[0]}")
    ran = run("task", "export", pages, "--to", name, "-o", out)
    assert (ran.code, ran.err) == (0, "")
    assert ran.out.splitlines() == [f"the guidelines for annotators are in {ROOT / 'annotation_guidelines'}", f"2 documents written to {out} ({name})"]
    if not FORMATS[name].opened:
        return
    ran = run("task", "import", out, "--from", name, "--documents", pages, "-o", "back", "--annotator", "ada")
    assert (ran.code, ran.out, ran.err) == (0, "2 documents written to back (json)\n".replace("\n", ", no problems\n"), "")
    layers: dict[str, Any] = dict.fromkeys(FORMATS[name].layers or LAYERS, ())
    expected = [msgspec.structs.replace(d, meta={**d.meta, "annotator": "ada"}, **layers) for d in (OTHER, PAGE)]
    assert list(read_documents("back").documents) == expected


def test_gold_goes_out_to_be_mended_and_comes_back_identical(place: Path) -> None:
    assert run("task", "export", "corpus:dev", "--to", "brat", "-o", "out").code == 0
    assert run("task", "import", "out", "--documents", "corpus:dev", "-o", "back.jsonl").code == 0
    assert read_documents("back.jsonl").documents == load_corpus("dev")


def test_labels_of_the_layers_that_are_wanted_go_along(pages: Path, place: Path) -> None:
    assert run("task", "export", pages, "--to", "brat", "-o", "out", "--layer", "boilerplate").code == 0
    conf = (place / "out" / "annotation.conf").read_text()
    assert "boilerplate-NAV" in conf
    assert "GPE" not in conf


def test_annotations_made_in_a_tool_come_back_with_ids_surfaces_and_the_annotator(pages: Path, place: Path) -> None:
    run("task", "export", pages, "--to", "brat", "-o", "out")
    saved(place / "out" / "page.ann", 'T1\tPER 6 10\tKono\nA1\tLevel T1 NAM\n#1\tAnnotatorNotes T1\t{"entity": "kono"}\nT2\tboilerplate-NAV 0 4\tMenu\n')
    ran = run("task", "import", "out", "--documents", pages, "-o", "back", "--annotator", "ada")
    assert (ran.code, ran.err) == (0, "")
    page = made_of("back", "page")
    assert page.entities == (Entity(6, 10, "PER", "T1", level="NAM", entity="kono", surface="Kono"),)
    assert [(b.start, b.end, b.label, b.id, b.surface) for b in page.boilerplate or ()] == [(0, 4, "NAV", "T2", "Menu")]
    assert page.meta == {"published": "2024-12-03", "annotator": "ada"}
    assert page.text_sha256 == PAGE.text_sha256


def made_of(folder: str, doc_id: str) -> Document:
    return next(document for document in read_documents(folder).documents if document.doc_id == doc_id)


def test_problems_are_listed_and_a_broken_form_is_written_only_on_request(pages: Path, place: Path) -> None:
    answers = [
        msgspec.structs.replace(PAGE, entities=(Entity(6, 10, "PRE", "E1"),)),
        msgspec.structs.replace(OTHER, entities=(Entity(0, 4, "PER", "E1", level="NAM", entity="k", surface="Kino"),)),
    ]
    write_jsonl(answers, place / "a.jsonl")
    ran = run("task", "import", "a.jsonl", "--documents", pages, "-o", "back")
    lines = ran.out.splitlines()
    assert ran.code == 1
    assert lines[0] == "other: entities[0]: the surface is 'Kino', the text has 'Kono' [format.surface]; mend the offsets, or the surface"
    assert "[labels.entity]" in ran.out
    assert lines[-1] == "1 document written to back (json), 3 problems"
    assert ran.err == "warning: 1 document of broken form not written (--keep writes them): other\n"
    assert [path.name for path in (place / "back").iterdir()] == ["page.json"]
    ran = run("task", "import", "a.jsonl", "--documents", pages, "-o", "kept", "--keep")
    assert (ran.code, ran.out.splitlines()[-1], ran.err) == (1, "2 documents written to kept (json), 3 problems", "")


def test_nothing_is_written_where_every_form_is_broken(pages: Path, place: Path) -> None:
    write_jsonl([msgspec.structs.replace(OTHER, entities=(Entity(0, 4, "PER", surface="Kino"),))], place / "a.jsonl")
    ran = run("task", "import", "a.jsonl", "--documents", pages, "-o", "back")
    assert (ran.code, ran.out.splitlines()[-1], (place / "back").exists()) == (1, "nothing was written", False)


@pytest.mark.parametrize(
    "change, message",
    [
        (
            lambda t: t.replace("left", "lift", 1),
            "page: the answer's text is not the document's, from line 3, column 7 on: here stands 'i' (LATIN SMALL LETTER I), the original has 'e'",
        ),
        (
            lambda t: t.replace("“", '"'),
            "page: the answer's text is not the document's, from line 4, column 1 on: here stands '\"' (QUOTATION MARK), the original has '“' (LEFT DOUBLE",
        ),
        (lambda t: t + "\n", "from line 5, column 1 on: here stands '\\n' (U+000A), the original ends"),
        (lambda t: t[:4], "from line 1, column 5 on: the text ends here, the original has '\\n' (U+000A)"),
        (lambda t: t.replace("\n", "\r\n"), "from line 1, column 5 on: here stands '\\r' (U+000D), the original has '\\n'"),
    ],
)
def test_a_changed_text_is_an_error_that_shows_the_place(change: Callable[[str], str], message: str, pages: Path, place: Path) -> None:
    write_jsonl([Document("page", change(TEXT), entities=())], place / "a.jsonl")
    ran = run("task", "import", "a.jsonl", "--documents", pages, "-o", "back")
    assert (ran.code, ran.out, (place / "back").exists()) == (2, "", False)
    assert message in ran.err
    assert len(ran.err.splitlines()) == 1


@pytest.mark.parametrize(
    "answers, arguments, message",
    [
        ([Document("who", TEXT, entities=()), Document("x", TEXT)], [], "who and 1 more: is in the answers, but not among the documents; give with --documents what was exported"),
        ([PAGE], [], "a.jsonl: holds no answer to any of the documents"),
        ([Document("page", TEXT, entities=())], ["-o", "b.conll"], "b.conll: iob cannot carry everything; name a folder, or a file such as a.jsonl"),
        ([Document("page", TEXT, entities=())], ["--documents", "bare.jsonl"], "page: the document has no text; give with --documents what was exported, with its texts"),
        ([Document("page", TEXT, entities=())], ["-o", "pages"], "pages: is there already"),
    ],
)
def test_answers_to_nothing_are_refused(answers: list[Document], arguments: list[str], message: str, pages: Path, place: Path) -> None:
    write_jsonl(answers, place / "a.jsonl")
    write_jsonl([strip_text(PAGE)], place / "bare.jsonl")
    ran = run("task", "import", "a.jsonl", "--documents", "pages", "-o", "back", *arguments)
    assert (ran.code, ran.out, (place / "back").exists()) == (2, "", False)
    assert message in ran.err.splitlines()[-1]


def test_documents_without_answers_are_named(pages: Path, place: Path) -> None:
    write_jsonl([Document("page", TEXT, entities=())], place / "a.jsonl")
    ran = run("task", "import", "a.jsonl", "--documents", pages, "-o", "back")
    assert (ran.code, ran.err) == (0, "warning: 1 document without an answer: other\n")
    write_jsonl([Document("page", TEXT, entities=()), OTHER], place / "a.jsonl")
    ran = run("task", "import", "a.jsonl", "--documents", pages, "-o", "back", "--force")
    assert (ran.code, ran.err) == (0, "warning: 1 document that nobody annotated: other\n")


def test_an_answer_without_text_is_put_onto_the_text_whose_checksum_it_has() -> None:
    (merged,) = merge_answers([Document("page", None, PAGE.text_sha256, entities=(Entity(6, 10, "PER"),))], [PAGE]).documents
    assert merged.entities == (Entity(6, 10, "PER", "E1", surface="Kono"),)
    with pytest.raises(DocumentError, match="another text_sha256"):
        merge_answers([Document("page", None, OTHER.text_sha256, entities=())], [PAGE])


def test_meta_of_the_document_wins_and_what_the_tool_adds_is_kept() -> None:
    answer = Document("page", TEXT, meta={"published": "1999", "notes": {"E1": "unsure"}}, quotes=())
    (merged,) = merge_answers([answer], [msgspec.structs.replace(PAGE, entities=(), quotes=(Quote((Span(17, 26),)),))], annotator="ada").documents
    assert merged.meta == {"published": "2024-12-03", "notes": {"E1": "unsure"}, "annotator": "ada"}
    assert (merged.entities, merged.quotes, merged.events) == ((), (), None)


def test_missing_ids_and_surfaces_are_filled_in_and_given_ones_stay() -> None:
    document = Document(
        "d",
        "Kono left Kono",
        None,
        {},
        (Entity(0, 4, "PER", surface="kono"), Entity(10, 14, "PER", "E1")),
        (Event("MEET", Span(5, 9), arguments=(Argument("PLACE", 10, 14),)),),
        (Quote((Span(0, 4),), "E2"),),
    )
    assert completed(document) == Document(
        "d",
        "Kono left Kono",
        None,
        {},
        (Entity(0, 4, "PER", "E3", surface="kono"), Entity(10, 14, "PER", "E1", surface="Kono")),
        (Event("MEET", Span(5, 9, "left"), "V1", arguments=(Argument("PLACE", 10, 14, surface="Kono"),)),),
        (Quote((Span(0, 4, "Kono"),), "E2"),),
    )


def test_layers_are_opened_where_they_are_wanted_carried_and_absent() -> None:
    some = msgspec.structs.replace(PAGE, entities=(Entity(6, 10, "PER"),))
    assert [opened([some], "brat")[0].layer(layer) for layer in LAYERS] == [(Entity(6, 10, "PER"),), (), (), ()]
    assert [opened([PAGE], "iob")[0].layer(layer) for layer in LAYERS] == [(), None, None, None]
    assert [opened([PAGE], "brat", ["quotes"])[0].layer(layer) for layer in LAYERS] == [None, None, (), None]
    with pytest.raises(DocumentError, match="iob carries entities and not events; choose another format"):
        opened([PAGE], "iob", ["events"])
    with pytest.raises(DocumentError, match="page: has no text to annotate"):
        opened([strip_text(PAGE)], "jsonl")


def test_only_annotations_count_as_lost_on_export(pages: Path, place: Path) -> None:
    assert bare([PAGE, msgspec.structs.replace(OTHER, quotes=())], "brat") == (
        Document("page", TEXT, None, {}, (), (), None, ()),
        Document("other", "Kono.\n", None, {}, (), (), (), ()),
    )
    assert bare([PAGE], "iob") == (Document("page", TEXT, entities=()),)
    write_jsonl([msgspec.structs.replace(PAGE, entities=(Entity(6, 10, "PER", "E1", surface="Kono"),))], place / "a.jsonl")
    ran = run("task", "export", "a.jsonl", "--to", "iob", "-o", "o.conll")
    assert (ran.code, ran.err.splitlines()[0], (place / "o.conll").exists()) == (1, "lost: the id of mention: 1 (in page)", False)
    assert run("task", "export", "a.jsonl", "--to", "iob", "-o", "o.conll", "--lossy").code == 0


def test_documents_of_several_places_go_out_together_but_none_twice(pages: Path, place: Path) -> None:
    ran = run("task", "export", pages, "corpus:dev", "--to", "jsonl", "-o", "o.jsonl")
    assert ran.out.splitlines()[-1] == f"{2 + len(load_corpus('dev'))} documents written to o.jsonl (jsonl)"
    ran = run("task", "export", pages, pages / "page.json", "--to", "jsonl", "-o", "p.jsonl")
    assert (ran.code, (place / "p.jsonl").exists()) == (2, False)
    assert "the doc_id page comes twice" in ran.err


def test_the_name_of_an_annotator_is_written_as_json(pages: Path, place: Path) -> None:
    write_jsonl([Document("page", TEXT, entities=())], place / "a.jsonl")
    run("task", "import", "a.jsonl", "--documents", pages, "-o", "back", "--annotator", 'Ada "A." ü')
    assert json.loads((place / "back" / "page.json").read_bytes())["meta"]["annotator"] == 'Ada "A." ü'

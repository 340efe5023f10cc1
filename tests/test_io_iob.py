"""Tokens in columns: what is written, what is left out and told, and other people's files."""

from __future__ import annotations

import math
import re
import tempfile
from pathlib import Path

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from conflictnews import load_corpus
from conflictnews.errors import ConflictNewsError, DocumentError
from conflictnews.io.iob import iter_iob, losses, read, write
from conflictnews.model import BoilerplateSpan, Document, Entity, Event, Span, text_sha256
from conflictnews.tables import TOKEN
from strategies import documents, some_documents

TEXT = "  Col. Kono left\u00a0Bo.\r\n\r\nHe—and 2 men\tfled."


def saved(tmp_path: Path, content: str, name: str = "page.conll") -> Path:
    path = tmp_path / name
    path.write_bytes(content.encode())
    return path


def spans(document: Document) -> list[tuple[str, str]]:
    """The words and labels of the mentions."""
    return [((document.text or "")[e.start : e.end], e.label) for e in document.entities or ()]


def kept_of(document: Document) -> tuple[Entity, ...] | None:
    """The mentions that come back, worked out another way: by characters, from the losses that the format names."""
    if document.entities is None:
        return None
    text = document.text or ""
    borders = [(m.start(), m.end()) for m in TOKEN.finditer(text)]
    kept: list[Entity] = []
    for e in sorted(document.entities, key=lambda e: (e.start, -e.end)):
        whole = any(a == e.start for a, _ in borders) and any(b == e.end for _, b in borders)
        if whole and "\n" not in text[e.start : e.end] and not any(k.start < e.end and e.start < k.end for k in kept):
            kept.append(Entity(e.start, e.end, e.label, surface=text[e.start : e.end]))
    return tuple(kept)


def carried(document: Document) -> Document:
    """What of a document the format keeps."""
    return Document(document.doc_id, document.text, document.text_sha256, document.meta, kept_of(document))


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(some_documents, st.booleans())
def test_what_comes_back_is_the_document_without_what_losses_tells(pages: tuple[Document, ...], windows: bool) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "x.iob"
        write(pages, path)
        if windows:
            path.write_bytes(path.read_bytes().replace(b"\n", b"\r\n"))
        found = list(iter_iob(path))
    assert [document for document, _ in found] == [carried(page) for page in pages]
    assert [problems for _, problems in found] == [[] for _ in pages]
    for page in pages:
        told = list(losses(page))
        assert (told == []) == (carried(page) == page)
        left = sum(int(line.split()[0]) for line in told if re.match(r"\d+ mentions? (not|over|inside)", line))
        assert left == len(page.entities or ()) - len(kept_of(page) or ())


@pytest.mark.parametrize("split", ["train", "dev", "test"])
def test_the_corpus_comes_back_but_for_what_losses_tells(split: str, tmp_path: Path) -> None:
    pages = load_corpus(split)
    write(pages, tmp_path / "x.conll")
    assert list(read(tmp_path / "x.conll")) == [carried(page) for page in pages]


def test_the_columns_are_token_start_end_space_tag(tmp_path: Path) -> None:
    write([Document("d", TEXT, entities=(Entity(2, 11, "PER"), Entity(17, 19, "GPE")))], tmp_path / "x.conll")
    assert (tmp_path / "x.conll").read_text(encoding="utf-8").split("\n") == [
        "# doc_id = d",
        "# before = \\s\\s",
        "# columns = token start end space tag",
        "Col\t2\t5\t_\tB-PER",
        ".\t5\t6\t\\s\tI-PER",
        "Kono\t7\t11\t\\s\tI-PER",
        "left\t12\t16\t\\~\tO",
        "Bo\t17\t19\t_\tB-GPE",
        ".\t19\t20\t\\r\\n\\r\\n\tO",
        "",
        "He\t24\t26\t_\tO",
        "—\t26\t27\t_\tO",
        "and\t27\t30\t\\s\tO",
        "2\t31\t32\t\\s\tO",
        "men\t33\t36\t\\t\tO",
        "fled\t37\t41\t_\tO",
        ".\t41\t42\t_\tO",
        "",
    ]


def test_losses_count_each_kind() -> None:
    entities = (
        Entity(7, 11, "PER", id="E1", level="NAM", surface="Kono"),
        Entity(2, 11, "PER", low=1),
        Entity(8, 11, "PER"),
        Entity(19, 26, "X"),
        Entity(11, 16, "Y"),
        Entity(31, 36, "NUM", surface="2 men"),
    )
    page = Document("d", TEXT, entities=entities, events=(Event("E", Span(0, 1)),), boilerplate=())
    assert list(losses(page)) == [
        "1 mention inside another or across it",
        "2 mentions not from the start of a token to the end of one",
        "1 mention over a line end",
        "the low of 1 mention",
        "the surface of 1 mention, which comes back as the words",
        "the layer events, with 1 annotations",
        "the layer boilerplate, with 0 annotations",
    ]
    swapped = Document("d", "a b", entities=(Entity(2, 3, "X", surface="b"), Entity(0, 1, "X", surface="a")))
    assert list(losses(swapped)) == ["the order of the mentions, which is not that of the text"]
    assert list(losses(Document("d", "a b", boilerplate=(BoilerplateSpan(0, 1, "NAV"),)))) == ["the layer boilerplate, with 1 annotations"]


CONLL2003 = """-DOCSTART- -X- O O

EU NNP I-NP I-ORG
rejects VBZ I-VP O
German JJ I-NP I-MISC
British JJ I-NP B-MISC
call NN I-NP O

# # O O
Peter NNP I-NP I-PER
Blackburn NNP I-NP I-PER

-DOCSTART- -X- O O

London NNP I-NP I-LOC
"""


def test_a_file_in_the_manner_of_conll_2003_is_read_by_document_with_iob1_tags(tmp_path: Path) -> None:
    (one, first), (two, second) = iter_iob(saved(tmp_path, CONLL2003, "eng.conll"))
    assert (one.doc_id, one.text) == ("eng-1", "EU rejects German British call\n# Peter Blackburn")
    assert spans(one) == [("EU", "ORG"), ("German", "MISC"), ("British", "MISC"), ("Peter Blackburn", "PER")]
    assert (two.doc_id, two.text, spans(two), first, second) == ("eng-2", "London", [("London", "LOC")], [], [])
    assert one.entities is not None
    assert (one.entities[0], one.events, one.text_sha256) == (Entity(0, 2, "ORG", surface="EU"), None, None)


@pytest.mark.parametrize(
    "tags, expected, mended",
    [
        ("B-X I-X O B-X B-X", ["a b", "d", "e"], 0),
        ("I-X I-X O I-Y I-Z", ["a b", "d", "e"], 0),
        ("I-X I-X B-X I-X I-Y", ["a b", "c d", "e"], 0),
        ("B-X O I-X I-X O", ["a", "c d"], 1),
        ("B-X I-Y I-Y O I-X", ["a", "b c", "e"], 2),
        ("B-X I-X E-X S-Y O", ["a b c", "d"], 0),
        ("B-X I-X L-X U-Y O", ["a b c", "d"], 0),
        ("B-X E-X E-X O S-X", ["a b", "c", "e"], 1),
        ("B-X I-X O S-Y O", ["a b", "d"], 1),
        ("S-X O O O B-X", ["a", "e"], 1),
        ("O O O O O", [], 0),
        ("B-A-B I-A-B O O O", ["a b"], 0),
    ],
)
def test_tags_of_every_scheme_make_the_chunks_of_conlleval_and_odd_ones_are_counted(tags: str, expected: list[str], mended: int, tmp_path: Path) -> None:
    lines = [f"{token}\t{tag}" for token, tag in zip("abcde", tags.split(), strict=True)]
    ((document, problems),) = iter_iob(saved(tmp_path, "\n".join(lines)))
    assert [words for words, _ in spans(document)] == expected
    assert [p.message.split(": ", 1)[1].split(" of no")[0] for p in problems] == ([f"{mended} tag{'s' * (mended > 1)}"] if mended else [])


def test_a_sentence_end_ends_a_mention(tmp_path: Path) -> None:
    ((document, problems),) = iter_iob(saved(tmp_path, "a B-X\n\nb I-X\n"))
    assert spans(document) == [("a", "X"), ("b", "X")]
    assert str(problems[0]).endswith("page.conll, line 3: page: 1 tag of no IOB2 sequence, the first one here; each run of one label was taken for a mention, as conlleval does")


@pytest.mark.parametrize(
    "content, ids",
    [
        ("# newdoc id = one\na O\n\n# newdoc id = two\nb O\n", ["one", "two"]),
        ("# doc_id = one\n# note: plain words\na\tO\n# doc_id = two\nb\tO\n", ["one", "two"]),
        ("# license = free\n-DOCSTART- O\n\na O\n", ["page"]),
        ("# id 77\tdomain=train\na\tO\n", ["page"]),
        ("\ufeffa O\n", ["page"]),
    ],
)
def test_documents_are_told_apart_by_comments(content: str, ids: list[str], tmp_path: Path) -> None:
    assert [document.doc_id for document in read(saved(tmp_path, content))] == ids


def test_tokens_that_open_with_a_hash_are_tokens(tmp_path: Path) -> None:
    (document,) = read(saved(tmp_path, "#\tO\n#bo\tB-X\nNew York\tB-LOC\n"))
    assert (document.text, spans(document)) == ("# #bo New York", [("#bo", "X"), ("New York", "LOC")])


def test_tags_edited_in_our_own_file_come_back(tmp_path: Path) -> None:
    page = Document("d", TEXT, text_sha256(TEXT), {"a": 1}, (Entity(17, 19, "GPE"),))
    write([page], tmp_path / "x.conll")
    edited = (tmp_path / "x.conll").read_text(encoding="utf-8").replace("B-GPE", "O").replace("\\s\tO", "\\s\tB-PER", 2)
    (found,) = read(saved(tmp_path, edited))
    assert (found.text, found.meta, spans(found)) == (TEXT, {"a": 1}, [(".", "PER"), ("Kono", "PER")])


OWN = "# doc_id = d\n# columns = token start end space tag\nab\t0\t2\t\\s\tB-X\nc\t3\t4\t_\tO\n"


@pytest.mark.parametrize(
    "content, message",
    [
        (OWN.replace("ab\t", "abc\t"), r"line 3: the token 'abc' stands at 0-3, its columns say 0-2; tokens and white space may not change"),
        (OWN.replace("3\t4", "99999999999999999999999999\t-1"), "line 1: d: the columns are not token, start, end, space, tag, as the comment says"),
        (OWN.replace("3\t4", "9" * 5000 + "\t4"), "line 4: the token 'c' stands at 3-4, its columns say 9999"),
        (OWN.replace("\\s", "x"), "line 3: 'x' is no white space"),
        (OWN.replace("\\s", "\\q"), "line 3: \\\\q is no escape"),
        (OWN.replace("# columns", "# text_sha256 = 00\n# columns"), "line 1: d: tokens or white space were changed"),
        (OWN.replace("# columns", "# meta = [\n# columns"), "line 1: # meta: no JSON"),
        (OWN.replace("# columns", "# meta = []\n# columns"), "# meta: is no JSON object"),
        (OWN.replace("= d", "= ../d"), "line 1: .*could be a path"),
        (OWN + OWN, "the doc_id d comes twice"),
        ("a O\nb\n", "line 2: 'b' is no token with its tag"),
        ("a O\nb NN O\n", "line 2: has 3 columns, the lines above have 2"),
        ("a PER\n", "line 1: 'PER' is no tag"),
        ("a\tX-PER\n", "line 1: 'X-PER' is no tag"),
        ("\tO\n", "line 1: 'O|line 1: ' O' is no token"),
    ],
)
def test_what_cannot_be_read_is_refused_with_file_and_line(content: str, message: str, tmp_path: Path) -> None:
    with pytest.raises(DocumentError, match=f"page.conll, {message}" if message.startswith("line") else message):
        list(read(saved(tmp_path, content)))


def test_other_bytes_and_missing_files_are_refused(tmp_path: Path) -> None:
    (tmp_path / "x.conll").write_bytes(b"\xff\xfe")
    for path, message in [(tmp_path / "x.conll", "UTF"), (tmp_path / "none.conll", "cannot be read")]:
        with pytest.raises(DocumentError, match=message):
            list(read(path))


@settings(max_examples=60, deadline=None)
@given(documents(), st.data())
def test_a_damaged_file_is_read_or_refused_and_never_crashes(page: Document, data: st.DataObject) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "x.iob"
        write([page], path)
        written = path.read_bytes()
        at = data.draw(st.integers(0, len(written)))
        path.write_bytes(written[:at] + data.draw(st.binary(max_size=5)) + written[at + data.draw(st.integers(0, 9)) :])
        try:
            list(iter_iob(path))
        except DocumentError as error:
            assert "x.iob" in str(error)  # noqa: PT017


@pytest.mark.parametrize(
    "page, message",
    [
        (Document("d"), "has no text"),
        (Document("d", "\ud800"), "surrogate"),
        (Document("d", "ab", entities=(Entity(0, 9, "X"),)), "ends past the text"),
        (Document("d", "ab", entities=(Entity(0, 2, "a\tb"),)), "holds a tab"),
        (Document("d", "ab", meta={"a": math.nan}), "d: meta: .*not JSON compliant"),
    ],
)
def test_what_cannot_be_written_is_refused(page: Document, message: str, tmp_path: Path) -> None:
    with pytest.raises(ConflictNewsError, match=message):
        write([page], tmp_path / "x.iob")
    assert list(tmp_path.iterdir()) == []


def test_an_unusual_id_comes_back(tmp_path: Path) -> None:
    pages = [msgspec.structs.replace(Document("d", "a"), doc_id=name) for name in (" a ", "a = b", "é#")]
    write(pages, tmp_path / "x.iob")
    assert list(read(tmp_path / "x.iob")) == pages

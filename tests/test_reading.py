"""Documents as JSON and JSONL: what is read, what is refused, and how."""

from __future__ import annotations

import json
from pathlib import Path

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st

from conflictnews.errors import DocumentError
from conflictnews.io.jsondoc import decode_document, encode_document, json_schema, load_document, write_atomically, write_document
from conflictnews.io.jsonl import iter_documents, iter_jsonl, write_jsonl
from conflictnews.model import BoilerplateSpan, Document, Entity, spans_of, text_sha256

VALID = Path(__file__).parent / "data" / "valid.json"


def test_a_document_survives_being_written_and_read(tmp_path: Path) -> None:
    document = load_document(VALID)
    write_document(document, tmp_path / "x.json")
    assert load_document(tmp_path / "x.json") == document
    assert write_jsonl([document], tmp_path / "x.jsonl") == 1
    assert list(iter_documents(tmp_path / "x.jsonl")) == list(iter_documents(tmp_path / "x.json")) == [document]
    assert encode_document(document) == encode_document(document)


@given(st.text(alphabet=st.characters(exclude_categories=["Cs"]), max_size=30))
def test_any_text_survives_with_its_checksum(text: str) -> None:
    document = Document(doc_id="d", text=text, text_sha256=text_sha256(text))
    assert decode_document(encode_document(document), "here") == document


def test_an_absent_layer_and_an_empty_one_stay_apart() -> None:
    document = decode_document(b'{"doc_id": "d", "entities": [], "quotes": null}', "here")
    assert (document.entities, document.events, document.quotes) == ((), None, None)


def test_only_ids_offsets_and_labels_are_required() -> None:
    line = b'{"doc_id":"d","entities":[{"start":0,"end":1,"label":"X"}],"events":[{"label":"Y","trigger":{"start":0,"end":1}}],"quotes":[{"content":[{"start":0,"end":1}]}],"boilerplate":[{"start":0,"end":1,"label":"Z"}]}'
    assert len(spans_of(decode_document(line, "here"))) == 4


def test_a_byte_order_mark_and_blank_lines_are_passed_over(tmp_path: Path) -> None:
    path = tmp_path / "p.jsonl"
    path.write_bytes(b'\xef\xbb\xbf{"doc_id":"a"}\n\n  \n{"doc_id":"b"}')
    assert [d.doc_id for d in iter_jsonl(path)] == ["a", "b"]


def test_errors_of_a_stream_name_file_line_and_path(tmp_path: Path) -> None:
    path = tmp_path / "p.jsonl"
    path.write_text('{"doc_id":"a"}\n{"doc_id":"b","entities":[{"start":"0","end":1,"label":"X"}]}\n', encoding="utf-8")
    with pytest.raises(DocumentError, match=r"p\.jsonl, line 2: Expected `int`, got `str` - at `\$\.entities\[0\]\.start`"):
        list(iter_jsonl(path))


def test_a_misspelt_layer_is_refused_and_not_left_out() -> None:
    with pytest.raises(DocumentError, match=r"unknown field `enitites`; a document has the fields doc_id, text"):
        decode_document(b'{"doc_id":"d","enitites":[]}', "here")


@pytest.mark.parametrize("doc_id", ["", "../../x", "a/b", "a\\b", "/etc/passwd", "..", ".hidden", "C:x", "a\nb", "a\x00", "x" * 201, "a*"])
def test_ids_that_could_be_paths_are_refused(doc_id: str) -> None:
    with pytest.raises(DocumentError, match="doc_id"):
        decode_document(json.dumps({"doc_id": doc_id}), "here")


def test_a_doc_id_given_twice_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "p.jsonl"
    path.write_text('{"doc_id":"a"}\n{"doc_id":"a"}\n', encoding="utf-8")
    with pytest.raises(DocumentError, match="the doc_id a comes twice"):
        list(iter_documents(path))


def test_a_folder_is_searched_through_in_order_of_name(tmp_path: Path) -> None:
    for name in ("b", "a", "sub/c"):
        write_document(Document(doc_id=Path(name).name), tmp_path / f"{name}.json")
    assert [d.doc_id for d in iter_documents(tmp_path)] == ["a", "b", "c"]
    (tmp_path / "empty").mkdir()
    with pytest.raises(DocumentError, match="holds no"):
        list(iter_documents(tmp_path / "empty"))


def test_a_write_that_fails_leaves_the_old_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    target = tmp_path / "x.json"
    target.write_text("old", encoding="utf-8")

    def fail(*_: object) -> None:
        raise OSError("disk full")

    monkeypatch.setattr("os.fsync", fail)
    with pytest.raises(OSError, match="disk full"):
        write_atomically(target, b"new")
    assert [p.name for p in tmp_path.iterdir()] == ["x.json"]
    assert target.read_text(encoding="utf-8") == "old"


def test_the_json_schema_accepts_what_the_model_reads_and_refuses_what_it_refuses() -> None:
    schema = json_schema()
    jsonschema.Draft202012Validator.check_schema(schema)
    validator = jsonschema.Draft202012Validator(schema)
    assert not list(validator.iter_errors(json.loads(VALID.read_text(encoding="utf-8"))))
    for bad in ({}, {"doc_id": "d", "entities": {}}, {"doc_id": "d", "entities": [{"start": 1, "label": "X"}]}, {"doc_id": "d", "more": 1}):
        assert list(validator.iter_errors(bad))


def test_the_article_is_the_text_without_its_furniture() -> None:
    text = "Menu\n\nHeadline\nBy A. Touré\nKIDAL (KNA) — Shots were heard.\n\nShare\n"
    blocks = tuple(
        BoilerplateSpan(start=text.index(w), end=text.index(w) + len(w), label=label)
        for w, label in (("Menu", "NAV"), ("By A. Touré", "BYLINE"), ("KIDAL (KNA) — ", "DATELINE"), ("Share", "SHARE"))
    )
    document = Document(doc_id="d", text=text, boilerplate=blocks)
    policies = {"NAV": "BOILER", "SHARE": "BOILER", "BYLINE": "OPTIONAL", "DATELINE": "OPTIONAL"}
    assert document.main_text(policies) == "Headline\n\nShots were heard.\n"
    assert document.main_text(policies, keep_optional=True) == "Headline\nBy A. Touré\nKIDAL (KNA) — Shots were heard.\n"
    with pytest.raises(ValueError, match="hydrate"):
        Document(doc_id="d", boilerplate=()).main_text(policies)


def test_layers_are_asked_for_by_name() -> None:
    document = Document(doc_id="d", entities=(Entity(start=0, end=1, label="X"),))
    assert document.layer("entities") == document.entities
    with pytest.raises(KeyError, match="no layer is called 'people'"):
        document.layer("people")

"""Standoff documents and their texts: refused when wrong, written whole or not at all."""

from __future__ import annotations

import hashlib
import io
import json
import shutil
import tarfile
import threading
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import msgspec
import pytest

from conflictnews import hydrate
from conflictnews.corpus import load_corpus
from conflictnews.errors import HydrationError
from conflictnews.io.jsondoc import load_document, write_document
from conflictnews.model import Document, spans_of, text_sha256
from conflictnews.resources import corpus_dir
from conftest import run

VALID = Path(__file__).parent / "data" / "valid.json"
TEXTS = {"row": "First text.\nWith “marks”.", "muc": "   KIDAL, 3 May (KNA) -- Shots were heard.\n", "page": "A page\u00a0saved.\n"}


def csv_bytes() -> bytes:
    return f'url,text\nu0,"{TEXTS["row"]}"\nu1,other\n'.encode()


def muc_bytes() -> bytes:
    return f"TST9-MUC9-0001\n\nnothing\n\n\nTST9-MUC9-0002\n\n{TEXTS['muc']}\n\n".encode()


def tar_bytes(data: bytes) -> bytes:
    sink = io.BytesIO()
    with tarfile.open(fileobj=sink, mode="w:gz") as archive:
        info = tarfile.TarInfo("x/CORPORA/small.muc")
        info.size = len(data)
        archive.addfile(info, io.BytesIO(data))
    return sink.getvalue()


@pytest.fixture
def corpus(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A corpus with three standoff documents from three made-up sources, served nowhere."""
    root = tmp_path / "corpus"
    (root / "documents" / "test_real").mkdir(parents=True)
    shutil.copy(corpus_dir() / "schema.json", root)
    files = {"small.csv": ("csv", "wikinews", csv_bytes()), "small.muc": ("muc", "muc4", muc_bytes()), "page.txt": ("page", "morning-star", TEXTS["page"].encode())}
    for name, (_, _, data) in files.items():
        (tmp_path / name).write_bytes(data)
    sources = [{"file": n, "collection": c, "reader": r, "sha256": hashlib.sha256(d).hexdigest()} for n, (r, c, d) in files.items()]
    (root / "sources.json").write_text(json.dumps(sources), encoding="utf-8")
    for doc_id, file, record, text in (("a", "small.csv", "0", TEXTS["row"]), ("b", "small.muc", "TST9-MUC9-0002", TEXTS["muc"]), ("c", "page.txt", "page", TEXTS["page"])):
        write_document(
            Document(doc_id=doc_id, text_sha256=text_sha256(text), meta={"origin": {"file": file, "record": record}}, entities=()),
            root / "documents" / "test_real" / f"{doc_id}.json",
        )
    monkeypatch.setenv("CONFLICTNEWS_CORPUS", str(root))
    return root


def test_texts_come_from_files_given_by_name_and_the_corpus_then_has_them(corpus: Path, tmp_path: Path) -> None:
    ran = run("hydrate", "--wikinews", tmp_path / "small.csv", "--muc4", tmp_path / "small.muc", "--morning-star", tmp_path / "page.txt")
    assert ran.code == 0, ran.err
    assert "3 of 3 documents of test_real are hydrated" in ran.out
    assert [d.text for d in load_corpus("test_real")] == [TEXTS["row"], TEXTS["muc"], TEXTS["page"]]


def test_texts_come_from_a_folder_or_from_files_known_by_checksum(corpus: Path, tmp_path: Path) -> None:
    assert "2 of 3 documents" in run("hydrate", tmp_path / "page.txt", tmp_path / "small.csv").out
    assert "3 of 3 documents" in run("hydrate", "--from", tmp_path).out


def test_without_texts_every_command_says_what_to_run(corpus: Path) -> None:
    with pytest.raises(HydrationError, match="3 of 3 texts of test_real are not on this machine"):
        load_corpus("test_real")
    for arguments in (("hydrate",), ("bench", "--split", "test_real")):
        ran = run(*arguments)
        assert ran.code == 2
        assert "conflictnews hydrate --from DIR" in ran.out + ran.err
    assert [d.text for d in load_corpus("test_real", standoff=True)] == [None, None, None]


def test_a_wrong_file_is_refused_by_checksum_and_nothing_is_written(corpus: Path, tmp_path: Path) -> None:
    (tmp_path / "small.muc").write_bytes(muc_bytes() + b"more")
    ran = run("hydrate", "--wikinews", tmp_path / "small.csv", "--muc4", tmp_path / "small.muc")
    assert ran.code == 2
    assert "small.muc: the checksum" in ran.err
    assert "nothing was written" in ran.err
    assert not hydrate.texts_dir().exists()


def test_a_file_of_another_collection_is_refused(corpus: Path, tmp_path: Path) -> None:
    ran = run("hydrate", "--muc4", tmp_path / "small.csv")
    assert ran.code == 2
    assert "no muc4 source file" in ran.err


def test_a_record_with_another_text_is_refused_before_anything_is_written(corpus: Path, tmp_path: Path) -> None:
    path = corpus / "documents" / "test_real" / "c.json"
    write_document(msgspec.structs.replace(load_document(path), text_sha256="0" * 64), path)
    ran = run("hydrate", "--from", tmp_path)
    assert ran.code == 2
    assert "c: page.txt has no record page with the annotated text" in ran.err
    assert not hydrate.texts_dir().exists()


def test_a_text_changed_on_disk_is_noticed(corpus: Path, tmp_path: Path) -> None:
    run("hydrate", "--from", tmp_path)
    (hydrate.texts_dir() / "c.txt").write_text("changed", encoding="utf-8")
    with pytest.raises(HydrationError, match=r"c: .* is not the text that was annotated"):
        load_corpus("test_real")
    assert run("hydrate", tmp_path / "page.txt").code == 0
    assert len(load_corpus("test_real")) == 3


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def served(corpus: Path, tmp_path: Path) -> Iterator[Path]:
    """The sources at addresses on this machine."""
    folder = tmp_path / "www"
    folder.mkdir()
    (folder / "small.csv").write_bytes(csv_bytes())
    (folder / "all.tar.gz").write_bytes(tar_bytes(muc_bytes()))
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(folder)))
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    base = f"http://127.0.0.1:{server.server_port}"
    sources = json.loads((corpus / "sources.json").read_text(encoding="utf-8"))
    sources[0]["url"] = f"{base}/small.csv"
    sources[1] |= {"url": f"{base}/all.tar.gz", "member": "CORPORA/small.muc"}
    (corpus / "sources.json").write_text(json.dumps(sources), encoding="utf-8")
    yield folder
    server.shutdown()
    server.server_close()
    thread.join()


def test_texts_are_fetched_from_pinned_addresses(served: Path) -> None:
    ran = run("hydrate", "--download")
    assert ran.code == 0, ran.err
    assert "2 of 3 documents of test_real are hydrated" in ran.out


@pytest.mark.parametrize("name, data", [("small.csv", b"url,text\nu,other\n"), ("all.tar.gz", tar_bytes(b"other")), ("all.tar.gz", b"no archive")])
def test_a_wrong_download_is_refused_and_nothing_is_written(served: Path, name: str, data: bytes) -> None:
    (served / name).write_bytes(data)
    ran = run("hydrate", "--download")
    assert ran.code == 2
    assert ran.err.startswith("error: ")
    assert "nothing was written" in ran.err
    assert not hydrate.texts_dir().exists()


def test_a_download_that_is_not_there_names_its_address(served: Path) -> None:
    (served / "small.csv").unlink()
    ran = run("hydrate", "--download")
    assert ran.code == 2
    assert "small.csv: could not be fetched from http://127.0.0.1" in ran.err


def test_stripping_and_filling_a_document_are_inverse() -> None:
    document = load_document(VALID)
    bare = hydrate.strip_text(document)
    assert bare.text is None
    assert all(surface is None for *_, surface in spans_of(bare))
    assert hydrate.with_text(bare, document.text or "") == document


def test_standoff_documents_carry_no_word_of_their_texts() -> None:
    for document in load_corpus("test_real", standoff=True):
        assert document.text is None
        assert document.text_sha256
        assert all(surface is None for *_, surface in spans_of(document))
        assert "title" not in document.meta

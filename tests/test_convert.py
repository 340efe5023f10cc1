"""conflictnews convert: what is read, what is told before anything is written, and what is there after an error."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

import msgspec
import pytest

from conflictnews import load_corpus
from conflictnews.convert import Loss, fill_texts, losses_of, read_documents, write_documents
from conflictnews.errors import ConflictNewsError, DocumentError
from conflictnews.hydrate import strip_text, with_text
from conflictnews.io import brat, jsonl
from conflictnews.io.formats import FORMATS, Format, lenient_reader
from conflictnews.io.jsonl import write_jsonl
from conflictnews.model import LAYERS, Document, Entity, text_sha256
from conftest import run

TEXT = "Kono left. Kono came back."
PAGE = Document(
    "page",
    TEXT,
    text_sha256(TEXT),
    {"title": "Kono"},
    (Entity(0, 4, "PER", "E1", surface="Kono"), Entity(0, 9, "PER", "E2", surface="Kono left"), Entity(11, 15, "PER", "E3", "x", surface="Kono")),
)
PLAIN = Document("plain", "Kono left.", None, {}, (), (), (), ())


@pytest.fixture
def page(tmp_path: Path) -> Path:
    path = tmp_path / "page.jsonl"
    write_jsonl([PAGE], path)
    return path


def tree(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.mark.parametrize("name", [name for name, entry in FORMATS.items() if entry.lossless])
def test_a_split_goes_into_every_lossless_format_and_comes_back_identical(name: str, tmp_path: Path) -> None:
    there, back = tmp_path / ("out" if FORMATS[name].folder else f"out{FORMATS[name].suffixes[0]}"), tmp_path / "back.jsonl"
    assert run("convert", "corpus:dev", there, "--to", name) == (0, f"{len(load_corpus('dev'))} documents written to {there} ({name})\n", "")
    ran = run("convert", there, back)
    assert (ran.code, ran.out) == (0, f"{len(load_corpus('dev'))} documents written to {back} (jsonl)\n")
    assert sorted(jsonl.read(back), key=lambda d: d.doc_id) == sorted(load_corpus("dev"), key=lambda d: d.doc_id)


def test_losses_are_told_by_kind_and_stop_the_command_before_it_writes(page: Path, tmp_path: Path) -> None:
    out = tmp_path / "out.conll"
    ran = run("convert", page, out)
    assert (ran.code, ran.out, out.exists()) == (1, "", False)
    assert ran.err.splitlines() == [
        "lost: mention inside another or across it: 1 (in page)",
        "lost: the id of mentions: 2 (in page)",
        "lost: the subtype of mention: 1 (in page)",
        "iob cannot carry this, and nothing was written; go on all the same with --lossy, or choose one of " + ", ".join(name for name, entry in FORMATS.items() if entry.lossless),
    ]
    ran = run("convert", page, out, "--lossy")
    assert (ran.code, ran.out) == (0, f"1 document written to {out} (iob)\n")
    assert ran.err.splitlines()[0] == "warning: lost: mention inside another or across it: 1 (in page)"
    assert out.is_file()


def test_losses_of_many_documents_add_up_under_one_kind() -> None:
    two = msgspec.structs.replace(PAGE, doc_id="two", entities=(PAGE.entities or ())[:1], events=())
    assert losses_of([PAGE, two], "iob") == [
        Loss("mention inside another or across it", 1, 1, "page"),
        Loss("the id of mentions", 3, 2, "page"),
        Loss("the subtype of mention", 1, 1, "page"),
        Loss("the layer events, with annotations", 0, 1, "two"),
    ]


def test_the_table_of_formats_is_shown_without_documents() -> None:
    ran = run("convert", "--formats")
    rows = {line.split()[0]: line for line in ran.out.splitlines()[1:] if not line.startswith(" ")}
    assert (ran.code, list(rows)) == (0, list(FORMATS))
    assert "entities" in rows["iob"]
    assert "with losses" in rows["brat"]
    assert "xmi (installed)" in rows["xmi"]


def test_help_lists_every_format() -> None:
    ran = run("convert", "--help")
    assert all(name in ran.out for name in FORMATS)


def test_an_extra_is_looked_for_under_the_name_that_it_is_imported_by() -> None:
    pytest.importorskip("cassis")
    assert [name for name, entry in FORMATS.items() if entry.extra and not entry.installed] == []
    assert not Format("", "", (), extra="no-such-thing").installed
    assert {layer for entry in FORMATS.values() for layer in entry.layers} <= set(LAYERS)


@pytest.mark.parametrize(
    "arguments, message",
    [
        (["absent.jsonl", "o.json"], "absent.jsonl: there is no such file or folder; a split of the corpus is called corpus:dev"),
        (["corpus:nothing", "o.jsonl"], "there is no split 'nothing'; the splits are train"),
        (["corpus:dev", "o.odt"], "does not tell its format; say it with --from or --to, one of json"),
        (["corpus:dev", "o", "--to", "odt"], "there is no format 'odt'; the formats are json"),
        (["corpus:dev", "o.jsonl", "--from", "json"], "corpus:dev: a split of the corpus is read as it is"),
        (["page.jsonl", "o.json", "--layer", "events"], "the format jsonl says itself what --layer would"),
        (["page.jsonl", "o.json", "--answers-of", "ada"], "the format jsonl says itself what --answers-of would"),
        (["page.jsonl", "o.json", "--lenient"], "the format jsonl is not read leniently; those that are: brat, iob"),
        (["page.jsonl", "taken.jsonl"], "taken.jsonl: is there already, and nothing was written; name another place, or replace it with --force"),
        (["page.jsonl", "full", "--to", "json"], "full: is there already"),
        (["page.jsonl", "empty", "--to", "jsonl"], "empty: is a folder, and a file is to be written"),
        (["page.jsonl", "full", "--to", "xmi", "--force"], "full: holds letter.txt, which this format does not write; the folder is not replaced"),
        (["page.jsonl", "taken.jsonl", "--to", "inline", "--force"], "taken.jsonl: is a file, and a folder is to be written"),
        (["two.jsonl", "o.json"], "o.json: holds one document, there are 2; name a folder"),
        (["broken.jsonl", "o.json"], "broken.jsonl, line 2: "),
        (["blank.jsonl", "o.json"], "blank.jsonl: holds no document"),
        (
            ["bare.jsonl", "o", "--to", "brat"],
            "page: no text, and brat carries the words; give documents that have it with --texts PATH, or for test_real run `conflictnews hydrate`",
        ),
        (["page.jsonl", "taken.jsonl/x.jsonl"], "taken.jsonl/x.jsonl: cannot be written"),
    ],
)
def test_bad_input_is_one_line_and_leaves_everything_as_it_was(arguments: list[str], message: str, page: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "taken.jsonl").write_text("mine")
    (tmp_path / "empty").mkdir()
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "letter.txt").write_text("mine")
    write_jsonl([PAGE, msgspec.structs.replace(PAGE, doc_id="b")], tmp_path / "two.jsonl")
    write_jsonl([strip_text(PAGE)], tmp_path / "bare.jsonl")
    (tmp_path / "broken.jsonl").write_bytes(page.read_bytes() + b'{"doc_id": "b", "text"')
    (tmp_path / "blank.jsonl").write_text("\n")
    before = tree(tmp_path)
    ran = run("convert", *arguments)
    assert (ran.code, ran.out) == (2, "")
    assert message in ran.err
    assert len(ran.err.splitlines()) == 1
    assert ".o.json." not in ran.err
    assert tree(tmp_path) == before
    assert not list(tmp_path.glob(".*"))


def test_force_replaces_a_file_and_a_folder_of_the_same_kind_whole(page: Path, tmp_path: Path) -> None:
    file, folder = tmp_path / "o.jsonl", tmp_path / "o"
    file.write_text("old")
    assert run("convert", "corpus:dev", folder, "--to", "inline").code == 0
    assert run("convert", page, file, "--force").code == 0
    assert run("convert", page, folder, "--to", "inline", "--force").code == 0
    assert list(jsonl.read(file)) == [PAGE]
    assert list(tree(folder)) == ["page.inline.txt"]
    assert not list(tmp_path.glob(".*"))


def test_documents_may_be_converted_onto_themselves(page: Path) -> None:
    assert run("convert", page, page, "--force").code == 0
    assert list(jsonl.read(page)) == [PAGE]


def test_an_empty_folder_may_be_written_to(page: Path, tmp_path: Path) -> None:
    (tmp_path / "o").mkdir()
    assert run("convert", page, tmp_path / "o", "--to", "json").code == 0


class Dying:
    """A writer without any care, which dies half-way."""

    def __init__(self, error: BaseException, *, folder: bool) -> None:
        self.error, self.folder = error, folder

    def read(self, path: Path) -> Iterator[Document]:
        return iter(())

    def losses(self, document: Document) -> Iterator[str]:
        return iter(())

    def write(self, documents: Iterable[Document], path: Path) -> None:
        if self.folder:
            path.mkdir()
        (path / "half" if self.folder else path).write_text("half")
        raise self.error


@pytest.mark.parametrize("error", [OSError(28, "No space left on device"), DocumentError("no"), KeyboardInterrupt(), ValueError("a fault")], ids=lambda e: type(e).__name__)
@pytest.mark.parametrize("folder", [False, True])
@pytest.mark.parametrize("there", [False, True])
def test_a_writer_that_dies_half_way_leaves_what_was_there(error: BaseException, folder: bool, there: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Format, "load", lambda _: Dying(error, folder=folder))
    out = tmp_path / "out"
    if there and folder:
        out.mkdir()
        (out / "old").write_text("old")
    elif there:
        out.write_text("old")
    before = tree(tmp_path)
    with pytest.raises((type(error), DocumentError)):
        write_documents([PAGE], out, "jsonl", force=True)
    assert tree(tmp_path) == before
    assert [path.name for path in tmp_path.iterdir()] == (["out"] if there else [])


def test_a_folder_comes_back_where_the_new_one_cannot_be_moved_in(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    out = tmp_path / "out"
    write_documents([PAGE], out, "json")
    before, rename = tree(out), Path.rename

    def broken(self: Path, target: Path) -> Path:
        if self.parent.name.startswith(".out.") and self.name == "out":
            raise OSError(5, "Input/output error")
        return rename(self, target)

    monkeypatch.setattr(Path, "rename", broken)
    with pytest.raises(DocumentError, match="out: cannot be written"):
        write_documents([PLAIN], out, "json", force=True)
    assert tree(out) == before
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


@pytest.mark.skipif(sys.platform == "win32", reason="no SIGKILL there")
def test_a_kill_while_writing_leaves_the_old_file(page: Path, tmp_path: Path) -> None:
    out = tmp_path / "o.jsonl"
    out.write_text("old")
    code = (
        "import os, signal, sys\nfrom conflictnews.io import jsonl\n"
        "def write(documents, path):\n path.write_text('half'); os.kill(os.getpid(), signal.SIGKILL)\n"
        "jsonl.write = write\nfrom conflictnews.cli import main; main()"
    )
    assert subprocess.run([sys.executable, "-c", code, "convert", page, out, "--force"], capture_output=True).returncode == -9
    assert out.read_text() == "old"


def test_texts_are_filled_in_by_doc_id(page: Path, tmp_path: Path) -> None:
    bare, out = tmp_path / "bare.jsonl", tmp_path / "out"
    write_jsonl([strip_text(PAGE), PLAIN], bare)
    assert run("convert", bare, out, "--to", "inline", "--texts", page) == (0, f"2 documents written to {out} (inline)\n", "")
    assert read_documents(str(out)).documents == (PAGE, PLAIN)


def test_without_a_checksum_a_text_is_taken_on_trust_and_that_is_told(page: Path, tmp_path: Path) -> None:
    bare = tmp_path / "bare.jsonl"
    write_jsonl([msgspec.structs.replace(strip_text(PAGE), text_sha256=None)], bare)
    ran = run("convert", bare, tmp_path / "o.jsonl", "--texts", page)
    assert ran.code == 0
    assert ran.err == "warning: 1 document without text_sha256 (first page): nothing but offsets and words says that the text is the right one\n"


def test_documents_without_text_go_where_no_words_are_needed_and_that_is_told(tmp_path: Path) -> None:
    size = len(load_corpus("test_real", standoff=True))
    ran = run("convert", "corpus:test_real", tmp_path / "o.jsonl")
    assert (ran.code, ran.out) == (0, f"{size} documents written to {tmp_path / 'o.jsonl'} (jsonl)\n")
    assert ran.err == f"warning: {size} documents without text (first morning-star); --texts PATH fills it in\n"
    assert tuple(jsonl.read(tmp_path / "o.jsonl")) == load_corpus("test_real", standoff=True)


@pytest.mark.parametrize(
    "text, document, message",
    [
        ("Other words.", strip_text(PAGE), "another text_sha256"),
        ("Kono", Document("page", entities=(Entity(0, 5, "PER"),)), "ends past the text, which has 4 characters"),
        ("Kino", Document("page", entities=(Entity(0, 4, "PER", surface="Kono"),)), r"entities\[0\] is 'Kono', the text has 'Kino'"),
    ],
)
def test_a_text_that_was_not_the_annotated_one_is_refused(text: str, document: Document, message: str) -> None:
    with pytest.raises(DocumentError, match=message):
        fill_texts([document], [Document("page", text)])


def test_texts_that_are_there_are_left_alone() -> None:
    assert fill_texts([PAGE], [Document("page", "other")]) == ((PAGE,), [])
    assert fill_texts([strip_text(PAGE)], []) == ((strip_text(PAGE),), [])
    assert fill_texts([strip_text(PAGE)], [PAGE]) == ((with_text(strip_text(PAGE), TEXT),), [])


def test_faults_stop_the_reading_of_brat_and_with_lenient_are_told_one_by_one(tmp_path: Path) -> None:
    folder, out = tmp_path / "in", tmp_path / "o.jsonl"
    folder.mkdir()
    (folder / "a.txt").write_text("Kono left.")
    (folder / "a.ann").write_text("T1\tPER 0 4\tKono\nT2\tPER 5 99\tleft\nR1\tloc Arg1:T1 Arg2:T1\n")
    ran = run("convert", folder, out)
    assert (ran.code, len(ran.err.splitlines()), out.exists()) == (2, 1, False)
    ran = run("convert", folder, out, "--lenient")
    assert (ran.code, ran.out) == (0, f"1 document written to {out} (jsonl)\n")
    assert [line.split(": ")[1] for line in ran.err.splitlines()[:2]] == [f"{folder / 'a.ann'}, line 2", f"{folder / 'a.ann'}, line 3"]
    assert ran.err.splitlines()[2:] == [f"warning: 2 problems in {folder}, each mended or left out as it says"]
    assert [e.end for e in next(jsonl.read(out)).entities or ()] == [4]


@pytest.mark.parametrize("lenient", [(), ("--lenient",)])
def test_mended_tags_are_told_either_way(lenient: tuple[str, ...], tmp_path: Path) -> None:
    path = tmp_path / "a.conll"
    path.write_text("a B-X\n\nb I-X\n")
    ran = run("convert", path, tmp_path / "o.jsonl", *lenient)
    assert ran.code == 0
    assert ran.err.startswith(f"warning: {path}, line 3: a: 1 tag of no IOB2 sequence")


def test_the_lenient_reader_of_a_format_is_found_where_it_has_one() -> None:
    assert lenient_reader(brat) is brat.read_lenient
    assert lenient_reader(jsonl) is None


def test_what_a_reader_warns_of_is_told(page: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import warnings

    def read(path: Path, *, layer: str = "entities", session: str = "") -> Iterator[Document]:
        warnings.warn(f"{layer} of {session}", UserWarning, stacklevel=2)
        yield PLAIN

    monkeypatch.setattr(jsonl, "read", read)
    ran = run("convert", page, tmp_path / "o.json", "--layer", "quotes", "--answers-of", "ada")
    assert (ran.code, ran.err) == (0, "warning: quotes of ada\n")


def test_a_doc_id_that_comes_twice_is_refused_whatever_the_reader_says(monkeypatch: pytest.MonkeyPatch, page: Path) -> None:
    monkeypatch.setattr(jsonl, "read", lambda path: iter([PLAIN, PLAIN]))
    with pytest.raises(ConflictNewsError, match="the doc_id plain comes twice"):
        read_documents(str(page))

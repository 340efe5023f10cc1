"""Documents into the corpus: what is refused, where they go, and that a kill at any step leaves a corpus that holds."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import msgspec
import pytest

from conflictnews.adjudication import Row, compare, settle, write_rows
from conflictnews.build import differences
from conflictnews.corpus import SPLITS, load_corpus
from conflictnews.errors import ConflictNewsError
from conflictnews.hydrate import strip_text
from conflictnews.intake import adding, journal
from conflictnews.intake.changelog import line_for, with_line
from conflictnews.intake.near import LIMIT, alike, runs
from conflictnews.intake.splits import PERCENT, assign, drawn_split
from conflictnews.io.jsondoc import load_document, write_document
from conflictnews.io.jsonl import write_jsonl
from conflictnews.model import BoilerplateSpan, Document, Entity, text_sha256
from conflictnews.resources import corpus_dir
from conflictnews.validation.files import check_paths
from conftest import run

WORDS = (
    "The bus to {town} left an hour late because the driver had gone back for a tyre. Nobody was hurt, said the woman who sells tea at the stop, and nobody had asked her before."
)
LOG = "# Changelog\n\n## 0.2.0 (unreleased)\n\n- A command.\n\n## 0.1.0\n\n- First.\n"


def page(doc_id: str = "cn-9001", town: str = "Oriho", body: str = WORDS, **meta: Any) -> Document:
    text = f"Home | About\n\n{body.format(town=town)}\n"
    at = text.index(town) if town in text else 0
    entities = (Entity(at, at + len(town), "GPE", id="E1", level="NAM", entity="town", surface=town),) if at else ()
    block = BoilerplateSpan(0, 12, "NAV", id="B1", surface="Home | About")
    return Document(doc_id, text, text_sha256(text), {"collection": "composed", "title": f"Late bus to {town}"} | meta, entities, (), (), (block,))


@pytest.fixture
def corpus(tmp_path: Path) -> Path:
    """A small corpus in a project of its own: two documents a split of the composed ones, all of test_real by standoff, and a change log."""
    root = tmp_path / "project" / "corpus"
    source = corpus_dir()
    root.mkdir(parents=True)
    for path in source.iterdir():
        if path.is_file():
            shutil.copy(path, root)
    for split in SPLITS:
        (root / "documents" / split).mkdir(parents=True)
        for path in sorted((source / "documents" / split).glob("*.json"))[:2]:
            shutil.copy(path, root / "documents" / split)
    (root.parent / "CHANGELOG.md").write_text(LOG, encoding="utf-8")
    from conflictnews.build import build

    build(root)
    return root


def tree(folder: Path) -> dict[str, bytes]:
    return {str(p.relative_to(folder)): p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file()}


def holds(corpus: Path) -> bool:
    """Whether every document is whole and passes the validator; nothing is finished or undone."""
    return not [problem for found in check_paths([corpus / "documents"]) for problem in found]


def test_a_document_goes_to_its_split_and_everything_built_follows(corpus: Path, tmp_path: Path) -> None:
    before = tree(corpus.parent)
    write_document(page(), tmp_path / "new.json")
    ran = run("corpus", "add", tmp_path / "new.json", "--corpus", corpus, "--split", "dev")
    assert ran.code == 0, ran.err
    assert "added  cn-9001 to dev" in ran.out
    after = tree(corpus.parent)
    assert {name for name in after if after[name] != before.get(name)} == {
        "CHANGELOG.md",
        "corpus/README.md",
        "corpus/croissant.json",
        "corpus/manifest.json",
        "corpus/documents/dev/cn-9001.json",
        *(f"corpus/data/{config}/validation.parquet" for config in ("documents", "entities", "boilerplate", "ner")),
    }
    assert differences(corpus) == []
    assert json.loads(after["corpus/manifest.json"])["splits"]["dev"]["documents"] == 3
    added = load_document(corpus / "documents/dev/cn-9001.json")
    assert added.meta["canary"] == json.loads(after["corpus/corpus.json"])["canary"]
    assert after["CHANGELOG.md"].decode() == LOG.replace("- A command.\n", "- A command.\n\n### Corpus\n\n- Added `cn-9001` (dev).\n")
    assert run("validate", corpus / "documents").code == 0


def test_a_dry_run_says_the_same_and_changes_nothing(corpus: Path, tmp_path: Path) -> None:
    write_document(page(), tmp_path / "new.json")
    before = tree(corpus.parent)
    ran = run("corpus", "add", tmp_path / "new.json", "--corpus", corpus, "--dry-run")
    told = [line.split(maxsplit=2)[-1] for line in ran.out.splitlines()]
    assert ran.code == 0
    assert tree(corpus.parent) == before
    done = run("corpus", "add", tmp_path / "new.json", "--corpus", corpus)
    assert [line.split(maxsplit=1)[-1] for line in done.out.splitlines()] == told


def test_the_corpus_in_use_is_that_of_the_environment(corpus: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CONFLICTNEWS_CORPUS", str(corpus))
    write_document(page(), tmp_path / "new.json")
    assert run("corpus", "add", tmp_path / "new.json", "--split", "train").code == 0
    assert "cn-9001" in {d.doc_id for d in load_corpus("train")}


OTHER = "Rain stopped the market in {town} at noon. Traders blamed the drain, the council blamed the traders, and a goat that had been sold twice walked home by itself."


@pytest.mark.parametrize(
    "documents, message",
    [
        ([msgspec.structs.replace(page(), text_sha256=None)], "[format.text-sha256]"),
        ([msgspec.structs.replace(page(), boilerplate=(BoilerplateSpan(0, 12, "MENU", id="B1", surface="Home | About"),))], "[labels.boilerplate]"),
        ([msgspec.structs.replace(page(), entities=(Entity(14, 17, "GPE", id="E1", surface="The"),))], "[guidelines.mention]"),
        ([page("cn-0001")], "cn-0001: the doc_id is in use (train)"),
        ([page(), page("cn-9002")], "cn-9002: the text is that of cn-9001, letter by letter"),
        ([page(), page("cn-9001", body=OTHER)], "cn-9001: the doc_id is in use (also new)"),
        (
            [page(), page("cn-9002", town="Beldi")],
            "cn-9002: its article is too much like that of cn-9001: 0.77",
        ),  # the fourth of 35 words differs: 27 of 31 runs are shared, 27 of 35 in all
        ([page(canary="another")], "meta.canary is 'another'"),
        ([strip_text(page())], "it would go to dev"),
        ([], "there is no document to add"),
    ],
)
def test_what_is_refused_changes_nothing(corpus: Path, documents: list[Document], message: str) -> None:
    before = tree(corpus.parent)
    with pytest.raises(ConflictNewsError) as error:
        adding.add(documents, corpus, split="dev")
    assert message in str(error.value)
    assert tree(corpus.parent) == before
    assert not journal.staging(corpus).exists()


def test_a_copy_of_a_document_of_the_corpus_is_refused_whatever_its_id(corpus: Path) -> None:
    first = load_document(corpus / "documents/train/cn-0001.json")
    with pytest.raises(ConflictNewsError, match=r"cn-9009: the text is that of cn-0001, letter by letter"):
        adding.plan([msgspec.structs.replace(first, doc_id="cn-9009")], corpus)
    text = (first.text or "") + "Correction: none.\n"
    again = Document("cn-9009", text, text_sha256(text), {}, (), (), (), first.boilerplate)
    with pytest.raises(ConflictNewsError, match=r"cn-9009: its article is too much like that of cn-0001: (0.99|1.00)"):
        adding.plan([again], corpus)


@pytest.mark.parametrize(
    "first, second, similarity",
    [
        ("a b c d e f", "a b c d e f", 1.0),
        ("a b c d e f", "A, b. C d; E f!", 1.0),  # case and punctuation do not count
        ("a b c d e f", "a b c d e g", 1 / 3),  # runs: abcde bcdef | abcde bcdeg
        ("a b c d e f g", "a b c d e h i", None),  # 1 of 5
        ("a b", "a b", 1.0),  # shorter than a run: one run
        ("a b", "a c", None),
        ("", "", None),
    ],
)
def test_likeness_is_the_jaccard_similarity_of_runs_of_five_words(first: str, second: str, similarity: float | None) -> None:
    sides = [{name: runs(Document(name, text), {})} for name, text in (("x", first), ("y", second))]
    found = alike(sides[1], sides[0])
    assert [(a.first, a.second, a.similarity) for a in found] == ([] if similarity is None else [("y", "x", pytest.approx(similarity))])
    assert similarity is None or similarity > LIMIT


def test_furniture_that_pages_share_does_not_make_them_alike() -> None:
    menu = "Home News Sport Weather About us Contact Subscribe to our letter today\n"
    texts = [menu + body for body in ("Rain in Oriho.\n", "Snow over Beldi.\n")]
    pages = [Document(f"d{i}", text, boilerplate=(BoilerplateSpan(0, len(menu), "NAV"),)) for i, text in enumerate(texts)]
    assert alike({"d1": runs(pages[1], {"NAV": "BOILER"})}, {"d0": runs(pages[0], {"NAV": "BOILER"})}) == []
    bare = [msgspec.structs.replace(p, boilerplate=None) for p in pages]
    assert alike({"d1": runs(bare[1], {})}, {"d0": runs(bare[0], {})}) != []


def test_the_rule_keeps_to_its_shares_and_never_changes() -> None:
    drawn = [drawn_split(f"story-{i}") for i in range(4000)]
    assert sum(PERCENT.values()) == 100
    for split, share in PERCENT.items():
        assert abs(100 * drawn.count(split) / 4000 - share) < 2.5
    # worked once by hand with sha256sum: a change of the rule would move documents
    assert [drawn_split(f"story-{i}") for i in range(6)] == PINNED


PINNED = ["test", "train", "train", "train", "train", "train"]


def test_a_story_has_one_split() -> None:
    pages = [page("cn-9001", story="bus"), page("cn-9002", story="bus"), page("cn-9003")]
    found = assign(pages, {})
    assert found["cn-9001"] == found["cn-9002"] == drawn_split("bus")
    assert found["cn-9003"] == drawn_split("cn-9003")
    other = next(split for split in PERCENT if split != drawn_split("bus"))
    assert assign(pages[:1], {"bus": other}) == {"cn-9001": other}
    with pytest.raises(ConflictNewsError, match=f"its story 'bus' lies in {other}"):
        assign(pages[:1], {"bus": other}, drawn_split("bus"))
    with pytest.raises(ConflictNewsError, match="cn-9002: its story 'bus' lies in"):
        assign([pages[0], strip_text(pages[1])], {})
    with pytest.raises(ConflictNewsError, match="no split 'tests'"):
        assign(pages, {}, "tests")


def test_documents_without_text_go_to_test_real(corpus: Path) -> None:
    done = adding.add([strip_text(page())], corpus)
    assert done.splits == {"cn-9001": "test_real"}
    assert any("no text on this machine" in note for note in done.notes)
    assert differences(corpus) == []


@pytest.mark.parametrize(
    "before, after",
    [
        (LOG, LOG.replace("- A command.\n", "- A command.\n\n### Corpus\n\n- New.\n")),
        ("# Changelog\n\n## 0.1.0\n\n- First.\n", "# Changelog\n\n## Unreleased\n\n### Corpus\n\n- New.\n\n## 0.1.0\n\n- First.\n"),
        ("# Changelog\n", "# Changelog\n\n## Unreleased\n\n### Corpus\n\n- New.\n"),
        ("", "## Unreleased\n\n### Corpus\n\n- New.\n"),
        ("## Unreleased\n\n### Corpus\n\n- Old.\n\n### Code\n\n- A.\n", "## Unreleased\n\n### Corpus\n\n- Old.\n- New.\n\n### Code\n\n- A.\n"),
        ("## Unreleased\n\n### Corpus\n\n- Old.\n\n## 0.1\n\n### Corpus\n\n- Older.\n", "## Unreleased\n\n### Corpus\n\n- Old.\n- New.\n\n## 0.1\n\n### Corpus\n\n- Older.\n"),
        ("## Unreleased\n", "## Unreleased\n\n### Corpus\n\n- New.\n"),
    ],
)
def test_a_line_goes_to_the_section_corpus_of_what_is_unreleased(before: str, after: str) -> None:
    assert with_line(before, "- New.") == after


def test_many_documents_are_one_line() -> None:
    assert line_for({"a": "dev", "b": "test"}) == "- Added `a` (dev), `b` (test)."
    assert line_for({f"cn-{i}": "dev" if i % 2 else "test" for i in range(1, 8)}) == "- Added 7 documents, `cn-1` to `cn-7`: 4 dev, 3 test."


# Passes and decisions that are kept.


def other_pass() -> Document:
    return msgspec.structs.replace(page(title="Late bus"), entities=())


def test_passes_and_decisions_are_kept_beside_the_document(corpus: Path, tmp_path: Path) -> None:
    write_jsonl([page()], tmp_path / "gold.jsonl")
    write_jsonl([page()], tmp_path / "a.jsonl")
    write_jsonl([other_pass()], tmp_path / "b.jsonl")
    rows = settle([compare(page(), other_pass())], []).rows
    write_rows([*rows, Row(id="x", doc_id="elsewhere", layer="quotes", kind="only_a")], tmp_path / "d.jsonl")
    given = ("--pass", f"a={tmp_path / 'a.jsonl'}", "--pass", f"b={tmp_path / 'b.jsonl'}", "--decisions", tmp_path / "d.jsonl")
    ran = run("corpus", "add", tmp_path / "gold.jsonl", "--corpus", corpus, *given)
    assert ran.code == 0, ran.err
    assert "scripts/agreement measures agreement.json anew" in ran.err
    assert load_document(corpus / "passes/a/cn-9001.json").entities == page().entities
    assert load_document(corpus / "passes/b/cn-9001.json").entities == ()
    kept = (corpus / "passes/decisions/cn-9001.jsonl").read_bytes().splitlines()
    assert [json.loads(line)["doc_id"] for line in kept] == ["cn-9001"]


@pytest.mark.parametrize(
    "passes, message",
    [
        ({"a": [page("cn-9002")]}, "pass a, cn-9002: is none of the documents that are added"),
        ({"a": [page(town="Beldi")]}, "pass a, cn-9001: was made on another text"),
        ({"A/..": [page()]}, "a pass cannot be called 'A/..'"),
        ({"decisions": [page()]}, "a pass cannot be called 'decisions'"),
        ({"a": [msgspec.structs.replace(page(), entities=(Entity(0, 4, "GPE", surface="Home"),))]}, "[format.id]"),
    ],
)
def test_passes_that_do_not_fit_are_refused(corpus: Path, passes: dict[str, list[Document]], message: str) -> None:
    before = tree(corpus.parent)
    with pytest.raises(ConflictNewsError) as error:
        adding.add([page()], corpus, passes=passes)
    assert message in str(error.value)
    assert tree(corpus.parent) == before


def test_a_standoff_document_is_kept_without_words_in_passes_and_decisions(corpus: Path, tmp_path: Path) -> None:
    write_rows(settle([compare(page(), other_pass())], []).rows, tmp_path / "words.jsonl")
    with pytest.raises(ConflictNewsError, match="carries words of cn-9001"):
        adding.plan([strip_text(page())], corpus, decisions=tmp_path / "words.jsonl")
    bare = [strip_text(page(title="Late bus")), strip_text(other_pass())]
    write_rows(settle([compare(*bare)], []).rows, tmp_path / "bare.jsonl")
    done = adding.plan([bare[0]], corpus, passes={"a": [page(title="Late bus")], "b": [bare[1]]}, decisions=tmp_path / "bare.jsonl")
    assert {name for name in done.files if "cn-9001" in name} == {
        "corpus/documents/test_real/cn-9001.json",
        "corpus/passes/a/cn-9001.json",
        "corpus/passes/b/cn-9001.json",
        "corpus/passes/decisions/cn-9001.jsonl",
    }
    assert not any(b"Oriho" in data for name, data in done.files.items() if "cn-9001" in name and "documents" not in name)


@pytest.mark.parametrize(
    "arguments, message",
    [
        (("--pass", "a"), "say NAME=FILE"),
        (("--split", "tests"), "there is no split 'tests'"),
        (("--decisions", "none.jsonl"), "there is no such file"),
        (("--corpus", "."), "is no corpus"),
    ],
)
def test_bad_arguments_are_told(corpus: Path, tmp_path: Path, arguments: tuple[str, str], message: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    write_document(page(), tmp_path / "new.json")
    ran = run("corpus", "add", tmp_path / "new.json", "--corpus", corpus, *arguments)
    assert ran.code == 2
    assert message in ran.err


def test_a_field_that_would_be_lost_is_refused(corpus: Path, tmp_path: Path) -> None:
    raw = json.loads(msgspec.json.encode(page()))
    raw["entities"][0]["certainty"] = 0.5
    (tmp_path / "new.json").write_text(json.dumps(raw))
    ran = run("corpus", "add", tmp_path / "new.json", "--corpus", corpus)
    assert ran.code == 2
    assert "there is no field 'certainty' here" in ran.err


# Kills.


class Killed(BaseException):
    """Stands for a kill: nothing catches it."""


def test_a_kill_at_any_step_leaves_a_corpus_that_holds_and_is_finished_or_undone(corpus: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every step that changes something on disk once the work is prepared, and every write before."""
    before = tree(corpus.parent)
    steps = [0]
    for name in ("_write", "write_atomically", "_move", "_remove"):
        real = getattr(journal, name)

        def step(*arguments: Any, real: Any = real) -> None:
            steps[0] += 1
            if steps[0] == step.limit:  # type: ignore[attr-defined]
                raise Killed
            real(*arguments)

        monkeypatch.setattr(journal, name, step)
        step.limit = 0  # type: ignore[attr-defined]
    fakes = [getattr(journal, name) for name in ("_write", "write_atomically", "_move", "_remove")]
    adding.add([page()], corpus, split="test")
    after, total = tree(corpus.parent), steps[0]
    writes = len([name for name in after if after[name] != before.get(name)])
    assert total == 2 * writes + 2  # each file written and moved, the journal written and taken away

    cleaned = shutil.rmtree
    outcomes = []
    for limit in range(1, total + 1):
        for path in [*corpus.parent.iterdir()]:
            cleaned(path) if path.is_dir() else path.unlink()
        for name, data in before.items():
            (corpus.parent / name).parent.mkdir(parents=True, exist_ok=True)
            (corpus.parent / name).write_bytes(data)
        steps[0] = 0
        for fake in fakes:
            fake.limit = limit
        with monkeypatch.context() as patch:
            patch.setattr(shutil, "rmtree", lambda *a, **k: None)  # the dead do not tidy up
            with pytest.raises(Killed):
                adding.add([page()], corpus, split="test")
        for fake in fakes:
            fake.limit = 0
        assert holds(corpus), limit
        ran = run("validate", corpus / "documents")
        assert ran.code == 0, (limit, ran.out)
        assert ("was broken off" in ran.err) == (limit > 1)  # before the first write there is nothing to tell
        assert not journal.staging(corpus).exists()
        now = tree(corpus.parent)
        assert now in (before, after), limit
        assert differences(corpus) == []
        outcomes.append("undone" if now == before else "finished")
    assert outcomes == ["undone"] * (writes + 1) + ["finished"] * (writes + 1)


@pytest.mark.parametrize("step", [1, 3])
def test_a_process_that_is_really_killed_is_finished_by_the_next_command(corpus: Path, tmp_path: Path, step: int) -> None:
    write_document(page(), tmp_path / "new.json")
    write_document(page("cn-9002", body=OTHER), tmp_path / "next.json")
    code = f"""
import os, signal, sys
from conflictnews.intake import journal
real, count = journal._move, [0]
def move(source, target):
    count[0] += 1
    if count[0] == {step}:
        os.kill(os.getpid(), signal.SIGKILL)
    real(source, target)
journal._move = move
from conflictnews.cli import main
main()
"""
    arguments = [sys.executable, "-c", code, "corpus", "add", str(tmp_path / "new.json"), "--corpus", str(corpus), "--split", "train"]
    assert subprocess.run(arguments, env=os.environ, capture_output=True).returncode == -signal.SIGKILL
    assert journal.staging(corpus).exists()
    assert holds(corpus)
    ran = run("corpus", "add", tmp_path / "next.json", "--corpus", corpus, "--split", "dev")
    assert ran.code == 0, ran.err
    assert "broken off half-way; it is finished now" in ran.err
    assert {p.stem for p in (corpus / "documents").rglob("cn-90*.json")} == {"cn-9001", "cn-9002"}
    assert differences(corpus) == []
    assert (corpus.parent / "CHANGELOG.md").read_text().count("- Added") == 2


def test_a_process_killed_while_it_prepares_is_undone(corpus: Path) -> None:
    before = tree(corpus.parent)
    journal.staging(corpus).mkdir()
    (journal.staging(corpus) / "0.new").write_bytes(b"half")
    assert "thrown away" in journal.recover(corpus)
    assert tree(corpus.parent) == before
    assert journal.recover(corpus) == ""
    journal.staging(corpus).mkdir()  # killed after the last step, or before the first
    assert journal.recover(corpus) == ""
    assert not journal.staging(corpus).exists()


def test_the_build_finishes_an_addition_first_and_the_next_addition_does(corpus: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def die(*_: object) -> None:
        raise Killed

    def broken_off(document: Document) -> None:
        with monkeypatch.context() as patch:
            patch.setattr(journal, "_move", die)
            with pytest.raises(Killed):
                adding.add([document], corpus, split="test")

    broken_off(page())
    monkeypatch.setenv("CONFLICTNEWS_CORPUS", str(corpus))
    ran = run("build")
    assert ("finished now" in ran.err, ran.out) == (True, "everything is as built\n")
    broken_off(page("cn-9002", body=OTHER))
    adding.add([page("cn-9003", body="Snow fell in {town} before the harvest was in, and the teacher let the big boys go home to dig.")], corpus, split="test")
    assert {p.stem for p in (corpus / "documents" / "test").glob("cn-90*.json")} == {"cn-9001", "cn-9002", "cn-9003"}
    assert differences(corpus) == []


def test_a_file_that_was_changed_since_is_not_overwritten(corpus: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def die(*_: object) -> None:
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(journal, "_move", die)
        with pytest.raises(Killed):
            adding.add([page()], corpus, split="test")
    log = corpus.parent / "CHANGELOG.md"
    log.write_text("# Mine\n", encoding="utf-8")
    with pytest.raises(ConflictNewsError, match="was changed while an addition"):
        journal.recover(corpus)
    assert log.read_text(encoding="utf-8") == "# Mine\n"
    ran = run("validate", corpus / "documents")
    assert (ran.code, "an addition is not finished" in ran.err) == (0, True)
    log.write_text(LOG, encoding="utf-8")
    assert "finished now" in journal.recover(corpus)
    assert differences(corpus) == []


def test_two_additions_at_once_are_told_apart(corpus: Path) -> None:
    pytest.importorskip("fcntl", reason="no file locks here")
    with journal.locked(corpus):
        with pytest.raises(ConflictNewsError, match="by another process"):
            adding.add([page()], corpus)
        journal.staging(corpus).mkdir()
        with pytest.raises(ConflictNewsError, match="by another process"):
            journal.recover(corpus)
        assert journal.staging(corpus).exists()
        journal.staging(corpus).rmdir()


def test_the_corpora_of_paths_are_those_that_they_lie_in(corpus: Path, tmp_path: Path) -> None:
    here = corpus.resolve()
    assert journal.corpora_of([corpus / "documents" / "dev", corpus, tmp_path, corpus / "documents/train/cn-0001.json"]) == [here]

from __future__ import annotations

import importlib.util
import itertools
import sys
import tomllib
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from conflictnews import load_corpus
from conflictnews.errors import ConflictNewsError
from conflictnews.io.jsonl import write_jsonl
from conflictnews.io.prodigy import PASSES, documents_of
from conflictnews.model import Document
from conflictnews.schema import load_schema
from conftest import ROOT

FILE = ROOT / "src" / "conflictnews" / "recipes.py"


def load(monkeypatch: pytest.MonkeyPatch, prodigy: ModuleType | None) -> ModuleType:
    """The recipe file loaded by its path, as `prodigy -F` does."""
    monkeypatch.setitem(sys.modules, "prodigy", prodigy)
    spec = importlib.util.spec_from_file_location("recipes_under_test", FILE)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


class FakeProdigy(ModuleType):
    """A stand-in that registers recipes as Prodigy's decorator does, and checks the form of their arguments."""

    def __init__(self) -> None:
        super().__init__("prodigy")
        self.recipes: dict[str, Callable[..., dict[str, Any]]] = {}

    def recipe(self, name: str, **arguments: tuple[str, str, str | None, type]) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
        for help_text, kind, short, converter in arguments.values():
            assert help_text
            assert kind in {"positional", "option", "flag"}
            assert (short is None) == (kind == "positional")
            assert callable(converter)

        def register(function: Callable[..., Any]) -> Callable[..., Any]:
            code = function.__code__
            assert set(code.co_varnames[: code.co_argcount]) == set(arguments)
            self.recipes[name] = function
            return function

        return register


@pytest.fixture
def recipes(monkeypatch: pytest.MonkeyPatch) -> dict[str, Callable[..., dict[str, Any]]]:
    fake = FakeProdigy()
    load(monkeypatch, fake)
    return fake.recipes


def stream(found: dict[str, Any]) -> list[dict[str, Any]]:
    assert isinstance(found["stream"], Iterator)
    return list(found["stream"])


def test_without_prodigy_the_module_imports_and_a_recipe_says_what_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    module = load(monkeypatch, None)
    for name in PASSES:
        with pytest.raises(ConflictNewsError, match=rf"the recipe conflictnews\.{name} runs in Prodigy, which is not installed here"):
            getattr(module, name)("dataset")


def test_the_entry_points_are_the_recipes_of_the_module(recipes: dict[str, Any]) -> None:
    points = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["entry-points"]["prodigy_recipes"]
    assert points == {f"conflictnews.{name}": f"conflictnews.recipes:{name}" for name in PASSES}
    assert set(recipes) == set(points)


@pytest.mark.parametrize("name", PASSES)
def test_a_recipe_returns_the_components_that_prodigy_documents(name: str, recipes: dict[str, Any]) -> None:
    found = recipes[f"conflictnews.{name}"]("mine", split="dev")
    assert set(found) == {"dataset", "stream", "view_id", "config"}
    assert found["dataset"] == "mine"
    assert found["view_id"] == PASSES[name].view_id
    assert found["config"]["labels"]
    assert all(isinstance(label, str) for label in found["config"]["labels"])
    assert ("relations_span_labels" in found["config"]) == (found["view_id"] == "relations")
    tasks = stream(found)
    assert len(tasks) == len(load_corpus("dev"))
    for task in tasks:
        assert {"text", "tokens", "spans", "_input_hash", "_task_hash", "meta", "_view_id"} <= set(task)
        assert ("relations" in task) == (found["view_id"] == "relations")


def test_the_guidelines_of_the_layer_are_shown_as_html(recipes: dict[str, Any]) -> None:
    path = Path(recipes["conflictnews.mentions"]("mine", split="dev")["config"]["instructions"])
    assert path.suffix == ".html"
    page = path.read_text(encoding="utf-8")
    assert page.startswith("<h1>")
    assert "<table>" in page
    for label in load_schema().entities.labels:
        assert label in page


def test_other_guidelines_may_be_named(recipes: dict[str, Any], tmp_path: Path) -> None:
    own = tmp_path / "own.html"
    own.write_text("<p>Mark towns.</p>")
    assert recipes["conflictnews.entities"]("mine", guidelines=str(own))["config"]["instructions"] == str(own)
    with pytest.raises(ConflictNewsError, match="no such file with guidelines"):
        recipes["conflictnews.entities"]("mine", guidelines=str(tmp_path / "none.html"))


def test_pages_come_without_the_layer_unless_they_are_to_be_corrected(recipes: dict[str, Any]) -> None:
    for name in ("entities", "events", "quotes", "boilerplate"):
        assert all(task["spans"] == [] for task in stream(recipes[f"conflictnews.{name}"]("mine", split="dev")))
        filled = stream(recipes[f"conflictnews.{name}"]("mine", split="dev", prefilled=True))
        assert any(task["spans"] for task in filled)


def test_quotes_and_sources_are_there_when_speakers_are_asked_for_but_no_speaker_is(recipes: dict[str, Any]) -> None:
    tasks = stream(recipes["conflictnews.speakers"]("mine", split="dev"))
    assert any(task["spans"] for task in tasks)
    assert all(task["relations"] == [] for task in tasks)
    assert any(task["relations"] for task in stream(recipes["conflictnews.speakers"]("mine", split="dev", prefilled=True)))


def test_every_label_shown_is_one_that_the_recipe_offers(recipes: dict[str, Any]) -> None:
    for name in PASSES:
        found = recipes[f"conflictnews.{name}"]("mine", split="test", prefilled=True)
        offered = found["config"]
        tasks = stream(found)
        spans = {span["label"] for task in tasks for span in task["spans"]}
        assert spans <= set(offered.get("relations_span_labels", offered["labels"])), name
        assert {relation["label"] for task in tasks for relation in task.get("relations", [])} <= set(offered["labels"]), name


def test_an_accepted_answer_to_a_recipe_is_a_document_with_the_layer(recipes: dict[str, Any]) -> None:
    task = stream(recipes["conflictnews.entities"]("mine", split="dev"))[0]
    empty = documents_of([task | {"answer": "accept"}]).documents[0]
    assert (empty.doc_id, empty.entities, empty.events) == (load_corpus("dev")[0].doc_id, (), None)
    token = next(t for t in task["tokens"] if t["text"].isalpha())
    task["spans"] = [{"start": token["start"], "end": token["end"], "token_start": token["id"], "token_end": token["id"], "label": "PER"}]
    (entity,) = documents_of([task | {"answer": "accept"}]).documents[0].entities or ()
    assert (entity.label, entity.surface) == ("PER", token["text"])


@pytest.mark.parametrize("kind", ["txt", "tasks", "documents", "folder"])
def test_pages_of_ones_own_may_be_text_tasks_or_documents(kind: str, recipes: dict[str, Any], tmp_path: Path) -> None:
    text = "Shells fell on Kono.\r\nTwo died."
    path = tmp_path / {"txt": "page.txt", "tasks": "page.jsonl", "documents": "page.jsonl", "folder": "pages"}[kind]
    if kind == "txt":
        path.write_bytes(text.encode())
    elif kind == "tasks":
        path.write_text('{"text": "Shells fell on Kono.\\r\\nTwo died.", "meta": {"doc_id": "page"}}\n')
    elif kind == "documents":
        write_jsonl([Document(doc_id="page", text=text)], path)
    else:
        path.mkdir()
        (path / "page.json").write_text('{"doc_id": "page", "text": "Shells fell on Kono.\\r\\nTwo died."}')
    (task,) = stream(recipes["conflictnews.events"]("mine", source=str(path)))
    assert (task["text"], task["meta"]["doc_id"]) == (text, "page")
    assert [t["text"] for t in itertools.islice(task["tokens"], 3)] == ["Shells", "fell", "on"]


@pytest.mark.parametrize(
    "name, data, message",
    [("a.txt", b"\xff", "not valid UTF-8 at byte 0"), ("..b.txt", b"x", "the file's name is no id"), ("none.txt", None, "cannot be read"), ("x.jsonl", b"{", "line 1")],
)
def test_a_source_that_cannot_be_read_is_named(name: str, data: bytes | None, message: str, recipes: dict[str, Any], tmp_path: Path) -> None:
    if data is not None:
        (tmp_path / name).write_bytes(data)
    with pytest.raises(ConflictNewsError, match=message):
        stream(recipes["conflictnews.entities"]("mine", source=str(tmp_path / name)))

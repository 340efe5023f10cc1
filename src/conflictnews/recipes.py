"""Recipes for Prodigy, one for each pass of annotation: pages to annotate with our tokens, labels from the schema, and the guidelines as instructions.

.. code-block:: sh

    prodigy conflictnews.entities my_entities --source pages/
    prodigy conflictnews.events my_events --source pages/ --prefilled -F path/to/recipes.py

With conflictnews and Prodigy in one environment the recipes are found by themselves (entry points ``prodigy_recipes``); ``-F`` with the path of this file is the other way.
Answers (`prodigy db-out`) are read by `conflictnews.io.prodigy`. Prodigy must be there when a recipe is run, not to import this module.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import msgspec

from conflictnews.corpus import SPLITS, load_corpus
from conflictnews.errors import ConflictNewsError, DocumentError, MissingExtraError
from conflictnews.io.jsondoc import write_atomically
from conflictnews.io.jsonl import iter_documents
from conflictnews.io.prodigy import PASSES, documents_of, iter_tasks, tasks_of
from conflictnews.io.prodigy_views import CONTENT, CONTINUED, CUE, FILLER, SOURCE, SPEAKER
from conflictnews.model import Document, id_fault
from conflictnews.resources import data_dir, resource_dir
from conflictnews.schema import Schema, load_schema

Recipe = Callable[..., dict[str, Any]]

ARGUMENTS = {
    "dataset": ("Dataset to save answers to", "positional", None, str),
    "source": ("Pages: a folder of .json documents, a .jsonl file of documents or of tasks with text, or a .txt file. Default: a split of the corpus", "option", "s", str),
    "split": (f"Split of the corpus, without a source: {', '.join(SPLITS)}", "option", "sp", str),
    "guidelines": ("File with instructions (HTML) instead of the guidelines of conflictnews", "option", "g", str),
    "prefilled": ("Show the annotations that the pages have, to be corrected", "flag", "p", bool),
}
"""The arguments of every recipe, as Prodigy's decorator takes them: help, kind, short name, type."""


def labels_of(name: str, schema: Schema) -> dict[str, list[str]]:
    """The labels of a pass, as keys of a recipe's `config`: `labels` of spans, or of relations beside `relations_span_labels`."""
    types = list(schema.quotes.types)
    if name == "events":
        return {"labels": list(schema.events.roles), "relations_span_labels": [*schema.events.labels, FILLER]}
    if name == "quotes":
        return {"labels": [*types, CONTENT, CONTINUED, CUE, SOURCE]}
    if name == "speakers":
        return {"labels": [SPEAKER], "relations_span_labels": [SPEAKER, SOURCE, CONTENT, *types]}
    return {"labels": list(schema.boilerplate.labels if name == "boilerplate" else schema.entities.labels)}


def instructions(layer: str) -> Path:
    """The guideline page of a layer as a file of HTML, made anew in the user's data folder; Prodigy shows it behind its question mark."""
    try:
        from markdown_it import MarkdownIt
    except ImportError as error:
        raise MissingExtraError("showing the guidelines in Prodigy", "prodigy") from error
    page = resource_dir("annotation_guidelines").joinpath(layer, "README.md").read_text(encoding="utf-8")
    path = data_dir() / "prodigy" / f"{layer}.html"
    write_atomically(path, MarkdownIt("commonmark").enable("table").render(page).encode("utf-8"))
    return path


def pages(source: str, split: str) -> Iterator[Document]:
    """The pages to annotate: of a file or folder, else of a split of the corpus."""
    if not source:
        yield from load_corpus(split)
        return
    path = Path(source).expanduser()
    if path.suffix == ".txt":
        yield _plain(path)
    elif path.suffix == ".jsonl" and "doc_id" not in next(iter_tasks(path), {"doc_id": ""}):
        yield from documents_of(path).documents
    else:
        yield from iter_documents(path)


def _plain(path: Path) -> Document:
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except OSError as error:
        raise DocumentError(f"{path}: cannot be read ({error.strerror})") from error
    except UnicodeDecodeError as error:
        raise DocumentError(f"{path}: not valid UTF-8 at byte {error.start}; save the file as UTF-8") from None
    fault = id_fault(path.stem)
    if fault:
        raise DocumentError(f"{path}: the file's name is no id: {fault}")
    return Document(doc_id=path.stem, text=text)


def stream(name: str, documents: Iterator[Document], *, prefilled: bool) -> Iterator[dict[str, Any]]:
    """The tasks of a pass. Unless `prefilled` they come without what the pass is to add: its layer, or for speakers those of the quotes that are there."""
    for document in documents:
        shown = document
        if not prefilled and name == "speakers":
            bare = tuple(msgspec.structs.replace(quote, speakers=(), speaker_reason=None) for quote in document.quotes or ())
            shown = msgspec.structs.replace(document, quotes=bare if document.quotes is not None else None)
        elif not prefilled:
            shown = msgspec.structs.replace(document, **{PASSES[name].layer: None})
        yield from tasks_of(shown, (name,))


def components(name: str, dataset: str, source: str, split: str, guidelines: str, *, prefilled: bool) -> dict[str, Any]:
    """What a recipe gives Prodigy: `dataset`, `stream`, `view_id` and `config`."""
    layer = PASSES[name].layer
    if guidelines and not Path(guidelines).is_file():
        raise ConflictNewsError(f"{guidelines}: there is no such file with guidelines")
    config: dict[str, Any] = {
        **labels_of(name, load_schema()),
        "instructions": guidelines or str(instructions(layer)),
        "allow_newline_highlight": True,  # quotes and furniture run over line ends
        "honor_token_whitespace": True,
    }
    if PASSES[name].view_id == "relations":
        config["wrap_relations"] = True
    return {"dataset": dataset, "stream": stream(name, pages(source, split), prefilled=prefilled), "view_id": PASSES[name].view_id, "config": config}


def _recipe(name: str, what: str) -> Recipe:
    """The recipe of a pass: known to Prodigy where that is installed, else a function that says what is missing.

    Prodigy learns of a recipe when its decorator is called, which is why this module does something on import.
    """

    def run(dataset: str, source: str = "", split: str = "train", guidelines: str = "", prefilled: bool = False) -> dict[str, Any]:
        return components(name, dataset, source, split, guidelines, prefilled=prefilled)

    run.__name__, run.__qualname__, run.__doc__ = name, name, what
    try:
        prodigy = importlib.import_module("prodigy")
    except ImportError:

        def missing(*_: object, **__: object) -> dict[str, Any]:
            raise ConflictNewsError(f"the recipe conflictnews.{name} runs in Prodigy, which is not installed here; it is not free, see https://prodi.gy")

        missing.__doc__ = what
        return missing
    made: Recipe = prodigy.recipe(f"conflictnews.{name}", **ARGUMENTS)(run)
    return made


entities = _recipe("entities", "Mark mentions of entities and values, those that stand in no other.")
mentions = _recipe("mentions", "Mark mentions of entities and values, also inside one another.")
events = _recipe("events", "Mark triggers of events and what fills their roles.")
quotes = _recipe("quotes", "Mark what is said, the words that say so, and who says it.")
speakers = _recipe("speakers", "Join quotes to mentions of their speakers.")
boilerplate = _recipe("boilerplate", "Mark what on a page is no news, by kind.")

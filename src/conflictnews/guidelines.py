"""The guideline pages as data: a page a label, checked against the scheme both ways, an index made of them, and the tables of what other schemes call the same."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from pathlib import Path

import msgspec

from conflictnews.errors import ConflictNewsError
from conflictnews.resources import resource_dir
from conflictnews.schema import Schema

HEADINGS = ("What counts", "What does not", "Examples", "Not this label", "Hard cases", "Elsewhere")
"""The parts of a page about a label, in this order."""

TOPICS = {"entities": ("levels",), "events": ("factuality",), "quotes": ("content", "cue", "source", "speakers", "nested"), "boilerplate": ()}
"""Layer -> its pages that are about no label."""

LEAST = 5
"""So many examples a page has at least, and as many of what the label is not."""

_SIGN = re.compile(r"\[\[|\]\]|\(\(|\)\)|[{}]")
_CLOSES = {"]]": "[[", "))": "((", "}": "{"}
_INDEX = re.compile(r"(<!-- index -->\n).*?(<!-- /index -->)", re.DOTALL)


class Page(msgspec.Struct, frozen=True):
    """A guideline page: its name, its title, the paragraph that defines, and the parts by heading (examples one a numbered item)."""

    name: str
    title: str
    definition: str
    headings: tuple[str, ...]
    examples: tuple[str, ...]
    counterexamples: tuple[str, ...]


class Mapping(msgspec.Struct, frozen=True):
    """What another scheme calls a label: `relation` is exact, broad (theirs is wider), narrow (theirs is narrower) or none."""

    label: str
    subtype: str
    scheme: str
    target: str
    relation: str
    note: str


RELATIONS = ("exact", "broad", "narrow", "none")


def labels_of(layer: str, schema: Schema) -> tuple[str, ...]:
    """The labels of a layer that have a page each."""
    entries: dict[str, Iterable[str]] = {
        "entities": schema.entities.labels,
        "events": schema.events.labels,
        "quotes": schema.quotes.types,
        "boilerplate": schema.boilerplate.labels,
    }
    return tuple(entries[layer])


def read_page(path: Path) -> Page:
    """The page in a file."""
    text = path.read_text(encoding="utf-8")
    head, *parts = re.split(r"^## (.+)\n", text, flags=re.MULTILINE)
    title, _, rest = head.partition("\n")
    sections = dict(zip(parts[::2], parts[1::2], strict=True))

    def items(heading: str) -> tuple[str, ...]:
        found = re.split(r"^\d+\. ", sections.get(heading, ""), flags=re.MULTILINE)
        return tuple(item.strip() for item in found[1:])

    return Page(path.stem, title.removeprefix("# ").strip(), rest.strip().split("\n\n")[0], tuple(parts[::2]), items("Examples"), items("Not this label"))


def check_pages(folder: Path, schema: Schema) -> Iterator[str]:
    """What is wrong with the pages under the guideline folder: pages that lack, are too many, or have not the form; each line names the page."""
    for layer, topics in TOPICS.items():
        wanted = {*labels_of(layer, schema), *topics}
        there = {path.stem: path for path in (folder / layer).glob("*.md") if path.stem != "README"}
        yield from (f"{layer}/{name}.md: there is no page for it" for name in sorted(wanted - there.keys()))
        yield from (f"{layer}/{name}.md: the scheme has no such label" for name in sorted(there.keys() - wanted))
        for name in sorted(wanted & there.keys()):
            page = read_page(there[name])
            yield from (f"{layer}/{name}.md: {fault}" for fault in _faults(page, topic=name in topics))
            if layer == "events" and name not in topics:
                yield from (f"{layer}/{name}.md: {role} is no role of it" for role in sorted(_roles(page) - set(schema.roles_of(name))))


def _faults(page: Page, *, topic: bool) -> Iterator[str]:
    if not topic and page.title != page.name:
        yield f"the title is {page.title!r}"
    if page.headings != HEADINGS:
        yield f"the parts are {', '.join(page.headings)}; they should be {', '.join(HEADINGS)}"
    for what, items, mark in (("examples", page.examples, "[["), ("examples of something else", page.counterexamples, "((")):
        if len(items) < LEAST:
            yield f"{len(items)} {what}; {LEAST} at least are asked for"
        yield from (f"{what}, number {i}: nothing stands in {mark}" for i, item in enumerate(items, 1) if mark not in item)
    for item in (*page.examples, *page.counterexamples):
        if not _balanced(item.split("\n")[0]):
            yield f"brackets do not close in {item.split(chr(10))[0]!r}"


def _balanced(sentence: str) -> bool:
    """Whether every mark of an example is closed, the inner one first."""
    open_: list[str] = []
    for sign in _SIGN.findall(sentence):
        if sign not in _CLOSES:
            open_.append(sign)
        elif not open_ or open_.pop() != _CLOSES[sign]:
            return False
    return not open_


def _roles(page: Page) -> set[str]:
    """The roles that the examples of a page mark."""
    return {role for item in page.examples for role in re.findall(r"\{[^{}|]+\|([^{}|]+)\}", item.split("\n")[0])}


def index_of(layer: str, folder: Path, schema: Schema) -> str:
    """A Markdown table of a layer's pages, each with the first sentence of its definition."""
    rows = ["| page | |", "|---|---|"]
    for name in (*labels_of(layer, schema), *TOPICS[layer]):
        page = read_page(folder / layer / f"{name}.md")
        first = re.split(r"(?<=[.:;])\s", page.definition.replace("\n", " "), maxsplit=1)[0].rstrip(":;")
        rows.append(f"| [{page.title}]({name}.md) | {first.replace('|', chr(92) + '|')} |")
    return "\n".join(rows) + "\n"


def with_indexes(folder: Path, schema: Schema) -> dict[Path, str]:
    """The README of each layer with its index as it should be."""
    found = {}
    for layer in TOPICS:
        path = folder / layer / "README.md"
        text = path.read_text(encoding="utf-8")
        if not _INDEX.search(text):
            raise ConflictNewsError(f"{path}: has no place for the index; put <!-- index --> and <!-- /index --> on lines of their own")
        table = index_of(layer, folder, schema)
        found[path] = _INDEX.sub(lambda m, table=table: m[1] + table + m[2], text)  # type: ignore[misc]
    return found


def load_mappings(layer: str, folder: Path | None = None) -> tuple[Mapping, ...]:
    """The table of what other schemes call the labels of a layer (entities or events). Raises ConflictNewsError, with the line, for a row that is none."""
    path = (folder or resource_dir("annotation_guidelines")) / layer / "mapping.tsv"
    found = []
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        cells = line.split("\t")
        if number == 1 and tuple(cells) == Mapping.__struct_fields__:
            continue
        if len(cells) != len(Mapping.__struct_fields__) or cells[4] not in RELATIONS:
            raise ConflictNewsError(
                f"{path}, line {number}: a row has the columns {', '.join(Mapping.__struct_fields__)}, set apart by tabs, with a relation of {', '.join(RELATIONS)}"
            )
        found.append(Mapping(*(cell if cell != "-" else "" for cell in cells)))
    return tuple(found)

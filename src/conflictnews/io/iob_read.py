"""Reading tokens in columns: our own files and other people's; the forms are told in `conflictnews.io.iob`."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

from conflictnews.errors import DocumentError
from conflictnews.io.escapes import from_json, unescaped
from conflictnews.io.jsondoc import explain
from conflictnews.io.problem import Problem
from conflictnews.model import Document, Entity, id_fault, text_sha256

COLUMNS = ("token", "start", "end", "space", "tag")
"""The columns that we write."""

_COMMENT = re.compile(r"#\s*(?P<key>[\w. -]*?\w)\s*=\s*(?P<value>.*)")
_TAG = re.compile(r"(?P<prefix>[BIESLUM])-(?P<label>.*)|O")


class _Row(NamedTuple):
    line: int
    cells: list[str]
    prefix: str
    label: str


class _Page(msgspec.Struct):
    """The lines of one document: its sentences, and what its comments say."""

    line: int
    said: dict[str, str]
    sentences: list[list[_Row]]


class _Chunk(NamedTuple):
    first: int
    last: int
    label: str


def iter_iob(path: Path) -> Iterator[tuple[Document, list[Problem]]]:
    """The documents of a file of tokens, each with the tags in it that were mended; DocumentError names file and line of what cannot be read."""
    try:
        data = path.read_bytes().removeprefix(b"\xef\xbb\xbf")
        text = data.decode("utf-8")
    except OSError as error:
        raise DocumentError(f"{path}: cannot be read ({error.strerror})") from error
    except UnicodeDecodeError as error:
        raise DocumentError(f"{path}: {explain(error, data)}") from None
    pages = _pages(text.split("\n"), str(path))
    scheme = _scheme(row for page in pages for sentence in page.sentences for row in sentence)
    seen: set[str] = set()
    for number, page in enumerate(pages, 1):
        doc_id = _unquoted(page.said.get("doc_id", "")) or page.said.get("newdoc id") or (path.stem if len(pages) == 1 else f"{path.stem}-{number}")
        fault = id_fault(doc_id) or (f"the doc_id {doc_id} comes twice; each document is given once" if doc_id in seen else None)
        if fault:
            raise DocumentError(f"{path}, line {page.line}: {fault}")
        seen.add(doc_id)
        yield _document(doc_id, page, scheme, str(path))


def _unquoted(doc_id: str) -> str:
    try:
        return str(from_json(doc_id)) if doc_id.startswith('"') else doc_id
    except ValueError:
        return doc_id


def _pages(lines: list[str], path: str) -> list[_Page]:
    """The file cut into documents and sentences."""
    pages: list[_Page] = []
    sentence: list[_Row] = []
    columns = 0

    def page(number: int) -> _Page:
        if not pages:
            pages.append(_Page(number, {}, []))
        return pages[-1]

    def close() -> None:
        nonlocal sentence
        if sentence:
            pages[-1].sentences.append(sentence)
        sentence = []

    for number, raw in enumerate(lines, 1):
        line = raw.removesuffix("\r")
        cells = line.split("\t") if "\t" in line else re.split(" +", line.strip(" "))
        comment = _COMMENT.fullmatch(line) if _is_comment(line, cells, columns) else None
        if not line.strip():
            close()
        elif comment or cells[0] == "-DOCSTART-":
            opens = comment is None or comment["key"] in ("doc_id", "newdoc id")
            close()
            if opens and pages and (pages[-1].sentences or (comment and comment["key"] in pages[-1].said)):
                pages.append(_Page(number, {}, []))
            if comment:
                page(number).said[comment["key"]] = comment["value"]
            else:
                page(number)
        elif not _is_comment(line, cells, columns):
            row = _row(number, cells, columns, path)
            columns = len(cells)
            page(number)
            sentence.append(row)
    close()
    return pages


def _is_comment(line: str, cells: list[str], columns: int) -> bool:
    """Whether a line is a comment; what opens with # may also be a token such as # or #tag with its tag."""
    if not line.startswith("#") or ("\t" not in line and _COMMENT.fullmatch(line)):
        return line.startswith("#")
    is_row = len(cells) > 1 and columns in (0, len(cells)) and " " not in cells[0] and _TAG.fullmatch(cells[-1]) is not None
    return not is_row


def _row(number: int, cells: list[str], columns: int, path: str) -> _Row:
    if len(cells) < 2 or not cells[0]:
        raise DocumentError(f"{path}, line {number}: {' '.join(cells)[:60]!r} is no token with its tag; a line has two columns or more, set apart by tabs or spaces")
    if columns and len(cells) != columns:
        raise DocumentError(f"{path}, line {number}: has {len(cells)} columns, the lines above have {columns}")
    match = _TAG.fullmatch(cells[-1])
    if match is None:
        raise DocumentError(f"{path}, line {number}: {cells[-1][:60]!r} is no tag; tags are O, or B-, I-, E-, S-, L- or U- and a label, in the last column")
    return _Row(number, cells, match["prefix"] or "O", match["label"] or "")


def _scheme(rows: Iterable[_Row]) -> str:
    """What the tags of a file follow: IOBES (or BILOU) where they mark ends, IOB1 where B- stands only after the same label, else IOB2."""
    scheme, before, line = "IOB1", "", -1
    for row in rows:
        if row.prefix in "ESLUM":
            return "IOBES"
        if row.prefix == "B" and (before != row.label or row.line != line + 1):
            scheme = "IOB2"
        before, line = row.label if row.prefix != "O" else "", row.line
    return scheme


def _chunks(sentence: list[_Row], scheme: str, first: int) -> tuple[list[_Chunk], list[_Row]]:
    """The mentions of a sentence as numbers of tokens (its own first is `first`), and the rows whose tags do not fit the scheme."""
    chunks: list[_Chunk] = []
    odd: list[_Row] = []
    ended = True
    for i, row in enumerate(sentence, first):
        continues = row.prefix in "IELM" and not ended and chunks[-1].label == row.label
        if not continues and not ended and scheme == "IOBES":
            odd.append(sentence[i - first - 1])
        if row.prefix == "O":
            ended = True
            continue
        if continues:
            chunks[-1] = chunks[-1]._replace(last=i)
        else:
            chunks.append(_Chunk(i, i, row.label))
            if row.prefix in "IELM" and scheme != "IOB1":
                odd.append(row)
        ended = row.prefix in "ESLU"
    if not ended and scheme == "IOBES":
        odd.append(sentence[-1])
    return chunks, odd


def _document(doc_id: str, page: _Page, scheme: str, path: str) -> tuple[Document, list[Problem]]:
    rows = [row for sentence in page.sentences for row in sentence]
    shaped = all(len(row.cells) == len(COLUMNS) and row.cells[1].isdecimal() and row.cells[2].isdecimal() for row in rows)
    said_so = page.said.get("columns") == " ".join(COLUMNS)
    if said_so and not shaped:
        raise DocumentError(f"{path}, line {page.line}: {doc_id}: the columns are not {', '.join(COLUMNS)}, as the comment says; mend them or take the comment out")
    ours = shaped and (said_so or bool(rows))
    text, starts = _own_text(page, rows, path) if ours else _joined(page)
    chunks: list[_Chunk] = []
    odd: list[_Row] = []
    done = 0
    for sentence in page.sentences:
        found, strange = _chunks(sentence, scheme, done)
        chunks += found
        odd += strange
        done += len(sentence)
    entities = tuple(_entity(text, starts[c.first], starts[c.last] + len(rows[c.last].cells[0]), c.label) for c in chunks)
    said = page.said if ours else {}
    sha256 = said.get("text_sha256")
    if sha256 is not None and sha256 != text_sha256(text):
        raise DocumentError(f"{path}, line {page.line}: {doc_id}: tokens or white space were changed (the text's checksum differs); only tags may change")
    absent = said.get("entities") == "none" and not entities
    document = Document(doc_id, text, sha256, _meta(said, page, path), None if absent else entities)
    if not odd:
        return document, []
    count = f"{len(odd)} tag{'s' if len(odd) > 1 else ''}"
    return document, [
        Problem(path, odd[0].line, f"{doc_id}: {count} of no {scheme} sequence, the first one here; each run of one label was taken for a mention, as conlleval does")
    ]


def _entity(text: str, start: int, end: int, label: str) -> Entity:
    return Entity(start, end, label, surface=text[start:end])


def _meta(said: dict[str, str], page: _Page, path: str) -> dict[str, Any]:
    try:
        meta = from_json(said.get("meta", "{}"))
    except ValueError as error:
        raise DocumentError(f"{path}, line {page.line}: # meta: {error}") from None
    if not isinstance(meta, dict):
        raise DocumentError(f"{path}, line {page.line}: # meta: is no JSON object")
    return meta


def _own_text(page: _Page, rows: list[_Row], path: str) -> tuple[str, list[int]]:
    """The text of our own columns, to the character, and where each token starts."""
    pieces = [_space(page.said.get("before", "_"), path, page.line)]
    starts: list[int] = []
    length = len(pieces[0])
    for row in rows:
        token, start, end, space, _ = row.cells
        if (start, end) != (str(length), str(length + len(token))):
            message = f"the token {token!r} stands at {length}-{length + len(token)}, its columns say {start[:20]}-{end[:20]}"
            raise DocumentError(f"{path}, line {row.line}: {message}; tokens and white space may not change, only tags")
        starts.append(length)
        pieces += token, _space(space, path, row.line)
        length += len(token) + len(pieces[-1])
    return "".join(pieces), starts


def _space(written: str, path: str, line: int) -> str:
    """White space out of its column."""
    try:
        space = "" if written == "_" else unescaped(written)
    except ValueError as error:
        raise DocumentError(f"{path}, line {line}: {error}") from None
    if space and not space.isspace():
        raise DocumentError(f"{path}, line {line}: {written[:40]!r} is no white space; it is _ for none, else escapes such as \\s and \\n")
    return space


def _joined(page: _Page) -> tuple[str, list[int]]:
    """The text of other people's tokens, single spaces between them and line ends between sentences, and where each starts."""
    pieces: list[str] = []
    starts: list[int] = []
    length = 0
    for sentence in page.sentences:
        for row in sentence:
            starts.append(length)
            pieces += row.cells[0], " "
            length += len(row.cells[0]) + 1
        pieces[-1] = "\n"
    return "".join(pieces[:-1]), starts

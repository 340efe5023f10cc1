"""A raw page becomes a document: its text taken once, frozen and hashed, and a note of how it was taken.

Text files are taken to the character: line ends, no-break spaces and trailing spaces stay (`unix_lines` alone turns CRLF and CR into LF). Of HTML the visible text is taken
(`conflictnews.tasks.html`). Only a byte order mark goes.
"""

from __future__ import annotations

import codecs
import hashlib
import re
from collections.abc import Mapping
from datetime import date
from typing import Any

from conflictnews.errors import DocumentError
from conflictnews.model import Document, id_fault, text_sha256
from conflictnews.schema import load_schema
from conflictnews.tasks.html import visible_text
from conflictnews.validation import check_document

LARGEST = 20_000_000
"""No page has more bytes: what is larger is a dump of many, or no page at all."""

STDIN = "standard input"
"""What a page is called that comes without a file."""

HTML_SUFFIXES = (".html", ".htm", ".xhtml")

_KINDS = {
    b"%PDF-": "a PDF",
    b"PK\x03\x04": "an archive or an office document",
    b"\xd0\xcf\x11\xe0": "an office document",
    b"{\\rtf": "a rich text document",
    b"\x1f\x8b": "compressed (gzip)",
    b"BZh": "compressed (bzip2)",
    b"\xfd7zXZ": "compressed (xz)",
    b"\x89PNG": "a picture",
    b"\xff\xd8\xff": "a picture",
    b"GIF8": "a picture",
    b"bplist00": "a web archive",
}
_MARKUP = re.compile(r"\s*(<\?xml[^>]*>\s*)?(<!--.*?-->\s*)*<(!doctype\s+html|html|head|body)\b", re.IGNORECASE | re.DOTALL)
_CHARSET = re.compile(rb"<meta\b[^>]*?charset\s*=\s*[\"']?\s*([\w:.-]+)", re.IGNORECASE)
_CONTROLS = re.compile(r"[\x00-\x08\x0e-\x1f\x7f]")
_OWN = ("source", "annotator")


def make_document(
    data: bytes, name: str, *, doc_id: str, today: date, kind: str = "", encoding: str = "", unix_lines: bool = False, meta: Mapping[str, Any] | None = None
) -> Document:
    """The document without layers that the bytes of a page make; `name` is what the page's file is called.

    `kind` is text or html (told by name and opening where it is empty); `encoding` is for pages that are neither UTF-8 nor, in HTML, say what they are. ``meta.source`` gets the file's
    name and checksum, the day and how the text was taken; ``meta.title`` the title of HTML. DocumentError, with the way out, for whatever is no page.
    """
    fault = id_fault(doc_id)
    if fault:
        raise DocumentError(fault.removeprefix("$.doc_id: "))
    refuse_no_page(data, name)
    kind = kind or kind_of(data, name)
    text, used = decoded(data, name, html=kind == "html", encoding=encoding)
    title, how = "", f"the whole file, {used}"
    if kind == "html":
        text, title = visible_text(text)
        how = f"visible text of an HTML page, {used}"
    elif unix_lines:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
        how += ", line ends turned into LF"
    _refuse_no_text(text, name, kind)
    own = next((key for key in _OWN if key in (meta or {})), None)
    if own:
        raise DocumentError(f"meta.{own} is written by conflictnews itself; call yours something else")
    source = {"file": name, "sha256": hashlib.sha256(data).hexdigest(), "taken": today.isoformat(), "how": how}
    document = Document(doc_id, text, text_sha256(text), {**({"title": title} if title else {}), **(meta or {}), "source": source})
    for problem in check_document(document, load_schema(), levels=("format",)):
        raise DocumentError(f"{problem.message}; {problem.remedy}")
    return document


def refuse_no_page(data: bytes, name: str) -> None:
    """DocumentError for what is empty, too large, or no text at all."""
    if len(data) > LARGEST:
        raise DocumentError(f"{name}: has more than {LARGEST // 1_000_000} MB; a document is one page, so cut the file up")
    if not data.strip():
        raise DocumentError(f"{name}: is empty")
    kind = next((kind for magic, kind in _KINDS.items() if data.startswith(magic)), None)
    if kind:
        raise DocumentError(f"{name}: is {kind}, no page; save the page as HTML, or its text as UTF-8")
    if re.match(rb"(From: <Saved|MIME-Version:|[\w-]+: [^\n]*\n(?:[^\n]+\n){0,12}Content-Type: multipart/related)", data[:2000].lstrip(), re.IGNORECASE):
        raise DocumentError(f"{name}: is a web archive (MHTML); save the page again as “HTML only”")


def kind_of(data: bytes, name: str) -> str:
    """Whether a page is html or text: as its name says, else as it opens. DocumentError where the name says text and the page opens like HTML."""
    if name.lower().endswith(HTML_SUFFIXES):
        return "html"
    if _MARKUP.match(data[:4000].removeprefix(codecs.BOM_UTF8).decode("latin-1")) is None:
        return "text"
    if name == STDIN:
        return "html"
    raise DocumentError(f"{name}: opens like HTML; say --as html for its visible text, or --as text to take the tags as text")


def decoded(data: bytes, name: str, *, html: bool, encoding: str = "") -> tuple[str, str]:
    """The characters of a page, and the encoding that they were in: the given one, or that of HTML's own ``meta charset``, or UTF-8. No encoding is guessed."""
    if data.startswith(codecs.BOM_UTF8):
        encoding = encoding or "utf-8"
    declared = _CHARSET.search(data[:1024]) if html and not encoding else None
    wanted = encoding or (declared[1].decode() if declared else "utf-8")
    if not encoding and (data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)) or b"\0" in data[:4]):
        raise DocumentError(f"{name}: is UTF-16 or UTF-32, or no text; save it as UTF-8, or say --encoding utf-16")
    try:
        codec = codecs.lookup(wanted).name
        if declared:  # as browsers take the word of a page
            codec = {"iso8859-1": "cp1252", "ascii": "cp1252", "iso8859-9": "cp1254", "utf-16": "utf-8", "utf-16-le": "utf-8", "utf-16-be": "utf-8"}.get(codec, codec)
        text = data.decode(codec)
        text.encode("utf-8")
    except LookupError:
        raise DocumentError(f"{name}: there is no encoding {wanted!r} (or none of text); names are those of Python, such as utf-8, cp1252, iso8859-2") from None
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise DocumentError(f"{name}: is not {codec} at byte {error.start} (line {line}); save the page as UTF-8, or say what it is with --encoding (cp1252, say)") from None
    except UnicodeError as error:
        raise DocumentError(f"{name}: cannot be read as {wanted} ({error}); save the page as UTF-8") from None
    return text.removeprefix("\ufeff"), codec


def _refuse_no_text(text: str, name: str, kind: str) -> None:
    if not text.strip():
        way = "a page made by scripts or frames has its text elsewhere, so save it from the browser once it is loaded" if kind == "html" else "nothing but white space is in it"
        raise DocumentError(f"{name}: has no text; {way}")
    controls = len(_CONTROLS.findall(text))
    if "\0" in text or controls > len(text) / 100:
        raise DocumentError(f"{name}: is no text: {controls} of {len(text)} characters are controls; save the page's text as UTF-8")


def remarks(document: Document) -> list[str]:
    """What an annotator should know of a text before it is used: line ends that editors change, and characters that say that something was lost before."""
    text = document.text or ""
    found = []
    if "\r" in text:
        found.append(f"{document.doc_id}: {text.count(chr(13))} carriage returns are kept, as the text is taken to the character; --unix-lines turns them into LF")
    if "\ufffd" in text:
        found.append(f"{document.doc_id}: {text.count(chr(0xFFFD))} characters were lost before the page came here (U+FFFD); take the page anew if you can")
    return found

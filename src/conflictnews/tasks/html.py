"""The visible text of an HTML page, furniture and all: what a crawler that takes the whole page has.

The page is parsed as browsers do (Lexbor). What they show of it without running scripts and without looking at style sheets is kept, in its order: menus, footers and notices
too. The rules, with names of elements where one would ask:

- left out: scripts, styles, templates, `noscript`, embedded things and what stands in for them, `title` and other heads, and elements with ``hidden`` or an inline
  ``display: none`` or ``visibility: hidden``. What a style sheet would hide ("Skip to content") is there;
- runs of spaces, tabs and line ends are one space, none at the edges of a line. Any other character stays: no-break spaces, soft hyphens, zero-width ones. `pre` and `textarea` keep
  their white space. Entities are resolved;
- block elements stand on lines of their own; around paragraphs, headings, outer lists and the like is one blank line, never two. `br` ends a line, cells of a row are set
  apart by a tab. No bullet, number, link target or alternative text is added.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from conflictnews.errors import MissingExtraError

if TYPE_CHECKING:
    from selectolax.lexbor import LexborNode


def _elements(names: str) -> frozenset[str]:
    return frozenset(names.split())


_UNSEEN = _elements(
    "head title base link meta style script template noscript noembed noframes iframe object embed canvas audio video datalist rp param source track map area desc metadata defs"
)
_MARGIN = _elements("p h1 h2 h3 h4 h5 h6 blockquote pre figure hr ul ol menu dir dl")
_BLOCK = _elements(
    "address article aside body caption center dd details dialog div dt fieldset figcaption footer form header hgroup legend li listing main nav optgroup option search section"
    " select summary table tbody textarea tfoot thead tr"
)
_LISTS = _elements("ul ol menu dir dl")
_VERBATIM = _elements("pre textarea listing")
_HIDING = re.compile(r"display\s*:\s*none|visibility\s*:\s*hidden", re.IGNORECASE)
_WHITE = re.compile(r"[ \t\n\r\f]+")


class Page(NamedTuple):
    """A page's text, which ends in one line end (or is empty), and its title."""

    text: str
    title: str


def visible_text(html: str) -> Page:
    """The visible text and the title of a page; see the module for the rules. MissingExtraError where the parser is not installed."""
    try:
        from selectolax.lexbor import LexborHTMLParser
    except ImportError:
        raise MissingExtraError("taking text out of HTML", "html") from None
    parser = LexborHTMLParser(html)
    titles = parser.head.css("title") if parser.head else []
    title = _WHITE.sub(" ", titles[0].text() or "").strip(" ") if titles else ""
    lines = _Lines()
    if parser.body is not None:
        _walk(parser.body, lines)
    return Page(lines.text(), title)


def _walk(body: LexborNode, lines: _Lines) -> None:
    """Put what is visible under `body` into `lines`; without recursion, as pages nest as deep as they like."""
    lists = verbatim = 0
    node: LexborNode | None = body
    opened: list[tuple[LexborNode, str]] = []
    while node is not None:
        tag = node.tag or ""
        below = None
        if node.is_text_node:
            lines.put(node.text_content or "", verbatim=verbatim > 0)
        elif node.is_element_node and not _hidden(node, tag):
            lines.edge(tag, nested=lists > 0, opening=True)
            lists += tag in _LISTS
            verbatim += tag in _VERBATIM
            opened.append((node, tag))
            below = node.child
        while below is None and opened:  # nothing further down: on to the next sibling, of this node or of one around it
            if opened[-1][0] == node:
                _, tag = opened.pop()
                lists -= tag in _LISTS
                verbatim -= tag in _VERBATIM
                lines.edge(tag, nested=lists > 0, opening=False)
            if not opened:
                return
            below = node.next
            if below is None:
                node = opened[-1][0]
        node = below


def _hidden(node: LexborNode, tag: str) -> bool:
    if tag in _UNSEEN:
        return True
    attributes = node.attributes
    return (tag == "dialog" and "open" not in attributes) or (bool(attributes) and ("hidden" in attributes or _HIDING.search(attributes.get("style") or "") is not None))


class _Lines:
    """Text as it grows: what stands between the last words and the next ones is decided when those come."""

    def __init__(self) -> None:
        self.pieces: list[str] = []
        self.margin = self.ends = 0
        self.gap = ""

    def edge(self, tag: str, *, nested: bool, opening: bool) -> None:
        """The start or the end of an element; `nested` inside a list."""
        if tag == "br":
            if opening:
                self.ends += 1
        elif tag in _MARGIN:
            self.margin = max(self.margin, 1 if nested and tag in _LISTS else 2)
        elif tag in _BLOCK:
            self.margin = max(self.margin, 1)
        elif tag in ("td", "th"):
            if opening and not self.margin and not self.ends:
                self.gap = "\t"
        elif tag == "button":
            self.gap = self.gap or " "

    def put(self, words: str, *, verbatim: bool) -> None:
        """Words of the page."""
        if verbatim:
            if kept := words.rstrip("\n"):
                self.start()
                self.pieces.append(kept)
            self.ends += len(words) - len(kept)
            return
        for i, part in enumerate(_WHITE.split(words)):
            if i:
                self.gap = self.gap or " "
            if part:
                self.start()
                self.pieces.append(part)

    def start(self) -> None:
        """Write what stands before the next words: line ends, or the gap."""
        ends = min(max(self.margin, self.ends), 2)
        if self.pieces:
            self.pieces.append("\n" * ends if ends else self.gap)
        self.margin = self.ends = 0
        self.gap = ""

    def text(self) -> str:
        """All of it."""
        whole = "".join(self.pieces).strip(" \t\n\r\f")
        return whole + "\n" if whole else ""

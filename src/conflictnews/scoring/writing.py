"""Words of a page for the text measures: by the published rules, and by character where a script writes no spaces."""

from __future__ import annotations

import re
from collections.abc import Callable

LATIN, SPACED, UNSPACED = "latin", "spaced", "unspaced"
"""How a page is written: mostly Latin letters, mostly another script with spaces, or a script without spaces."""

_UNSPACED = (
    "\u3005-\u3007\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"  # Han
    "\u3041-\u3096\u3099-\u309f\u30a1-\u30fa\u30fc-\u30ff\u31f0-\u31ff\uff66-\uff9d"  # Hiragana, Katakana
    "\u3105-\u312f\u31a0-\u31bf"  # Bopomofo
    "\u0e01-\u0e3a\u0e40-\u0e4e"  # Thai
    "\u0e81-\u0ece\u0edc-\u0edf"  # Lao
    "\u1780-\u17d3\u17d7\u17dc\u17dd"  # Khmer
    "\u1000-\u103f\u1050-\u109d\uaa60-\uaa7f"  # Burmese
)
_CHARACTER = re.compile(f"[{_UNSPACED}]")
_LATIN_LETTER = re.compile("[A-Za-z\u00aa\u00ba\u00c0-\u00d6\u00d8-\u00f6\u00f8-\u024f\u1e00-\u1eff]")
_WORD = re.compile(r"\w+")
_MIXED = re.compile(rf"[{_UNSPACED}]|[^\W{_UNSPACED}]+")
_ASCII_WORD = re.compile("[a-z0-9]+")

UNSPACED_SHARE = 0.2
"""From this share of its letters on, a page counts as written without spaces: low, as one such letter says as much as several Latin ones."""


def writing_of(text: str) -> str:
    """How a page is written, by the share of its letters: UNSPACED, else LATIN where at least half are Latin or there are none, else SPACED."""
    if text.isascii():
        return LATIN
    unspaced = len(_CHARACTER.findall(text))
    letters = unspaced + sum(map(str.isalpha, _CHARACTER.sub("", text)))
    if unspaced and unspaced >= UNSPACED_SHARE * letters:
        return UNSPACED
    return LATIN if 2 * len(_LATIN_LETTER.findall(text)) >= letters else SPACED


def words(text: str, writing: str) -> list[str]:
    r"""The words of a text as article-extraction-benchmark cuts them (``\w+``, case kept).

    On an UNSPACED page each character of a script without spaces is a word of its own; names and numbers between them stay whole.
    """
    return (_MIXED if writing == UNSPACED else _WORD).findall(text)


_ROUGE: dict[str, Callable[[str], list[str]]] = {LATIN: _ASCII_WORD.findall, SPACED: _WORD.findall, UNSPACED: _MIXED.findall}


def rouge_words(text: str, writing: str) -> list[str]:
    """The words of a text as rouge-score cuts them on a LATIN page (lower case, runs of a-z and 0-9).

    That rule finds no word in any other script, so elsewhere they are the lower-cased `words`.
    """
    return _ROUGE[writing](text.lower())

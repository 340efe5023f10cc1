"""A page cut into what the trained baselines read: lines with their kinds, sentences of tokens outside furniture, and features of tokens."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence
from functools import lru_cache

import msgspec

from conflictnews.baselines.text import Sentences
from conflictnews.tokens import TOKEN

OPEN_MARKS, CLOSE_MARKS = "“«‟„", "”»"


class Token(msgspec.Struct, frozen=True):
    """A token: where it stands, what it is, whether a line begins with it, and whether it stands inside quotation marks."""

    start: int
    end: int
    text: str
    opens_line: bool
    quoted: bool


class Sentence(msgspec.Struct, frozen=True):
    """Tokens of one sentence, the number of it on the page, and the number of its paragraph."""

    tokens: tuple[Token, ...]
    number: int
    paragraph: int

    @property
    def start(self) -> int:
        """Where it begins."""
        return self.tokens[0].start

    @property
    def end(self) -> int:
        """Where it ends."""
        return self.tokens[-1].end

    def find(self, start: int, end: int) -> tuple[int, int] | None:
        """The range of tokens that a span of the text covers, snapped outwards to whole tokens; None where it covers none."""
        first = bisect_right([t.end for t in self.tokens], start)
        last = bisect_left([t.start for t in self.tokens], end)
        return (first, last) if first < last else None


def cut(text: str, furniture: Iterable[tuple[int, int]] = ()) -> list[Sentence]:
    """The sentences of a page outside its furniture; one ends at a stop before a capital, at an empty line and at furniture."""
    blocks, at = [], 0
    for start, end in sorted(furniture):
        blocks.append((at, start))
        at = max(at, end)
    blocks.append((at, len(text)))
    bounds = Sentences(text)
    found: list[Sentence] = []
    paragraph = 0
    for low, high in blocks:
        for block in re.finditer(r"(?:[^\n]*\S[^\n]*\n?)+", text[low:high]):
            tokens: list[Token] = []
            inside, number = "", -1
            for match in TOKEN.finditer(text, low + block.start(), low + block.end()):
                word = match.group()
                sentence = bounds.index(match.start())
                if tokens and sentence != number:
                    found.append(Sentence(tuple(tokens), len(found), paragraph))
                    tokens = []
                number = sentence
                line = text[text.rfind("\n", 0, match.start()) + 1 : match.start()]
                closes = (word in CLOSE_MARKS or word == '"') and inside
                opens = not closes and (word in OPEN_MARKS or word == '"')
                tokens.append(Token(match.start(), match.end(), word, not line.strip(), bool(inside or opens)))
                inside = "" if closes else word if opens else inside
            if tokens:
                found.append(Sentence(tuple(tokens), len(found), paragraph))
                paragraph += 1
    return found


@lru_cache(maxsize=100_000)
def shape(word: str) -> str:
    """Capitals as X, small letters as x, digits as d, runs of four and more cut to three: "Mi-24" -> "Xx-dd"."""
    plain = "".join("X" if c.isupper() else "x" if c.isalpha() else "d" if c.isdigit() else c for c in word)
    return re.sub(r"(.)\1{3,}", r"\1\1\1", plain)


@lru_cache(maxsize=100_000)
def word_features(word: str) -> tuple[str, ...]:
    """What a word tells by itself."""
    lower = word.lower()
    found = [f"w={lower}", f"s={shape(word)}", f"l={min(len(word), 8)}"]
    if len(word) > 3 and word.isalpha():
        found += [f"p3={lower[:3]}", f"x3={lower[-3:]}", f"x2={lower[-2:]}", f"p4={lower[:4]}", f"x4={lower[-4:]}"]
    return tuple(found)


def token_features(tokens: Sequence[Token], known: Sequence[Sequence[str]] = (), *, width: int = 2) -> list[list[str]]:
    """The features of every token of a sentence: its own word, its neighbours' up to `width` away, pairs of words, and what is `known` of each token beforehand."""
    words = [word_features(t.text) for t in tokens]
    rows = []
    for at, token in enumerate(tokens):
        row = ["bias", *words[at]]
        row += [f"k={k}" for k in known[at]] if known else []
        row += ["line"] if token.opens_line else []
        row += ["quoted"] if token.quoted else []
        for step in range(1, width + 1):
            for sign, other in (("-", at - step), ("+", at + step)):
                if 0 <= other < len(tokens):
                    row += [f"{sign}{step}{f}" for f in (words[other][:2] if step > 1 else words[other][:2] + words[other][5:6])]
                    row += [f"{sign}{step}k={k}" for k in known[other]] if known and step == 1 else []
                else:
                    row.append(f"{sign}{step}edge")
        if at:
            row.append(f"-w={tokens[at - 1].text.lower()}|{token.text.lower()}")
        if at + 1 < len(tokens):
            row.append(f"+w={token.text.lower()}|{tokens[at + 1].text.lower()}")
        rows.append(row)
    return rows

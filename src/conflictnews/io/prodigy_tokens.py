"""Tokens as Prodigy wants them: words, signs and white space, cut wherever an annotation begins or ends, so that the text can be put together again."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from typing import Any

_MARKS = "\u0300-\u036f\u0483-\u0489\u0591-\u05bd\u064b-\u065f\u0670\u20d0-\u20ff\ufe00-\ufe0f"  # accents, vowel signs and variation selectors: never a token of their own
_SIGN = rf"[^\w\s][{_MARKS}]*"
_PIECE = re.compile(rf"\s+|\w[\w{_MARKS}]*|{_SIGN}(?:\u200d{_SIGN})*")


def tokens_of(text: str, starts: Collection[int] = (), ends: Collection[int] = ()) -> list[dict[str, Any]]:
    """The tokens of `text`: `text`, `start`, `end`, `id` and `ws`; every one of `starts` begins a token, and every one of `ends` ends one.

    `ws` says that one space follows, which is in no token; all other white space is tokens, so ``text_of`` gives the text back letter by letter.
    """
    begins, stops = set(starts), set(ends)
    cuts = sorted(begins | stops)
    tokens: list[dict[str, Any]] = []
    at = 0  # the next of `cuts` that may lie inside a piece
    for piece in _PIECE.finditer(text):
        start, end = piece.span()
        if tokens and end - start == 1 and text[start] == " " and start not in begins and end not in stops:
            tokens[-1]["ws"] = True
            continue
        while at < len(cuts) and cuts[at] < end:
            if cuts[at] > start:
                tokens.append({"text": text[start : cuts[at]], "start": start, "end": cuts[at], "id": len(tokens), "ws": False})
                start = cuts[at]
            at += 1
        tokens.append({"text": text[start:end], "start": start, "end": end, "id": len(tokens), "ws": False})
    return tokens


def text_of(tokens: Sequence[Mapping[str, Any]]) -> str:
    """The text that tokens make up."""
    return "".join(token["text"] + (" " if token.get("ws") else "") for token in tokens)


class Index:
    """Where the tokens of a task begin and end."""

    def __init__(self, tokens: Sequence[Mapping[str, Any]]) -> None:
        self._first = {token["start"]: i for i, token in enumerate(tokens) if isinstance(token.get("start"), int)}
        self._last = {token["end"]: i for i, token in enumerate(tokens) if isinstance(token.get("end"), int)}

    def place(self, start: int, end: int) -> dict[str, int]:
        """`start`, `end`, `token_start` and `token_end` (the last token, inclusive) of a span; without the token numbers where its edges lie inside tokens."""
        found = {"start": start, "end": end}
        if start in self._first and end in self._last:
            found |= {"token_start": self._first[start], "token_end": self._last[end]}
        return found

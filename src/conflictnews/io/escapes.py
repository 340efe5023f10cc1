r"""Characters that editors, line readers and terminals do not leave alone, written so that they survive.

A backslash escape stands for one character: ``\\ \< \> \" \s`` (space) ``\t \r \n \f \~`` (no-break space) or ``\u{2028}`` for any code point.
"""

from __future__ import annotations

import json
import math
import re
from typing import Any

FRAGILE = "\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\ufeff"
"""As the inside of a character class: controls but tab and line feed, line and paragraph separator, byte order mark."""

_FRAGILE = re.compile(f"[{FRAGILE}]")
_SHORT = {"\\": "\\", "<": "<", ">": ">", '"': '"', "s": " ", "t": "\t", "r": "\r", "n": "\n", "f": "\f", "~": "\u00a0"}
_NAMES = {char: name for name, char in _SHORT.items()}
_ESCAPE = re.compile(r"\\(?:u\{([0-9A-Fa-f]{1,6})\}|(.?))", re.DOTALL)


def escaped(char: str) -> str:
    """One character as its escape."""
    return "\\" + (_NAMES.get(char) or f"u{{{ord(char):x}}}")


def unescaped(written: str) -> str:
    """The characters that a string with escapes stands for; ValueError, naming the escape, where there is no such one."""
    return _ESCAPE.sub(_char, written) if "\\" in written else written


def _char(match: re.Match[str]) -> str:
    code, name = match.groups()
    if code is not None and (int(code, 16) < 0xD800 or 0xDFFF < int(code, 16) <= 0x10FFFF):
        return chr(int(code, 16))
    if name not in _SHORT:
        raise ValueError(f"{match.group()} is no escape; the escapes are {' '.join(chr(92) + n for n in _SHORT)} and {chr(92)}u{{code point in hexadecimal}}")
    return _SHORT[name]


def one_line(value: Any) -> str:
    """A value as JSON on one line that every reader of lines takes for one; ValueError for what JSON cannot hold (NaN, too deep a nesting)."""
    try:
        written = json.dumps(value, ensure_ascii=False, allow_nan=False)
    except RecursionError:
        raise ValueError("the value is nested too deeply") from None
    except TypeError as error:
        raise ValueError(str(error)) from None
    return _FRAGILE.sub(lambda m: f"\\u{ord(m.group()):04x}", written)


def from_json(written: str) -> Any:
    """The value of a JSON string; ValueError, with what is wrong, where it is none."""

    def refuse(name: str) -> Any:
        raise ValueError(f"{name} is no number of JSON; write null")

    def finite(number: str) -> float:
        value = float(number)
        return refuse(number) if math.isinf(value) else value

    try:
        return json.loads(written, parse_constant=refuse, parse_float=finite)
    except json.JSONDecodeError as error:
        raise ValueError(f"no JSON: {error.msg} at column {error.colno}") from None
    except RecursionError:
        raise ValueError("the JSON is nested too deeply") from None

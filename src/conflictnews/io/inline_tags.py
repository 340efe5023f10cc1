"""The tags of the inline form: one tag as a value, from its writing and back; the grammar is in `conflictnews.io.inline`."""

from __future__ import annotations

import math
import re
from typing import Any

import msgspec

from conflictnews.io.escapes import FRAGILE, escaped, unescaped

KINDS: dict[str, tuple[str, ...]] = {
    "ent": ("label", "level", "entity", "subtype", "value", "low", "high", "id"),
    "ev": ("label", "event", "factuality", "source", "subtype", "id"),
    "arg": ("of", "role", "entity", "status", "source"),
    "quo": ("type", "speakers", "speaker", "reason", "parent", "id"),
    "con": ("of",),
    "cue": ("of",),
    "src": ("of",),
    "boi": ("label", "id"),
}
"""Kind of tag -> its fields."""

PLACES = {"ent": 3, "ev": 4, "arg": 5, "quo": 2, "con": 1, "cue": 1, "src": 1, "boi": 1}
"""Kind of tag -> how many of its fields, the first ones, are given by their place; the others are given as ``name=``."""

NEEDED = {"quo": 0, "arg": 2}
"""Kind of tag -> how many of its first fields must be there; the others need one."""

NUMBERS = {"low", "high"}
_BOTH = ("nth", "surface")
_PIECE = re.compile(r'\s*(?:(?P<key>\w+)=)?(?:"(?P<quoted>(?:[^"\\]|\\.)*)"|(?P<bare>[^\s"=<>]+))(?=\s|$|(?P<glued>.))')
_BARE = re.compile(r"\w[\w/@'’&+-]*(?:\.[\w/@'’&+-]+)*")
_BARE_VALUE = re.compile(r"\w[\w.:/@'’&+-]*")
_LABEL = re.compile(r"\w[\w/@'’&+-]*")
_JOIN = re.compile(r"(?P<of>[^:]+):(?P<role>[^:]+)(?::(?P<status>[^:]+))?(?::(?P<source>[^:]+))?")
_UNQUOTABLE = re.compile(rf'[\\"\n{FRAGILE}]')
REFERENCE = re.compile(r"[^\W\d][\w.-]*|[0-9]+")
"""What may stand after ``#``: a name, which is the annotation's id too, or a number, which is not."""


class Join(msgspec.Struct, frozen=True):
    """That the words of a tag are also a part: of which reference, in what role (an argument's role, or src, cue, con of a quote), and the argument's status and source."""

    of: str
    role: str
    status: str | None = None
    source: str | None = None


class Tag(msgspec.Struct, frozen=True):
    """An opening tag: its kind, its fields as text, and what is said of it as a tag.

    `ref` is what closing tags and parts call it by; `nth` its place, from 1, among its like where that is not the order of the file; `surface` is True or
    False where the tag says that its words are repeated or not, other words where they are not those of the text, None where it says nothing.
    """

    kind: str
    fields: dict[str, str]
    speakers: tuple[str, ...] = ()
    ref: str | None = None
    nth: int | None = None
    surface: bool | str | None = None
    joins: tuple[Join, ...] = ()

    @property
    def name(self) -> str:
        """What a closing tag may call it by where it has no reference: the label of an entity, else the kind."""
        return self.fields["label"] if self.kind == "ent" else self.kind


def parse_tag(inside: str) -> Tag:
    """The tag that stands between the angle brackets; ValueError says what is wrong with it."""
    words, keys, speakers, joins, ref, surface = [], {}, [], [], None, None
    for key, value, quoted in _pieces(inside):
        if key == "speaker":
            speakers.append(value)
        elif key is not None:
            if key in keys:
                raise ValueError(f"{key}= stands there twice")
            keys[key] = value
        elif not quoted and value.startswith("#"):
            ref = _once("reference", ref, value[1:])
            if not REFERENCE.fullmatch(ref):
                raise ValueError(f"{value} is no reference; write # and a name or a number")
        elif not quoted and value in ("+surface", "-surface"):
            surface = _once("surface", surface, value == "+surface")
        elif not quoted and ":" in value:
            joins.append(_join(value))
        else:
            words.append((value, quoted))
    kind = "ent"
    if words and not words[0][1] and words[0][0] in KINDS:
        kind = words.pop(0)[0]
    if "surface" in keys:
        surface = _once("surface", surface, keys.pop("surface"))
    nth = keys.pop("nth", None)
    if nth is not None and not re.fullmatch(r"[1-9][0-9]{0,8}", nth):
        raise ValueError(f"nth={nth} is no place; places count from 1")
    fields = _fields(kind, words, keys)
    if "speakers" in fields:
        listed = fields.pop("speakers")
        speakers[:0] = [listed] if words[1][1] else listed.split(",")
        if "" in speakers and not words[1][1]:
            raise ValueError(f"{listed} lacks a name beside a comma; write speakers as one,two without spaces")
    if ref and not ref.isdigit() and "id" in KINDS[kind]:
        fields.setdefault("id", ref)
    return Tag(kind, fields, tuple(speakers), ref, int(nth) if nth else None, surface, tuple(joins))


def _pieces(inside: str) -> list[tuple[str | None, str, bool]]:
    """The pieces of a tag as (key, value, whether it was quoted)."""
    found, at, text = [], 0, inside.rstrip()
    while at < len(text):
        match = _PIECE.match(text, at)
        if match is None or match["glued"]:
            raise ValueError(f'{text[at:].strip()[:40]!r} cannot be read; write words, name=word or name="words", set apart by spaces')
        quoted = match["quoted"] is not None
        found.append((match["key"], unescaped(match["quoted"]) if quoted else match["bare"], quoted))
        at = match.end()
    return found


def _join(word: str) -> Join:
    match = _JOIN.fullmatch(word)
    if match is None or not REFERENCE.fullmatch(match["of"]):
        raise ValueError(f"{word!r} is no part; write REFERENCE:ROLE or REFERENCE:ROLE:status:source, and a colon that belongs to a word in double quotes")
    status, source = (None if value == "-" else value for value in (match["status"], match["source"]))
    return Join(match["of"], match["role"], status, source)


def joinable(*words: str | None) -> bool:
    """Whether these may be written in a join."""
    return all(word is None or _BARE.fullmatch(word) for word in words)


def _once(what: str, old: Any, new: Any) -> Any:
    if old is not None:
        raise ValueError(f"it has a second {what}")
    return new


def _fields(kind: str, words: list[tuple[str, bool]], keys: dict[str, str]) -> dict[str, str]:
    """The fields of a tag by name, from its words by their place and its keys."""
    names, places = KINDS[kind], PLACES[kind]
    if len(words) > places:
        raise ValueError(f"{words[places][0]!r} is one word too many; {kind} takes {' '.join(names[:places]).upper()}, and {', '.join(f'{n}=' for n in (*names[places:], *_BOTH))}")
    fields: dict[str, str] = {}
    for name, (word, quoted) in zip(names, words, strict=False):
        if word == "-" and not quoted:
            continue
        if name == "speakers" and word.startswith("!") and not quoted:
            fields["reason"] = word[1:]
        elif name == "label" and not quoted and kind != "boi" and "." in word:
            fields["label"], fields["subtype"] = word.split(".", 1)
        else:
            fields[name] = word
    for name, value in keys.items():
        if name not in names or name == "speakers":
            raise ValueError(f"{name}= is no field of {kind}; it has {', '.join(f'{n}=' for n in (*names, *_BOTH) if n != 'speakers')}")
        if name in fields:
            raise ValueError(f"it has a second {name}")
        fields[name] = value
    missing = next((name for name in names[: NEEDED.get(kind, 1)] if name not in fields), None)
    if missing:
        raise ValueError(f"{kind} lacks its {missing}")
    for name in NUMBERS & fields.keys():
        number(fields[name], name)
    return fields


def number(written: str, name: str) -> float:
    """The finite number that a field holds."""
    try:
        value = float(written)
    except ValueError:
        value = math.nan
    if not math.isfinite(value) or "_" in written:
        raise ValueError(f"{name}={written} is no number")
    return value


def format_tag(tag: Tag) -> str:
    """The tag as it is written: what `parse_tag` reads back to the same fields."""
    names, places = KINDS[tag.kind], PLACES[tag.kind]
    fields = dict(tag.fields)
    words = [] if tag.kind == "ent" else [tag.kind]
    placed = [_word(tag, name, fields) for name in names[:places]]
    while placed and placed[-1] == "-":
        placed.pop()
    words += placed
    if tag.ref:
        words.append(f"#{tag.ref}")
        if not tag.ref.isdigit() and fields.get("id") == tag.ref:
            del fields["id"]
    words += [f"{name}={_value(fields[name], name)}" for name in names if name in fields]
    if not _listable(tag.speakers):
        words += [f"speaker={_value(s, 'speaker')}" for s in tag.speakers]
    for join in tag.joins:
        parts = [join.of, join.role, join.status or "-", join.source or "-"]
        words.append(":".join(parts[: 4 if join.source else 3 if join.status else 2]))
    if tag.surface is not None:
        words.append(f"surface={_quoted(tag.surface)}" if isinstance(tag.surface, str) else "+surface" if tag.surface else "-surface")
    if tag.nth is not None:
        words.append(f"nth={tag.nth}")
    return f"<{' '.join(words)}>"


def _word(tag: Tag, name: str, fields: dict[str, str]) -> str:
    """The field as a word in its place, taken out of `fields`; a hyphen where there is none or it must be written as ``name=``."""
    if name == "speakers":
        if tag.speakers and _listable(tag.speakers):
            return ",".join(tag.speakers)
        return f"!{fields.pop('reason')}" if not tag.speakers and _BARE.fullmatch(fields.get("reason", "")) else "-"
    if name not in fields:
        return "-"
    value = fields.pop(name)
    if name != "label" or tag.kind == "boi":
        return _value(value)
    if not _LABEL.fullmatch(value) or value in KINDS:
        return _quoted(value)
    subtype = fields.get("subtype")
    if subtype is not None and _BARE.fullmatch(subtype):
        return f"{value}.{fields.pop('subtype')}"
    return value


def _listable(speakers: tuple[str, ...]) -> bool:
    return all(_BARE.fullmatch(s) for s in speakers)


def _value(value: str, name: str = "") -> str:
    """A value as it is written in its place, or after ``name=``."""
    return value if name in NUMBERS or (_BARE_VALUE if name else _BARE).fullmatch(value) else _quoted(value)


def _quoted(value: str) -> str:
    return '"' + _UNQUOTABLE.sub(lambda m: escaped(m.group()), value) + '"'

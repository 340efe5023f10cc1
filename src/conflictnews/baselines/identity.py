"""Which mentions stand for one thing: the same words, the last word of a longer name, an abbreviation in brackets, and for a pronoun the nearest thing before it that it can mean."""

from __future__ import annotations

import re
from collections.abc import Sequence

import msgspec

from conflictnews.model import Entity

NEAR = 400
"""A pronoun looks so many characters back."""


def identify(mentions: Sequence[Entity], text: str) -> list[Entity]:
    """The mentions, in order, each with an id of its own (``E1``) and an entity id that ties it to others."""
    names: dict[str, str] = {}
    people: dict[str, str] = {}
    found: list[Entity] = []
    for number, e in enumerate(mentions, 1):
        words = " ".join(text[e.start : e.end].split())
        key = words.casefold()
        if e.level == "VAL":
            entity = f"v{number}"
        elif e.level == "PRO":
            entity = _antecedent(e, found) or f"p{number}"
        else:
            entity = names.get(key) or people.get(key) or _bracketed(text, e, found) or f"e{number}"
            names.setdefault(key, entity)
            if e.level == "NAM" and " " in key:
                people.setdefault(key.split()[-1], entity)
        found.append(msgspec.structs.replace(e, id=f"E{number}", entity=entity))
    return found


def _antecedent(pronoun: Entity, before: Sequence[Entity]) -> str | None:
    """The entity of the nearest mention before the pronoun that has its label."""
    near = [e for e in reversed(before) if pronoun.start - e.end < NEAR and e.level in ("NAM", "NOM", "PRO") and e.end <= pronoun.start]
    same = [e for e in near if e.label == pronoun.label]
    return same[0].entity if same else None


def _bracketed(text: str, e: Entity, before: Sequence[Entity]) -> str | None:
    """The entity of a name that stands right before "(" + this mention + ")"."""
    if before and text[e.start - 1 : e.start] == "(" and re.fullmatch(r"\s*[\"“]?\s*\(", text[before[-1].end : e.start]):
        return before[-1].entity
    return None

"""A line in the change log of the project that a corpus lies in."""

from __future__ import annotations

import re
from collections.abc import Mapping

SECTION = "### Corpus"
NAMED = 5
"""Up to so many documents are named one by one."""


def line_for(splits: Mapping[str, str]) -> str:
    """What was added, in a line: doc_id -> split."""
    names = list(splits)
    if len(names) <= NAMED:
        return "- Added " + ", ".join(f"`{name}` ({split})" for name, split in splits.items()) + "."
    counts: dict[str, int] = {}
    for split in splits.values():
        counts[split] = counts.get(split, 0) + 1
    return f"- Added {len(names)} documents, `{min(names)}` to `{max(names)}`: " + ", ".join(f"{n} {split}" for split, n in counts.items()) + "."


def with_line(text: str, line: str) -> str:
    """A change log with `line` at the end of the section "Corpus" of what is unreleased; sections that are lacking are made."""
    heads = list(re.finditer(r"^## .*$", text, flags=re.MULTILINE))
    unreleased = next((head for head in heads if "unreleased" in head[0].lower()), None)
    if unreleased is None:
        at = heads[0].start() if heads else len(text)
        before = text[:at] if text[:at].endswith("\n\n") or not text[:at] else text[:at].rstrip("\n") + "\n\n"
        return f"{before}## Unreleased\n\n{SECTION}\n\n{line}\n" + ("\n" + text[at:] if heads else "")
    end = next((head.start() for head in heads if head.start() > unreleased.start()), len(text))
    body, rest = text[unreleased.end() : end].strip("\n"), text[end:]
    parts = re.split(r"(?m)^(?=### )", body)
    for number, part in enumerate(parts):
        if part.split("\n", 1)[0].strip() == SECTION:
            parts[number] = part.rstrip("\n") + ("\n" if "\n- " in part else "\n\n") + line + "\n\n"
            break
    else:
        parts = [*(part.rstrip("\n") + "\n\n" for part in parts if part.strip()), f"{SECTION}\n\n{line}\n"]
    new = "".join(parts).rstrip("\n")
    return f"{text[: unreleased.end()]}\n\n{new}\n" + (f"\n{rest}" if rest else "")

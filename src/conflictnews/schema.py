"""The annotation scheme, read from corpus/schema.json: the only place where labels are known."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

import msgspec

from conflictnews.errors import SchemaError
from conflictnews.resources import corpus_dir


class EntityLabel(msgspec.Struct, frozen=True):
    """An entity label: what it means, its closed list of subtypes, the levels its mentions may have."""

    description: str
    subtypes: tuple[str, ...]
    levels: tuple[str, ...]


class EventLabel(msgspec.Struct, frozen=True):
    """An event type: its subtypes and its own roles (the universal ones come on top)."""

    description: str
    subtypes: tuple[str, ...]
    roles: tuple[str, ...]


class Role(msgspec.Struct, frozen=True):
    """A role: `filler` is mention (must be an entity mention), free (words of the text) or either; `labels` the entity labels that may fill it."""

    description: str
    filler: str
    labels: tuple[str, ...]


class BoilerplateLabel(msgspec.Struct, frozen=True):
    """A kind of furniture: its policy class, and whether it may stand inside a line."""

    description: str
    policy: str
    inline: bool


class EntityScheme(msgspec.Struct, frozen=True):
    """Labels and levels of the entity layer; `primary_levels` are those of the headline score, `person_label` is the one whose names may carry titles."""

    labels: dict[str, EntityLabel]
    levels: dict[str, str]
    primary_levels: tuple[str, ...]
    person_label: str


class EventScheme(msgspec.Struct, frozen=True):
    """Types, roles and attributes of the event layer; `sourced_factuality` are the values that want a source."""

    labels: dict[str, EventLabel]
    universal_roles: tuple[str, ...]
    roles: dict[str, Role]
    factuality: dict[str, str]
    sourced_factuality: tuple[str, ...]
    argument_status: dict[str, str]


class QuoteScheme(msgspec.Struct, frozen=True):
    """Types of quotes, and the reasons for which a quote may have no speaker."""

    types: dict[str, str]
    speaker_reasons: dict[str, str]


class BoilerplateScheme(msgspec.Struct, frozen=True):
    """Kinds of furniture and the policy classes: one is the positive class of scoring, one is masked."""

    labels: dict[str, BoilerplateLabel]
    policies: dict[str, str]
    positive_policy: str
    masked_policy: str


class Schema(msgspec.Struct, frozen=True):
    """The whole scheme."""

    schema_version: str
    entities: EntityScheme
    events: EventScheme
    quotes: QuoteScheme
    boilerplate: BoilerplateScheme

    def roles_of(self, event_label: str) -> tuple[str, ...]:
        """The roles that an event of this type may have, universal ones last; KeyError for an unknown type."""
        return self.events.labels[event_label].roles + self.events.universal_roles

    @property
    def policies(self) -> dict[str, str]:
        """Boilerplate label -> policy class."""
        return {name: label.policy for name, label in self.boilerplate.labels.items()}


def read_schema(path: Path) -> Schema:
    """The scheme in the file `path`; raises SchemaError where it is unreadable or speaks of roles and policies it does not define."""
    try:
        schema = msgspec.json.decode(path.read_bytes(), type=Schema)
    except OSError as error:
        raise SchemaError(f"{path}: cannot be read ({error.strerror})") from error
    except (msgspec.DecodeError, RecursionError) as error:
        raise SchemaError(f"{path}: {error}") from error
    for name, label in schema.events.labels.items():
        unknown = [role for role in (*label.roles, *schema.events.universal_roles) if role not in schema.events.roles]
        if unknown:
            raise SchemaError(f"{path}: event type {name} has the undefined role {unknown[0]}; add it to events.roles")
    for name, kind in schema.boilerplate.labels.items():
        if kind.policy not in schema.boilerplate.policies:
            raise SchemaError(f"{path}: boilerplate label {name} has the undefined policy {kind.policy}; add it to boilerplate.policies")
    return schema


@lru_cache(maxsize=8)
def _cached(path: Path, stamp: int) -> Schema:
    return read_schema(path)


def load_schema() -> Schema:
    """The scheme of the corpus that is in use."""
    path = corpus_dir() / "schema.json"
    return _cached(path, path.stat().st_mtime_ns)

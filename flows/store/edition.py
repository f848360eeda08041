"""What `shared` has told so far."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Edition:
    """What `shared` has told so far; a period once told never changes within an edition.

    `because`: why it began. `made_under`: digest of the schema version and thresholds; empty after a
    retraction. `periods`: those told, as `quarter/2025-01-01`, with rows or without. `counts`: by table and
    period type the rows and lines published, and those there were, when a period was first told.
    """

    number: int = 0
    because: str = "first"
    made_under: str = ""
    periods: tuple[str, ...] = ()
    counts: Mapping[str, Mapping[str, Mapping[str, int]]] = field(default_factory=dict)

    @classmethod
    def of(cls, raw: Mapping[str, Any]) -> Edition:
        """The edition from plain values."""
        return cls(**{**raw, "periods": tuple(raw["periods"])})

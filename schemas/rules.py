"""The rules of the benchmark as plain values: what may change without Python (config/settings.toml)."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Final, Literal

SCHEMA_VERSION: Final = "1"
"""Of the published tables' columns. Once a version is released, a change of columns is another version: a new
fingerprint, so that every store publishes anew. No version is released yet: the first release has 1.
"""
NAMED_PAYERS: Final = ("aetna", "bcbs", "cigna", "uhc", "medicare")
ALL_PAYERS: Final = (*NAMED_PAYERS, "other")
_LINES_OF_BUSINESS: Final = ("commercial", "medicare_advantage", "medicare_ffs", "medicaid", "other")
ALL: Final = "all"

Audience = Literal["internal", "standard", "shared"]
AUDIENCES: Final[tuple[Audience, ...]] = ("internal", "standard", "shared")
"""From the one that sees most to the public."""


@dataclass(frozen=True)
class Rules:
    """Scope, thresholds and switches that decide what a number means.

    Minutes and days are inclusive bounds; shares are fractions of one.
    """

    main_code: str = "01939"
    comparison_codes: tuple[str, ...] = ("01937", "01938", "01940", "01941", "01942")
    minutes_low: int = 5
    minutes_high: int = 300
    infer_resubmissions: bool = True
    medicare_basis: Literal["national", "locality"] = "national"
    conversion_factor: Literal["non_qp", "qp"] = "non_qp"
    mature_days: int = 90

    @property
    def scope(self) -> tuple[str, ...]:
        """Every procedure code a run keeps, in order."""
        return tuple(sorted({self.main_code, *self.comparison_codes}))

    def as_dict(self) -> dict[str, object]:
        """Plain values, for the fingerprint."""
        return asdict(self)


@dataclass(frozen=True)
class DisclosureRules:
    """Thresholds below which an audience is not shown a cell (contract of the published tables).

    `period_types`: those that are published; none: all. `left_out`: tables that are not.
    """

    audience: Audience = "standard"
    minimum_count: int = 11
    minimum_priced_lines: int = 11
    minimum_tail_lines: int = 30
    minimum_providers: int = 3
    dominance: float = 0.5
    dominance_of_two: float = 0.9
    dominance_of_dollars: bool = False
    minimum_age_months: int = 0
    period_types: tuple[str, ...] = ()
    left_out: tuple[str, ...] = ()

    @property
    def is_protected(self) -> bool:
        """Whether anything is left out or rounded."""
        return self.audience != "internal"

    @property
    def is_shared(self) -> bool:
        """Whether the audience is the public."""
        return self.audience == "shared"

    @classmethod
    def of(cls, audience: Audience) -> DisclosureRules:
        """The thresholds of an audience."""
        if audience != "shared":
            return cls(audience=audience)
        return cls(
            audience=audience,
            minimum_providers=5,
            dominance=0.25,
            dominance_of_dollars=True,
            minimum_age_months=3,
            period_types=("quarter", "year"),
            left_out=("open_claims", "freshness", "data_quality"),
        )

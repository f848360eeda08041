"""What an edition of `shared` tells: periods that are over, each told once and never changed."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import date
from typing import Final

import polars as pl

from schemas.tables import TABLES

_Tables = Mapping[str, pl.DataFrame]
_MONTHS: Final = {"quarter": 3, "year": 12}
"""Period types that `shared` tells, and how many months each lasts."""
_PERIOD: Final = ["period_type", "period_start"]


def told_periods(tables: _Tables, as_of: date, minimum_age_months: int) -> list[str]:
    """Quarters and years with lines that ended at least so many months before `as_of`, as
    `quarter/2025-01-01`; whether a row of them may be shown or not.

    `tables` are the tables before protection: a row there says that there are lines.
    """
    ended = pl.col("period_start").dt.offset_by(
        pl.col("period_type").replace_strict(
            {name: f"{months + minimum_age_months}mo" for name, months in _MONTHS.items()},
            return_dtype=pl.String,
        )
    )
    rows = tables["utilization"].select(_PERIOD).filter(pl.col("period_type").is_in(list(_MONTHS)))
    old = rows.filter(ended <= pl.lit(as_of) + pl.duration(days=1)).select(_name()).to_series()
    return sorted(old.unique().to_list())


def with_kept(shown: _Tables, kept: _Tables, new: Collection[str]) -> dict[str, pl.DataFrame]:
    """The tables of a release for `shared`: rows of `new` periods as they are now, of all others as `kept`.

    `shown` are all rows as the audience may see them, `kept` the tables of the edition's last release. Tables
    without periods (payer_rules) stand as they are now.
    """
    made = {}
    for name, frame in shown.items():
        if not set(_PERIOD) <= set(frame.columns):
            made[name] = frame
            continue
        fresh = in_periods(frame, new)
        parts = [kept[name].select(fresh.columns), fresh] if name in kept else [fresh]
        made[name] = pl.concat(parts).sort(TABLES[name].key_names, nulls_last=True)
    return made


def in_periods(frame: pl.DataFrame, periods: Collection[str]) -> pl.DataFrame:
    """Rows whose period is one of those named."""
    return frame.filter(_name().is_in(list(periods)))


def _name() -> pl.Expr:
    return pl.format("{}/{}", "period_type", pl.col("period_start").dt.strftime("%Y-%m-%d"))

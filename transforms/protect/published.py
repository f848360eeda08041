"""What share of the tables an audience sees, and why prices are withheld from it: counts for the manifest."""

from __future__ import annotations

from collections.abc import Mapping

import polars as pl

from schemas.tables import TABLES

Tables = Mapping[str, pl.DataFrame]
Shares = dict[str, dict[str, dict[str, int]]]


def published_shares(built: Tables, published: Tables) -> Shares:
    """Whole percents of rows and of lines published, by table and period type.

    A line counts once in each row it stands in. Period types of which nothing was built are left out.
    """
    found: Shares = {}
    for name, frame in published.items():
        if name in built and TABLES[name].has_n:
            found[name] = _shares_of(name, built[name], frame)
    return found


def _shares_of(name: str, built: pl.DataFrame, published: pl.DataFrame) -> dict[str, dict[str, int]]:
    keys = TABLES[name].key_names
    rows = built.select(*keys, pl.col("service_lines").fill_null(0)).join(
        published.select(*keys, pl.lit(True).alias("_shown")),
        on=keys,
        how="left",
        nulls_equal=True,
        validate="1:1",
    )
    shown, lines = pl.col("_shown").fill_null(False), pl.col("service_lines")
    counted = (
        rows.group_by("period_type")
        .agg(
            (shown.sum() * 100 // pl.len()).cast(pl.Int64).alias("rows"),
            (lines.filter(shown).sum() * 100 // lines.sum()).fill_null(0).cast(pl.Int64).alias("lines"),
        )
        .sort("period_type")
    )
    return {row.pop("period_type"): row for row in counted.iter_rows(named=True)}


def withheld_rows(published: Tables) -> dict[str, float]:
    """Share of all rows of a release whose prices are withheld, by reason."""
    reasons = [frame.get_column("withheld") for frame in published.values() if "withheld" in frame.columns]
    every = pl.concat([pl.Series("withheld", [], dtype=pl.String), *reasons])
    counts = every.drop_nulls().value_counts().sort("withheld")
    return {str(reason): round(count / len(every), 4) for reason, count in counts.iter_rows()}

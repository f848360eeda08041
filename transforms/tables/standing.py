"""Which periods of tables built earlier still stand, and how they go together with those built anew.

A cell depends on the lines of its period and on nothing else of the lines: the tables of some periods, built
alone, are those rows of the tables of all periods.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import numpy as np
import polars as pl

from schemas.tables import TABLES
from transforms.tables.book import IS_COUNTED
from transforms.tables.open_claims import LASTING_BANDS
from transforms.tables.periods import Months, Period, first_day, month_number, month_of

PERIOD = ["period_type", "period_start"]


def moving_periods(open_claims: pl.DataFrame) -> frozenset[Period]:
    """Periods with lines that wait in an age band that a later as-of date takes them out of."""
    young = open_claims.filter(~pl.col("age_band").is_in(LASTING_BANDS))
    return frozenset((kind, month_of(start)) for kind, start in young.select(PERIOD).unique().iter_rows())


def counted_months(lines: pl.LazyFrame) -> Months:
    """Months in which a line makes a row."""
    months = lines.filter(IS_COUNTED).select(month_number("service_month").unique()).collect()
    return months.to_series().to_numpy()


def months_told(utilization: pl.DataFrame) -> Months:
    """Months that have a row."""
    starts = utilization.filter(period_type="month").get_column("period_start").unique()
    return np.array([month_of(start) for start in starts], dtype=np.int64)


def joined(
    earlier: Mapping[str, pl.DataFrame], stand: Iterable[Period], fresh: Mapping[str, pl.DataFrame]
) -> dict[str, pl.DataFrame]:
    """The rows of earlier tables whose periods stand, and those built anew, in the order of their keys."""
    rows = [(kind, first_day(start)) for kind, start in stand]
    periods = pl.DataFrame(rows, schema={"period_type": pl.String, "period_start": pl.Date}, orient="row")
    return {
        name: pl.concat([earlier[name].join(periods, on=PERIOD, how="semi"), frame]).sort(
            TABLES[name].key_names, nulls_last=True
        )
        for name, frame in fresh.items()
    }

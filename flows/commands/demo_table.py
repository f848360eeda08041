"""The benchmark in a few lines on the terminal: what an audience is told of the last twelve months."""

from __future__ import annotations

from typing import Any, Final

import polars as pl

from flows.store.place import Place

_COLUMNS: Final = {
    "payer": "payer",
    "lines": "lines",
    "allowed_per_unit_p50": "dollars per unit",
    "ratio_to_national_medicare": "times Medicare",
    "denial_rate": "denied",
    "days_to_payment_p50": "days to payment",
}
"""Published column -> its words, in order."""
MEDICARE: Final = "medicare"
_SOURCES: Final = {
    "payment": ("allowed_per_unit_p50", "ratio_to_national_medicare"),
    "denials": ("denial_rate",),
    "timeliness": ("days_to_payment_p50",),
}
FORMATS: Final = {
    "lines": "{:,}",
    "allowed_per_unit_p50": "{:.2f}",
    "ratio_to_national_medicare": "{:.2f}",
    "denial_rate": "{:.1%}",
    "days_to_payment_p50": "{:.0f}",
}


def benchmark_rows(tables: Place, code: str) -> list[dict[str, Any]]:
    """A row per payer of a code in the rolling twelve months, in the payer's own line of business.

    Medicare's is fee for service, the others' is commercial: a payer's commercial and Medicare Advantage
    prices are two prices, and no median tells of both.
    """
    keys = ["payer", "period_start"]
    made = _cells(tables, "utilization", code).select(*keys, pl.col("service_lines").alias("lines"))
    for table, columns in _SOURCES.items():
        made = made.join(_cells(tables, table, code).select(*keys, *columns), on=keys, how="left")
    return made.sort(pl.col("payer") == MEDICARE, "payer").to_dicts()


def _cells(tables: Place, table: str, code: str) -> pl.DataFrame:
    own = pl.when(pl.col("payer") == MEDICARE).then(pl.lit("medicare_ffs")).otherwise(pl.lit("commercial"))
    return pl.read_parquet(tables / f"{table}.parquet").filter(
        pl.col("procedure_code") == code,
        pl.col("period_type") == "rolling_12",
        pl.col("line_of_business") == own,
        pl.col("payer") != "all",
    )


def show_benchmark(rows: list[dict[str, Any]], code: str, audience: str) -> None:
    """The rows as a table on stdout."""
    from rich.box import SIMPLE
    from rich.console import Console
    from rich.table import Table

    if not rows:
        return
    title = (
        f"{code}, twelve months from {rows[0]['period_start']:%B %Y}: commercial plans and Medicare"
        f" ({audience}, synthetic)"
    )
    table = Table(title=title, title_justify="left", box=SIMPLE, pad_edge=False, padding=(0, 1, 0, 0))
    for name, words in _COLUMNS.items():
        table.add_column(words, justify="left" if name == "payer" else "right")
    for row in rows:
        table.add_row(*(_word(name, row[name]) for name in _COLUMNS), end_section=row is rows[-2:][0])
    Console().print(table)


def _word(name: str, value: Any) -> str:
    if value is None:
        return "-"
    return FORMATS[name].format(value) if name in FORMATS else str(value)

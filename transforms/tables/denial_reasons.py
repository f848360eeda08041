"""Tables `denial_reasons` and `denial_categories`: why lines were denied, in the end and at first."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from schemas.reference import ReferenceTables
from schemas.tables_of_denials import DENIAL_CATEGORIES, DENIAL_REASONS
from transforms.tables.analysis_lines import AnalysisLines
from transforms.tables.answering import where_answered
from transforms.tables.cells import (
    FIVE,
    Measures,
    Rows,
    dollars,
    finish_table,
    measure_cells,
    money_parts,
    quotient,
    sum_cells,
    with_count_of,
)
from transforms.tables.cube import UNKNOWN

REASON = ("group_code", "carc")
CATEGORY = ("denial_category",)
UNLISTED = "unclassified"
_UNNAMED = "not in the list"


def denial_reasons(
    analysis: AnalysisLines, denials: pl.DataFrame, reference: ReferenceTables
) -> pl.DataFrame:
    """Denied lines by reason of the final denial, and what became of lines first denied for it.

    Grain: five keys, group_code, carc and its name. A reason that only first denials had has a row with an N
    of 0.
    """
    cells = _by(analysis, denials, REASON, reference)
    listed = reference.carc.select("carc", "denial_category", pl.col("short_meaning").alias("carc_name"))
    told = cells.join(listed, on="carc", how="left", validate="m:1").with_columns(
        pl.col("denial_category").fill_null(UNLISTED), pl.col("carc_name").fill_null(_UNNAMED)
    )
    return finish_table(told, DENIAL_REASONS)


def denial_categories(
    analysis: AnalysisLines, denials: pl.DataFrame, reference: ReferenceTables
) -> pl.DataFrame:
    """The same by category of the reason. Grain: five keys and denial_category."""
    return finish_table(_by(analysis, denials, CATEGORY, reference), DENIAL_CATEGORIES)


def _by(
    analysis: AnalysisLines, denials: pl.DataFrame, keys: Sequence[str], reference: ReferenceTables
) -> pl.DataFrame:
    def reasons(lines: pl.LazyFrame) -> pl.LazyFrame:
        return reasons_of(lines, reference)

    final, first = pl.col("_is_final"), ~pl.col("_is_final")
    measures = Measures(
        population="_is_final",
        sums={
            "charge_cents": pl.when(final).then(pl.col("charge_cents")),
            "initially_denied_lines": first,
            "overturned_lines": first & pl.col("is_paid_line"),
            "_first_answering_lines": pl.col("answers_first_denials"),
        },
        averaged={"charge_sum": pl.when(final).then(money_parts("charge_cents"))},
    )
    cells = measure_cells(analysis, keys, measures, reasons)
    cells = with_count_of(cells, denials, "_denied_lines", "denied_lines")
    return with_top_remark(cells, analysis, keys, reasons).with_columns(
        dollars("charge_cents").alias("charge_sum"),
        quotient("service_lines", "_denied_lines").alias("share_of_denied"),
        quotient("overturned_lines", "initially_denied_lines").alias("overturn_rate"),
        *where_answered(("initially_denied_lines", "overturned_lines"), "_first_answering_lines"),
    )


def reasons_of(lines: pl.LazyFrame, reference: ReferenceTables) -> pl.LazyFrame:
    """Denied lines under their final reason, and adjudicated lines first denied under their first one."""
    final = lines.filter(pl.col("is_denied")).with_columns(
        pl.col("denial_group").alias("group_code"),
        pl.col("denial_carc").alias("carc"),
        _is_final=pl.lit(True),
    )
    first = lines.filter(pl.col("is_adjudicated") & pl.col("initially_denied")).with_columns(
        pl.col("first_denial_group").alias("group_code"),
        pl.col("first_denial_carc").alias("carc"),
        _is_final=pl.lit(False),
    )
    rows = pl.concat([final, first]).with_columns(pl.col(name).fill_null(UNKNOWN) for name in REASON)
    categories = reference.carc.select(pl.col("carc", "denial_category").cast(pl.Categorical)).lazy()
    return rows.join(categories, on="carc", how="left", validate="m:1").with_columns(
        pl.col("denial_category").fill_null(UNLISTED)
    )


def with_top_remark(
    cells: pl.DataFrame, analysis: AnalysisLines, keys: Sequence[str], reasons: Rows
) -> pl.DataFrame:
    """Add `top_rarc` and `_top_rarc_lines`: the remark code on most denied lines of the cell (ties:
    lowest).
    """
    remarks = pl.col("remark_codes").cast(pl.String)

    def remarked(lines: pl.LazyFrame) -> pl.LazyFrame:
        told = reasons(lines).filter(pl.col("_is_final") & (remarks.fill_null("") != ""))
        return told.with_columns(remarks.str.split("|").list.unique().alias("top_rarc")).explode("top_rarc")

    cell = [*FIVE, *keys]
    counts = sum_cells(analysis, (*keys, "top_rarc"), {"_top_rarc_lines": pl.lit(True)}, remarked)
    top = (
        counts.select(*cell, "top_rarc", "_top_rarc_lines")
        .sort("_top_rarc_lines", "top_rarc", descending=[True, False])
        .unique(cell, keep="first", maintain_order=True)
    )
    return cells.join(top, on=cell, how="left", validate="1:1").with_columns(
        pl.col("_top_rarc_lines").fill_null(0)
    )

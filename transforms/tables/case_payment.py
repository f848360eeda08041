"""Table `case_payment`: what a whole case was allowed."""

from __future__ import annotations

import polars as pl

from schemas.tables_of_payment import CASE_PAYMENT
from transforms.tables.book import Book
from transforms.tables.cells import Measures, Percentiles, finish, measure_cells, quotient

ALONE = ("personally_performed", "crna_alone")


def case_payment(book: Book) -> pl.DataFrame:
    """Cases, complete or not, and prices of complete ones. Grain: code, payer, line of business, period.

    A case is complete with one AA or QZ line, or one QK or QY line with one QX line, all of them unit-priced
    and answered under one payer and line of business. Its amounts count once, its units are base units plus
    the longest line's time units.
    """
    if "allowed_per_case" not in book.lines.columns:
        book.lines = with_case_facts(book.lines)
    for value in ("allowed_per_case", "allowed_per_unit_case"):
        book.with_rank(value)
    measures = Measures(
        sums={
            "complete_cases": pl.col("_is_case_head"),
            "case_cents": pl.col("case_cents"),
            "case_tenths": pl.col("case_tenths"),
        },
        distinct={
            "unpaired_directed_cases": ("_cases", "_is_unpaired"),
            "supervised_cases": ("_cases", "_is_supervised"),
        },
        percentiles=(
            Percentiles("allowed_per_case", "allowed_per_case", (25, 50, 75)),
            Percentiles("allowed_per_unit_case", "allowed_per_unit_case", (50,)),
        ),
        bases={"complete_case": "_is_complete"},
    )
    cells = measure_cells(book, book.lines, (), measures).with_columns(
        (pl.col("cases") - pl.col("complete_cases")).alias("incomplete_cases"),
        quotient("case_cents", pl.col("complete_cases") * 100).alias("allowed_per_case_mean"),
        quotient("case_tenths", pl.col("complete_cases") * 10).alias("units_per_case_mean"),
    )
    return finish(cells, CASE_PAYMENT)


def with_case_facts(lines: pl.DataFrame) -> pl.DataFrame:
    """Add to each line whether its case is complete, unpaired or supervised; amounts on one line per case."""
    model = pl.col("care_model").cast(pl.String)
    cases = (
        lines.group_by("_cases")
        .agg(
            pl.len().alias("lines"),
            model.is_in(ALONE).sum().alias("alone"),
            (model == "directed_physician").sum().alias("physicians"),
            (model == "directed_crna").sum().alias("crnas"),
            (model == "supervised").any().alias("_is_supervised"),
            (pl.col("is_unit_priced").all() & _one("payer") & _one("line_of_business")).alias("priced"),
            pl.col("allowed_cents").sum().alias("cents"),
            (pl.col("base_units").max() * 10 + pl.col("time_unit_tenths").max()).alias("tenths"),
        )
        .with_columns(
            _is_complete=pl.col("priced") & (_alone() | _pair()),
            _is_unpaired=((pl.col("physicians") > 0) & (pl.col("crnas") == 0))
            | ((pl.col("crnas") > 0) & (pl.col("physicians") == 0) & ~pl.col("_is_supervised")),
        )
        .drop("lines", "alone", "physicians", "crnas", "priced")
    )
    joined = lines.join(cases, on="_cases", how="left", validate="m:1", maintain_order="left")
    head = pl.col("_is_complete") & pl.col("_cases").is_first_distinct()
    return (
        joined.with_columns(_is_case_head=head)
        .with_columns(
            case_cents=pl.when("_is_case_head").then("cents"),
            case_tenths=pl.when("_is_case_head").then("tenths"),
        )
        .with_columns(
            allowed_per_case=pl.col("case_cents") / 100,
            allowed_per_unit_case=pl.col("case_cents") / (pl.col("case_tenths") * 10),
        )
        .drop("cents", "tenths")
    )


def _one(column: str) -> pl.Expr:
    return pl.col(column).n_unique() == 1


def _alone() -> pl.Expr:
    return (pl.col("lines") == 1) & (pl.col("alone") == 1)


def _pair() -> pl.Expr:
    return (pl.col("lines") == 2) & (pl.col("physicians") == 1) & (pl.col("crnas") == 1)

"""What a case is paid: the lines of one patient, date of service and code together."""

from __future__ import annotations

import polars as pl

ALONE = ("personally_performed", "crna_alone")


def with_case_facts(lines: pl.DataFrame) -> pl.DataFrame:
    """Add to each line whether its case is complete, unpaired or supervised; amounts on one line per case."""
    model = pl.col("care_model")
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
    code = pl.col(column).to_physical()
    return code.min() == code.max()


def _alone() -> pl.Expr:
    return (pl.col("lines") == 1) & (pl.col("alone") == 1)


def _pair() -> pl.Expr:
    return (pl.col("lines") == 2) & (pl.col("physicians") == 1) & (pl.col("crnas") == 1)

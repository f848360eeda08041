"""The claim lines behind a cell, for work lists of those who may see the claims: no identifier, no date."""

from __future__ import annotations

from datetime import date
from typing import Final, Literal

import polars as pl

from schemas.reference import ReferenceTables
from transforms.rules_in_force import with_expected
from transforms.tables.analysis_lines import IS_COUNTED, lines_in_force
from transforms.tables.cells import dollars
from transforms.tables.contract_variance import with_contract
from transforms.tables.expected_allowed import median_prices, with_expected_allowed
from transforms.tables.open_claims import open_age_band

WorkKind = Literal["all", "underpaid", "denied", "open"]
_ORIGIN: Final = ("file_key", "row_number", "final_file_key", "final_row_number", "zero_pay_reason")
_ANSWER: Final = ("final_file_key", "final_row_number")
WORK_LIST_COLUMNS: Final = (
    *("file_key", "row_number", *_ANSWER, "payer", "line_of_business", "procedure_code", "service_month"),
    *("care_model", "place_of_service", "adjudication_state", "initially_denied", "charge_amount"),
    *("allowed_amount", "paid_amount", "expected_amount", "expected_from", "short_amount", "group_code"),
    *("carc", "reason", "remark_codes", "age_band"),
)
"""Columns of a work list. `expected_from`: contract, else own_median (the payer's own median price of the
year); `short_amount`: expected less allowed; `age_band`: days since the first submission, of open lines.
"""


def work_list(
    lines: pl.LazyFrame,
    as_of: date,
    reference: ReferenceTables,
    contracts: pl.DataFrame | None,
    kind: WorkKind = "all",
) -> pl.DataFrame:
    """Current primary lines with what is expected for them, the dearest first. Grain: claim line.

    underpaid: unit-priced lines that a contract prices a cent higher, or more; denied: denied in the end;
    open: pending or awaiting an answer to a changed bill. Lines must be all of their years.
    """
    medians = median_prices(lines.filter(IS_COUNTED), {})
    told = _described(lines_in_force(lines, _ORIGIN), medians, reference, contracts)
    told = told.with_columns(pl.col(pl.Categorical).cast(pl.String))
    told = told.join(
        reference.carc.select(pl.col("carc").alias("denial_carc"), pl.col("short_meaning").alias("_meaning")),
        on="denial_carc",
        how="left",
        validate="m:1",
    )
    waits = pl.col("adjudication_state").is_in(["pending", "awaiting_readjudication"])
    waits = waits & pl.col("answers_open_claims")
    wanted = {
        "all": pl.lit(True),
        "underpaid": pl.col("is_unit_priced")
        & (pl.col("expected_from") == "contract")
        & (pl.col("_short") > 1),
        "denied": pl.col("is_denied"),
        "open": waits,
    }[kind]
    month = pl.date(pl.col("_month") // 12, pl.col("_month") % 12 + 1, 1)
    amounts = {"charge": "charge_cents", "allowed": "allowed_cents", "paid": "paid_cents"}
    return (
        told.filter(wanted.fill_null(False))
        .sort(pl.col("_expected").fill_null(0), *_ORIGIN[:2], descending=[True, False, False])
        .with_columns(
            *(dollars(cents).alias(f"{name}_amount") for name, cents in amounts.items()),
            dollars("_expected").alias("expected_amount"),
            dollars("_short").alias("short_amount"),
            month.dt.strftime("%Y-%m").alias("service_month"),
            pl.col("denial_group").alias("group_code"),
            pl.col("denial_carc").alias("carc"),
            pl.coalesce("_meaning", "zero_pay_reason").alias("reason"),
            pl.when(waits).then(open_age_band(pl.lit(as_of))).alias("age_band"),
        )
        .select(WORK_LIST_COLUMNS)
    )


def _described(
    lines: pl.DataFrame, medians: pl.DataFrame, reference: ReferenceTables, contracts: pl.DataFrame | None
) -> pl.DataFrame:
    """Lines with `_expected` cents, where they are from, and what is short of them."""
    lines = with_expected_allowed(with_expected(lines, reference), medians)
    lines = lines.rename({"expected_cents": "_median_cents"})
    priced = with_contract(lines.lazy().filter("is_unit_priced"), contracts)
    by_contract = priced.select(*_ORIGIN[:2], pl.col("expected_cents").alias("_contract_cents")).collect()
    joined = lines.join(by_contract, on=list(_ORIGIN[:2]), how="left", validate="1:1")
    source = pl.when(pl.col("_contract_cents").is_not_null()).then(pl.lit("contract"))
    return joined.with_columns(
        pl.coalesce("_contract_cents", "_median_cents").alias("_expected"),
        source.when(pl.col("_median_cents").is_not_null()).then(pl.lit("own_median")).alias("expected_from"),
    ).with_columns((pl.col("_expected") - pl.col("allowed_cents").fill_null(0)).alias("_short"))

"""Table `denials`: what was denied, first and in the end."""

from __future__ import annotations

import polars as pl

from schemas.tables_of_denials import DENIALS
from transforms.tables.analysis_lines import AnalysisLines
from transforms.tables.answering import where_answered
from transforms.tables.cells import (
    Measures,
    answered,
    dollars,
    finish_table,
    measure_cells,
    money_parts,
    quotient,
)
from transforms.tables.expected_sums import Expected, expected_columns, expected_parts, expected_sums

CORRECTED = ("same_claim", "named")
"""Chains that go on with another version of the claim, or with a claim that names it."""
_DENIED = pl.col("is_denied")
OVERTURNED = pl.col("initially_denied") & pl.col("is_paid_line")
OF_DENIALS = (
    *("denied_lines", "prior_auth_denied_lines", "denied_charge_sum", "zero_pay_other_lines"),
    *("denied_allowed_sum", "_denied_allowed_sum_published"),
)
OF_FIRST_DENIALS = (
    *("initially_denied_lines", "overturned_lines", "overturned_by_correction_lines"),
    *("overturned_by_resubmission_lines", "overturned_by_payer_lines"),
    *("recovered_allowed_sum", "_recovered_allowed_sum_published"),
)
_EXPECTED = {"denied": Expected(_DENIED), "recovered": Expected(OVERTURNED)}


def denials(analysis: AnalysisLines) -> pl.DataFrame:
    """Denied lines of adjudicated lines. Grain: code, payer, line of business, period."""
    chain = pl.col("chain_source").fill_null("none")
    measures = Measures(
        sums={
            "denied_lines": _DENIED,
            "initially_denied_lines": pl.col("initially_denied"),
            "overturned_lines": OVERTURNED,
            "overturned_by_correction_lines": OVERTURNED & chain.is_in(CORRECTED),
            "overturned_by_resubmission_lines": OVERTURNED & (chain == "inferred"),
            "overturned_by_payer_lines": OVERTURNED & (chain == "none"),
            "prior_auth_denied_lines": _DENIED & pl.col("prior_authorization_denial"),
            "denied_charge_cents": pl.when(_DENIED).then(pl.col("charge_cents")),
            "zero_pay_other_lines": (pl.col("adjudication_state") == "zero_pay_other")
            & pl.col("answers_denials"),
            "_answering_lines": pl.col("answers_denials"),
            "_first_answering_lines": pl.col("answers_first_denials"),
            **expected_sums(_EXPECTED),
        },
        averaged={
            "denied_charge_sum": pl.when(_DENIED).then(money_parts("charge_cents")),
            **expected_parts(_EXPECTED),
        },
        bases={"unit_priced": "is_unit_priced"},
    )
    cells = measure_cells(analysis, (), measures, answered).with_columns(
        quotient("denied_lines", "_answering_lines").alias("denial_rate"),
        quotient("initially_denied_lines", "_first_answering_lines").alias("initial_denial_rate"),
        dollars("denied_charge_cents").alias("denied_charge_sum"),
        *expected_columns(_EXPECTED),
    )
    cells = cells.with_columns(
        *where_answered(OF_DENIALS, "_answering_lines"),
        *where_answered(OF_FIRST_DENIALS, "_first_answering_lines"),
    )
    return finish_table(cells, DENIALS)

"""Table `payer_rules`: what each payer says it pays."""

from __future__ import annotations

import polars as pl

from schemas.reference import ReferenceTables
from schemas.rules import ALL
from schemas.tables import PAYER_RULES
from transforms.tables.cells import finish_table

SCOPES = ("scope_plan", "scope_state", "scope_lob")


def payer_rules(reference: ReferenceTables) -> pl.DataFrame:
    """The dated rules of payers. Grain: payer, rule, plan, state, line of business, first day in force."""
    return finish_table(
        reference.payer_rules.with_columns(pl.col(scope).fill_null(ALL) for scope in SCOPES), PAYER_RULES
    )

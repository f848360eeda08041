"""What a payer's own extract can't answer is null, never guessed (contract section 3, layouts)."""

from __future__ import annotations

from datetime import date

import polars as pl
import pytest
from table_lines import denied, paid, tables_of

from schemas.inbound import UNANSWERED
from schemas.rules import DisclosureRules
from transforms.protect.audience_tables import protect_tables

Row = dict[str, object]
NOTHING: Row = {"cannot_answer": "|".join(UNANSWERED)}
ONLY_DENIALS: Row = {"cannot_answer": "first_denials|open_claims|timeliness"}
MEASURES: dict[str, tuple[str, ...]] = {
    "utilization": ("pending_lines", "adjudicated_share"),
    "denials": (
        *("denied_lines", "denial_rate", "initially_denied_lines", "initial_denial_rate", "overturned_lines"),
        *("overturned_by_correction_lines", "overturned_by_payer_lines", "prior_auth_denied_lines"),
        *("denied_charge_sum", "denied_allowed_sum", "recovered_allowed_sum", "zero_pay_other_lines"),
    ),
    "timeliness": (
        *("days_to_submit_p50", "days_to_first_remit_p50", "days_to_payment_p50", "days_to_final_p50"),
        "first_pass_paid_rate",
    ),
    "care_models": ("denied_lines", "denial_rate"),
    "sites": ("denied_lines", "denial_rate"),
    "modifiers": ("denied_lines", "denial_rate"),
    "states": ("denial_rate",),
    "authorizations": ("denied_lines", "denial_rate", "prior_auth_denied_lines", "prior_auth_denial_rate"),
    "collections": ("open_allowed_sum", "days_in_receivables"),
}


def cell(frame: pl.DataFrame) -> Row:
    told = frame.filter(payer="aetna", line_of_business="commercial", period_type="month")
    assert told.height == 1, told
    return told.row(0, named=True)


def test_a_cell_of_lines_that_can_answer_nothing_is_null() -> None:
    made = tables_of([paid(36_000, **NOTHING), paid(30_000, **NOTHING)])
    for table, names in MEASURES.items():
        told = cell(made[table])
        assert {name: told[name] for name in names} == dict.fromkeys(names), table
        assert told["service_lines"] == 2
    assert cell(made["collections"])["expected_allowed_sum"] == 660
    assert cell(made["timeliness"])["paid_through"] == date(2024, 2, 20)


def test_measures_are_over_the_lines_that_can_answer() -> None:
    rows = [paid(36_000), denied(), paid(30_000, **NOTHING), paid(30_000, **NOTHING)]
    made = tables_of(rows)
    told = cell(made["denials"])
    assert (told["service_lines"], told["denied_lines"], told["denial_rate"]) == (4, 1, 0.5)
    assert (told["initially_denied_lines"], told["initial_denial_rate"]) == (1, 0.5)
    assert cell(made["timeliness"])["first_pass_paid_rate"] == 0.5
    assert cell(made["utilization"])["adjudicated_share"] == 1.0
    assert cell(made["states"])["denial_rate"] == 0.5


@pytest.mark.parametrize("state", ["pending", "awaiting_readjudication"])
def test_what_waits_is_not_told_of_lines_that_can_not_answer(state: str) -> None:
    waiting: Row = {"adjudication_state": state}
    made = tables_of([waiting, waiting | NOTHING, paid(36_000, **NOTHING)])
    assert cell(made["open_claims"])["service_lines"] == 1
    told = cell(made["utilization"])
    assert (told["pending_lines"], told["adjudicated_share"], told["adjudicated_lines"]) == (1, 0.0, 1)


def test_a_form_that_tells_denials_may_not_tell_the_first_ones() -> None:
    told = cell(tables_of([paid(36_000, **ONLY_DENIALS), denied(**ONLY_DENIALS)])["denials"])
    assert (told["denied_lines"], told["denial_rate"]) == (1, 0.5)
    assert (told["initially_denied_lines"], told["initial_denial_rate"]) == (None, None)
    reasons = cell(tables_of([denied(**ONLY_DENIALS)])["denial_reasons"])
    assert (reasons["service_lines"], reasons["initially_denied_lines"]) == (1, None)
    assert (reasons["overturned_lines"], reasons["overturn_rate"]) == (None, None)


def test_a_denied_line_that_can_not_answer_is_in_no_count_of_denials() -> None:
    made = tables_of([paid(36_000), denied(**NOTHING)])
    told = cell(made["denials"])
    assert (told["denied_lines"], told["denial_rate"]) == (0, 0.0)
    assert made["denial_reasons"].is_empty()


def test_a_protected_audience_sees_the_same_nulls_and_denominators() -> None:
    answering = [paid(36_000) for _ in range(30)] + [denied() for _ in range(30)]
    silent = [paid(36_000, **NOTHING) for _ in range(40)]
    mixed = protect_tables(tables_of(answering + silent), DisclosureRules.of("standard"))
    assert cell(mixed["denials"])["denial_rate"] == 0.5
    only = protect_tables(tables_of(silent), DisclosureRules.of("standard"))
    for table, names in MEASURES.items():
        if not only[table].is_empty():
            assert {name: cell(only[table])[name] for name in names} == dict.fromkeys(names), table

"""One example question per published table, as DuckDB SQL and as Polars."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from schemas.rules import ALL, Audience

Equal = tuple[str, str | bool]
"""Column and the value it must have."""

FOLDER: Final = "data/benchmarks"
"""Where the texts look for the tables, seen from the folder that the program is run in."""
_YEAR: Final = (("procedure_code", "01939"), ("period_type", "rolling_12"))
_BY_PAYER: Final[tuple[Equal, ...]] = (*_YEAR, ("line_of_business", ALL))
_EVERYONE: Final[tuple[Equal, ...]] = (("payer", ALL), *_BY_PAYER)


@dataclass(frozen=True)
class Example:
    """A question, the columns that answer it, the rows they stand in, and their order."""

    table: str
    question: str
    columns: tuple[str, ...]
    where: tuple[Equal, ...]
    order: tuple[str, ...]

    def sql(self, audience: Audience) -> str:
        """The question in DuckDB's SQL, on one line, to the tables of an audience."""
        where = " AND ".join(f"{column} = {_in_sql(value)}" for column, value in self._where(audience))
        only = f" WHERE {where}" if where else ""
        return (
            f"SELECT {_names_in_sql(self.columns)} FROM '{FOLDER}/{audience}/{self.table}.parquet'"
            f"{only} ORDER BY {_names_in_sql(self.order)}"
        )

    def polars(self, audience: Audience) -> str:
        """The question as a Polars expression, on one line; `pl` is Polars."""
        where = ", ".join(
            f'pl.col("{column}") == {_in_python(value)}' for column, value in self._where(audience)
        )
        only = f".filter({where})" if where else ""
        return (
            f'pl.scan_parquet("{FOLDER}/{audience}/{self.table}.parquet"){only}'
            f".select({_listed(self.columns)}).sort({_listed(self.order)}, nulls_last=True).collect()"
        )

    def _where(self, audience: Audience) -> tuple[Equal, ...]:
        """What the rows must have; `shared` has no rolling window, its years are asked."""
        rolling, year = ("period_type", "rolling_12"), ("period_type", "year")
        return tuple(year if audience == "shared" and each == rolling else each for each in self.where)


RESERVED: Final = ("authorization",)
"""Columns named by a word that SQL keeps for itself."""


def _names_in_sql(columns: tuple[str, ...]) -> str:
    return ", ".join(f'"{column}"' if column in RESERVED else column for column in columns)


def _in_sql(value: str | bool) -> str:
    return str(value).upper() if isinstance(value, bool) else f"'{value}'"


def _in_python(value: str | bool) -> str:
    return str(value) if isinstance(value, bool) else f'"{value}"'


def _listed(columns: tuple[str, ...]) -> str:
    return ", ".join(f'"{column}"' for column in columns)


def _example(
    table: str,
    question: str,
    columns: str,
    where: tuple[Equal, ...] = _BY_PAYER,
    order: str = "payer",
) -> Example:
    return Example(table, question, tuple(columns.split()), where, tuple(order.split()))


EXAMPLES: Final = {
    example.table: example
    for example in (
        _example(
            "utilization",
            "How many cases did each payer have in the last twelve mature months, and how long were they?",
            "payer cases patients minutes_p50 pending_lines",
        ),
        _example(
            "payment",
            "What does each payer allow per unit, and how does that compare with Medicare?",
            "payer service_lines allowed_per_unit_p50 ratio_to_national_medicare",
        ),
        _example(
            "case_payment",
            "What does each payer allow for a whole case, whoever gives the anesthesia?",
            "payer complete_cases incomplete_cases allowed_per_case_p50",
        ),
        _example(
            "care_models",
            "Which share of a physician's price does each care model get from each payer?",
            "payer care_model service_lines observed_share",
            order="payer care_model",
        ),
        _example(
            "modifiers",
            "Which modifiers do the lines carry, and what does a unit cost with them?",
            "modifier service_lines share_of_lines allowed_per_unit_p50",
            _EVERYONE,
            "modifier",
        ),
        _example(
            "sites",
            "Where is the service given, and what do payers allow for a line there?",
            "site_name service_lines share_of_lines allowed_p50",
            _EVERYONE,
            "site_name",
        ),
        _example(
            "denials",
            "How often does each payer deny, at first and in the end?",
            "payer service_lines initial_denial_rate denial_rate overturned_lines",
        ),
        _example(
            "denial_reasons",
            "Why are lines denied, and which denials are overturned?",
            "group_code carc carc_name denial_category service_lines share_of_denied overturn_rate",
            _EVERYONE,
            "group_code carc",
        ),
        _example(
            "denial_categories",
            "Which kinds of reasons do denials have, and which are overturned?",
            "denial_category service_lines share_of_denied overturn_rate",
            _EVERYONE,
            "denial_category",
        ),
        _example(
            "authorizations",
            "Are claims with a prior authorization number denied less often?",
            "payer authorization service_lines denial_rate prior_auth_denial_rate",
            order="payer authorization",
        ),
        _example(
            "timeliness",
            "How long does each payer take to answer and to pay?",
            "payer days_to_submit_p50 days_to_first_remit_p50 days_to_payment_p50 days_to_payment_p90",
        ),
        _example(
            "open_claims",
            "Which lines have no answer yet, and for how long?",
            "payer age_band service_lines charge_sum",
            order="payer age_band",
        ),
        _example(
            "collections",
            "How much of the expected amount was paid, and how much is still open?",
            "payer expected_allowed_sum paid_sum net_collection_rate open_allowed_sum days_in_receivables",
        ),
        _example(
            "price_trend",
            "How does the price per unit change at a fixed mix of care models and sites?",
            "payer period_start service_lines allowed_per_unit_p50 change_on_year price_index",
            (("procedure_code", "01939"), ("period_type", "quarter"), ("line_of_business", "commercial")),
            "payer period_start",
        ),
        _example(
            "procedures",
            "Which surgical procedures was the anesthesia for, and does their region fit the code?",
            "surgical_procedure_code service_lines share_of_lines region_conflict",
            _EVERYONE,
            "surgical_procedure_code",
        ),
        _example(
            "diagnoses",
            "Which diagnoses come first, and how often does none of a line fit the region of the code?",
            "diagnosis region service_lines region_conflict_lines",
            _EVERYONE,
            "diagnosis region",
        ),
        _example(
            "clinical_themes",
            "Why do patients come, and how often are their lines denied?",
            "theme service_lines share_of_lines denial_rate",
            _EVERYONE,
            "theme",
        ),
        _example(
            "states",
            "How do prices and denials differ by state?",
            "state service_lines allowed_per_unit_p50 ratio_to_national_medicare denial_rate",
            _EVERYONE,
            "state",
        ),
        _example(
            "demographics",
            "How old are the patients?",
            "age_band sex patients share_of_lines",
            _EVERYONE,
            "age_band sex",
        ),
        _example(
            "contract_variance",
            "Are we paid what our contracts say?",
            "payer service_lines expected_allowed_sum allowed_sum underpaid_lines underpaid_sum",
        ),
        _example(
            "release_changes",
            "Which prices of the last twelve mature months changed since the previous release?",
            "payer line_of_business measure before after change why",
            (("table_name", "payment"), *_YEAR),
            "payer line_of_business measure",
        ),
        _example(
            "payer_rules",
            "Which published payer rules does allowed_per_unit_payer_rules use?",
            "payer rule scope_plan scope_state value effective_from confidence",
            (("applied", True),),
            "payer rule scope_plan scope_state effective_from",
        ),
        _example(
            "freshness",
            "Whose files are late?",
            "payer source last_service_date days_since usual_days_between is_late",
            (),
            "payer source",
        ),
        _example(
            "data_quality",
            "How many rows in scope were accepted and quarantined, by payer and month?",
            "payer period_start source in_scope accepted quarantined",
            (("period_type", "month"), ("rule_code", ALL)),
            "payer period_start source",
        ),
    )
}
"""Table -> its example."""

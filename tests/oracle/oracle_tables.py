"""Published tables for the internal audience, counted one cell at a time (contract, section 6).

Money is Decimal dollars; other numbers are rounded half-even to four decimals. What contracts say
is left out: there are none without a file of one's own.
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from fractions import Fraction

from oracle_breakdowns import authorizations, breakdowns, denial_categories, denial_reasons, open_claims
from oracle_cells import (
    ADJUDICATED,
    Row,
    case_of,
    cents_in_dollars,
    dollars,
    into_cells,
    keys_of,
    mean,
    medicare,
    percentile,
    percentiles,
    population,
    present,
    published,
    ratio,
    rolling_start,
    unit_prices,
    with_state,
)
from oracle_diagnoses import clinical_themes, diagnoses, procedures
from oracle_money import collections, dollars_of_denials, fill_expected
from oracle_reference import OracleReference
from oracle_rules import by_payer_rules
from oracle_trend import price_trend


def utilization(lines: list[Row], others: list[Row]) -> Row:
    """`others` are the lines of the cell that are not current primary lines."""
    minutes = present(lines, "minutes")
    units = [value / 10 for value in present(lines, "billed_tenths")]
    adjudicated = with_state(lines, *ADJUDICATED)
    return {
        **population(lines),
        "rendering_providers": len({row["rendering_provider_npi"] for row in lines} - {None}),
        "minutes_sum": published(sum(minutes, Fraction(0))) if minutes else None,
        "minutes_mean": mean(minutes),
        **percentiles("minutes", minutes, 25, 50, 75),
        "billed_units_sum": published(sum(units, Fraction(0))) if units else None,
        "billed_units_mean": mean(units),
        "charge_sum": dollars(row["charge"] for row in lines),
        "adjudicated_lines": len(adjudicated),
        "adjudicated_share": ratio(len(adjudicated), len(lines)),
        "pending_lines": len(with_state(lines, "pending", "awaiting_readjudication")),
        "reversed_lines": len(with_state(lines, "reversed")),
        "suspect_minutes_lines": sum(bool(row["minutes_suspect"]) for row in lines),
        "secondary_lines": sum(row["standing"] == "secondary" for row in others),
        "voided_claims": sum(row["voided_claim"] for row in others),
        "replaced_claims": sum(row["replaced_claim"] for row in others),
    }


def payment(lines: list[Row], reference: OracleReference) -> Row:
    priced = [row for row in lines if row["is_priced"]]
    unit_priced = [row for row in lines if row["is_unit_priced"]]
    paid_lines = [row for row in lines if row["is_paid_line"]]
    allowed = cents_in_dollars(priced, "allowed")
    paid = cents_in_dollars(priced, "paid")
    of_patient = ("deductible", "coinsurance", "copay")
    allowed_of_both, medicare_of_both, both = medicare(lines)
    charged = sum(cents_in_dollars(priced, "charge"), Fraction(0))
    return {
        **population(priced),
        "unit_priced_lines": len(unit_priced),
        "national_price_lines": sum(bool(row["medicare_is_national"]) for row in unit_priced),
        "out_of_network_lines": sum(row["network"] == "out_of_network" for row in paid_lines),
        "nsa_lines": sum(row["network"] == "nsa" for row in paid_lines),
        "charge_sum": dollars(row["charge"] for row in priced),
        "allowed_sum": dollars(row["allowed"] for row in priced),
        "paid_sum": dollars(row["paid"] for row in priced),
        "patient_responsibility_sum": dollars(row[name] for row in priced for name in of_patient),
        **{f"{name}_sum": dollars(row[name] for row in priced) for name in of_patient},
        "allowed_mean": mean(allowed),
        **percentiles("allowed", allowed, 10, 25, 50, 75, 90),
        "paid_mean": mean(paid),
        "paid_p50": published(percentile(paid, 50)),
        "allowed_per_unit_mean": mean(unit_prices(lines)),
        **percentiles("allowed_per_unit", unit_prices(lines), 10, 25, 50, 75, 90),
        **by_payer_rules(lines, reference),
        "medicare_allowed_sum": Decimal(int(round(medicare_of_both * 100))).scaleb(-2) if both else None,
        "ratio_to_national_medicare": ratio(allowed_of_both, medicare_of_both),
        "allowed_to_charge": ratio(sum(allowed, Fraction(0)), charged),
    }


def denials(lines: list[Row]) -> Row:
    adjudicated = with_state(lines, *ADJUDICATED)
    denied = with_state(adjudicated, "denied")
    initially = [row for row in adjudicated if row["initially_denied"]]
    overturned = with_state(initially, "paid")
    return {
        **population(adjudicated),
        "denied_lines": len(denied),
        "denial_rate": ratio(len(denied), len(adjudicated)),
        "initially_denied_lines": len(initially),
        "initial_denial_rate": ratio(len(initially), len(adjudicated)),
        "overturned_lines": len(overturned),
        **{
            f"overturned_by_{way}_lines": sum(row["chain_source"] in sources for row in overturned)
            for way, sources in OVERTURNED_BY.items()
        },
        "prior_auth_denied_lines": sum(bool(row["prior_authorization_denial"]) for row in denied),
        "denied_charge_sum": dollars(row["charge"] for row in denied),
        **dollars_of_denials(lines),
        "zero_pay_other_lines": len(with_state(adjudicated, "zero_pay_other")),
    }


OVERTURNED_BY = {
    "correction": ("same_claim", "named"),
    "resubmission": ("inferred",),
    "payer": ("none",),
}
"""What was sent after the denial: another version or a claim that names it, a new claim, or nothing."""


def timeliness(lines: list[Row]) -> Row:
    adjudicated = with_state(lines, *ADJUDICATED)
    days = {name: present(adjudicated, name) for name in DAYS}
    return {
        **population(adjudicated),
        **percentiles("days_to_submit", days["days_to_submit"], 50, 90),
        **percentiles("days_to_first_remit", days["days_to_first_remit"], 50, 90),
        **percentiles("days_to_payment", days["days_to_payment"], 50, 90),
        **percentiles("days_to_final", days["days_to_final"], 50),
        "first_pass_paid_rate": ratio(sum(row["first_paid"] for row in adjudicated), len(adjudicated)),
        "paid_through": max(row["final_remit_on"] for row in adjudicated),
    }


DAYS = ("days_to_submit", "days_to_first_remit", "days_to_payment", "days_to_final")


COUNTED = (
    *("utilization", "payment", "case_payment", "denials", "timeliness", "denial_reasons"),
    *("denial_categories", "authorizations", "price_trend", "open_claims", "care_models", "modifiers"),
    *("sites", "states", "demographics", "collections", "clinical_themes"),
    *("procedures", "diagnoses"),
)
"""Tables that the oracle counts; one without rows has none in the pipeline either."""

# --- cases ---------------------------------------------------------------------------------------


def is_complete(case: list[Row]) -> bool:
    """One AA or QZ line, or one QK or QY line with one QX line, all of them unit-priced."""
    models = sorted(row["care_model"] for row in case)
    whole = models in (["personally_performed"], ["crna_alone"], ["directed_crna", "directed_physician"])
    return whole and all(row["is_unit_priced"] for row in case)


def is_unpaired(case: list[Row]) -> bool:
    models = {row["care_model"] for row in case}
    physician, nurse = "directed_physician" in models, "directed_crna" in models
    return (physician and not nurse) or (nurse and not physician and "supervised" not in models)


def case_payment(lines: list[Row], cases: dict[tuple[object, ...], list[Row]]) -> Row:
    """A case is complete in a cell only if all its lines are there."""
    here = {case_of(row) for row in lines}
    inside = {id(row) for row in lines}
    complete = [
        cases[key] for key in here if is_complete(cases[key]) and all(id(row) in inside for row in cases[key])
    ]
    allowed = [sum(cents_in_dollars(case, "allowed"), Fraction(0)) for case in complete]
    units = [
        Fraction(case[0]["base_units"]) + Fraction(max(row["time_tenths"] for row in case), 10)
        for case in complete
    ]
    return {
        **population(lines),
        "complete_cases": len(complete),
        "incomplete_cases": len(here) - len(complete),
        "unpaired_directed_cases": sum(is_unpaired(cases[key]) for key in here),
        "supervised_cases": sum(any(row["care_model"] == "supervised" for row in cases[key]) for key in here),
        "allowed_per_case_mean": mean(allowed),
        **percentiles("allowed_per_case", allowed, 25, 50, 75),
        "units_per_case_mean": mean(units),
        **percentiles("allowed_per_unit_case", [a / u for a, u in zip(allowed, units, strict=True)], 50),
    }


def tables(lines: list[Row], as_of: date, reference: OracleReference) -> dict[str, list[Row]]:
    """Tables of resolved lines."""
    current = [row for row in lines if row["standing"] == "current"]
    others = [row for row in lines if row["standing"] != "current"]
    rolling = rolling_start(current, as_of)
    fill_expected(current)
    cells, other_cells = into_cells(current, rolling), into_cells(others, rolling)
    trend = price_trend(cells, as_of)
    cases: dict[tuple[object, ...], list[Row]] = {}
    for row in current:
        cases.setdefault(case_of(row), []).append(row)
    made: dict[str, list[Row]] = {name: [] for name in COUNTED}

    def add(table: str, keys: Row, *rows: Row) -> None:
        made[table].extend({**keys, **row} for row in rows)

    for cell in sorted(cells):
        keys, members = keys_of(cell, as_of), cells[cell]
        add("utilization", keys, utilization(members, other_cells.get(cell, [])))
        add("case_payment", keys, case_payment(members, cases))
        add("collections", keys, collections(members, cell))
        add("clinical_themes", keys, *clinical_themes(members, reference))
        add("procedures", keys, *procedures(members, reference))
        add("diagnoses", keys, *diagnoses(members, reference))
        if any(row["is_paid_line"] for row in members):
            add("payment", keys, payment(members, reference))
        if with_state(members, *ADJUDICATED):
            add("denials", keys, denials(members))
            add("timeliness", keys, timeliness(members))
        add("denial_reasons", keys, *denial_reasons(members, reference))
        add("denial_categories", keys, *denial_categories(members, reference))
        add("authorizations", keys, *authorizations(members))
        if cell in trend:
            add("price_trend", keys, trend[cell])
        add("open_claims", keys, *open_claims(members, as_of))
        for table, rows in breakdowns(members, reference).items():
            add(table, keys, *rows)
    return made

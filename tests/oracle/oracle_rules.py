"""Prices per unit as the payer's own published rules count units and share (contract, section 5)."""

from __future__ import annotations

import re
from fractions import Fraction

from oracle_cells import Row, percentile, published
from oracle_reference import OracleReference, TextRow, in_force, normalised_name
from oracle_units import modifiers_of

GOOD_SOURCES = {"verified_official_file_or_text", "verified_secondary"}


def by_payer_rules(lines: list[Row], reference: OracleReference) -> Row:
    """Median over unit-priced lines whose rules are known, and how many they are."""
    told = (price_by_rules(row, reference) for row in lines if row["is_unit_priced"])
    prices = [price for price in told if price is not None]
    return {
        "allowed_per_unit_payer_rules_p50": published(percentile(prices, 50)),
        "payer_rules_lines": len(prices),
    }


def price_by_rules(row: Row, reference: OracleReference) -> Fraction | None:
    """Allowed / (expected units x expected share); None where the rules do not tell one of them."""
    units, share = expected_units(row, reference), expected_share(row, reference)
    if units is None or share is None or units * share <= 0:
        return None
    return Fraction(row["allowed"], 100) / (units * share)


def expected_share(row: Row, reference: OracleReference) -> Fraction | None:
    """The share of the modifier; a nurse anesthetist alone has that of the payer's one rule."""
    if row["care_model"] != "crna_alone":
        share: Fraction | None = row["share"]
        return share
    percent = only_rule("qz_percent", row, reference)
    return None if percent is None else Fraction(percent)


def expected_units(row: Row, reference: OracleReference) -> Fraction | None:
    """Base, time under the payer's one rounding rule, and what its one rule pays for physical status."""
    rounding = only_rule("time_rounding", row, reference)
    physical = physical_units(row, reference)
    if rounding is None or physical is None:
        return None
    quarters = Fraction(row["minutes"]) / 15
    time = {
        "tenth": Fraction(row["time_tenths"], 10),
        "floor": Fraction(quarters.__floor__()),
        "ceiling": Fraction(quarters.__ceil__()),
    }[rounding]
    return row["base_units"] + time + physical


def physical_units(row: Row, reference: OracleReference) -> int | None:
    """Units for the status that the line carries; none are asked for one that nobody pays."""
    carried = sorted(modifiers_of(row) & reference.paid_statuses)
    if not carried:
        return 0
    rule = only_rule("physical_status_units", row, reference)
    if rule is None:
        return None
    pairs = dict(pair.split("=") for pair in rule.split() if "=" in pair)
    return int(pairs.get(carried[0], 0))


def only_rule(kind: str, row: Row, reference: OracleReference) -> str | None:
    """Value of the one rule of a kind that can be applied and fits a line."""
    fitting = [rule["value"] for rule in reference.payer_rules if rule["rule"] == kind and fits(rule, row)]
    return fitting[0] if len(fitting) == 1 else None


def fits(rule: TextRow, row: Row) -> bool:
    """A usable rule with a good source, for the line's payer, line of business, plan, state and date."""
    return (
        rule["machine_usable"] == "true"
        and rule["confidence"] in GOOD_SOURCES
        and rule["payer"] == row["payer"]
        and rule["scope_lob"] in ("", row["line_of_business"])
        and re.search(rule["plan_pattern"], normalised_name(row["payer_name"])) is not None
        and state_fits(rule["scope_state"].split(), row["state"])
        and in_force(rule, row["service_date"])
    )


def state_fits(scope: list[str], state: str | None) -> bool:
    """All states, some, or all but some; a line without state only fits a rule for all."""
    if not scope:
        return True
    if scope[0] == "except":
        return state is not None and state not in scope
    return state in scope

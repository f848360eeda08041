"""Breakdowns of a cell: care model, modifier, site, state, age and sex, denial reason, open claims."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from datetime import date
from fractions import Fraction
from typing import Any

from oracle_cells import (
    ADJUDICATED,
    UNKNOWN,
    WAITING,
    Row,
    cents_in_dollars,
    denied_of,
    dollars,
    medicare,
    percentile,
    percentiles,
    population,
    present,
    ratio,
    unit_prices,
    with_state,
)
from oracle_reference import OracleReference
from oracle_units import modifiers_of

KeysOf = Callable[[Row], Iterable[tuple[Any, ...]]]
AGE_BANDS = ((18, "0-17"), (40, "18-39"), (65, "40-64"), (75, "65-74"), (1000, "75+"))
NO_MODIFIER, UNLISTED = "no modifier", "not in the list"
OPEN_BANDS = ((30, "0-30"), (60, "31-60"), (90, "61-90"), (100_000, "91+"))


def grouped(lines: list[Row], keys_of: KeysOf) -> dict[tuple[Any, ...], list[Row]]:
    groups: dict[tuple[Any, ...], list[Row]] = {}
    for row in lines:
        for key in keys_of(row):
            groups.setdefault(key, []).append(row)
    return dict(sorted(groups.items()))


def common(own: list[Row], lines: list[Row]) -> Row:
    priced = [row for row in own if row["is_priced"]]
    return {
        **population(own),
        "share_of_lines": ratio(len(own), len(lines)),
        "priced_lines": len(priced),
        **percentiles("allowed", cents_in_dollars(priced, "allowed"), 50),
        **percentiles("allowed_per_unit", unit_prices(own), 25, 50, 75),
        **percentiles("minutes", present(own, "minutes"), 50),
        **denied_of(own),
    }


def median_per_billed_unit(lines: list[Row]) -> Fraction | None:
    """Median of allowed / billed units over unit-priced lines: the share is left in."""
    values = [
        Fraction(row["allowed"], 100) / Fraction(row["billed_tenths"], 10)
        for row in lines
        if row["is_unit_priced"]
    ]
    return percentile(values, 50)


def breakdowns(lines: list[Row], reference: OracleReference) -> dict[str, list[Row]]:
    """Rows of the tables that break a cell down, without its five keys."""
    made: dict[str, list[Row]] = {
        "care_models": [],
        "modifiers": [],
        "sites": [],
        "states": [],
        "demographics": [],
    }
    whole = median_per_billed_unit([row for row in lines if row["care_model"] == "personally_performed"])
    for (model,), own in grouped(lines, lambda row: [(row["care_model"],)]).items():
        price = median_per_billed_unit(own)
        made["care_models"].append(
            {
                "care_model": model,
                **common(own, lines),
                "observed_share": None if price is None or not whole else ratio(price, whole),
                "ratio_to_national_medicare": ratio(*medicare(own)[:2]),
            }
        )
    for (modifier,), own in grouped(
        lines, lambda row: [(m,) for m in modifiers_of(row) or {UNKNOWN}]
    ).items():
        name = NO_MODIFIER if modifier == UNKNOWN else reference.modifier_names.get(modifier, UNLISTED)
        made["modifiers"].append({"modifier": modifier, "modifier_name": name, **common(own, lines)})
    for (place,), own in grouped(lines, lambda row: [(row["place_of_service"] or UNKNOWN,)]).items():
        name = reference.site_names.get(place, UNKNOWN)
        made["sites"].append({"place_of_service": place, "site_name": name, **common(own, lines)})
    for (state,), own in grouped(lines, lambda row: [(row["state"] or UNKNOWN,)]).items():
        made["states"].append(
            {"state": state, **common(own, lines), "ratio_to_national_medicare": ratio(*medicare(own)[:2])}
        )
    for (band, sex), own in grouped(
        lines, lambda row: [(age_band(row["age"]), row["sex"] or UNKNOWN)]
    ).items():
        made["demographics"].append({"age_band": band, "sex": sex, **common(own, lines)})
    return made


def age_band(age: int) -> str:
    return next(band for limit, band in AGE_BANDS if age < limit)


def open_claims(lines: list[Row], as_of: date) -> list[Row]:
    """Lines without an answer, by days since the first submission."""

    def band(row: Row) -> list[tuple[str]]:
        days = (as_of - row["first_submitted_on"]).days
        return [(next(name for limit, name in OPEN_BANDS if days <= limit),)]

    return [
        {"age_band": key, **population(own), "charge_sum": dollars(row["charge"] for row in own)}
        for (key,), own in grouped(with_state(lines, *WAITING), band).items()
    ]


def denial_reasons(lines: list[Row], reference: OracleReference) -> list[Row]:
    """By the reason of the final denial; what was first denied for a reason, and what became of it."""
    rows = []
    for (group, carc), counts in denied_by(lines, lambda group, carc: (group, carc)):
        rows.append(
            {
                "group_code": group,
                "carc": carc,
                "carc_name": reference.carc[carc]["short_meaning"] if carc in reference.carc else UNLISTED,
                **counts,
                "denial_category": reference.denial_category(carc),
            }
        )
    return rows


def denial_categories(lines: list[Row], reference: OracleReference) -> list[Row]:
    """The same by the category of the reason."""
    found = denied_by(lines, lambda _, carc: (reference.denial_category(carc),))
    return [{"denial_category": category, **counts} for (category,), counts in found]


def denied_by(
    lines: list[Row], key_of: Callable[[str, str], tuple[Any, ...]]
) -> Iterable[tuple[tuple[Any, ...], Row]]:
    """(key, measures) by a key of the reason, of the final or of the first denial."""
    denied = with_state(lines, "denied")
    first = [row for row in with_state(lines, *ADJUDICATED) if row["initially_denied"]]
    finally_for = grouped(denied, lambda row: [key_of(row["denial_group"], row["denial_carc"])])
    first_for = grouped(first, lambda row: [key_of(row["first_denial_group"], row["first_denial_carc"])])
    for key in sorted(finally_for | first_for):
        own, at_first = finally_for.get(key, []), first_for.get(key, [])
        overturned = with_state(at_first, "paid")
        remarks = Counter(code for row in own for code in set(row["remarks"]))
        yield (
            key,
            {
                **population(own),
                "charge_sum": dollars(row["charge"] for row in own),
                "share_of_denied": ratio(len(own), len(denied)),
                "initially_denied_lines": len(at_first),
                "overturned_lines": len(overturned),
                "overturn_rate": ratio(len(overturned), len(at_first)),
                "top_rarc": min(remarks, key=lambda code: (-remarks[code], code), default=None),
            },
        )


def authorizations(lines: list[Row]) -> list[Row]:
    """Denials of claims with and without a prior authorization number."""

    def named(row: Row) -> list[tuple[str]]:
        return [("present" if row["authorized"] else "absent",)]

    rows = []
    for (authorization,), own in grouped(with_state(lines, *ADJUDICATED), named).items():
        wanting = sum(bool(row["prior_authorization_denial"]) for row in with_state(own, "denied"))
        rows.append(
            {
                "authorization": authorization,
                **population(own),
                **denied_of(own),
                "prior_auth_denied_lines": wanting,
                "prior_auth_denial_rate": ratio(wanting, len(own)),
            }
        )
    return rows

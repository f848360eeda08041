"""Medicare's price of a line (contract, section 5; 42 CFR 414.46) and what Medicare pays of it (CARC 253)."""

from __future__ import annotations

from datetime import date
from typing import Literal

import polars as pl
import pytest
import table_lines

from schemas.rules import Rules
from transforms.sequestration import with_sequestration_check
from transforms.units import with_medicare_allowed

NATIONAL_2025, NATIONAL_2026, QP_2026 = 20.3178, 20.4976, 20.5998
LINE: dict[str, object] = {
    "service_date": date(2025, 6, 2),
    "billed_unit_tenths": 10,
    "share": 1.0,
    "state": "TX",
    "medicare_contractor": None,
    "medicare_locality": None,
}
TYPES = dict.fromkeys(("state", "medicare_contractor", "medicare_locality"), pl.String)


def price(
    basis: Literal["national", "locality"] = "locality",
    factor: Literal["non_qp", "qp"] = "non_qp",
    **values: object,
) -> tuple[float | None, bool | None]:
    """Medicare's price of one unit, and whether it is the national one."""
    frame = pl.DataFrame([LINE | values], schema_overrides=TYPES | {"share": pl.Float64})
    rules = Rules(medicare_basis=basis, conversion_factor=factor)
    made = with_medicare_allowed(frame, table_lines.reference(), rules)
    assert made.columns == [*frame.columns, "medicare_allowed", "medicare_is_national"]
    found, national = made.select("medicare_allowed", "medicare_is_national").row(0)
    return (None if found is None else round(found, 4)), national


@pytest.mark.parametrize(
    ("values", "wanted"),
    [
        ({"medicare_contractor": "04412", "medicare_locality": "18"}, (21.09, False)),  # Houston
        ({}, (NATIONAL_2025, True)),  # Texas has eight localities
        ({"state": "NV"}, (20.11, False)),  # Nevada has one
        ({"state": "DC"}, (22.08, False)),
        ({"state": "VA"}, (NATIONAL_2025, True)),  # its suburbs of Washington are in the locality of DC
        ({"state": None}, (NATIONAL_2025, True)),
        # what the line itself says goes before its state; what no file knows leaves the national price
        ({"state": "NV", "medicare_contractor": "04412", "medicare_locality": "18"}, (21.09, False)),
        ({"state": "NV", "medicare_contractor": "04412", "medicare_locality": "XX"}, (NATIONAL_2025, True)),
        ({"state": "NV", "medicare_contractor": "01312"}, (20.11, False)),
        ({"state": "NV", "share": None}, (None, None)),
        ({"state": "NV", "service_date": date(2031, 1, 1)}, (None, None)),
    ],
)
def test_price_by_locality(values: dict[str, object], wanted: tuple[float | None, bool | None]) -> None:
    assert price(**values) == wanted  # type: ignore[arg-type]


def test_national_price_whatever_the_line_says() -> None:
    houston = {"medicare_contractor": "04412", "medicare_locality": "18"}
    assert price("national", **houston) == (NATIONAL_2025, True)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("day", "factor", "wanted"),
    [
        (date(2025, 12, 31), "qp", NATIONAL_2025),
        (date(2026, 1, 1), "qp", QP_2026),
        (date(2026, 1, 1), "non_qp", NATIONAL_2026),
    ],
)
def test_the_factor_of_alternative_payment_models_since_2026(
    day: date, factor: Literal["non_qp", "qp"], wanted: float
) -> None:
    assert price("national", factor, service_date=day) == (wanted, True)
    assert price("locality", factor, service_date=day, state="NV")[1] is False


def test_qp_holds_for_localities_too() -> None:
    of = [
        price("locality", factor, service_date=date(2026, 1, 1), state="NV")[0] for factor in ("non_qp", "qp")
    ]
    assert of == [20.27, 20.38]


def test_every_state_with_one_locality_has_a_factor_in_every_year() -> None:
    for state in table_lines.reference().state_localities["state"]:
        for year in range(2022, 2027):
            assert price(state=state, service_date=date(year, 7, 1))[1] is False


PAID: dict[str, object] = {
    "payer": "medicare",
    "line_of_business": "medicare_ffs",
    "adjudication_state": "paid",
    "claim_level_adjusted": False,
    "recoded": False,
    "service_date": date(2025, 6, 2),
    "allowed_cents": 12_877,
    "deductible_cents": 0,
    "coinsurance_cents": 2_575,
    "copay_cents": 0,
    "other_neutral_cents": 0,
    "paid_cents": 10_096,
}


@pytest.mark.parametrize(
    ("values", "off"),
    [
        ({}, False),  # 128.77 less 25.75 less 2 % of 103.02
        ({"paid_cents": 10_302}, True),  # nothing taken off
        ({"paid_cents": 10_097}, False),  # a cent of rounding
        ({"paid_cents": 10_098}, True),
        ({"deductible_cents": 10_302, "paid_cents": 0}, False),
        # contract 4.8: charge 27.04, paid 7.34, PR-2 1.83, CO-253 0.07, CO-144 -0.11, at 1 % in spring 2022
        (
            {
                "service_date": date(2022, 5, 2),
                "allowed_cents": 913,
                "coinsurance_cents": 183,
                "other_neutral_cents": -11,
                "paid_cents": 734,
            },
            False,
        ),
        ({"service_date": date(2022, 3, 31), "paid_cents": 10_302}, False),  # suspended until then
        ({"service_date": date(2022, 4, 1), "paid_cents": 10_199}, False),
        ({"payer": "aetna", "line_of_business": "commercial", "paid_cents": 1}, False),
        ({"payer": "aetna", "line_of_business": "medicare_advantage", "paid_cents": 1}, False),
        ({"adjudication_state": "denied", "paid_cents": 0}, False),
        ({"claim_level_adjusted": True, "paid_cents": 1}, False),
        ({"recoded": True, "paid_cents": 1}, False),
    ],
)
def test_medicare_pays_allowed_less_patient_share_less_sequestration(
    values: dict[str, object], off: bool
) -> None:
    made = with_sequestration_check(pl.DataFrame([PAID | values]), table_lines.reference())
    assert made["sequestration_off"].to_list() == [off]
    assert made.columns == [*PAID, "sequestration_off"]


def test_lines_without_amounts_are_not_off() -> None:
    empty = dict.fromkeys(
        ("allowed_cents", "deductible_cents", "coinsurance_cents", "copay_cents", "other_neutral_cents"), None
    )
    lines = pl.DataFrame([PAID, PAID | empty | {"adjudication_state": "pending", "paid_cents": None}])
    assert (
        with_sequestration_check(lines, table_lines.reference())["sequestration_off"].to_list() == [False] * 2
    )

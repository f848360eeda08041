"""What payers say they pay, applied only where exactly one good rule fits."""

from __future__ import annotations

from datetime import date

import polars as pl
import pytest
import table_lines

from transforms.rules_in_force import with_expected
from transforms.tables.payer_rules import payer_rules

LINE: dict[str, object] = {
    "payer": "cigna",
    "payer_name": "CIGNA",
    "line_of_business": "commercial",
    "state": "TX",
    "service_date": date(2024, 1, 10),
    "care_model": "personally_performed",
    "share": 1.0,
    "base_units": 4,
    "minutes_thousandths": 32_000,
    "time_unit_tenths": 21,
    "allowed_cents": 61_000,
    "modifier_1": None,
    "modifier_2": None,
    "modifier_3": None,
    "modifier_4": None,
}
SCHEMA = {f"modifier_{i}": pl.String for i in range(1, 5)} | {
    "time_unit_tenths": pl.Int64,
    "minutes_thousandths": pl.Int64,
    "share": pl.Float64,
    "state": pl.String,
}


def expected(**values: object) -> dict[str, object]:
    frame = pl.DataFrame([LINE | values], schema_overrides=SCHEMA)
    return with_expected(frame, table_lines.reference()).row(0, named=True)


@pytest.mark.parametrize(
    ("values", "tenths"),
    [
        ({}, 61),  # 40 + 32 minutes / 15 to a tenth
        ({"service_date": date(2021, 4, 30)}, 70),  # each part of 15 minutes was a unit: 40 + 3 x 10
        ({"service_date": date(2021, 5, 1)}, 61),
        ({"service_date": date(2021, 4, 30), "minutes_thousandths": 30_000, "time_unit_tenths": 20}, 60),
        ({"payer": "aetna"}, None),  # its rounding is not verified
        ({"line_of_business": "medicare_advantage"}, None),  # the rule is commercial
        ({"minutes_thousandths": None, "time_unit_tenths": None}, None),
    ],
)
def test_units_under_the_payers_rounding(values: dict[str, object], tenths: int | None) -> None:
    assert expected(**values)["expected_unit_tenths"] == tenths


def test_a_plan_is_known_by_its_name() -> None:
    regence = {"payer": "bcbs", "line_of_business": "medicare_advantage"}
    assert (
        expected(payer_name="REGENCE BLUE SHIELD", **regence)["expected_unit_tenths"] == 60
    )  # 32 minutes: 2
    assert expected(payer_name="BCBS OF SOMEWHERE", **regence)["expected_unit_tenths"] is None


@pytest.mark.parametrize(
    ("values", "tenths"),
    [
        ({"payer": "medicare", "line_of_business": "medicare_ffs", "modifier_2": "P3"}, 61),  # paid 0
        ({"modifier_2": "P3"}, None),  # no rule of this payer tells what P3 is paid
        ({"modifier_2": "P2"}, 61),  # nobody pays P2
    ],
)
def test_physical_status_needs_a_rule_where_it_may_be_paid(
    values: dict[str, object], tenths: int | None
) -> None:
    assert expected(**values)["expected_unit_tenths"] == tenths


@pytest.mark.parametrize(
    ("values", "share"),
    [
        ({"service_date": date(2023, 3, 11)}, None),
        ({"service_date": date(2023, 3, 12)}, 0.85),
        ({"payer": "uhc", "service_date": date(2025, 10, 1)}, 0.85),
        ({"payer": "uhc", "service_date": date(2025, 10, 1), "state": "CA"}, None),  # exempt
        ({"payer": "uhc", "service_date": date(2025, 10, 1), "state": None}, None),
        ({"payer": "medicare", "line_of_business": "medicare_ffs"}, 1.0),
        ({"payer": "bcbs", "payer_name": "ANTHEM BLUE CROSS"}, None),  # only from memory: shown, not applied
    ],
)
def test_share_of_a_nurse_anesthetist_alone(values: dict[str, object], share: float | None) -> None:
    assert expected(care_model="crna_alone", **values)["expected_share"] == share


def test_price_per_unit_under_the_payers_rules() -> None:
    qz = expected(care_model="crna_alone", allowed_cents=51_850)
    assert qz["allowed_per_unit_payer_rules"] == pytest.approx(100.0)  # 518.50 / (6.1 x 0.85)
    assert expected(share=None)["allowed_per_unit_payer_rules"] is None


def test_every_rule_is_shown_and_only_good_ones_are_applied() -> None:
    shown = payer_rules(table_lines.reference())
    assert shown.height == table_lines.reference().payer_rules.height
    applied = shown.filter("applied").get_column("confidence").unique().to_list()
    assert set(applied) <= {"verified_official_file_or_text", "verified_secondary"}
    assert shown.filter(pl.col("confidence") == "from_memory_unverified").height > 0

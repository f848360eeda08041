"""Tables of fixed lines, kept as CSV files so that a change of a number shows as a line of a diff.

`python tests/golden/test_golden_tables.py` writes them anew.
"""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import polars as pl
import pytest
import table_lines
from table_lines import NPIS, denied, paid

from schemas.rules import AUDIENCES, Audience, DisclosureRules, Rules
from transforms.protect.tables import protect_tables
from transforms.tables.build import all_tables

FOLDER = Path(__file__).parent / "tables"
AS_OF = date(2024, 9, 30)
NAMES = (
    *("utilization", "payment", "case_payment", "care_models", "denials", "denial_reasons", "timeliness"),
    *("denial_categories", "authorizations", "clinical_themes", "collections", "price_trend"),
)
PAYERS = ("aetna", "uhc", "medicare")
RATES = {"aetna": 6_400, "uhc": 7_000, "medicare": 2_050}
"""Cents per unit."""
MODELS = (
    ("personally_performed", "AA", 1.0),
    ("crna_alone", "QZ", 1.0),
    ("directed_physician", "QK", 0.5),
    ("directed_crna", "QX", 0.5),
)


def line(number: int) -> dict[str, object]:
    """The n-th line: payer, model, minutes and answer follow from the number alone."""
    pair = number // 2
    payer = PAYERS[pair % 3]
    kind = pair // 3 % 3
    model, modifier, share = MODELS[kind if kind < 2 else 2 + number % 2]
    tenths = 14 + number % 13
    units = 40 + tenths
    service = date(2024, 1, 8) + timedelta(days=pair * 7 // 4 % 150)
    submitted = service + timedelta(days=2 + number % 9)
    facts: dict[str, object] = {
        "payer": payer,
        "line_of_business": "medicare_ffs" if payer == "medicare" else "commercial",
        "care_model": model,
        "modifier_1": modifier,
        "share": share,
        "billing_provider_npi": NPIS[number % 5],
        "patient_key": f"pair{pair:04}" if kind == 2 else f"patient{number:04}",
        "service_date": service,
        "anesthesia_minutes": tenths * 1.5,
        "time_unit_tenths": tenths,
        "billed_unit_tenths": units,
        "has_prior_authorization": number % 4 != 1,
        "diagnosis_1": ("M47812", "G894", "G893", "M5412")[number % 4],
        "charge_cents": 52_000 + 700 * (number % 17),
        "first_submitted_on": submitted,
        "first_remit_on": submitted + timedelta(days=14 + number % 21),
        "final_remit_on": submitted + timedelta(days=14 + number % 21),
    }
    if number % 11 == 3:
        return {k: v for k, v in facts.items() if not k.endswith("remit_on")}
    if number % 7 == 5:
        reason = "197" if number % 2 else "16"
        return denied(**facts, denial_carc=reason, first_denial_carc=reason, remark_codes="M127")
    allowed = units * RATES[payer] // 10 if share == 1.0 else units * RATES[payer] // 20
    return paid(allowed, **facts, first_paid_on=facts["first_remit_on"])


def tables(audience: Audience) -> dict[str, pl.DataFrame]:
    """The golden tables as an audience sees them."""
    built = all_tables(
        table_lines.lines(*(line(number) for number in range(360))),
        table_lines.no_remits(),
        table_lines.no_quality(),
        AS_OF,
        Rules(),
        table_lines.reference(),
    )
    return protect_tables({name: built[name] for name in NAMES}, DisclosureRules.of(audience))


def as_text(frame: pl.DataFrame) -> str:
    """Quarters and the rolling year as CSV: enough to see what moved."""
    return frame.filter(pl.col("period_type").is_in(["quarter", "rolling_12"])).write_csv()


@pytest.mark.parametrize("audience", AUDIENCES)
def test_tables_are_the_golden_ones(audience: Audience) -> None:
    for name, frame in tables(audience).items():
        golden = (FOLDER / audience / f"{name}.csv").read_text(encoding="utf-8")
        assert as_text(frame) == golden, f"{audience}/{name}.csv is not what is built"


if __name__ == "__main__":
    for chosen in AUDIENCES:
        (FOLDER / chosen).mkdir(parents=True, exist_ok=True)
        for table, made in tables(chosen).items():
            (FOLDER / chosen / f"{table}.csv").write_text(as_text(made), encoding="utf-8")

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
from schemas.tables import TABLES
from transforms.protect.audience_tables import protect_tables
from transforms.tables.build import all_tables
from transforms.tables.freshness import freshness

FOLDER = Path(__file__).parent / "tables"
AS_OF = date(2024, 9, 30)
ELSEWHERE = {"release_changes", "payer_rules"}
"""Tables without golden rows: one compares two releases, one repeats the reference table."""
PAYERS = ("aetna", "uhc", "medicare")
IDS = {"aetna": "60054", "uhc": "87726", "medicare": "04412"}
CONTRACTS = pl.DataFrame(
    [("aetna", "commercial", 64.0, None, date(2024, 2, 29)), ("aetna", None, 70.0, date(2024, 3, 1), None)],
    schema={
        "payer": pl.String,
        "line_of_business": pl.String,
        "dollars_per_unit": pl.Float64,
        "effective_from": pl.Date,
        "effective_to": pl.Date,
    },
    orient="row",
)
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
        "surgical_procedure_code": ("64633", "62281", None)[number % 3],
        "place_of_service": "22" if number % 5 == 0 else "24",
        "state": "TX" if number % 3 else "FL",
        "patient_sex": "F" if number % 5 else "M",
        "age_at_service": 35 + number % 48,
        "charge_cents": 52_000 + 700 * (number % 17),
        "submitted_on": submitted,
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


def fresh(lines: pl.LazyFrame) -> pl.DataFrame:
    """Table `freshness` of the lines as files brought them: claims by the week, remits by the month."""
    claims = lines.with_columns(
        pl.concat_str(pl.lit("week"), pl.col("submitted_on").dt.week()).alias("file_key"),
        pl.col("payer").replace_strict(IDS).alias("payer_id"),
        pl.lit(None, pl.String).alias("payer_name"),
    )
    remits = claims.filter(pl.col("first_remit_on").is_not_null()).with_columns(
        pl.concat_str(pl.lit("month"), pl.col("first_remit_on").dt.month()).alias("file_key"),
        pl.col("first_remit_on").alias("payment_date"),
    )
    return freshness(claims, remits, AS_OF, table_lines.reference())


def counted() -> pl.LazyFrame:
    """Counts of intake: two files of a payer, one of them with bad rows."""
    counts = {
        "source": "claim_lines",
        "payer_id": "60054",
        "payer_name": "AETNA",
        "month": date(2024, 1, 1),
        "rejected_files": 0,
        "findings": 0,
    }
    good = {
        "file_key": "a",
        "rows_read": 400,
        "in_scope": 90,
        "accepted": 90,
        "quarantined": 0,
        "repaired": 13,
    }
    bad = {"file_key": "b", "rows_read": 25, "in_scope": 0, "accepted": 0, "quarantined": 25, "repaired": 0}
    rows = [counts | good, counts | bad | {"rule_code": "bad_date"}]
    return pl.DataFrame(rows, schema=table_lines.QUALITY_SCHEMA).lazy()


def tables(audience: Audience) -> dict[str, pl.DataFrame]:
    """The golden tables as an audience sees them."""
    lines = table_lines.lines(*(line(number) for number in range(360)))
    built = all_tables(
        lines,
        table_lines.no_remits(),
        counted(),
        AS_OF,
        Rules(),
        table_lines.reference(),
        contracts=CONTRACTS,
    )
    shown = protect_tables({**built, "freshness": fresh(lines)}, DisclosureRules.of(audience))
    return {name: frame for name, frame in shown.items() if name not in ELSEWHERE}


def as_text(frame: pl.DataFrame) -> str:
    """As CSV; of tables of cells the quarters and the rolling year: enough to see what moved."""
    if "procedure_code" not in frame.columns:
        return frame.write_csv()
    return frame.filter(pl.col("period_type").is_in(["quarter", "rolling_12"])).write_csv()


@pytest.mark.parametrize("audience", AUDIENCES)
def test_tables_are_the_golden_ones(audience: Audience) -> None:
    made = tables(audience)
    assert {path.stem for path in (FOLDER / audience).glob("*.csv")} == made.keys()
    if audience == "internal":
        assert made.keys() == TABLES.keys() - ELSEWHERE
    for name, frame in made.items():
        golden = (FOLDER / audience / f"{name}.csv").read_text(encoding="utf-8")
        assert as_text(frame) == golden, f"{audience}/{name}.csv is not what is built"


if __name__ == "__main__":
    for chosen in AUDIENCES:
        (FOLDER / chosen).mkdir(parents=True, exist_ok=True)
        for table, made in tables(chosen).items():
            (FOLDER / chosen / f"{table}.csv").write_text(as_text(made), encoding="utf-8")

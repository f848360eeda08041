"""Resolved lines for table tests: rows by hand with sensible defaults, and random ones of any number."""

from __future__ import annotations

from datetime import date
from functools import cache
from pathlib import Path

import numpy as np
import polars as pl

from schemas.columns import polars_schema
from schemas.reference import SCHEMAS, ReferenceTables
from schemas.resolved import RESOLVED_LINE, RESOLVED_REMIT
from schemas.rules import Rules
from transforms.reference_tables import parse_reference
from transforms.tables.build import all_tables

ROOT = Path(__file__).parents[2]
LINE_SCHEMA = polars_schema(RESOLVED_LINE)
REMIT_SCHEMA = polars_schema(RESOLVED_REMIT)
QUALITY_SCHEMA = {
    "file_key": pl.String,
    "source": pl.String,
    "payer_id": pl.String,
    "payer_name": pl.String,
    "month": pl.Date,
    "rule_code": pl.String,
    "rows_read": pl.Int64,
    "in_scope": pl.Int64,
    "accepted": pl.Int64,
    "quarantined": pl.Int64,
    "repaired": pl.Int64,
    "rejected_files": pl.Int64,
    "findings": pl.Int64,
}
NPIS = ("1000000004", "1000000012", "1000000020", "1000000038", "1000000046", "1000000053")

DEFAULTS: dict[str, object] = {
    "file_key": "f" * 16,
    "in_scope": True,
    "role": "P",
    "submitted_on": date(2024, 2, 1),
    "claim_frequency_code": "1",
    "billing_provider_npi": NPIS[0],
    "rendering_provider_npi": NPIS[0],
    "line_number": 1,
    "procedure_code": "01939",
    "service_date": date(2024, 1, 10),
    "charge_cents": 66_000,
    "payer": "aetna",
    "payer_name": "AETNA",
    "standing": "current",
    "replaced_claim": False,
    "voided_claim": False,
    "line_of_business": "commercial",
    "care_model": "personally_performed",
    "modifier_1": "AA",
    "state": "TX",
    "anesthesia_minutes": 30.0,
    "minutes_suspect": False,
    "base_units": 4,
    "time_unit_tenths": 20,
    "billed_unit_tenths": 60,
    "share": 1.0,
    "first_submitted_on": date(2024, 2, 1),
    "place_of_service": "24",
    "age_at_service": 50,
    "patient_sex": "F",
    "diagnosis_1": "M47812",
    "adjudication_state": "pending",
    "initially_denied": False,
    "is_paid_line": False,
    "is_priced": False,
    "is_unit_priced": False,
}
PAID: dict[str, object] = {
    "adjudication_state": "paid",
    "first_remit_on": date(2024, 2, 20),
    "first_paid_on": date(2024, 2, 20),
    "final_remit_on": date(2024, 2, 20),
    "first_paid": True,
    "network": "in_or_unknown",
    "deductible_cents": 0,
    "coinsurance_cents": 0,
    "copay_cents": 0,
    "is_paid_line": True,
    "is_priced": True,
    "is_unit_priced": True,
}
DENIED: dict[str, object] = {
    "adjudication_state": "denied",
    "first_remit_on": date(2024, 2, 20),
    "final_remit_on": date(2024, 2, 20),
    "first_paid": False,
    "initially_denied": True,
    "first_denial_group": "CO",
    "first_denial_carc": "197",
    "denial_group": "CO",
    "denial_carc": "197",
    "denial_category": "authorization",
    "prior_authorization_denial": True,
    "paid_cents": 0,
    "allowed_cents": 0,
}


def paid(allowed_cents: int, **values: object) -> dict[str, object]:
    """A paid, unit-priced line of 6.0 units: its price per unit is allowed / 6."""
    units = values.get("billed_unit_tenths", 60)
    share = values.get("share", 1.0)
    assert isinstance(units, int) and isinstance(share, float)
    made: dict[str, object] = {
        **PAID,
        "allowed_cents": allowed_cents,
        "paid_cents": allowed_cents,
        "allowed_per_unit": allowed_cents / 100 / (units / 10 * share),
        "medicare_allowed": units / 10 * share * 20.0,
        "medicare_is_national": True,
    }
    return made | values


def denied(**values: object) -> dict[str, object]:
    """A line denied for want of prior authorization."""
    return DENIED | values


def lines(*rows: dict[str, object]) -> pl.LazyFrame:
    """Resolved lines; every row its own claim and patient unless it says otherwise."""
    filled = []
    for number, row in enumerate(rows, start=1):
        own: dict[str, object] = {
            "row_number": number,
            "claim_key": f"claim{number:04}",
            "claim_number_key": f"claim{number:04}",
            "patient_key": f"patient{number:04}",
        }
        made = DEFAULTS | own | row
        day = made["service_date"]
        assert isinstance(day, date)
        made["service_month"] = day.replace(day=1)
        filled.append({name: made.get(name) for name in LINE_SCHEMA})
    return pl.DataFrame(filled, schema=LINE_SCHEMA, orient="row").lazy()


def no_remits() -> pl.LazyFrame:
    """No remit lines."""
    return pl.LazyFrame(schema=REMIT_SCHEMA)


def no_quality() -> pl.LazyFrame:
    """No counts of intake."""
    return pl.LazyFrame(schema=QUALITY_SCHEMA)


@cache
def reference() -> ReferenceTables:
    """The shipped reference tables."""
    folder = ROOT / "data" / "reference"
    return parse_reference(
        {name: pl.read_csv(folder / f"{name}.csv", infer_schema=False) for name in SCHEMAS}
    )


def random_lines(count: int, seed: int = 1, months: int = 24, providers: int = 300) -> pl.LazyFrame:
    """Many plausible resolved lines of six payers, mostly current; directed cases come as two lines."""
    rng = np.random.default_rng(seed)
    case = np.arange(count) // 2 + rng.integers(0, 2, count) * count
    directed = case < count
    month = np.sort(rng.integers(0, months, count))
    day = np.datetime64("2023-01-01") + month * 30 + rng.integers(0, 28, count)
    minutes = rng.normal(35, 12, count).clip(6, 200).round()
    tenths = np.floor(minutes / 1.5 + 0.5).astype(np.int64)
    payer_index = rng.choice(6, count, p=[0.2, 0.25, 0.15, 0.25, 0.1, 0.05])
    payer = np.array(["aetna", "bcbs", "cigna", "uhc", "medicare", "other"])[payer_index]
    business = np.where(
        payer == "medicare",
        "medicare_ffs",
        np.where(rng.random(count) < 0.2, "medicare_advantage", "commercial"),
    )
    model = np.where(
        directed,
        np.where(np.arange(count) % 2 == 0, "directed_physician", "directed_crna"),
        np.where(rng.random(count) < 0.6, "personally_performed", "crna_alone"),
    )
    modifier = {
        "directed_physician": "QK",
        "directed_crna": "QX",
        "personally_performed": "AA",
        "crna_alone": "QZ",
    }
    share = np.where(directed, 0.5, 1.0)
    state = rng.choice(
        ["paid", "denied", "zero_pay_other", "pending", "reversed"], count, p=[0.75, 0.1, 0.03, 0.1, 0.02]
    )
    is_paid = state == "paid"
    priced = is_paid & (rng.random(count) < 0.9)
    unit = (40 + tenths) / 10 * share
    rate = np.array([60.0, 70, 65, 68, 20.5, 55])[payer_index] * rng.normal(1, 0.15, count).clip(0.5, 2)
    allowed = (unit * rate * 100).round().astype(np.int64)
    adjudicated = np.isin(state, ["paid", "denied", "zero_pay_other"])
    npi = np.array([f"1{n:09}" for n in range(providers)])[rng.zipf(1.4, count) % providers]
    submitted = day + rng.integers(1, 20, count)
    answered = submitted + rng.integers(5, 60, count)
    first_denied = adjudicated & (rng.random(count) < 0.15) | (state == "denied")

    def only(mask: np.ndarray, values: np.ndarray) -> pl.Expr:
        return pl.when(pl.Series(mask)).then(pl.Series(values))

    number = pl.int_range(1, count + 1, dtype=pl.Int64, eager=True)
    days = {"submitted_on": submitted, "first_submitted_on": submitted, "service_date": day}
    frame = pl.DataFrame(
        {
            "file_key": pl.repeat("0" * 16, count, eager=True),
            "row_number": number,
            "in_scope": pl.repeat(True, count, eager=True),
            "procedure_code": rng.choice(["01939", "01937", "01940"], count, p=[0.6, 0.2, 0.2]),
            "patient_key": pl.Series(case // 3).cast(pl.String).str.zfill(32),
            "claim_key": number.cast(pl.String).str.zfill(32),
            "billing_provider_npi": npi,
            "rendering_provider_npi": npi,
            "payer": payer,
            "payer_name": payer,
            "line_of_business": business,
            "care_model": model,
            "modifier_1": pl.Series(model).replace(modifier),
            "modifier_2": rng.choice(["QS", "P3", "G9"], count),
            "role": np.where(rng.random(count) < 0.97, "P", "S"),
            "anesthesia_minutes": minutes,
            "time_unit_tenths": tenths,
            "billed_unit_tenths": tenths + 40,
            "share": share,
            "charge_cents": rng.integers(50_000, 150_000, count),
            "adjudication_state": state,
            "is_paid_line": is_paid,
            "is_priced": priced,
            "is_unit_priced": priced,
            "initially_denied": first_denied,
            "first_paid": adjudicated & ~first_denied,
            "place_of_service": rng.choice(["24", "22", "11", "19"], count, p=[0.6, 0.25, 0.1, 0.05]),
            "state": rng.choice(["TX", "FL", "CA", "NY", "OH", "PA", "GA", "NC", "MI", "AZ"], count),
            "age_at_service": rng.integers(20, 91, count),
            "patient_sex": rng.choice(["F", "M"], count),
            "diagnosis_1": rng.choice(["M47812", "M47816", "G894", "M5412", "M546"], count),
            "surgical_procedure_code": rng.choice(["64633", "64635", "62281"], count),
            **{name: pl.Series(days[name]).cast(pl.Date) for name in days},
        }
    )
    money = pl.Series(allowed)
    frame = frame.with_columns(
        pl.col("service_date").dt.month_start().alias("service_month"),
        pl.when(pl.col("role") == "P")
        .then(pl.lit("current"))
        .otherwise(pl.lit("secondary"))
        .alias("standing"),
        pl.lit(False).alias("voided_claim"),
        pl.lit(False).alias("replaced_claim"),
        pl.lit(False).alias("minutes_suspect"),
        pl.lit(4, dtype=pl.Int64).alias("base_units"),
        pl.lit("in_or_unknown").alias("network"),
        only(is_paid, allowed).alias("allowed_cents"),
        only(is_paid, allowed * 8 // 10).alias("paid_cents"),
        only(is_paid, allowed - allowed * 8 // 10).alias("coinsurance_cents"),
        only(is_paid, allowed * 0).alias("deductible_cents"),
        only(is_paid, allowed * 0).alias("copay_cents"),
        only(priced, money.to_numpy() / 100 / unit).alias("allowed_per_unit"),
        only(priced, unit * 20.3178).alias("medicare_allowed"),
        pl.Series("medicare_is_national", priced),
        *(
            only(mask, answered).cast(pl.Date).alias(name)
            for name, mask in (
                ("first_remit_on", adjudicated),
                ("final_remit_on", adjudicated),
                ("first_paid_on", is_paid),
            )
        ),
        *(
            only(mask, np.full(count, word)).alias(name)
            for name, mask, word in (
                ("denial_group", state == "denied", "CO"),
                ("denial_category", state == "denied", "authorization"),
                ("first_denial_group", first_denied, "CO"),
            )
        ),
        *(
            only(mask, rng.choice(["197", "16", "50", "29"], count)).alias(name)
            for name, mask in (("denial_carc", state == "denied"), ("first_denial_carc", first_denied))
        ),
    )
    frame = frame.with_columns((pl.col("denial_carc") == "197").alias("prior_authorization_denial"))
    missing = [
        pl.lit(None, dtype=dtype).alias(name)
        for name, dtype in LINE_SCHEMA.items()
        if name not in frame.columns
    ]
    return (
        frame.with_columns(missing)
        .select(pl.col(name).cast(dtype) for name, dtype in LINE_SCHEMA.items())
        .lazy()
    )


def tables_of(rows: list[dict[str, object]], as_of: date = date(2024, 6, 30)) -> dict[str, pl.DataFrame]:
    """All tables of some lines by hand, with their helper columns."""
    return all_tables(lines(*rows), no_remits(), no_quality(), as_of, Rules(), reference())

"""Tables of a few lines whose every number can be worked out by hand."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import polars as pl
import pytest
import table_lines
from table_lines import NPIS, denied, paid

from schemas.pandera_schemas import pandera_schema
from schemas.rules import Rules
from schemas.tables import TABLES
from transforms.tables.analysis_lines import open_analysis
from transforms.tables.build import all_tables

Row = dict[str, object]
AS_OF = date(2024, 6, 30)


def build(*rows: Row, as_of: date = AS_OF, contracts: pl.DataFrame | None = None) -> dict[str, pl.DataFrame]:
    return all_tables(
        table_lines.lines(*rows),
        table_lines.no_remits(),
        table_lines.no_quality(),
        as_of,
        Rules(),
        table_lines.reference(),
        contracts=contracts,
    )


def cell(frame: pl.DataFrame, period: str = "month", **keys: object) -> Row:
    wanted = {"payer": "aetna", "line_of_business": "commercial", "period_type": period} | keys
    found = frame.filter(pl.col(name) == value for name, value in wanted.items())
    assert found.height == 1, found
    return found.row(0, named=True)


def on(day: date, **values: object) -> Row:
    return {"service_date": day} | values


def test_roll_ups_count_patients_once() -> None:
    made = build(
        {"patient_key": "a", "payer": "aetna"},
        {"patient_key": "a", "payer": "uhc"},
        {"patient_key": "b", "payer": "uhc", "line_of_business": "medicare_advantage"},
    )["utilization"]
    assert cell(made)["patients"] == 1
    assert cell(made, payer="uhc", line_of_business="all")["patients"] == 2
    everything = cell(made, payer="all", line_of_business="all")
    assert (everything["service_lines"], everything["patients"], everything["is_rollup"]) == (3, 2, True)
    assert cell(made)["is_rollup"] is False
    assert "all" not in made.get_column("procedure_code").to_list()


def test_a_case_is_patient_day_and_code_across_claims() -> None:
    row = cell(
        build(
            {"patient_key": "a", "claim_key": "1"},
            {"patient_key": "a", "claim_key": "2", "billing_provider_npi": NPIS[1]},
            {"patient_key": "a", "claim_key": "2", "service_date": date(2024, 1, 11)},
        )["utilization"]
    )
    counts = ("claims", "service_lines", "cases", "patients", "billing_providers")
    assert [row[name] for name in counts] == [2, 3, 2, 1, 2]


def test_rolling_window_ends_with_the_last_mature_month_that_has_a_line() -> None:
    # as of 2024-06-30 March is the last month that ended 90 days ago; its window: April 2023 to March 2024
    days = [date(2023, 3, 31), date(2023, 4, 1), date(2024, 3, 31), date(2024, 4, 1)]
    made = build(*(on(day) for day in days))["utilization"]
    row = cell(made, "rolling_12")
    assert (row["period_start"], row["service_lines"], row["is_mature"]) == (date(2023, 4, 1), 2, True)
    months = made.filter(
        pl.col("period_type") == "month", pl.col("payer") == "all", pl.col("line_of_business") == "all"
    )
    assert months.get_column("is_mature").to_list() == [True, True, True, False]


def test_rolling_window_without_a_mature_month_ends_with_the_last_one() -> None:
    row = cell(build(on(date(2024, 5, 2)), on(date(2024, 6, 3)))["utilization"], "rolling_12")
    assert (row["period_start"], row["service_lines"], row["is_mature"]) == (date(2023, 7, 1), 2, False)


def test_one_window_for_all_payers() -> None:
    made = build(on(date(2024, 1, 5)), on(date(2024, 3, 5), payer="uhc"))["utilization"]
    starts = made.filter(pl.col("period_type") == "rolling_12").get_column("period_start").unique()
    assert starts.to_list() == [date(2023, 4, 1)]


def test_quarter_and_year_start_on_their_first_day() -> None:
    made = build(on(date(2024, 5, 31)))["utilization"]
    assert cell(made, "quarter")["period_start"] == date(2024, 4, 1)
    assert cell(made, "year")["period_start"] == date(2024, 1, 1)


def test_secondary_lines_count_where_current_ones_stand() -> None:
    aside: Row = {"standing": "secondary", "role": "S", "line_of_business": None}
    voided: Row = {"standing": "void", "line_of_business": None, "voided_claim": True}
    made = build({}, aside, aside, voided, aside | {"payer": "uhc"})["utilization"]
    assert cell(made)["secondary_lines"] == 0
    rolled = cell(made, line_of_business="all")
    assert (rolled["service_lines"], rolled["secondary_lines"], rolled["voided_claims"]) == (1, 2, 1)
    assert cell(made, payer="all", line_of_business="all")["secondary_lines"] == 3
    assert "uhc" not in made.get_column("payer").to_list()


def test_null_means_no_line_has_the_value_and_counts_are_zero() -> None:
    bare: Row = {"anesthesia_minutes": None, "billed_unit_tenths": None, "time_unit_tenths": None}
    row = cell(build(bare)["utilization"])
    absent = ("minutes_sum", "minutes_mean", "minutes_p50", "billed_units_sum", "billed_units_mean")
    assert [row[name] for name in absent] == [None] * 5
    assert (row["pending_lines"], row["adjudicated_lines"], row["adjudicated_share"]) == (1, 0, 0.0)
    assert row["charge_sum"] == Decimal("660.00")


def test_payment_statistics_of_three_lines() -> None:
    # allowed 360, 420, 600 for 6 units each: 60, 70, 100 a unit; Medicare 6 x 20 = 120 each
    made = build(paid(36_000), paid(42_000), paid(60_000, paid_cents=50_000, coinsurance_cents=10_000))
    row = cell(made["payment"])
    assert (row["allowed_sum"], row["paid_sum"]) == (Decimal("1380.00"), Decimal("1280.00"))
    assert (row["patient_responsibility_sum"], row["coinsurance_sum"]) == (
        Decimal("100.00"),
        Decimal("100.00"),
    )
    assert (row["allowed_mean"], row["allowed_p50"], row["allowed_p25"]) == (460.0, 420.0, 390.0)
    assert (row["allowed_per_unit_mean"], row["allowed_per_unit_p50"]) == (76.6667, 70.0)
    assert (row["medicare_allowed_sum"], row["ratio_to_national_medicare"]) == (Decimal("360.00"), 3.8333)
    assert row["allowed_to_charge"] == 0.697  # 1380 / 1980 = 0.69697


def test_out_of_network_lines_carry_no_price() -> None:
    away: Row = {"network": "out_of_network", "is_priced": False, "is_unit_priced": False}
    row = cell(build(paid(90_000, **away))["payment"])
    assert (row["service_lines"], row["out_of_network_lines"], row["allowed_sum"]) == (0, 1, Decimal("0.00"))
    assert (row["allowed_mean"], row["allowed_p50"], row["ratio_to_national_medicare"]) == (None, None, None)


def test_payment_has_no_row_where_nothing_was_paid() -> None:
    made = build({}, denied())
    assert made["payment"].height == 0
    assert made["denials"].height > 0


def test_own_rules_of_a_payer() -> None:
    # Cigna commercial pays QZ 85 % since 2023-03-12 and rounds time to a tenth: 612 / (6 x 0.85) = 120
    qz: Row = {"payer": "cigna", "payer_name": "CIGNA", "care_model": "crna_alone", "modifier_1": "QZ"}
    made = build(paid(61_200, **qz), paid(61_200))
    row = cell(made["payment"], payer="cigna")
    assert (row["allowed_per_unit_p50"], row["allowed_per_unit_payer_rules_p50"]) == (102.0, 120.0)
    assert (
        cell(made["payment"])["allowed_per_unit_payer_rules_p50"] is None
    )  # Aetna's rounding is not verified


def test_observed_share_is_against_the_payers_own_physicians() -> None:
    # 60 a billed unit alone, 30 directed: half
    half: Row = {"care_model": "directed_crna", "share": 0.5}
    made = build(paid(36_000), paid(18_000, **half), paid(18_000, payer="uhc", **half))["care_models"]
    assert cell(made, care_model="directed_crna")["observed_share"] == 0.5
    assert cell(made, care_model="personally_performed")["observed_share"] == 1.0
    assert cell(made, care_model="directed_crna", payer="uhc")["observed_share"] is None
    assert cell(made, care_model="directed_crna")["share_of_lines"] == 0.5


def test_modifiers_count_once_each() -> None:
    made = build(
        {"modifier_1": "AA", "modifier_2": "QS", "modifier_3": "QS"},
        {"modifier_1": "AA"},
        {"modifier_1": None},
    )["modifiers"]
    shares = {m: cell(made, modifier=m)["share_of_lines"] for m in ("AA", "QS", "unknown")}
    assert shares == {"AA": 0.6667, "QS": 0.3333, "unknown": 0.3333}
    assert cell(made, modifier="QS")["service_lines"] == 1


def test_complete_cases() -> None:
    pair: Row = {"patient_key": "pair", "share": 0.5}
    lone: Row = {"patient_key": "lone", "care_model": "directed_crna", "share": 0.5}
    made = build(
        paid(18_000, care_model="directed_physician", **pair),
        paid(18_600, care_model="directed_crna", billed_unit_tenths=62, time_unit_tenths=22, **pair),
        paid(36_000),
        paid(18_000, **lone),
        paid(9_000, patient_key="ad", care_model="supervised", is_unit_priced=False),
        {"patient_key": "waits"},
    )["case_payment"]
    row = cell(made)
    assert (row["cases"], row["complete_cases"], row["incomplete_cases"]) == (5, 2, 3)
    assert (row["unpaired_directed_cases"], row["supervised_cases"]) == (1, 1)
    # 366.00 for 6.2 units (the longer line's time, once) and 360.00 for 6.0
    assert (row["allowed_per_case_mean"], row["allowed_per_case_p50"]) == (363.0, 363.0)
    assert row["units_per_case_mean"] == 6.1
    assert row["allowed_per_unit_case_p50"] == 59.5161  # (366 / 6.2 + 60) / 2


def test_a_crna_with_a_supervisor_is_not_unpaired() -> None:
    made = build(
        {"patient_key": "a", "care_model": "supervised"}, {"patient_key": "a", "care_model": "directed_crna"}
    )["case_payment"]
    row = cell(made)
    assert (row["supervised_cases"], row["unpaired_directed_cases"]) == (1, 0)


def test_denials() -> None:
    overturned = paid(36_000, initially_denied=True)
    row = cell(
        build(denied(), denied(prior_authorization_denial=False), overturned, paid(36_000), {})["denials"]
    )
    assert (row["service_lines"], row["denied_lines"], row["denial_rate"]) == (4, 2, 0.5)
    assert (row["initially_denied_lines"], row["initial_denial_rate"], row["overturned_lines"]) == (
        3,
        0.75,
        1,
    )
    assert (row["prior_auth_denied_lines"], row["denied_charge_sum"]) == (1, Decimal("1320.00"))


def test_denial_reasons_of_first_and_final_denials() -> None:
    first: Row = {"initially_denied": True, "first_denial_group": "CO", "first_denial_carc": "16"}
    made = build(
        denied(remark_codes="N30|M127"),
        denied(remark_codes="N30"),
        paid(36_000, **first),
        paid(36_000, **first),
    )["denial_reasons"]
    authorization = cell(made, carc="197")
    assert (authorization["service_lines"], authorization["share_of_denied"]) == (2, 1.0)
    assert (authorization["top_rarc"], authorization["overturn_rate"]) == ("N30", 0.0)
    missing = cell(made, carc="16")
    assert (missing["service_lines"], missing["charge_sum"]) == (0, Decimal("0.00"))
    assert (missing["initially_denied_lines"], missing["overturned_lines"], missing["overturn_rate"]) == (
        2,
        2,
        1.0,
    )


def test_timeliness() -> None:
    # service 01-10, submitted 02-01 (22 days), answered 02-20 (19 days)
    late = paid(36_000, initially_denied=True, first_paid=False, first_paid_on=date(2024, 3, 1))
    late |= {"final_remit_on": date(2024, 3, 1)}
    early = denied(first_submitted_on=date(2024, 1, 1))
    row = cell(build(paid(36_000), late, early)["timeliness"])
    assert row["days_to_submit_p50"] == 22.0  # the third would be negative: left out
    assert (row["days_to_first_remit_p50"], row["days_to_first_remit_p90"]) == (19.0, 43.8)  # 19, 19, 50
    assert (row["days_to_payment_p50"], row["days_to_final_p50"]) == (24.0, 29.0)  # 19, 29 and 19, 29, 50
    assert (row["first_pass_paid_rate"], row["paid_through"]) == (0.3333, date(2024, 3, 1))


@pytest.mark.parametrize(
    ("submitted", "band"),
    [
        (date(2024, 5, 31), "0-30"),
        (date(2024, 5, 30), "31-60"),
        (date(2024, 5, 1), "31-60"),
        (date(2024, 4, 1), "61-90"),
        (date(2024, 3, 31), "91+"),
    ],
)
def test_open_claims_by_age(submitted: date, band: str) -> None:
    made = build({"first_submitted_on": submitted}, denied())["open_claims"]
    assert cell(made, age_band=band)["charge_sum"] == Decimal("660.00")
    assert made.get_column("service_lines").unique().to_list() == [1]


def test_procedures_only_of_lines_that_carry_one() -> None:
    low: Row = {"surgical_procedure_code": "64635"}
    made = build({"surgical_procedure_code": "64633"}, low, {}, {"surgical_procedure_code": "99999"})
    conflicts = {
        code: cell(made["procedures"], surgical_procedure_code=code)["region_conflict"]
        for code in ("64633", "64635", "99999")
    }
    assert conflicts == {"64633": False, "64635": True, "99999": None}
    assert cell(made["procedures"], surgical_procedure_code="64633")["share_of_lines"] == 0.25
    assert "unknown" not in made["procedures"].get_column("surgical_procedure_code").to_list()


def test_diagnoses_and_their_region() -> None:
    made = build(
        {"diagnosis_1": "M47812"},
        {"diagnosis_1": "M47816", "diagnosis_2": "M47812"},  # the second diagnosis fits
        {"diagnosis_1": "M47816"},
        {"diagnosis_1": "Z999"},
        {"diagnosis_1": None},
    )["diagnoses"]
    low = cell(made, diagnosis="M47", region="lumbar_sacral")
    assert (low["service_lines"], low["region_conflict_lines"]) == (2, 1)
    assert cell(made, diagnosis="M47", region="cervical_thoracic")["region_conflict_lines"] == 0
    assert cell(made, diagnosis="Z99", region="unknown")["region_conflict_lines"] == 0
    assert cell(made, diagnosis="unknown", region="unknown")["service_lines"] == 1


def test_sites_states_and_demographics() -> None:
    made = build(paid(36_000), {"place_of_service": "11", "state": None, "age_at_service": 90}, denied())
    assert cell(made["sites"], place_of_service="11")["share_of_lines"] == 0.3333
    assert made["sites"].get_column("site_name").null_count() == 0
    texas = cell(made["states"], state="TX")
    assert (texas["denial_rate"], texas["ratio_to_national_medicare"]) == (0.5, 3.0)
    assert cell(made["states"], state="unknown")["denial_rate"] is None
    assert cell(made["demographics"], age_band="75+", sex="F")["service_lines"] == 1
    assert cell(made["demographics"], age_band="40-64", sex="F")["minutes_p50"] == 30.0


def test_contract_variance() -> None:
    contracts = pl.DataFrame(
        {
            "payer": ["aetna", "aetna", "uhc"],
            "line_of_business": ["commercial", None, None],
            "dollars_per_unit": [60.0, 1.0, 2.0],
            "effective_from": [date(2024, 1, 1), None, date(2025, 1, 1)],
            "effective_to": [None, None, None],
        },
        schema_overrides={"effective_to": pl.Date},
    )
    # 6 units x 60 = 360.00: a cent less is as agreed, two cents are underpaid; uhc's contract comes too late
    rows = (paid(36_000), paid(35_999), paid(35_998), paid(40_000), paid(100, payer="uhc"))
    made = build(*rows, contracts=contracts)["contract_variance"]
    row = cell(made)
    assert (row["service_lines"], row["expected_allowed_sum"]) == (4, Decimal("1440.00"))
    assert (row["underpaid_lines"], row["underpaid_sum"], row["overpaid_lines"]) == (1, Decimal("0.02"), 1)
    assert "uhc" not in made.get_column("payer").to_list()
    assert build(*rows)["contract_variance"].height == 0


def test_contract_variance_follows_what_the_payer_says_it_pays() -> None:
    """Contract, section 5: a nurse anesthetist alone is paid 85 % at Cigna since 2023-03-12."""
    contracts = pl.DataFrame(
        {
            "payer": ["cigna", "aetna"],
            "line_of_business": [None, None],
            "dollars_per_unit": [60.0, 60.0],
            "effective_from": [date(2024, 1, 1)] * 2,
            "effective_to": [None, None],
        },
        schema_overrides={"effective_to": pl.Date, "line_of_business": pl.String},
    )
    alone = {"care_model": "crna_alone", "modifier_1": "QZ"}
    # 6 units x 0.85 x 60 = 306.00 at Cigna; no rule of Aetna's is known: 6 x 60 = 360.00
    rows = (
        paid(30_600, payer="cigna", **alone),
        paid(30_598, payer="cigna", **alone),
        paid(36_000, payer="cigna"),
        paid(30_600, payer="aetna", **alone),
    )
    made = build(*rows, contracts=contracts)["contract_variance"]
    cigna = cell(made, payer="cigna")
    assert (cigna["service_lines"], cigna["expected_allowed_sum"]) == (3, Decimal("972.00"))
    assert (cigna["underpaid_lines"], cigna["underpaid_sum"]) == (1, Decimal("0.02"))
    aetna = cell(made, payer="aetna")
    assert (aetna["expected_allowed_sum"], aetna["underpaid_sum"]) == (Decimal("360.00"), Decimal("54.00"))


def test_no_lines_make_empty_tables_of_the_right_shape() -> None:
    for name, frame in build().items():
        spec = TABLES[name]
        assert frame.height == (0 if name != "payer_rules" else frame.height)
        assert frame.columns[: len(spec.columns)] == [c.name for c in spec.columns]
        assert [frame.schema[c.name] for c in spec.columns] == [c.dtype for c in spec.columns]


def test_tables_are_valid_and_sorted() -> None:
    for name, frame in build(paid(36_000), denied(), {}, paid(90_000, payer="uhc")).items():
        spec = TABLES[name]
        published = frame.select(c.name for c in spec.columns)
        pandera_schema(spec.schema()).validate(published)
        assert published.equals(published.sort(spec.key_names, nulls_last=True)), name


@pytest.mark.parametrize(("state", "share"), [("TX", 0.85), ("CA", None), (None, None)])
def test_a_rule_that_excepts_states_needs_to_know_the_state(state: str | None, share: float | None) -> None:
    qz: Row = {"payer": "uhc", "payer_name": "UNITEDHEALTHCARE", "care_model": "crna_alone", "state": state}
    lines = table_lines.lines(paid(36_000, service_date=date(2025, 10, 2), **qz))
    analysis = open_analysis(lines, date(2025, 12, 31), Rules(), table_lines.reference())
    (part,) = analysis.parts
    assert part.lines.collect().get_column("expected_share").to_list() == [share]

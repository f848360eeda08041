"""The oracle on amounts, units, states and tables worked by hand: the arithmetic stands in the test."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from hand_rows import Row, claim, denial, line, remit, run
from oracle_tables import tables

# --- amounts and units ---------------------------------------------------------------------------


def test_the_houston_example() -> None:
    # 32 / 15 = 2.133 -> 2.1; 4 + 2.1 = 6.1; 6.1 x 21.11 = 128.771 -> 128.77
    # 660.00 - 531.23 - 2.06 - 25.75 = 100.96; 100.96 + 25.75 + 2.06 = 128.77
    found = line(run([claim(1)], [remit(1)]), 1)

    assert (found["time_unit_tenths"], found["billed_unit_tenths"]) == (21, 61)
    assert (found["paid_cents"], found["allowed_cents"], found["coinsurance_cents"]) == (10096, 12877, 2575)
    assert found["allowed_per_unit"] == pytest.approx(128.77 / 6.1, rel=1e-12)
    assert found["medicare_allowed"] == pytest.approx(6.1 * 20.4976, rel=1e-12)
    assert (found["is_priced"], found["is_unit_priced"], found["unbalanced"]) == (True, True, False)
    assert (found["payer"], found["line_of_business"]) == ("aetna", "commercial")


@pytest.mark.parametrize("modifier", ["QK", "QX"])
def test_half_of_the_houston_case_has_the_same_price_per_unit(modifier: str) -> None:
    # 128.77 / 2 = 64.385 -> 64.39; the share of a directed line is a half
    half = remit(1, paid_cents=6439, adjustments="CO-45:59561")

    found = line(run([claim(1, modifier_1=modifier)], [half]), 1)

    assert found["allowed_cents"] == 6439
    assert found["allowed_per_unit"] == pytest.approx(64.39 / (6.1 * 0.5), rel=1e-12)


def test_allowed_of_the_contract_s_check() -> None:
    # 7.34 + 1.83 + 0.07 - 0.11 = 9.13, of a charge of 27.04 with 17.91 written off
    check = remit(1, charge_cents=2704, paid_cents=734, adjustments="CO-144:-11|CO-253:7|CO-45:1791|PR-2:183")

    found = line(run([claim(1, charge_cents=2704)], [check]), 1)

    assert (found["allowed_cents"], found["allowed_source"], found["unbalanced"]) == (913, "derived", False)


@pytest.mark.parametrize(
    ("given", "source", "allowed", "conflict"),
    [
        (12877, "given", 12877, False),
        (12878, "given", 12878, False),
        (12879, "given", 12879, True),
        (0, "given_rejected", 12877, True),
        (66001, "given_rejected", 12877, True),
        (12670, "given_rejected", 12877, True),  # below 100.96 + 25.75 = 126.71
        (12671, "given", 12671, True),
    ],
)
def test_when_a_given_allowed_amount_can_be(given: int, source: str, allowed: int, conflict: bool) -> None:
    found = line(run([claim(1)], [remit(1, allowed_given_cents=given)]), 1)

    assert (found["allowed_source"], found["allowed_cents"]) == (source, allowed)
    assert found["allowed_conflict"] is conflict


@pytest.mark.parametrize(
    ("modifiers", "model", "share"),
    [
        (["AA"], "personally_performed", 1.0),
        (["QS", "QZ"], "crna_alone", 1.0),
        (["QK"], "directed_physician", 0.5),
        (["QY"], "directed_physician", 0.5),
        (["P3", "QS", "23", "QX"], "directed_crna", 0.5),
        (["AD"], "supervised", None),
        (["QS"], "unspecified", None),
        (["QK", "QY"], "conflict", None),
    ],
)
def test_care_models(modifiers: list[str], model: str, share: float | None) -> None:
    columns = {f"modifier_{i}": code for i, code in enumerate(modifiers, start=1)}

    found = line(run([claim(1, **columns)], [remit(1)]), 1)

    assert (found["care_model"], found["share"]) == (model, share)
    assert (found["is_priced"], found["is_unit_priced"]) == (True, share is not None)
    assert (found["allowed_per_unit"] is None) == (share is None)


@pytest.mark.parametrize(
    ("basis", "means", "thousandths", "minutes", "suspect", "tenths"),
    [
        ("MJ", None, 32000, 32.0, False, 21),
        ("MJ", None, 36750, 36.75, False, 25),  # 36.75 / 15 = 2.45: up
        ("MJ", None, 4000, None, True, None),
        ("MJ", None, 5000, 5.0, False, 3),
        ("MJ", None, 300000, 300.0, False, 200),
        ("MJ", None, 301000, None, True, None),
        ("UN", None, 3000, None, False, None),
        ("UN", "time", 3000, 45.0, False, 30),
        ("UN", "base_plus_time", 6100, 31.5, False, 21),  # (6.1 - 4) x 15
        ("UN", "base_plus_time", 3000, None, True, None),
    ],
)
def test_minutes(
    basis: str, means: str | None, thousandths: int, minutes: float | None, suspect: bool, tenths: int | None
) -> None:
    bill = claim(1, unit_basis=basis, un_means=means, unit_count_thousandths=thousandths)

    found = line(run([bill], []), 1)

    assert (found["anesthesia_minutes"], found["minutes_suspect"]) == (minutes, suspect)
    assert found["time_unit_tenths"] == tenths


# --- states --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("adjustments", "state", "detail"),
    [
        ("CO-197:66000", "denied", "197"),
        ("CO-16:33000|CO-50:33000", "denied", "16"),
        ("CO-16:33000|CO-B7:33000", "denied", "16"),
        ("CO-16:1|PR-96:65999", "denied", "96"),
        ("CO-24:66000", "zero_pay_other", "capitation"),
        ("OA-18:66000", "zero_pay_other", "duplicate"),
        ("CO-B13:66000", "zero_pay_other", "duplicate"),
        ("CO-45:66000", "zero_pay_other", "full_write_off"),
        ("PR-45:66000", "zero_pay_other", "other"),
        ("CO-7777:66000", "denied", "7777"),
    ],
)
def test_states_of_nothing_paid(adjustments: str, state: str, detail: str) -> None:
    found = line(run([claim(1)], [remit(1, paid_cents=0, adjustments=adjustments)]), 1)

    assert found["adjudication_state"] == state
    assert (found["denial_carc"] or found["zero_pay_reason"]) == detail
    assert (found["allowed_cents"], found["is_priced"]) == (0, False)


def test_unknown_reason_is_unclassified_and_authorization_is_told() -> None:
    unknown = line(run([claim(1)], [denial(1, "7777")]), 1)
    authorization = line(run([claim(1)], [denial(1, "197")]), 1)

    assert (unknown["denial_category"], unknown["prior_authorization_denial"]) == ("unclassified", False)
    assert authorization["prior_authorization_denial"] is True


def test_network_from_remarks_and_reasons() -> None:
    surprise = line(run([claim(1)], [remit(1, remark_codes="N115|N864")]), 1)
    outside = line(run([claim(1)], [remit(1, adjustments="CO-253:206|PR-2:2575|PR-45:53123")]), 1)

    assert (surprise["network"], surprise["is_priced"]) == ("nsa", False)
    assert (outside["network"], outside["allowed_cents"]) == ("out_of_network", 12877)


def test_a_line_without_an_answer_is_pending() -> None:
    found = line(run([claim(1)], []), 1)

    assert (found["adjudication_state"], found["standing"]) == ("pending", "current")
    assert (found["allowed_cents"], found["is_paid_line"]) == (None, False)


def test_a_denial_never_undoes_a_payment() -> None:
    found = line(run([claim(1)], [remit(1), denial(2, payment_date=date(2026, 2, 1))]), 1)

    assert (found["adjudication_state"], found["final_remit_on"]) == ("paid", date(2026, 1, 20))


def test_a_denial_overturned() -> None:
    found = line(run([claim(1)], [denial(1), remit(2, payment_date=date(2026, 2, 1))]), 1)

    assert (found["adjudication_state"], found["initially_denied"]) == ("paid", True)
    assert (found["first_denial_group"], found["first_denial_carc"]) == ("CO", "16")
    assert (found["first_remit_on"], found["first_paid_on"]) == (date(2026, 1, 20), date(2026, 2, 1))


def test_an_answer_to_a_duplicate_is_neither_first_nor_final() -> None:
    duplicate = remit(1, payment_date=date(2026, 1, 10), paid_cents=0, adjustments="OA-18:66000")

    found = line(run([claim(1)], [duplicate, denial(2)]), 1)

    assert (found["adjudication_state"], found["first_remit_on"]) == ("denied", date(2026, 1, 20))


# --- tables --------------------------------------------------------------------------------------


def row_of(rows: list[Row], **keys: Any) -> Row:
    """The one row with these keys; payer and line of business are `all` and the period the month of service
    where nothing else is said."""
    wanted = {
        "payer": "all",
        "line_of_business": "all",
        "period_type": "month",
        "period_start": date(2026, 1, 1),
        **keys,
    }
    (found,) = [row for row in rows if all(row[key] == value for key, value in wanted.items())]
    return found


def four_lives() -> dict[str, list[Row]]:
    """Houston's AA paid 100.96, a QK paid 64.39, a QZ denied, an open AA of 4 minutes, a secondary claim."""
    claims = [
        claim(1),
        claim(2, claim_number_key="A2", modifier_1="QK", patient_key="second"),
        claim(
            3,
            claim_number_key="A3",
            modifier_1="QZ",
            patient_key="third",
            payer_name="CIGNA",
            payer_id="62308",
        ),
        claim(4, claim_number_key="A4", unit_count_thousandths=4000),
        claim(5, claim_number_key="A4", claim_frequency_code="8", role="S"),
    ]
    remits = [
        remit(1),
        remit(2, claim_number_key="A2", paid_cents=6439, adjustments="CO-45:59561"),
        denial(3, "197", claim_number_key="A3", payer_name="CIGNA", payer_id="62308"),
    ]
    return tables(run(claims, remits).lines, date(2026, 4, 30))


def test_utilization_by_hand() -> None:
    rows = four_lives()["utilization"]

    everyone = row_of(rows)
    assert (everyone["service_lines"], everyone["claims"]) == (4, 4)
    # the first and the fourth are one patient, date and code: three cases, three patients
    assert (everyone["cases"], everyone["patients"], everyone["billing_providers"]) == (3, 3, 1)
    assert (everyone["minutes_sum"], everyone["billed_units_sum"]) == (96.0, 18.3)  # 3 x 32, 3 x 6.1
    assert (everyone["charge_sum"], everyone["suspect_minutes_lines"]) == (Decimal("2640.00"), 1)
    assert (everyone["adjudicated_lines"], everyone["adjudicated_share"]) == (3, 0.75)
    assert (everyone["pending_lines"], everyone["secondary_lines"]) == (1, 1)
    # January ended 89 days before 30 April: not mature; so the window ends with January
    assert everyone["is_mature"] is False
    assert row_of(rows, period_type="rolling_12", period_start=date(2025, 2, 1))["service_lines"] == 4
    assert row_of(rows, payer="aetna", line_of_business="commercial")["service_lines"] == 3
    assert len(rows) == 4 * 6  # four periods of: all, aetna, cigna, each x all and commercial


def test_payment_by_hand() -> None:
    found = row_of(four_lives()["payment"])

    # 128.77 and 64.39; per unit 128.77 / 6.1 = 21.1098 and 64.39 / 3.05 = 21.1115
    assert (found["service_lines"], found["unit_priced_lines"]) == (2, 2)
    assert (found["allowed_sum"], found["paid_sum"]) == (Decimal("193.16"), Decimal("165.35"))
    assert (found["allowed_mean"], found["allowed_p50"], found["allowed_p10"]) == (96.58, 96.58, 70.828)
    assert (found["allowed_per_unit_p50"], found["coinsurance_sum"]) == (21.1107, Decimal("25.75"))
    # 20.4976 x (6.1 + 3.05) = 187.55304; 193.16 / 187.55304 = 1.0299
    assert (found["medicare_allowed_sum"], found["ratio_to_national_medicare"]) == (Decimal("187.55"), 1.0299)
    assert found["allowed_to_charge"] == 0.1463  # 193.16 / 1320


def test_care_models_and_denials_by_hand() -> None:
    made = four_lives()
    directed = row_of(made["care_models"], care_model="directed_physician")
    denied = row_of(made["denials"])

    # 64.39 / 6.1 = 10.5557 over 128.77 / 6.1 = 21.1098
    assert (directed["observed_share"], directed["share_of_lines"]) == (0.5, 0.25)
    assert (denied["service_lines"], denied["denied_lines"], denied["denial_rate"]) == (3, 1, 0.3333)
    assert (denied["prior_auth_denied_lines"], denied["overturned_lines"]) == (1, 0)
    assert denied["denied_charge_sum"] == Decimal("660.00")

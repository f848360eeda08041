"""Cases worked by hand: states, allowed amounts, network, units and prices (contract, 4.7 to 4.11 and 5)."""

from __future__ import annotations

from decimal import Decimal

from hand_base import LATER, PAID_ONCE, Case
from hand_rows import claim, denial, remit

DENIED = {"denials.denied_lines": 1, "payment.service_lines": None}
ZERO = {"denials.zero_pay_other_lines": 1, "denials.denied_lines": 0, "payment.service_lines": None}
STATES = [
    Case(
        f"nothing paid, {adjustments}",
        "4.9",
        [claim()],
        [remit(paid_amount="0", adjustments=adjustments)],
        expected,
    )
    for adjustments, expected in (
        ("CO-197:660.00", {**DENIED, "denials.prior_auth_denied_lines": 1, "denial_reasons.carc": "197"}),
        ("CO-302:660.00", {**DENIED, "denials.prior_auth_denied_lines": 1}),
        ("CO-16:330.00|CO-50:330.00", {**DENIED, "denial_reasons.carc": "16"}),
        ("CO-16:330.00|CO-B7:330.00", {**DENIED, "denial_reasons.carc": "16"}),
        ("CO-16:.01|PR-96:659.99", {**DENIED, "denial_reasons.carc": "96"}),
        (
            "CO-7777:660.00".replace("7777", "777"),
            {**DENIED, "denial_reasons.denial_category": "unclassified"},
        ),
        ("CO-24:660.00", ZERO),
        ("OA-18:660.00", ZERO),
        ("CO-B13:660.00", ZERO),
        ("CO-45:660.00", ZERO),
        ("PR-45:660.00", ZERO),
    )
] + [
    Case(
        "a denial never undoes a payment",
        "4.7",
        [claim()],
        [remit(), denial(payment_trace="T2", payment_date=LATER)],
        PAID_ONCE,
    ),
    Case(
        "a denial overturned",
        "4.9",
        [claim()],
        [denial(), remit(payment_trace="T2", payment_date=LATER)],
        {**PAID_ONCE, "denials.overturned_lines": 1, "timeliness.days_to_payment_p50": 26.0},
    ),
    Case(
        "an answer to a duplicate is neither first nor final",
        "4.9",
        [claim()],
        [
            remit(payment_trace="T0", payment_date="2026-01-10", paid_amount="0", adjustments="OA-18:660.00"),
            denial(),
        ],
        {**DENIED, "timeliness.days_to_first_remit_p50": 14.0},
    ),
    Case(
        "No Surprises Act",
        "4.10",
        [claim()],
        [remit(remark_codes="N115|N864")],
        {"payment.nsa_lines": 1, "payment.service_lines": 0},
    ),
    Case(
        "out of network",
        "4.10",
        [claim()],
        [remit(adjustments="CO-253:2.06|PR-2:25.75|PR-45:531.23")],
        {"payment.out_of_network_lines": 1, "payment.service_lines": 0},
    ),
    Case(
        "the contract's check of allowed",
        "4.8",
        [claim(charge_amount="27.04")],
        [
            remit(
                charge_amount="27.04",
                paid_amount="7.34",
                adjustments="PR-2:1.83|CO-45:17.91|CO-253:.07|CO-144:-.11",
            )
        ],
        {"payment.allowed_sum": Decimal("9.13")},
    ),
    Case(
        "adjustments that can't be read leave the allowed amount that is given",
        "3, 4.8",
        [claim()],
        [remit(allowed_amount="128.77", adjustments="CO45=531.23")],
        {"payment.service_lines": 1, "payment.allowed_sum": Decimal("128.77")},
    ),
    Case(
        "adjustments that can't be read make no price",
        "3, 4.8",
        [claim()],
        [remit(allowed_amount="", adjustments="CO45=531.23")],
        {"payment.service_lines": 0, "utilization.adjudicated_lines": 1},
    ),
    *(
        Case(
            f"allowed given as {given}",
            "4.8",
            [claim()],
            [remit(allowed_amount=given)],
            {"payment.allowed_sum": Decimal(allowed)},
        )
        for given, allowed in (
            ("128.77", "128.77"),
            ("128.79", "128.79"),
            ("0", "128.77"),
            ("660.01", "128.77"),
            ("126.70", "128.77"),
            ("126.71", "126.71"),
        )
    ),
]

UNITS = [
    Case(
        f"care model of {' '.join(modifiers)}",
        "5",
        [claim(**{f"modifier_{i}": code for i, code in enumerate(modifiers, start=1)})],
        [remit()],
        {"care_models.care_model": model, "payment.service_lines": 1, "payment.allowed_per_unit_p50": price},
    )
    for modifiers, model, price in (
        (["AA"], "personally_performed", 21.1098),  # 128.77 / 6.1
        (["QS", "QZ"], "crna_alone", 21.1098),
        (["QK"], "directed_physician", 42.2197),  # half the share
        (["P3", "QS", "23", "QX"], "directed_crna", 42.2197),
        (["AD"], "supervised", None),
        (["QS"], "unspecified", None),
        (["QK", "QY"], "conflict", None),
    )
] + [
    Case(
        f"{count} {basis}",
        "5",
        [claim(unit_basis=basis, unit_count=count)],
        [],
        {
            "utilization.minutes_sum": minutes,
            "utilization.billed_units_sum": units,
            "utilization.suspect_minutes_lines": suspect,
        },
    )
    for basis, count, minutes, units, suspect in (
        ("MJ", "32", 32.0, 6.1, 0),
        ("MJ", "36.75", 36.75, 6.5, 0),  # 36.75 / 15 = 2.45: up
        ("MJ", "4", None, None, 1),
        ("MJ", "5", 5.0, 4.3, 0),
        ("MJ", "300", 300.0, 24.0, 0),
        ("MJ", "301", None, None, 1),
        ("UN", "3", None, None, 0),
    )
]

BY_LOCALITY = {"medicare_basis": "locality"}
LOCALITY = [
    Case(
        f"Medicare's price, {words}",
        "5: medicare_basis",
        [claim(**place)],
        [remit()],
        {"payment.medicare_allowed_sum": Decimal(price)},
        BY_LOCALITY,
    )
    for words, place, price in (
        # 6.1 units; 22.49 in San Francisco, 20.27 in Nevada, 20.4976 in the nation
        ("told", {"medicare_contractor": "01112", "medicare_locality": "05"}, "137.19"),
        ("a state of one locality", {"service_facility_state": "NV"}, "123.65"),
        ("not told", {"service_facility_state": "CA"}, "125.04"),
        ("no such locality", {"medicare_contractor": "01112", "medicare_locality": "98"}, "125.04"),
    )
]

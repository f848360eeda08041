"""What a case worked by hand is, and what many of them share.

Expected values are of the row of all payers, all lines of business and the month of service (January 2026,
code 01939); a table without that row gives None for each of its measures.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any

from hand_rows import Row, claim, remit


@dataclass(frozen=True)
class Case:
    """One life: its source in the contract, its lines, and cells as `table.measure` or `table[key].measure`.

    `alone`: the price of the year that its numbers rest on is that of its own lines only.
    """

    name: str
    source: str
    claims: list[Row]
    remits: list[Row]
    expected: Mapping[str, Any]
    settings: Mapping[str, Any] = field(default_factory=dict)
    alone: bool = False


JANUARY = date(2026, 1, 1)
LATER = "2026-02-01"
REPLACED = {"claim_frequency_code": "7", "submitted_on": LATER}
VOIDED = {"claim_frequency_code": "8", "submitted_on": LATER}
HOUSTON = {"payment.allowed_sum": Decimal("128.77"), "payment.paid_sum": Decimal("100.96")}
PAID_ONCE = {"utilization.service_lines": 1, "utilization.adjudicated_lines": 1, **HOUSTON}
REVERSED = {"utilization.service_lines": 1, "utilization.reversed_lines": 1, "payment.allowed_sum": None}
PENDING = {"utilization.service_lines": 1, "utilization.pending_lines": 1, "payment.allowed_sum": None}
SPLIT = [
    remit(charge_amount="300.00", paid_amount="50.00", adjustments="CO-45:250.00"),
    remit(service_sequence="2", charge_amount="360.00", paid_amount="60.00", adjustments="CO-45:300.00"),
]
CORRECTED = {"member_id": "W200", "submitted_on": LATER}
PAID_LATER = remit(payment_trace="T3", payer_claim_number="P2", payment_date="2026-02-20")
CIGNA = {"payer_id": "62308", "payer_name": "CIGNA"}
UHC = {"payer_id": "87726", "payer_name": "UNITEDHEALTHCARE"}


def two_lines(**second: Any) -> list[Row]:
    return [claim(), claim(line_number="2", **second)]


def two_bills_and_a_line(care: str) -> list[Row]:
    """Two bills of one day under one number, QK of 660.00 and AA of 800.00, and a line out of scope."""
    second = claim(line_number="2", procedure_code="99100", modifier_1=care, charge_amount="50.00")
    return [claim(modifier_1="QK"), claim(charge_amount="800.00"), second]

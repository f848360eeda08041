"""What one CLP loop says of one claim line, and what its amounts mean (contract, 4.5 and 4.8 to 4.11)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from oracle_claims import LinePosition, nulls_first
from oracle_loops import Loop, RemitLine

PATIENT_SHARE = [("PR", "1"), ("PR", "2"), ("PR", "3")]
COUNTS_AS_ALLOWED = [*PATIENT_SHARE, ("PR", "66"), ("PR", "100")]
CHANGES_PAYMENT_NOT_PRICE = {"104", "105", "137", "144", "161", "223", "225", "237", "253"}
NOT_A_DENIAL = CHANGES_PAYMENT_NOT_PRICE | {"1", "2", "3", "18", "23", "24", "45", "94", "131", "B13"}
PRIOR_AUTHORIZATION = {"39", "197", "198", "210", "243", "284", "296", "302"}
WRITE_OFFS = {"45", "94", "131"}
DUPLICATE_ANSWERS = {"18", "B13"}
NO_SURPRISES = {"N830", "N859", "N860"} | {f"N{number}" for number in range(862, 880)}


@dataclass(eq=False)
class Adjudication:
    """Rows of one loop that meet one line position, summed. Money in cents."""

    line_position: LinePosition
    loop: Loop
    lines: list[RemitLine]
    charge: int
    svc_paid: int
    given: int | None
    adjustments: dict[tuple[str, str], int]
    claim_level_adjusted: bool
    cancelled_by: Adjudication | None = None
    role_assumed_primary: bool = False
    is_secondary: bool = False
    amount_mismatch: bool = False
    is_unmatched: bool = False

    @property
    def status(self) -> str:
        return self.lines[0].status

    @property
    def is_reversal(self) -> bool:
        return self.status == "22"

    @property
    def paid_on(self) -> date:
        return min(line.row["paid_on"] for line in self.lines)

    @property
    def payer_claim_numbers(self) -> set[str]:
        """Payer claim numbers that the loop bears (CLP07)."""
        return {line.row["payer_number"] for line in self.lines}

    @property
    def named_numbers(self) -> set[str]:
        """CLP07 and the original number."""
        names = ("payer_number", "original")
        return {line.row[name] for line in self.lines for name in names} - {None}

    @property
    def remark_codes(self) -> list[str]:
        return sorted({code for line in self.lines for code in line.row["remarks"]})

    @property
    def filing_code(self) -> str | None:
        codes = sorted({line.row["remit_filing_code"] for line in self.lines} - {None})
        return codes[0] if codes else None

    @property
    def adjudicated_codes(self) -> set[str]:
        return {line.row["procedure_code"] for line in self.lines} - {None}

    @property
    def is_price_known(self) -> bool:
        """Whether the allowed amount is given, or made of adjustments that could all be read."""
        return self.allowed_source == "given" or not any(line.row["unread"] for line in self.lines)

    @property
    def carcs(self) -> set[str]:
        return {carc for _, carc in self.adjustments}

    def amount(self, *codes: tuple[str, str]) -> int:
        return sum(self.adjustments.get(code, 0) for code in codes)

    @property
    def paid(self) -> int:
        """SVC03, and what was paid to the patient."""
        return self.svc_paid + self.amount(("PR", "100"))

    @property
    def derived(self) -> int:
        """Paid and the signed sum of what changes the payment and not the price."""
        changes = sum(
            cents for (_, carc), cents in self.adjustments.items() if carc in CHANGES_PAYMENT_NOT_PRICE
        )
        return self.svc_paid + self.amount(*COUNTS_AS_ALLOWED) + changes

    @property
    def allowed_source(self) -> str:
        if self.given is None:
            return "derived"
        impossible = (
            (self.given == 0 and self.paid > 0)
            or (self.given > self.charge and "94" not in self.carcs)
            or self.given < self.paid + self.amount(*PATIENT_SHARE)
        )
        return "given_rejected" if impossible else "given"

    @property
    def allowed(self) -> int:
        return self.given if self.given is not None and self.allowed_source == "given" else self.derived

    @property
    def allowed_conflict(self) -> bool:
        return self.given is not None and abs(self.given - self.derived) > 1

    @property
    def paid_or_allowed(self) -> bool:
        return self.paid > 0 or self.allowed > 0

    def denials(self) -> list[tuple[str, str, int]]:
        """Adjustments outside the list of non-denials: (group, carc, cents), the reason first."""
        found = [(g, c, cents) for (g, c), cents in self.adjustments.items() if c not in NOT_A_DENIAL]
        return sorted(found, key=lambda item: (-item[2], code_order(item[1]), item[0]))

    @property
    def state(self) -> str:
        """paid, denied or zero_pay_other."""
        if self.allowed > 0:
            return "paid"
        if self.allowed == 0 and self.charge > 0 and self.denials():
            return "denied"
        return "zero_pay_other"

    @property
    def zero_pay_reason(self) -> str:
        if "24" in self.carcs:
            return "capitation"
        if self.carcs & DUPLICATE_ANSWERS:
            return "duplicate"
        if self.charge <= 0:
            return "no_charge"
        if any(group in ("CO", "PI", "OA") and carc in WRITE_OFFS for group, carc in self.adjustments):
            return "full_write_off"
        return "other"

    @property
    def network(self) -> str:
        if set(self.remark_codes) & NO_SURPRISES:
            return "nsa"
        if ("PR", "45") in self.adjustments or "242" in self.carcs:
            return "out_of_network"
        return "in_or_unknown"

    @property
    def unbalanced(self) -> bool:
        return self.charge - sum(self.adjustments.values()) != self.svc_paid

    @property
    def answers_a_duplicate(self) -> bool:
        return bool(self.carcs) and self.carcs <= DUPLICATE_ANSWERS

    def adjustments_text(self) -> str:
        return "|".join(sorted(f"{g}-{c}:{cents}" for (g, c), cents in self.adjustments.items()))

    def content(self) -> tuple[Any, ...]:
        """Breaks ties between adjudications; what is not money comes last."""
        codes = (self.remark_codes, sorted(self.adjudicated_codes), self.filing_code or "")
        rest = (nulls_first(self.given), self.claim_level_adjusted, self.role_assumed_primary)
        return (self.paid, self.allowed, self.charge, self.adjustments_text(), *codes, *rest)

    def order(self) -> tuple[Any, ...]:
        """Date; on one date those cancelled by a reversal of that date first; then content."""
        cancelled_same_day = self.cancelled_by is not None and self.cancelled_by.paid_on == self.paid_on
        return (self.paid_on, not cancelled_same_day, self.content())


def code_order(carc: str) -> tuple[int, int, str]:
    """Numbers before letters, B7 before B15."""
    return (0, int(carc), "") if carc.isdigit() else (1, len(carc), carc)


def total(items: list[tuple[str, str, int]]) -> dict[tuple[str, str], int]:
    """Cents by group and reason; what adds up to nothing vanishes."""
    sums: dict[tuple[str, str], int] = {}
    for group, carc, cents in items:
        sums[group, carc] = sums.get((group, carc), 0) + cents
    return {code: cents for code, cents in sums.items() if cents != 0}


def adjudicate(loop: Loop, line_position: LinePosition) -> Adjudication:
    """The adjudication that a loop's lines give a claim line."""
    lines = [line for line in loop.lines if line.line_position is line_position]
    charge = sum(line.row["charge"] for line in lines)
    paid = sum(line.row["paid"] for line in lines)
    given = [line.row["given"] for line in lines]
    items = [item for line in lines for item in line.row["adjustments"]]
    of_claim = next((c for line in loop.lines if (c := line.row["claim_adjustments"])), [])
    to_line = line_position.claim.has_one_line_in_all()
    if of_claim and to_line:
        if charge - sum(cents for _, _, cents in items) == paid:
            paid -= sum(cents for _, _, cents in of_claim)
        items = items + of_claim
    return Adjudication(
        line_position=line_position,
        loop=loop,
        lines=lines,
        charge=charge,
        svc_paid=paid,
        given=None if None in given else sum(given),
        adjustments=total(items),
        claim_level_adjusted=bool(of_claim) and not to_line,
    )


def adjudications_of(loops: list[Loop]) -> list[Adjudication]:
    """All adjudications."""
    found: list[Adjudication] = []
    for loop in loops:
        line_positions: list[LinePosition] = []
        for line in loop.lines:
            if line.line_position is not None and line.line_position not in line_positions:
                line_positions.append(line.line_position)
        found.extend(adjudicate(loop, line_position) for line_position in line_positions)
    return found

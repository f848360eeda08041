"""The 835 transaction set: payment, claims, service payments (005010X221A1)."""

from __future__ import annotations

from transforms.synthetic.records import MadeAdjustment, Row, money
from transforms.synthetic.x12_envelope import (
    EnvelopeDelimiters,
    Transaction,
    address,
    cents_of,
    compact_date,
    organization,
    person,
    short_amount,
)

LoopRows = list[Row]
TRIPLETS_PER_SEGMENT = 6
ORIGINATOR = "1999999999"
"""Who sends the money (TRN03): it stands for the payer's id where the payer names none."""


def payment_set(loops: list[LoopRows], marks: EnvelopeDelimiters) -> Transaction:
    """Write one payment as one transaction set; each inner list is one CLP loop's service lines."""
    out = Transaction(marks)
    head = loops[0][0]
    total = sum(_loop_paid(loop) for loop in loops)
    _payment(out, head, max(total, 0))
    out.add("LX", "1")
    for ordinal, loop in enumerate(loops):
        _claim(out, loop, ordinal)
    if total < 0:
        payee = head["payee_npi"] or _tax_id(head)
        year_end = f"{(head['payment_date'] or '')[:4]}1231"
        out.add(
            "PLB", payee, year_end, out.composite("FB", head["payment_trace"]), short_amount(money(total))
        )
    return out


def _payment(out: Transaction, row: Row, cents: int) -> None:
    day = compact_date(row["payment_date"] or "")
    amount = short_amount(money(cents))
    if cents:
        account = ("01", "999999992", "DA", "123456", "1999999999", None, "01", "999988880", "DA", "98765")
        out.add("BPR", "I", amount, "C", "ACH", "CCP", *account, day)
    else:
        out.add("BPR", "H", "0", "C", "NON", *[None] * 11, day)
    out.add("TRN", "1", row["payment_trace"], ORIGINATOR)
    out.add("DTM", "405", day)
    out.add("N1", "PR", row["payer_name"])
    address(out, None)
    if row["payer_id"]:
        out.add("REF", "2U", row["payer_id"])
    out.add("PER", "BL", "PROVIDER SERVICES", "TE", "5555550101")
    if row["payee_npi"]:
        out.add("N1", "PE", organization(row["payee_npi"]), "XX", row["payee_npi"])
    else:
        out.add("N1", "PE", "ANESTHESIA PRACTICE", "FI", _tax_id(row))


def _tax_id(row: Row) -> str:
    digits = "".join(each for each in row["payment_trace"] or "" if each.isdigit())
    return f"99{digits[-7:]:0>7}"


def _adjustments(text: str | None) -> list[MadeAdjustment]:
    found = []
    for each in (text or "").split("|"):
        if each:
            code, amount = each.rsplit(":", 1)
            group, reason = code.split("-", 1)
            found.append((group, reason, cents_of(amount)))
    return found


def _loop_paid(loop: LoopRows) -> int:
    """Give CLP04 in cents: what the lines pay less the claim's own adjustments (contract section 4,
    balance).
    """
    paid = sum(cents_of(row["paid_amount"]) for row in loop)
    if loop[0]["procedure_code"] is None:
        return paid
    return paid - sum(cents for _, _, cents in _adjustments(loop[0]["claim_adjustments"]))


def _claim(out: Transaction, loop: LoopRows, ordinal: int) -> None:
    row = loop[0]
    charge = sum(cents_of(each["charge_amount"]) for each in loop)
    packed = [row["claim_adjustments"], *(each["adjustments"] for each in loop)]
    owed = sum(cents for text in packed for group, _, cents in _adjustments(text) if group == "PR")
    out.add(
        "CLP",
        row["claim_id"],
        row["claim_status_code"],
        short_amount(money(charge)),
        short_amount(money(_loop_paid(loop))),
        short_amount(money(owed)) if owed and row["claim_status_code"] != "22" else None,
        row["remit_filing_code"],
        row["payer_claim_number"],
        "24",
        "1",
    )
    _cas(out, row["claim_adjustments"])
    last, first = person(row["claim_id"] or "")
    out.add("NM1", "QC", "1", last, first)
    if row["original_payer_claim_number"]:
        out.add("REF", "F8", row["original_payer_claim_number"])
    dates = {each["service_date"] for each in loop}
    claim_dated = len(dates) == 1 and (ordinal % 5 == 0 or row["procedure_code"] is None)
    if claim_dated and row["service_date"]:
        out.add("DTM", "232", compact_date(row["service_date"]))
    for each in loop:
        if each["procedure_code"] is not None:
            _service(out, each, dated=not claim_dated)


def _cas(out: Transaction, packed: str | None) -> None:
    for segment in adjustment_segments(_adjustments(packed)):
        out.add(*segment)


def adjustment_segments(adjustments: list[MadeAdjustment]) -> list[list[str]]:
    """Write adjustments as CAS segments: one run of at most six triplets per group, in the order given."""
    found: list[list[str]] = []
    for group, reason, cents in adjustments:
        triplet = [reason, short_amount(money(cents)), ""]
        if found and found[-1][1] == group and len(found[-1]) < 2 + 3 * TRIPLETS_PER_SEGMENT:
            found[-1] += triplet
        else:
            found.append(["CAS", group, *triplet])
    return found


def _service(out: Transaction, row: Row, *, dated: bool) -> None:
    procedure = out.composite("HC", row["procedure_code"], *(row[f"modifier_{at}"] for at in range(1, 5)))
    submitted = row["submitted_procedure_code"]
    out.add(
        "SVC",
        procedure,
        short_amount(row["charge_amount"] or "0"),
        short_amount(row["paid_amount"] or "0"),
        None,
        short_amount(row["paid_units"] or "") or None,
        out.composite("HC", submitted) if submitted else None,
    )
    if dated and row["service_date"]:
        out.add("DTM", "472", compact_date(row["service_date"]))
    _cas(out, row["adjustments"])
    if row["line_control_number"]:
        out.add("REF", "6R", row["line_control_number"])
    if row["allowed_amount"]:
        out.add("AMT", "B6", short_amount(row["allowed_amount"]))
    for code in (row["remark_codes"] or "").split("|"):
        if code:
            out.add("LQ", "HE", code)

"""Synthetic 835 files, with the remit lines that a reader has to find in them."""

from __future__ import annotations

import random

from x12_making import (
    NAMES,
    OTHERS,
    PAYERS,
    SCOPE,
    Corpus,
    Maker,
    Row,
    dates,
    iso,
    money,
    npi,
)

from transforms.synthetic.records import MadeAdjustment
from transforms.synthetic.x12_835 import adjustment_segments


def _payment_set(size: int, number: int, share: float, rng: random.Random, out: Corpus) -> list[list[object]]:
    payer, name, _ = rng.choice(PAYERS)
    day, trace, payee = dates(rng), f"EFT{rng.randrange(10**9)}", npi(rng.randrange(10**8))
    above: Row = {"payment_trace": trace, "payment_date": iso(day), "payer_id": payer, "payer_name": name}
    above["payee_npi"] = payee
    loops: list[list[object]] = []
    total = sum(_payment(loops, above, rng, share, out) for _ in range(size))
    trailer: list[list[object]] = []
    if number % 2 == 0:
        trailer = [["PLB", payee, "20251231", ("L6", "INTEREST"), "-1.5"]]
        total += 150
    head: list[list[object]] = [
        ["BPR", "I", money(total), "C", "CHK", *[""] * 11, day],
        ["TRN", "1", trace, "1990000009"],
    ]
    head += [["N1", "PR", name, "XV", payer], ["N3", "4 GREEK ST"], ["N4", "HARTFORD", "CT", "06101"]]
    head += [["PER", "BL", "DESK", "TE", "5550101"], ["N1", "PE", "OMEGA GROUP", "XX", payee], ["LX", 1]]
    return [*head, *loops, *trailer]


def _payment(loops: list[list[object]], above: Row, rng: random.Random, share: float, out: Corpus) -> int:
    """One CLP; the cents it pays."""
    out.claims += 1
    scoped = rng.random() < share
    lines = 0 if scoped and rng.random() < 0.03 else 1 if scoped else rng.choice([1, 2, 3])
    sign = -1 if rng.random() < 0.03 else 1
    row: Row = above | {
        "claim_id": f"PCN{rng.randrange(10**9):09d}",
        "claim_status_code": "22" if sign < 0 else "1",
    }
    row |= {
        "remit_filing_code": rng.choice(["12", "HM", "MC"]),
        "payer_claim_number": f"ICN{rng.randrange(10**10)}",
    }
    row["loop_ordinal"] = str(out.claims)
    at_claim = sign * 100 if lines and rng.random() < 0.1 else 0
    parts, paid, charged, day = [], 0, 0, dates(rng)
    for number in range(1, max(lines, 1) + 1):
        charge = rng.randrange(5000, 90000)
        triplets = _triplets(charge, rng)
        settled = charge - sum(amount for _, _, amount in triplets)
        charged, paid = charged + charge, paid + settled
        parts.append((number, charge, settled, triplets))
    if at_claim:
        row["claim_adjustments"] = f"CO-A2:{money(at_claim)}"
    elif not lines:
        row["claim_adjustments"] = _packed(parts[0][3], sign)
    total = sign * paid - at_claim
    loops.append(
        ["CLP", row["claim_id"], row["claim_status_code"], money(sign * charged), money(total), "",
         row["remit_filing_code"], row["payer_claim_number"], "11", "1"]
    )  # fmt: skip
    if at_claim:
        loops.append(["CAS", "CO", "A2", money(at_claim)])
    elif not lines:
        loops += _cas(parts[0][3], sign)
    loops.append(
        [
            "NM1",
            "QC",
            "1",
            rng.choice(NAMES),
            rng.choice(NAMES),
            "",
            "",
            "",
            "MI",
            f"W{rng.randrange(10**8):08d}",
        ]
    )
    if rng.random() < 0.05:
        row["original_payer_claim_number"] = f"OLD{rng.randrange(10**8)}"
        loops.append(["REF", "F8", row["original_payer_claim_number"]])
    loops += [["DTM", "232", day], ["DTM", "233", day]]
    if not lines:
        out.lines += 1
        row |= {
            "service_date": iso(day),
            "charge_amount": money(sign * charged),
            "paid_amount": money(sign * paid),
        }
        out.rows.append(row | {"row_number": str(out.lines)})
        return total
    for part in parts:
        _payment_line(loops, row, part, sign, scoped, day, rng, out)
    return total


def _payment_line(
    loops: list[list[object]],
    claim: Row,
    part: tuple[int, int, int, list[MadeAdjustment]],
    sign: int,
    scoped: bool,
    claim_day: str,
    rng: random.Random,
    out: Corpus,
) -> None:
    number, charge, settled, triplets = part
    out.lines += 1
    code = rng.choice(["01939"] * 6 + sorted(SCOPE)) if scoped else rng.choice(OTHERS)
    modifiers = rng.choice([("AA",), ("QK", "P3"), ("QZ",)]) if scoped else ()
    recoded = scoped and rng.random() < 0.05
    paid_as = "99199" if recoded else code
    row: Row = claim | {
        "service_sequence": str(number),
        "procedure_code": paid_as,
        "row_number": str(out.lines),
    }
    row |= {f"modifier_{n}": text for n, text in enumerate(modifiers, 1)}
    row |= {"charge_amount": money(sign * charge), "paid_amount": money(sign * settled), "paid_units": "1"}
    segment: list[object] = [
        "SVC",
        ("HC", paid_as, *modifiers),
        money(sign * charge),
        money(sign * settled),
        "",
        "1",
    ]
    if recoded:
        row["submitted_procedure_code"] = code
        segment.append(("HC", code, *modifiers))
    loops.append(segment)
    row["service_date"] = iso(claim_day)
    if rng.random() < 0.8:
        day = dates(rng)
        row["service_date"] = iso(day)
        loops.append(["DTM", "472", day])
    row["adjustments"] = _packed(triplets, sign)
    loops += _cas(triplets, sign)
    if rng.random() < 0.7:
        row["line_control_number"] = f"L{rng.randrange(10**7)}"
        loops.append(["REF", "6R", row["line_control_number"]])
    if rng.random() < 0.8:
        row["allowed_amount"] = money(sign * (settled + 100))
        loops.append(["AMT", "B6", row["allowed_amount"]])
    if scoped and rng.random() < 0.1:
        row["remark_codes"] = "N130|M15"
        loops += [["LQ", "HE", "N130"], ["LQ", "HE", "M15"]]
    if code in SCOPE or paid_as in SCOPE:
        out.rows.append(row)


def _triplets(charge: int, rng: random.Random) -> list[MadeAdjustment]:
    """Adjustments of one line in file order; now and then seven of one group (two CAS segments)."""
    if rng.random() < 0.03:
        return [("CO", str(40 + n), 10 + n) for n in range(7)]
    first = charge // 3
    return [("CO", "45", first), ("PR", "2", charge // 10)] if rng.random() < 0.8 else [("CO", "45", first)]


def _cas(triplets: list[MadeAdjustment], sign: int) -> list[list[str]]:
    return adjustment_segments([(group, reason, sign * amount) for group, reason, amount in triplets])


def _packed(triplets: list[MadeAdjustment], sign: int) -> str | None:
    return "|".join(f"{group}-{reason}:{money(sign * amount)}" for group, reason, amount in triplets) or None


remittance = Maker("HP", _payment_set)
"""An 835 file: adjustments at both levels, reversals, recoded lines, payments without lines, PLB."""

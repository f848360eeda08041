"""What a payer allows and pays for one line: whole cents, rounded half up once per line.

Sources: conversion factors of the CMS anesthesia locality files (in `parties`), the sequestration of 2
percent as CO-253 on Medicare's payment after patient responsibility, the QZ percentages payers publish
(Cigna commercial 85 since 2023-03-12; UnitedHealthcare commercial 85 since 2025-10-01 except in eight
states), UnitedHealthcare's physical-status units until 2025-09-30. Commercial rates scatter around the ASA
survey's median of about 75 dollars. Invented: the Blue plans' cut of QZ in mid-year and two new contracts.
"""

from __future__ import annotations

import random
from dataclasses import dataclass
from datetime import date

from transforms.synthetic.parties import LOCALITIES, HealthPlan, ProviderGroup
from transforms.synthetic.records import Line, MadeAdjustment

BASE_UNITS = {
    "01937": 4,
    "01938": 4,
    "01939": 4,
    "01940": 4,
    "01941": 5,
    "01942": 5,
    "00300": 5,
    "01992": 5,
    "00630": 8,
}
FULL_SHARE = ("AA", "QZ")
HALF_SHARE = ("QK", "QY", "QX")
BLUE_QZ_CUT = date(2025, 7, 1)
"""Invented, so that a cut which no published rule tells of can be found in the figures."""
CONTRACT_CHANGES: dict[str, tuple[date, int]] = {
    "aetna": (date(2025, 5, 1), 109),
    "cigna": (date(2025, 8, 1), 94),
}
"""Payer -> day of a new contract, its commercial rate in percent of the old one (invented)."""
UHC_QZ_EXEMPT_STATES = ("AR", "CA", "CO", "HI", "MA", "NH", "OH", "WY")


@dataclass(frozen=True)
class Price:
    """What one line is worth, in cents: charge - sum of adjustments = paid."""

    allowed: int
    paid: int
    adjustments: tuple[MadeAdjustment, ...]


def round_half_up(numerator: int, denominator: int) -> int:
    """Divide non-negative integers, halves up."""
    return (2 * numerator + denominator) // (2 * denominator)


def unit_rate(plan: HealthPlan, group: ProviderGroup, on: date) -> int:
    """Give a plan's rate with a group in cents per unit: Medicare's locality factor or a contract's."""
    if not plan.rate_cents:
        factors = LOCALITIES[group.state][2]
        factor = factors[min(max(on.year - 2024, 0), 2)]
        return round_half_up(factor * plan.medicare_percent, 100)
    if plan.line_of_business == "medicaid":
        return plan.rate_cents
    scatter = random.Random(f"{plan.key}/{group.key}").randint(92, 112)
    growth = 100 + 2 * (on.year - 2024)
    since, percent = CONTRACT_CHANGES.get(plan.payer, (date.max, 100))
    changed = percent if on >= since else 100
    return round_half_up(plan.rate_cents * scatter * growth * changed, 1_000_000)


def unit_tenths(line: Line) -> int:
    """Give billed units in tenths: base units plus minutes / 15 to one decimal."""
    base = BASE_UNITS.get(line.procedure, 4) * 10
    count = float(line.count)
    return base + (round(count * 10 / 15) if line.basis == "MJ" else round(count * 10))


def charge_for(group: ProviderGroup, line: Line) -> int:
    """Give the charge of a line in cents: units times the group's charge; directed lines bill six tenths."""
    percent = 60 if any(modifier in HALF_SHARE for modifier in line.modifiers) else 100
    return round_half_up(unit_tenths(line) * group.charge_cents * percent, 1000)


def allowed_for(plan: HealthPlan, group: ProviderGroup, line: Line) -> tuple[int, int]:
    """Give (allowed, QZ cut) in cents: units x share x rate, never above the charge (42 CFR 414.46)."""
    if line.procedure not in BASE_UNITS:
        return round_half_up(line.charge * 45, 100), 0
    commercial = plan.line_of_business == "commercial"
    tenths = unit_tenths(line)
    if (
        plan.payer == "uhc"
        and commercial
        and "P3" in line.modifiers
        and line.service_date < date(2025, 10, 1)
    ):
        tenths += 10
    if "AD" in line.modifiers:
        tenths, percent = 30, 100
    else:
        percent = 50 if any(modifier in HALF_SHARE for modifier in line.modifiers) else 100
    full = min(round_half_up(tenths * unit_rate(plan, group, line.service_date) * percent, 1000), line.charge)
    if "QZ" in line.modifiers and commercial and _cuts_nurses(plan, group, line.service_date):
        return round_half_up(full * 85, 100), full - round_half_up(full * 85, 100)
    return full, 0


def _cuts_nurses(plan: HealthPlan, group: ProviderGroup, on: date) -> bool:
    if plan.payer == "cigna":
        return on >= date(2023, 3, 12)
    if plan.payer == "bcbs":
        return on >= BLUE_QZ_CUT
    return plan.payer == "uhc" and on >= date(2025, 10, 1) and group.state not in UHC_QZ_EXEMPT_STATES


def price(plan: HealthPlan, group: ProviderGroup, line: Line, rng: random.Random) -> Price:
    """Price one line with its patient share and reductions; paid = charge - sum of adjustments."""
    allowed, cut = allowed_for(plan, group, line)
    write_off = line.charge - allowed
    adjustments: list[MadeAdjustment] = []
    if cut and cut < write_off:
        adjustments += [("CO", "45", write_off - cut), ("CO", "172", cut)]
    elif write_off:
        adjustments.append(("CO", "45", write_off))
    shares = patient_shares(plan, allowed, line.service_date, rng)
    left = allowed - sum(cents for _, _, cents in shares)
    if plan.line_of_business in ("medicare_ffs", "medicare_advantage") and plan.payer in (
        "medicare",
        "other",
    ):
        adjustments += _medicare_reductions(left, rng)
    adjustments += shares
    paid = line.charge - sum(cents for _, _, cents in adjustments)
    return Price(allowed, paid, tuple(adjustments))


def _medicare_reductions(left: int, rng: random.Random) -> list[MadeAdjustment]:
    """Quality pay or a penalty first, then sequestration of what is left (CARC 144, 237, 253)."""
    quality: list[MadeAdjustment] = []
    draw = rng.random()
    if draw < 0.04 and left > 500:
        quality.append(("CO", "144", -round_half_up(left * 15, 1000)))
    elif draw < 0.07 and left > 500:
        quality.append(("CO", "237", round_half_up(left * 2, 100)))
    sequestration = round_half_up((left - sum(cents for _, _, cents in quality)) * 2, 100)
    return [("CO", "253", sequestration), *quality] if sequestration else quality


def patient_shares(plan: HealthPlan, allowed: int, on: date, rng: random.Random) -> list[MadeAdjustment]:
    """Give the deductible (PR-1), coinsurance (PR-2) and copay (PR-3) of a line; deductibles fall early."""
    draw, early = rng.random(), on.month <= 3
    if plan.line_of_business == "medicaid":
        return [("PR", "3", min(300, allowed))] if draw < 0.1 else []
    deductible = 0
    if draw < (0.3 if early else 0.08):
        deductible = min(allowed, rng.choice((2500, 5000, 12000, 25700, 150000)))
    rest = allowed - deductible
    if plan.line_of_business == "medicare_ffs":
        coinsurance, copay = round_half_up(rest * 20, 100), 0
    elif rng.random() < 0.65:
        coinsurance, copay = round_half_up(rest * rng.choice((10, 15, 20, 20, 30)), 100), 0
    else:
        coinsurance, copay = 0, min(rest, rng.choice((0, 2500, 4000, 5000)))
    return [
        ("PR", reason, cents)
        for reason, cents in (("1", deductible), ("2", coinsurance), ("3", copay))
        if cents
    ]

"""Who takes part: payers' plans, billing groups, anesthetists and patients, all invented.

Identifiers are synthetic. Every NPI has a valid check digit (ISO 7812 over the prefix 80840); Medicare-like
member ids start with 0, which no real one does. Payer ids are the public electronic ids and MAC contractor
numbers, so that payer mapping meets what it will meet in real files.
"""

from __future__ import annotations

import random
from dataclasses import dataclass
from datetime import date, timedelta

FIRST_NAMES = ("ALEX", "BLAIR", "CASEY", "DREW", "ELLIS", "FINLEY", "GRAY", "HARPER", "INDIGO", "JORDAN")
LAST_NAMES = (
    "TESTFIELD",
    "SAMPLETON",
    "MOCKBRIDGE",
    "FAUXWELL",
    "DEMOWICZ",
    "PLACEHOLT",
    "SYNTHESEN",
    "DUMMERTON",
)


@dataclass(frozen=True)
class HealthPlan:
    """One payer's plan as providers bill it. `rate_cents` is dollars per unit in cents; 0: Medicare's own
    rate. `tells_id`: its remittances name its id beside its name.
    """

    key: str
    payer: str
    payer_id: str
    payer_name: str
    remit_name: str
    line_of_business: str
    claim_filing: str
    remit_filing: str
    weight: float
    rate_cents: int = 0
    medicare_percent: int = 100
    states: tuple[str, ...] = ()
    gives_allowed: bool = True
    line_control: str = "6R"
    keeps_characters: int = 38
    payday: int = 2
    days_to_pay: tuple[int, int] = (12, 30)
    paid_units: str = "minutes"
    tells_id: bool = True


@dataclass(frozen=True)
class ProviderGroup:
    """A billing group; `charge_cents` is its charge per unit in cents, `number_style` how it numbers
    claims.
    """

    key: str
    npi: str
    name: str
    state: str
    weight: float
    charge_cents: int
    number_style: str
    sends_line_control: bool
    physicians: tuple[str, ...]
    nurses: tuple[str, ...]


@dataclass(frozen=True)
class Patient:
    """An invented patient: PHI columns only; `dependent` means the member is somebody else."""

    member_id: str
    birth_date: date
    sex: str
    dependent: bool = False


def npi(serial: int) -> str:
    """Give a ten-digit NPI with a valid check digit (Luhn, prefix 80840) from a serial below 1,000,000."""
    body = f"199{serial:06d}"
    total = 0
    for position, character in enumerate(reversed("80840" + body)):
        digit = int(character) * (2 if position % 2 == 0 else 1)
        total += digit - 9 if digit > 9 else digit
    return body + str(-total % 10)


def _people(start: int, count: int) -> tuple[str, ...]:
    return tuple(npi(start + offset) for offset in range(count))


def _group(
    number: int, name: str, state: str, weight: float, charge: int, style: str, control: bool
) -> ProviderGroup:
    start = number * 100
    return ProviderGroup(
        f"G{number:02d}",
        npi(start),
        name,
        state,
        weight,
        charge,
        style,
        control,
        _people(start + 10, 4),
        _people(start + 40, 5),
    )


GROUPS: tuple[ProviderGroup, ...] = (
    _group(1, "BRAZOS ANESTHESIA ASSOCIATES", "TX", 13, 14800, "short", True),
    _group(2, "LONE PRAIRIE ANESTHESIA", "TX", 10, 12500, "long", True),
    _group(3, "GULF CREST CRNA PARTNERS", "TX", 7, 11200, "plain", False),
    _group(4, "PALMETTO KEY ANESTHESIA", "FL", 12, 16500, "short", True),
    _group(5, "BAYSIDE SEDATION GROUP", "FL", 8, 13200, "plain", True),
    _group(6, "MAUMEE VALLEY ANESTHESIA", "OH", 11, 13800, "short", True),
    _group(7, "BUCKEYE RIDGE ANESTHESIA", "OH", 7, 12100, "long", False),
    _group(8, "LAKEFRONT ANESTHESIOLOGISTS", "IL", 10, 17400, "short", True),
    _group(9, "FRONT RANGE ANESTHESIA", "CO", 7, 15900, "plain", True),
    _group(10, "PIEDMONT ANESTHESIA CARE", "GA", 6, 13500, "short", False),
    _group(11, "CUMBERLAND ANESTHESIA", "TN", 5, 11900, "long", True),
    _group(12, "SAGUARO ANESTHESIA", "AZ", 4, 14100, "plain", True),
)

# Contractor, locality and the locality's anesthesia conversion factor in cents (CMS anesthesia locality
# files,
# 2024 from 9 March, 2025, 2026 non-QP): the "rest of state" locality of each group's state.
LOCALITIES: dict[str, tuple[str, str, tuple[int, int, int]]] = {
    "TX": ("04412", "99", (2050, 2005, 2021)),
    "FL": ("09102", "99", (2119, 2073, 2105)),
    "OH": ("15202", "00", (2052, 2006, 2025)),
    "IL": ("06102", "99", (2098, 2052, 2100)),
    "CO": ("04112", "01", (2085, 2039, 2059)),
    "GA": ("10212", "99", (2055, 2009, 2043)),
    "TN": ("10312", "35", (1982, 1936, 1960)),
    "AZ": ("03102", "00", (2050, 2004, 2021)),
}


def patient_for(plan: HealthPlan, rng: random.Random, near: date) -> Patient:
    """Invent a member of a plan, of an age that fits its line of business."""
    senior = plan.line_of_business.startswith("medicare")
    if senior:
        age = rng.choice((rng.randint(65, 79), rng.randint(66, 88), rng.randint(50, 64), rng.randint(70, 92)))
    else:
        age = rng.choice((rng.randint(30, 62), rng.randint(38, 64), rng.randint(19, 45), rng.randint(50, 66)))
        age = 16 if rng.random() < 0.01 else age
    birth = near - timedelta(days=age * 365 + rng.randint(95, 350))
    sex = "U" if rng.random() < 0.01 else rng.choice("FFFMM")
    dependent = not senior and plan.line_of_business != "medicaid" and rng.random() < 0.25
    return Patient(_member_id(plan, rng), birth, sex, dependent)


def _member_id(plan: HealthPlan, rng: random.Random) -> str:
    digits = f"{rng.randrange(10**9):09d}"
    if plan.payer == "medicare":
        letters = "ACDEFGHJKMNPQRTUVWXY"
        return f"0{rng.choice(letters)}{digits[0]}{digits[1]}{rng.choice(letters)}X{digits[2]}ZZ{digits[3:5]}"
    prefix = {"aetna": "W", "bcbs": "ZZT", "cigna": "U", "uhc": "9", "other": "K"}[plan.payer]
    return prefix + digits

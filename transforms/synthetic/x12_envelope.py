"""Segments and envelopes of the X12 files that the synthetic data is written to."""

from __future__ import annotations

import zlib
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from transforms.synthetic.parties import FIRST_NAMES, GROUPS, LAST_NAMES

CITIES = {
    "TX": ("AUSTIN", "787010001"),
    "FL": ("ORLANDO", "328010001"),
    "OH": ("TOLEDO", "436040001"),
    "IL": ("CHICAGO", "606010001"),
    "CO": ("DENVER", "802020001"),
    "GA": ("MACON", "312010001"),
    "TN": ("NASHVILLE", "372010001"),
    "AZ": ("TUCSON", "857010001"),
}
SENDER, RECEIVER = "SYNTHSENDER", "SYNTHRECEIVER"
_NAMES = {group.npi: group.name for group in GROUPS}


@dataclass(frozen=True)
class EnvelopeDelimiters:
    """The four separators that an ISA declares, and what follows each segment terminator."""

    element: str = "*"
    component: str = ":"
    repetition: str = "^"
    terminator: str = "~"
    line_end: str = "\n"


@dataclass
class Transaction:
    """One ST..SE set under construction; `add` appends a segment without its trailing empty elements."""

    marks: EnvelopeDelimiters
    segments: list[str] = field(default_factory=list)

    def add(self, *elements: str | None) -> None:
        """Append one segment."""
        parts = [element or "" for element in elements]
        while len(parts) > 1 and not parts[-1]:
            parts.pop()
        self.segments.append(self.marks.element.join(parts))

    def composite(self, *components: str | None) -> str:
        """Join the components of a composite element without trailing empty ones."""
        return self.marks.component.join(each or "" for each in components).rstrip(self.marks.component)


def interchange(
    sets: list[Transaction],
    marks: EnvelopeDelimiters,
    kind: str,
    version: str,
    identifier: str,
    created: date,
    control: int,
) -> bytes:
    """Wrap transaction sets in GS/GE and ISA/IEA with right control totals; `kind` is GS01, `identifier`
    ST01.
    """
    element = marks.element
    day = f"{created:%Y%m%d}"
    group = ("GS", kind, SENDER, RECEIVER, day, "0600", str(control), "X", version)
    lines = [element.join(_interchange_header(marks, created, control)), element.join(group)]
    for number, transaction in enumerate(sets, start=1):
        guide = (version,) if identifier == "837" else ()
        lines.append(element.join(("ST", identifier, f"{number:04d}", *guide)))
        lines += transaction.segments
        lines.append(element.join(("SE", str(len(transaction.segments) + 2), f"{number:04d}")))
    lines.append(element.join(("GE", str(len(sets)), str(control))))
    lines.append(element.join(("IEA", "1", f"{control:09d}")))
    end = marks.terminator + marks.line_end
    return (end.join(lines) + end).encode("ascii")


def _interchange_header(marks: EnvelopeDelimiters, created: date, control: int) -> tuple[str, ...]:
    """The ISA: every element of its fixed length."""
    return (
        *("ISA", "00", " " * 10, "00", " " * 10),
        *("ZZ", SENDER.ljust(15), "ZZ", RECEIVER.ljust(15)),
        *(f"{created:%y%m%d}", "0600", marks.repetition, "00501"),
        *(f"{control:09d}", "0", "T", marks.component),
    )


def short_amount(text: str) -> str:
    """Write a decimal as X12 prescribes: 888.00 -> 888, 12.50 -> 12.5, 0.52 -> .52, -0.50 -> -.5."""
    text = text.strip()
    short = text.rstrip("0").rstrip(".") if "." in text else text
    sign, size = ("-", short[1:]) if short.startswith("-") else ("", short)
    return sign + size.removeprefix("0") if size.startswith("0.") else short


def cents_of(text: str | None) -> int:
    """Read a plain amount of at most two decimals as whole cents; empty is 0."""
    return int(Decimal((text or "0").strip()) * 100)


def compact_date(text: str) -> str:
    """Write 2025-03-11 as 20250311."""
    return text.replace("-", "")


def person(member_id: str, relation: int = 0) -> tuple[str, str]:
    """Invent a last and a first name for a member id, always the same."""
    number = zlib.crc32(member_id.encode()) + 7 * relation
    return LAST_NAMES[number % len(LAST_NAMES)], FIRST_NAMES[number // 8 % len(FIRST_NAMES)]


def organization(npi: str) -> str:
    """Name a billing provider."""
    return _NAMES.get(npi, "SPINE AND PAIN CENTER")


def address(transaction: Transaction, state: str | None) -> None:
    """Append N3 and N4 of an invented address in a state."""
    city, postal = CITIES.get(state or "", ("ANYTOWN", "999990001"))
    transaction.add("N3", "100 SYNTHETIC WAY")
    transaction.add("N4", city, state or "TX", postal)

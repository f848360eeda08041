"""Reference facts and settings of the oracle, read with the csv module (docs/reference.md)."""

from __future__ import annotations

import csv
import re
from dataclasses import dataclass, field
from datetime import date
from fractions import Fraction
from pathlib import Path
from typing import Any

REFERENCE_FOLDER = Path(__file__).resolve().parents[2] / "data" / "reference"
NAMED_PAYERS = ("aetna", "bcbs", "cigna", "uhc", "medicare")
TextRow = dict[str, str]


@dataclass(frozen=True)
class OracleSettings:
    """The rules that a run may change."""

    minutes_low: int = 5
    minutes_high: int = 300
    infer_resubmissions: bool = True
    mature_days: int = 90
    medicare_basis: str = "national"


def in_force(row: TextRow, on: date) -> bool:
    """Dates are inclusive; an empty end is open."""
    starts, ends = row.get("effective_from", ""), row.get("effective_to", "")
    return (not starts or date.fromisoformat(starts) <= on) and (not ends or on <= date.fromisoformat(ends))


def normalised_name(name: str | None) -> str:
    """Upper case; whatever is neither letter nor digit is one blank."""
    return " ".join(re.sub(r"[^A-Z0-9]+", " ", (name or "").upper()).split())


@dataclass
class OracleReference:
    """The reference tables as rows of text."""

    payers: list[TextRow]
    plan_name_lines: list[TextRow]
    claim_filing_codes: dict[str, TextRow]
    contractors: set[str]
    anesthesia_codes: list[TextRow]
    conversion_factors: list[TextRow]
    locality_factors: dict[tuple[str, str], list[TextRow]]
    state_localities: dict[str, tuple[str, str]]
    carc: dict[str, TextRow]
    site_names: dict[str, str]
    diagnoses: dict[str, TextRow]
    surgical_codes: dict[str, TextRow]
    modifier_names: dict[str, str]
    paid_statuses: set[str]
    payer_rules: list[TextRow]
    scope: set[str] = field(default_factory=lambda: {"01937", "01938", "01939", "01940", "01941", "01942"})

    @staticmethod
    def load(folder: Path = REFERENCE_FOLDER) -> OracleReference:
        """Read data/reference."""

        def rows(stem: str) -> list[TextRow]:
            with (folder / f"{stem}.csv").open(newline="", encoding="utf-8") as stream:
                return list(csv.DictReader(stream))

        return OracleReference(
            payers=sorted(rows("payers"), key=lambda row: int(row["priority"])),
            plan_name_lines=sorted(rows("plan_name_lines"), key=lambda row: int(row["priority"])),
            claim_filing_codes={row["claim_filing_code"]: row for row in rows("claim_filing_codes")},
            contractors={row["contractor_number"] for row in rows("medicare_contractors")},
            anesthesia_codes=rows("anesthesia_codes"),
            conversion_factors=rows("conversion_factors_national"),
            locality_factors=_by_locality(rows("conversion_factors_locality")),
            state_localities={
                row["state"]: (row["contractor_number"], row["locality"]) for row in rows("state_localities")
            },
            carc={row["carc"]: row for row in rows("carc")},
            site_names={row["place_of_service"]: row["site_name"] for row in rows("places_of_service")},
            diagnoses={row["icd10_prefix"]: row for row in rows("icd10_regions")},
            surgical_codes={row["surgical_procedure_code"]: row for row in rows("surgical_codes")},
            modifier_names={row["modifier"]: row["short_name"] for row in rows("modifiers")},
            paid_statuses={
                row["modifier"] for row in rows("modifiers") if int(row["physical_status_units"] or 0) > 0
            },
            payer_rules=rows("payer_rules"),
        )

    def payer(self, payer_id: str | None, payer_name: str | None, on: date) -> str:
        """The payer that the first fitting rule in force decides on, else other."""
        name = normalised_name(payer_name)
        for rule in self.payers:
            kind = rule["match_kind"]
            by_id = bool(payer_id) and payer_id == rule["payer_id"]
            by_name = bool(rule["name_pattern"]) and re.search(rule["name_pattern"], name) is not None
            fits = {
                "id": by_id,
                "name": by_name,
                "id_name": by_id and by_name,
                "medicare_contractor": payer_id in self.contractors,
            }[kind]
            if fits and in_force(rule, on):
                return rule["payer"]
        return "other"

    def payer_of(self, row: dict[str, Any], on: date) -> str:
        """Payer of a claim or remit row."""
        return self.payer(row["payer_id"], row["payer_name"], on)

    def plan_line(self, payer: str, payer_id: str | None, payer_name: str | None) -> str | None:
        """The line of business that the plan's name tells, if it tells one."""
        name = normalised_name(payer_name)
        for rule in self.plan_name_lines:
            fits = (
                (not rule["scope_payer"] or payer in rule["scope_payer"].split())
                and (not rule["payer_id"] or payer_id == rule["payer_id"])
                and re.search(rule["name_pattern"], name) is not None
            )
            if fits:
                return rule["line_of_business"]
        return None

    def code_line(self, code: str | None, payer: str, plan_line: str | None) -> tuple[str | None, bool]:
        """(line of business a filing code points to, whether the code is a specific one)."""
        row = self.claim_filing_codes.get(code or "")
        if row is None or row["specificity"] == "silent":
            return None, False
        if payer == "medicare":
            line = row["line_of_medicare_contractor"]
        elif plan_line == "medicare_advantage":
            line = row["line_of_medicare_plan"]
        else:
            line = row["line_of_business"]
        return line, row["specificity"] == "specific"

    def line_of_business(
        self, payer: str, payer_id: str | None, payer_name: str | None, sbr09: str | None, clp06: str | None
    ) -> tuple[str, bool]:
        """(line of business, doubtful): plan name, specific CLP06, SBR09, general CLP06, payer."""
        plan = self.plan_line(payer, payer_id, payer_name)
        billed, billed_specific = self.code_line(sbr09, payer, plan)
        remitted, specific = self.code_line(clp06, payer, plan)
        if plan is not None:
            line = plan
        elif remitted is not None and specific:
            line = remitted
        elif billed is not None:
            line = billed
        elif remitted is not None:
            line = remitted
        elif sbr09 or clp06 or payer not in NAMED_PAYERS:
            line = "other"
        else:
            line = "medicare_ffs" if payer == "medicare" else "commercial"
        not_part_b = payer == "medicare" and {plan, billed, remitted} - {None, "medicare_ffs"} != set()
        if plan is not None:  # beside a plan name a general code only names a form of plan
            billed = billed if billed_specific else None
            remitted = remitted if specific else None
        return line, len({plan, billed, remitted} - {None}) > 1 or not_part_b

    def base_units(self, code: str, on: date) -> int | None:
        """Base units of a code on a date of service."""
        for row in self.anesthesia_codes:
            if row["procedure_code"] == code and in_force(row, on):
                return int(row["base_units"])
        return None

    def conversion_factor(self, on: date) -> Fraction | None:
        """The national non-QP anesthesia conversion factor in force."""
        return _factor(self.conversion_factors, on)

    def factor_of(self, row: dict[str, Any], settings: OracleSettings) -> tuple[Fraction | None, bool]:
        """Medicare's factor of a claim line under the settings, and whether it is the national one."""
        if settings.medicare_basis == "locality":
            place = row["medicare_contractor"], row["medicare_locality"], row["state"]
            return self.locality_factor(*place, row["service_date"])
        return self.conversion_factor(row["service_date"]), True

    def locality_factor(
        self, contractor: str | None, locality: str | None, state: str | None, on: date
    ) -> tuple[Fraction | None, bool]:
        """The factor of a contractor's locality, and whether it is the national one.

        Where either is not told, a state with one locality tells both; else the national factor stands.
        """
        place = (contractor, locality)
        if contractor is None or locality is None:
            place = self.state_localities.get(state or "", (None, None))
        own = _factor(self.locality_factors.get(place, []), on)  # type: ignore[arg-type]
        return (self.conversion_factor(on), True) if own is None else (own, False)

    def diagnosis(self, code: str) -> TextRow | None:
        """What the list says of a diagnosis: the row of its longest listed prefix."""
        prefixes = [code[:length] for length in range(len(code), 0, -1)]
        return next((self.diagnoses[prefix] for prefix in prefixes if prefix in self.diagnoses), None)

    def denial_category(self, carc: str) -> str:
        """Category of a denial reason; unclassified where the reason has no treatment."""
        row = self.carc.get(carc)
        return row["denial_category"] if row is not None and row["denial_category"] else "unclassified"


def _factor(rows: list[TextRow], on: date) -> Fraction | None:
    for row in rows:
        if row["basis"] in ("all", "non_qp") and in_force(row, on):
            return Fraction(row["conversion_factor"])
    return None


def _by_locality(rows: list[TextRow]) -> dict[tuple[str, str], list[TextRow]]:
    found: dict[tuple[str, str], list[TextRow]] = {}
    for row in rows:
        found.setdefault((row["contractor_number"], row["locality"]), []).append(row)
    return found

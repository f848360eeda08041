"""What lines were for: surgical procedures, diagnoses and their themes (contract, section 6)."""

from __future__ import annotations

from oracle_breakdowns import common, grouped
from oracle_cells import UNKNOWN, Row
from oracle_reference import OracleReference, TextRow


def procedures(lines: list[Row], reference: OracleReference) -> list[Row]:
    """By surgical procedure, of lines that carry one; shares are of all lines."""
    carrying = [row for row in lines if row["surgical_procedure_code"]]
    found = grouped(carrying, lambda row: [(row["surgical_procedure_code"],)])
    return [
        {
            "surgical_procedure_code": code,
            **common(own, lines),
            "region_conflict": belongs_elsewhere(code, own[0]["procedure_code"], reference),
        }
        for (code,), own in found.items()
    ]


def belongs_elsewhere(surgical: str, anesthesia: str, reference: OracleReference) -> bool | None:
    """Whether a procedure goes with other anesthesia codes; None where the list names none for it."""
    expected = reference.surgical_codes.get(surgical, {}).get("expected_anesthesia_codes", "").split()
    return anesthesia not in expected if expected else None


def diagnoses(lines: list[Row], reference: OracleReference) -> list[Row]:
    """By category of the first diagnosis and the region of its whole code."""

    def first_of(row: Row) -> list[tuple[str, str]]:
        code = row["diagnosis_1"] or ""
        listed = reference.diagnosis(code)
        return [(code[:3] or UNKNOWN, listed["region"] if listed else UNKNOWN)]

    return [
        {
            "diagnosis": category,
            "region": region,
            **common(own, lines),
            "region_conflict_lines": sum(is_in_conflict(row, reference) for row in own),
        }
        for (category, region), own in grouped(lines, first_of).items()
    ]


def is_in_conflict(row: Row, reference: OracleReference) -> bool:
    """A diagnosis of the line is listed, and none that is listed fits its code."""
    listed = listed_of(row, reference)
    return bool(listed) and not any(row["procedure_code"] in item["fits_codes"].split() for item in listed)


def listed_of(row: Row, reference: OracleReference) -> list[TextRow]:
    """What the list says of the diagnoses of a line, in their order."""
    codes = [row[f"diagnosis_{i}"] for i in range(1, 5)]
    return [item for code in codes if code and (item := reference.diagnosis(code)) is not None]


def clinical_themes(lines: list[Row], reference: OracleReference) -> list[Row]:
    """By the theme of the first diagnosis that has one."""

    def theme_of(row: Row) -> list[tuple[str]]:
        themes = [item["theme"] for item in listed_of(row, reference) if item["theme"]]
        return [(themes[0] if themes else UNKNOWN,)]

    found = grouped(lines, theme_of)
    return [{"theme": theme, **common(own, lines)} for (theme,), own in found.items()]

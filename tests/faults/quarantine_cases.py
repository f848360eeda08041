"""Rows with one thing wrong, optional values that can't be read, and rows at the edge of what is accepted."""

from __future__ import annotations

from dataclasses import dataclass

from inbound_rows import GOOD_CLAIM, GOOD_REMIT, as_csv, claim, remit

FULL_WIDTH_CODE = "".join(chr(ord(digit) + 0xFEE0) for digit in "01939")
FULL_WIDTH_AMOUNT = "".join(chr(ord(digit) + 0xFEE0) for digit in "845")


@dataclass(frozen=True)
class Case:
    """A wrong row: the columns changed, and every (rule, column) it breaks, the first one first."""

    kind: str
    changes: dict[str, str]
    breaks: tuple[tuple[str, str], ...]
    line: str = ""

    @property
    def name(self) -> str:
        changed = ",".join(f"{column}={value[:24]!a}" for column, value in self.changes.items())
        return f"{self.kind}-{self.breaks[0][0]}-{changed or 'fields'}"


def claims(rule: str, column: str, *values: str) -> list[Case]:
    return [Case("claim_lines", {column: value}, ((rule, column),)) for value in values]


def remits(rule: str, column: str, *values: str) -> list[Case]:
    return [Case("remit_lines", {column: value}, ((rule, column),)) for value in values]


def ragged(kind: str, good: dict[str, str]) -> list[Case]:
    fields = as_csv([good]).decode().splitlines()[1]
    broken = (("field_count", ""),)
    return [
        Case(kind, {"claim_id": "long row"}, broken, fields + ",extra"),
        Case(kind, {"claim_id": "short row"}, broken, fields.rsplit(",", 1)[0]),
    ]


def required(kind: str, columns: str) -> list[Case]:
    return [Case(kind, {column: "  "}, (("required_missing", column),)) for column in columns.split()]


CLAIM_CASES = [
    *ragged("claim_lines", GOOD_CLAIM),
    *required(
        "claim_lines",
        "claim_id line_number submitted_on claim_frequency_code payer_responsibility patient_birth_date"
        " billing_provider_npi place_of_service charge_amount unit_basis unit_count service_date",
    ),
    *claims("text_too_long", "claim_id", "C" * 39),
    *claims(
        "bad_date", "service_date", "2025-02-30", "03/04/2025", "2025-03-04T10:30:00", "20250230", "4568"
    ),
    *claims("bad_date", "submitted_on", "soon"),
    *claims("serial_date", "service_date", "45720", "45720.5"),
    *claims("serial_date", "patient_birth_date", "22052"),
    *claims("damaged_identifier", "claim_id", "1.23457E+14", "1.23e+14", "1E+20", "1,23E+14"),
    *claims("damaged_identifier", "member_id", "9.0E+10"),
    *claims("damaged_identifier", "original_claim_number", "2.02503E+12"),
    Case(
        "claim_lines",
        {"billing_provider_npi": "1.23E+09"},
        (("damaged_identifier", "billing_provider_npi"), ("npi_check_digit", "billing_provider_npi")),
    ),
    Case("claim_lines", {"payer_id": "", "payer_name": "N/A"}, (("required_missing", "payer_id"),)),
    *claims("bad_date", "patient_birth_date", "05/17/1961", "1961-13-01"),
    *claims(
        "bad_number",
        "charge_amount",
        "336,00",
        "1,20.50",
        "1e2",
        "inf",
        "-inf",
        "0x10",
        "8 45 X",
        "(5.00",
        FULL_WIDTH_AMOUNT,
    ),
    *claims("bad_number", "unit_count", "1:30", "45 min"),
    *claims("bad_number", "line_number", "one", "1.5"),
    *claims("amount_precision", "charge_amount", "845.125", "845.001"),
    *claims("amount_precision", "unit_count", "32.0001"),
    *claims("amount_range", "charge_amount", "10000000000.00", "9" * 30),
    *claims("code_shape", "place_of_service", "4", "024", "2A"),
    *claims("control_character", "claim_id", "PCN\x1b[31m", "PCN\ufeff1"),
    *claims(
        "npi_check_digit", "billing_provider_npi", "1234567890", "123456789", "12345678930", "123456789O"
    ),
    *claims("unknown_code", "claim_frequency_code", "5", "01", "9"),
    *claims("unknown_code", "unit_basis", "F2", "MIN"),
    *claims("line_number_range", "line_number", "0", "51", "-1"),
    *claims("charge_negative", "charge_amount", "-845.00", "-0.01"),
    *claims("unit_count_positive", "unit_count"),
    Case(
        "claim_lines",
        {"unit_basis": "UN", "unit_count": "0"},
        (("unit_count_positive", "unit_count"),),
    ),
    Case(
        "claim_lines",
        {"unit_count": "-32"},
        (("unit_count_positive", "unit_count"), ("minutes_range", "unit_count")),
    ),
    *claims("minutes_range", "unit_count", "1441", "99999", "0.999", "1440.001"),
    *claims("date_bounds", "submitted_on", "2101-01-01", "9999-12-31"),
    Case(
        "claim_lines",
        {"service_date": "1999-12-31", "patient_birth_date": "1950-01-01"},
        (("date_bounds", "service_date"), ("code_not_yet_valid", "service_date")),
    ),
    *claims("code_not_yet_valid", "service_date", "2021-12-31"),
    *claims("service_after_submission", "service_date", "2025-03-11"),
    *claims(
        "birth_after_service", "patient_birth_date", "2025-03-05", "1904-03-04", "1889-01-01", "0001-01-01"
    ),
    *(
        case
        for place in range(1, 5)
        for case in claims("impossible_modifier", f"modifier_{place}", "P6", "p6")
    ),
    *claims("impossible_site", "place_of_service", "02", "10", "81"),
    *claims(
        "near_scope_code",
        "procedure_code",
        "O1939",
        "o1939",
        "0I939",
        "01939.0",
        "01939-QK",
        "01939QK",
        "'01939",
        "01939'",
        "1.939E3",
        "1.939E+03",
        "0193 9",
        "01 939",
        "001939",
        FULL_WIDTH_CODE,
        "01939, AA",
    ),
]
REMIT_CASES = [
    *ragged("remit_lines", GOOD_REMIT),
    *required(
        "remit_lines",
        "payment_trace payment_date claim_id claim_status_code payer_claim_number charge_amount paid_amount",
    ),
    *remits("text_too_long", "claim_id", "C" * 39),
    *remits("text_too_long", "payer_claim_number", "I" * 51),
    *remits("bad_date", "payment_date", "31/01/2025", "2025-02-29"),
    *remits("serial_date", "payment_date", "45749"),
    *remits("damaged_identifier", "payer_claim_number", "2.02503E+12"),
    *remits("damaged_identifier", "original_payer_claim_number", "2.02503E+12"),
    *remits("damaged_identifier", "payment_trace", "8.1E+08"),
    Case("remit_lines", {"payer_id": "-", "payer_name": ""}, (("required_missing", "payer_id"),)),
    *remits("bad_number", "paid_amount", "5.00 paid", "1/2"),
    *remits("amount_precision", "paid_amount", "210.005"),
    *remits("amount_range", "charge_amount", "-10000000000.00"),
    *remits("control_character", "payment_trace", "EFT\u2066900"),
    *remits("unknown_code", "claim_status_code", "9", "05", "26"),
    *remits("date_bounds", "payment_date", "2101-02-01"),
    *remits("service_after_payment", "service_date", "2025-04-03"),
    *remits("code_not_yet_valid", "service_date", "2021-12-31"),
    Case(
        "remit_lines",
        {"procedure_code": "64633", "submitted_procedure_code": "01939", "service_date": "2021-06-01"},
        (("code_not_yet_valid", "service_date"),),
    ),
    *remits("near_scope_code", "procedure_code", "O1939", "Q1939"),
    *(
        Case(
            "remit_lines",
            {"procedure_code": code},
            (("near_scope_code", "procedure_code"), ("code_shape", "procedure_code")),
        )
        for code in ("01939.0", "1.939E3", "01939-QK", FULL_WIDTH_CODE)
    ),
]
CASES = {"claim_lines": CLAIM_CASES, "remit_lines": REMIT_CASES}
GOOD = {"claim_lines": claim, "remit_lines": remit}

DROPPED = {
    "claim_lines": [
        ("member_id", "M" * 81), ("payer_name", "N" * 121), ("original_claim_number", "O" * 51),
        ("modifier_1", "A"), ("modifier_1", "AA,QS"), ("modifier_4", "QK:P3"), ("diagnosis_1", "NECK PAIN"),
        ("diagnosis_2", "47.812"), ("patient_sex", "X"), ("patient_sex", "W"),
        ("billing_provider_state", "Texas"),
        ("service_facility_state", "T1"), ("medicare_contractor", "4412"), ("medicare_locality", "9"),
        ("surgical_procedure_code", "64633, 64634"), ("claim_filing_code", "MBX"),
        ("member_id", "W1\u202e2345"), ("payer_name", "AET\x85NA"), ("rendering_provider_npi", "1003000125"),
    ],
    "remit_lines": [
        ("service_date", "soon"), ("service_date", "1900-01-01"), ("service_date", "45720"),
        ("allowed_amount", "not given"), ("paid_units", "1:30"), ("service_sequence", "first"),
        ("modifier_2", "A"), ("remark_codes", "see letter"), ("remit_filing_code", "MBX"),
        ("payer_name", "CIG\u200dNA"), ("payee_npi", "1234567890"), ("allowed_amount", "240.005"),
        ("submitted_procedure_code", "0370"), ("line_control_number", "L" * 51),
        ("adjustments", "CO45=605.00"), ("adjustments", "CO-45:605.00|PR-2"),
        ("adjustments", "CO-45:605.00|"),
        ("adjustments", "CO-45"), ("adjustments", "CO-:1.00"), ("adjustments", "C-45:1.00"),
        ("adjustments", "CO-4545:1.00"), ("adjustments", "CO-45:605,00"), ("adjustments", "CO-45:1e2"),
        ("adjustments", "CO-45:605.001|PR-2:30.00"), ("adjustments", "CO-45:10000000000.00"),
        ("adjustments", "CO-45:" + "9" * 20), ("claim_adjustments", "nothing"),
    ],
}  # fmt: skip
"""Optional values that can't be read: they cost the value, never the row (CONTRACT section 3)."""

CLAIMS_AT_THE_EDGE = [
    {"charge_amount": "$1,200.50", "patient_sex": "female", "member_id": ""},
    {"charge_amount": ".52", "service_date": "20250304", "submitted_on": "2025-03-10 00:00:00"},
    {"payer_id": ""},
    {
        "billing_provider_npi": "1234567893.0",
        "rendering_provider_npi": "1003000126.00",
        "place_of_service": "24.0",
    },
    {"payer_name": "NULL"},
    {"original_claim_number": "20250E4", "line_control_number": "1E5"},
    {"procedure_code": "1939"},
    {"procedure_code": " 01939 "},
    {"modifier_1": "aa", "modifier_2": "qs"},
    {"modifier_1": "AA", "modifier_2": "QK"},
    {"modifier_1": "ZZ"},
    {"place_of_service": "99"},
    {"diagnosis_1": "m47812"},
    {"payer_responsibility": "A"},
    {"payer_id": "00000", "payer_name": "A PAYER NOBODY KNOWS"},
    {"unit_count": "1"},
    {"unit_count": "1440"},
    {"unit_count": "32.000"},
    {"charge_amount": "0"},
    {"charge_amount": "9999999999.99"},
    {"charge_amount": "00000000000000000000845.00"},
    {"service_date": "2025-03-10"},
    {"service_date": "2022-01-01"},
    {"patient_birth_date": "2025-03-04"},
    {"patient_birth_date": "1904-03-05"},
    {"line_number": "50"},
    {"claim_id": "C" * 38},
    {"member_id": "W1\u00a0"},
    {"line_number": "01"},
    {"rendering_provider_npi": "", "patient_sex": "", "diagnosis_1": "", "modifier_1": ""},
]
REMITS_AT_THE_EDGE = [
    {"payer_id": "N/A", "paid_amount": "(5.00)", "adjustments": "CO-253:.52|PR-2:84."},
    {"remark_codes": "N115, MA130"},
    {"claim_status_code": "1.0", "payee_npi": "1234567893.0"},
    {"procedure_code": "NULL", "submitted_procedure_code": "n/a"},
    {"claim_status_code": "22", "charge_amount": "-845.00", "paid_amount": "-210.00"},
    {"adjustments": "co-45:605.00|pr-2:30.00"},
    {"adjustments": ""},
    {"adjustments": "CO-45:-0.11|OA-23:605|PR-2:30.1"},
    {"procedure_code": "", "service_sequence": ""},
    {"procedure_code": "64633", "submitted_procedure_code": "01939"},
    {"procedure_code": "01940", "submitted_procedure_code": "64633"},
    {"remark_codes": "n115|ma130"},
    {"service_date": ""},
    {"adjustments": "CO-ZZZ:1.00"},
]
EDGES = {"claim_lines": CLAIMS_AT_THE_EDGE, "remit_lines": REMITS_AT_THE_EDGE}

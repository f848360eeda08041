"""Accepted claim and remit rows of a landing folder, read file by file with the standard library.

What a value means stands in the contract, section 3. Nothing here is shared with the pipeline.
"""

from __future__ import annotations

import csv
import gzip
import hashlib
import io
import json
import re
from collections import Counter
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any

import pyarrow.parquet
from landing_x12 import rows_of_x12

Row = dict[str, Any]
SCOPE = {"01937", "01938", "01939", "01940", "01941", "01942"}
NOTHING = {"", "NULL", "N/A", "NAN", "NONE", "-"}
CLAIM_TEXTS = (
    *("payer_id", "claim_filing_code", "rendering_provider_npi", "billing_provider_state"),
    *("medicare_contractor", "medicare_locality", "service_facility_state", "place_of_service"),
    *("modifier_1", "modifier_2", "modifier_3", "modifier_4", "surgical_procedure_code"),
)
REMIT_TEXTS = (
    *("payer_id", "payee_npi", "remit_filing_code", "procedure_code", "submitted_procedure_code"),
    *("modifier_1", "modifier_2", "modifier_3", "modifier_4"),
)
MODIFIERS = ("modifier_1", "modifier_2", "modifier_3", "modifier_4")
FREQUENCIES = {"1": "1", "6": "7", "7": "7", "8": "8"}
STATUSES = {"1", "2", "3", "4", "19", "20", "21", "22", "23", "25"}


@dataclass
class Landing:
    """Accepted rows of both kinds, and how many rows were quarantined."""

    claims: list[Row] = field(default_factory=list)
    remits: list[Row] = field(default_factory=list)
    quarantined: int = 0


class BadRow(ValueError):
    """A row that can't be trusted; names the column only."""


def read_landing(folder: Path) -> Landing:
    """Every file of a folder, each content once."""
    landing = Landing()
    seen: set[str] = set()
    for path in sorted(path for path in folder.rglob("*") if path.is_file()):
        content = path.read_bytes()
        content = gzip.decompress(content) if content[:2] == b"\x1f\x8b" else content
        digest = hashlib.sha256(content).hexdigest()
        if digest in seen:
            continue
        seen.add(digest)
        kind, rows = rows_of_file(content)
        for number, row in enumerate(rows, start=1):
            accept(landing, kind, {**row, "_file": digest[:16], "_row": number})
    count_lines(landing.claims)
    landing.claims = [row for row in landing.claims if row["in_scope"] or row["frequency"] != "1"]
    return landing


def rows_of_file(content: bytes) -> tuple[str, list[Row]]:
    """(kind, rows as text) of one file, its form told by its content."""
    if content[:4] == b"PAR1":
        rows = pyarrow.parquet.read_table(io.BytesIO(content)).to_pylist()
    elif content.lstrip(b"\xef\xbb\xbf \r\n").startswith(b"ISA"):
        return rows_of_x12(content.decode("utf-8"))
    elif content.lstrip().startswith(b"{"):
        rows = [json.loads(line) for line in content.decode().splitlines() if line.strip()]
    else:
        rows = list(csv.DictReader(io.StringIO(content.decode("utf-8-sig"), newline="")))
    texts = [unqualified({name: as_text(value) for name, value in row.items()}) for row in rows]
    return ("remit_lines" if "payment_trace" in texts[0] else "claim_lines"), texts


def unqualified(row: Row) -> Row:
    """`HC:01939:QK:QS` is the code 01939, with modifiers where the row has none."""
    for name in ("procedure_code", "submitted_procedure_code"):
        qualifier, *parts = re.split("[:>^]", row.get(name, ""))
        if qualifier.strip().upper() == "HC" and parts:
            row[name] = parts[0].strip()
            if name == "procedure_code" and not any(row.get(modifier) for modifier in MODIFIERS):
                row |= dict(zip(MODIFIERS, parts[1:], strict=False))
    return row


def as_text(value: Any) -> str:
    if isinstance(value, list):
        return "|".join(f"{item['group']}-{item['reason']}:{item['amount']}" for item in value)
    return "" if value is None else str(value)


# --- values --------------------------------------------------------------------------------------


def text_of(row: Row, name: str) -> str | None:
    """A trimmed text; words for nothing are nothing."""
    value = str(row.get(name) or "").strip()
    wrapped = re.fullmatch(r'="(.*)"', value)
    value = wrapped[1].strip() if wrapped else value
    return None if value.upper() in NOTHING else value


def code_of(row: Row, name: str) -> str | None:
    value = text_of(row, name)
    return None if value is None else value.upper()


def required(row: Row, name: str) -> str:
    value = text_of(row, name)
    if value is None:
        raise BadRow(name)
    return value


def date_of(text: str, name: str) -> date:
    """2025-03-04 or 20250304, with a time of midnight perhaps."""
    text = re.sub(r"[T ]00:00(:00(\.0+)?)?$", "", text)
    if re.fullmatch(r"\d{8}", text):
        text = f"{text[:4]}-{text[4:6]}-{text[6:]}"
    if not re.fullmatch(r"\d{4}-\d{2}-\d{2}", text):
        raise BadRow(name)
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise BadRow(name) from error


def cents_of(text: str, name: str) -> int:
    """Dollars as X12 writes them (.52, -.5, 84.) or as spreadsheets do ($1,200.50, (25.00), 25.00 CR)."""
    plain = text.replace("$", "").replace(",", "").strip()
    negative = False
    if plain.startswith("(") and plain.endswith(")"):
        negative, plain = True, plain[1:-1]
    if plain.upper().endswith("CR"):
        negative, plain = True, plain[:-2]
    plain = plain.strip()
    if plain == "-":
        return 0
    try:
        cents = Decimal(plain) * 100
    except InvalidOperation as error:
        raise BadRow(name) from error
    if cents != int(cents):
        raise BadRow(name)
    return -int(cents) if negative else int(cents)


def adjustments_of(text: str | None, name: str) -> list[tuple[str, str, int]]:
    """(group, reason, cents), summed by code; what adds up to nothing is gone.

    `CO-45:605.00`, or as people write it: `CO45:605`, `CO 45 605.00`.
    """
    sums: Counter[tuple[str, str]] = Counter()
    for item in (text or "").split("|"):
        if item.strip():
            told = re.fullmatch(r"([A-Z]{2})-([0-9A-Z]{1,3}):(.+)", item.strip().upper()) or re.fullmatch(
                r"(CO|CR|OA|PI|PR)[ :*-]*([A-Z]?[0-9]{1,3})[ :*]+(.+)", item.strip().upper()
            )
            if told is None:
                raise BadRow(name)
            sums[told[1], told[2]] += cents_of(told[3], name)
    return sorted((group, reason, cents) for (group, reason), cents in sums.items() if cents)


def adjustments_read(row: Row) -> Row:
    """Adjustments of the line and of the claim; those that can't be read are dropped (contract, 3)."""
    found: Row = {"unread": False}
    for name in ("adjustments", "claim_adjustments"):
        try:
            found[name] = adjustments_of(text_of(row, name), name)
        except BadRow:
            found |= {name: [], "unread": True}
    return found


def number_of(text: str | None, length: int | None = None) -> str | None:
    """An identifier: trimmed, upper case."""
    return None if text is None else text.strip().upper()[:length]


def loose(number: str) -> str:
    """A claim number without punctuation and leading zeros."""
    return re.sub(r"[^A-Z0-9]", "", number).lstrip("0")


def age_at(birth: date, day: date) -> int:
    """Whole years, 90 for 90 and over."""
    years = day.year - birth.year - ((day.month, day.day) < (birth.month, birth.day))
    return min(years, 90)


def is_npi(text: str) -> bool:
    """Ten digits with the check digit of ISO 7812 over 80840."""
    if not re.fullmatch(r"\d{10}", text):
        return False
    digits = [int(digit) for digit in "80840" + text]
    doubled = [
        digit if index % 2 == 0 else sum(divmod(2 * digit, 10))
        for index, digit in enumerate(reversed(digits))
    ]
    return sum(doubled) % 10 == 0


# --- rows ----------------------------------------------------------------------------------------


def accept(landing: Landing, kind: str, row: Row) -> None:
    """Add a row in scope, or a header of an out-of-scope replacement or void."""
    try:
        if kind == "claim_lines":
            landing.claims.append(claim_row(row))
        elif (made := remit_row(row)) is not None:
            landing.remits.append(made)
    except BadRow:
        landing.quarantined += 1


def claim_row(row: Row) -> Row:
    """A typed claim row; one out of scope carries its header only."""
    code = code_of(row, "procedure_code")
    code = "01939" if code == "1939" else code
    role = (code_of(row, "payer_responsibility") or "")[:1]
    birth, member = text_of(row, "patient_birth_date"), text_of(row, "member_id")
    submitted_on = date_of(required(row, "submitted_on"), "submitted_on")
    number = number_of(required(row, "claim_id"), 20)
    made: Row = {
        **{name: row[name] for name in ("_file", "_row")},
        "in_scope": code in SCOPE,
        "number": number,
        "npi": required(row, "billing_provider_npi"),
        "role": role if role in ("P", "S") else "T",
        "member": re.sub(r"[^A-Z0-9]", "", member.upper()) if member else None,
        "birth": date_of(birth, "patient_birth_date") if birth else None,
        "submitted_on": submitted_on,
        "frequency": FREQUENCIES[required(row, "claim_frequency_code")],
        "original": number_of(text_of(row, "original_claim_number")),
        "payer_id": code_of(row, "payer_id"),
        "payer_name": code_of(row, "payer_name"),
        "line_number": int(required(row, "line_number")),
        "procedure_code": code,
        "service_date": None,
    }
    if not is_npi(made["npi"]):
        raise BadRow("billing_provider_npi")
    return {**made, **line_of(row, made)} if made["in_scope"] else {**made, "_says": says(row)}


def says(row: Row) -> Row:
    """What a line out of scope says of the bill that it is of."""
    day = text_of(row, "service_date")
    names = ("rendering_provider_npi", *MODIFIERS)
    return {
        "service_date": date_of(day, "service_date") if day else None,
        **{name: code_of(row, name) for name in names},
    }


def line_of(row: Row, made: Row) -> Row:
    """What only a line in scope has."""
    day = date_of(required(row, "service_date"), "service_date")
    if day > made["submitted_on"] or (made["procedure_code"] == "01939" and day < date(2022, 1, 1)):
        raise BadRow("service_date")
    basis, count = required(row, "unit_basis").upper(), Decimal(required(row, "unit_count"))
    if basis == "MJ" and not 1 <= count <= 1440:
        raise BadRow("unit_count")
    return {
        "service_date": day,
        "charge": cents_of(required(row, "charge_amount"), "charge_amount"),
        "unit_basis": basis,
        "unit_count": count,
        **{name: code_of(row, name) for name in CLAIM_TEXTS},
        **{
            f"diagnosis_{i}": (code_of(row, f"diagnosis_{i}") or "").replace(".", "") or None
            for i in range(1, 5)
        },
        "age": age_at(made["birth"], day),
        "sex": code_of(row, "patient_sex"),
        "authorized": text_of(row, "prior_authorization_number") is not None,
        "line_control": number_of(text_of(row, "line_control_number")),
    }


def remit_row(row: Row) -> Row | None:
    """A typed remit row; none where neither code is in scope and there is one."""
    codes = {code_of(row, name) for name in ("procedure_code", "submitted_procedure_code")} - {None}
    if codes and not codes & SCOPE:
        return None
    paid_on = date_of(required(row, "payment_date"), "payment_date")
    day, sequence = text_of(row, "service_date"), text_of(row, "service_sequence")
    service_date = date_of(day, "service_date") if day else None
    status = required(row, "claim_status_code")
    if status not in STATUSES or (service_date and service_date > paid_on):
        raise BadRow("claim_status_code")
    number = number_of(required(row, "claim_id"), 20) or ""
    given = text_of(row, "allowed_amount")
    remarks = (code_of(row, "remark_codes") or "").split("|")
    return {
        **{name: row[name] for name in ("_file", "_row")},
        "_loop": row.get("_loop"),
        **{name: code_of(row, name) for name in REMIT_TEXTS},
        "payer_name": code_of(row, "payer_name"),
        "trace": number_of(required(row, "payment_trace")),
        "paid_on": paid_on,
        "number": number,
        "loose": loose(number) or number,
        "status": status,
        "payer_number": number_of(required(row, "payer_claim_number")),
        "original": number_of(text_of(row, "original_payer_claim_number")),
        "sequence": int(sequence) if sequence else None,
        "line_control": number_of(text_of(row, "line_control_number")),
        "service_date": service_date,
        "charge": cents_of(required(row, "charge_amount"), "charge_amount"),
        "paid": cents_of(required(row, "paid_amount"), "paid_amount"),
        "given": cents_of(given, "allowed_amount") if given else None,
        **adjustments_read(row),
        "remarks": tuple(sorted({code for code in remarks if code})),
    }


SUBMISSION = ("number", "npi", "role", "submitted_on", "frequency", "original", "member", "birth")
CARE = {"AA": "AA", "QZ": "QZ", "QK": "QK", "QY": "QK", "QX": "QX", "AD": "AD"}
"""Pricing modifiers, and those that say the same of who gave the anesthetic."""


def count_lines(claims: list[Row]) -> None:
    """Tell every row how many lines its bill has in all: 1, or more.

    A line after the first says that there are more. One out of scope is of the bills of its submission that
    it can be of by date, rendering provider and care model, or of all of them.
    """
    submissions: dict[tuple[Any, ...], list[Row]] = {}
    for row in claims:
        row["line_count"] = row["line_number"] or 1
        submissions.setdefault(tuple(row[name] for name in SUBMISSION), []).append(row)
    for rows in submissions.values():
        bills = [row for row in rows if row["in_scope"]]
        for other in rows:
            if not other["in_scope"] and (other["line_number"] or 1) > 1:
                for row in [bill for bill in bills if is_of_bill(other["_says"], bill)] or bills:
                    row["line_count"] = max(row["line_count"], 2)


def is_of_bill(other: Row, bill: Row) -> bool:
    """Whether nothing tells a line out of scope from a bill."""
    said = [(other[name], bill[name]) for name in ("rendering_provider_npi", "service_date")]
    said.append((care_of(other), care_of(bill)))
    return all(one is None or two is None or one == two for one, two in said)


def care_of(row: Row) -> str | None:
    """The care model of a row, where it has one."""
    found = {CARE[row[name]] for name in MODIFIERS if row[name] in CARE}
    return found.pop() if len(found) == 1 else None


def as_of(landing: Landing) -> date:
    """The latest submission or payment date of accepted rows in scope."""
    days = [row["submitted_on"] for row in landing.claims if row["in_scope"]]
    return max([*days, *(row["paid_on"] for row in landing.remits)], default=date.min + timedelta(days=400))

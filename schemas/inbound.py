"""Canonical inbound rows: their columns and the rules a row must keep to be trusted.

A row is read as text, parsed beside its text (`text_<column>` stays), and checked by these rules. Source:
005010X222A1, 005010X221A1.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import Final, Literal

import pandera.polars as pa
import polars as pl

from schemas.validation import RowRule, rows_schema

Kind = Literal["claim_lines", "remit_lines"]
Parsed = Literal["text", "code", "date", "cents", "whole", "thousandths", "adjustments", "name"]


@dataclass(frozen=True)
class InboundColumn:
    """A canonical column: how it is parsed and whether a row must have it."""

    name: str
    parsed: Parsed
    required: bool = False
    shape: str | None = None
    longest: int | None = None


def _modifiers() -> tuple[InboundColumn, ...]:
    return tuple(InboundColumn(f"modifier_{i}", "code", shape=r"[0-9A-Z]{2}") for i in range(1, 5))


NPI = r"[0-9]{10}"
CPT = r"[0-9A-Z]{5}"
STATE = r"[A-Z]{2}"
ICD10 = r"[A-Z][0-9][0-9A-Z](?:\.?[0-9A-Z]{1,4})?"

CLAIM_COLUMNS: Final = (
    InboundColumn("claim_id", "text", True, longest=38),
    InboundColumn("line_number", "whole", True),
    InboundColumn("line_control_number", "text", longest=50),
    InboundColumn("submitted_on", "date", True),
    InboundColumn("claim_frequency_code", "code", True),
    InboundColumn("original_claim_number", "text", longest=50),
    InboundColumn("payer_id", "text", longest=80),
    InboundColumn("payer_name", "name", longest=120),
    InboundColumn("payer_responsibility", "code", True),
    InboundColumn("claim_filing_code", "code", shape=r"[0-9A-Z]{1,2}"),
    InboundColumn("member_id", "text", longest=80),
    InboundColumn("patient_birth_date", "date", True),
    InboundColumn("patient_sex", "code", shape=r"[FMU]"),
    InboundColumn("billing_provider_npi", "text", True),
    InboundColumn("rendering_provider_npi", "text"),
    InboundColumn("billing_provider_state", "code", shape=STATE),
    InboundColumn("medicare_contractor", "text", shape=r"[0-9]{5}"),
    InboundColumn("medicare_locality", "text", shape=r"[0-9]{2}"),
    InboundColumn("service_facility_state", "code", shape=STATE),
    InboundColumn("place_of_service", "text", True, shape=r"[0-9]{2}"),
    InboundColumn("procedure_code", "code", True),
    *_modifiers(),
    InboundColumn("charge_amount", "cents", True),
    InboundColumn("unit_basis", "code", True),
    InboundColumn("unit_count", "thousandths", True),
    *(InboundColumn(f"diagnosis_{i}", "code", shape=ICD10) for i in range(1, 5)),
    InboundColumn("surgical_procedure_code", "code", shape=CPT),
    InboundColumn("service_date", "date", True),
    InboundColumn("prior_authorization_number", "text", longest=50),
)
"""Claim lines (837P), one row per service line per submission."""

REMIT_COLUMNS: Final = (
    InboundColumn("payment_trace", "text", True, longest=50),
    InboundColumn("payment_date", "date", True),
    InboundColumn("payer_id", "text", longest=80),
    InboundColumn("payer_name", "name", longest=120),
    InboundColumn("payee_npi", "text"),
    InboundColumn("claim_id", "text", True, longest=38),
    InboundColumn("claim_status_code", "code", True),
    InboundColumn("remit_filing_code", "code", shape=r"[0-9A-Z]{1,2}"),
    InboundColumn("payer_claim_number", "text", True, longest=50),
    InboundColumn("original_payer_claim_number", "text", longest=50),
    InboundColumn("service_sequence", "whole"),
    InboundColumn("line_control_number", "text", longest=50),
    InboundColumn("service_date", "date"),
    InboundColumn("procedure_code", "code"),
    *_modifiers(),
    InboundColumn("submitted_procedure_code", "code"),
    InboundColumn("charge_amount", "cents", True),
    InboundColumn("paid_amount", "cents", True),
    InboundColumn("paid_units", "thousandths"),
    InboundColumn("allowed_amount", "cents"),
    InboundColumn("adjustments", "adjustments"),
    InboundColumn("claim_adjustments", "adjustments"),
    InboundColumn("remark_codes", "code", shape=r"[0-9A-Z]{2,5}(?:\|[0-9A-Z]{2,5})*"),
)
"""Remit lines (835), one row per service payment line."""

COLUMNS: Final[dict[Kind, tuple[InboundColumn, ...]]] = {
    "claim_lines": CLAIM_COLUMNS,
    "remit_lines": REMIT_COLUMNS,
}
OPTIONAL_IN_HEADER: Final[dict[Kind, frozenset[str]]] = {
    kind: frozenset(column.name for column in columns if not column.required)
    for kind, columns in COLUMNS.items()
}
TYPES: Final[dict[Parsed, pl.DataType]] = {
    "text": pl.String(),
    "code": pl.String(),
    "name": pl.String(),
    "adjustments": pl.String(),
    "date": pl.Date(),
    "cents": pl.Int64(),
    "whole": pl.Int64(),
    "thousandths": pl.Int64(),
}
FREQUENCIES: Final = ("1", "6", "7", "8")
STATUSES: Final = ("1", "2", "3", "4", "19", "20", "21", "22", "23", "25")
LARGEST_CENTS: Final = 10**12 - 1
FIRST_DAY: Final = date(2000, 1, 1)
LAST_DAY: Final = date(2100, 12, 31)
FAMILY_FROM: Final = date(2022, 1, 1)
ADJUSTMENT: Final = r"[A-Z]{2}-[0-9A-Z]{1,3}:-?[0-9]+(?:\.[0-9]+)?"
HIDDEN: Final = (
    r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f"
    r"\u{200b}-\u{200f}\u{202a}-\u{202e}\u{2060}-\u{2064}\u{2066}-\u{2069}\u{feff}]"
)
"""Control, zero-width and bidirectional characters; tabs and line ends inside a quoted field are none."""


def text_of(column: str) -> pl.Expr:
    """The text a column was parsed from (trimmed; empty is null)."""
    return pl.col(f"text_{column}")


def _whole(pattern: str, text: pl.Expr) -> pl.Expr:
    return text.str.contains(f"^(?:{pattern})$")


def _whole_text(pattern: str, column: str) -> pl.Expr:
    return _whole(pattern, text_of(column))


def _is_code(column: str) -> pl.Expr:
    return pl.col(column).str.contains(f"^(?:{CPT})$")


def npi_is_valid(column: str) -> pl.Expr:
    """Ten digits whose Luhn sum with the prefix 80840 ends in zero (CMS NPI check digit)."""
    text = pl.col(column)
    total = pl.lit(24, pl.Int64)  # the prefix 80840 adds 24
    for place in range(10):
        digit = text.str.slice(place, 1).cast(pl.Int64, strict=False)
        doubled = digit * 2
        total = total + (doubled - pl.when(doubled > 9).then(9).otherwise(0) if place % 2 == 0 else digit)
    return text.str.contains(f"^{NPI}$") & (total % 10 == 0)


def _shared_rules(columns: Iterable[InboundColumn]) -> list[RowRule]:
    """Rules that follow from how a column is parsed."""
    rules = []
    for column in columns:
        name, text = column.name, text_of(column.name)
        if column.required:
            rules.append(RowRule("required_missing", name, text.is_not_null()))
        if column.longest:
            rules.append(RowRule("text_too_long", name, text.str.len_chars() <= column.longest))
        if column.shape:
            rules.append(RowRule("code_shape", name, _whole(column.shape, pl.col(name))))
        if column.parsed == "date":
            rules.append(RowRule("bad_date", name, text.is_null() | pl.col(name).is_not_null()))
            if name != "patient_birth_date":
                rules.append(RowRule("date_bounds", name, pl.col(name).is_between(FIRST_DAY, LAST_DAY)))
        if column.parsed in ("cents", "whole", "thousandths"):
            rules.extend(_number_rules(column))
        if column.parsed == "adjustments":
            packed = rf"{ADJUSTMENT}(?:\|{ADJUSTMENT})*"
            rules.append(RowRule("bad_adjustments", name, _whole(packed, pl.col(name))))
            large = text.str.contains(r":-?0*[1-9][0-9]{10,}")
            rules.append(RowRule("amount_range", name, ~large))
            coarse = text.str.contains(r"\.[0-9]{2}0*[1-9]")
            rules.append(RowRule("amount_precision", name, ~coarse))
    return rules


def _number_rules(column: InboundColumn) -> list[RowRule]:
    name, decimals = column.name, {"cents": 2, "whole": 0, "thousandths": 3}[column.parsed]
    reads = _whole_text(r"-?[0-9]+(?:\.[0-9]+)?", name)
    fine = ~_whole_text(rf"-?[0-9]+\.[0-9]{{{decimals}}}[0-9]*[1-9][0-9]*", name)
    short = _whole_text(r"-?0*[0-9]{0,10}(?:\.[0-9]+)?", name)
    in_range = RowRule("amount_range", name, ~reads | short)
    if not decimals:
        return [RowRule("bad_number", name, reads & fine), in_range]
    return [
        RowRule("bad_number", name, reads),
        in_range,
        RowRule("amount_precision", name, ~reads | fine),
    ]


def _hidden(columns: Iterable[InboundColumn]) -> list[RowRule]:
    return [RowRule("control_character", c.name, ~text_of(c.name).str.contains(HIDDEN)) for c in columns]


def _some_payer() -> RowRule:
    """A payer is named by its id or by its name (835 N104 and REF*2U are situational)."""
    return RowRule(
        "required_missing",
        "payer_id",
        text_of("payer_id").is_not_null() | text_of("payer_name").is_not_null(),
    )


def _npi(name: str) -> RowRule:
    return RowRule("npi_check_digit", name, text_of(name).is_null() | npi_is_valid(f"text_{name}"))


def _earliest_of_family(scope: tuple[str, ...]) -> pl.Expr:
    return ~pl.col("procedure_code").is_in(scope) | (pl.col("service_date") >= FAMILY_FROM)


@lru_cache(maxsize=4)
def claim_schema(
    scope: tuple[str, ...], impossible_modifiers: tuple[str, ...], impossible_sites: tuple[str, ...]
) -> pa.DataFrameSchema:
    """Rules of an in-scope claim line, in the order in which a row is counted."""
    born, served = pl.col("patient_birth_date"), pl.col("service_date")
    rules = [
        RowRule("field_count", "", pl.col("field_count_ok")),
        *_hidden(CLAIM_COLUMNS),
        RowRule("near_scope_code", "procedure_code", pl.col("procedure_code").is_in(scope)),
        *_shared_rules(CLAIM_COLUMNS),
        _some_payer(),
        RowRule("unknown_code", "claim_frequency_code", pl.col("claim_frequency_code").is_in(FREQUENCIES)),
        RowRule("unknown_code", "unit_basis", pl.col("unit_basis").is_in(["MJ", "UN"])),
        _npi("billing_provider_npi"),
        _npi("rendering_provider_npi"),
        RowRule("line_number_range", "line_number", pl.col("line_number").is_between(1, 50)),
        RowRule("charge_negative", "charge_amount", pl.col("charge_amount") >= 0),
        RowRule("unit_count_positive", "unit_count", pl.col("unit_count") > 0),
        RowRule(
            "minutes_range",
            "unit_count",
            (pl.col("unit_basis") != "MJ") | pl.col("unit_count").is_between(1_000, 1_440_000),
        ),
        RowRule("code_not_yet_valid", "service_date", _earliest_of_family(scope)),
        RowRule("service_after_submission", "service_date", served <= pl.col("submitted_on")),
        RowRule(
            "birth_after_service",
            "patient_birth_date",
            born.is_between(served.dt.offset_by("-121y"), served, closed="right"),
        ),
        *(
            RowRule(
                "impossible_modifier", f"modifier_{i}", ~pl.col(f"modifier_{i}").is_in(impossible_modifiers)
            )
            for i in range(1, 5)
        ),
        RowRule("impossible_site", "place_of_service", ~pl.col("place_of_service").is_in(impossible_sites)),
    ]
    return rows_schema("claim_lines", _dtypes("claim_lines"), rules)


def remit_schema(scope: tuple[str, ...]) -> pa.DataFrameSchema:
    """Rules of a kept remit line, in the order in which a row is counted."""
    codes = [pl.col("submitted_procedure_code"), pl.col("procedure_code")]
    in_scope = pl.any_horizontal(code.is_in(scope).fill_null(False) for code in codes)
    no_code = pl.all_horizontal(code.is_null() for code in codes)
    rules = [
        RowRule("field_count", "", pl.col("field_count_ok")),
        *_hidden(REMIT_COLUMNS),
        RowRule("near_scope_code", "procedure_code", in_scope | no_code),
        *_shared_rules(REMIT_COLUMNS),
        _some_payer(),
        *(
            RowRule("code_shape", name, _whole(CPT, pl.col(name)))
            for name in ("procedure_code", "submitted_procedure_code")
        ),
        RowRule("unknown_code", "claim_status_code", pl.col("claim_status_code").is_in(STATUSES)),
        _npi("payee_npi"),
        RowRule("code_not_yet_valid", "service_date", _earliest_of_family(scope)),
        RowRule("service_after_payment", "service_date", pl.col("service_date") <= pl.col("payment_date")),
    ]
    return rows_schema("remit_lines", _dtypes("remit_lines"), rules)


def _dtypes(kind: Kind) -> dict[str, pl.DataType]:
    typed = {column.name: TYPES[column.parsed] for column in COLUMNS[kind]}
    texts: dict[str, pl.DataType] = {f"text_{column.name}": pl.String() for column in COLUMNS[kind]}
    return {"field_count_ok": pl.Boolean(), **typed, **texts}

"""The rules that an inbound row must keep to be trusted, in the order in which a row is counted.

A rule on the value of an optional column costs the value, never the row (contract, section 3); adjustments
are no such value: what a line was allowed, and whether it was denied, is made of them.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from functools import lru_cache
from typing import Final

import polars as pl

from schemas.columns import Column
from schemas.frame_schema import FrameSchema, RowRule
from schemas.inbound import (
    ADJUSTMENT,
    COLUMNS,
    FAMILY_FROM,
    FIRST_DAY,
    FREQUENCIES,
    HIDDEN,
    IDENTIFIERS,
    LAST_DAY,
    SCIENTIFIC,
    SERIAL_DATE,
    STATUSES,
    Kind,
    text_of,
)
from schemas.inbound_column import CPT, NPI, InboundColumn

_CODES: Final = ("procedure_code", "submitted_procedure_code")


def _whole(pattern: str, text: pl.Expr) -> pl.Expr:
    return text.str.contains(f"^(?:{pattern})$")


def _whole_text(pattern: str, column: str) -> pl.Expr:
    return _whole(pattern, text_of(column))


def npi_is_valid(column: str) -> pl.Expr:
    """Ten digits whose Luhn sum with the prefix 80840 ends in zero (CMS NPI check digit)."""
    text = pl.col(column)
    total = pl.lit(24, pl.Int64)  # the prefix 80840 adds 24
    for place in range(10):
        digit = text.str.slice(place, 1).cast(pl.Int64, strict=False)
        doubled = digit * 2
        total = total + (doubled - pl.when(doubled > 9).then(9).otherwise(0) if place % 2 == 0 else digit)
    return text.str.contains(f"^{NPI}$") & (total % 10 == 0)


def _value_rules(column: InboundColumn) -> list[RowRule]:
    """Rules on one value that follow from how its column is parsed."""
    name, text = column.name, text_of(column.name)
    rules = []
    if column.longest:
        rules.append(RowRule("text_too_long", name, text.str.len_chars() <= column.longest))
    if column.shape:
        rules.append(RowRule("code_shape", name, _whole(column.shape, pl.col(name))))
    if column.parsed == "date":
        is_serial = text.str.contains(SERIAL_DATE) & pl.col(name).is_null()
        rules.append(RowRule("serial_date", name, ~is_serial))
        rules.append(RowRule("bad_date", name, text.is_null() | pl.col(name).is_not_null() | is_serial))
        if name != "patient_birth_date":
            rules.append(RowRule("date_bounds", name, pl.col(name).is_between(FIRST_DAY, LAST_DAY)))
    if column.parsed in ("cents", "whole", "thousandths"):
        rules.extend(_number_rules(column))
    if name.endswith("_npi"):
        rules.append(RowRule("npi_check_digit", name, text.is_null() | npi_is_valid(f"text_{name}")))
    return rules


def _adjustment_rules(name: str) -> list[RowRule]:
    packed = rf"{ADJUSTMENT}(?:\|{ADJUSTMENT})*"
    large = text_of(name).str.contains(r":-?0*[1-9][0-9]{10,}")
    coarse = text_of(name).str.contains(r"\.[0-9]{2}0*[1-9]")
    return [
        RowRule("code_shape", name, _whole(packed, pl.col(name))),
        RowRule("amount_range", name, ~large),
        RowRule("amount_precision", name, ~coarse),
    ]


def _column_rules(kind: Kind) -> list[RowRule]:
    """Rules of one column each: what must be there, and what a value must look like."""
    rules = []
    for column in COLUMNS[kind]:
        name = column.name
        hidden = RowRule("control_character", name, ~text_of(name).str.contains(HIDDEN))
        if name in IDENTIFIERS:
            rules.append(RowRule("damaged_identifier", name, ~text_of(name).str.contains(SCIENTIFIC)))
        if kind == "remit_lines" and name in _CODES:
            continue
        of_value = _adjustment_rules(name) if column.parsed == "adjustments" else _value_rules(column)
        if column.is_required:
            rules += [hidden, RowRule("required_missing", name, text_of(name).is_not_null()), *of_value]
        else:
            rules += [replace(rule, droppable=pl.lit(True)) for rule in (hidden, *of_value)]
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


def _some_payer() -> RowRule:
    """A payer is named by its id or by its name (835 N104 and REF*2U are situational)."""
    named = text_of("payer_id").is_not_null() | text_of("payer_name").is_not_null()
    return RowRule("required_missing", "payer_id", named)


def _remit_codes(scope: tuple[str, ...]) -> list[RowRule]:
    """Codes of a remit line: one that can't be read is dropped where the other one is in scope."""
    rules = []
    for name, other in ((_CODES[0], _CODES[1]), (_CODES[1], _CODES[0])):
        spare = pl.col(other).is_in(scope).fill_null(False)
        hidden = ~text_of(name).str.contains(HIDDEN)
        rules.append(RowRule("control_character", name, hidden, spare))
        rules.append(RowRule("code_shape", name, _whole(CPT, pl.col(name)), spare))
    return rules


def _earliest_of_family(scope: tuple[str, ...], codes: Iterable[str]) -> pl.Expr:
    in_scope = pl.any_horizontal(pl.col(code).is_in(scope).fill_null(False) for code in codes)
    return ~in_scope | (pl.col("service_date") >= FAMILY_FROM)


@lru_cache(maxsize=4)
def claim_schema(
    scope: tuple[str, ...], impossible_modifiers: tuple[str, ...], impossible_sites: tuple[str, ...]
) -> FrameSchema:
    """Rules of an in-scope claim line, in the order in which a row is counted."""
    born, served = pl.col("patient_birth_date"), pl.col("service_date")
    rules = [
        RowRule("field_count", "", pl.col("field_count_ok")),
        RowRule("near_scope_code", "procedure_code", pl.col("procedure_code").is_in(scope)),
        *_column_rules("claim_lines"),
        _some_payer(),
        RowRule("unknown_code", "claim_frequency_code", pl.col("claim_frequency_code").is_in(FREQUENCIES)),
        RowRule("unknown_code", "unit_basis", pl.col("unit_basis").is_in(["MJ", "UN"])),
        RowRule("line_number_range", "line_number", pl.col("line_number").is_between(1, 50)),
        RowRule("charge_negative", "charge_amount", pl.col("charge_amount") >= 0),
        RowRule("unit_count_positive", "unit_count", pl.col("unit_count") > 0),
        RowRule(
            "minutes_range",
            "unit_count",
            (pl.col("unit_basis") != "MJ") | pl.col("unit_count").is_between(1_000, 1_440_000),
        ),
        RowRule("code_not_yet_valid", "service_date", _earliest_of_family(scope, _CODES[:1])),
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
    return FrameSchema("claim_lines", _typed("claim_lines"), tuple(rules), is_open=True)


def remit_schema(scope: tuple[str, ...]) -> FrameSchema:
    """Rules of a kept remit line, in the order in which a row is counted."""
    codes = [pl.col(name) for name in _CODES]
    in_scope = pl.any_horizontal(code.is_in(scope).fill_null(False) for code in codes)
    no_code = pl.all_horizontal(code.is_null() for code in codes)
    rules = [
        RowRule("field_count", "", pl.col("field_count_ok")),
        RowRule("near_scope_code", "procedure_code", in_scope | no_code),
        *_remit_codes(scope),
        *_column_rules("remit_lines"),
        _some_payer(),
        RowRule("unknown_code", "claim_status_code", pl.col("claim_status_code").is_in(STATUSES)),
        RowRule("code_not_yet_valid", "service_date", _earliest_of_family(scope, _CODES)),
        RowRule("service_after_payment", "service_date", pl.col("service_date") <= pl.col("payment_date")),
    ]
    return FrameSchema("remit_lines", _typed("remit_lines"), tuple(rules), is_open=True)


def _typed(kind: Kind) -> tuple[Column, ...]:
    """What a rule may look at: the typed values, and the texts that they were read from."""
    typed = [Column(column.name, column.dtype, column.description) for column in COLUMNS[kind]]
    texts = [Column(f"text_{column.name}", pl.String(), "as it was delivered") for column in COLUMNS[kind]]
    return (Column("field_count_ok", pl.Boolean(), "as many fields as the header"), *typed, *texts)

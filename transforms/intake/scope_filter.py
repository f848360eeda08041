"""Which rows of a file are kept: tests of single columns first, the exact look after."""

from __future__ import annotations

from functools import partial
from typing import Final

import polars as pl

from schemas.inbound import COLUMNS, Kind
from transforms.intake.fill_down import reads_whole_claims
from transforms.intake.layout_rules import plain_header
from transforms.intake.layouts import Layout, column_numbers
from transforms.intake.plain_text import is_nothing
from transforms.intake.prefilter import PrefilterRules
from transforms.intake.scope import kept_codes, maybe_kept

REPLACING: Final = ("6", "7", "8")
_CODE: Final = "procedure_code"
CODES: Final[dict[Kind, tuple[str, ...]]] = {
    "claim_lines": (_CODE,),
    "remit_lines": (_CODE, "submitted_procedure_code"),
}
FREQUENCY: Final = "claim_frequency_code"
NUMBER: Final = "line_number"
SUBMISSION: Final = (
    "claim_id",
    "submitted_on",
    FREQUENCY,
    "billing_provider_npi",
    "payer_responsibility",
    "member_id",
)
"""What tells the submissions of one file apart, as text."""
NEVER_EMPTY: Final[dict[Kind, tuple[str, ...]]] = {
    "claim_lines": ("claim_id", "member_id", "charge_amount"),
    "remit_lines": ("claim_id", "payment_trace", "charge_amount"),
}
"""A row without any of them and without a code is a blank line."""


def prefilter_rules(layout: Layout, scope: tuple[str, ...], header: list[str]) -> PrefilterRules | None:
    """The prefilter for files with this header; None where a column that decides is not the file's own."""
    at = column_numbers(layout, header)
    claims = layout.kind == "claim_lines"
    deciding = {*CODES[layout.kind], *([FREQUENCY, "claim_id"] if claims else [])}
    told = {*layout.constants, *layout.assumed, *layout.made}
    if layout.partner or reads_whole_claims(layout) or layout.file.skip_end_rows or NUMBER in layout.made:
        return None
    if deciding & told or _CODE not in at or (claims and "claim_id" not in at):
        return None
    codes = [(name, _code_test(name, layout, scope)) for name in CODES[layout.kind] if name in at]
    statuses = [(FREQUENCY, is_replacing(layout))] if claims and FREQUENCY in at else []
    first = partial(_asked, name=NUMBER, test=is_first_line())
    return PrefilterRules(
        len(header),
        tuple((at[name], partial(_asked, name=name, test=test)) for name, test in codes),
        tuple((at[name], partial(_asked, name=name, test=test)) for name, test in statuses),
        tuple(at[name] for name in SUBMISSION if name in at) if claims else (),
        (at[NUMBER], first) if claims and NUMBER in at else None,
        _says_nothing,
    )


def _says_nothing(texts: pl.Series) -> pl.Series:
    return texts.to_frame("text").select(is_nothing(pl.col("text").str.strip_chars())).to_series()


def _asked(texts: pl.Series, name: str, test: pl.Expr) -> pl.Series:
    return texts.to_frame(name).select(test.fill_null(False)).to_series()


def is_replacing(layout: Layout) -> pl.Expr:
    """Claim rows that replace or void what went before: out of scope they leave a header row."""
    return pl.col(FREQUENCY).is_in(REPLACING) if layout.kind == "claim_lines" else pl.lit(False)


def is_first_line() -> pl.Expr:
    """Rows that are the first line of their claim, as most programs write it."""
    return pl.col(NUMBER).str.contains(r"^\s*0*1(?:\.0*)?\s*$").fill_null(False)


def may_be_kept(layout: Layout, scope: tuple[str, ...], is_ragged: bool) -> pl.Expr:
    """Rows that may be in or near scope, by cheap tests, and rows that say the header again.

    In a file with rows of a wrong length, such a row may be kept too when its code is gone or stands
    elsewhere.
    """
    codes = CODES[layout.kind]
    keep = pl.any_horizontal(_code_test(name, layout, scope) for name in codes)
    blank = pl.all_horizontal(_empty(name) for name in NEVER_EMPTY[layout.kind])
    if is_ragged:
        elsewhere = pl.any_horizontal(
            pl.col(column.name).is_in(scope).fill_null(False) for column in COLUMNS[layout.kind]
        )
        keep = keep | (~pl.col("field_count_ok") & (_empty(_CODE) | elsewhere) & ~blank)
    if layout.kind == "remit_lines":
        keep = keep | (pl.all_horizontal(_empty(name) for name in codes) & ~blank)
    return keep


def _code_test(name: str, layout: Layout, scope: tuple[str, ...]) -> pl.Expr:
    """Texts of a code column that may be in or near scope; of the billed one also its own header."""
    if name != _CODE:
        return maybe_kept(name, scope)
    header = _header_of_code(layout)
    headers = [header, plain_header(header), header.upper(), header.title()]
    return maybe_kept(name, scope) | pl.col(name).is_in(headers).fill_null(False)


def says_header(layout: Layout) -> pl.Expr:
    """Rows that say the header again."""
    return pl.col(_CODE).str.to_lowercase().fill_null("") == plain_header(_header_of_code(layout))


def _header_of_code(layout: Layout) -> str:
    made = layout.made.get(_CODE)
    return (made.sources or (_CODE,))[0] if made else layout.columns.get(_CODE, _CODE)


def is_kept(layout: Layout, scope: tuple[str, ...]) -> pl.Expr:
    """Whether a row that may be kept is: in or near scope, without any code, or of a wrong length."""
    codes = CODES[layout.kind]
    near = pl.any_horizontal(kept_codes(name, scope) for name in codes)
    without = pl.all_horizontal(_empty(name) for name in codes) & (layout.kind == "remit_lines")
    blank = pl.all_horizontal(_empty(name) for name in (*codes, *NEVER_EMPTY[layout.kind]))
    return (near | without | ~pl.col("field_count_ok")) & ~blank


def _empty(name: str) -> pl.Expr:
    return pl.col(name).is_null() | is_nothing(pl.col(name).str.strip_chars())

"""Which rows a run keeps, repairs, or takes for damaged ones (contract of inbound files)."""

from __future__ import annotations

import re

import polars as pl

_NO_CODE = ""
QUALIFIED = r"(?i)^\s*HC\s*[:>^]\s*([0-9A-Z]{4,5})\s*(?:[:>^](.*))?$"
"""SV101 and SVC01 as they stand in a transaction: qualifier, code, modifiers. HC:01939:QK:QS."""
BETWEEN_PARTS = r"[:>^]"


def repairs(scope: tuple[str, ...]) -> dict[str, str]:
    """Codes that a spreadsheet stripped of their leading zero and that can only be a code in scope: 1939 ->
    01939.
    """
    return {code.lstrip("0"): code for code in scope if code.startswith("0")}


def near_scope_pattern(scope: tuple[str, ...]) -> str:
    """A regular expression for codes that look like a damaged code in scope, in upper case after NFKC.

    O1939, 01939.0, 01939-QK, '01939, 1.939E3, 0193 9: letters for zeros and ones, apostrophes, decimals,
    glued modifiers.
    """
    lookalike = {"0": "[0OQD]", "1": "[1IL]", "5": "[5S]", "8": "[8B]"}
    forms = []
    for code in scope:
        digits = code.lstrip("0")
        body = r"\s?".join(lookalike.get(c, re.escape(c)) for c in digits)
        forms.append(rf"[0OQD]*\s?{body}(?:\.0*)?(?:[^0-9A-Z]+(?:[0-9A-Z]{{2}}[^0-9A-Z]*)*|[A-Z][0-9A-Z])?")
        forms.append(rf"{digits[0]}\.{digits[1:]}0*E\+?0?{len(digits) - 1}")
    return rf"^[^0-9A-Z]*(?:{'|'.join(forms)})[^0-9A-Z]*$"


def code_folded(code: pl.Expr) -> pl.Expr:
    """A code as the near-scope pattern reads it: compatibility forms folded, upper case."""
    return code.str.normalize("NFKC").str.to_uppercase()


def maybe_kept(column: str, scope: tuple[str, ...]) -> pl.Expr:
    """Rows whose code may be in scope or near it: one search by bytes, cheap on the many that are neither."""
    code = pl.col(column)
    return (code.is_in([*scope, *repairs(scope)]) | _suspicious(code, scope)).fill_null(False)


def _suspicious(code: pl.Expr, scope: tuple[str, ...]) -> pl.Expr:
    tails = sorted({item[-3:] for item in scope} | {f"{item[1]}.{item[2:]}" for item in scope} | {" "})
    return code.str.contains_any(tails, ascii_case_insensitive=False) | (
        code.str.len_bytes() != code.str.len_chars()
    )


def kept_codes(column: str, scope: tuple[str, ...]) -> pl.Expr:
    """Rows whose code in `column` is in scope or near it."""
    code = pl.col(column)
    known = [*scope, *repairs(scope)]
    in_scope = code.is_in(known) | code.str.extract(QUALIFIED, 1).is_in(known)
    looks_near = _suspicious(code, scope) & code_folded(code).str.contains(near_scope_pattern(scope))
    return (in_scope | looks_near).fill_null(False)


def repaired(column: str, scope: tuple[str, ...]) -> pl.Expr:
    """The code with what a spreadsheet took from it put back."""
    return pl.col(column).replace(repairs(scope))

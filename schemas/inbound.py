"""Canonical inbound rows, and the bounds of their values. Source: 005010X222A1, 005010X221A1.

A row is read as text, parsed beside its text (`text_<column>` stays), and checked by `inbound_rules`.
"""

from __future__ import annotations

from datetime import date
from typing import Final, Literal

import polars as pl

from schemas.inbound_claims import CLAIM_COLUMNS
from schemas.inbound_column import InboundColumn
from schemas.inbound_remits import REMIT_COLUMNS

Kind = Literal["claim_lines", "remit_lines"]

COLUMNS: Final[dict[Kind, tuple[InboundColumn, ...]]] = {
    "claim_lines": CLAIM_COLUMNS,
    "remit_lines": REMIT_COLUMNS,
}
IDENTIFIERS: Final = (
    "claim_id",
    "original_claim_number",
    "payer_id",
    "member_id",
    "billing_provider_npi",
    "rendering_provider_npi",
    "line_control_number",
    "payment_trace",
    "payee_npi",
    "payer_claim_number",
    "original_payer_claim_number",
)
"""Columns whose text tells one thing from another: a number that a spreadsheet rounded is another one."""
OPTIONAL_IN_HEADER: Final[dict[Kind, frozenset[str]]] = {
    kind: frozenset(column.name for column in columns if not column.is_required)
    for kind, columns in COLUMNS.items()
}
FREQUENCIES: Final = ("1", "6", "7", "8")
UNANSWERED: Final = ("denials", "first_denials", "open_claims", "resubmissions", "timeliness")
"""What a payer's own extract may be unable to tell. denials: what was denied at all; first_denials: what was
denied at first; timeliness: days from submission; open_claims: what waits for an answer; resubmissions: that
a claim under a new number continues a denied one."""
STATUSES: Final = ("1", "2", "3", "4", "19", "20", "21", "22", "23", "25")
LARGEST_CENTS: Final = 10**12 - 1
FIRST_DAY: Final = date(2000, 1, 1)
LAST_DAY: Final = date(2100, 12, 31)
FAMILY_FROM: Final = date(2022, 1, 1)
ADJUSTMENT: Final = r"[A-Z]{2}-[0-9A-Z]{1,3}:-?[0-9]+(?:\.[0-9]+)?"
SCIENTIFIC: Final = r"(?i)^[-+]?[0-9](?:[.,][0-9]+E[-+]?|E\+)[0-9]{1,3}$"
"""1.23E+14: what a spreadsheet shows for a long number; its digits are gone."""
SERIAL_DATE: Final = r"^[1-9][0-9]{4}(?:\.[0-9]+)?$"
"""Days since 1900, as a spreadsheet stores a date: named, never taken for one."""
HIDDEN: Final = (
    r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f"
    r"\u{200b}-\u{200f}\u{202a}-\u{202e}\u{2060}-\u{2064}\u{2066}-\u{2069}\u{feff}]"
)
"""Control, zero-width and bidirectional characters; tabs and line ends inside a quoted field are none."""


def text_of(column: str) -> pl.Expr:
    """The text a column was parsed from (trimmed; empty is null)."""
    return pl.col(f"text_{column}")

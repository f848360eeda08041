"""Accepted rows made narrow: identifiers as whole numbers, and only the columns that resolution looks at.

What a claim line says beyond that stays in `detail` and is joined back by `row` where it is needed.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import polars as pl

ROW_ORDER: Final = ("file_key", "row_number")
DOMAINS: Final[dict[str, tuple[tuple[str, ...], tuple[str, ...]]]] = {
    "claim number": (("claim_number_key",), ("claim_number_key",)),
    "loose number": (("loose_number_key",), ("loose_number_key",)),
    "payer's number": (("original_claim_key",), ("payer_claim_key", "original_payer_claim_key")),
    "line control": (("line_control_key", "line_number_key"), ("line_control_key",)),
    "provider": (("billing_provider_npi", "rendering_provider_npi"), ("payee_npi",)),
    "patient": (("patient_key",), ()),
    "member": (("member_key",), ()),
    "birth": (("birth_key",), ()),
    "trace": ((), ("trace_key",)),
    "file": ((), ("file_key",)),
}
"""Identifiers that are compared with one another: columns of the claim rows, columns of the remit rows."""

CLAIM_COLUMNS: Final = (
    "in_scope",
    "claim_number_key",
    "loose_number_key",
    "patient_key",
    "member_key",
    "birth_key",
    "billing_provider_npi",
    "rendering_provider_npi",
    "role",
    "submitted_on",
    "claim_frequency_code",
    "original_claim_key",
    "line_number",
    "procedure_code",
    "modifier_1",
    "modifier_2",
    "modifier_3",
    "modifier_4",
    "service_date",
    "charge_cents",
    "claim_line_count",
    "line_control_key",
    "line_number_key",
    "payer",
    "care_model",
)


@dataclass(frozen=True)
class Coded:
    """claims: narrow claim rows. detail: what they say in full. remits: remit rows. `row` counts each in the
    order of origin.
    """

    claims: pl.DataFrame
    detail: pl.DataFrame
    remits: pl.DataFrame


def coded(claims: pl.DataFrame, remits: pl.DataFrame) -> Coded:
    """Number the rows in the order of file and row, and the identifiers of each domain."""
    detail = claims.sort(ROW_ORDER).with_row_index("row")
    heard = remits.sort(ROW_ORDER).with_row_index("row")
    narrow = detail.select("row", *CLAIM_COLUMNS)
    for claim_columns, remit_columns in DOMAINS.values():
        parts = [detail[name] for name in claim_columns] + [heard[name] for name in remit_columns]
        codes = _codes(pl.concat([part.rename("code") for part in parts]))
        start = 0
        for name in claim_columns:
            narrow = narrow.with_columns(codes.slice(start, len(detail)).alias(name))
            start += len(detail)
        for name in remit_columns:
            heard = heard.with_columns(codes.slice(start, len(heard)).alias(name))
            start += len(heard)
    return Coded(narrow, detail, heard)


def _codes(texts: pl.Series) -> pl.Series:
    """Equal text, equal number; the numbers follow the order of first appearance."""
    return texts.cast(pl.Categorical(pl.Categories.random())).to_physical().cast(pl.Int64)

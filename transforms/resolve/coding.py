"""Accepted rows made narrow: identifiers as whole numbers, and only the columns that resolution looks at.

What a claim line says beyond that stays in `detail` and is joined back by `row` where it is needed.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import polars as pl

from transforms.payers import normalised_name

ROW_ORDER: Final = ("file_key", "row_number")
_DOMAINS: Final[dict[str, tuple[tuple[str, ...], tuple[str, ...]]]] = {
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
    "payer id": (("other_id",), ("other_id",)),
    "payer name": (("other_name",), ("other_name",)),
}
"""Identifiers that are compared with one another: columns of the claim rows, columns of the remit rows."""
IN_ORDER: Final = ("provider",)
"""Identifiers that may break a tie: their numbers have the order of the text."""
UNMAPPED: Final = "other"

_CLAIM_COLUMNS: Final = (
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
    "other_id",
    "other_name",
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


def in_codes(claims: pl.DataFrame, remits: pl.DataFrame) -> Coded:
    """Number the rows in the order of file and row, and the identifiers of each domain."""
    detail = _with_unmapped_payer(claims).sort(ROW_ORDER).with_row_index("row")
    heard = _with_unmapped_payer(remits).sort(ROW_ORDER).with_row_index("row")
    narrow = detail.select("row", *_CLAIM_COLUMNS)
    for domain, (claim_columns, remit_columns) in _DOMAINS.items():
        parts = [detail[name] for name in claim_columns] + [heard[name] for name in remit_columns]
        codes = _codes(pl.concat([part.rename("code") for part in parts]), domain in IN_ORDER)
        start = 0
        for name in claim_columns:
            narrow = narrow.with_columns(codes.slice(start, len(detail)).alias(name))
            start += len(detail)
        for name in remit_columns:
            heard = heard.with_columns(codes.slice(start, len(heard)).alias(name))
            start += len(heard)
    return Coded(narrow, detail.drop("other_id", "other_name"), heard)


def _with_unmapped_payer(rows: pl.DataFrame) -> pl.DataFrame:
    """Add what tells payers apart that are mapped to no name: other_id and other_name, else null."""
    names = (
        rows.filter(pl.col("payer") == UNMAPPED)
        .select("payer", "payer_name")
        .unique()
        .with_columns(other_name=normalised_name("payer_name").replace("", None))
    )
    return rows.join(
        names, on=["payer", "payer_name"], how="left", nulls_equal=True, validate="m:1"
    ).with_columns(other_id=pl.when(pl.col("payer") == UNMAPPED).then(pl.col("payer_id").str.to_uppercase()))


def _codes(texts: pl.Series, in_order: bool) -> pl.Series:
    """Equal text, equal number; the numbers follow the order of the text, or of first appearance."""
    if in_order:
        kind = pl.Enum(texts.drop_nulls().unique().sort())
        return texts.cast(kind).to_physical().cast(pl.Int64)
    return texts.cast(pl.Categorical(pl.Categories.random())).to_physical().cast(pl.Int64)

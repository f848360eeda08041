"""Canonical synthetic rows in another sender's layout: the way back of `transforms.intake.layouts`."""

from __future__ import annotations

import polars as pl

from transforms.intake.layouts import Layout, Slot

_AMOUNTS = ("charge_amount", "paid_amount", "allowed_amount")


def in_layout(rows: pl.DataFrame, layout: Layout) -> pl.DataFrame:
    """Give canonical rows the headers, dates, money and adjustment columns of a layout. Grain unchanged.

    Columns that the layout holds as constants are dropped: the rows must be those of the constant.
    """
    out = []
    for name, theirs in layout.columns.items():
        value = pl.col(name)
        if name.endswith("_date") or name == "submitted_on":
            value = value.str.to_date("%Y-%m-%d").dt.strftime(layout.date_formats[0])
        elif layout.money == "us" and name in _AMOUNTS:
            value = us_money(value)
        out.append(value.alias(theirs))
    for name, slots in (
        ("adjustments", layout.adjustment_slots),
        ("claim_adjustments", layout.claim_adjustment_slots),
    ):
        for at, slot in enumerate(slots):
            out += _slot(name, at, slot, layout)
    return rows.select(out)


def _slot(name: str, at: int, slot: Slot, layout: Layout) -> list[pl.Expr]:
    packed = pl.col(name).str.split("|").list.get(at, null_on_oob=True)
    amount = packed.str.extract(r":(.+)$")
    return [
        packed.str.extract(r"^([^-]+)-").alias(slot[0]),
        packed.str.extract(r"^[^-]+-([^:]+):").alias(slot[1]),
        (us_money(amount) if layout.money == "us" else amount).alias(slot[2]),
    ]


def us_money(amount: pl.Expr) -> pl.Expr:
    """1200.50 -> $1,200.50 and -1200.50 -> (1,200.50)."""
    size = amount.str.strip_prefix("-")
    grouped = size.str.replace(r"^(\d+)(\d{3})\.", "$1,$2.").str.replace(r"^(\d+)(\d{3}),", "$1,$2,")
    return (
        pl.when(amount.str.starts_with("-"))
        .then(pl.format("({})", grouped))
        .otherwise(pl.format("${}", grouped))
    )

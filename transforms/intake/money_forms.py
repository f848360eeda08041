"""Amounts as X12 prescribes them and as spreadsheets show them, to plain decimals."""

from __future__ import annotations

from typing import Final

import polars as pl

_NUMBER: Final = r"(?:(?:[0-9]{1,3}(?:,[0-9]{3})+|[0-9]+)(?:\.[0-9]*)?|\.[0-9]+)"
"""Digits, grouped or not; X12 suppresses leading zeros and may leave a point at the end: .52, 84."""
AMOUNT: Final = rf"^(?:[-+]?{_NUMBER}|-?\({_NUMBER}\)|{_NUMBER}-|{_NUMBER}(?:CR|DR))$"
NEGATIVE: Final = r"^-|^\(|-$|CR$"
PLAIN: Final = r"^-?[0-9]+(?:\.[0-9]+)?$"
SPLIT: Final = r"[0-9]\s+[0-9]"
"""Two numbers in one field are none."""
_ZERO: Final = r"^\$-+$"
"""What the accounting format shows for nothing."""


def plain_amount(text: pl.Expr, decimal_comma: bool = False) -> pl.Expr:
    """$1,200.50 -> 1200.50; (25.00), $(25.00), -$25.00, 25.00- and 25.00 CR -> -25.00; .5 -> 0.5; `$ -` -> 0.

    What is no amount stays as it is. `decimal_comma`: 1.200,50 is written for 1200.50.
    """
    tight = text.str.to_uppercase().str.replace_all(r"[\s\u{a0}\u{202f}]|USD", "").str.replace("\u2212", "-")
    if decimal_comma:
        tight = tight.str.replace_all(".", "", literal=True).str.replace(",", ".", literal=True)
    shown = tight.str.replace_all("$", "", literal=True)
    digits = shown.str.extract(r"([0-9.,]+)").str.replace_all(",", "", literal=True)
    size = digits.str.replace(r"^\.", "0.").str.strip_suffix(".")
    sign = pl.when(shown.str.contains(NEGATIVE)).then(pl.lit("-")).otherwise(pl.lit(""))
    return (
        pl.when(shown.str.contains(AMOUNT) & ~text.str.contains(SPLIT))
        .then(sign + size)
        .when(tight.str.contains(_ZERO))
        .then(pl.lit("0"))
        .otherwise(text)
    )


def are_plain(rows: pl.DataFrame, columns: list[str]) -> dict[str, bool]:
    """Whether all texts of each column are plain decimals: most files need no more than this look."""
    looked = rows.select(pl.col(name).str.contains(PLAIN).all(ignore_nulls=True) for name in columns)
    return {name: bool(looked[name][0]) for name in columns}


ITEM: Final = r"(CO|CR|OA|PI|PR)[\s:*-]*([A-Z]?[0-9]{1,3})\s*[\s:*]\s*"
"""Group and reason of an adjustment as people write them, up to the amount: CO-45:, CO45:, CO 45 ."""


def plain_adjustments(packed: pl.Expr) -> pl.Expr:
    """Packed adjustments joined by |, each amount a plain decimal: CO253:.52; PR 2 $1,084. ->
    CO-253:0.52|PR-2:1084.
    """
    joined = (
        packed.str.replace_all(r"\s*[|;]\s*", "|")
        .str.replace_all(r",\s*([A-Za-z]{2}-)", "|$1")
        .str.replace_all(rf"(?i)[,\s]\s*{ITEM}([-+($.0-9])", "|$1-$2:$3")
        .str.replace_all(rf"(?i)(^|\|)\s*{ITEM}", "$1$2-$3:")
    )
    bare = joined.str.replace_all("$", "", literal=True).str.replace_all(r":\s*-?\(([0-9.,]+)\)", ":-$1")
    for _ in range(2):  # a comma needs the digits around it: of neighbours every second one is found
        bare = bare.str.replace_all(r"([0-9]),([0-9]{3})", "$1$2")
    return (
        bare.str.replace_all(r":\s*([-+]?)\s*\.([0-9])", ":${1}0.$2")
        .str.replace_all(r"([0-9])\.\s*(\||$)", "$1$2")
        .str.replace_all(r":\s*\+?", ":")
    )

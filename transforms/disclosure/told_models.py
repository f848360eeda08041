"""Care models and the modifiers that tell them: two tables that say nearly the same, looked at together.

Lines in conflict alone stand between a care model and its modifiers, and they are few. A reader who puts
both tables side by side with all their sums finds bounds that no sum passes to another: one table shows what
the other withholds, or its last shown numbers use up what is left for many rows of one line.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import numpy as np
import polars as pl

from schemas.rules import ALL
from transforms.disclosure.quantities import FIVE, N
from transforms.disclosure.relations import MODIFIER_OF, Ids, System, Tables
from transforms.disclosure.withheld import Withheld

PAIR: Final = ("care_models", "modifiers")
LITTLE: Final = 0.25
"""Least share of its lines that a page of these tables must show, else the rest of it is withheld, too.

Measured by linear programme on the demo's year and a half: without this and the next rule 100 of 28,851
withheld counts had not been seen with three values after 26 programmes, all of them in these tables.
"""
ALONE: Final = [model for model, words in MODIFIER_OF.items() if len(words) == 1]
"""Care models that one modifier alone tells."""


def still_telling(tables: Tables, withheld: Withheld, system: System) -> Ids:
    """Shown numbers of both tables that should go, too; none when nothing is left to withhold."""
    if not all(name in tables for name in PAIR):
        return np.zeros(0, dtype=np.int64)
    return np.unique(np.concatenate([*_rests(tables, withheld, system), *_twins(tables, withheld, system)]))


def _rests(tables: Tables, withheld: Withheld, system: System) -> Iterator[Ids]:
    """What is left of pages of which little is shown: a quantity by period type and line of business, for
    single payers or all of them.
    """
    hidden = withheld.hidden(system)
    for number, q in enumerate(system.quantities):
        if q.table not in PAIR or not q.columns:
            continue
        part = system.slice_of(number)
        rows = tables[q.table].select(
            "period_type",
            "line_of_business",
            payer=pl.col("payer") == ALL,
            value=pl.Series(system.values[part]),
            shown=pl.Series(~hidden[part]),
        )
        page = ("period_type", "line_of_business", "payer")
        share = pl.col("value").filter("shown").sum() / pl.col("value").sum()
        rest = (share < LITTLE).over(page) & pl.col("shown") & (pl.lit(q.whole_row) | (pl.col("value") > 0))
        yield np.flatnonzero(rows.select(rest).to_series().to_numpy()) + part.start


def _twins(tables: Tables, withheld: Withheld, system: System) -> Iterator[Ids]:
    """Modifiers whose care model is withheld, and care models whose one modifier is."""
    models = _rows(tables, withheld, "care_models", "care_model")
    modifiers = _rows(tables, withheld, "modifiers", "modifier")
    told = pl.DataFrame(
        [(model, word) for model, words in MODIFIER_OF.items() for word in words],
        schema={"care_model": pl.String, "modifier": pl.String},
        orient="row",
    )
    both = models.join(told, on="care_model").join(modifiers, on=[*FIVE, "modifier"], suffix="_told")
    alone = pl.col("care_model").is_in(ALONE)
    start = {q.table: int(system.offsets[i]) for i, q in enumerate(system.quantities) if q.name == N}
    for table, row, gone in (
        ("modifiers", "row_told", pl.col("gone") & ~pl.col("gone_told")),
        ("care_models", "row", alone & pl.col("gone_told") & ~pl.col("gone")),
    ):
        yield both.filter(gone).get_column(row).cast(pl.Int64).to_numpy() + start[table]


def _rows(tables: Tables, withheld: Withheld, table: str, word: str) -> pl.DataFrame:
    keys = tables[table].select(*FIVE, pl.col(word).cast(pl.String))
    return keys.with_row_index("row").with_columns(gone=pl.Series(withheld.rows[table]))

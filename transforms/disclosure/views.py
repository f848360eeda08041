"""Views of a table of which little could be shown: they are withheld whole.

A view is what a reader would put on one page: one quantity by period type, for single payers or all of
them, for single lines of business or all of them. Where most of it is withheld anyway, its few remaining
numbers mainly help to work out the others: without them coarser views can be kept, which are worth more.
"""

from __future__ import annotations

from typing import Final

import numpy as np
import polars as pl

from schemas.rules import ALL
from transforms.disclosure.quantities import Quantity
from transforms.disclosure.relations import Flags, Ids, System, Tables
from transforms.disclosure.withheld import Withheld

MOSTLY: Final = 0.7
"""Share of a view's numbers above zero that is withheld when the rest goes, too.

Measured on releases of one and of two years: above it the gate takes many rounds more and withholds as
much of the years; below it whole pages go that could be kept.
"""


def withhold_thin_views(tables: Tables, withheld: Withheld, system: System) -> None:
    """Withhold the rest of every view of which most is withheld; a zero in a shown row stays."""
    hidden = withheld.hidden(system)
    thin = [
        _rest_of_thin(tables[q.table], q, system.values[part], hidden[part]) + part.start
        for q, part in ((q, system.slice_of(i)) for i, q in enumerate(system.quantities))
        if q.columns and "period_type" in tables[q.table].columns
    ]
    if thin:
        withheld.withhold(system, np.concatenate(thin))


def _rest_of_thin(frame: pl.DataFrame, q: Quantity, values: np.ndarray, hidden: Flags) -> Ids:
    """Rows of the thin views of a quantity in which it is still shown."""
    view = ["period_type", *(name for name in ("payer", "line_of_business") if name in frame.columns)]
    counted = frame.select(
        "period_type", *(pl.col(name) == ALL for name in view[1:]), row=pl.int_range(pl.len(), dtype=pl.Int64)
    ).with_columns(some=pl.Series(values != 0), gone=pl.Series(hidden))
    share = (pl.col("gone") & pl.col("some")).sum() / pl.col("some").sum()
    rest = counted.filter((share > MOSTLY).over(view), ~pl.col("gone"), pl.lit(q.whole_row) | pl.col("some"))
    return rest.get_column("row").to_numpy()

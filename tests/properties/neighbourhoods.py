"""Where other worlds are looked for, from near to far: parts of the tables, all else staying as it is.

A world that differs from the truth in a part of the tables only is a world like any other, so what moves in
it moves. What does not is looked for in larger parts, in the end in all tables. Small programmes are quick.
"""

from __future__ import annotations

import time
from collections.abc import Iterator

import polars as pl
from linear_programme import Programme

from schemas.rules import ALL

GAIN = 0.1
"""Share of a part's narrow counts that a programme must move for the part to get another one."""
LAST = 12
"""How often all tables are tried at once before each count that is left is tried alone."""


def neighbourhoods(pages: pl.DataFrame) -> Iterator[tuple[str, pl.Expr]]:
    """Name and rows of each part of the tables, quick ones first. `pages`: the five keys of every count."""
    kind, start = pl.col("period_type"), pl.col("period_start")
    month, quarter, wide = kind == "month", kind == "quarter", kind.is_in(["year", "rolling_12"])
    of, place = start.dt.truncate("1q"), (start.dt.month() - 1) % 3
    quarters = sorted(pages.filter(quarter).get_column("period_start").unique())
    for first in quarters:
        yield f"months of {first}", month & (of == first)
    for first in quarters:
        yield f"quarter {first}, years", ((month | quarter) & (of == first)) | wide
    for key in ("payer", "line_of_business"):
        for value in sorted(set(pages.get_column(key).unique()) - {ALL}):
            yield f"{value} and all", pl.col(key).is_in([value, ALL])
    for number in range(3):
        yield f"month {number + 1} of every quarter", (month & (place == number)) | quarter | wide
    for number in range(3):
        for first in quarters:
            months = month & ((place == number) | (of == first))
            yield f"the same, all months of {first}", months | quarter | wide
    for _ in range(LAST):
        yield "all tables", pl.lit(True)


def search(programme: Programme, seed: int = 0) -> int:
    """Look for other worlds in one part of the tables after another; how many programmes that took."""
    made = 0
    for name, rows in neighbourhoods(programme.pages):
        free = programme.within(rows)
        begin, tried = time.perf_counter(), 0
        while todo := int((programme.narrow & free).sum()):
            programme.attack(1, seed + made + tried, free)
            tried += 1
            if todo - int((programme.narrow & free).sum()) <= GAIN * todo:
                break
        made += tried
        if tried:
            left, seconds = int(programme.narrow.sum()), time.perf_counter() - begin
            print(f"{name}: {left:,} narrow after {tried} programmes, {seconds:.1f} s", flush=True)
    return made

"""What of the published tables adds up: counts and sums of every row, published or given away by others."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from schemas.table_columns import FIVE_KEYS, TableSpec

N: Final = "service_lines"
FIVE: Final = [column.name for column in FIVE_KEYS]
PERCENTILE: Final = re.compile(r"_p\d\d$")
SHARES_OF: Final = {
    "_all_lines": ("utilization", N),
    "_pending_lines": ("utilization", "pending_lines"),
    "_denied_lines": ("denials", "denied_lines"),
    "_initially_denied_lines": ("denials", "initially_denied_lines"),
}
"""Helper columns that hold a count of another table's row of the same five keys."""


@dataclass(frozen=True)
class Quantity:
    """What adds up: a count or sum of every row of a table.

    `columns` give it away and are withheld together; none: it is never published. `whole_row`: with it the
    row is withheld. `is_count`: people can be counted in it, so it may not be narrowed either. `of`: the
    quantity of the same row that it is a part of.
    """

    table: str
    name: str
    value: str
    columns: tuple[str, ...]
    also: tuple[str, ...] = ()
    whole_row: bool = False
    is_count: bool = True
    of: str = ""


def quantities_of(spec: TableSpec) -> list[Quantity]:
    """The quantities of a table that add up over its rows."""
    made: list[Quantity] = []
    names = {m.name for m in spec.measures}
    if N in names:
        made.append(Quantity(spec.name, N, N, (N,), whole_row=True))
    if spec.partitions and spec.partitions[0][0] == "cases":
        made.append(Quantity(spec.name, "cases", "cases", ("cases",), whole_row=True))
    for m in spec.measures_of("count"):
        made.append(Quantity(spec.name, m.name, m.name, (m.name,), _resting_on(spec, m.name), of=m.of))
    for m in spec.helpers:
        telling = tuple(t.name for t in spec.measures if m.name in t.rests_on and t.kind in ("sum", "rate"))
        held_elsewhere = m.name in SHARES_OF and not m.of
        if (telling or m.name in _parts(spec)) and not held_elsewhere:
            made.append(Quantity(spec.name, m.name, m.name, telling, _resting_on(spec, m.name), of=m.of))
    return [*made, *_prices_of(spec)]


def _parts(spec: TableSpec) -> set[str]:
    """Helpers that are a part or a whole of published counts."""
    of_counts = {m.of for m in spec.measures_of("count")}
    return {part for _, group in spec.partitions for part in group} | of_counts


def _resting_on(spec: TableSpec, name: str) -> tuple[str, ...]:
    return tuple(m.name for m in spec.measures if name in m.rests_on)


def _prices_of(spec: TableSpec) -> list[Quantity]:
    """Sums and means of prices that stand or fall together: same lines, same counts."""
    groups: dict[tuple[str, ...], list[str]] = {}
    for m in spec.measures_of("price"):
        if spec.key_names == FIVE and not PERCENTILE.search(m.name) and len(m.bases) == 1:
            groups.setdefault((*m.bases, *m.rests_on), []).append(m.name)
    return [
        Quantity(spec.name, "/".join(group), columns[0], tuple(columns), is_count=False)
        for group, columns in groups.items()
    ]

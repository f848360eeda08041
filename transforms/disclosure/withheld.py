"""What is withheld while suppression goes on: masks of the tables, and the variables they hide."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import polars as pl

from schemas.rules import DisclosureRules
from transforms.disclosure.primary import COMPLEMENTARY
from transforms.disclosure.quantities import Quantity
from transforms.disclosure.relations import Flags, Ids, System

COLUMN_FACTS = ("_row", "_reason")


@dataclass
class Withheld:
    """Masks as arrays: `columns` per table and measure, `rows` per table; true is withheld.

    Masks only grow. `added` marks the rows that were withheld after primary suppression.
    """

    columns: dict[str, dict[str, Flags]]
    rows: dict[str, Flags]
    reasons: dict[str, pl.Series]
    added: dict[str, Flags] = field(default_factory=dict)

    @classmethod
    def of(cls, masks: dict[str, pl.DataFrame]) -> Withheld:
        """From the masks of primary suppression."""
        columns = {
            table: {
                name: mask.get_column(name).to_numpy().copy()
                for name in mask.columns
                if name not in COLUMN_FACTS
            }
            for table, mask in masks.items()
        }
        rows = {table: mask.get_column("_row").to_numpy().copy() for table, mask in masks.items()}
        reasons = {table: mask.get_column("_reason") for table, mask in masks.items()}
        return cls(columns, rows, reasons, {table: np.zeros(len(row), bool) for table, row in rows.items()})

    def masks(self) -> dict[str, pl.DataFrame]:
        """As masks; rows that were withheld later have the reason complementary."""
        made = {}
        for table, columns in self.columns.items():
            late = pl.Series(self.added[table])
            reason = pl.DataFrame({"reason": self.reasons[table], "late": late}).select(
                pl.when("late").then(pl.lit(COMPLEMENTARY)).otherwise("reason").alias("_reason")
            )
            made[table] = pl.DataFrame(
                {name: mask | self.rows[table] for name, mask in columns.items()}
            ).with_columns(pl.Series("_row", self.rows[table]), reason.get_column("_reason"))
        return made

    def hidden(self, system: System) -> Flags:
        """Variables that no published column gives."""
        parts = [self._hidden_of(q) for q in system.quantities]
        return np.concatenate([*parts, np.ones(system.rests, dtype=bool)])

    def _hidden_of(self, q: Quantity) -> Flags:
        hidden = self.rows[q.table].copy()
        if not q.columns:
            return np.ones_like(hidden)
        hidden |= np.logical_and.reduce([self.columns[q.table][name] for name in q.columns])
        return hidden

    def withhold(self, system: System, variables: Ids) -> None:
        """Withhold variables, with what rests on them; a row's people take the row with them."""
        owner = np.searchsorted(system.offsets, variables, side="right") - 1
        for number in np.unique(owner):
            q = system.quantities[number]
            rows = variables[owner == number] - system.offsets[number]
            if q.whole_row:
                fresh = rows[~self.rows[q.table][rows]]
                self.rows[q.table][fresh] = True
                self.added[q.table][fresh] = True
                continue
            for name in (*q.columns, *q.also):
                self.columns[q.table][name][rows] = True


def protected(system: System, hidden: Flags, rules: DisclosureRules) -> Flags:
    """Hidden variables that must stay hidden: withheld ones above zero, unpublished ones that are small.

    A zero may be shown, so a withheld zero may be found out.
    """
    published = system.each([bool(q.columns) for q in system.quantities], False)
    of_a_row = system.each([True] * len(system.quantities), False)
    small = of_a_row & (system.values < rules.minimum_count)
    must: Flags = hidden & (system.values != 0) & (published | small)
    return must

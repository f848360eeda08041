"""Which numbers are tied to which, on cells small enough to count by hand."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from transforms.disclosure.relations import System, system_of

sys.path.insert(0, str(Path(__file__).parent))
from table_lines import denied, paid, tables_of  # noqa: E402

Row = dict[str, object]
Named = dict[str, float]


def equations(tables: dict[str, pl.DataFrame], system: System) -> list[Named]:
    """Every equation among rows of one payer, line of business and month: factor by quantity, `rest` too."""
    names: dict[int, str] = {}
    for number, q in enumerate(system.quantities):
        frame = tables[q.table].with_row_index("_row")
        if "line_of_business" not in frame.columns:
            continue
        keys = [key for key in ("care_model", "modifier", "state") if key in frame.columns]
        inside = frame.filter(payer="aetna", line_of_business="commercial", period_type="month")
        for row, *words in inside.select("_row", *keys).iter_rows():
            names[int(system.offsets[number]) + row] = ".".join([q.table, *words, q.name])
    matrix = system.matrix
    made = []
    for i in range(matrix.shape[0]):
        part = slice(matrix.indptr[i], matrix.indptr[i + 1])
        ends = matrix.indices[part]
        told = {
            names.get(int(v), "rest" if v >= system.offsets[-1] else "?"): float(f)
            for v, f in zip(ends, matrix.data[part], strict=True)
        }
        if "?" not in told:
            made.append(told)
    return made


def test_a_modifier_has_the_lines_of_its_care_model() -> None:
    rows = [paid(36_000, care_model="personally_performed", modifier_1="AA") for _ in range(3)]
    tables = tables_of(rows)
    found = equations(tables, system_of(tables))
    model, modifier = "care_models.personally_performed.service_lines", "modifiers.AA.service_lines"
    assert {model: 1.0, modifier: -1.0} in found


def test_lines_in_conflict_stand_between_a_modifier_and_its_care_model() -> None:
    rows = [paid(36_000, care_model="personally_performed", modifier_1="AA") for _ in range(3)]
    rows.append(paid(36_000, care_model="conflict", modifier_1="AA", modifier_2="QZ"))
    tables = tables_of(rows)
    found = equations(tables, system_of(tables))
    model, modifier = "care_models.personally_performed.service_lines", "modifiers.AA.service_lines"
    conflict = "care_models.conflict.service_lines"
    assert {model: 1.0, modifier: -1.0} not in found
    assert {modifier: 1.0, model: -1.0, "rest": -1.0} in found
    assert {model: 1.0, conflict: 1.0, modifier: -1.0, "rest": -1.0} in found


@pytest.mark.parametrize(
    "expected",
    [
        {"utilization.adjudicated_lines": 1.0, "states.TX._adjudicated_lines": -1.0},
        {"denials.denied_lines": 1.0, "states.TX._denied_lines": -1.0},
        {"denials._paid_lines": 1.0, "payment._paid_lines": -1.0},
        {"payment.service_lines": 1.0, "payment.unit_priced_lines": -1.0, "rest": -1.0},
    ],
)
def test_tables_tell_of_each_other(expected: Named) -> None:
    tables = tables_of([*(paid(36_000, state="TX") for _ in range(4)), denied(state="TX")])
    assert expected in equations(tables, system_of(tables))


def test_every_equation_holds_and_every_rest_is_zero_or_more() -> None:
    tables = tables_of([*(paid(36_000, state="TX") for _ in range(4)), denied(state="FL")])
    system = system_of(tables)
    counts = system.each([q.is_count for q in system.quantities], True)
    of_counts = counts[system.matrix.indices[system.matrix.indptr[:-1]]]
    assert not np.any((system.matrix @ system.values)[of_counts])
    assert system.rests > 0
    assert system.values[system.offsets[-1] :].min() >= 0

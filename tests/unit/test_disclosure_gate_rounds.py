"""The gate on cells small enough to work out by hand."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from scipy.sparse import csr_array

from schemas.rules import DisclosureRules
from transforms.disclosure.bounds import propagate
from transforms.disclosure.complementary import parts_like_wholes
from transforms.disclosure.gate import derivable, reduce
from transforms.disclosure.quantities import N
from transforms.disclosure.relations import system_of
from transforms.disclosure.suppress import primary_masks, suppress
from transforms.disclosure.withheld import Withheld

sys.path.insert(0, str(Path(__file__).parent))
import table_lines  # noqa: E402
from table_lines import NPIS, paid  # noqa: E402

STANDARD = replace(DisclosureRules.of("standard"), complementary=True)
Row = dict[str, object]


def tables_of(lines: dict[str, int]) -> dict[str, pl.DataFrame]:
    """Tables of paid lines per payer in one month."""
    rows: list[Row] = [
        paid(36_000, payer=payer, billing_provider_npi=NPIS[i % 4])
        for payer, count in lines.items()
        for i in range(count)
    ]
    return table_lines.tables_of(rows)


def months(frame: pl.DataFrame) -> dict[str, dict[str, object]]:
    one = frame.filter(pl.col("period_type") == "month", pl.col("line_of_business") == "commercial")
    return {row["payer"]: row for row in one.iter_rows(named=True)}


def test_a_lone_small_cell_follows_from_the_roll_up_until_another_goes() -> None:
    tables = tables_of({"aetna": 5, "bcbs": 20, "cigna": 40})
    withheld = Withheld.of(primary_masks(tables, STANDARD))
    system = system_of(tables)
    assert derivable(system, reduce(system), withheld, STANDARD).any()

    shown = months(suppress(tables, STANDARD)["utilization"])
    assert shown["aetna"]["suppression_reason"] == "small_cell"
    withheld_payers = {payer for payer, row in shown.items() if row["suppressed"]}
    assert len(withheld_payers) >= 2
    others = [row for payer, row in shown.items() if row["suppression_reason"] == "complementary"]
    assert all(row["service_lines"] is None and row["charge_sum"] is None for row in others)


def test_nothing_small_nothing_withheld() -> None:
    shown = months(suppress(tables_of({"aetna": 20, "bcbs": 20}), STANDARD)["utilization"])
    assert {payer: row["suppressed"] for payer, row in shown.items()} == dict.fromkeys(
        ("aetna", "bcbs", "all"), False
    )


def test_the_gate_closes() -> None:
    tables = tables_of({"aetna": 5, "bcbs": 20, "cigna": 40, "uhc": 3})
    withheld = Withheld.of(primary_masks(tables, STANDARD))
    from transforms.disclosure.gate import protect

    assert protect(tables, withheld, STANDARD) >= 1
    system = system_of(tables)
    assert not derivable(system, reduce(system), withheld, STANDARD).any()


@pytest.mark.parametrize(
    ("low", "high", "expected"),
    [
        # 12 = small (1 to 10) + withheld for others (at least 11): one and eleven, nothing else
        ([12.0, 1.0, 11.0], [12.0, np.inf, np.inf], ([12.0, 1.0, 11.0], [12.0, 1.0, 11.0])),
        ([20.0, 1.0, 11.0], [20.0, np.inf, np.inf], ([20.0, 1.0, 11.0], [20.0, 9.0, 19.0])),
    ],
)
def test_bounds_pass_through_a_sum(
    low: list[float], high: list[float], expected: tuple[list[float], list[float]]
) -> None:
    matrix = csr_array(np.array([[1.0, -1.0, -1.0]]))
    found = propagate(matrix, np.array(low), np.array(high))
    assert (found[0].tolist(), found[1].tolist()) == expected


def test_a_part_goes_with_the_withheld_whole_that_it_equals() -> None:
    tables = tables_of({"aetna": 20, "bcbs": 30})
    system = system_of(tables)
    number = next(i for i, q in enumerate(system.quantities) if (q.table, q.name) == ("payment", N))
    part = next(i for i, q in enumerate(system.quantities) if q.name == "unit_priced_lines")
    hidden = np.ones(system.size, dtype=bool)
    hidden[system.slice_of(part)] = False
    found = parts_like_wholes(system, hidden)
    assert list(found) == list(range(system.size))[system.slice_of(part)]

    hidden[system.slice_of(number)] = False
    assert not len(parts_like_wholes(system, hidden))

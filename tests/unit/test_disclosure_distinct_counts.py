"""Distinct counts of withheld rows, narrowed by those of the rows around them: worked by hand."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from schemas.rules import DisclosureRules
from transforms.disclosure.distinct_counts import Covers, bounds_of, narrow_rows, rows_that_tell
from transforms.disclosure.primary import SMALL_CELL
from transforms.disclosure.withheld import Withheld

RULES = DisclosureRules.of("standard")
COST = np.array([100.0, 10.0, 20.0, 5.0])


def world(patients: list[int], reasons: list[str | None], is_covered: bool = True) -> tuple[Covers, Withheld]:
    """One whole and its parts, in this order; rows with a reason are withheld. A patient has two claims."""
    size = len(patients)
    few = np.array(patients, dtype=np.float64)
    covers = Covers(
        tables=("utilization",),
        variable=np.arange(size),
        whole=np.zeros(1 if is_covered else size - 1, dtype=np.int64),
        is_covered=np.full(1 if is_covered else size - 1, is_covered),
        relation=np.zeros(size - 1, dtype=np.int64) if is_covered else np.arange(size - 1),
        part=np.arange(1, size),
        counts={"claims": few * 2, "cases": few * 2, "patients": few},
    )
    hidden = np.array([reason is not None for reason in reasons])
    columns = {"utilization": {"patients": np.zeros(size, dtype=bool)}}
    told = pl.Series(reasons, dtype=pl.String)
    return covers, Withheld(columns, {"utilization": hidden}, {"utilization": told})


def found(covers: Covers, withheld: Withheld, kind: str = "patients") -> list[tuple[float, float]]:
    known = bounds_of(covers, withheld, RULES)[kind]
    return list(zip(known.low.tolist(), known.high.tolist(), strict=True))


def test_two_small_parts_of_a_shown_whole_can_have_no_fewer_than_it() -> None:
    # 20 patients in all and at most 10 in each of two small rows: there are 10 in each
    covers, withheld = world([20, 10, 10], [None, SMALL_CELL, SMALL_CELL])
    assert found(covers, withheld) == [(20, 20), (10, 10), (10, 10)]
    assert narrow_rows(covers, withheld, bounds_of(covers, withheld, RULES)).tolist() == [False, True, True]
    assert rows_that_tell(covers, withheld, RULES, COST[:3]).tolist() == [0]


def test_patients_that_several_parts_share_leave_room() -> None:
    # 17 of two rows of at most 10: 7 to 10 in each
    covers, withheld = world([17, 9, 10], [None, SMALL_CELL, SMALL_CELL])
    assert found(covers, withheld)[1:] == [(7, 10), (7, 10)]
    assert rows_that_tell(covers, withheld, RULES, COST[:3]).size == 0


def test_the_cheapest_shown_row_goes() -> None:
    # 45 less 25 shown less at most 10: the part of 30 claims is dearer than that of 5
    covers, withheld = world([45, 10, 10, 25], [None, SMALL_CELL, SMALL_CELL, None])
    assert found(covers, withheld)[1:3] == [(10, 10), (10, 10)]
    assert rows_that_tell(covers, withheld, RULES, COST).tolist() == [3]
    withheld.rows["utilization"][3] = True
    assert found(covers, withheld)[1:3] == [(1, 10), (1, 10)]
    assert rows_that_tell(covers, withheld, RULES, COST).size == 0


@pytest.mark.parametrize(("whole", "narrow"), [(11, True), (12, True), (13, False)])
@pytest.mark.parametrize("is_covered", [True, False])
def test_a_part_that_is_not_small_has_the_minimum_at_least_and_its_whole_at_most(
    whole: int, narrow: bool, is_covered: bool
) -> None:
    covers, withheld = world([whole, 11, 3], [None, "complementary", SMALL_CELL], is_covered)
    assert found(covers, withheld)[1] == (11, whole)
    assert rows_that_tell(covers, withheld, RULES, COST[:3]).tolist() == ([0] if narrow else [])


def test_a_small_row_has_few_patients_and_any_number_of_claims() -> None:
    covers, withheld = world([40, 10, 30], [None, SMALL_CELL, "complementary"])
    assert found(covers, withheld, "claims")[1] == (1, 80)
    assert found(covers, withheld)[1] == (1, 10)


def test_what_a_part_has_its_withheld_whole_has() -> None:
    covers, withheld = world([12, 12, 12], ["complementary", None, None])
    assert found(covers, withheld)[0] == (12, 24)
    covers, withheld = world([12, 12, 1], ["complementary", None, None])
    # no fewer than 12 and no more than 13 together: one of the shown parts goes, the cheaper one
    assert found(covers, withheld)[0] == (12, 13)
    assert rows_that_tell(covers, withheld, RULES, np.array([100.0, 10.0, 5.0])).tolist() == [2]
    withheld.rows["utilization"][2] = True
    assert rows_that_tell(covers, withheld, RULES, np.array([100.0, 10.0, 5.0])).size == 0


def test_counts_withheld_in_a_shown_row_are_withheld() -> None:
    covers, withheld = world([20, 12, 9], [None, None, SMALL_CELL])
    withheld.columns["utilization"]["patients"][1] = True
    assert found(covers, withheld)[1:] == [(11, 20), (1, 10)]


def test_a_withheld_zero_may_be_found_out() -> None:
    covers, withheld = world([12, 0, 12], [None, "complementary", None])
    assert not narrow_rows(covers, withheld, bounds_of(covers, withheld, RULES)).any()

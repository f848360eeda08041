"""The ledger: one row per name and content; a file seen again is no second row."""

from __future__ import annotations

from typing import Any

import polars as pl

from flows.store.ledger import LEDGER, empty_ledger, ledger_rows, merge_ledger, seen, supersede
from schemas.columns import polars_schema


def row(name: str, content: str, outcome: str = "accepted", **more: Any) -> dict[str, Any]:
    """A row as intake reports it."""
    identity = {
        "shown_name": name,
        "file_key": content,
        "sha256": content * 4,
        "bytes": 10,
        "kind": "claim_lines",
    }
    return {**identity, "outcome": outcome, "rows_read": 3, "accepted": 3, **more}


def rows(*given: dict[str, Any], time: int = 1) -> pl.DataFrame:
    return ledger_rows(given, {each["shown_name"]: time for each in given})


def test_counts_that_are_not_reported_are_zero() -> None:
    ledger = rows(row("f:1", "a"))
    assert ledger.schema == polars_schema(LEDGER)
    assert ledger.select("out_of_scope", "quarantined", "repaired").row(0) == (0, 0, 0)
    assert ledger["reason"].item() == ""


def test_a_touched_file_renews_its_row() -> None:
    before = merge_ledger(empty_ledger(), rows(row("f:1", "a")))
    after = merge_ledger(before, rows(row("f:1", "a", "duplicate"), time=2))
    assert after.select("outcome", "modified_ns", "accepted").rows() == [("accepted", 2, 3)]
    assert seen(after) == {("f:1", 10, 2)}


def test_the_same_content_under_another_name_is_a_row_of_its_own() -> None:
    before = merge_ledger(empty_ledger(), rows(row("f:1", "a")))
    after = merge_ledger(before, rows(row("f:2", "a", "duplicate")))
    assert after.select("shown_name", "outcome").rows() == [("f:1", "accepted"), ("f:2", "duplicate")]


def test_a_file_taken_in_again_replaces_its_row() -> None:
    before = merge_ledger(empty_ledger(), rows(row("f:1", "a", "rejected", accepted=0)))
    after = merge_ledger(before, rows(row("f:1", "a")))
    assert after.select("outcome", "accepted").rows() == [("accepted", 3)]


def test_order_of_arrival_leaves_no_trace() -> None:
    one, two = rows(row("f:1", "a")), rows(row("f:2", "b"))
    forward = merge_ledger(merge_ledger(empty_ledger(), one), two)
    backward = merge_ledger(merge_ledger(empty_ledger(), two), one)
    assert forward.equals(backward)


def test_supersede_marks_the_earlier_content_of_a_name() -> None:
    before = merge_ledger(empty_ledger(), rows(row("f:1", "a"), row("f:2", "b")))
    marked, gone = supersede(before, rows(row("f:1", "c")))
    assert gone == {"a"}
    assert dict(marked.select("file_key", "outcome").iter_rows()) == {"a": "superseded", "b": "accepted"}
    assert supersede(before, rows(row("f:1", "c", "rejected")))[1] == set()
    assert supersede(before, rows(row("f:1", "a")))[1] == set()

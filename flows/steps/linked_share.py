"""Whether the answers that a run took in found their claims."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import polars as pl

from flows.store.snapshot import BatchFiles, Store

FEWEST_ANSWERS: Final = 10
"""Of fewer answers a share says little."""
FOUND_OR_NOT: Final = ("linked", "ambiguous", "unlinked")
"""Outcomes of answers that look for a claim; a copy and a crossover look for none."""


def linked_answers(store: Store, new: Sequence[BatchFiles], everything: bool) -> tuple[int, int]:
    """Of the in-scope remit lines that the new batches brought (or of all): how many met a claim line, how
    many there are.
    """
    batches = store.snapshot.batches if everything else new
    files = [pl.scan_parquet(store.path(batch.remit_lines)) for batch in batches if batch.remit_lines]
    if not files:
        return 0, 0
    keys = pl.concat(file.select("file_key").unique() for file in files).unique()
    counted = (
        store.resolved_remits()
        .filter(pl.col("in_scope"), pl.col("outcome").is_in(FOUND_OR_NOT))
        .join(keys, on="file_key", how="semi")
        .select(linked=(pl.col("outcome") == "linked").sum(), answers=pl.len())
        .collect()
    )
    linked, answers = counted.row(0)
    return int(linked), int(answers)


def is_below(floor: float, linked: int, answers: int) -> bool:
    """Whether too small a share of enough answers met a claim line."""
    return answers >= FEWEST_ANSWERS and linked < floor * answers

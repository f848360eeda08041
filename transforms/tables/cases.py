"""What a case is paid: the lines of one patient, date of service and code together."""

from __future__ import annotations

from typing import Final

import numpy as np
import polars as pl

from transforms.tables.cube import Ids, coded

ALONE: Final = ("personally_performed", "crna_alone")
DAY_BITS, CODE_BITS = 20, 12
_FIRST_DAY: Final = 200_000
"""Days are counted from so many before 1970: none is negative."""


def with_case_facts(lines: pl.DataFrame) -> pl.DataFrame:
    """Number the cases of lines, and add to each line whether its case is complete, unpaired or supervised,
    of one payer, of one line of business; amounts of complete cases on one line per case. Grain unchanged.

    `_cases`: dense numbers; `_cases_alone`: no other line has the same case.
    """
    key = _keys(lines)
    order = np.argsort(key)
    starts = np.flatnonzero(np.diff(key[order], prepend=-1))
    held = np.diff(starts, append=len(key))
    number = np.empty(len(key), dtype=np.int64)
    number[order] = np.repeat(np.arange(len(starts)), held)
    cases = _of_cases(lines, order, starts, held)
    is_complete = cases.get_column("_is_complete").to_numpy()
    is_head = np.zeros(len(key), dtype=bool)
    is_head[order[starts[is_complete]]] = True
    numbered = pl.DataFrame({"_cases": number, "_cases_alone": (held == 1)[number], "_is_case_head": is_head})
    head = pl.when("_is_case_head")
    return (
        lines.hstack(numbered)
        .hstack(cases.select(pl.all().gather(number)))
        .with_columns(head.then(pl.col("case_cents")), head.then(pl.col("case_tenths")))
        .with_columns(allowed_per_unit_case=pl.col("case_cents") / (pl.col("case_tenths") * 10))
    )


def _keys(lines: pl.DataFrame) -> Ids:
    """Patient, date of service and code as one number."""
    day = lines.get_column("service_date").to_physical().cast(pl.Int64).to_numpy() + _FIRST_DAY
    code, _ = coded(lines.get_column("procedure_code"))
    patient = lines.get_column("_patients").to_numpy()
    key: Ids = (patient << (DAY_BITS + CODE_BITS)) | (day << CODE_BITS) | code
    return key


def _of_cases(lines: pl.DataFrame, order: Ids, starts: Ids, held: Ids) -> pl.DataFrame:
    """Facts of each case; lines are in `order`, and those of a case begin at its place in `starts`."""
    model = pl.col("care_model")
    told = lines.select(
        model.is_in(ALONE).alias("alone"),
        (model == "directed_physician").alias("physicians"),
        (model == "directed_crna").alias("crnas"),
        (model == "supervised").alias("supervised"),
        pl.col("is_unit_priced").alias("priced"),
        pl.col("allowed_cents", "base_units", "time_unit_tenths").fill_null(0),
    )

    def each(values: Ids, how: np.ufunc) -> Ids:
        found: Ids = how.reduceat(values[order], starts) if len(starts) else values
        return found

    counts = {
        name: each(told.get_column(name).to_numpy().astype(np.int64), np.add)
        for name in ("alone", "physicians", "crnas", "supervised", "priced")
    }
    one = {}
    for name in ("payer", "line_of_business"):
        code, _ = coded(lines.get_column(name))
        one[f"_is_of_one_{name}"] = each(code, np.minimum) == each(code, np.maximum)
    physicians, crnas = counts["physicians"], counts["crnas"]
    is_alone = (held == 1) & (counts["alone"] == 1)
    is_pair = (held == 2) & (physicians == 1) & (crnas == 1)
    lone_crna = (crnas > 0) & (physicians == 0) & (counts["supervised"] == 0)
    base, time = (told.get_column(name).to_numpy() for name in ("base_units", "time_unit_tenths"))
    return pl.DataFrame(
        {
            "_is_complete": (is_alone | is_pair) & (counts["priced"] == held),
            **one,
            "_is_unpaired": (physicians > 0) & (crnas == 0) | lone_crna,
            "_is_supervised": counts["supervised"] > 0,
            "case_cents": each(told.get_column("allowed_cents").to_numpy(), np.add),
            "case_tenths": each(base, np.maximum) * 10 + each(time, np.maximum),
        }
    )

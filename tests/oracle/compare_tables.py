"""Where two sets of internal tables differ, cell by cell."""

from __future__ import annotations

from datetime import date
from typing import Any

Row = dict[str, Any]
KEYS = {
    "care_models": ("care_model",),
    "modifiers": ("modifier",),
    "sites": ("place_of_service",),
    "procedures": ("surgical_procedure_code",),
    "diagnoses": ("diagnosis", "region"),
    "states": ("state",),
    "demographics": ("age_band", "sex"),
    "denial_reasons": ("group_code", "carc"),
    "denial_categories": ("denial_category",),
    "authorizations": ("authorization",),
    "clinical_themes": ("theme",),
    "open_claims": ("age_band",),
}
FIVE = ("procedure_code", "payer", "line_of_business", "period_type", "period_start")
OWN_KEYS = {"freshness": ("source", "payer")}
"""Keys of tables that are not of cells."""
NOT_COUNTED = {
    "contract_variance": "it has rows only where config/contracts.csv gives prices",
    "payer_rules": "it repeats a reference table",
    "data_quality": "it counts files and rows as delivered",
    "release_changes": "it compares two releases",
}
"""Published tables that the oracle does not count, and why; every column of the others is compared."""


def same_value(wanted: Any, given: Any) -> bool:
    """Equal, or a real that differs by no more than its last published decimal."""
    if isinstance(wanted, float) and isinstance(given, float):
        return abs(wanted - given) < 1.01e-4
    return bool(wanted == given)


def rank_of(table: str, key: tuple[Any, ...]) -> tuple[Any, ...]:
    """Where a difference is told: single months before what is made of them."""
    if table in OWN_KEYS:
        return (False, date.min, False, False, False, table)
    return (
        *(key[3] != "month", key[4], key[1] != "all", key[2] != "all"),
        *(table != "utilization", table),
    )


def uncounted(oracle: dict[str, list[Row]], pipeline: dict[str, list[Row]]) -> list[str]:
    """What the pipeline publishes and the oracle does not count: tables, and columns of its tables."""
    tables = pipeline.keys() - oracle.keys() - NOT_COUNTED.keys()
    columns = [
        f"{table}.{name}"
        for table, rows in oracle.items()
        if rows and pipeline.get(table)
        for name in pipeline[table][0].keys() - rows[0].keys()
    ]
    return [f"{name}: not counted by the oracle" for name in sorted([*tables, *columns])]


def differences(oracle: dict[str, list[Row]], pipeline: dict[str, list[Row]]) -> list[str]:
    """One sentence per row or cell that differs; months first, since roll-ups follow from them."""
    told: list[tuple[Any, str]] = [((), text) for text in uncounted(oracle, pipeline)]
    for table, rows in oracle.items():
        keys = OWN_KEYS.get(table, (*FIVE, *KEYS.get(table, ())))
        wanted = {tuple(row[key] for key in keys): row for row in rows}
        given = {tuple(row[key] for key in keys): row for row in pipeline.get(table, [])}
        for key in wanted.keys() | given.keys():
            rank = rank_of(table, key)
            place = f"{table} {'/'.join(str(part) for part in key)}"
            if key not in given or key not in wanted:
                told.append((rank, f"{place}: only in the {'oracle' if key in wanted else 'pipeline'}"))
                continue
            shared = wanted[key].keys() & given[key].keys()
            told += [
                (rank, f"{place} {name}: oracle {wanted[key][name]!r}, pipeline {given[key][name]!r}")
                for name in sorted(shared)
                if not same_value(wanted[key][name], given[key][name])
            ]
    return [text for _, text in sorted(told)]

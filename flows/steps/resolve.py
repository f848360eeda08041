"""Resolving a group of claims: what stands, what was said of it last, what it is worth."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Final

import polars as pl

from flows.errors import ProductError
from flows.readers.reference_files import read_reference
from flows.run import Run
from flows.steps.affected import ROWS_READ, Group, group_rows
from flows.store.files import private_folder
from schemas.resolved import ResolvedLine, ResolvedRemit
from transforms.resolve import resolve_lines
from transforms.resolve.affected_claims import ROW

MONTH_OF: Final = {"lines": "service_month", "remits": "remit_month"}
"""The month by which resolved lines and resolved remits stand in partitions."""
SCHEMA_OF: Final = {"lines": ResolvedLine, "remits": ResolvedRemit}
COMPRESSION: Final = "lz4"
"""Many small files are written: the cheapest codec to start."""


def resolve(run: Run, group: Group) -> str:
    """Resolve the claims of a group; gives its label.

    Its lines and remits lie in the work folder by payer and month. E_CONSERVATION when a row of the group has
    no fate, or two.
    """
    claims = group_rows(run, "claim_lines", group)
    remits = group_rows(run, "remit_lines", group)
    beside = group_rows(run, "lines_beside", group).lazy()
    found = resolve_lines(claims.lazy(), remits.lazy(), read_reference(), run.settings.rules, beside)
    made = {"lines": found.lines.collect(), "remits": found.remits.collect()}
    given = {"lines": claims.filter("in_scope"), "remits": remits}
    for kind, rows in made.items():
        if len(rows) != len(given[kind]):
            raise ProductError(
                "E_CONSERVATION", f"{kind} of a group: {len(given[kind])}; resolved {len(rows)}"
            )
        if not SCHEMA_OF[kind].keeps(rows):
            from schemas.pandera_schemas import broken_rules  # takes seconds to load, and never should

            raise ProductError("E_CONSERVATION", f"{kind} of a group: {broken_rules(rows, SCHEMA_OF[kind])}")
        _write(rows.sort("payer", MONTH_OF[kind], *ROW), run.work, f"{kind}-{group.label}")
    return group.label


def resolved_rows(run: Run, kind: str, groups: Sequence[str], file: str | None = None) -> pl.LazyFrame | None:
    """The resolved lines or remits of some groups, by label; None where there are none. `file`: a column for
    the path of the file.
    """
    files = [path for label in groups if (path := run.work / "resolved" / f"{kind}-{label}.parquet").exists()]
    return pl.scan_parquet(files, include_file_paths=file) if files else None


def _write(rows: pl.DataFrame, work: Path, stem: str) -> None:
    """Write a file whole or not at all: a task that is performed again replaces it by the same."""
    folder = private_folder(work / "resolved")
    begun = folder / f"{stem}.begun"
    rows.write_parquet(begun, compression=COMPRESSION, row_group_size=ROWS_READ)
    begun.replace(folder / f"{stem}.parquet")

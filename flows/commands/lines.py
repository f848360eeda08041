"""`cpt01939 lines`."""

from __future__ import annotations

import os
import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

from cyclopts import Parameter

from flows.commands.console import Common, say, show, show_json
from flows.errors import DONE, ProductError

if TYPE_CHECKING:
    import polars as pl

    from flows.settings import Settings
    from flows.store.snapshot import Store

_Kind = Literal["all", "underpaid", "denied", "open"]
SHOWN_ON_A_TERMINAL = 50
_COLUMNS = (
    *("file", "row", "payer", "service_month", "adjudication_state", "charge_amount", "allowed_amount"),
    *("expected_amount", "carc", "reason"),
)
"""Columns shown on a terminal."""
_PERIOD = r"[0-9]{4}(-(0[1-9]|1[0-2]))?"


def lines(
    kind: Annotated[
        _Kind, Parameter(help="Which lines: all, underpaid (needs config/contracts.csv), denied or open.")
    ] = "all",
    /,
    *,
    payer: Annotated[str | None, Parameter(help="aetna, bcbs, cigna, uhc, medicare or other.")] = None,
    line_of_business: str | None = None,
    procedure_code: str | None = None,
    period: Annotated[str | None, Parameter(help="Month (YYYY-MM) or year (YYYY) of service.")] = None,
    care_model: str | None = None,
    place_of_service: str | None = None,
    carc: Annotated[
        str | None, Parameter(help="Adjustment reason code (CARC) of the denial, for example 197.")
    ] = None,
    out: Annotated[
        Path | None, Parameter(help="Write the list to this CSV file, which only you can read (mode 0600).")
    ] = None,
    common: Common = Common(),  # noqa: B008
) -> int:
    """The claim lines behind a cell: file, row, state, amounts, expected amount, reason; CSV, dearest first.

    For those who may see the claims: it needs the audience `internal`.
    Example: cpt01939 lines denied --payer aetna --period 2025-03 --out denied.csv
    """
    common.choose_data()
    from flows.settings import load_settings
    from flows.store.snapshot import Store

    settings = load_settings()
    if "internal" not in settings.audiences:
        raise ProductError("E_INTERNAL_ONLY")
    if period is not None and not re.fullmatch(_PERIOD, period, re.ASCII):
        raise ProductError("E_PARAMETER", "period")
    chosen = {
        "payer": payer,
        "line_of_business": line_of_business,
        "procedure_code": procedure_code,
        "care_model": care_model,
        "place_of_service": place_of_service,
        "carc": carc,
    }
    _give(_chosen(_work_list(settings, Store.open(settings.data), kind), chosen, period), out, common.json)
    return DONE


def _give(rows: pl.DataFrame, out: Path | None, as_json: bool) -> None:
    """The list as a file, as JSON, as a table on a terminal, or as CSV in a pipe."""
    if out is not None:
        _write(out, rows.write_csv())
        say(f"{rows.height} lines written")
    elif as_json:
        show_json({"exit_code": DONE, "lines": rows.to_dicts()})
    elif sys.stdout.isatty():
        _show(rows)
    else:
        sys.stdout.write(rows.write_csv())


def _work_list(settings: Settings, store: Store, kind: _Kind) -> pl.DataFrame:
    """The list over all that has been taken in, with the shown names of files."""
    import datetime as dt

    import polars as pl

    from flows.readers.reference_files import read_contracts, read_reference
    from flows.store.known import read_ledger
    from transforms.tables.work_list import work_list

    if not store.snapshot.as_of:
        raise ProductError("E_NOTHING_TAKEN_IN")
    as_of, contracts = dt.date.fromisoformat(store.snapshot.as_of), read_contracts()
    if kind == "underpaid" and contracts is None:
        say("no contract prices: give them in config/contracts.csv (contracts.example.csv shows the form)")
    rows = work_list(store.resolved_lines(), as_of, read_reference(), contracts, kind)
    ledger = read_ledger(store).filter(pl.col("outcome") == "accepted")
    names = ledger.group_by("file_key").agg(pl.col("shown_name").min())
    answers = names.rename({"file_key": "final_file_key", "shown_name": "answer_file"})
    named = rows.join(names, on="file_key", how="left", maintain_order="left")
    named = named.join(answers, on="final_file_key", how="left", maintain_order="left")
    return named.select(
        pl.col("shown_name").alias("file"),
        pl.col("row_number").alias("row"),
        "answer_file",
        pl.col("final_row_number").alias("answer_row"),
        pl.all().exclude(
            *("shown_name", "row_number", "answer_file", "final_row_number", "file_key", "final_file_key")
        ),
    )


def _chosen(rows: pl.DataFrame, chosen: dict[str, str | None], period: str | None) -> pl.DataFrame:
    import polars as pl

    for column, value in chosen.items():
        if value is not None:
            rows = rows.filter(pl.col(column) == value)
    return rows if period is None else rows.filter(pl.col("service_month").str.starts_with(period))


def _write(path: Path, text: str) -> None:
    """Write a file that its owner alone may read, whatever was there before."""
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW, 0o600)
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        os.fchmod(file.fileno(), 0o600)
        file.write(text)


def _show(rows: pl.DataFrame) -> None:
    """The first lines as a table for people."""
    texts = [_COLUMNS, *(tuple("" if v is None else str(v) for v in row) for row in _first(rows))]
    widths = [max(len(row[i]) for row in texts) for i in range(len(_COLUMNS))]
    for row in texts:
        show("  ".join(text.ljust(width) for text, width in zip(row, widths, strict=True)))
    if rows.height > SHOWN_ON_A_TERMINAL:
        say(f"{SHOWN_ON_A_TERMINAL} of {rows.height} lines; all of them with --out FILE or in a pipe")


def _first(rows: pl.DataFrame) -> list[tuple[object, ...]]:
    return rows.select(_COLUMNS).head(SHOWN_ON_A_TERMINAL).rows()

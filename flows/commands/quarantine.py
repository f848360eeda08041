"""`cpt01939 quarantine`."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated, Any

from cyclopts import Parameter

from flows.commands.console import Common, say, show, show_json
from flows.errors import DONE, ProductError

if TYPE_CHECKING:
    import polars as pl

    from flows.settings import Settings


def quarantine_command(
    file: Annotated[
        str | None,
        Parameter(help="The file's path in landing/, or its short name f:... (default: all files)."),
    ] = None,
    /,
    *,
    values: Annotated[
        bool, Parameter(help="Also show the values, read from landing/. On a terminal only.", negative=())
    ] = False,
    common: Common = Common(),  # noqa: B008
) -> int:
    """The bad rows of a file: row, rule, column, what to do; without a file: how many each file has.

    Row 1 is the first after the header.
    Example: cpt01939 quarantine landing/claims_2025-03.csv
    """
    common.choose_data()
    from flows.settings import load_settings
    from flows.store.quarantined_rows import bad_rows
    from flows.store.snapshot import Store

    if values and (file is None or common.json or not sys.stdout.isatty()):
        raise ProductError("E_VALUES")
    settings = load_settings()
    if file is None:
        return _tell_files(bad_rows(Store.open(settings.data)), common)
    rows = _of_file(settings, file)
    if values:
        rows = _with_values(rows, settings)
    return _tell_rows(rows, common)


def _of_file(settings: Settings, file: str) -> pl.DataFrame:
    """The bad rows of a file, under whatever name the same content came; none: all of it is well.

    E_FILE_UNKNOWN when no run has seen it. A path is compared by a keyed hash: E_KEY_OTHER with another key
    than the store's, with which no file would be known.
    """
    from flows.steps.take_out import SHOWN, names_of
    from flows.store.known import read_ledger
    from flows.store.quarantined_rows import bad_rows
    from flows.store.snapshot import Store, key_id

    store = Store.open(settings.data, None if SHOWN.fullmatch(file) else key_id(settings.key))
    ledger = read_ledger(store)
    contents = ledger.filter(ledger["shown_name"].is_in(names_of(settings, file)))["file_key"]
    if contents.is_empty():
        raise ProductError("E_FILE_UNKNOWN")
    names = ledger.filter(ledger["file_key"].is_in(contents.implode()))["shown_name"]
    rows = bad_rows(store)
    return rows.filter(rows["shown_name"].is_in(names.implode()))


def _tell_files(rows: pl.DataFrame, common: Common) -> int:
    counts = rows.group_by("shown_name", "rule_code").len("breaks").sort("shown_name", "rule_code")
    files: dict[str, dict[str, int]] = {}
    for name, code, breaks in counts.iter_rows():
        files.setdefault(name, {})[code] = breaks
    if common.json:
        show_json({"exit_code": DONE, "files": files})
        return DONE
    if not files:
        say("No row is in quarantine.")
    for name, rules in files.items():
        show(f"{name}  " + ", ".join(f"{code} {breaks}" for code, breaks in rules.items()))
    return DONE


def _tell_rows(rows: pl.DataFrame, common: Common) -> int:
    from flows.commands.explain import all_codes

    known = all_codes()
    rules = {code: known[code] for code in rows["rule_code"].unique().sort() if code in known}
    if common.json:
        told = rows.rename({"shown_name": "file", "row_number": "row", "rule_code": "rule"})
        cures = {code: {"meaning": each.meaning, "what_to_do": each.cure} for code, each in rules.items()}
        show_json({"exit_code": DONE, "rows": told.to_dicts(), "rules": cures})
        return DONE
    if rows.is_empty():
        say("No row of this file is in quarantine.")
    for row in rows.iter_rows(named=True):
        show(_line(row))
    for code, entry in rules.items():
        show(f"{code}: {entry.meaning} {entry.cure}")
    return DONE


def _line(row: dict[str, Any]) -> str:
    where = "claim" if row["row_number"] is None else f"row {row['row_number']}"
    value = f"  {ascii(row['value'])}" if "value" in row else ""
    return f"{row['source']}  {where}  {row['rule_code']}  {row['column'] or '-'}{value}"


def _with_values(rows: pl.DataFrame, settings: Settings) -> pl.DataFrame:
    """The rows with what stands in their columns, read again from landing/; E_FILE_GONE if it has gone."""
    from flows.steps.delivered import values_of

    say("These values may belong to a person. Do not pass them on.")
    return values_of(rows, settings)

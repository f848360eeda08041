"""The ledger: one row per inbound file seen, with what became of its rows."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from datetime import date as Date
from typing import Any, Final

import polars as pl

from schemas.columns import Column, date, names, polars_schema, text, whole

LEDGER: Final[tuple[Column, ...]] = (
    text("shown_name", "f: and 12 hex digits of a keyed hash of the file's path").required(),
    text("file_key", "First 16 hex digits of the sha256 of the decompressed bytes").required(),
    text("sha256", "sha256 of the decompressed bytes").required(),
    whole("bytes", "Size as delivered", "bytes").required(),
    whole("modified_ns", "Time of last change as delivered", "ns since 1970"),
    text("kind", "claim_lines, remit_lines, x12_837p, x12_835 or empty").required(),
    text("outcome", "accepted, rejected, duplicate, empty, superseded or retracted").required(),
    text(
        "reason", "Code of a rejection and where it was met (explain tells more); empty otherwise"
    ).required(),
    text("stopped_by", "Layouts, limits and rules under which the file or rows of it were refused"),
    date("latest_date", "Latest submission or payment of its accepted rows in scope"),
    whole("rows_read", "Rows in the file", "rows").required(),
    whole("out_of_scope", "Rows with no code in scope", "rows").required(),
    whole("accepted", "Rows taken in", "rows").required(),
    whole("quarantined", "Rows kept apart", "rows").required(),
    whole("repaired", "Values repaired where the repair is certain", "values").required(),
)
_KEY: Final = ("shown_name", "file_key")
RETRACTED: Final = "retracted"
TAKEN: Final = ("accepted", "duplicate")
"""Outcomes of a file whose content counts, under its own name or another."""
KNOWN: Final = ("accepted", "rejected", RETRACTED)
"""Outcomes of content that is not looked at again, whatever name it comes under."""
OUTCOMES: Final[dict[str, tuple[str, str]]] = {
    "accepted": ("The file was taken in. Some of its rows may be in quarantine.", "Nothing."),
    "rejected": (
        "Nothing of the file was taken in. `cpt01939 status` shows the reason beside the file.",
        "Look the reason up with `cpt01939 explain CODE`. A run tries the file again when a layout, "
        "a limit or a rule has changed.",
    ),
    "duplicate": (
        "A file with the same content came before, under this name or another.",
        "Nothing. The content counts once.",
    ),
    "superseded": (
        'A later file of the same name replaced it (setting on_same_name = "supersede").',
        "Nothing is needed if that was intended.",
    ),
    "retracted": (
        "Someone took the file out again with `cpt01939 retract`. Its content does not come in "
        "again, under any name.",
        "`cpt01939 retract FILE --undo` takes it back in from landing/.",
    ),
}
"""What may become of a file -> what it means, what to do."""
MARKS: Final = ("shown_name", "bytes", "modified_ns")
"""What tells that a file of the landing folder is the one that was seen."""


def empty_ledger() -> pl.DataFrame:
    """A ledger without rows."""
    return pl.DataFrame(schema=polars_schema(LEDGER))


def ledger_rows(rows: Iterable[Mapping[str, Any]], modified: Mapping[str, int]) -> pl.DataFrame:
    """Rows as intake reports them, with the time of last change by shown name.

    Grain: one row per file seen.
    """
    known = names(LEDGER)
    plain = [
        {"reason": "", **{name: row[name] for name in known if row.get(name) is not None}} for row in rows
    ]
    stamped = [{"modified_ns": modified.get(row["shown_name"]), **row} for row in plain]
    for row in stamped:
        if "latest_date" in row:
            row["latest_date"] = Date.fromisoformat(row["latest_date"])
    return pl.DataFrame(stamped, schema=polars_schema(LEDGER)).with_columns(
        pl.col(column.name).fill_null(0)
        for column in LEDGER
        if column.dtype == pl.Int64() and not column.nullable
    )


def merge_ledger(
    before: pl.DataFrame, new: pl.DataFrame, again: Collection[str] = frozenset()
) -> pl.DataFrame:
    """The ledger with the new rows; content taken in `again` gives up what was said of it.

    A duplicate of a file's own earlier row only renews its size and time of change.

    Grain: one row per shown name and content; sorted, so that the same files make the same bytes.
    """
    new = new.unique(_KEY, keep="first", maintain_order=True)
    given_up = new.filter(pl.col("file_key").is_in(list(again)))
    before = before.join(given_up, on="file_key", how="anti")
    same = new.filter(pl.col("outcome") == "duplicate").join(before, on=_KEY, how="semi")
    renewed = before.update(same.select(*_KEY, "bytes", "modified_ns"), on=_KEY, how="left")
    fresh = new.join(same, on=_KEY, how="anti")
    kept = renewed.join(fresh, on=_KEY, how="anti")
    return pl.concat([kept.select(names(LEDGER)), fresh.select(names(LEDGER))]).sort(_KEY)


def supersede(before: pl.DataFrame, new: pl.DataFrame) -> tuple[pl.DataFrame, set[str]]:
    """An old name with new content takes the place of the earlier file.

    The ledger that says so, and the keys retired.
    """
    names_again = new.filter(pl.col("outcome") == "accepted").select("shown_name")
    earlier = before.join(names_again, on="shown_name", how="semi").filter(pl.col("outcome") == "accepted")
    gone = set(earlier["file_key"]) - set(new["file_key"])
    is_gone = pl.col("file_key").is_in(list(gone)) & (pl.col("outcome") == "accepted")
    marked = before.with_columns(
        pl.when(is_gone).then(pl.lit("superseded")).otherwise("outcome").alias("outcome")
    )
    return marked, gone


def contents_of(ledger: pl.DataFrame, shown: Collection[str], outcomes: Collection[str]) -> set[str]:
    """Keys of the contents that came under one of some shown names, with one of some outcomes."""
    rows = ledger.filter(pl.col("shown_name").is_in(list(shown)), pl.col("outcome").is_in(list(outcomes)))
    return set(rows["file_key"])


def retracted(ledger: pl.DataFrame, keys: Collection[str]) -> pl.DataFrame:
    """The ledger in which some contents are retracted, under whatever names they came."""
    is_gone = pl.col("file_key").is_in(list(keys)) & pl.col("outcome").is_in(TAKEN)
    return ledger.with_columns(pl.when(is_gone).then(pl.lit(RETRACTED)).otherwise("outcome").alias("outcome"))


def to_try_again(ledger: pl.DataFrame, now: str) -> pl.DataFrame:
    """Rows of content that was refused, whole or in part, by other layouts, limits or rules than now."""
    gone = ledger.filter(outcome=RETRACTED).select("file_key")
    return ledger.filter(pl.col("stopped_by") != now).join(gone, on="file_key", how="anti")


def as_of(ledger: pl.DataFrame) -> Date | None:
    """The latest submission or payment of rows in force: what was superseded or refused dates nothing."""
    return ledger.filter(pl.col("outcome") == "accepted")["latest_date"].max()  # type: ignore[return-value]


def seen(ledger: pl.DataFrame) -> set[tuple[str, int, int]]:
    """Files that need no second look: (shown name, size, time of last change)."""
    return set(ledger.select(MARKS).drop_nulls().iter_rows())

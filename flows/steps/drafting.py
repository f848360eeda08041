"""A draft of a layout for a file that none fits; nothing of the file is kept."""

from __future__ import annotations

import csv
import io
import tempfile
from itertools import islice
from pathlib import Path
from typing import Final

import polars as pl

from flows.readers.csv_header import HEAD, ROWS_LOOKED_AT, SEPARATORS
from flows.readers.documents import documents, one_a_line
from flows.readers.excel import fitting_sheet
from flows.readers.preflight import Limits, Preflight, preflight
from flows.readers.read_tables import scan_text
from flows.readers.rejections import Rejected
from flows.settings import Settings
from transforms.intake.layout_draft import Draft, draft
from transforms.intake.nested import Nesting, flat_rows
from transforms.intake.nested_draft import leaf_paths, likely_nesting

_SAMPLE: Final = 200
FEWEST_COLUMNS: Final = 5
FLAT: Final = {"claim_id", "charge_amount", "adjustments"}
"""Names of our own form, whose adjustments may be a list of objects."""


def drafted(path: Path, settings: Settings) -> Draft:
    """Propose a layout for a table. Rejected where the file can't be read or has no header."""
    with tempfile.TemporaryDirectory(prefix="cpt01939-layout-") as folder:
        limits = Limits(settings.maximum_file_megabytes << 20, settings.maximum_expansion)
        found = preflight(path, Path(folder) / "file.plain", limits)
        try:
            nested = _nested(found)
            sample = nested[1] if nested else _sample(found)
        except (pl.exceptions.PolarsError, RecursionError):
            raise Rejected("file_unreadable") from None
        if nested:
            return draft(sample.columns, sample, nested[0])
        names = [name for name in sample.columns if not name.startswith("_cpt01939")]
        if len(names) < FEWEST_COLUMNS or any(_is_value(name) for name in names):
            raise Rejected("file_header_missing")
        return draft(names, sample.select(names))


def _nested(found: Preflight) -> tuple[Nesting, pl.DataFrame] | None:
    """The lists of nested documents and a sample of their rows; None where the file is flat."""
    if found.form not in ("ndjson", "parquet"):
        return None
    found = one_a_line(found) if found.form == "ndjson" else found
    sample = list(islice(documents(found), _SAMPLE))
    nesting = likely_nesting(sample)
    if nesting is None:
        return None
    names = leaf_paths(sample, nesting)
    if (
        len({name.partition(".")[0] for name in names}) < 2
        or {name.rpartition(".")[2] for name in names} >= FLAT
    ):
        return None
    rows = [row for document in sample for row in flat_rows(document, nesting, names)][:_SAMPLE]
    return nesting, pl.DataFrame(rows, schema=dict.fromkeys(names, pl.String), orient="row")


def _is_value(name: str) -> bool:
    """Whether a name is rather a value: a file without a header shows some."""
    return name.strip().replace("-", "").replace("/", "").replace(".", "").isdigit()


def _sample(found: Preflight) -> pl.DataFrame:
    if found.form == "csv":
        return _text_sample(found)
    if found.form == "workbook":
        sheet = fitting_sheet(
            found.plain, lambda names, _: sum(bool(name) for name in names) >= FEWEST_COLUMNS
        )
        return sheet.rows.head(_SAMPLE)
    if found.form == "x12":
        raise Rejected("file_unknown_kind")
    first = next(scan_text(found).pieces(), pl.DataFrame())
    return first.drop("row_number", "field_count_ok", strict=False).head(_SAMPLE)


def _text_sample(found: Preflight) -> pl.DataFrame:
    """The rows under the row that has most names, whatever separates them."""
    with found.plain.open("rb") as stream:
        head = stream.read(HEAD).decode("utf-8-sig", "ignore")
    most, place = 0, 0
    best: list[list[str]] = []
    for separator in SEPARATORS:
        try:
            rows = list(csv.reader(io.StringIO(head), delimiter=separator))[: ROWS_LOOKED_AT + _SAMPLE]
        except csv.Error:
            continue
        for number, row in enumerate(rows[:ROWS_LOOKED_AT]):
            named = len({name.strip() for name in row if name.strip()})
            if (named, -number) > (most, -place):
                most, place, best = named, number, rows
    if not best:
        raise Rejected("file_header_missing")
    names = [name if name.strip() else f"_cpt01939_{at}" for at, name in enumerate(best[place])]
    if len(set(names)) < len(names):
        raise Rejected("file_duplicate_column")
    whole = [row for row in best[place + 1 : place + 1 + _SAMPLE] if len(row) == len(names)]
    return pl.DataFrame(whole, schema=dict.fromkeys(names, pl.String), orient="row")

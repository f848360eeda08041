"""The workbook as the tools of its readers open it: openpyxl, pandas, DuckDB's and LibreOffice's users."""

from __future__ import annotations

import csv
import datetime as dt
import json
import shutil
import subprocess
from decimal import Decimal
from pathlib import Path

import openpyxl
import pandas as pd
import polars as pl
import pytest
from releases import AUDIENCES, table

from flows.publication.make import edition_of, read_published
from flows.publication.sheet import rows_as_xml
from flows.publication.workbook import write_workbook
from schemas.tables import TABLES

pytestmark = pytest.mark.xdist_group("publication")


@pytest.fixture(scope="module")
def book(release: Path) -> openpyxl.Workbook:
    return openpyxl.load_workbook(release / "standard" / "benchmarks.xlsx")


def test_every_table_is_a_sheet_between_read_me_and_dictionary(
    release: Path, book: openpyxl.Workbook
) -> None:
    there = [name for name in TABLES if (release / "standard" / f"{name}.parquet").is_file()]
    assert book.sheetnames == ["Read me", *there, "Dictionary"]
    for name in there:
        frame = table(release / "standard", name)
        assert (book[name].max_row - 1, book[name].max_column) == frame.shape, name


def test_cells_have_the_types_and_values_of_the_table(release: Path, book: openpyxl.Workbook) -> None:
    frame = table(release / "standard", "payment")
    sheet = book["payment"]
    heads = [cell.value for cell in sheet[1]]
    assert heads == frame.columns
    for expected, cells in zip(frame.iter_rows(), sheet.iter_rows(min_row=2, values_only=True), strict=True):
        for head, value, cell in zip(heads, expected, cells, strict=True):
            if isinstance(value, Decimal):
                assert cell == pytest.approx(float(value)), head
            elif isinstance(value, dt.date):
                assert cell == dt.datetime(value.year, value.month, value.day), head
            else:
                assert cell == value, head


def test_header_filter_formats_and_notes(book: openpyxl.Workbook) -> None:
    sheet = book["payment"]
    assert sheet.freeze_panes == "F2"
    named = sheet.tables["t_payment"]
    assert named.autoFilter is not None
    assert named.ref == named.autoFilter.ref == sheet.dimensions
    assert _format(book, "payment", "period_start") == "yyyy-mm-dd"
    assert _format(book, "payment", "allowed_sum") == "$#,##0.00"
    assert _format(book, "payment", "allowed_per_unit_p50") == "$#,##0.00"
    assert _format(book, "denials", "denial_rate") == "0.0%"
    assert "Procedure code" in sheet["A1"].comment.text
    rollups = _place(book, "payment", "is_rollup")
    bold = {row[rollups - 1].value: row[1].font.b for row in sheet.iter_rows(min_row=2, max_row=400)}
    assert bold == {True: True, False: False}
    assert not sheet.merged_cells.ranges


def _format(book: openpyxl.Workbook, sheet: str, head: str) -> str:
    """Number format of the first cell of a column that holds something."""
    place = _place(book, sheet, head)
    cells = (row[0] for row in book[sheet].iter_rows(min_row=2, min_col=place, max_col=place))
    return str(next(cell.number_format for cell in cells if cell.value is not None))


def _place(book: openpyxl.Workbook, sheet: str, head: str) -> int:
    return [cell.value for cell in book[sheet][1]].index(head) + 1


def test_the_read_me_says_what_the_figures_are_not(book: openpyxl.Workbook) -> None:
    text = "\n".join(str(row[0].value) for row in book["Read me"].iter_rows() if row[0].value)
    for words in ("Standard edition", "rounded", "not the price of a case", "Filter before you add up"):
        assert words in text


def test_pandas_reads_codes_with_their_leading_zero(release: Path) -> None:
    path = release / "standard" / "benchmarks.xlsx"
    frame = pd.read_excel(path, sheet_name="utilization", dtype={"procedure_code": str})
    assert set(frame["procedure_code"]) >= {"01939"}
    assert frame["period_start"].dtype.kind == "M"
    assert len(frame) == table(release / "standard", "utilization").height


@pytest.mark.parametrize("audience", AUDIENCES)
def test_same_tables_give_the_same_workbook(release: Path, audience: str, tmp_path: Path) -> None:
    folder = release / audience
    manifest = json.loads((folder / "manifest.json").read_text())
    again = write_workbook(read_published(folder, edition_of(manifest, False)), tmp_path / "again.xlsx")
    assert again.read_bytes() == (folder / "benchmarks.xlsx").read_bytes()


def test_text_never_becomes_a_formula_or_a_link() -> None:
    frame = pl.DataFrame({"site_name": ["=1+1", "<b>&", "mailto:x", None]})
    xml = rows_as_xml(frame, [1], [2], pl.Series([False, True, False, False]))
    assert "<f>" not in xml
    assert '<c r="A2" s="1" t="inlineStr"><is><t>=1+1</t></is></c>' in xml
    assert '<c r="A3" s="2" t="inlineStr"><is><t>&lt;b&gt;&amp;</t></is></c>' in xml
    assert '<row r="5"></row>' in xml


@pytest.mark.slow
def test_libreoffice_opens_it(release: Path, tmp_path: Path) -> None:
    office = shutil.which("soffice") or shutil.which("libreoffice")
    if office is None:
        pytest.skip("LibreOffice is not installed")
    command = [office, "--headless", f"-env:UserInstallation=file://{tmp_path}/profile", "--convert-to"]
    what = "csv:Text - txt - csv (StarCalc):44,34,76,1,,0,false,true,false,false,false,3"
    source = release / "standard" / "benchmarks.xlsx"
    done = subprocess.run(
        [*command, what, "--outdir", str(tmp_path), str(source)],
        capture_output=True,
        timeout=180,
        check=False,
    )
    assert done.returncode == 0
    (made,) = tmp_path.glob("*.csv")
    rows = list(csv.reader(made.open(encoding="utf-8")))
    frame = table(release / "standard", "payment")
    assert rows[0] == frame.columns
    assert len(rows) - 1 == frame.height
    assert {row[0] for row in rows[1:]} == set(frame["procedure_code"])
    assert all(dt.date.fromisoformat(row[4]) for row in rows[1:])

"""However a text is cut into pieces, its rows are the same, also those that are read by help of others."""

from __future__ import annotations

import csv
import io
import random
from pathlib import Path

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from flows.readers import text_rows
from flows.readers.csv_header import CsvHeader
from flows.readers.rejections import Rejected
from flows.readers.text_rows import parsed_text, whole_rows
from transforms.intake.fill_down import FilledDown

VALUES = ("", "x", "AETNA", "a;b", "two\nlines", 'say "no"', "\n\n", "caf\u00e9")


@pytest.mark.parametrize("seed", range(20))
def test_a_text_in_blocks_is_the_text_as_a_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, seed: int
) -> None:
    pick = random.Random(seed)
    out, rows = io.StringIO(), [[pick.choice(VALUES) for _ in range(3)] for _ in range(30)]
    quote, separator = pick.choice("\"'"), pick.choice(",;\t|")
    writer = csv.writer(out, delimiter=separator, quotechar=quote, quoting=csv.QUOTE_ALL, lineterminator="\n")
    writer.writerows([["a", "b", "c"], *rows])
    path = tmp_path / "rows.csv"
    path.write_text(out.getvalue()[: -pick.randrange(2) or None], newline="")
    monkeypatch.setattr(text_rows, "TEXT_BLOCK", pick.randrange(1, 200))
    pieces = list(parsed_text(path, CsvHeader(["a", "b", "c"], separator, quote=quote))())
    whole = pl.concat(pieces)
    assert len(pieces) > 1
    assert whole["row_number"].to_list() == list(range(1, 31))
    assert whole.select(pl.col("a", "b", "c").fill_null("")).rows() == [tuple(row) for row in rows]


def test_a_row_that_does_not_end_is_no_reason_to_hold_the_file(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(text_rows, "TEXT_BLOCK", 10)
    monkeypatch.setattr(text_rows, "LONGEST_TEXT_ROW", 100)
    for text, code in ((b'a,"' + b"b\n" * 90, "file_quotes_unbalanced"), (b"a" * 500, "file_unreadable")):
        with pytest.raises(Rejected, match=code):
            list(whole_rows(io.BytesIO(text), '"'))


@pytest.mark.parametrize("seed", range(20))
def test_what_is_filled_down_is_the_same_wherever_the_rows_are_cut(seed: int) -> None:
    pick = random.Random(seed)
    rows = [
        {
            "Id": pick.choice(["k1", "k2", "k3", "", None]),
            "PCN": pick.choice(["P1", "P2", "", None, "N/A"]),
            "Payer": pick.choice(["AETNA", "", None]),
        }
        for _ in range(60)
    ]
    expected, last = [], dict[tuple[str, str], str]()
    for row in rows:
        told = dict(row)
        for name in ("PCN", "Payer") if row["Id"] else ():
            if row[name] not in ("", None, "N/A"):
                last[row["Id"], name] = row[name]
            told[name] = last.get((row["Id"], name))
        expected.append(told)
    whole = pl.DataFrame(rows, schema=dict.fromkeys(rows[0], pl.String))
    filling, pieces, start = FilledDown("Id", ("PCN", "Payer")), [], 0
    while start < len(whole):
        size = pick.randrange(1, 12)
        pieces.append(filling.filled(whole.slice(start, size)))
        start += size
    assert_frame_equal(pl.concat(pieces), pl.DataFrame(expected, schema=whole.schema))

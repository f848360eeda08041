"""A ledger of both kinds, filled down and numbered within a key, gives the rows of the same ledger with every
value written out, however it is cut into blocks.
"""

from __future__ import annotations

import csv
import io
import random
from itertools import pairwise
from pathlib import Path

import polars as pl
import pytest
from inbound_rows import TakenFiles
from polars.testing import assert_frame_equal
from test_layouts_worked_examples import EXAMPLES, export_of, taken_in

from flows.readers import text_rows, whole_claims

pytestmark = pytest.mark.slow

LEDGER = EXAMPLES["One ledger of charges and payments"]
ON_FIRST_ROW = ("Type", "Account", "Posted", "Payer", "Born", "Check", "ICN")
FILLED = f"fill_down = {{ within = 'Id', columns = {list(ON_FIRST_ROW)} }}\n"
NUMBERED = 'line_number = { number_within = "Id" }'


def ledger(pick: random.Random) -> tuple[list[str], list[dict[str, str]]]:
    """The rows of 40 claims and answers, each with an id and its number among those of its kind and id."""
    header, *rows = csv.reader(io.StringIO(export_of(LEDGER).decode()))
    told = []
    for number in range(40):
        first = dict(zip(header, pick.choice(rows), strict=True)) | {"Id": f"k{number}"}
        own = {"Account": f"PCN{number}"} | ({"Check": f"EFT{number}"} if first["Check"] else {})
        told += [
            first | own | {"CPT": pick.choice(["01939", "99100", "00300"]), "Line": str(line)}
            for line in range(1, pick.randrange(2, 5))
        ]
    # rows of different ids may mix; those of one id keep their order
    places = sorted(range(len(told)), key=lambda at: (int(told[at]["Id"][1:]) + pick.random() * 9, at))
    mixed = [told[at] for at in places]
    by_id = {row["Id"]: iter([one for one in told if one["Id"] == row["Id"]]) for row in told}
    return ["Id", *header], [next(by_id[row["Id"]]) for row in mixed]


def written(header: list[str], rows: list[dict[str, str]]) -> bytes:
    out = io.StringIO()
    writer = csv.DictWriter(out, header, lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue().encode()


def without_origin(found: TakenFiles) -> list[pl.DataFrame]:
    assert found.only["outcome"] == "accepted", found.only["reason"]
    return [found.claim_lines.drop("file_key"), found.remit_lines.drop("file_key")]


@pytest.mark.parametrize("seed", range(3))
def test_first_rows_fill_later_ones_across_blocks(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, seed: int
) -> None:
    pick = random.Random(seed)
    header, rows = ledger(pick)
    seen: set[str] = set()
    sparse = []
    for row in rows:
        sparse.append(row | dict.fromkeys(ON_FIRST_ROW if row["Id"] in seen else (), "") | {"Line": ""})
        seen.add(row["Id"])
    out = taken_in(tmp_path / "out", monkeypatch, {"x": written(header, rows)}, mine=LEDGER["toml"])
    toml = FILLED + LEDGER["toml"].replace('line_number = "Line"', NUMBERED)
    assert any(one["Id"] != next_one["Id"] for one, next_one in pairwise(rows))
    for block, together in ((150, 5), (1 << 20, 20_000)):
        monkeypatch.setattr(text_rows, "TEXT_BLOCK", block)
        monkeypatch.setattr(whole_claims, "ROWS_TOGETHER", together)
        name = tmp_path / str(block)
        found = taken_in(name, monkeypatch, {"x": written(header, sparse)}, mine=toml)
        for mine, expected in zip(without_origin(found), without_origin(out), strict=True):
            assert len(expected) > 3
            assert_frame_equal(mine, expected)
        for count in ("rows_read", "accepted", "quarantined", "out_of_scope"):
            assert found.only[count] == out.only[count]

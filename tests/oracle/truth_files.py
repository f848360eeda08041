"""The same truth in files of any form: CSV, Parquet, NDJSON and X12, mixed, spread and delivered again."""

from __future__ import annotations

import csv
import io
import json
import random
from pathlib import Path

import polars as pl
from hand_rows import CLAIM_COLUMNS, REMIT_COLUMNS
from random_payments import Row, Unit
from random_truth import Truth

from transforms.synthetic.x12_writer import CLAIM_KEY, write_835, write_837p

COLUMNS = {"claims": CLAIM_COLUMNS, "remits": REMIT_COLUMNS}
Files = dict[str, bytes]


def whole(row: Row, kind: str) -> Row:
    return {name: row.get(name, "") for name in COLUMNS[kind]}


def as_csv(rows: list[Row], kind: str) -> bytes:
    out = io.StringIO(newline="")
    writer = csv.DictWriter(out, COLUMNS[kind])
    writer.writeheader()
    writer.writerows(whole(row, kind) for row in rows)
    return out.getvalue().encode()


def as_ndjson(rows: list[Row], kind: str) -> bytes:
    return "".join(json.dumps(whole(row, kind)) + "\n" for row in rows).encode()


def as_parquet(rows: list[Row], kind: str) -> bytes:
    out = io.BytesIO()
    texts = [{name: value or None for name, value in whole(row, kind).items()} for row in rows]
    pl.DataFrame(texts, schema=dict.fromkeys(COLUMNS[kind], pl.String)).write_parquet(out)
    return out.getvalue()


def as_x12(units: list[Unit], kind: str, control: int) -> bytes:
    """Interchanges one after the other; units that the writer would take for one stand apart."""
    layers: list[list[Unit]] = []
    seen: dict[tuple[str, ...], int] = {}
    for unit in units:
        key = tuple(unit.rows[0].get(name, "") for name in CLAIM_KEY) if kind == "claims" else ("remits",)
        layer = seen[key] = seen.get(key, -1) + 1 if kind == "claims" else 0
        layers.extend([] for _ in range(layer + 1 - len(layers)))
        layers[layer].append(unit)
    write = write_837p if kind == "claims" else write_835
    written = []
    for ordinal, layer in enumerate(layers):
        rows = [
            {
                **{name: value or None for name, value in whole(row, kind).items()},
                "_loop": unit.number,
                "_delivery": "0",
            }
            for unit in layer
            for row in unit.rows
        ]
        schema = dict.fromkeys((*COLUMNS[kind], "_loop", "_delivery"), pl.String)
        written.append(write(pl.DataFrame(rows, schema=schema), control=control + ordinal))
    return b"".join(written).replace(b"REF*2U~\n", b"")


WRITERS = {"csv": as_csv, "ndjson": as_ndjson, "parquet": as_parquet}


def in_one_form(truth: Truth, form: str) -> Files:
    """Two files of one form."""
    return {f"{kind}.{form}": part_file(units, kind, form, 1) for kind, units in kinds(truth)}


def kinds(truth: Truth) -> list[tuple[str, list[Unit]]]:
    return [("claims", truth.claims), ("remits", truth.remits)]


def part_file(units: list[Unit], kind: str, form: str, control: int) -> bytes:
    if form == "x12":
        return as_x12(units, kind, control)
    return WRITERS[form]([row for unit in units for row in unit.rows], kind)


def mixed(truth: Truth, chance: random.Random) -> Files:
    """Rows shuffled over many files of any form; some units by two routes, some files twice."""
    files: Files = {}
    control = 1
    for kind, units in kinds(truth):
        parts = chance.randint(1, 6)
        x12: list[list[Unit]] = [[] for _ in range(parts)]
        rows: list[list[Row]] = [[] for _ in range(parts)]
        share = chance.choice([0.0, 0.3, 0.7])
        for unit in units:
            routes = chance.choices([1, 2], [9, 1])[0]
            for _ in range(routes):
                part = chance.choice(x12)
                if chance.random() < share and unit not in part:
                    part.append(unit)
                else:
                    spread(unit, rows, chance)
        for part in range(parts):
            control += 20
            if x12[part]:
                chance.shuffle(x12[part])
                files[f"{kind}{part}.x12"] = as_x12(x12[part], kind, control)
            if rows[part]:
                chance.shuffle(rows[part])
                form = chance.choice(list(WRITERS))
                files[f"{kind}{part}.{form}"] = WRITERS[form](rows[part], kind)
    for name in chance.sample(sorted(files), len(files) // 4):
        files[f"again_{name}"] = files[name]
    return files


def spread(unit: Unit, parts: list[list[Row]], chance: random.Random) -> None:
    """The rows of a unit over the files."""
    for row in unit.rows:
        chance.choice(parts).append(row)


def deliver(folder: Path, files: Files) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in files.items():
        (folder / name).write_bytes(content)

"""H1 to H5: unique canaries in every field of inbound files stand nowhere after a run, however encoded."""

from __future__ import annotations

import base64
import gzip
import io
import json
import pickle
import sqlite3
import subprocess
import sys
import tempfile
import traceback
import zipfile
from collections.abc import Iterable
from pathlib import Path

import duckdb
import polars as pl
import pytest
import zstandard
from canary_search import BIRTH_DATE, canary, found_in, layers, leaks
from inbound_rows import KEY, as_csv, claim, remit
from small_runs import environment_for, run_nightly, settings_for

from flows.commands.status import status
from flows.dag import nightly_run
from flows.errors import ProductError
from flows.run import InProcess, open_run
from flows.steps import batch_report

GOOD_CASES = 150
MAY_STAND_IN_STORE = "ACCEPTEDPAYERQZX"
"""The name of an unmapped payer of accepted rows."""


def good_claims() -> list[dict[str, str]]:
    """Accepted claim lines with a canary in every identifier, and an extra column."""
    return [
        claim(
            claim_id=canary("C", n),
            line_control_number=canary("L", n),
            original_claim_number=canary("O", n % 7),
            claim_frequency_code="7" if n % 9 == 0 else "1",
            member_id=canary("M", n),
            patient_birth_date=BIRTH_DATE,
            prior_authorization_number=canary("A", n),
            payer_name=MAY_STAND_IN_STORE if n % 10 == 0 else "AETNA",
            payer_id="ZZ9" if n % 10 == 0 else "60054",
        )
        | {"Patient Name": canary("NAME", n), canary("HEADER"): canary("EXTRA", n)}
        for n in range(GOOD_CASES)
    ]


def good_remits() -> list[dict[str, str]]:
    """Accepted remit lines of them."""
    return [
        remit(
            claim_id=canary("C", n)[:20],
            payment_trace=canary("T", n),
            payer_claim_number=canary("P", n),
            original_payer_claim_number=canary("Q", n),
            line_control_number=canary("L", n),
        )
        | {"NOTE": canary("NOTE", n)}
        for n in range(GOOD_CASES)
    ]


def out_of_scope(n: int) -> dict[str, str]:
    return claim(claim_id=canary("OUT", n), member_id=canary("OUTM", n), procedure_code="99213")


def bad_rows(good: dict[str, str]) -> list[dict[str, str]]:
    """One row per column with a canary in it, and one with canaries in all others."""
    names = [name for name in good if name not in ("procedure_code", "submitted_procedure_code")]
    return [
        *(
            good | {name: canary("BAD", name)} | {"charge_amount": "x" + canary("CHARGE", name)}
            for name in names
        ),
        {name: good[name] if name.endswith("procedure_code") else canary("ALL", name) for name in good},
        good | {"procedure_code": "01939 " + canary("CODE")},
    ]


def in_layout(rows: list[dict[str, str]]) -> bytes:
    """A file that misses a column."""
    return as_csv([{name: value for name, value in row.items() if name != "charge_amount"} for row in rows])


def landing_files() -> dict[str, bytes]:
    """Name -> content: canaries in names, fields, headers, bad rows and files of every refused sort."""
    claims, remits = as_csv([*good_claims(), *map(out_of_scope, range(20))]), as_csv(good_remits())
    frame = pl.DataFrame([claim(claim_id=canary("PQ", n), member_id=canary("PQM", n)) for n in range(30)])
    parquet = io.BytesIO()
    frame.write_parquet(parquet, metadata={canary("METAKEY"): canary("METAVALUE")})
    broken = in_layout(good_claims()[:30])
    bad = bad_rows(claim()) + [claim(claim_id=f"FINE{n}") for n in range(150)]
    bad_remits = bad_rows(remit()) + [
        remit(claim_id=f"FINE{n}", payer_claim_number=f"F{n}") for n in range(120)
    ]
    ragged = claims + (",".join([canary("RAGGED")] * 40) + "\n").encode()
    return {
        f"{canary('FOLDER')}/claims_{canary('NAME')}.csv": claims,
        f"remits_{canary('NAME')}.csv.gz": gzip.compress(remits),
        "claims_bad.csv": as_csv(bad),
        "remits_bad.csv": as_csv(bad_remits),
        f"{canary('PARQUET')}.parquet": parquet.getvalue(),
        f"{canary('PARQUETCUT')}.parquet": parquet.getvalue()[:-30],
        f"{canary('CUT')}.csv.gz": gzip.compress(claims)[:-400],
        f"{canary('COLUMN')}.csv": broken,
        f"{canary('QUOTE')}.csv": claims + b'"' + canary("OPEN").encode() + b",\n",
        f"{canary('INNER')}.csv": claims.replace(b"AETNA", b'A"' + canary("INSIDE").encode(), 2),
        f"{canary('TWICE')}.csv": claims + claims,
        f"{canary('HEADERLESS')}.csv": claims.split(b"\n", 1)[1],
        f"{canary('LATIN')}.csv": claims + b"\xff" + canary("LATINROW").encode() + b",\xfe\n",
        f"{canary('CEILING')}.csv": as_csv(
            [claim(claim_id=canary("CEIL", n), line_number="0") for n in range(30)]
        ),
        f"{canary('RAGGED')}.csv": ragged,
        f"{canary('JSON')}.ndjson": frame.write_ndjson().encode()
        + b'{"'
        + canary("KEY").encode()
        + b'": [1}\n',
        f"{canary('PAGE')}.csv": b"<html>" + canary("PAGE").encode(),
        f"{canary('BINARY')}.bin": b"\0\1\2" + canary("BINARYBODY").encode() * 9,
        f"{canary('PART')}.csv.part": claims[:500],
        f".{canary('SWAP')}.swp": claims[:500],
        f"{canary('EMPTY')}.csv": b"",
    }


def deliver(data: Path) -> None:
    for name, content in landing_files().items():
        path = data / "landing" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)


SAMPLE = canary("SAMPLE").encode()


def as_parquet(text: bytes) -> bytes:
    out = io.BytesIO()
    pl.DataFrame({"a": [text.decode()] * 3}).write_parquet(out, compression="zstd")
    return out.getvalue()


def as_database(text: bytes) -> bytes:
    connection = sqlite3.connect(":memory:")
    connection.execute("create table t (a text)")
    connection.execute("insert into t values (?)", [base64.b64encode(zlib_packed(text)).decode()])
    connection.commit()
    return bytes(connection.serialize())


def as_archive(text: bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("sheet1.xml", b"<v>" + text * 9 + b"</v>")
    return out.getvalue()


def as_duckdb(text: bytes) -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "made.duckdb"
        with duckdb.connect(str(path)) as base:
            base.execute("create table t as select ? || n as a from range(5000) as r(n)", [text.decode()])
        return path.read_bytes()


def zlib_packed(text: bytes) -> bytes:
    return gzip.compress(text)


@pytest.mark.parametrize(
    "content",
    [
        SAMPLE,
        b"text " + SAMPLE.lower(),
        gzip.compress(SAMPLE),
        b"before" + zstandard.ZstdCompressor().compress(SAMPLE * 5) + b"after",
        base64.b64encode(pickle.dumps(ValueError({"row": SAMPLE.decode()}))),
        json.dumps({"data": base64.b64encode(gzip.compress(SAMPLE)).decode()}).encode(),
        as_parquet(SAMPLE),
        as_database(SAMPLE),
        as_archive(SAMPLE),
        as_duckdb(SAMPLE),
        SAMPLE.decode().encode("utf-16"),
        SAMPLE.hex().encode(),
    ],
    ids=[
        "plain",
        "lower",
        "gzip",
        "zstd",
        "pickle",
        "json",
        "parquet",
        "database",
        "zip",
        "duckdb",
        "utf16",
        "hex",
    ],
)
def test_the_search_finds_a_canary_in_every_disguise(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "file").write_bytes(content)
    assert len(leaks(tmp_path)) == 1
    (tmp_path / "file").write_bytes(content[:0])
    assert leaks(tmp_path) == []


# --- runs -------------------------------------------------------------------------------------------------


def test_a_run_in_this_process_lets_nothing_out(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    deliver(tmp_path)
    summary = run_nightly(tmp_path, publication=True)
    looked_at = [path.name for path in (tmp_path / "benchmarks" / "standard").rglob("*")]
    assert {"index.html", "benchmarks.xlsx", "benchmarks.duckdb"} <= set(looked_at)
    assert summary.files["accepted"] >= 5
    assert summary.files["rejected"] >= 10
    assert summary.rows["quarantined"] >= 50
    told = [
        summary.text(),
        summary.markdown(),
        str(summary.table()),
        str(summary.outcome()),
        *capfd.readouterr(),
    ]
    assert found_in("\n".join(told).encode()) == set()
    assert leaks(tmp_path) == []
    assert stands_in(tmp_path, MAY_STAND_IN_STORE) <= {"store"}
    assert run_nightly(tmp_path, publication=True).files == {}


def stands_in(data: Path, text: str) -> set[str]:
    """The rooms of the data folder, landing apart, in which a text stands."""
    return {
        path.relative_to(data).parts[0]
        for path in data.rglob("*")
        if path.is_file() and path.relative_to(data).parts[0] != "landing"
        if any(text.encode() in layer for layer in layers(path.read_bytes()))
    }


def test_an_error_inside_a_step_leaves_without_its_values(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    deliver(tmp_path)

    def fails(kept: Iterable[pl.DataFrame], *given: object) -> object:
        raise ValueError(next(iter(kept))["claim_id"][0], kept)

    monkeypatch.setattr(batch_report, "accept_parts", fails)
    with pytest.raises(ProductError) as caught, open_run(settings_for(tmp_path), "nightly") as run:
        nightly_run(run, InProcess())
    error = caught.value
    assert error.code == "E_STEP"
    assert (error.__cause__, error.__context__) == (None, None)
    told = "".join(traceback.format_exception(error)) + repr(error) + str(error.as_dict())
    assert found_in(told.encode() + "\n".join(capfd.readouterr()).encode()) == set()
    assert found_in(base64.b64encode(pickle.dumps(error))) == set()
    assert leaks(tmp_path) == []


SCRIPT = """
import sys
from flows.steps import batch_report
from flows.cli import main
real = batch_report.accept_parts
def fails(kept, *given):
    raise ValueError(next(iter(kept))["claim_id"][0], kept)
batch_report.accept_parts = fails if sys.argv[2] == "fails" else real
try:
    main(["run", "--data", sys.argv[1]])
except SystemExit as end:
    print("exit", end.code)
"""


@pytest.mark.slow
@pytest.mark.long
@pytest.mark.server
@pytest.mark.timeout(240)
def test_prefect_keeps_nothing_of_a_run_that_fails_nor_of_one_that_succeeds(tmp_path: Path) -> None:
    data, home, temporary = tmp_path / "data", tmp_path / "prefect", tmp_path / "tmp"
    for folder in (data, home, temporary):
        folder.mkdir()
    deliver(data)
    for step, code in (("fails", b"exit 1"), ("works", b"exit 3")):
        outcome = subprocess.run(
            [sys.executable, "-X", "dev", "-W", "ignore", "-c", SCRIPT, str(data), step],
            env=environment_for(PREFECT_HOME=str(home), TMPDIR=str(temporary), PREFECT_LOGGING_LEVEL="DEBUG"),
            cwd=Path(__file__).parents[2],
            capture_output=True,
            timeout=110,
            check=False,
        )
        assert code in outcome.stdout
        assert found_in(outcome.stdout + outcome.stderr) == set()
    assert (home / "prefect.db").stat().st_size > 100_000
    assert leaks(tmp_path / "data") == []
    assert leaks(home) == []
    assert leaks(temporary) == []
    database_text = b"".join(layers((home / "prefect.db").read_bytes()))
    assert b"nightly" in database_text
    assert str(data / "landing").encode() not in database_text


def test_status_and_its_json_show_no_name_of_a_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    deliver(tmp_path)
    run_nightly(tmp_path)
    capfd.readouterr()
    from flows.commands.console import Common

    monkeypatch.setenv("CPT01939_HMAC_KEY", KEY)
    status(common=Common(data=tmp_path, json=True))
    status(common=Common(data=tmp_path))
    monkeypatch.delenv("CPT01939_DATA")
    shown = capfd.readouterr()
    assert "f:" in shown.out
    assert found_in((shown.out + shown.err).encode()) == set()

"""Memory of intake: one file of BENCH_MEGABYTES (default 500) in each form, 3 % of it in scope.

A form may not need much more memory than a plain CSV of the same kind of rows (LIKE); a form of claims and
answers, than the larger of both. BENCH_FORMS names the forms to measure; they are compared if their CSV is
among them and the files are large.
"""

from __future__ import annotations

import csv
import io
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path

BYTES = int(os.environ.get("BENCH_MEGABYTES", "500")) << 20
MORE = 1.15
COMPARED_FROM = 200 << 20
"""In smaller files, the size of the pieces that are read at a time decides, not the rows in scope."""
LIKE = {
    "claims.csv": ("claims.csv",),
    "remits.csv": ("remits.csv",),
    "filled_down.csv": ("claims.csv",),
    "carrier.csv": ("claims.csv", "remits.csv"),
    "ledger.csv": ("claims.csv", "remits.csv"),
    "reports.ndjson": ("remits.csv",),
}
LINES_A_REPORT = 200
sys.path.insert(0, str(Path(__file__).parents[1] / "pipeline"))
CODES = ["01939", *["99213"] * 32]
TAKE_IN = """
import json, resource, sys, time
from pathlib import Path
from flows.settings import load_settings
from flows.steps.intake import intake_batch
folder = Path(sys.argv[1])
settings = load_settings(data=folder, hmac_key="a key of the tests, long enough for its purpose")
report = intake_batch(folder / "work" / "batch.json", folder / "work", settings, settings.key)
row = report.ledger_rows[0]
used = resource.getrusage(resource.RUSAGE_SELF)
print(json.dumps([row["outcome"], row["accepted"], used.ru_maxrss / 1000, time.process_time()]))
"""


def claim_csv() -> Iterator[str]:
    from inbound_rows import GOOD_CLAIM

    yield ",".join(GOOD_CLAIM) + "\n"
    for n in count():
        own = {"claim_id": f"PCN{n}", "member_id": f"W{n}", "procedure_code": CODES[n % 33]}
        yield ",".join({**GOOD_CLAIM, **own}.values()) + "\n"


def remit_csv() -> Iterator[str]:
    from inbound_rows import GOOD_REMIT

    yield ",".join(GOOD_REMIT) + "\n"
    for n in count():
        own = {
            "payment_trace": f"EFT{n // 200:07d}",
            "claim_id": f"PCN{n}",
            "payer_claim_number": f"ICN{n}",
            "procedure_code": CODES[n % 33],
        }
        yield ",".join({**GOOD_REMIT, **own}.values()) + "\n"


def carrier() -> Iterator[str]:
    from test_layouts_payer_side import MINUTES, rif

    rows = [rif(n, MINUTES[n % 5], MINUTES[n % 5] / 15) for n in range(5)]
    yield "|".join(rows[0]) + "\n"
    for n in count():
        own = {"CLM_ID": str(n), "CARR_CLM_CNTL_NUM": f"ICN{n}", "BENE_ID": str(n), "HCPCS_CD": CODES[n % 33]}
        yield "|".join({**rows[n % 5], **own}.values()) + "\n"


def first_rows_filled() -> Iterator[str]:
    from test_layouts_shipped import HDI_CLAIM

    yield ",".join(HDI_CLAIM) + "\n"
    own = {name: "" for name in HDI_CLAIM if not name.startswith("Line")}
    for n in count():
        first = {**HDI_CLAIM, "Id": f"k{n}", "PatientControlNumber": f"PCN{n}", "LineProcedureCode": "99100"}
        yield ",".join(first.values()) + "\n"
        second = {**HDI_CLAIM, **own, "Id": f"k{n}", "LineProcedureCode": CODES[n % 33]}
        yield ",".join(second.values()) + "\n"


def ledger() -> Iterator[str]:
    """Charges and payments as in the docs; what ON_FIRST_ROW names stands on the first of two rows only."""
    from test_layouts_in_pieces import LEDGER, ON_FIRST_ROW

    header, *rows = csv.reader(io.StringIO(LEDGER["text"]))
    charge, payment = (dict(zip(header, row, strict=True)) for row in rows[:2])
    yield ",".join(["Id", *header]) + "\n"
    for n in count():
        for kind, row in (("c", charge), ("p", payment)):
            own = {"Id": f"{kind}{n}", **row, "Account": f"PCN{n}", "Line": "", "Mods": "AA", "CPT": "99100"}
            own |= {"Check": f"EFT{n // 200:07d}", "ICN": f"ICN{n}"} if kind == "p" else {}
            yield ",".join(own.values()) + "\n"
            second = own | dict.fromkeys(ON_FIRST_ROW, "") | {"CPT": CODES[n % 33]}
            yield ",".join(second.values()) + "\n"


def with_layout_of_the_ledger(folder: Path) -> dict[str, str]:
    """The environment of a process that knows the layout of the ledger beside those that are shipped."""
    from test_layouts_in_pieces import FILLED, LEDGER, NUMBERED

    from flows.settings import shipped

    shutil.copytree(shipped("config"), folder / "config")
    toml = FILLED + LEDGER["toml"].replace('line_number = "Line"', NUMBERED)
    (folder / "config" / "layouts" / "ledger.toml").write_text(toml, "utf-8")
    return {**os.environ, "CPT01939_CONFIG": str(folder / "config")}


def reports() -> Iterator[str]:
    from test_layouts_nested import STEDI, STEDI_LINE

    (transaction,) = STEDI["transactions"]
    claim = transaction["detailInfo"][0]["paymentInfo"][0]["claimPaymentInfo"]
    for n in count():
        payments = []
        for m in range(LINES_A_REPORT):
            number = n * LINES_A_REPORT + m
            told = {
                **claim,
                "patientControlNumber": f"PCN{number}",
                "payerClaimControlNumber": f"ICN{number}",
            }
            service = {
                **STEDI_LINE["servicePaymentInformation"],
                "adjudicatedProcedureCode": CODES[number % 33],
            }
            payments.append(
                {
                    "claimPaymentInfo": told,
                    "serviceLines": [{**STEDI_LINE, "servicePaymentInformation": service}],
                }
            )
        yield (
            json.dumps({"transactions": [{**transaction, "detailInfo": [{"paymentInfo": payments}]}]}) + "\n"
        )


def taken_in(
    folder: Path, name: str, lines: Iterator[str], environment: dict[str, str]
) -> tuple[str, int, float, float]:
    """Outcome, accepted rows, megabytes at most, seconds of processor time of the intake of one file."""
    (folder / "work").mkdir(parents=True)
    path = folder / name
    with path.open("w") as out:
        size = 0
        while size < BYTES:
            line = next(lines)
            size += out.write(line)
    marks = {"size": path.stat().st_size, "modified_ns": path.stat().st_mtime_ns}
    entry = {"path": str(path), "shown_name": name, **marks}
    (folder / "work" / "batch.json").write_text(json.dumps({"files": [entry]}))
    try:
        said = subprocess.run(
            [sys.executable, "-c", TAKE_IN, str(folder)],
            check=True,
            capture_output=True,
            text=True,
            env=environment,
        ).stdout
    finally:
        path.unlink()
    outcome, accepted, megabytes, seconds = json.loads(said.splitlines()[-1])
    return outcome, accepted, megabytes, seconds


FORMS: dict[str, Callable[[], Iterator[str]]] = {
    "claims.csv": claim_csv,
    "remits.csv": remit_csv,
    "filled_down.csv": first_rows_filled,
    "carrier.csv": carrier,
    "ledger.csv": ledger,
    "reports.ndjson": reports,
}


def test_other_forms_need_about_the_memory_of_a_csv_of_their_kind(tmp_path: Path) -> None:
    wanted = os.environ.get("BENCH_FORMS", "").split(",") if os.environ.get("BENCH_FORMS") else list(FORMS)
    environment = with_layout_of_the_ledger(tmp_path)
    found = {}
    for name in wanted:
        found[name] = taken_in(tmp_path / name, name, FORMS[name](), environment)
        outcome, accepted, megabytes, seconds = found[name]
        print(f"{name}: {outcome}, {accepted:,} rows accepted, {megabytes:,.0f} MB, {seconds:.1f} s of CPU")
    assert {outcome for outcome, *_ in found.values()} == {"accepted"}
    assert min(accepted for _, accepted, *_ in found.values()) > 0
    limits = {
        name: MORE * max(found[like][2] for like in LIKE[name])
        for name in found
        if set(LIKE[name]) <= set(found) and BYTES >= COMPARED_FROM
    }
    assert {name: found[name][2] for name, limit in limits.items() if found[name][2] > limit} == {}

"""Memory of intake: one file of BENCH_MEGABYTES (default 500) in each of four forms, 3 % of it in scope.

A plain CSV, carrier lines of CMS (claim and answer in one row), a flat 837P whose claim fields stand on first
rows only, and nested JSON (one report a line): the others may not need much more than the CSV does.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path

BYTES = int(os.environ.get("BENCH_MEGABYTES", "500")) << 20
MORE = 1.15
LINES_A_REPORT = 200
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


def remit_csv() -> Iterator[str]:
    from schemas.inbound_remits import REMIT_COLUMNS

    names = [column.name for column in REMIT_COLUMNS]
    yield ",".join(names) + "\n"
    for n in count():
        row = {
            "payment_trace": f"EFT{n // 200:07d}", "payment_date": "2025-04-02", "payer_id": "60054",
            "payer_name": "AETNA", "payee_npi": "1234567893", "claim_id": f"PCN{n}", "claim_status_code": "1",
            "remit_filing_code": "12", "payer_claim_number": f"ICN{n}", "service_sequence": "1",
            "service_date": "2025-03-04", "procedure_code": CODES[n % 33], "modifier_1": "AA",
            "charge_amount": "845.00", "paid_amount": "210.00", "paid_units": "32",
            "allowed_amount": "240.00", "adjustments": "CO-45:605.00|PR-2:30.00", "remark_codes": "N115",
        }  # fmt: skip
        yield ",".join(row.get(name, "") for name in names) + "\n"


def carrier() -> Iterator[str]:
    sys.path.insert(0, str(Path(__file__).parents[1] / "pipeline"))
    from test_layouts_payer_side import MINUTES, rif

    rows = [rif(n, MINUTES[n % 5], MINUTES[n % 5] / 15) for n in range(5)]
    yield "|".join(rows[0]) + "\n"
    for n in count():
        own = {"CLM_ID": str(n), "CARR_CLM_CNTL_NUM": f"ICN{n}", "BENE_ID": str(n), "HCPCS_CD": CODES[n % 33]}
        yield "|".join({**rows[n % 5], **own}.values()) + "\n"


def first_rows_filled() -> Iterator[str]:
    sys.path.insert(0, str(Path(__file__).parents[1] / "pipeline"))
    from test_layouts_shipped import HDI_CLAIM

    yield ",".join(HDI_CLAIM) + "\n"
    own = {name: "" for name in HDI_CLAIM if not name.startswith("Line")}
    for n in count():
        first = {**HDI_CLAIM, "Id": f"k{n}", "PatientControlNumber": f"PCN{n}", "LineProcedureCode": "99100"}
        yield ",".join(first.values()) + "\n"
        second = {**HDI_CLAIM, **own, "Id": f"k{n}", "LineProcedureCode": CODES[n % 33]}
        yield ",".join(second.values()) + "\n"


def reports() -> Iterator[str]:
    sys.path.insert(0, str(Path(__file__).parents[1] / "pipeline"))
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


def taken_in(folder: Path, name: str, lines: Iterator[str]) -> tuple[str, int, float, float]:
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
            [sys.executable, "-c", TAKE_IN, str(folder)], check=True, capture_output=True, text=True
        ).stdout
    finally:
        path.unlink()
    outcome, accepted, megabytes, seconds = json.loads(said.splitlines()[-1])
    return outcome, accepted, megabytes, seconds


def test_other_forms_need_about_the_memory_of_a_csv(tmp_path: Path) -> None:
    forms: dict[str, Callable[[], Iterator[str]]] = {
        "remits.csv": remit_csv, "carrier.csv": carrier, "filled_down.csv": first_rows_filled,
        "reports.ndjson": reports,
    }  # fmt: skip
    wanted = os.environ.get("BENCH_FORMS", "").split(",") if os.environ.get("BENCH_FORMS") else list(forms)
    found = {}
    for name in wanted:
        found[name] = taken_in(tmp_path / name, name, forms[name]())
        outcome, accepted, megabytes, seconds = found[name]
        print(f"{name}: {outcome}, {accepted:,} rows accepted, {megabytes:,.0f} MB, {seconds:.1f} s of CPU")
    assert {outcome for outcome, *_ in found.values()} == {"accepted"}
    if len(found) == len(forms):
        assert max(one[2] for one in found.values()) <= MORE * found["remits.csv"][2]

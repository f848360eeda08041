"""The X12 reader against independent parsers: pyx12 (validity), oxedi (835), x12sdk (837P).

On the project's own synthetic files and on public samples in `../shared/x12`, which are skipped when absent.
"""

from __future__ import annotations

import io
import logging
from collections import Counter
from decimal import Decimal
from pathlib import Path

import polars as pl
import pytest
import x12_corpus as corpus

from transforms.x12.reader import X12Rejected, read_x12, sniff

SAMPLES = Path(__file__).parents[2] / ".." / "shared" / "x12"


def samples(kind: str) -> list[Path]:
    """Public samples of one kind; none where the folder is absent."""
    if not SAMPLES.is_dir():
        return []
    files = sorted(path for path in SAMPLES.rglob("*") if path.is_file() and path.suffix != ".md")
    return [path for path in files if sniff(path.read_bytes()[:4096]) == kind]


def read_all(data: bytes) -> tuple[pl.DataFrame, pl.DataFrame, pl.DataFrame]:
    """Every line of a file, whatever its code."""
    batches = list(read_x12([data], frozenset(), "."))
    return (
        pl.concat([batch.claim_lines for batch in batches]),
        pl.concat([batch.remit_lines for batch in batches]),
        pl.concat([batch.findings for batch in batches]),
    )


def text(value: object) -> str | None:
    """A value of another parser as text, empty as None."""
    if isinstance(value, bytes):
        value = value.decode("utf-8", "replace")
    return str(value).strip() or None if value is not None else None


def money(value: object) -> Decimal | None:
    """An amount as a number, so that 5 and 5.00 are the same."""
    return None if value is None else Decimal(str(value))


@pytest.mark.parametrize("maker", [corpus.professional, corpus.remittance])
def test_synthetic_files_pass_validation(maker: object, tmp_path: Path) -> None:
    document, params = pytest.importorskip("pyx12.x12n_document"), pytest.importorskip("pyx12.params")
    path = tmp_path / "made.x12"
    path.write_bytes(maker(12, seed=6, share=0.5, per_set=6).data)  # type: ignore[operator]
    logging.disable(logging.CRITICAL)
    try:
        assert document.x12n_document(params.params(), str(path), io.StringIO(), None, None) is True
    finally:
        logging.disable(logging.NOTSET)


def oxedi_lines(data: bytes) -> Counter[tuple[object, ...]]:
    """Service lines of an 835 as another parser sees them."""
    oxedi = pytest.importorskip("oxedi")
    tables = oxedi.parse(data).tables
    claims, services = pl.DataFrame(tables["claims"]), pl.DataFrame(tables["services"])
    payments, adjustments = pl.DataFrame(tables["payments"]), pl.DataFrame(tables["adjustments"])
    packed: dict[int, list[tuple[str | None, str | None, Decimal | None]]] = {}
    for row in adjustments.to_dicts():
        if row["service"] is not None:
            entry = (text(row["group_code"]), text(row["reason_code"]), money(row["amount"]))
            packed.setdefault(row["service"], []).append(entry)
    found: Counter[tuple[object, ...]] = Counter()
    for row in services.to_dicts():
        claim, payment = claims.row(row["claim"], named=True), payments.row(row["payment"], named=True)
        found[
            text(claim["claim_id"]), text(claim["claim_status"]), text(claim["payer_control_number"]),
            text(payment["trace_number"]), text(row["procedure_code"]), money(row["charge_amount"]),
            money(row["payment_amount"]), text(row["line_item_control_number"]), money(row["allowed_amount"]),
            tuple(packed.get(row["row"], [])),
        ] += 1  # fmt: skip
    return found


def our_lines(remits: pl.DataFrame) -> Counter[tuple[object, ...]]:
    """Our remit lines in the same form."""
    found: Counter[tuple[object, ...]] = Counter()
    for row in remits.filter(pl.col("service_sequence").is_not_null()).to_dicts():
        items = (row["adjustments"] or "").split("|") if row["adjustments"] else []
        packed = []
        for item in items:
            code, amount = item.split(":")
            group, reason = code.split("-", 1)
            packed.append((group, reason, money(amount)))
        found[
            row["claim_id"], row["claim_status_code"], row["payer_claim_number"], row["payment_trace"],
            row["procedure_code"], money(row["charge_amount"]), money(row["paid_amount"]),
            row["line_control_number"], money(row["allowed_amount"]), tuple(packed),
        ] += 1  # fmt: skip
    return found


def test_oxedi_finds_the_same_lines_in_synthetic_remittances() -> None:
    data = corpus.remittance(150, seed=13, share=0.5, per_set=60).data
    assert our_lines(read_all(data)[1]) == oxedi_lines(data)


# Why the reader gives fewer lines than another parser, or other values; by the end of the path.
EXPLAINED = {
    "sample_835.txt": "CAS amounts that are words: two claims are quarantined",
    "sample_835_with_interests.txt": "CAS amounts that are words: two claims are quarantined",
    "managed-care.835": "BPR16 is 2000-23-16, no date: the claims are quarantined",
    "example_5010_835/sample2.txt": "BPR16 is 2099-00-80, no date: the claim is quarantined",
    "profee-multiple.edi": "156 times the same interchange: 155 are duplicates",
}


def explained(path: Path) -> str | None:
    return next((why for end, why in EXPLAINED.items() if path.as_posix().endswith(end)), None)


def test_oxedi_finds_the_same_lines_in_public_remittances() -> None:
    pytest.importorskip("oxedi")
    files = samples("835")
    if not files:
        pytest.skip("../shared/x12 is absent")
    compared = 0
    for path in files:
        data = path.read_bytes()
        _, remits, findings = read_all(data)
        ours, theirs = our_lines(remits), oxedi_lines(data)
        if explained(path):
            assert not ours - theirs, path.name
            assert "quarantined" in findings["severity"].to_list(), path.name
            continue
        assert ours == theirs, path.name
        compared += 1
    assert compared >= 12


def sdk_claims(path: Path) -> Counter[tuple[object, ...]] | None:
    """Service lines of an 837P as another parser sees them, None where it refuses the file."""
    sdk = pytest.importorskip("x12sdk.io")
    found: Counter[tuple[object, ...]] = Counter()
    try:
        with sdk.X12ModelReader(str(path)) as reader:
            for model in reader.models():
                for claim in model.claims():
                    for line in claim.service_lines:
                        service, composite = line.sv1_segment, line.sv1_segment.product_service_id_qualifier
                        day = next(d for d in line.dtp_segment if str(d.date_time_qualifier) == "472")
                        first = str(day.date_time_period).replace("-", "")[:8]
                        found[
                            claim.patient_control_number, claim.member_id, claim.billing_provider_npi,
                            claim.payer_name, composite.split(":")[1], money(service.line_item_charge_amount),
                            money(service.service_unit_count), f"{first[:4]}-{first[4:6]}-{first[6:]}",
                        ] += 1  # fmt: skip
    except Exception:
        return None
    return found


def our_claims(claims: pl.DataFrame) -> Counter[tuple[object, ...]]:
    """Our claim lines in the same form."""
    return Counter(
        (
            row["claim_id"], row["member_id"], row["billing_provider_npi"], row["payer_name"],
            row["procedure_code"], money(row["charge_amount"]), money(row["unit_count"]), row["service_date"],
        )
        for row in claims.to_dicts()
    )  # fmt: skip


def test_x12sdk_finds_the_same_lines_in_synthetic_claims(tmp_path: Path) -> None:
    pytest.importorskip("x12sdk")
    made = corpus.professional(25, seed=14, share=0.5, per_set=10)
    path = tmp_path / "made.837"
    path.write_bytes(made.data)
    theirs = sdk_claims(path)
    assert theirs is not None and theirs.total() == made.lines
    assert our_claims(read_all(made.data)[0]) == theirs


def test_x12sdk_finds_the_same_lines_in_public_claims() -> None:
    pytest.importorskip("x12sdk")
    files = samples("837P")
    if not files:
        pytest.skip("../shared/x12 is absent")
    compared = 0
    for path in files:
        theirs = sdk_claims(path)
        if not theirs:
            continue
        claims, _, findings = read_all(path.read_bytes())
        ours = our_claims(claims)
        quarantined = findings.filter(pl.col("severity") == "quarantined")["line_rows"].sum()
        assert not ours - theirs, path.name
        assert ours.total() + quarantined >= theirs.total(), path.name
        compared += 1
    assert compared >= 10


def test_samples_of_other_kinds_are_named_and_refused() -> None:
    if not SAMPLES.is_dir():
        pytest.skip("../shared/x12 is absent")
    refused = 0
    for path in sorted(SAMPLES.rglob("*")):
        if not path.is_file() or path.suffix == ".md":
            continue
        kind = sniff(path.read_bytes()[:4096])
        if kind in ("837P", "835"):
            continue
        with pytest.raises(X12Rejected) as caught:
            read_all(path.read_bytes())
        assert caught.value.code in ("wrong_transaction_set", "no_envelope"), path.name
        refused += 1
    assert refused >= 15

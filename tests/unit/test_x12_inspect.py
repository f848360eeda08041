"""The report on a raw X12 file: counts and findings, and no value of the file."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import pytest
import x12_corpus as corpus
import zstandard

from flows.readers.inspect_x12 import inspect_x12
from transforms.x12.reader import FINDINGS

MADE = corpus.professional(30, seed=5, share=0.5, per_set=10)
PAID = corpus.remittance(30, seed=5, share=0.5, per_set=10)


@pytest.mark.parametrize("pack", [bytes, gzip.compress, zstandard.ZstdCompressor().compress])
def test_report_counts_what_the_file_holds(pack: object, tmp_path: Path) -> None:
    path = tmp_path / "in.x12"
    path.write_bytes(pack(MADE.data))  # type: ignore[operator]
    report = inspect_x12(path)
    assert report.refused is None
    assert (report.claims, report.claim_lines, report.lines_readable) == (30, MADE.lines, MADE.lines)
    assert (report.sets["837P"], report.sets["interchanges"]) == (3, 1)
    assert report.sets["segments"] == MADE.data.count(b"~")
    assert "30 claims" in report.text()


def test_report_names_findings_with_their_meaning(tmp_path: Path) -> None:
    path = tmp_path / "in.x12"
    path.write_bytes(PAID.data.replace(b"SE*", b"SE*9", 1))
    report = inspect_x12(path)
    assert (report.claim_payments, report.remit_lines) == (30, PAID.lines)
    rules = [found["rule_code"] for found in report.findings]
    assert "segment_count" in rules
    assert FINDINGS["segment_count"][0] in report.text()


def test_report_of_a_refused_file_says_why(tmp_path: Path) -> None:
    path = tmp_path / "in.x12"
    path.write_bytes(MADE.data[:3000])
    report = inspect_x12(path)
    assert report.refused == "set_not_closed"
    assert FINDINGS["set_not_closed"][1] in report.text()


def test_report_holds_no_value_of_the_file(tmp_path: Path) -> None:
    path = tmp_path / "in.x12"
    for made in (MADE, PAID):
        path.write_bytes(made.data.replace(b"*MJ*", b"*QQ*x"))
        report = inspect_x12(path)
        shown = json.dumps(report.as_dict()) + report.text()
        secrets = {
            row[name]
            for row in made.rows
            for name in ("claim_id", "member_id", "payment_trace")
            if row.get(name)
        }
        assert secrets
        assert not [value for value in secrets if value in shown]


def test_every_finding_has_a_meaning_and_a_remedy() -> None:
    assert all(len(happened) > 10 and remedy for happened, remedy in FINDINGS.values())
    assert all(code == code.lower() and code.replace("_", "").isalnum() for code in FINDINGS)

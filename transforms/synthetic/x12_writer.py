"""Canonical claim and remit lines written as X12 837P (005010X222A1) and 835 (005010X221A1).

Everything that the canonical columns carry can be read back, save `medicare_contractor` and
`medicare_locality`, which X12 has no place for. Diagnoses lose their dot and amounts their superfluous
zeros, as on the wire.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from itertools import groupby

import polars as pl

from transforms.synthetic.records import Row
from transforms.synthetic.x12_835 import payment_set
from transforms.synthetic.x12_837 import ClaimRows, submission_set
from transforms.synthetic.x12_envelope import EnvelopeDelimiters, interchange

CLAIM_KEY = (
    "claim_id",
    "submitted_on",
    "claim_frequency_code",
    "payer_id",
    "payer_name",
    "payer_responsibility",
    "billing_provider_npi",
    "member_id",
    "original_claim_number",
)
PAYMENT_KEY = ("payment_trace", "payment_date", "payer_id", "payer_name", "payee_npi")
LOOP_KEY = ("claim_id", "claim_status_code", "payer_claim_number", "original_payer_claim_number")


def write_837p(claims: pl.DataFrame, *, control: int = 1, marks: EnvelopeDelimiters | None = None) -> bytes:
    """Write claim lines as one 837P interchange: one ST per submission date, one CLM per claim version.

    Lines form a CLM by `_submission` where the frame has it, else by claim number, submission date,
    frequency, payer, role, provider and patient. Rows with `_dependent` = 1 get a patient level (HL 23) of
    their own. Raises ValueError on an empty frame.
    """
    marks = marks or EnvelopeDelimiters()
    if claims.is_empty():
        raise ValueError("no claim lines to write")
    rows: list[Row] = claims.to_dicts()
    key = (*CLAIM_KEY, "_submission") if "_submission" in claims.columns else CLAIM_KEY
    found = _gathered(rows, key)
    found.sort(key=lambda group: (group[0]["submitted_on"] or "", group[0]["billing_provider_npi"] or ""))
    sets = [
        submission_set(day or "", list(same_day), marks, control)
        for day, same_day in groupby(found, key=lambda group: group[0]["submitted_on"])
    ]
    created = date.fromisoformat(max(str(row["submitted_on"]) for row in rows))
    return interchange(sets, marks, "HC", "005010X222A1", "837", created, control)


def write_835(remits: pl.DataFrame, *, control: int = 1, marks: EnvelopeDelimiters | None = None) -> bytes:
    """Write remit lines as one 835 interchange: one ST per payment trace and payee, one CLP per loop.

    Lines form a loop by `_loop` where the frame has it, else by claim number, status and payer claim
    numbers. A row without a procedure code becomes a CLP without SVC. BPR02 is what the loops pay; where
    they take back more, a PLB brings it to zero. Raises ValueError on an empty frame.
    """
    marks = marks or EnvelopeDelimiters()
    if remits.is_empty():
        raise ValueError("no remit lines to write")
    rows: list[Row] = remits.to_dicts()
    loop_key = (*LOOP_KEY, "_loop", "_delivery") if "_loop" in remits.columns else LOOP_KEY
    sets = [
        payment_set(_gathered(payment, loop_key), marks)
        for payment in sorted(
            _gathered(rows, PAYMENT_KEY), key=lambda group: _sortable(group[0], PAYMENT_KEY)
        )
    ]
    created = date.fromisoformat(max(str(row["payment_date"]) for row in rows))
    return interchange(sets, marks, "HP", "005010X221A1", "835", created, control)


def _gathered(rows: Iterable[Row], key: tuple[str, ...]) -> list[ClaimRows]:
    groups: dict[tuple[str | None, ...], ClaimRows] = {}
    for row in rows:
        groups.setdefault(tuple(row.get(name) for name in key), []).append(row)
    return list(groups.values())


def _sortable(row: Row, key: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(row[name] or "" for name in key)

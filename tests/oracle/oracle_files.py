"""How recent the files of each payer are: table `freshness` (contract, section 6)."""

from __future__ import annotations

from datetime import date
from fractions import Fraction

from landing_rows import Landing
from oracle_cells import Row, percentile, published
from oracle_reference import OracleReference

WEEK = 7


def freshness(landing: Landing, as_of: date, reference: OracleReference) -> list[Row]:
    """One row per source and payer, of accepted rows in scope."""
    billed = [row for row in landing.claims if row["in_scope"]]
    return [
        *of_source("claim_lines", billed, "submitted_on", as_of, reference),
        *of_source("remit_lines", landing.remits, "paid_on", as_of, reference),
    ]


def of_source(source: str, rows: list[Row], day: str, as_of: date, reference: OracleReference) -> list[Row]:
    """Rows of a source, whose files go by `day`."""
    of_payer: dict[str, list[Row]] = {}
    for row in rows:
        of_payer.setdefault(reference.payer_of(row, row[day]), []).append(row)
    return [
        {"source": source, "payer": payer, **told(own, day, as_of)} for payer, own in sorted(of_payer.items())
    ]


def told(rows: list[Row], day: str, as_of: date) -> Row:
    """What the rows of one payer tell; the usual gap is the median of those between files' latest days."""
    files = {row["_file"] for row in rows}
    latest = sorted({max(row[day] for row in rows if row["_file"] == file) for file in files})
    gaps = [Fraction((after - before).days) for before, after in zip(latest, latest[1:], strict=False)]
    usual = percentile(gaps, 50)
    since = (as_of - latest[-1]).days
    return {
        "last_service_date": max((row["service_date"] for row in rows if row["service_date"]), default=None),
        "last_submitted_on": latest[-1] if day == "submitted_on" else None,
        "last_payment_date": latest[-1] if day == "paid_on" else None,
        "files": len(files),
        "usual_days_between": published(usual),
        "days_since": since,
        "is_late": usual is not None and since > 2 * usual and since > WEEK,
    }

"""All published tables from resolved lines."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

import polars as pl

from schemas.reference import ReferenceTables
from schemas.rules import Rules
from transforms.tables.book import open_book
from transforms.tables.care_models import care_models
from transforms.tables.data_quality import data_quality
from transforms.tables.denials import denials
from transforms.tables.payment import payment
from transforms.tables.utilization import utilization


def build_tables(
    lines: pl.LazyFrame,
    remits: pl.LazyFrame,
    quality: pl.LazyFrame,
    as_of: date,
    rules: Rules,
    reference: ReferenceTables,
    owners: Mapping[str, str] | None = None,
) -> dict[str, pl.DataFrame]:
    """Build every published table, not yet suppressed; helper columns (`_...`) stand for disclosure control.

    `lines` are resolved lines of every standing, `remits` resolved remits, `quality` the counts of intake.
    `owners` (billing NPI -> owner) makes providers of one owner one provider where prices are protected.
    """
    book = open_book(lines, as_of, rules, reference, owners)
    billed = utilization(book)
    return {
        "utilization": billed,
        "payment": payment(book, billed),
        "care_models": care_models(book, billed),
        "denials": denials(book, billed),
        "data_quality": data_quality(lines, remits, quality, as_of, rules, reference),
    }

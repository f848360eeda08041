"""All published tables from resolved lines."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

import polars as pl

from schemas.reference import ReferenceTables
from schemas.rules import Rules
from transforms.tables.book import open_book
from transforms.tables.care_models import care_models
from transforms.tables.case_payment import case_payment
from transforms.tables.contract_variance import contract_variance
from transforms.tables.data_quality import data_quality
from transforms.tables.demographics import demographics
from transforms.tables.denial_reasons import denial_reasons
from transforms.tables.denials import denials
from transforms.tables.diagnoses import diagnoses
from transforms.tables.modifiers import modifiers
from transforms.tables.open_claims import open_claims
from transforms.tables.payer_rules import payer_rules
from transforms.tables.payment import payment
from transforms.tables.procedures import procedures
from transforms.tables.sites import sites
from transforms.tables.states import states
from transforms.tables.timeliness import timeliness
from transforms.tables.utilization import utilization


def build_tables(
    lines: pl.LazyFrame,
    remits: pl.LazyFrame,
    quality: pl.LazyFrame,
    as_of: date,
    rules: Rules,
    reference: ReferenceTables,
    owners: Mapping[str, str] | None = None,
    contracts: pl.DataFrame | None = None,
    minimum_age_months: int = 0,
    rolling_from: date | None = None,
) -> dict[str, pl.DataFrame]:
    """Build every published table but release_changes; helper columns (`_...`) stand for disclosure control.

    `lines` are resolved lines of every standing, `remits` resolved remits, `quality` the counts of intake.
    `owners` (billing NPI -> owner) makes providers of one owner one provider where prices are protected.
    `contracts`: your own prices (see contract_variance). Lines of service months that ended less than
    `minimum_age_months` before `as_of` are left out of every table but data_quality.
    `rolling_from`: first day of the rolling twelve months, where it is not to be found from the lines.
    """
    book = open_book(lines, as_of, rules, reference, owners, minimum_age_months, rolling_from)
    billed = utilization(book)
    refused = denials(book, billed)
    return {
        "utilization": billed,
        "payment": payment(book, billed),
        "case_payment": case_payment(book),
        "care_models": care_models(book, billed),
        "modifiers": modifiers(book, billed),
        "sites": sites(book, billed, reference),
        "denials": refused,
        "denial_reasons": denial_reasons(book, refused, reference),
        "timeliness": timeliness(book, billed),
        "open_claims": open_claims(book, billed),
        "procedures": procedures(book, billed, reference),
        "diagnoses": diagnoses(book, billed, reference),
        "states": states(book, billed),
        "demographics": demographics(book, billed),
        "contract_variance": contract_variance(book, billed, contracts),
        "payer_rules": payer_rules(reference),
        "data_quality": data_quality(lines, remits, quality, as_of, rules, reference),
    }

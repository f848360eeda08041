"""All published tables from resolved lines."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import date

import polars as pl

from schemas.reference import ReferenceTables
from schemas.rules import Rules
from schemas.tables import KEPT_TABLES
from transforms.tables.analysis_lines import AnalysisLines, open_analysis
from transforms.tables.authorizations import authorizations
from transforms.tables.care_models import care_models
from transforms.tables.case_payment import case_payment
from transforms.tables.clinical_themes import clinical_themes
from transforms.tables.collections import collections
from transforms.tables.contract_variance import contract_variance
from transforms.tables.data_quality import data_quality, resolved_counts
from transforms.tables.demographics import demographics
from transforms.tables.denial_reasons import denial_categories, denial_reasons
from transforms.tables.denials import denials
from transforms.tables.diagnoses import diagnoses
from transforms.tables.modifiers import modifiers
from transforms.tables.open_claims import open_claims
from transforms.tables.payer_rules import payer_rules
from transforms.tables.payment import payment
from transforms.tables.price_trend import price_strata, price_trend, with_history
from transforms.tables.procedures import procedures
from transforms.tables.sites import sites
from transforms.tables.states import states
from transforms.tables.timeliness import timeliness
from transforms.tables.utilization import utilization

_Tables = dict[str, pl.DataFrame]
THREADS = 2
"""Tables made at a time: sorting leaves a core idle; more would only cost memory."""


def all_tables(
    lines: pl.LazyFrame,
    remits: pl.LazyFrame,
    quality: pl.LazyFrame,
    as_of: date,
    rules: Rules,
    reference: ReferenceTables,
    owners: Mapping[str, str] | None = None,
    contracts: pl.DataFrame | None = None,
    rolling_from: date | None = None,
) -> _Tables:
    """Build every published table but release_changes; helper columns (`_...`) stand for protecting them.

    `lines` are resolved lines of every standing, `remits` resolved remits, `quality` the counts of intake.
    The others are those of `tables_of_lines`.
    """
    analysis = open_analysis(lines, as_of, rules, reference, owners, rolling_from)
    return {
        **beside_other_periods(tables_of_lines(analysis, reference, contracts)),
        "payer_rules": payer_rules(reference),
        "data_quality": data_quality(resolved_counts(lines, remits), quality, as_of, rules, reference),
    }


def beside_other_periods(tables: _Tables) -> _Tables:
    """The tables of lines of all periods, with what a period says beside others."""
    told = {name: frame for name, frame in tables.items() if name != "price_strata"}
    if "price_trend" in tables:
        told["price_trend"] = with_history(tables["price_trend"], tables["price_strata"])
    return told


def tables_of_lines(
    analysis: AnalysisLines,
    reference: ReferenceTables,
    contracts: pl.DataFrame | None = None,
    wanted: Collection[str] = KEPT_TABLES,
) -> _Tables:
    """Build every table wanted whose rows are cells of service lines, for the periods of its calendar.

    It must hold all lines of the years that these periods lie in: the payer's own median is of a year.

    `contracts`: your own prices (see contract_variance).
    """
    billed = utilization(analysis)
    refused = denials(analysis)
    builders: dict[str, Callable[[], pl.DataFrame]] = {
        "payment": lambda: payment(analysis),
        "case_payment": lambda: case_payment(analysis),
        "care_models": lambda: care_models(analysis, billed),
        "modifiers": lambda: modifiers(analysis, billed, reference),
        "sites": lambda: sites(analysis, billed, reference),
        "denial_reasons": lambda: denial_reasons(analysis, refused, reference),
        "denial_categories": lambda: denial_categories(analysis, refused, reference),
        "authorizations": lambda: authorizations(analysis),
        "timeliness": lambda: timeliness(analysis),
        "open_claims": lambda: open_claims(analysis),
        "collections": lambda: collections(analysis),
        "price_trend": lambda: price_trend(analysis),
        "price_strata": lambda: price_strata(analysis),
        "procedures": lambda: procedures(analysis, billed, reference),
        "diagnoses": lambda: diagnoses(analysis, billed),
        "clinical_themes": lambda: clinical_themes(analysis, billed),
        "states": lambda: states(analysis, billed),
        "demographics": lambda: demographics(analysis, billed),
        "contract_variance": lambda: contract_variance(analysis, contracts),
    }
    with ThreadPoolExecutor(max_workers=THREADS) as pool:
        waiting = {name: pool.submit(builder) for name, builder in builders.items() if name in wanted}
        built = {"utilization": billed, "denials": refused}
        built |= {name: future.result() for name, future in waiting.items()}
    return {name: built[name] for name in KEPT_TABLES if name in built and name in wanted}

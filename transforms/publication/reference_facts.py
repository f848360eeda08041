"""What the reference data say of the code: the text a reader would look up."""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

from schemas.reference import ReferenceTables
from transforms.publication.parts import Sentence
from transforms.publication.values import Shown


@dataclass(frozen=True)
class Facts:
    """The reference page of a code, in sentences and facts."""

    short_name: str
    overview: tuple[Sentence, ...]
    listed: tuple[tuple[str, Sentence], ...]
    reference: ReferenceTables


def facts_of(reference: ReferenceTables, code: str) -> Facts:
    """Sentences and facts of a code from the reference tables."""
    codes = reference.anesthesia_codes
    mine = codes.filter(pl.col("procedure_code") == code)
    name = str(mine["short_name"][0]) if mine.height else "anesthesia"
    base = _fact(str(mine["base_units"][0]) if mine.height else "[n]", "anesthesia_codes", code, "base_units")
    overview: tuple[Sentence, ...] = (
        (
            f"CPT {code} is billed for the anesthesia that is given while a physician destroys nerves at the neck "
            "or chest part of the spine under imaging, most often the small nerves of the facet joints with heat "
            "(radiofrequency). The surgeon's own work has codes of its own.",
        ),
        (
            "Payment follows units: base units of the code plus one unit for every 15 minutes, times dollars per "
            "unit. Dollars per unit are what this publication compares.",
        ),
    )
    typical = "; ".join(
        f"{row['site_name']} ({row['place_of_service']})"
        for row in reference.places_of_service.filter(pl.col("expectation") == "common").iter_rows(named=True)
    )
    procedures = ", ".join(
        reference.surgical_codes.filter(
            pl.col("expected_anesthesia_codes").str.contains(code) & (pl.col("pairing") == "yes")
        )["surgical_procedure_code"]
    )
    family = ", ".join(
        codes.filter((pl.col("family") == "scope") & (pl.col("procedure_code") != code))["procedure_code"]
    )
    listed: tuple[tuple[str, Sentence], ...] = (
        ("Service type", ("Anesthesia; professional claims (837P), place of service on the line",)),
        ("Base units", (base,)),
        ("In use since", (_since(mine),)),
        ("Typical sites", (typical or "[n]",)),
        ("Billed with", (procedures or "[n]",)),
        ("Same family", (family or "[n]",)),
    )
    return Facts(name, overview, listed, reference)


def _since(mine: pl.DataFrame) -> str:
    from transforms.publication.edition import long_date

    start = mine["effective_from"][0] if mine.height else None
    return long_date(start) if start else "not known"


def _fact(text: str, table: str, key: str, column: str) -> Shown:
    return Shown(text, table=f"reference/{table}", key=key, column=column)

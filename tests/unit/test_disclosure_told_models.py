"""Care models and the modifiers that tell them: what of one table goes with the other."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import polars as pl

from schemas.rules import DisclosureRules
from transforms.disclosure.quantities import N
from transforms.disclosure.relations import System, Tables, system_of
from transforms.disclosure.suppress import primary_masks
from transforms.disclosure.told_models import still_telling
from transforms.disclosure.withheld import Withheld

sys.path.insert(0, str(Path(__file__).parent))
import table_lines  # noqa: E402
from table_lines import NPIS, paid  # noqa: E402

RULES = replace(DisclosureRules.of("standard"), complementary=True)
LARGE = {"personally_performed": ("AA", 60), "crna_alone": ("QZ", 40), "supervised": ("AD", 30)}


def tables_of(models: dict[str, tuple[str, int]]) -> dict[str, pl.DataFrame]:
    """Tables of one month of one payer: lines by care model and modifier."""
    rows = [
        paid(36_000, care_model=model, modifier_1=word, billing_provider_npi=NPIS[i % 4])
        for model, (word, count) in models.items()
        for i in range(count)
    ]
    return table_lines.tables_of(rows)


def withhold(withheld: Withheld, tables: Tables, table: str, **keys: str) -> None:
    gone = pl.all_horizontal(pl.col(name) == value for name, value in keys.items())
    withheld.rows[table] |= tables[table].select(gone).to_series().to_numpy()


def words(tables: Tables, system: System, found: np.ndarray, table: str, word: str) -> set[str]:
    """Values of a key in the rows of a table whose lines are found."""
    number = next(i for i, q in enumerate(system.quantities) if (q.table, q.name) == (table, N))
    part = system.slice_of(number)
    rows = found[(found >= part.start) & (found < part.stop)] - part.start
    return set(tables[table].get_column(word).gather(rows).to_list())


def test_nothing_goes_where_nothing_is_withheld() -> None:
    tables = tables_of(LARGE)
    withheld = Withheld.of(primary_masks(tables, RULES))
    assert not len(still_telling(tables, withheld, system_of(tables)))


def test_a_modifier_goes_with_its_care_model_and_a_care_model_with_its_only_modifier() -> None:
    tables = tables_of(LARGE)
    withheld = Withheld.of(primary_masks(tables, RULES))
    withhold(withheld, tables, "care_models", care_model="supervised")
    withhold(withheld, tables, "modifiers", modifier="QZ")
    system = system_of(tables)
    found = still_telling(tables, withheld, system)
    assert words(tables, system, found, "modifiers", "modifier") == {"AD"}
    assert words(tables, system, found, "care_models", "care_model") == {"crna_alone"}


def test_a_care_model_that_two_modifiers_tell_stays_when_one_of_them_goes() -> None:
    tables = tables_of({**LARGE, "directed_physician": ("QK", 50)})
    withheld = Withheld.of(primary_masks(tables, RULES))
    withhold(withheld, tables, "modifiers", modifier="QK")
    system = system_of(tables)
    found = still_telling(tables, withheld, system)
    assert words(tables, system, found, "care_models", "care_model") == set()


def test_the_rest_of_a_page_goes_that_shows_less_than_a_quarter_of_its_lines() -> None:
    # 60 of 130 lines shown stay, 30 of 130 go
    for gone, left in (
        (("crna_alone", "supervised"), set()),
        (("personally_performed", "crna_alone"), {"supervised"}),
    ):
        tables = tables_of(LARGE)
        withheld = Withheld.of(primary_masks(tables, RULES))
        for model in gone:
            withhold(withheld, tables, "care_models", care_model=model)
            withhold(withheld, tables, "modifiers", modifier=LARGE[model][0])
        system = system_of(tables)
        found = still_telling(tables, withheld, system)
        assert words(tables, system, found, "care_models", "care_model") == left

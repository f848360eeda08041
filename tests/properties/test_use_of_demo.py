"""What of the demo the standard audience sees (contract section 6, "standard" 1)."""

from __future__ import annotations

import polars as pl
import pytest
from unprotected_tables import of_code, unprotected_tables

from flows.commands.demo_files import write_landing
from schemas.rules import DisclosureRules
from schemas.tables import TABLES
from transforms.protect.audience_tables import protect_tables
from transforms.protect.shown_counts import published_counts, whole_percents

pytestmark = pytest.mark.slow

Tables = dict[str, pl.DataFrame]


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Tables:
    """Tables of the demo's main code before they are protected."""
    folder = tmp_path_factory.mktemp("demo")
    write_landing(folder / "landing")
    return of_code(unprotected_tables(folder), "01939")


def test_enough_of_the_lines_is_shown(built: Tables) -> None:
    shown = protect_tables(built, DisclosureRules.of("standard"))
    shares = whole_percents(published_counts(built, shown))
    for name in ("payment", "utilization", "denials", "timeliness"):
        assert shares[name]["month"]["lines"] >= 93, name
        assert shares[name]["quarter"]["lines"] >= 98, name
    for name, least in (("sites", 85), ("care_models", 85), ("modifiers", 85)):
        assert shares[name]["quarter"]["lines"] >= least, name


def test_every_row_of_11_patients_is_shown(built: Tables) -> None:
    shown = protect_tables(built, DisclosureRules.of("standard"))
    for name, frame in shown.items():
        keys = TABLES[name].key_names
        enough = built[name].filter(pl.col("patients") >= 11).select(keys)
        assert frame.select(keys).equals(enough.sort(keys, nulls_last=True)), name

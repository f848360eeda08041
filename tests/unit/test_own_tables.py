"""Contract prices and owners of providers: what is refused, by line and column (contract, 5 and 6)."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from pathlib import Path

import polars as pl
import pytest

from flows.errors import CONFIGURATION, ProductError
from flows.readers.reference_files import provider_owners, read_contracts
from flows.settings import config_folder
from transforms.own_tables import OwnTableError, parse_contracts, parse_provider_groups

Row = tuple[str | None, ...]
GOOD: Row = ("aetna", "commercial", "72.50", "2024-01-01", "2024-12-31")
NPI = "1234567893"


def contracts(*rows: Row) -> pl.DataFrame:
    names = ("payer", "line_of_business", "dollars_per_unit", "effective_from", "effective_to")
    return parse_contracts(pl.DataFrame(list(rows), schema=dict.fromkeys(names, pl.String), orient="row"))


def groups(*rows: Row) -> pl.DataFrame:
    names = dict.fromkeys(("npi", "owner"), pl.String)
    return parse_provider_groups(pl.DataFrame(list(rows), schema=names, orient="row"))


def test_good_rows_are_typed() -> None:
    typed = contracts(GOOD, (" Aetna ", "", "74", "2025-01-01", None), (None, "", None, "", None))
    assert typed.rows() == [
        ("aetna", "commercial", Decimal("72.5000"), date(2024, 1, 1), date(2024, 12, 31)),
        ("aetna", None, Decimal("74.0000"), date(2025, 1, 1), None),
    ]


@pytest.mark.parametrize(
    ("column", "value", "rule"),
    [
        (0, "etna", "line 3, payer: not one of aetna, bcbs"),
        (0, None, "line 3, payer: not one of"),
        (0, "other", "line 3, payer: not one of"),
        (1, "dual", "line 3, line_of_business: not empty and not one of commercial"),
        (2, "$72.50", "line 3, dollars_per_unit: not a plain number of dollars"),
        (2, "72,50", "line 3, dollars_per_unit: not a plain number"),
        (2, "-72.50", "line 3, dollars_per_unit: not a plain number"),
        (2, "72.12345", "line 3, dollars_per_unit: not a plain number"),
        (2, None, "line 3, dollars_per_unit: not a plain number"),
        (2, "0", "line 3, dollars_per_unit: not above 0"),
        (2, "7250", "line 3, dollars_per_unit: not above 0 and at most 1000"),
        (3, "1/1/2026", "line 3, effective_from: not a date such as 2025-03-31"),
        (4, "2026-02-30", "line 3, effective_to: not a date"),
        (4, "2025-12-31", "line 3, effective_to: before effective_from"),
    ],
)
def test_a_row_that_cannot_be_used_is_named(column: int, value: str | None, rule: str) -> None:
    row: list[str | None] = ["uhc", "commercial", "70", "2026-01-01", "2026-12-31"]
    row[column] = value
    with pytest.raises(OwnTableError, match=r"^contracts\.csv: ") as caught:
        contracts(GOOD, tuple(row))
    assert rule in str(caught.value)


@pytest.mark.parametrize(
    ("first", "second", "overlaps"),
    [
        ((None, None), ("2025-01-01", None), True),
        (("2024-01-01", "2024-12-31"), ("2024-12-31", None), True),
        (("2024-01-01", "2024-12-31"), ("2025-01-01", None), False),
        (("2024-01-01", "2026-12-31"), ("2024-06-01", "2024-06-30"), True),
    ],
)
def test_two_prices_of_a_payer_and_line_on_one_date_are_refused(
    first: Row, second: Row, overlaps: bool
) -> None:
    rows = (("uhc", None, "70", *first), ("uhc", None, "71", *second), ("uhc", "commercial", "72", *first))
    if not overlaps:
        assert contracts(*rows).height == 3
        return
    with pytest.raises(OwnTableError, match="line 3, effective_from: in force while an earlier row"):
        contracts(*rows)


def test_a_price_hidden_inside_a_longer_one_is_found() -> None:
    rows = (("2024-01-01", None), ("2024-02-01", "2024-02-28"), ("2024-05-01", None))
    with pytest.raises(OwnTableError) as caught:
        contracts(*(("uhc", None, "70", *dates) for dates in rows))
    assert [fault.split(",")[0] for fault in caught.value.faults] == ["line 3", "line 4"]


def test_columns_are_named() -> None:
    with pytest.raises(OwnTableError, match="column line_of_business is missing.*column lob is not known"):
        parse_contracts(pl.DataFrame({"payer": ["uhc"], "lob": ["commercial"]}))


def test_owners_of_providers() -> None:
    assert groups((NPI, "Example Group"), (NPI, "Example Group")).rows() == [(NPI, "Example Group")]
    with pytest.raises(OwnTableError, match="line 2, npi: not an NPI"):
        groups(("1234567890", "Example Group"))
    with pytest.raises(OwnTableError, match="line 3, owner: empty"):
        groups((NPI, "Example Group"), ("1093817462", ""))
    with pytest.raises(OwnTableError, match="line 2, npi: has two owners; line 3, npi: has two owners"):
        groups((NPI, "Example Group"), (NPI, "Another Group"))


@pytest.fixture
def own_config(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("CPT01939_CONFIG", str(tmp_path))
    return tmp_path


def test_the_examples_can_be_used_as_they_are() -> None:
    read = {
        path.name: pl.read_csv(path, infer_schema=False) for path in config_folder().glob("*.example.csv")
    }
    assert parse_contracts(read["contracts.example.csv"]).height > 0
    assert parse_provider_groups(read["provider_groups.example.csv"]).height > 0


def test_a_file_ends_a_run_with_its_own_code(own_config: Path) -> None:
    assert read_contracts() is None
    assert provider_owners() == {}
    (own_config / "contracts.csv").write_text(
        "payer,line_of_business,dollars_per_unit,effective_from,effective_to\naetna,,$72.50,2024-01-01,\n"
    )
    with pytest.raises(ProductError) as caught:
        read_contracts()
    assert (caught.value.code, caught.value.exit_code) == ("E_CONTRACTS", CONFIGURATION)
    assert "line 2, dollars_per_unit" in str(caught.value)
    assert "72.50" not in caught.value.detail.replace("such as 72.50", "")
    (own_config / "provider_groups.csv").write_bytes(b"npi,owner\n1234567893,\xff\xfe\n")
    with pytest.raises(ProductError, match="not a CSV file in UTF-8"):
        provider_owners()

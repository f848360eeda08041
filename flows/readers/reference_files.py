"""Reads the reference and optional configuration tables, and tells what a release was made under."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import asdict
from functools import lru_cache
from pathlib import Path

import polars as pl

from flows.errors import ProductError
from flows.settings import Settings, config_folder, shipped
from flows.store.files import as_json, digest
from schemas.reference import ReferenceTables
from schemas.rules import SCHEMA_VERSION
from transforms.own_tables import OwnTableError, parse_contracts, parse_provider_groups
from transforms.reference_tables import ReferenceError, parse_reference

OPTIONAL_TABLES = ("contracts.csv", "provider_groups.csv")


def read_reference() -> ReferenceTables:
    """The validated reference tables; E_REFERENCE names the table and the rule it breaks."""
    try:
        return _parsed(tuple((path, digest(path)) for path in _files()))
    except (ReferenceError, pl.exceptions.PolarsError, OSError) as error:
        detail = str(error) if isinstance(error, ReferenceError) else type(error).__name__
        raise ProductError("E_REFERENCE", detail) from None


@lru_cache(maxsize=2)
def _parsed(files: tuple[tuple[Path, str], ...]) -> ReferenceTables:
    """Tables of these contents: parsed once in a process."""
    return parse_reference({path.stem: _as_text(path) for path, _ in files})


def provider_owners() -> dict[str, str]:
    """Billing NPI -> owner, from config/provider_groups.csv; empty where there is no such file.

    E_CONTRACTS names the line, column and rule of what cannot be used.
    """
    groups = _own_table("provider_groups.csv", parse_provider_groups)
    return {} if groups is None else dict(groups.iter_rows())


def read_contracts() -> pl.DataFrame | None:
    """Your own prices, from config/contracts.csv; None where there is no such file.

    E_CONTRACTS names the line, column and rule of what cannot be used.
    """
    return _own_table("contracts.csv", parse_contracts)


def _own_table(name: str, parse: Callable[[pl.DataFrame], pl.DataFrame]) -> pl.DataFrame | None:
    path = config_folder() / name
    if not path.is_file():
        return None
    try:
        return parse(_as_text(path))
    except (OwnTableError, pl.exceptions.PolarsError, OSError) as error:
        detail = str(error) if isinstance(error, OwnTableError) else f"{name}: not a CSV file in UTF-8"
        raise ProductError("E_CONTRACTS", detail) from None


def reference_digests() -> dict[str, str]:
    """File name -> sha256 of every table a run computes with, for the manifest."""
    optional = [config_folder() / name for name in OPTIONAL_TABLES]
    layouts = sorted((config_folder() / "layouts").glob("*.toml"))
    present = [path for path in [*_files(), *optional] if path.is_file()]
    return {path.name: digest(path) for path in [*present, *layouts]}


def fingerprint(settings: Settings) -> str:
    """What the resolved rows depend on beside the files taken in: rules, reference data, schema version."""
    return fingerprint_of(settings, reference_digests())


def fingerprint_of(settings: Settings, digests: dict[str, str]) -> str:
    """16 hex digits over rules, reference files and schema version."""
    facts = {
        "rules": asdict(settings.rules),
        "reference": digests,
        "schema_version": SCHEMA_VERSION,
    }
    return hashlib.sha256(as_json(facts)).hexdigest()[:16]


def _files() -> list[Path]:
    files = sorted(shipped("reference").glob("*.csv"))
    if not files:
        raise ProductError("E_REFERENCE", "no reference data found")
    return files


def _as_text(path: Path) -> pl.DataFrame:
    return pl.read_csv(path, infer_schema=False)

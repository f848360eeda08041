"""Everything people look at, made from the published tables of one audience and the reference data alone."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import polars as pl

from flows.errors import ProductError
from flows.publication.datapackage import write_datapackage
from flows.publication.duckdb_file import write_duckdb
from flows.publication.site import render_site
from flows.publication.workbook import write_workbook
from flows.store.objects import ObjectPath
from flows.store.place import Place
from flows.store.publish import read_manifest, readers_folder
from schemas.reference import ReferenceTables
from schemas.tables import TABLES
from transforms.publication.pages import pages_of
from transforms.publication.published import Published
from transforms.publication.shown_edition import EditionTold

REPORT: Final = "report"
WORKBOOK: Final = "benchmarks.xlsx"
DUCKDB: Final = "benchmarks.duckdb"
DATAPACKAGE: Final = "datapackage.json"
_AUDIENCES: Final = ("standard", "internal", "shared")
"""The one that is shown where none is asked for comes first."""


def make_publication(
    tables_folder: Path, edition: EditionTold, reference: ReferenceTables, out: Path
) -> list[Path]:
    """Pages, workbook, DuckDB file and description of the Parquet files of a folder; gives their paths."""
    published = read_published(tables_folder, edition)
    return [
        *make_report(published, reference, out / REPORT),
        write_workbook(published, out / WORKBOOK),
        write_duckdb(published, tables_folder, out / DUCKDB),
        write_datapackage(published, out / DATAPACKAGE),
    ]


@dataclass(frozen=True)
class Release:
    """A published release, and where it stands."""

    data: Place
    folder: Place
    edition: EditionTold


def published_release(data: Place, audience: str | None = None) -> Release:
    """The release of an audience, by default the one for the most readers; E_NO_RELEASE if there is none."""
    for name in _AUDIENCES:
        folder = readers_folder(data, name)
        manifest = read_manifest(folder) if audience in (None, name) else None
        if manifest is not None:
            if isinstance(folder, ObjectPath):
                # copies under stable names come after the manifest: what it names is whole
                folder = folder / "releases" / str(manifest["release_id"])
            return Release(data, folder, edition_of(manifest, is_synthetic(data)))
    raise ProductError("E_NO_RELEASE")


def is_synthetic(data: Place) -> bool:
    """Whether the claims of a data folder were made up by the demo, which leaves its own key there."""
    return (data / "demo.key").is_file()


def read_published(folder: Place, edition: EditionTold, names: Iterable[str] = TABLES) -> Published:
    """The published Parquet files of a folder."""
    paths = {name: folder / f"{name}.parquet" for name in names}
    return Published({name: pl.read_parquet(path) for name, path in paths.items() if path.is_file()}, edition)


def make_report(published: Published, reference: ReferenceTables, out: Path) -> list[Path]:
    """Write the pages into a folder; gives their paths."""
    out.mkdir(parents=True, exist_ok=True)
    paths = []
    for name, html in render_site(pages_of(published, reference), published).items():
        path = out / name
        path.write_text(html, encoding="utf-8")
        paths.append(path)
    return paths


def edition_of(manifest: Mapping[str, Any], is_synthetic: bool) -> EditionTold:
    """Which release a manifest is of."""
    rules, as_of = manifest["rules"], manifest["as_of"]
    return EditionTold(
        manifest["audience"],
        manifest["release_id"],
        dt.date.fromisoformat(as_of) if as_of else None,
        rules["main_code"],
        rules["mature_days"],
        is_synthetic,
        shares_of(manifest.get("published", {})),
    )


def shares_of(published: Mapping[str, Any]) -> dict[tuple[str, str], tuple[str, str]]:
    """Whole percents of rows and lines shown, by table and period type, as a manifest tells them."""
    return {
        (table, kind): (_percent(shares, "rows"), _percent(shares, "lines"))
        for table, kinds in published.items()
        for kind, shares in kinds.items()
    }


def _percent(shares: Mapping[str, Any], name: str) -> str:
    return f"{shares[name]} %" if name in shares else "[n]"

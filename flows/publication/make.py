"""Everything people look at, made from the published tables of one audience and the reference data alone."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import polars as pl

from flows.publication.site import render_site
from schemas.reference import ReferenceTables
from schemas.tables import TABLES
from transforms.publication.edition import Edition
from transforms.publication.pages import pages_of
from transforms.publication.published import Published

REPORT = "report"


def read_published(folder: Path, edition: Edition, names: Iterable[str] = TABLES) -> Published:
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

"""`cpt01939 report` and `cpt01939 export`."""

from __future__ import annotations

import re
from collections.abc import Sequence
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter

from flows.commands.console import Common, say, show, show_json
from flows.errors import DONE, ProductError

if TYPE_CHECKING:
    from flows.publication.make import Release
    from flows.store.place import Place

_Audience = Annotated[str | None, Parameter(help="The audience: internal, standard or shared.")]


class ReportForm(StrEnum):
    """Files that `export` writes."""

    WORKBOOK = "workbook"
    DUCKDB = "duckdb"
    DATAPACKAGE = "datapackage"
    ALL = "all"


def report(
    *,
    audience: _Audience = None,
    out: Annotated[Path | None, Parameter(help="Write the pages into this folder again.")] = None,
    common: Common = Common(),  # noqa: B008
) -> int:
    """Say which page to open; with --out, write the pages of the release anew into a folder.

    Example: cpt01939 report --audience standard
    """
    release = _release(common, audience)
    from flows.publication.make import REPORT, make_report, read_published
    from flows.readers.reference_files import read_reference

    page: Place = release.folder / REPORT / "index.html"
    if out is not None:
        published = read_published(release.folder, release.edition)
        make_report(published, read_reference(), _writable(out, release))
        page = out / "index.html"
    if not page.is_file():
        raise ProductError("E_NO_RELEASE", "no report beside the tables; write one with --out")
    _tell([page.absolute()], release, common)
    return DONE


def export(
    form: ReportForm = ReportForm.ALL,
    /,
    *,
    out: Annotated[Path, Parameter(help="Folder to write into.")],
    audience: _Audience = None,
    common: Common = Common(),  # noqa: B008
) -> int:
    """Write the workbook, the DuckDB file or the description of a release anew into a folder.

    Example: cpt01939 export workbook --audience standard --out /srv/figures
    """
    release = _release(common, audience)
    from flows.publication import make
    from flows.publication.datapackage import write_datapackage
    from flows.publication.duckdb_file import write_duckdb
    from flows.publication.workbook import write_workbook
    from flows.store.place import local_folder

    folder = _writable(out, release)
    published = make.read_published(release.folder, release.edition)
    written = []
    if form in (ReportForm.WORKBOOK, ReportForm.ALL):
        written.append(write_workbook(published, folder / make.WORKBOOK))
    if form in (ReportForm.DUCKDB, ReportForm.ALL):
        with local_folder(release.folder) as tables:
            written.append(write_duckdb(published, tables, folder / make.DUCKDB))
    if form in (ReportForm.DATAPACKAGE, ReportForm.ALL):
        written.append(write_datapackage(published, folder / make.DATAPACKAGE))
    _tell([path.absolute() for path in written], release, common)
    return DONE


def _release(common: Common, audience: str | None) -> Release:
    common.choose_data()
    from flows.publication.make import published_release
    from flows.settings import load_settings

    return published_release(load_settings().data, audience)


def _writable(out: Path, release: Release) -> Path:
    """The folder to write into, made where there is none; never one that belongs to a release or a store."""
    if re.match(r"(s3|gs|az):", str(out)):
        raise ProductError("E_DATA_FOLDER", "--out must be a folder of this machine")
    if release.data.absolute() in (out.absolute(), *out.absolute().parents):
        raise ProductError("E_DATA_FOLDER", "--out lies in the data folder, which only runs write")
    out.mkdir(parents=True, exist_ok=True)
    return out


def _tell(paths: Sequence[Place], release: Release, common: Common) -> None:
    edition = release.edition
    if common.json:
        files = [str(path) for path in paths]
        show_json({"audience": edition.audience, "release_id": edition.release_id, "files": files})
        return
    say(f"release {edition.release_id}, audience {edition.audience}")
    show("\n".join(str(path) for path in paths))

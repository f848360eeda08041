"""The pages as files: templates filled in, one style sheet inside each page, nothing from elsewhere."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache
from importlib.resources import files
from typing import Any, Final

from jinja2 import Environment, PackageLoader, StrictUndefined

from transforms.publication.parts import Page
from transforms.publication.published import Published
from transforms.publication.shown_edition import EditionTold, long_date, month_label
from transforms.publication.svg import WIDTH
from transforms.publication.words import (
    EDITIONS,
    EXACT_WARNING,
    LIMITS,
    ROUNDING,
    SYMBOLS,
    SYNTHETIC,
)

_ALL: Final = "all"
FILES: Final = (
    ("../benchmarks.xlsx", "Workbook: every table as a sheet, with the dictionary"),
    ("../benchmarks.duckdb", "DuckDB file: every table, and the queries of these pages as views"),
    ("../data_dictionary.md", "Data dictionary: what every column means"),
    ("../datapackage.json", "Description of the Parquet files for tools"),
)


@lru_cache(maxsize=1)
def _environment() -> Environment:
    return Environment(
        loader=PackageLoader("flows.publication", "templates"),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=StrictUndefined,
    )


@lru_cache(maxsize=1)
def _style() -> str:
    return files("flows.publication").joinpath("templates/style.css").read_text(encoding="utf-8")


def render_site(pages: Sequence[Page], published: Published) -> dict[str, str]:
    """File name -> HTML of every page, and of all of them in one."""
    menu = [*((page.slug, page.label) for page in pages), (_ALL, "All in one")]
    made = {
        f"{page.slug}.html": _render([page], page.slug, page.heading, menu, published, _to_file)
        for page in pages
    }
    title = f"CPT {published.edition.main_code}: all pages"
    made[f"{_ALL}.html"] = _render(pages, _ALL, title, menu, published, _to_place)
    return made


def _render(
    pages: Sequence[Page],
    current: str,
    title: str,
    menu: Sequence[tuple[str, str]],
    published: Published,
    link: Callable[[str, str], str],
) -> str:
    edition = published.edition
    return (
        _environment()
        .get_template("page.html.j2")
        .render(
            pages=pages,
            current=current,
            title=title if len(pages) > 1 else f"{title} - CPT {edition.main_code}",
            menu=menu,
            link=link,
            style=_style(),
            width=WIDTH,
            symbols=SYMBOLS,
            rounding="" if edition.is_exact else ROUNDING,
            limits=_limits(edition),
            files=FILES,
            edition=head_of(published),
        )
    )


def _to_file(slug: str, place: str) -> str:
    return f"{slug}.html" + (f"#{place}" if place else "")


def _to_place(slug: str, place: str) -> str:
    return "#main" if slug == _ALL else f"#{slug}" + (f"-{place}" if place else "")


def _limits(edition: EditionTold) -> list[str]:
    extra = [EXACT_WARNING] if edition.is_exact else []
    return [*LIMITS, *extra, *([SYNTHETIC] if edition.is_synthetic else [])]


def head_of(published: Published) -> dict[str, Any]:
    """What stands in the head of every page."""
    edition, steps = published.edition, published.steps
    title = EDITIONS.get(edition.audience, edition.audience)
    return {
        "title": f"{title}: exact counts, do not pass on" if edition.is_exact else title,
        "span": f"services {month_label(steps[0].start)} to {month_label(steps[-1].last_month)}"
        if steps
        else "no services",
        "as_of": long_date(edition.as_of) if edition.as_of else "not known",
        "release": edition.release_id[:8],
        "is_synthetic": edition.is_synthetic,
    }

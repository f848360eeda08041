"""The pages of a release made from files: every number stands in a published table (contract section 8)."""

from __future__ import annotations

import datetime as dt
import json
import re
import time
from collections import Counter
from decimal import Decimal
from functools import lru_cache
from pathlib import Path
from typing import Any

import pytest
from releases import AUDIENCES, Element, elements_of, number_in, table
from small_tables import published

from flows.publication.make import edition_of, make_report, read_published
from flows.publication.site import render_site
from flows.readers.reference_files import read_reference
from schemas.tables import TABLES
from transforms.publication.pages import pages_of
from transforms.publication.published import Published

pytestmark = pytest.mark.xdist_group("publication")
PAGES = (
    *("index", "code", "payer-aetna", "payer-bcbs", "payer-cigna", "payer-uhc", "payer-medicare"),
    *("payer-other", "quality", "method", "all"),
)
MEGABYTES, SECONDS = 3_000_000, 5.0
PEOPLE = ("claims", "service_lines", "cases", "patients")


@lru_cache(maxsize=64)
def page(folder: Path, name: str) -> list[Element]:
    return elements_of((folder / "report" / f"{name}.html").read_text(encoding="utf-8"))


@lru_cache(maxsize=32)
def rows(folder: Path, name: str) -> dict[str, dict[str, Any]]:
    """Rows of a published table by their key as text."""
    keys = TABLES[name].key_names
    return {
        "|".join("" if row[key] is None else str(row[key]) for key in keys): row
        for row in table(folder, name).iter_rows(named=True)
    }


@pytest.mark.parametrize("audience", AUDIENCES)
def test_every_number_equals_the_published_table(release: Path, audience: str) -> None:
    folder, compared = release / audience, 0
    for element in page(folder, "all"):
        name = element.attributes.get("data-table", "")
        if not name or name.startswith("reference/"):
            continue
        row = rows(folder, name).get(element.attributes["data-key"])
        told = number_in(element.text)
        if element.attributes.get("data-derived"):
            assert audience == "internal", "only exact counts are added up"
            continue
        value = row[element.attributes["data-col"]] if row and element.attributes["data-col"] in row else None
        if value is None:
            assert told is None, (element, "a number stands where the table has none")
        elif isinstance(value, int | float | Decimal) and not isinstance(value, bool):
            assert told is not None, element
            assert abs(told[0] - float(value)) <= told[1] * 1.000001, element
            compared += 1
    assert compared > 1_500


@pytest.mark.parametrize("audience", AUDIENCES)
def test_no_cell_is_empty_or_a_machine_word_for_nothing(release: Path, audience: str) -> None:
    for element in page(release / audience, "all"):
        if element.tag in ("td", "th", "dd", "h1", "h2", "h3", "figcaption", "text", "caption"):
            assert element.text.strip(), element
            assert not re.search(r"\b(null|None|nan|NaN|inf)\b", element.text), element
        if element.tag == "figcaption":
            assert element.text.strip().endswith("."), element


def test_standard_shows_no_small_or_unrounded_count(release: Path) -> None:
    folder, counts = release / "standard", 0
    for element in page(folder, "all"):
        column = element.attributes.get("data-col", "")
        if column in PEOPLE or (column.endswith(("_lines", "_cases")) and not column.startswith("share")):
            told = number_in(element.text)
            if told:
                counts += 1
                assert told[0] % 5 == 0 and not 0 < told[0] < 11, element
    assert counts > 300


@pytest.mark.parametrize("audience", AUDIENCES)
def test_pages_need_nothing_from_elsewhere_and_links_resolve(release: Path, audience: str) -> None:
    report = release / audience / "report"
    assert sorted(path.stem for path in report.iterdir()) == sorted(PAGES)
    for name in PAGES:
        html = (report / f"{name}.html").read_text(encoding="utf-8")
        assert not re.search(r"url\(|@import|https?:", html.partition("</style>")[0])
        ids = Counter(e.attributes["id"] for e in page(release / audience, name) if "id" in e.attributes)
        assert max(ids.values()) == 1, [found for found, count in ids.items() if count > 1]
        for element in page(release / audience, name):
            for attribute in ("aria-labelledby", "aria-describedby"):
                assert element.attributes.get(attribute, next(iter(ids))) in ids
            assert "src" not in element.attributes
            if "href" in element.attributes:
                path, _, place = element.attributes["href"].partition("#")
                assert not path or (report / path).is_file(), element
                target = page(release / audience, Path(path).stem if place and path else name)
                assert not place or any(e.attributes.get("id") == place for e in target), element


@pytest.mark.parametrize("audience", AUDIENCES)
def test_headings_do_not_jump_and_tables_are_named(release: Path, audience: str) -> None:
    for name in PAGES:
        elements = page(release / audience, name)
        levels = [int(e.tag[1]) for e in elements if re.fullmatch(r"h[1-6]", e.tag)]
        assert levels.count(1) == 1 and levels[0] == 1
        assert all(after - before <= 1 for before, after in zip(levels, levels[1:], strict=False))
        tags = Counter(e.tag for e in elements)
        assert tags["table"] == tags["caption"]
        assert tags["figure"] == tags["figcaption"]
        assert all(e.attributes.get("scope") in ("row", "col") for e in elements if e.tag == "th")
        assert len([e for e in elements if "aria-current" in e.attributes]) == 1


def test_the_edition_stands_on_every_page(release: Path) -> None:
    for audience, words in (("internal", "exact counts, do not pass on"), ("standard", "Standard edition")):
        manifest = json.loads((release / audience / "manifest.json").read_text())
        for name in PAGES:
            html = (release / audience / "report" / f"{name}.html").read_text(encoding="utf-8")
            assert words in html
            assert manifest["release_id"][:8] in html
            assert "transfer" not in html and "de-identified" not in html


def test_same_tables_give_same_bytes_in_time_and_size(release: Path, tmp_path: Path) -> None:
    for audience in AUDIENCES:
        folder = release / audience
        manifest = json.loads((folder / "manifest.json").read_text())
        started = time.perf_counter()
        paths = make_report(
            read_published(folder, edition_of(manifest, False)), read_reference(), tmp_path / audience
        )
        assert time.perf_counter() - started < SECONDS
        assert sum(path.stat().st_size for path in paths) < MEGABYTES
        for path in paths:
            assert path.read_bytes() == (folder / "report" / path.name).read_bytes(), path.name


def pages_from(release: Published) -> dict[str, str]:
    return render_site(pages_of(release, read_reference()), release)


def assert_readable(pages: dict[str, str]) -> None:
    for html in pages.values():
        text = "".join(e.text for e in elements_of(html) if e.tag in ("td", "p", "h1", "h2", "h3", "text"))
        assert not re.search(r"\b(null|None|nan|NaN)\b", text)


def test_an_empty_release_makes_pages_that_say_so() -> None:
    pages = pages_from(published("standard", utilization=[]))
    assert_readable(pages)
    assert "[c]" in pages["index.html"]


def test_one_payer_and_no_rules() -> None:
    pages = pages_from(published("standard", utilization=[{"payer": "aetna"}], payer_rules=[]))
    assert_readable(pages)
    assert "we found no published rule" in pages["payer-aetna.html"].lower()


def test_a_name_with_markup_stays_text() -> None:
    site = {"payer": "all", "place_of_service": "24", "site_name": "<script>alert(1)</script>"}
    for html in pages_from(published("standard", sites=[{**site, "share_of_lines": 0.5}])).values():
        assert "<script>alert" not in html


def test_late_files_are_named_first() -> None:
    day = dt.date(2025, 11, 1)
    usual = {"source": "remit_lines", "last_payment_date": day, "days_since": 40, "usual_days_between": 7}
    late = [{**usual, "payer": "aetna", "is_late": False}, {**usual, "payer": "uhc", "is_late": True}]
    html = pages_from(published("standard", freshness=late))["index.html"]
    assert "Late: UnitedHealthcare." in html


def test_a_year_where_the_audience_has_no_rolling_window() -> None:
    year = {"period_type": "year", "period_start": dt.date(2024, 1, 1)}
    quarters = [
        {"period_type": "quarter", "period_start": dt.date(2024, month, 1)} for month in (1, 4, 7, 10)
    ]
    price = {"payer": "all", "line_of_business": "commercial", "allowed_per_unit_p50": 70.0, **year}
    pages = pages_from(published("shared", utilization=[year, *quarters], payment=[price]))
    assert_readable(pages)
    assert "$70.00" in pages["index.html"] and "2024" in pages["index.html"]

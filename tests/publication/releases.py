"""A release of both audiences made from files, once for all tests of the publication."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from html.parser import HTMLParser
from pathlib import Path

import polars as pl
from small_runs import run_nightly

from transforms.synthetic.records import MADE_CLAIM_COLUMNS, MADE_REMIT_COLUMNS
from transforms.synthetic.world import synthetic_claims

AUDIENCES = ("internal", "standard")
CASES = 2_600
"""As many as the demo has: five payers, all their months."""


def make_release(data: Path) -> Path:
    """Claims and remittances of the demo's size in, a release of both audiences with their pages out."""
    made = synthetic_claims(1939, CASES)
    landing = data / "landing"
    landing.mkdir(parents=True)
    made.claims.select(MADE_CLAIM_COLUMNS).write_csv(landing / "claims.csv")
    made.remits.select(MADE_REMIT_COLUMNS).write_csv(landing / "remits.csv")
    run_nightly(data, publication=True)
    return data / "benchmarks"


def table(folder: Path, name: str) -> pl.DataFrame:
    """A published table."""
    return pl.read_parquet(folder / f"{name}.parquet")


@dataclass
class Element:
    """An element with its attributes, and all text inside."""

    tag: str
    attributes: dict[str, str]
    text: str = ""


@dataclass
class PageReader(HTMLParser):
    """The elements of a page, in order."""

    elements: list[Element] = field(default_factory=list)
    _open: list[Element] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__init__(convert_charrefs=True)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        element = Element(tag, {name: value or "" for name, value in attrs})
        self.elements.append(element)
        if tag not in ("meta", "br", "line", "rect", "circle", "polygon", "polyline"):
            self._open.append(element)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append(Element(tag, {name: value or "" for name, value in attrs}))

    def handle_endtag(self, tag: str) -> None:
        assert self._open and self._open[-1].tag == tag, f"<{tag}> is closed out of turn"
        self._open.pop()

    def handle_data(self, data: str) -> None:
        for element in self._open:
            element.text += data


def elements_of(html: str) -> list[Element]:
    """Every element of a page; a page that is not well nested fails here."""
    reader = PageReader()
    reader.feed(html)
    reader.close()
    assert not reader._open
    return reader.elements


def number_in(text: str) -> tuple[float, float] | None:
    """A number as people read it, and half of its last digit; None where a symbol or words stand."""
    found = re.fullmatch(r"(-?)(\$?)([\d,]+)(\.\d+)?( %)?( \[m\])?", text.strip())
    if not found:
        return None
    digits = len(found[4] or ".") - 1
    scale = 100 if found[5] else 1
    value = float(found[3].replace(",", "") + (found[4] or "")) / scale
    return (-value if found[1] else value), 0.5 * 10.0**-digits / scale

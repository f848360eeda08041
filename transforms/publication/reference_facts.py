"""What the reference data say of the code: the text and the names a reader would look up."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import polars as pl

from schemas.reference import ReferenceTables
from transforms.publication.parts import Sentence
from transforms.publication.values import ShownValue
from transforms.publication.words import CONFIDENCE_NAMES, spoken

Names = Mapping[str, Mapping[str, Any]]
AT_A_GLANCE = ("service_type", "since", "typical_procedures", "typical_sites", "who_bills", "authorization")
"""Topics of the summary; the page on the code has all."""


@dataclass(frozen=True)
class CodeFacts:
    """The reference tables, as names and facts of one code."""

    reference: ReferenceTables
    code: str
    _kept: dict[str, Names] = field(default_factory=dict, compare=False, repr=False)

    @property
    def short_name(self) -> str:
        """The code in a few words of our own."""
        return self.name("anesthesia_codes", self.code) or "anesthesia"

    @property
    def overview(self) -> Sentence:
        """What the code covers, in a sentence."""
        return (str(self.rows("code_facts").get("covers", {}).get("text", "")),)

    def listed(self, topics: tuple[str, ...] = ()) -> tuple[tuple[str, Sentence], ...]:
        """Facts of the code by topic, each with how well it is founded; without topics all but the first."""
        rows = self.rows("code_facts")
        wanted = topics or tuple(topic for topic in rows if topic != "covers")
        base = self.rows("anesthesia_codes").get(self.code, {}).get("base_units")
        told = [
            (
                str(rows[topic]["title"]),
                (f"{rows[topic]['text']} ({CONFIDENCE_NAMES[rows[topic]['confidence']]})",),
            )
            for topic in wanted
            if topic in rows
        ]
        units = ShownValue(f"{base}", table="reference/anesthesia_codes", key=self.code, column="base_units")
        return (("Base units", (units,)), *told) if topics and base is not None else tuple(told)

    def rows(self, table: str) -> Names:
        """Rows of a reference table by its first column."""
        if table not in self._kept:
            frame: pl.DataFrame = getattr(self.reference, table)
            order = ["position"] if "position" in frame.columns else []
            rows = (frame.sort(order) if order else frame).iter_rows(named=True)
            self._kept[table] = {str(row[frame.columns[0]]): row for row in rows}
        return self._kept[table]

    def name(self, table: str, code: str) -> str:
        """Name of a code in our own words, empty where the table has none."""
        row = self.rows(table).get(code, {})
        for column in ("theme_name", "category_name", "short_name", "site_name", "short_meaning"):
            if row.get(column):
                return str(row[column])
        return ""

    def theme(self, theme: str) -> str:
        """A clinical theme in words."""
        return self.name("clinical_themes", theme) or spoken(theme)

    def category(self, category: str | None) -> str:
        """A denial category in words."""
        return self.name("denial_categories", str(category)) or spoken(str(category or "unclassified"))


def facts_of(reference: ReferenceTables, code: str) -> CodeFacts:
    """Names and facts of a code from the reference tables."""
    return CodeFacts(reference, code)

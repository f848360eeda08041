"""Layouts: how the header, dates, money and adjustments of a file become the canonical ones."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

import polars as pl

from schemas.inbound import COLUMNS, OPTIONAL_IN_HEADER, Kind
from transforms.intake.amounts import plain_amount
from transforms.intake.plain_text import is_nothing

Slot = tuple[str, str, str]


@dataclass(frozen=True)
class Layout:
    """One way to write claim or remit lines. `columns`: canonical name -> name in the file's header."""

    name: str
    kind: Kind
    columns: Mapping[str, str]
    date_formats: tuple[str, ...] = ("%Y-%m-%d",)
    money: Literal["plain", "us", "european"] = "plain"
    un_means: str = ""
    constants: Mapping[str, str] = field(default_factory=dict)
    adjustment_slots: tuple[Slot, ...] = ()
    claim_adjustment_slots: tuple[Slot, ...] = ()

    def headers(self) -> set[str]:
        """Every header the layout names: its signature."""
        slots = (*self.adjustment_slots, *self.claim_adjustment_slots)
        return {plain(name) for name in (*self.columns.values(), *(part for slot in slots for part in slot))}


class LayoutError(ValueError):
    """A layout file that can't be used; says which and why, never a value of a claim."""


def plain(header: str) -> str:
    """A header as it is compared: no byte order mark, single blanks, lower case."""
    return " ".join(header.replace("\ufeff", "").split()).casefold()


def canonical_layout(kind: Kind) -> Layout:
    """The layout of the contract itself."""
    return Layout("canonical", kind, {column.name: column.name for column in COLUMNS[kind]})


def parse_layout(stem: str, raw: Mapping[str, Any]) -> Layout:
    """A layout from the content of its TOML file. Raises LayoutError where a key is missing or unknown."""
    known = {
        "name",
        "kind",
        "description",
        "date_formats",
        "money",
        "un_means",
        "columns",
        "constants",
        "adjustments",
    }
    if unknown := sorted(set(raw) - known):
        raise LayoutError(f"layout {stem}: unknown keys {', '.join(unknown)}")
    kind = raw.get("kind")
    if kind not in COLUMNS:
        raise LayoutError(f"layout {stem}: kind must be claim_lines or remit_lines")
    names = {column.name for column in COLUMNS[kind]}
    for section in ("columns", "constants"):
        if unknown := sorted(set(raw.get(section, {})) - names):
            raise LayoutError(f"layout {stem}: [{section}] names unknown columns {', '.join(unknown)}")
    if raw.get("un_means", "") not in ("", "time", "base_plus_time"):
        raise LayoutError(f"layout {stem}: un_means must be empty, time or base_plus_time")
    if raw.get("money", "plain") not in ("plain", "us", "european"):
        raise LayoutError(f"layout {stem}: money must be plain, us or european")
    slots = raw.get("adjustments", {})
    return Layout(
        name=str(raw.get("name", stem)),
        kind=kind,
        columns=dict(raw.get("columns", {})),
        date_formats=tuple(raw.get("date_formats", ("%Y-%m-%d",))),
        money=raw.get("money", "plain"),
        un_means=raw.get("un_means", ""),
        constants=dict(raw.get("constants", {})),
        adjustment_slots=_slots(slots.get("slots", ())),
        claim_adjustment_slots=_slots(slots.get("claim_slots", ())),
    )


def _slots(raw: Iterable[Mapping[str, str]]) -> tuple[Slot, ...]:
    return tuple((slot["group"], slot["reason"], slot["amount"]) for slot in raw)


def pick_layout(header: Iterable[str], layouts: Iterable[Layout]) -> tuple[Layout | None, list[str]]:
    """The layout whose signature the header has, the most specific first; else the canonical one that misses
    least.

    Returns the layout (None: nothing fits) and the required canonical columns that the header misses.
    """
    present = {plain(name) for name in header}
    fitting = [layout for layout in layouts if layout.headers() <= present]
    if fitting:
        return max(fitting, key=lambda layout: (len(layout.headers()), layout.name)), []
    scored = []
    for kind in COLUMNS:
        names = {column.name for column in COLUMNS[kind]}
        scored.append((len(names & present), kind, sorted(names - OPTIONAL_IN_HEADER[kind] - present)))
    hits, kind, missing = max(scored)
    if hits < 5:
        return None, []
    return canonical_layout(kind), missing


def nearest_layout(header: Iterable[str], layouts: Iterable[Layout]) -> dict[str, Any]:
    """The layout of which the header has the largest share: its name and kind, how many columns of it are
    there, and which of its own names are missing.
    """
    present = {plain(name) for name in header}
    canonical = [canonical_layout(kind) for kind in COLUMNS]

    def needed(layout: Layout) -> set[str]:
        if layout in canonical:
            return layout.headers() - OPTIONAL_IN_HEADER[layout.kind]
        return layout.headers()

    best = max((*canonical, *layouts), key=lambda each: len(needed(each) & present) / len(needed(each)))
    return {
        "layout": best.name,
        "kind": best.kind,
        "found": len(best.headers() & present),
        "missing": sorted(needed(best) - present),
    }


def column_numbers(layout: Layout, header: list[str]) -> dict[str, int]:
    """Canonical columns that a file has of its own -> their place in its header, from 0."""
    places = {plain(name): number for number, name in reversed(list(enumerate(header)))}
    named = ((name, places.get(plain(theirs))) for name, theirs in layout.columns.items())
    return {name: place for name, place in named if place is not None}


def canonical_text(rows: pl.LazyFrame, layout: Layout, header: list[str]) -> pl.LazyFrame:
    """Rename, fill and pack: every canonical column as text, then file_key, row_number and field_count_ok.

    `header`: the file's own column names. Columns the layout does not name are dropped here, before anything
    is kept.
    """
    found = {plain(name): name for name in reversed(header)}
    expressions = []
    for column in COLUMNS[layout.kind]:
        theirs = layout.columns.get(column.name)
        name = found.get(plain(theirs)) if theirs is not None else None
        if name is not None:
            expressions.append(pl.col(name).cast(pl.String).alias(column.name))
        else:
            constant = layout.constants.get(column.name)
            expressions.append(pl.lit(constant, pl.String).alias(column.name))
    packed = {
        "adjustments": layout.adjustment_slots,
        "claim_adjustments": layout.claim_adjustment_slots,
    }
    if layout.kind == "remit_lines":
        for name, slots in packed.items():
            if slots:
                expressions = [e for e in expressions if e.meta.output_name() != name]
                expressions.append(_packed(slots, layout, found).alias(name))
    return rows.select(*expressions, "file_key", "row_number", "field_count_ok")


def _packed(slots: tuple[Slot, ...], layout: Layout, found: Mapping[str, str]) -> pl.Expr:
    """Separate adjustment columns as packed text `GROUP-REASON:AMOUNT|...`; an empty slot adds nothing."""
    parts = []
    for slot in slots:
        names = [found[plain(name)] for name in slot]
        text = [pl.col(name).cast(pl.String).str.strip_chars() for name in names]
        group, reason, amount = (pl.when(~is_nothing(part)).then(part) for part in text)
        money = plain_amount(amount, layout.money == "european")
        written = pl.format("{}-{}:{}", group.fill_null("?"), reason.fill_null("?"), money.fill_null("?"))
        # the accounting format shows a dash, or zeros, where there is nothing
        empty = group.is_null() & reason.is_null() & money.str.contains(r"^[0.]*$").fill_null(True)
        parts.append(pl.when(~empty).then(written))
    return pl.concat_str(parts, separator="|", ignore_nulls=True)

"""Layouts: how the header, dates, money and adjustments of a file become the canonical ones."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Final, Literal

import polars as pl

from schemas.inbound import COLUMNS, OPTIONAL_IN_HEADER, Kind
from transforms.intake.layout_rules import (
    Adjustment,
    ColumnTexts,
    FileForm,
    FoundHeaders,
    Made,
    Packed,
    adjustment_text,
    holds,
    is_any,
    made_text,
    opposite,
    packed_text,
    plain_header,
    said,
    with_point,
)
from transforms.intake.money_forms import plain_amount
from transforms.intake.nested import Nesting
from transforms.intake.plain_text import is_nothing

Slot = tuple[str, str, str]
ASSUMED: Final = "assumed"
"""Column that names what a layout assumed of a row."""
MINUTES_BY: Final = "minutes_by"
"""Column of the allowed amount by which the unit of anesthesia time is found; null: of this row it is not."""
ADJUSTMENTS_TOTAL: Final = "adjustments_total"
"""Column of the total that a file gives beside the adjustments of a line."""
_AMOUNTS: Final = ("charge_amount", "paid_amount", "allowed_amount", "adjustments", "claim_adjustments")


@dataclass(frozen=True)
class Layout:
    """One way to write claim or remit lines. `columns`: canonical name -> name in the file's header.

    `made`: canonical columns that are more than renamed. `constants` hold of every row; `assumed` fill
    what is empty and are counted. `where`: rows that are of this kind; `where_not`: rows that are not.
    `cancelled`: rows, by any of these columns, that take back an earlier answer: no claim lines, but remit
    lines of status 22 with opposite amounts. `cannot_answer`: what such a file can't tell
    (schemas.inbound.UNANSWERED). `minutes_by`: where the unit of anesthesia time is found from the prices of
    a file, the allowed amount. `adjustments_total`: the total beside a line's adjustments. `partner`: the
    other kind, where one file holds both. `optional`: their columns that may be absent. `implied_cents`:
    their columns whose whole numbers are cents. `fill_down`: a key of theirs and the columns that only the
    first row of a key fills. `nested`: how a document becomes rows; their columns are paths then.
    """

    name: str
    kind: Kind
    columns: Mapping[str, str]
    date_formats: tuple[str, ...] = ("%Y-%m-%d",)
    money: Literal["plain", "us", "european"] = "plain"
    un_means: str = ""
    constants: Mapping[str, str] = field(default_factory=dict)
    adjustment_slots: tuple[Slot, ...] = ()
    claim_adjustment_slots: tuple[Slot, ...] = ()
    made: Mapping[str, Made] = field(default_factory=dict)
    assumed: Mapping[str, str] = field(default_factory=dict)
    adjustment_rules: tuple[Adjustment, ...] = ()
    adjustment_groups: Mapping[str, str] = field(default_factory=dict)
    packed: Packed | None = None
    one_adjustment_a_row: bool = False
    where: ColumnTexts = ()
    where_not: ColumnTexts = ()
    cancelled: ColumnTexts = ()
    cannot_answer: tuple[str, ...] = ()
    minutes_by: str = ""
    adjustments_total: str = ""
    minutes_where: ColumnTexts = ()
    fill_down: tuple[str, tuple[str, ...]] | None = None
    optional: frozenset[str] = frozenset()
    year_pivot: int = 0
    implied_cents: tuple[str, ...] = ()
    file: FileForm = FileForm()
    nested: Nesting | None = None
    partner: Layout | None = None

    def parts(self) -> tuple[Layout, ...]:
        """The layout of each kind that a file of it holds."""
        return (self, self.partner) if self.partner else (self,)

    def theirs(self) -> tuple[str, ...]:
        """Every header or path that the layout names, as it names it."""
        slots = (*self.adjustment_slots, *self.claim_adjustment_slots)
        filled = () if self.fill_down is None else (self.fill_down[0], *self.fill_down[1])
        named = (
            *self.columns.values(),
            *(part for slot in slots for part in slot),
            *(name for rule in self.made.values() for name in rule.theirs()),
            *(name for rule in self.adjustment_rules for name in rule.theirs()),
            *((self.packed.column,) if self.packed else ()),
            *(name for name, _ in (*self.where, *self.where_not, *self.cancelled, *self.minutes_where)),
            *(name for name in (self.minutes_by, self.adjustments_total) if name),
            *filled,
            *self.implied_cents,
            *(self.partner.theirs() if self.partner else ()),
        )
        return tuple(dict.fromkeys(named))

    def tells_kind(self) -> tuple[str, ...]:
        """Their columns that tell which kind a row is of."""
        return tuple(name for name, _ in (*self.where, *self.where_not, *self.cancelled))

    @cached_property
    def _headers(self) -> frozenset[str]:
        return frozenset(plain_header(name) for name in self.theirs())

    def headers(self) -> frozenset[str]:
        """Every header the layout names, as headers are compared."""
        return self._headers

    def needed(self) -> frozenset[str]:
        """The headers that a file must have: the layout's signature."""
        return self.headers() - self.optional

    def signature(self) -> frozenset[str]:
        """The paths that a nested document must have: its lists, and what required columns are read from."""
        assert self.nested is not None
        required = {column.name for column in COLUMNS[self.kind] if column.is_required}
        names = [self.columns[name] for name in sorted(required & set(self.columns))]
        names += [path for _, path in self.nested.each]
        known = {self.nested.generic(name) for name in names if plain_header(name) not in self.optional}
        return frozenset(known) | (self.partner.signature() if self.partner else frozenset())


def canonical_layout(kind: Kind) -> Layout:
    """The layout of the contract itself."""
    return Layout("canonical", kind, {column.name: column.name for column in COLUMNS[kind]})


def pick_layout(header: Iterable[str], layouts: Iterable[Layout]) -> tuple[Layout | None, list[str]]:
    """The layout whose signature the header has, the most specific first; else the canonical one that misses
    least.

    Returns the layout (None: nothing fits) and the required canonical columns that the header misses.
    """
    present = {plain_header(name) for name in header}
    fitting = [layout for layout in layouts if not layout.nested and layout.needed() <= present]
    if fitting:
        return max(fitting, key=lambda layout: (len(layout.headers() & present), layout.name)), []
    scored = []
    for kind in COLUMNS:
        names = {column.name for column in COLUMNS[kind]}
        scored.append((len(names & present), kind, sorted(names - OPTIONAL_IN_HEADER[kind] - present)))
    hits, kind, missing = max(scored)
    if hits < 5:
        return None, []
    return canonical_layout(kind), missing


def pick_nested(paths: set[str], layouts: Iterable[Layout]) -> Layout | None:
    """The nested layout whose signature is among the paths of a document, the most specific first."""
    nested = [layout for layout in layouts if layout.nested]
    fitting = [layout for layout in nested if layout.signature() <= paths]
    return max(fitting, key=lambda layout: (len(layout.signature()), layout.name), default=None)


def nearest_layout(header: Iterable[str], layouts: Iterable[Layout]) -> dict[str, Any]:
    """The layout of which the header has the largest share: its name and kind, how many columns of it are
    there, and which of its own names are missing.
    """
    present = {plain_header(name) for name in header}
    canonical = [canonical_layout(kind) for kind in COLUMNS]

    def needed(layout: Layout) -> frozenset[str]:
        if layout in canonical:
            return layout.headers() - OPTIONAL_IN_HEADER[layout.kind]
        return layout.signature() if layout.nested else layout.needed()

    best = max((*canonical, *layouts), key=lambda each: len(needed(each) & present) / len(needed(each)))
    return {
        "layout": best.name,
        "kind": best.kind,
        "found": len((needed(best) if best.nested else best.headers()) & present),
        "missing": sorted(needed(best) - present),
    }


def column_numbers(layout: Layout, header: list[str]) -> dict[str, int]:
    """Canonical columns that a file has of its own -> their place in its header, from 0."""
    places = {plain_header(name): number for number, name in reversed(list(enumerate(header)))}
    named = ((name, places.get(plain_header(theirs))) for name, theirs in layout.columns.items())
    return {name: place for name, place in named if place is not None}


def canonical_text(rows: pl.LazyFrame, layout: Layout, header: list[str]) -> pl.LazyFrame:
    """Rename, make, fill and pack: every canonical column as text, then file_key, row_number and
    field_count_ok; what was assumed, where the layout assumes anything. Rows of the other kind are left out.

    `header`: the file's own column names. Columns the layout does not name are dropped here, before anything
    is kept.
    """
    found = {plain_header(name): name for name in reversed(header)}
    texts, assumed = canonical_texts(layout, found)
    marks = [pl.concat_str(assumed, separator=",", ignore_nulls=True).alias(ASSUMED)] if assumed else []
    if layout.minutes_by:
        amount = said(found, layout.minutes_by).fill_null("0")
        marks.append(pl.when(holds(found, layout.minutes_where)).then(amount).alias(MINUTES_BY))
    if layout.adjustments_total:
        marks.append(said(found, layout.adjustments_total).alias(ADJUSTMENTS_TOTAL))
    expressions = [text.alias(name) for name, text in texts.items()]
    is_filtered = layout.where or layout.where_not or layout.cancelled
    mine = rows.filter(is_of_kind(layout, found)) if is_filtered else rows
    more: list[str | pl.Expr] = ["file_key", "row_number", "field_count_ok", *marks]
    if not layout.cancelled or layout.kind == "claim_lines":
        return mine.select(*expressions, *more)
    is_cancel = is_any(found, layout.cancelled).alias("_is_cancel")
    taken_back = _taken_back(layout.money == "european")
    return mine.select(*expressions, *more, is_cancel).with_columns(taken_back).drop("_is_cancel")


def canonical_texts(layout: Layout, found: FoundHeaders) -> tuple[dict[str, pl.Expr], list[pl.Expr]]:
    """The text of every canonical column, and the names of those that the layout assumed."""
    texts = {column.name: _text_of(column.name, layout, found) for column in COLUMNS[layout.kind]}
    assumed: list[pl.Expr] = []
    for name, value in layout.assumed.items():
        empty = _says_nothing(texts[name])
        assumed.append(pl.when(empty).then(pl.lit(name)))
        texts[name] = pl.when(empty).then(pl.lit(value)).otherwise(texts[name])
    return texts, assumed


def _taken_back(comma: bool) -> list[pl.Expr]:
    """Status and amounts where the row takes back an earlier answer: unless they are negative already, the
    amounts turn their sign.
    """
    charge = plain_amount(pl.col("charge_amount"), comma)
    turns = pl.col("_is_cancel") & ~charge.str.starts_with("-").fill_null(False)
    status = (
        pl.when("_is_cancel").then(pl.lit("22")).otherwise("claim_status_code").alias("claim_status_code")
    )
    return [status, *(opposite(pl.col(name), turns, comma).alias(name) for name in _AMOUNTS)]


def is_of_kind(layout: Layout, found: FoundHeaders) -> pl.Expr:
    """Rows that the layout's filter takes for lines of its kind."""
    mine = holds(found, layout.where) & ~is_any(found, layout.where_not)
    claims = layout.kind == "claim_lines"
    return mine & ~is_any(found, layout.cancelled) if layout.cancelled and claims else mine


def are_of_kind(rows: pl.DataFrame, layout: Layout, found: FoundHeaders) -> pl.Series:
    """Which rows the layout's filter takes for lines of its kind."""
    return rows.with_columns(_is_mine=is_of_kind(layout, found))["_is_mine"]


def with_points(rows: pl.DataFrame, layout: Layout, header: list[str]) -> pl.DataFrame:
    """The columns whose whole numbers are cents as dollars and cents. Grain unchanged."""
    found = {plain_header(name): name for name in reversed(header)}
    names = [found[plain_header(name)] for name in layout.implied_cents if plain_header(name) in found]
    return rows.with_columns(with_point(said(found, name), 2).alias(name) for name in names)


def joined_adjustments(rows: pl.DataFrame) -> pl.DataFrame:
    """Rows that say the same except for their adjustment are one line, and its adjustments stand together."""
    apart = {"adjustments", "claim_adjustments", "row_number"}
    keys = [name for name in rows.columns if name not in apart]
    packed = [
        pl.col(name).filter(pl.col(name) != "").str.join("|").alias(name)
        for name in ("adjustments", "claim_adjustments")
    ]
    whole = rows.group_by(keys, maintain_order=True).agg(*packed, pl.col("row_number").min())
    return whole.select(rows.columns).sort("row_number")


def _says_nothing(text: pl.Expr) -> pl.Expr:
    return is_nothing(text.str.strip_chars()).fill_null(True)


def _text_of(name: str, layout: Layout, found: FoundHeaders) -> pl.Expr:
    comma = layout.money == "european"
    if layout.kind == "remit_lines" and name in ("adjustments", "claim_adjustments"):
        slots = layout.adjustment_slots if name == "adjustments" else layout.claim_adjustment_slots
        rules = [Adjustment(amount, group, reason) for group, reason, amount in slots]
        rules += layout.adjustment_rules if name == "adjustments" else ()
        if rules:
            parts = [adjustment_text(rule, found, layout.adjustment_groups, comma) for rule in rules]
            return pl.concat_str(parts, separator="|", ignore_nulls=True)
        if layout.packed and name == "adjustments":
            return packed_text(layout.packed, found)
    if name in layout.made:
        return made_text(layout.made[name], found, comma)
    header = found.get(plain_header(layout.columns[name])) if name in layout.columns else None
    if header is not None:
        return pl.col(header).cast(pl.String)
    return pl.lit(layout.constants.get(name), pl.String)

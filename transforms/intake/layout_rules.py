"""What a layout can say of one column: which of theirs it is made of, and how."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

import polars as pl

from transforms.intake.money_forms import PLAIN, plain_amount
from transforms.intake.plain_text import is_nothing

ColumnTexts = tuple[tuple[str, tuple[str, ...]], ...]
"""Columns of theirs, each with the texts that fulfil a condition."""


@dataclass(frozen=True)
class Made:
    """A canonical column made of one or several of theirs.

    `how`: the one column, the first that says something, or all joined by `between`. Then in this order: the
    part between two `split` marks (from 1; or the one that `part_at` points to, a column made alike), the
    first group of `pattern`, the value map (`otherwise` for a value it does not know; else that stays and
    the rules judge it), implied decimals, the factor `times`, the sign where `negative` holds.
    `number_within`: the place of the row among those of the same key instead.
    """

    sources: tuple[str, ...]
    how: Literal["one", "first", "join"] = "one"
    between: str = ""
    split: str = ""
    part: int = 1
    part_at: Made | None = None
    pattern: str = ""
    mapped: tuple[tuple[str, str], ...] = ()
    otherwise: str | None = None
    implied_decimals: int = 0
    times: str = ""
    negative: ColumnTexts = ()
    number_within: str = ""

    def theirs(self) -> tuple[str, ...]:
        """Every header that it reads."""
        more = (self.number_within,) if self.number_within else ()
        pointing = self.part_at.theirs() if self.part_at else ()
        return (*self.sources, *(name for name, _ in self.negative), *more, *pointing)


@dataclass(frozen=True)
class Adjustment:
    """One adjustment of a row in columns of its own.

    Its code stands in `code` (CO-45, CO45), or in `group` and `reason`, or is always `always`; where that is
    a group alone, the reason stands in `reason`. Its amount is that of `amount`, or of the first column in
    `less` minus all others; `negative` turns its sign. It is there only where `where` holds and none of
    `where_not` does, and where its amount is `near_percent` of the first column in `near` minus all others,
    to the cent.
    """

    amount: str = ""
    group: str = ""
    reason: str = ""
    code: str = ""
    always: str = ""
    less: tuple[str, ...] = ()
    negative: ColumnTexts = ()
    where: ColumnTexts = ()
    where_not: ColumnTexts = ()
    near_percent: int = 0
    near: tuple[str, ...] = ()

    @property
    def is_plain(self) -> bool:
        """Whether it is group, reason and amount in columns of their own, and no more."""
        told = self.negative or self.where or self.where_not
        return bool(self.group and self.reason and self.amount) and not told

    def theirs(self) -> tuple[str, ...]:
        """Every header that it reads."""
        turning = (name for name, _ in (*self.negative, *self.where, *self.where_not))
        named = (self.amount, self.group, self.reason, self.code, *self.less, *self.near, *turning)
        return tuple(name for name in named if name)


@dataclass(frozen=True)
class Packed:
    """All adjustments of a row in one column: `between` separates them, the groups of `pattern` are group,
    reason and amount.
    """

    column: str
    between: str = "|"
    pattern: str = ""


@dataclass(frozen=True)
class FileForm:
    """What a layout tells of the file itself; empty or 0: found from the content.

    `header`: the names of a file that has none. `fixed`: name, start (from 1) and width of columns.
    `matches`: patterns of their columns by which a file without a header is known.
    """

    delimiter: str = ""
    quote: str = '"'
    encoding: str = ""
    sheet: str = ""
    skip_rows: int = 0
    skip_end_rows: int = 0
    header: tuple[str, ...] = ()
    fixed: tuple[tuple[str, int, int], ...] = ()
    matches: tuple[tuple[str, str], ...] = ()

    @property
    def names(self) -> tuple[str, ...]:
        """The names that the layout gives to columns of a file without a header."""
        return tuple(name for name, _, _ in self.fixed) or self.header

    @property
    def is_told(self) -> bool:
        """Whether the text must be opened as the layout says."""
        return bool(self.delimiter or self.quote != '"' or self.encoding or self.skip_rows or self.names)


def plain_header(header: str) -> str:
    """A header as it is compared: no byte order mark, single blanks, lower case."""
    return " ".join(header.replace("\ufeff", "").split()).casefold()


FoundHeaders = Mapping[str, str]
"""Compared header -> header as the file has it."""


def said(found: FoundHeaders, name: str) -> pl.Expr:
    """The trimmed text of a column of theirs; null where it says nothing or the file has no such column."""
    header = found.get(plain_header(name))
    if header is None:
        return pl.lit(None, pl.String)
    text = pl.col(header).cast(pl.String).str.strip_chars()
    return pl.when(~is_nothing(text)).then(text)


def holds(found: FoundHeaders, values: ColumnTexts) -> pl.Expr:
    """Whether each column has one of its texts, compared without case; an empty text stands for nothing."""
    tests = [
        said(found, name).fill_null("").str.to_lowercase().is_in([text.strip().lower() for text in texts])
        for name, texts in values
    ]
    return pl.all_horizontal(tests) if tests else pl.lit(True)


def is_any(found: FoundHeaders, values: ColumnTexts) -> pl.Expr:
    """Whether any column has one of its texts."""
    return pl.any_horizontal([pl.lit(False), *(holds(found, (one,)) for one in values)])


def made_text(rule: Made, found: FoundHeaders, decimal_comma: bool) -> pl.Expr:
    """The text of a canonical column by its rule."""
    if rule.number_within:
        key = said(found, rule.number_within)
        place = pl.int_range(1, pl.len() + 1).over(key).cast(pl.String)
        return pl.when(key.is_not_null()).then(place)
    texts = [said(found, name) for name in rule.sources] or [pl.lit(None, pl.String)]
    if rule.how == "join":
        text = pl.concat_str(texts, separator=rule.between, ignore_nulls=True)
        text = pl.when(text != "").then(text)
    else:
        text = pl.coalesce(texts)
    if rule.split:
        parts = text.str.split(rule.split)
        text = parts.list.get(_place(rule, found), null_on_oob=True).str.strip_chars()
    if rule.pattern:
        text = text.str.extract(rule.pattern, 1).str.strip_chars()
    if rule.mapped:
        text = _mapped(text, rule)
    return _number(text, rule, found, decimal_comma)


def _place(rule: Made, found: FoundHeaders) -> pl.Expr:
    """The place of the part, from 0; null where it is pointed to and nothing points."""
    if rule.part_at is None:
        return pl.lit(rule.part - 1)
    place = made_text(rule.part_at, found, decimal_comma=False).cast(pl.Int64, strict=False)
    return pl.when(place > 0).then(place - 1)


def _mapped(text: pl.Expr, rule: Made) -> pl.Expr:
    lower = text.fill_null("").str.to_lowercase()
    other = text if rule.otherwise is None else pl.when(text.is_not_null()).then(pl.lit(rule.otherwise))
    # no `replace_strict`: the streaming engine would hold the whole column for it
    mapped = [pl.when(lower == theirs.strip().lower()).then(pl.lit(ours)) for theirs, ours in rule.mapped]
    return pl.coalesce(*mapped, other)


def _number(text: pl.Expr, rule: Made, found: FoundHeaders, decimal_comma: bool) -> pl.Expr:
    if rule.implied_decimals:
        text = with_point(text, rule.implied_decimals)
    if rule.times:
        amount = plain_amount(text, decimal_comma)
        product = exact(amount) * pl.lit(Decimal(rule.times), pl.Decimal(18, 4))
        text = pl.when(amount.str.contains(PLAIN)).then(_shown(product)).otherwise(text)
    return _turned(text, rule.negative, found, decimal_comma)


def with_point(text: pl.Expr, decimals: int) -> pl.Expr:
    """A whole number with its last digits behind a point; what is none stays as it is."""
    digits = text.str.strip_prefix("-").str.pad_start(decimals + 1, "0")
    sign = pl.when(text.str.starts_with("-")).then(pl.lit("-")).otherwise(pl.lit(""))
    pointed = pl.format("{}{}.{}", sign, digits.str.head(-decimals), digits.str.tail(decimals))
    return pl.when(text.str.contains(r"^-?[0-9]+$")).then(pointed).otherwise(text)


def opposite(text: pl.Expr, turns: pl.Expr, decimal_comma: bool) -> pl.Expr:
    """An amount, or packed adjustments, with the other sign where `turns` holds."""
    amount = plain_amount(text, decimal_comma)
    turned = pl.when(amount.str.starts_with("-")).then(amount.str.strip_prefix("-")).otherwise("-" + amount)
    is_packed = text.str.contains(":", literal=True)
    kept = text.str.replace_all(":-", ":~").str.replace_all(r":\+?([0-9.])", ":-$1")
    other = pl.when(is_packed).then(kept.str.replace_all(":~", ":", literal=True)).otherwise(turned)
    return pl.when(turns & (is_packed | amount.str.contains(PLAIN))).then(other).otherwise(text)


def _turned(text: pl.Expr, negative: ColumnTexts, found: FoundHeaders, decimal_comma: bool) -> pl.Expr:
    """The amount with its other sign where `negative` holds."""
    if not negative:
        return text
    return opposite(text, holds(found, negative), decimal_comma)


def exact(amount: pl.Expr) -> pl.Expr:
    """A plain amount as a decimal of four places; null where it is none."""
    return amount.cast(pl.Decimal(18, 4), strict=False)


def _shown(number: pl.Expr) -> pl.Expr:
    return number.cast(pl.String).str.replace(r"(\.\d*?)0+$", "$1").str.strip_suffix(".")


def adjustment_text(
    rule: Adjustment, found: FoundHeaders, groups: Mapping[str, str], decimal_comma: bool
) -> pl.Expr:
    """`GROUP-REASON:AMOUNT`; null where the columns say nothing or zero."""
    if rule.less:
        money = _shown(_less(rule.less, found, decimal_comma))
    else:
        money = plain_amount(said(found, rule.amount), decimal_comma)
    money = _turned(money, rule.negative, found, decimal_comma)
    nothing = money.str.contains(r"^-?[0.]*$").fill_null(True)
    written = _written(rule, found, groups, money, nothing)
    if rule.near:
        base = _less(rule.near, found, decimal_comma) * rule.near_percent
        off = (_ten_thousandths(exact(money)) * 100 - _ten_thousandths(base)).abs()
        written = pl.when(off <= ONE_CENT * 100).then(written)
    if rule.where or rule.where_not:
        written = pl.when(holds(found, rule.where) & ~is_any(found, rule.where_not)).then(written)
    return written


ONE_CENT = 100
"""In ten-thousandths of a dollar."""


def _ten_thousandths(amount: pl.Expr) -> pl.Expr:
    return amount.cast(pl.Decimal(18, 4)).to_physical().cast(pl.Int64)


def _less(names: tuple[str, ...], found: FoundHeaders, decimal_comma: bool) -> pl.Expr:
    """The first column minus all others; what says nothing is 0."""
    first, *others = (exact(plain_amount(said(found, name), decimal_comma)).fill_null(0) for name in names)
    for other in others:
        first = first - other
    return first


def _written(
    rule: Adjustment, found: FoundHeaders, groups: Mapping[str, str], money: pl.Expr, nothing: pl.Expr
) -> pl.Expr:
    if "-" in rule.always:
        return pl.when(~nothing).then(pl.format("{}:{}", pl.lit(rule.always), money))
    if rule.code:
        code = said(found, rule.code).str.to_uppercase()
        parts = code.str.replace(r"^([A-Z]{2})[\s:/-]*([0-9A-Z]{1,3})$", "$1-$2")
        empty = code.is_null() & nothing
        return pl.when(~empty).then(pl.format("{}:{}", parts.fill_null("?"), money.fill_null("?")))
    reason = said(found, rule.reason)
    if rule.always:
        there = ~(reason.is_null() & nothing)
        return pl.when(there).then(
            pl.format("{}-{}:{}", pl.lit(rule.always), reason.fill_null("?"), money.fill_null("?"))
        )
    group = said(found, rule.group)
    if groups:
        lower = group.str.to_lowercase()
        known = [pl.when(lower == theirs.lower()).then(pl.lit(ours)) for theirs, ours in groups.items()]
        group = pl.coalesce(*known, group)
    written = pl.format("{}-{}:{}", group.fill_null("?"), reason.fill_null("?"), money.fill_null("?"))
    # the accounting format shows a dash, or zeros, where there is nothing
    return pl.when(~(group.is_null() & reason.is_null() & nothing)).then(written)


def packed_text(rule: Packed, found: FoundHeaders) -> pl.Expr:
    """Packed adjustments in the canonical form; what the pattern does not fit stays, and a rule says so."""
    text = said(found, rule.column)
    part = pl.element().str.strip_chars()
    if rule.pattern:
        part = part.str.replace(f"^(?:{rule.pattern})$", "${1}-${2}:${3}")
    parts = text.str.split(rule.between).list.eval(part.filter(part != ""))
    return pl.when(text.is_not_null()).then(parts.list.join("|"))

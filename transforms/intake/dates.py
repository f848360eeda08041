"""Dates as exports write them: in the forms of the layout, ISO, at midnight, with a year of two digits."""

from __future__ import annotations

from typing import Final

import polars as pl

ALWAYS: Final = ("%Y-%m-%d", "%Y%m%d")
"""Read in every layout, after its own formats."""
ZONE: Final = r"(?:\s?(?:Z|UTC|[+-][0-9]{2}:?[0-9]{2}))?"
MIDNIGHT: Final = rf"(?:T|\s+)(?:00?:00(?::00(?:\.0+)?)?{ZONE}|12:00(?::00(?:\.0+)?)?\s?[Aa][Mm])$"
DIGITS: Final = r"^[0-9]{8}$"
YOUNGEST_YEARS: Final = 5
"""A birth year of two digits makes the patient at least so old at the service, and younger than a hundred
years more: these procedures are not done on infants, and there are patients of a hundred years."""


def read_date(text: pl.Expr, formats: tuple[str, ...], year_pivot: int = 0) -> pl.Expr:
    """The first format that reads; years of two digits last: they lie in 1969 to 2068, or in the hundred
    years that end with `year_pivot`.

    %Y reads 25 as the year 25: such a year is taken only where no format gives another.
    """
    day = text.str.replace(MIDNIGHT, "")
    full = [_read(day, form) for form in dict.fromkeys((*formats, *ALWAYS)) if "%y" not in form]
    short = [_by_pivot(_read(day, form), year_pivot) for form in short_formats(formats)]
    return pl.coalesce(*(pl.when(found.dt.year() >= 1000).then(found) for found in full), *short, *full)


def _by_pivot(day: pl.Expr, last: int) -> pl.Expr:
    if not last:
        return day
    late, early = day.dt.year() > last, day.dt.year() <= last - 100
    moved = pl.when(late).then(day.dt.offset_by("-100y"))
    return moved.when(early).then(day.dt.offset_by("100y")).otherwise(day)


def _read(day: pl.Expr, form: str) -> pl.Expr:
    if form == "%Y%m%d":
        day = pl.when(day.str.contains(DIGITS)).then(day)
    return day.str.to_date(form, strict=False)


def short_formats(formats: tuple[str, ...]) -> tuple[str, ...]:
    """The formats with a year of two digits: those of the layout, and its own with the year at the end."""
    ending = [form.replace("%Y", "%y") for form in formats if form.endswith("%Y")]
    return tuple(dict.fromkeys([*(form for form in formats if "%y" in form), *ending]))


def has_short_year(text: pl.Expr, formats: tuple[str, ...]) -> pl.Expr:
    """Whether a date was written with a year of two digits."""
    day = text.str.replace(MIDNIGHT, "")
    found = [day.str.to_date(form, strict=False).is_not_null() for form in short_formats(formats)]
    return pl.any_horizontal(found) if found else pl.lit(False)


def birth_by_service(born: pl.Expr, is_short: pl.Expr, served: pl.Expr) -> pl.Expr:
    """A birth date of a two-digit year in the century that the service allows (see YOUNGEST_YEARS)."""
    latest = served.dt.offset_by(f"-{YOUNGEST_YEARS}y")
    return pl.when(is_short & (born > latest)).then(born.dt.offset_by("-100y")).otherwise(born)

"""What a page is made of: sentences, tables, figures, cards, sections. Templates lay them out."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from transforms.publication.published import PublishedRow
from transforms.publication.svg import Drawing
from transforms.publication.values import ShownValue, plain, shown


@dataclass(frozen=True)
class Link:
    """Words that lead to a page, and a place on it."""

    text: str
    page: str
    place: str = ""


_Part = str | ShownValue | Link
Sentence = tuple[_Part, ...]
"""Words, published numbers and links, in order."""


@dataclass(frozen=True)
class Head:
    """A column of a table: its heading, and whether numbers stand in it."""

    text: str
    is_number: bool = True


@dataclass(frozen=True)
class NumberTable:
    """Numbers as people read them; the first cell of a row names it."""

    caption: str
    heads: tuple[Head, ...]
    rows: tuple[tuple[ShownValue, ...], ...]


@dataclass(frozen=True)
class Figure:
    """A chart with its heading, note and numbers; without a drawing the note says why."""

    place: str
    heading: Sentence
    subtitle: str
    note: str
    drawing: Drawing | None = None
    table: NumberTable | None = None
    remarks: tuple[Sentence, ...] = ()
    is_folded: bool = True


@dataclass(frozen=True)
class Card:
    """One figure at a glance."""

    title: str
    big: ShownValue
    remarks: tuple[Sentence, ...]
    spark: str = ""


@dataclass(frozen=True)
class Section:
    """A heading with sentences, facts, tables and figures under it."""

    place: str
    heading: str
    sentences: tuple[Sentence, ...] = ()
    facts: tuple[tuple[str, Sentence], ...] = ()
    tables: tuple[NumberTable, ...] = ()
    figures: tuple[Figure, ...] = ()
    is_small: bool = False
    """Small multiples: figures side by side."""


@dataclass(frozen=True)
class Page:
    """One page of the publication."""

    slug: str
    label: str
    heading: str
    lead: tuple[Sentence, ...]
    cards: tuple[Card, ...]
    sections: tuple[Section, ...]


@dataclass(frozen=True)
class Col:
    """How a column of a table of numbers is made from a row."""

    head: str
    of: str | Callable[[PublishedRow], ShownValue]
    is_number: bool = True


def number_table(caption: str, rows: Sequence[PublishedRow], columns: Sequence[Col]) -> NumberTable:
    """A table of published rows."""
    return NumberTable(
        caption,
        tuple(Head(column.head, column.is_number) for column in columns),
        tuple(tuple(_cell(row, column) for column in columns) for row in rows),
    )


def _cell(row: PublishedRow, column: Col) -> ShownValue:
    return shown(row, column.of) if isinstance(column.of, str) else column.of(row)


def named(words: Callable[[PublishedRow], str]) -> Callable[[PublishedRow], ShownValue]:
    """A cell that names its row in words; empty words read `not stated`."""
    return lambda row: plain(words(row) or "not stated")


def page_text(sentence: Sentence) -> str:
    """A sentence without its marks, for captions and accessible names."""
    return "".join(part if isinstance(part, str) else part.text for part in sentence)

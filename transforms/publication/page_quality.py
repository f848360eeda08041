"""How far the figures can be trusted: files, quarantine, links, balance, what is left out."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Final

from transforms.publication.charts import Item, bar_chart
from transforms.publication.page_summary import fresh_section
from transforms.publication.parts import (
    Col,
    Figure,
    NumberTable,
    Page,
    Section,
    Sentence,
    named,
    number_table,
)
from transforms.publication.published import PAYER_ORDER, Published, PublishedRow
from transforms.publication.reading import payer_of
from transforms.publication.values import ShownValue, plain, shown
from transforms.publication.words import spoken

_QUALITY: Final = "data_quality"
EVERY: Final = "all"
FLOW: Final = ("rows_read", "in_scope", "accepted", "quarantined", "repaired")
_SOURCES: Final = ("claim_lines", "remit_lines")
OF_FILES: Final = ("rejected_files", "findings")
OF_ANSWERS: Final = ("remit", "reversal", "copies", "answer", "linked", "role")
MOST_CHANGES: Final = 40
MOST_RULES: Final = 15


def quality_page(published: Published) -> Page:
    """Files read, rows kept and refused, answers linked, and how the numbers moved."""
    lead: tuple[Sentence, ...] = (
        (
            "A row that cannot be trusted goes to quarantine under a named rule. A file that cannot "
            "be trusted is rejected as a whole.",
        ),
        ("The figures contain no such rows or files. These counts are of rows and files, not of people.",),
    )
    totals = totals_of(published)
    sections = (
        _flow(totals),
        _links(totals),
        fresh_section(published),
        _shown(published),
        _changes(published),
    )
    return Page("quality", "Quality", "Quality of the files and the figures", lead, (), sections)


def totals_of(published: Published) -> list[PublishedRow]:
    """Rows over all months together: as published, or summed where the months stand exact."""
    rows = published.whole(_QUALITY)
    ready = [row for row in rows if row["period_type"] == EVERY]
    if ready:
        return ready
    groups: dict[tuple[str, ...], list[PublishedRow]] = {}
    for row in rows:
        groups.setdefault(tuple(str(row[name]) for name in ("payer", "source", "rule_code")), []).append(row)
    return [_summed(group) for _, group in sorted(groups.items())]


def _summed(rows: Sequence[PublishedRow]) -> PublishedRow:
    first = rows[0]
    keys = {**first.keys, "period_type": EVERY, "period_start": None}
    sums = {
        name: sum(row[name] or 0 for row in rows)
        for name, number in (first.values or {}).items()
        if isinstance(number, int) and not isinstance(number, bool)
    }
    return replace(first, keys=keys, values=sums, is_sum=True)


def _flow(totals: Sequence[PublishedRow]) -> Section:
    every = [row for row in totals if row["payer"] == EVERY]
    rows = [row for row in every if row["rule_code"] == EVERY and row["source"] in _SOURCES]
    files = [row for row in every if row["rule_code"] == EVERY and row["source"] in ("file", "x12")]
    columns = (Col("Kind", named(_source_of), False), *(Col(spoken(name), name) for name in FLOW))
    tables = [number_table("Rows by kind of file, all months together", rows, columns)] if rows else []
    if files:
        of_files = (Col("Kind", named(_source_of), False), *(Col(spoken(name), name) for name in OF_FILES))
        tables.append(number_table("Rejected files, and findings that removed no row", files, of_files))
    return Section(
        "flow",
        "From rows read to rows accepted",
        (("Rows out of scope are rows of other procedure codes. Source: table data_quality.",),),
        tables=tuple(tables),
        figures=(_by_rule(every),),
    )


def _source_of(row: PublishedRow) -> str:
    return {"file": "Files", "x12": "Raw X12"}.get(row["source"], spoken(str(row["source"])))


def _by_rule(every: Sequence[PublishedRow]) -> Figure:
    found = [row for row in every if row["rule_code"] != EVERY and row["quarantined"]]
    found.sort(key=lambda row: (-row["quarantined"], row.key))

    def label(row: PublishedRow) -> str:
        return f"{spoken(str(row['rule_code']))} ({_source_of(row).lower()})"

    items = [Item(label(row), "all", row) for row in found[:MOST_RULES]]
    columns = (
        Col("Rule", named(label), False),
        Col("Quarantined", "quarantined"),
        Col("Repaired", "repaired"),
    )
    return Figure(
        "rules",
        ("Why rows were quarantined",),
        "Rows by rule, all months together",
        "`cpt01939 explain CODE` says what a rule means and what to do. Source: table data_quality."
        if found
        else "No single rule stopped enough rows to be shown (11 or more), or none stopped any. "
        "Source: table data_quality.",
        bar_chart(items, "quarantined", "rows", "Rows") if found else None,
        number_table("Rows by rule", found, columns) if found else None,
        is_folded=False,
    )


def _links(totals: Sequence[PublishedRow]) -> Section:
    rows = [row for row in totals if row["rule_code"] == EVERY]
    names = [name for row in rows[:1] for name, value in (row.values or {}).items() if _is_count(name, value)]
    answers = [name for name in names if any(part in name for part in OF_ANSWERS)]
    claims = [name for name in names if name not in answers]
    tables = (
        *_by_payer("Answers by payer", rows, "remit_lines", answers),
        *_by_payer("Current claim lines by payer", rows, "claim_lines", claims),
    )
    told: Sentence = (
        "A remit line that matches no claim line, or several equally well, changes no figure. A line "
        "out of balance is kept and counted. The dictionary on the method page explains each column. "
        "Source: table data_quality.",
    )
    return Section("link", "Answers and claims", (told,), tables=tables)


def _is_count(name: str, value: object) -> bool:
    is_number = value is None or (isinstance(value, int) and not isinstance(value, bool))
    known = (*FLOW, *OF_FILES, "is_rollup", "is_mature", "period_start", "period_type", "payer", "source")
    return is_number and name not in known


def _by_payer(
    caption: str, rows: Sequence[PublishedRow], source: str, names: Sequence[str]
) -> tuple[NumberTable, ...]:
    of_source = {row["payer"]: row for row in rows if row["source"] == source}
    there = [of_source[payer] for payer in (*PAYER_ORDER, "unknown", EVERY) if payer in of_source]
    told = [name for name in names if any(row[name] != 0 for row in there)]
    if not there or not told:
        return ()
    payer: Callable[[PublishedRow], str] = payer_of
    columns = (Col("Payer", named(payer), False), *(Col(spoken(name), name) for name in told))
    return (number_table(f"{caption}, all months together", there, columns),)


def _shown(published: Published) -> Section:
    place, heading = "shown", "What is left out"
    if published.edition.is_exact:
        return Section(place, heading, (("Nothing. This edition shows every number as it is.",),))
    told: Sentence = (
        "A row is shown if it has at least 11 patients, 11 cases, 11 claims and 11 lines. Its counts "
        "are rounded. A price needs 11 priced lines and enough providers, none of them with most of "
        "the lines.",
    )
    shares = published.edition.shares
    columns = (
        Col("Table", named(lambda row: row["table"]), False),
        Col("Periods", named(lambda row: spoken(row["kind"])), False),
        Col("Rows shown", lambda row: plain(row["rows"])),
        Col("Share of all lines in them", lambda row: plain(row["lines"])),
    )
    rows = [
        PublishedRow("manifest", {"table": table, "kind": kind}, {"rows": rows, "lines": lines}, False)
        for (table, kind), (rows, lines) in sorted(shares.items())
    ]
    tables = (number_table("Share of rows and of lines shown", rows, columns),) if rows else ()
    return Section(place, heading, (told,), tables=tables)


def _changes(published: Published) -> Section:
    place, heading, rows = "changes", "How the numbers changed", published.whole("release_changes")
    if not rows:
        return Section(
            place,
            heading,
            (("No number changed since the previous release, or this is the first release.",),),
        )
    count = f"{min(len(rows), MOST_CHANGES)} of {len(rows):,}"
    columns = (
        Col("Table", named(lambda row: row["table_name"]), False),
        Col("Row", named(_cell_of), False),
        Col("Measure", named(lambda row: spoken(str(row["measure"]))), False),
        Col("Before", lambda row: _moved(row, "before")),
        Col("Now", lambda row: _moved(row, "after")),
        Col("Why", named(lambda row: spoken(str(row["why"] or "not stated"))), False),
    )
    table = number_table("Changes", rows[:MOST_CHANGES], columns)
    told: Sentence = (f"The first {count} values that changed since the previous release.",)
    return Section(place, heading, (told,), tables=(table,))


def _moved(row: PublishedRow, column: str) -> ShownValue:
    return shown(row, column) if row[column] is not None else plain("not shown")


def _cell_of(row: PublishedRow) -> str:
    names = ("procedure_code", "payer", "line_of_business", "period_type", "period_start", "further_keys")
    return " ".join(str(row[name]) for name in names if row[name])

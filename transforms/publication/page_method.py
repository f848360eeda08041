"""What each number means, and where it is from."""

from __future__ import annotations

from schemas.dictionary import NOT, described_table
from schemas.tables import TABLES
from transforms.publication.parts import Head, NumberTable, Page, Section, Sentence
from transforms.publication.published import Published
from transforms.publication.reference_facts import CodeFacts
from transforms.publication.shown_edition import long_date
from transforms.publication.values import plain
from transforms.publication.words import EDITIONS, ROUNDING, SYMBOLS


def method_page(published: Published, facts: CodeFacts) -> Page:
    """Units, maturity, symbols, the dictionary."""
    lead: tuple[Sentence, ...] = (
        ("Every number on these pages is in a published table, under the same name.",),
        (
            "The figures are of current lines billed to the primary payer. Replaced, voided and "
            "secondary lines are counted separately.",
        ),
    )
    sections = (
        _unit(facts),
        _mature(published),
        _edition(published),
        Section(
            "symbols", "Symbols", facts=tuple((f"[{name}]", (words,)) for name, words in SYMBOLS.items())
        ),
        Section("not", "What the numbers are not", tuple((line,) for line in NOT)),
        _dictionary(published),
        _sources(published),
    )
    return Page("method", "Method", "Method: what each number means", lead, (), sections)


def _unit(facts: CodeFacts) -> Section:
    base = int(facts.rows("anesthesia_codes").get(facts.code, {}).get("base_units") or 0)
    time, factor = 2.0, 75
    units = base + time
    return Section(
        "unit",
        "Units and dollars per unit",
        (
            (
                "Allowed per unit = allowed amount / ((base units + minutes / 15) x share). This "
                "price can be compared across minutes, modifiers and payers.",
            ),
            (
                "The share is 1 for AA and QZ, and 0.5 for QK, QY and QX. Units for physical status are "
                "never included.",
            ),
            (
                f"An invented example: {facts.code}, AA, 30 minutes, allowed ${units * factor:,.2f}. "
                f"Base {base} + time {time:.1f} = {units:.1f} units; {units * factor:,.2f} / {units:.1f} = "
                f"${factor:.2f} per unit. "
                f"Billed by a directing physician (QK) at half the amount, ${units * factor / 2:,.2f} / "
                f"({units:.1f} x 0.5) gives the same ${factor:.2f}.",
            ),
            (
                "Times Medicare = sum of allowed amounts / sum of Medicare's price for the same "
                "units, over lines that have both. Medicare's own row checks the calculation: it "
                "must be close to 1.",
            ),
            (
                "Whether a line is denied follows from the adjustment reasons (CARC), not from the "
                "claim status. `Denied at first` counts lines whose first answer was a denial. `Won "
                "back` counts those of them that were paid in the end.",
            ),
        ),
    )


def _mature(published: Published) -> Section:
    return Section(
        "mature",
        "Maturity and change",
        (
            (
                f"A period is mature when it ended {published.edition.mature_days} days before the as-of "
                "date. Charts shade younger periods and show their dots open. [m] marks their numbers.",
            ),
            (
                "The pages say `up` or `down` only for two mature periods of equal length with 30 "
                "lines each. A share must differ by one percentage point, and significantly (two "
                "proportions, |z| of at least 1.96). For a price, the intervals of the index at "
                "fixed mix must not overlap, and the index must have moved by at least 2 %.",
            ),
            (
                "Nothing is compared if files are late, if a rule of the payer changed in between, "
                "or if the share denied at first jumps (two months in a row under half or over "
                "twice the median of the six months before).",
            ),
            (
                "What a payer says is compared only with periods that lie wholly within the dates of "
                "its rule. It is called in line within five percentage points.",
            ),
        ),
    )


def _edition(published: Published) -> Section:
    edition = published.edition
    as_of = long_date(edition.as_of) if edition.as_of else "not known"
    told: list[Sentence] = [
        (
            f"{EDITIONS.get(edition.audience, edition.audience)}, release {edition.release_id}, as of "
            f"{as_of}.",
        ),
        (f"Window of the pages: {published.window.label}. It ends with the last mature month with lines.",),
    ]
    if not edition.is_exact:
        told.append(
            (
                f"{ROUNDING} Percentiles of money are rounded to 10 cents. A price needs 11 priced lines and "
                "enough providers.",
            )
        )
    told.append(
        (
            "Percentiles by payer are of one line of business: fee for service for Medicare, "
            "commercial for all other payers. A payer's commercial and Medicare Advantage prices are "
            "so different that a median of both would be the price of neither.",
        )
    )
    return Section("edition", "This edition", tuple(told))


def _dictionary(published: Published) -> Section:
    tables = []
    for name in TABLES:
        if name not in published.tables:
            continue
        told = described_table(TABLES[name])
        rows = tuple(
            (
                plain(column["name"]),
                plain(column["unit"] or column["type"]),
                plain(in_words(column["description"])),
            )
            for column in told["columns"]
        )
        heads = (Head("Column", False), Head("Unit", False), Head("Meaning", False))
        tables.append(NumberTable(f"{name}: {told['what']}", heads, rows))
    return Section("dictionary", "Dictionary", tables=tuple(tables))


def in_words(description: str) -> str:
    """A description for people: an empty cell, not a null."""
    return description.replace("null", "empty")


def _sources(published: Published) -> Section:
    sources = sorted({str(row["source"]) for row in published.whole("payer_rules") if row["source"]})
    return Section(
        "sources",
        "Sources",
        (
            ("Figures: the claim files (837P) and remittances (835) of this site.",),
            ("Payers' rules: " + "; ".join(sources) + ".",)
            if sources
            else ("Payers' rules: none in this release.",),
        ),
    )

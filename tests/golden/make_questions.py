"""Writes docs/questions.md: twenty questions with their queries and the demo's answers.

`python tests/golden/make_questions.py` (or `make docs`) makes the demo in a folder of its own and writes the
file anew.
"""

from __future__ import annotations

import os
import re
import tempfile
from itertools import groupby
from pathlib import Path
from unittest.mock import patch

import duckdb
from questions import QUESTIONS, Question

from flows.commands.demo_files import write_landing
from flows.dag import nightly_run
from flows.publication.duckdb_file import write_duckdb
from flows.publication.make import edition_of, read_published
from flows.run import InProcess, open_run
from flows.settings import load_settings, shipped
from flows.store.publish import read_manifest

README = Path(__file__).parents[2] / "README.md"
README_BLOCK = re.compile(r"(```)\npayer .*?\n```", re.DOTALL)
README_SQL = """
SELECT payer, p.line_of_business, p.unit_priced_lines AS lines, p.allowed_per_unit_p50,
  p.ratio_to_national_medicare AS times_medicare, d.initial_denial_rate, d.denial_rate, t.days_to_payment_p50
FROM v_price_by_payer p JOIN v_denials d USING (payer, period_type, period_start)
  JOIN v_days t USING (payer, period_type, period_start)
WHERE payer <> 'all'
ORDER BY payer
"""
"""Prices of each payer's own line of business, denials and days of all its lines."""
DOCUMENT = Path(__file__).parents[2] / "docs" / "questions.md"
KEY = "a key of the demo, which holds nobody's data"
SHOWN = "data/demo/benchmarks/standard"
"""Where `make demo` writes what the document asks."""
HEAD = f"""# Twenty questions

The queries read the views of `{SHOWN}/benchmarks.duckdb`. Run them after `make demo`, from the folder of the
Makefile. The pages of the publication read the same views: the main code, the last twelve months where no
other period is named, and prices of one line of business at a time. The answers come from the demo's
synthetic claims, for the audience `standard`: small rows are left out, and all other numbers are rounded.
Below each answer stands what `internal` shows in addition. `make docs` writes this page, and a test compares
it with the published tables.

Two habits help. Read a null (blank here) as "too few" or "no value", never as zero. Look at `is_mature`
before you quote a number."""


def publish_demo(folder: Path) -> Path:
    """Make the demo's files and run on them in this process; gives the DuckDB file of `standard`."""
    outer = {name: value for name, value in os.environ.items() if not name.startswith("CPT01939_")}
    with patch.dict(os.environ, outer, clear=True):
        write_landing(folder / "landing")
        settings = load_settings(data=folder, hmac_key=KEY, settle_seconds=0.0, publication=False)
        with open_run(settings, "nightly") as run:
            nightly_run(run, InProcess())
    tables = folder / "benchmarks/standard"
    manifest = read_manifest(tables)
    assert manifest is not None
    return write_duckdb(read_published(tables, edition_of(manifest, True)), tables, folder / "asked.duckdb")


def document(base: Path) -> str:
    """The whole file for the views of a DuckDB file."""
    parts = [HEAD]
    numbered = list(enumerate(QUESTIONS, start=1))
    with duckdb.connect(str(base), read_only=True) as connection:
        for asker, asked in groupby(numbered, key=lambda each: each[1].asker):
            parts.append(f"## {asker}")
            parts.extend(_section(number, question, connection) for number, question in asked)
    return "\n\n".join(parts) + "\n"


def readme(text: str, base: Path) -> str:
    """The README with its table of the demo made anew: the block of code that begins with `payer`."""
    with duckdb.connect(str(base), read_only=True) as connection:
        answered = connection.execute(README_SQL)
        header = [column[0] for column in answered.description or ()]
        rows = _aligned([header, *([_word(value) for value in row] for row in answered.fetchall())])
    return README_BLOCK.sub(lambda found: "\n".join([found[1], *rows, "```"]), text, count=1)


def _section(number: int, question: Question, connection: duckdb.DuckDBPyConnection) -> str:
    answered = connection.execute(_naming(question.sql, str(shipped("config"))))
    header = [column[0] for column in answered.description or ()]
    rows = [[_word(value) for value in row] for row in answered.fetchall()]
    return "\n".join(
        [
            f"### {number}. {question.question}",
            "",
            "```sql",
            _naming(question.sql, "config").strip(),
            "```",
            "",
            "```",
            *_aligned([header, *rows]),
            "```",
            "",
            question.reading,
            "",
            f"`internal` also shows: {question.more}",
        ]
    )


def _naming(sql: str, config: str) -> str:
    return sql.format(contracts=f"'{config}/contracts.example.csv'")


def _word(value: object) -> str:
    return "" if value is None else str(value).lower() if isinstance(value, bool) else str(value)


def _aligned(rows: list[list[str]]) -> list[str]:
    widths = [max(len(row[place]) for row in rows) for place in range(len(rows[0]))]
    lines = ["  ".join(word.ljust(width) for word, width in zip(row, widths, strict=True)) for row in rows]
    return [line.rstrip() for line in lines]


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as made:
        published = publish_demo(Path(made))
        DOCUMENT.write_text(document(published), encoding="utf-8")
        README.write_text(readme(README.read_text(encoding="utf-8"), published), encoding="utf-8")

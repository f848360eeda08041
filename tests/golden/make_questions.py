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
from flows.run import InProcess, open_run
from flows.settings import load_settings, shipped
from schemas.tables import TABLES

README = Path(__file__).parents[2] / "README.md"
README_BLOCK = re.compile(r"(```)\npayer .*?\n```", re.DOTALL)
README_SQL = """
SELECT payer, line_of_business, p.unit_priced_lines AS lines, allowed_per_unit_p50,
  ratio_to_national_medicare AS times_medicare, initial_denial_rate, denial_rate, days_to_payment_p50
FROM {payment} p JOIN {denials} USING (procedure_code, payer, line_of_business, period_type, period_start)
  JOIN {timeliness} USING (procedure_code, payer, line_of_business, period_type, period_start)
WHERE procedure_code = '01939' AND period_type = 'rolling_12' AND payer <> 'all'
  AND line_of_business = CASE WHEN payer = 'medicare' THEN 'medicare_ffs' ELSE 'commercial' END
ORDER BY payer
"""
"""Each payer's own line of business: commercial and Medicare Advantage together would make two humps."""
DOCUMENT = Path(__file__).parents[2] / "docs" / "questions.md"
KEY = "a key of the demo, which holds nobody's data"
SHOWN = "data/demo/benchmarks/standard"
"""Where the queries of the document look: `make demo` writes there."""
HEAD = """# Twenty questions

The queries are for DuckDB. Run them after `make demo`, from the folder of the Makefile. The answers come
from the demo's synthetic claims, for the audience `standard`: small rows are left out, and all other numbers
are rounded. Below each answer stands what `internal` shows in addition. `make docs` writes this page, and a
test compares it with the published tables.

Three habits help. Choose one `procedure_code`, one `period_type`, and for payer and line of business either
`all` or single ones. Read a null (blank here) as "too few" or "no value", never as zero. Look at
`is_mature` before you quote a number."""


def publish_demo(folder: Path) -> Path:
    """Make the demo's files and run on them in this process; gives the folder of the published tables."""
    outer = {name: value for name, value in os.environ.items() if not name.startswith("CPT01939_")}
    with patch.dict(os.environ, outer, clear=True):
        write_landing(folder / "landing")
        settings = load_settings(data=folder, hmac_key=KEY, settle_seconds=0.0, publication=False)
        with open_run(settings, "nightly") as run:
            nightly_run(run, InProcess())
    return folder / "benchmarks/standard"


def document(tables: Path) -> str:
    """The whole file for the tables of a folder."""
    parts = [HEAD]
    numbered = list(enumerate(QUESTIONS, start=1))
    with duckdb.connect() as connection:
        for asker, asked in groupby(numbered, key=lambda each: each[1].asker):
            parts.append(f"## {asker}")
            parts.extend(_section(number, question, tables, connection) for number, question in asked)
    return "\n\n".join(parts) + "\n"


def readme(text: str, tables: Path) -> str:
    """The README with its table of the demo made anew: the block of code that begins with `payer`."""
    with duckdb.connect() as connection:
        answered = connection.execute(_naming(README_SQL, str(tables), ""))
        header = [column[0] for column in answered.description or ()]
        rows = _aligned([header, *([_word(value) for value in row] for row in answered.fetchall())])
    return README_BLOCK.sub(lambda found: "\n".join([found[1], *rows, "```"]), text, count=1)


def _section(number: int, question: Question, tables: Path, connection: duckdb.DuckDBPyConnection) -> str:
    answered = connection.execute(_naming(question.sql, str(tables), str(shipped("config"))))
    header = [column[0] for column in answered.description or ()]
    rows = [[_word(value) for value in row] for row in answered.fetchall()]
    return "\n".join(
        [
            f"### {number}. {question.question}",
            "",
            "```sql",
            _naming(question.sql, SHOWN, "config").strip(),
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


def _naming(sql: str, folder: str, config: str) -> str:
    tables = {name: f"'{folder}/{name}.parquet'" for name in TABLES}
    return sql.format_map({**tables, "contracts": f"'{config}/contracts.example.csv'"})


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

"""What stands around accepted claim lines: header rows of replacements and voids, and lines beside."""

from __future__ import annotations

import polars as pl

from schemas.inbound import FIRST_DAY, LAST_DAY
from transforms.intake.scope_filter import REPLACING

HEADER = (
    "claim_id",
    "billing_provider_npi",
    "payer_responsibility",
    "member_id",
    "patient_birth_date",
    "submitted_on",
    "claim_frequency_code",
    "original_claim_number",
    "payer_id",
    "payer_name",
)
"""What is kept of an out-of-scope row that replaces or voids: its submission, and the payer."""
_SUBMISSION = HEADER[:-2]
"""What tells submissions apart."""
OF_LINE = (
    "line_number",
    "rendering_provider_npi",
    "service_date",
    "modifier_1",
    "modifier_2",
    "modifier_3",
    "modifier_4",
)
"""What is kept of a line beside one in scope: of which bill it is."""


class Around:
    """What stands around accepted claim lines of the same files, gathered part by part."""

    def __init__(self, outside: pl.DataFrame) -> None:
        self.outside = outside
        self._elsewhere = outside.filter(pl.col("line_number") == 1)
        self._bad: list[pl.DataFrame] = []

    def add(self, good: pl.DataFrame, bad: pl.DataFrame) -> None:
        """Good rows of a part, and those that a rule stopped and whose submission reads."""
        key = ["file_key", *_SUBMISSION]
        self._elsewhere = self._elsewhere.join(good, on=key, how="anti", nulls_equal=True)
        self._bad.append(bad.select(*HEADER, *OF_LINE, "file_key", "row_number"))

    def rows(self) -> list[pl.DataFrame]:
        """Header rows, and lines beside."""
        return [_header_rows(self.outside), self._lines_beside()]

    def _lines_beside(self) -> pl.DataFrame:
        """Lines after the first that are not accepted, of submissions whose first line may be in scope.

        It is not where the file holds it out of scope, and no line in scope.
        """
        key = ["file_key", *_SUBMISSION]
        later = self.outside.join(self._elsewhere, on=key, how="anti", nulls_equal=True)
        columns = [*HEADER, *OF_LINE, "file_key", "row_number"]
        return (
            pl.concat([later.select(columns), *self._bad])
            .filter(pl.col("line_number") > 1)
            .with_columns(is_beside=pl.lit(True))
        )


def readable(rows: pl.DataFrame) -> pl.DataFrame:
    """Rows whose submission can be read. Nothing else of them is validated."""
    optional = ("original_claim_number", "payer_responsibility", "member_id")
    needed = [name for name in _SUBMISSION if name not in optional]
    dated = pl.col("submitted_on").is_between(FIRST_DAY, LAST_DAY)
    return rows.drop_nulls(needed).filter(pl.col("field_count_ok") & dated)


def _header_rows(outside: pl.DataFrame) -> pl.DataFrame:
    """Header rows: one per submission that replaces or voids, without anything of the line."""
    return (
        outside.filter(pl.col("claim_frequency_code").is_in(REPLACING))
        .sort("file_key", "row_number")
        .unique(["file_key", *_SUBMISSION], keep="first", maintain_order=True)
        .select(*HEADER, "file_key", "row_number")
    )

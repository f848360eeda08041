"""Rules of inbound rows in words, and the split of rows by the rules of a schema."""

from __future__ import annotations

import polars as pl

from schemas.frame_schema import FrameSchema

QUARANTINE_RULES: dict[str, tuple[str, str]] = {
    "field_count": (
        "The row has more or fewer fields than the header.",
        "Export the file again with quotation marks around text that contains a separator.",
    ),
    "required_missing": (
        "A required field is empty.",
        "Fill the field in the source system and export again.",
    ),
    "text_too_long": (
        "A text is longer than X12 allows for this element.",
        "Check whether the row has slipped into the wrong columns.",
    ),
    "bad_date": (
        "The value is not a date in any format that the layout names (in X12: in its declared format).",
        "If the whole column has this format, add it to date_formats in the layout. Otherwise "
        "correct the value at the source.",
    ),
    "bad_number": (
        "The value is not a number.",
        'Write 1200.50 or $1,200.50. If the export writes 1.200,50, set money = "european" in the layout.',
    ),
    "serial_date": (
        "A date is given as the serial number of a spreadsheet, such as 45720.",
        "Give the column a date format in the spreadsheet and export it again.",
    ),
    "damaged_identifier": (
        "A spreadsheet has turned an identifier into scientific notation, such as 1.23E+14, and lost "
        "its last digits.",
        "Export from the source system without a spreadsheet, or format the column as text first.",
    ),
    "amount_precision": ("An amount has more than two decimals.", "Export amounts in whole cents."),
    "amount_range": (
        "An amount or quantity is too large.",
        "Check whether the row has slipped into the wrong columns.",
    ),
    "code_shape": (
        "The value does not look like a code of this kind: wrong length or wrong characters.",
        "Check that the layout reads this value from the right column.",
    ),
    "control_character": (
        "A field contains invisible characters: control, text direction or zero-width characters.",
        "Remove them in the source system.",
    ),
    "npi_check_digit": (
        "The check digit of the National Provider Identifier (NPI) is wrong.",
        "Correct the NPI at the source. The pipeline does not guess a lost digit.",
    ),
    "unknown_code": (
        "The code is not in the list of codes that X12 allows here.",
        "See docs/inbound_columns.md for the allowed codes and the X12 element of the column.",
    ),
    "line_number_range": (
        "The line number is not between 1 and 50.",
        "Export the number of the service line in its claim (LX01).",
    ),
    "charge_negative": (
        "The charge of a claim line is negative.",
        "Correct a claim with a replacement (frequency 7) or a void (frequency 8), not with a negative line.",
    ),
    "unit_count_positive": (
        "The quantity billed is zero or negative.",
        "Export the billed minutes or units (SV104).",
    ),
    "minutes_range": (
        "The minutes are not between 1 and 1,440 (one day).",
        "Export the anesthesia minutes of one case.",
    ),
    "date_bounds": (
        "A date is before 2000 or after 2100.",
        "Check the order of day, month and year in date_formats of the layout.",
    ),
    "code_not_yet_valid": (
        "The code is one of 01937 to 01942, and the service was before 2022-01-01, when these codes "
        "did not exist.",
        "Check the service date and the code.",
    ),
    "service_after_submission": ("The service date is after the date of submission.", "Check both dates."),
    "service_after_payment": ("The service date is after the date of payment.", "Check both dates."),
    "birth_after_service": (
        "The birth date is after the service, or 121 years or more before it.",
        "Check the birth date.",
    ),
    "impossible_modifier": (
        "An anesthesia claim for this service cannot carry this modifier (P6, "
        "organ donor after brain death).",
        "Correct the claim.",
    ),
    "impossible_site": (
        "This service cannot take place at this site (telehealth, laboratory).",
        "Correct the claim.",
    ),
    "near_scope_code": (
        "The procedure code looks like a benchmark code that was damaged, for example O1939.",
        "Export procedure codes as text of five characters.",
    ),
}
"""Rule code -> what happened, what to do."""
VALUE_FINDINGS: dict[str, tuple[str, str]] = {
    "optional_dropped": (
        "An optional value could not be read. The row is kept without it. The name of the column "
        "follows the code. A line without adjustments never counts as denied, and it has a price "
        "only if the file gives an allowed amount.",
        "`cpt01939 inspect FILE` names the rows. Correct the export, or add a layout.",
    ),
    "time_scale": (
        "The file gives anesthesia time without a unit. The pipeline compared the time with "
        "Medicare's prices in the file to find the unit. The number after the code is the count that "
        "means 15 minutes. `none` means that it found no unit, so the file has no minutes and no "
        "prices per unit.",
        "Nothing is needed if a number follows. After `none`, export more Medicare lines in one "
        "file, or name the unit in a layout.",
    ),
    "adjustments_incomplete": (
        "The adjustments of a line do not add up to the total that the file gives for the line.",
        "Export all adjustments. This format has room for a few only.",
    ),
    "read_as_nothing": (
        "A word such as NULL or N/A was read as an empty field. The name of the column follows the code.",
        "Nothing is needed if the word means an empty field. Otherwise correct the export.",
    ),
    "assumed": (
        "The file does not give a value, so the layout's own value was used. The name of the column "
        "follows the code.",
        "Nothing is needed if the value is right for every row. Otherwise export the column.",
    ),
}
"""What may be said of values of accepted rows: code -> what happened, what to do."""


def without_unreadable(
    rows: pl.DataFrame, schema: FrameSchema, row: str
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Rows without the optional values that break a rule of theirs, and (row, column) of each one dropped."""
    by_column: dict[str, list[pl.Expr]] = {}
    for rule in schema.rules:
        if rule.droppable is not None:
            by_column.setdefault(rule.column, []).append(rule.holds() | ~rule.droppable)
    kept = {column: pl.all_horizontal(tests) for column, tests in by_column.items()}
    whole = rows.lazy().select(test.all().alias(column) for column, test in kept.items()).collect()
    broken = [column for column in kept if not whole[column][0]]
    dropped = [rows.filter(~kept[column]).select(row, column=pl.lit(column)) for column in broken]
    nulled = [
        pl.when(kept[column]).then(pl.col(name)).alias(name)
        for column in broken
        for name in (column, f"text_{column}")
    ]
    none = rows.clear().select(row, column=pl.lit("", pl.String))
    return rows.with_columns(nulled), pl.concat([none, *dropped])


def split(rows: pl.DataFrame, schema: FrameSchema, row: str) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Rows that keep every rule, and one row (row, rule_code, column, is_first) per rule that a row breaks.

    `row` names the column that tells rows apart. Rules are tried in the order of the schema; `is_first` marks
    the one that the row is counted under.
    """
    rules = schema.rules
    numbers = [str(number) for number in range(len(rules))]
    flags = rows.lazy().select(row, *(rule.holds().alias(n) for n, rule in zip(numbers, rules, strict=True)))
    verdict = flags.with_columns(_kept=pl.all_horizontal(numbers)).collect()
    names = pl.DataFrame(
        {
            "variable": numbers,
            "order": range(len(rules)),
            "rule_code": [rule.code for rule in rules],
            "column": [rule.column for rule in rules],
        }
    )
    breaks = (
        verdict.filter(~pl.col("_kept"))
        .unpivot(index=row, on=numbers)
        .filter(~pl.col("value"))
        .join(names, on="variable")
        .sort(row, "order")
        .with_columns(is_first=pl.int_range(pl.len()).over(row) == 0)
        .select(row, "rule_code", "column", "is_first")
    )
    return rows.filter(verdict["_kept"]), breaks

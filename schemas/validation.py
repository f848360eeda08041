"""Rules of inbound rows in words, and the split of rows by the rules of a schema."""

from __future__ import annotations

import polars as pl

from schemas.frame_schema import FrameSchema

QUARANTINE_RULES: dict[str, tuple[str, str]] = {
    "field_count": ("The row has another number of fields than the header.", "Export the row again, quoted."),
    "required_missing": ("A required field is empty.", "Fill the field at the source and deliver again."),
    "text_too_long": ("A text is longer than its element allows.", "Check for shifted columns."),
    "bad_date": (
        "A date does not read in the layout's formats.",
        "Set date_formats in the layout, or mend it.",
    ),
    "bad_number": (
        "A number does not read.",
        'Plain digits with a point, or $1,200.50; set money = "european" in the layout for 1.200,50.',
    ),
    "serial_date": (
        "A date is a spreadsheet's serial number, such as 45720.",
        "Give the column a date format in the spreadsheet and export it again.",
    ),
    "damaged_identifier": (
        "An identifier is in scientific notation, such as 1.23E+14: a spreadsheet has cut its digits.",
        "Make the column text before the export, or export from the system itself.",
    ),
    "amount_precision": ("An amount has more than two decimals.", "Deliver amounts in whole cents."),
    "amount_range": ("An amount or quantity is too large.", "Check for shifted columns."),
    "code_shape": ("A code has not the shape of its list.", "Check the column and the layout."),
    "control_character": (
        "A field holds control, bidirectional or zero-width characters.",
        "Clean the text at the source.",
    ),
    "npi_check_digit": (
        "An NPI fails its check digit.",
        "Correct the NPI; a lost leading zero can't be mended.",
    ),
    "unknown_code": ("A closed code is outside its list.", "See the X12 element of the column."),
    "line_number_range": ("The line number is outside 1 to 50.", "Deliver LX01."),
    "charge_negative": ("A claim charge is negative.", "Claims are corrected by replacement or void."),
    "unit_count_positive": ("The quantity is not above zero.", "Deliver SV104."),
    "minutes_range": ("Minutes are outside 1 to 1440.", "Deliver the minutes of one case."),
    "date_bounds": ("A date is before 2000 or after 2100.", "Check the date format of the layout."),
    "code_not_yet_valid": (
        "A code of the family before 2022-01-01, when it did not exist.",
        "Check service date and code.",
    ),
    "service_after_submission": ("The service is after the submission.", "Check both dates."),
    "service_after_payment": ("The service is after the payment.", "Check both dates."),
    "birth_after_service": (
        "The birth date is after the service, or 120 years before.",
        "Check the birth date.",
    ),
    "impossible_modifier": ("A modifier that can't stand here (P6).", "Correct the claim."),
    "impossible_site": ("A place of service that can't be (telehealth, laboratory).", "Correct the claim."),
    "near_scope_code": (
        "The procedure code looks like a damaged code in scope.",
        "Deliver five characters as text.",
    ),
}
"""Rule code -> what happened, what to do."""
VALUE_FINDINGS: dict[str, tuple[str, str]] = {
    "optional_dropped": (
        "An optional value could not be read: the row is kept without it. The column follows the code. "
        "A line without its adjustments is never denied, and has a price only where allowed is given.",
        "`cpt01939 inspect FILE` names the rows; mend the export, or add a layout.",
    ),
    "time_scale": (
        "What a count of anesthesia time counts was looked for in Medicare's prices of the file. What a unit"
        " of 15 minutes is in that count follows the code; none: the file has no minutes and no unit prices.",
        "Nothing; if it says none, deliver more Medicare lines in one file, or name the unit in a layout.",
    ),
    "adjustments_incomplete": (
        "The adjustments of a line do not add up to the total that the file gives beside them.",
        "Export all adjustments: this form holds a few only.",
    ),
    "read_as_nothing": (
        "A word such as NULL or N/A was read as an empty field. The column follows the code.",
        "Nothing, if the word means that; else mend the export.",
    ),
    "assumed": (
        "The layout assumes a value that the file does not hold. The column follows the code.",
        "Nothing, if the assumption holds for all of it; else deliver the column.",
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

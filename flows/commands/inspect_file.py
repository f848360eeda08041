"""`cpt01939 inspect`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flows.commands.console import Common, inbound_file, show, show_json
from flows.errors import DONE, FAILED, ProductError

if TYPE_CHECKING:
    from flows.steps.inspection import Inspection


def inspect_file(file: str, /, *, common: Common = Common()) -> int:  # noqa: B008
    """What a file is, how a run would read it and what is wrong with it; no values. Exit code 1: not at all.

    Example: cpt01939 inspect /srv/anesthesia/landing/claims.csv
    """
    common.choose_data()
    from flows.settings import load_settings
    from flows.steps.inspection import Growing, inspect

    try:
        with inbound_file(file) as path:
            found = inspect(path, load_settings())
    except Growing:
        raise ProductError("E_INSPECT", "the file changed while it was read") from None
    if common.json:
        show_json(found.as_dict())
    else:
        show("\n".join(inspection_lines(found)))
    return FAILED if found.rejected else DONE


def inspection_lines(found: Inspection) -> list[str]:
    """The inspection for people, a fact a line."""
    lines = [f"{found.form or 'unknown form'}, {found.size_bytes:,} bytes{_shape(found)}"]
    if found.x12 is not None:
        lines.append(found.x12.text())
    if found.layout:
        lines.append(f"layout {found.layout} ({found.kind})")
    lines.extend(_nearest(found.nearest))
    if found.rejected:
        from flows.commands.explain import all_codes

        entry = all_codes()[found.rejected.partition(":")[0]]
        lines += [f"A run would reject this file: {found.rejected}", f"    {entry.meaning} {entry.cure}"]
    if found.rows:
        counts = (f"{count:,} {name.replace('_', ' ')}" for name, count in found.rows.items())
        lines.append("rows: " + ", ".join(counts))
    for column in found.columns:
        lines.extend(_column(column))
    return lines


def _shape(found: Inspection) -> str:
    parts = [
        found.encoding,
        f"separated by {found.separator}" if found.separator else "",
        f"sheet {found.sheet}" if found.sheet else "",
        f"header in row {found.header_row}" if found.header_row > 1 else "",
        _columns_left(found),
    ]
    return "".join(f", {part}" for part in parts if part)


def _columns_left(found: Inspection) -> str:
    """How many columns of the file stay unread: of a file that no layout fits, all of them."""
    if not found.columns_of_no_interest:
        return ""
    return f"{found.columns_of_no_interest} columns" + (
        " that the layout does not read" if found.layout else ""
    )


def _nearest(nearest: dict[str, Any]) -> list[str]:
    if not nearest:
        return []
    missing = ", ".join(nearest["missing"])
    told = (
        f"nearest layout: {nearest['layout']} ({nearest['kind']}), of which the file has {nearest['found']}"
    )
    return [f"{told} columns; missing: {missing}"]


def _column(column: dict[str, Any]) -> list[str]:
    """A column that is there, or that has something wrong; its troubles below it."""
    name = column["column"] or "whole rows"
    if not column["not_read"] and not column.get("in_file"):
        return [f"  {name}: not in the file"] if column.get("required") else []
    lines = [f"  {name}: {column['filled']:,} filled" if "filled" in column else f"  {name}:"]
    for trouble in column["not_read"]:
        rows = ", ".join(map(str, trouble["row_numbers"]))
        more = ", ..." if trouble["rows"] > len(trouble["row_numbers"]) else ""
        lines.append(
            f"    {trouble['rule_code']}, {trouble['becomes']}: {trouble['rows']:,} (rows {rows}{more})"
        )
    return lines

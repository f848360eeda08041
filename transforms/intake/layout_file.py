"""A layout read from its TOML file: every mistake is told, each with its line."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

from schemas.inbound import COLUMNS, OPTIONAL_IN_HEADER, UNANSWERED, Kind
from transforms.intake.layout_checks import Mistakes, tables, texts
from transforms.intake.layout_columns import read_columns, values
from transforms.intake.layout_nested import check_paths, read_list, read_nesting
from transforms.intake.layout_rules import Adjustment, ColumnTexts, FileForm, Packed, plain_header
from transforms.intake.layouts import Layout

SHARED: Final = (
    "name",
    "description",
    "date_formats",
    "money",
    "year_pivot",
    "optional",
    "fill_down",
    "file",
    "nested",
    "cancelled",
    "cannot_answer",
    "minutes",
    "implied_cents",
)
OF_A_KIND: Final = ("columns", "constants", "assumed", "adjustments", "where", "where_not", "un_means")
_SLOT: Final = (
    *("amount", "group", "reason", "code", "always", "less", "negative_where"),
    *("where", "where_not", "near"),
)
TEXTS_OF_SLOT: Final = _SLOT[:5]
_FILE: Final = (
    *("delimiter", "quote", "encoding", "sheet", "skip_rows", "skip_end_rows"),
    *("header", "fixed", "matches"),
)
FEWEST_HEADERS: Final = 3
FEWEST_PATHS: Final = 6
_CODE: Final = r"[A-Z]{2}(?:-[0-9A-Z]{1,3})?"
QUOTED: Final = re.compile(r'"([^"\n]*)"|\'([^\'\n]*)\'')


class LayoutError(ValueError):
    """A layout file that can't be used; says which, in which line and why, never a value of a claim."""


@dataclass(frozen=True)
class BrokenLayout:
    """A layout that can't be used. `strings`: what stands in quotes in it; among them its headers."""

    stem: str
    why: str
    strings: frozenset[str]


def parse_layout(stem: str, raw: Mapping[str, Any], text: str = "") -> Layout:
    """A layout from the content of its TOML file; `text` tells the lines. Raises LayoutError."""
    mistakes = Mistakes(text)
    kinds = [kind for kind in COLUMNS if kind in raw]
    for key in sorted(set(raw) - {*SHARED, *COLUMNS, *(("kind", *OF_A_KIND) if not kinds else ())}):
        mistakes.add(f"unknown key {key}", key)
    if kinds:
        found = [_of_kind(stem, kind, {**raw, **_table(raw, kind, mistakes)}, mistakes) for kind in kinds]
    elif isinstance(kind := raw.get("kind"), str) and kind in COLUMNS:
        found = [_of_kind(stem, kind, raw, mistakes)]
    else:
        mistakes.add("kind must be claim_lines or remit_lines", "kind")
        found = []
    if found and not mistakes.found and len(found[0].needed()) < FEWEST_HEADERS:
        mistakes.add(
            f"a layout needs {FEWEST_HEADERS} headers that are not optional: it would fit other files"
        )
    if mistakes.found:
        raise LayoutError(f"layout {stem}: {'; '.join(mistakes.found)}")
    return found[0] if len(found) == 1 else replace(found[0], partner=found[1])


def read_layouts(files: Iterable[tuple[str, bytes]]) -> tuple[list[Layout], list[BrokenLayout]]:
    """The layouts of TOML files (stem and content), and those that can't be used."""
    good: list[Layout] = []
    broken = []
    for stem, content in files:
        text = content.decode("utf-8", "replace")
        try:
            layout = parse_layout(stem, tomllib.loads(content.decode("utf-8")), text)
            _check_clash(stem, layout, good)
            good.append(layout)
        except (LayoutError, tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
            strings = frozenset(plain_header(one or other) for one, other in QUOTED.findall(text))
            broken.append(BrokenLayout(stem, _why(stem, error), strings - {""}))
    return good, broken


def broken_for(header: Iterable[str], broken: Iterable[BrokenLayout], fits: int) -> BrokenLayout | None:
    """The layout that can't be used and that a file with this header was meant for.

    `fits`: how many columns the layout names that can be used and fits, 0 where none does.
    """
    present = {plain_header(name) for name in header if name.strip()}
    counted = [(len(one.strings & present), one) for one in broken]
    meant = [(hits, one) for hits, one in counted if 2 * hits >= len(present) and hits >= max(fits, 2)]
    return max(meant, key=lambda each: (each[0], each[1].stem))[1] if meant else None


def broken_for_paths(paths: Iterable[str], broken: Iterable[BrokenLayout]) -> BrokenLayout | None:
    """The layout that can't be used and that nested documents with these paths were meant for: the ends of
    its paths are among theirs.
    """
    ends = {plain_header(path).rpartition(".")[2] for path in paths if "." in path}
    told = [
        (len({text.rpartition(".")[2] for text in one.strings if "." in text} & ends), one) for one in broken
    ]
    meant = [(hits, one) for hits, one in told if hits >= FEWEST_PATHS]
    return max(meant, key=lambda each: (each[0], each[1].stem))[1] if meant else None


def _why(stem: str, error: ValueError) -> str:
    if isinstance(error, tomllib.TOMLDecodeError):
        place = re.search(r"line [0-9]+", str(error))
        return f"layout {stem}: {place.group() if place else 'its end'}: it is no TOML"
    return f"layout {stem}: it is no UTF-8" if isinstance(error, UnicodeDecodeError) else str(error)


def _check_clash(stem: str, layout: Layout, others: list[Layout]) -> None:
    for other in others:
        if other.name == layout.name:
            raise LayoutError(f"layout {stem}: another layout has the name {layout.name}")
        same = other.needed() == layout.needed() and other.file == layout.file
        if same:
            raise LayoutError(f"layout {stem}: it is for the same headers as layout {other.name}")


def _table(raw: Mapping[str, Any], key: str, mistakes: Mistakes) -> dict[str, Any]:
    table = raw.get(key, {})
    if not isinstance(table, dict):
        mistakes.add(f"{key} must be a table", key)
        return {}
    for name in sorted(set(table) - set(OF_A_KIND)) if key in COLUMNS else ():
        mistakes.add(f"unknown key {name} in [{key}]", name, key)
    return table


def _check_forms(raw: Mapping[str, Any], mistakes: Mistakes) -> None:
    if raw.get("un_means", "") not in ("", "time", "base_plus_time"):
        mistakes.add("un_means must be empty, time or base_plus_time", "un_means")
    if raw.get("money", "plain") not in ("plain", "us", "european"):
        mistakes.add("money must be plain, us or european", "money")
    for form in texts(raw, "date_formats", mistakes):
        mistakes.check_date_form(form, "date_formats")


def _of_kind(stem: str, kind: Kind, raw: Mapping[str, Any], mistakes: Mistakes) -> Layout:
    names = {column.name for column in COLUMNS[kind]}
    tables = {key: _table(raw, key, mistakes) for key in ("columns", "constants", "assumed", "adjustments")}
    for section in ("columns", "constants", "assumed"):
        for name in sorted(set(tables[section]) - names):
            mistakes.add(f"[{section}] names the unknown column {name}", name, section)
    for name in sorted(set(tables["columns"]) & set(tables["constants"])):
        mistakes.add(f"{name} is a column and a constant", name, "constants")
    columns, made = read_columns(tables["columns"], mistakes)
    constants, assumed = (
        {name: str(value) for name, value in tables[key].items()} for key in ("constants", "assumed")
    )
    given = {*columns, *made, *constants, *assumed}
    if lacking := sorted(names - OPTIONAL_IN_HEADER[kind] - given):
        mistakes.add(f"required and not given: {', '.join(lacking)}", "columns", kind)
    _check_forms(raw, mistakes)
    pivot = raw.get("year_pivot", 0)
    if not isinstance(pivot, int) or not (pivot == 0 or 1999 <= pivot <= 2099):
        mistakes.add("year_pivot must be the last year of two digits, 1999 to 2099", "year_pivot")
    minutes_by, minutes_where = _minutes(_table(raw, "minutes", mistakes), mistakes)
    layout = Layout(
        name=str(raw.get("name", stem)),
        kind=kind,
        columns=columns,
        date_formats=texts(raw, "date_formats", mistakes) or ("%Y-%m-%d",),
        money=raw.get("money", "plain"),
        un_means=raw.get("un_means", ""),
        constants=constants,
        made=made,
        assumed=assumed,
        where=values(raw.get("where", {}), "where", mistakes),
        where_not=values(raw.get("where_not", {}), "where_not", mistakes),
        cancelled=values(raw.get("cancelled", {}), "cancelled", mistakes),
        cannot_answer=_cannot_answer(raw, mistakes),
        minutes_by=minutes_by if kind == "claim_lines" else "",
        minutes_where=minutes_where if kind == "claim_lines" else (),
        fill_down=_fill_down(raw, mistakes),
        optional=frozenset(plain_header(name) for name in texts(raw, "optional", mistakes)),
        year_pivot=pivot if isinstance(pivot, int) else 0,
        implied_cents=texts(raw, "implied_cents", mistakes),
        file=_file(_table(raw, "file", mistakes), mistakes),
        nested=read_nesting(_table(raw, "nested", mistakes), mistakes),
    )
    layout = _with_adjustments(layout, tables["adjustments"], given, mistakes)
    if layout.nested:
        check_paths(layout.theirs(), [name for name, _ in layout.nested.each], tables["columns"], mistakes)
    return layout


def _with_adjustments(layout: Layout, raw: Mapping[str, Any], given: set[str], mistakes: Mistakes) -> Layout:
    known = (
        "slots",
        "claim_slots",
        "groups",
        "packed",
        "one_adjustment_a_row",
        "list",
        "claim_list",
        "total",
    )
    for key in sorted(set(raw) - set(known)):
        mistakes.add(f"unknown key {key} in [adjustments]", key, "adjustments")
    if raw and layout.kind == "claim_lines":
        mistakes.add("claim lines have no adjustments", "adjustments")
    ways = [key for key in ("slots", "packed", "list") if key in raw]
    if "adjustments" in given:
        ways.append("columns")
    if len(ways) > 1:
        mistakes.add(f"adjustments are given twice: {' and '.join(ways)}", "adjustments")
    slots, claim_slots = (
        [_slot(slot, mistakes) for slot in tables(raw, key, "adjustments", mistakes)]
        for key in ("slots", "claim_slots")
    )
    plain_slots = all(rule.is_plain for rule in slots)
    if not all(rule.is_plain for rule in claim_slots):
        mistakes.add("a claim slot has group, reason and amount", "claim_slots", "adjustments")
    packed = raw.get("packed")
    if packed is not None and (not isinstance(packed, dict) or not isinstance(packed.get("column"), str)):
        mistakes.add("packed names no column", "packed", "adjustments")
        packed = None
    if packed is not None:
        for key in sorted(set(packed) - {"column", "between", "pattern"}):
            mistakes.add(f"unknown key {key} in packed", "packed", "adjustments")
        if packed.get("pattern"):
            mistakes.check_pattern(packed["pattern"], 3, "packed", "adjustments")
        packed = Packed(packed["column"], str(packed.get("between", "|")), str(packed.get("pattern", "")))
    groups = {str(name): str(code) for name, code in _table(raw, "groups", mistakes).items()}
    layout, listed = _with_lists(layout, raw, groups, mistakes)
    return replace(
        layout,
        adjustment_slots=tuple((one.group, one.reason, one.amount) for one in slots if plain_slots),
        adjustment_rules=() if plain_slots else tuple(slots),
        claim_adjustment_slots=tuple((one.group, one.reason, one.amount) for one in claim_slots),
        adjustment_groups=groups,
        packed=packed or listed,
        adjustments_total=str(raw.get("total", "")),
        one_adjustment_a_row=raw.get("one_adjustment_a_row", False) is True,
    )


def _with_lists(
    layout: Layout, raw: Mapping[str, Any], groups: Mapping[str, str], mistakes: Mistakes
) -> tuple[Layout, Packed | None]:
    """Lists of adjustments in nested documents, which are packed when a document becomes rows."""
    line, claim = (read_list(raw.get(key), key, mistakes) for key in ("list", "claim_list"))
    if (line or claim) and layout.nested is None:
        mistakes.add("a list of adjustments needs [nested]", "adjustments")
    if layout.nested is None:
        return layout, None
    lists = tuple(one for one in (line, claim) if one)
    columns = {**layout.columns, **({"claim_adjustments": claim.path} if claim else {})}
    nested = replace(layout.nested, lists=lists, groups=tuple(groups.items()))
    return replace(layout, nested=nested, columns=columns), Packed(line.path) if line else None


def _slot(raw: Mapping[str, Any], mistakes: Mistakes) -> Adjustment:
    for key in sorted(set(raw) - set(_SLOT)):
        mistakes.add(f"unknown key {key} in a slot", key, "adjustments")
    negative, where, where_not = (
        values(raw.get(key, {}), key, mistakes) for key in ("negative_where", "where", "where_not")
    )
    amount, group, reason, code, always = (str(raw.get(key, "")) for key in TEXTS_OF_SLOT)
    percent, near = _near(raw.get("near"), mistakes)
    less = texts(raw, "less", mistakes)
    slot = Adjustment(amount, group, reason, code, always, less, negative, where, where_not, percent, near)
    has_code = [
        bool(slot.code),
        bool(slot.always) and ("-" in slot.always) != bool(slot.reason) and not slot.group,
        bool(slot.group and slot.reason),
    ]
    if sum(has_code) != 1 or bool(slot.amount) == bool(slot.less) or len(slot.less) == 1:
        mistakes.add(
            "a slot needs group and reason, code, or always, and amount or less", "slots", "adjustments"
        )
    if slot.always and not re.fullmatch(_CODE, slot.always):
        mistakes.add("always must be like PR-2, or CO beside a reason", "slots", "adjustments")
    return slot


def _near(raw: Any, mistakes: Mistakes) -> tuple[int, tuple[str, ...]]:
    if raw is None:
        return 0, ()
    if not isinstance(raw, dict) or set(raw) != {"percent", "of"} or not isinstance(raw["percent"], int):
        mistakes.add("near needs a whole percent, and of = columns", "slots", "adjustments")
        return 0, ()
    return raw["percent"], texts(raw, "of", mistakes)


def _cannot_answer(raw: Mapping[str, Any], mistakes: Mistakes) -> tuple[str, ...]:
    told = texts(raw, "cannot_answer", mistakes)
    if unknown := sorted(set(told) - set(UNANSWERED)):
        known = ", ".join(UNANSWERED)
        mistakes.add(f"cannot_answer has {', '.join(unknown)}; it can have {known}", "cannot_answer")
    return tuple(sorted(set(told)))


def _minutes(raw: Mapping[str, Any], mistakes: Mistakes) -> tuple[str, ColumnTexts]:
    if not raw:
        return "", ()
    if set(raw) - {"allowed", "where"} or not isinstance(raw.get("allowed"), str):
        mistakes.add("[minutes] needs allowed, and may have where", "allowed", "minutes")
        return "", ()
    return raw["allowed"], values(raw.get("where", {}), "where", mistakes)


def _fill_down(raw: Mapping[str, Any], mistakes: Mistakes) -> tuple[str, tuple[str, ...]] | None:
    if "fill_down" not in raw:
        return None
    told = raw["fill_down"]
    if not isinstance(told, dict) or set(told) != {"within", "columns"}:
        mistakes.add("fill_down needs within and columns", "fill_down")
        return None
    return str(told["within"]), texts(told, "columns", mistakes)


def _file(raw: Mapping[str, Any], mistakes: Mistakes) -> FileForm:
    for key in sorted(set(raw) - set(_FILE)):
        mistakes.add(f"unknown key {key} in [file]", key, "file")
    delimiter, quote = str(raw.get("delimiter", "")), str(raw.get("quote", '"'))
    for key, mark in (("delimiter", delimiter), ("quote", quote)):
        if len(mark.encode()) > 1 or mark in ("\n", "\r"):
            mistakes.add(f"{key} must be one character of ASCII", key, "file")
    skips = {key: raw.get(key, 0) for key in ("skip_rows", "skip_end_rows")}
    for key, number in skips.items():
        if not isinstance(number, int) or not 0 <= number <= 1000:
            mistakes.add(f"{key} must be 0 to 1000", key, "file")
    try:
        b"a".decode(raw.get("encoding") or "utf-8", "ignore")
    except (LookupError, TypeError, ValueError):
        mistakes.add("encoding is unknown", "encoding", "file")
    fixed = tuple(_fixed(one, mistakes) for one in tables(raw, "fixed", "file", mistakes))
    header = texts(raw, "header", mistakes)
    matches = tuple((str(name), str(pattern)) for name, pattern in _table(raw, "matches", mistakes).items())
    for _, pattern in matches:
        mistakes.check_pattern(pattern, 0, "matches", "file")
    form = FileForm(
        delimiter, quote, str(raw.get("encoding", "")), str(raw.get("sheet", "")),
        skips["skip_rows"], skips["skip_end_rows"], header, fixed, matches,
    )  # fmt: skip
    if form.names and not matches:
        mistakes.add("a file without a header is known by matches: give one", "file")
    if fixed and header:
        mistakes.add("a file has a header or fixed columns, not both", "header", "file")
    for name, _ in matches:
        if name not in form.names:
            mistakes.add("matches names a column that the file has not", "matches", "file")
    return form


def _fixed(raw: Mapping[str, Any], mistakes: Mistakes) -> tuple[str, int, int]:
    if set(raw) != {"name", "start", "width"}:
        mistakes.add("a fixed column has name, start and width", "fixed", "file")
        return "", 1, 1
    start, width = raw["start"], raw["width"]
    if not (isinstance(start, int) and isinstance(width, int) and start >= 1 and width >= 1):
        mistakes.add("start and width are whole numbers from 1", "fixed", "file")
        return str(raw["name"]), 1, 1
    return str(raw["name"]), start, width

"""Kept rows of files become accepted lines, header rows, quarantine and counts.

The last step in which an identifier stands in clear: what leaves here is pseudonymised.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

import polars as pl

from schemas.accepted import ACCEPTED_CLAIM_LINE, ACCEPTED_REMIT_LINE
from schemas.columns import names, polars_schema
from schemas.inbound_rules import claim_schema, remit_schema
from schemas.reference import ReferenceTables
from schemas.rules import Rules
from schemas.validation import split, without_unreadable
from transforms.intake.ages import age_at
from transforms.intake.anesthesia_time import TIME_SCALE, with_minutes
from transforms.intake.around_lines import HEADER, OF_LINE, Around, readable
from transforms.intake.layouts import ADJUSTMENTS_TOTAL, ASSUMED, Layout
from transforms.intake.money_forms import plain_amount
from transforms.intake.parse import canonical_adjustments, parsed, scaled
from transforms.intake.plain_text import words_for_nothing
from transforms.intake.pseudonyms import pseudonymised
from transforms.payers import with_payer

CLAIM_NUMBER_LENGTH = 20
ADJUSTMENTS = ("adjustments", "claim_adjustments")
OTHER = "other"
REASONS_TOLD = 8
"""Rules and columns that the reason of a rejected file names."""


@dataclass(frozen=True)
class Accepted:
    """What became of kept rows, over all their files.

    lines: accepted rows (schemas.accepted), header rows too. beside: other lines that a claim in scope may
    have, the same columns. breaks: file_key, row_number, rule_code, column,
    is_first.
    counts: file_key, payer_id, payer_name, month, rule_code, in_scope, accepted, quarantined, repaired.
    files: file_key, rows, good. rejected: file_key, good, bad, why of files with more bad rows than the
    ceiling allows; of these nothing enters, and only `breaks` still speaks.
    dropped: file_key, row_number, column of optional values of accepted rows that could not be read.
    """

    lines: pl.DataFrame
    beside: pl.DataFrame
    breaks: pl.DataFrame
    counts: pl.DataFrame
    files: pl.DataFrame
    dropped: pl.DataFrame
    rejected: pl.DataFrame

    def without_rejected(self, rejected: pl.DataFrame) -> Accepted:
        """The same without what rejected files left; `breaks` tells of these too."""
        if rejected.is_empty():
            return replace(self, rejected=rejected)
        kept = {
            name: getattr(self, name).join(rejected, on="file_key", how="anti", maintain_order="left")
            for name in ("lines", "beside", "counts", "dropped")
        }
        return replace(self, rejected=rejected, **kept)


@dataclass(frozen=True)
class Ceiling:
    """A file is rejected when more than `share` of its in-scope rows, and `fewest` at least, are bad."""

    share: float
    fewest: int


@dataclass(frozen=True)
class Accepting:
    """What rows are accepted under: layout of their files, key of pseudonyms, reference data, rules."""

    layout: Layout
    key: bytes
    reference: ReferenceTables
    rules: Rules


def accept_lines(kept: pl.DataFrame, outside: pl.DataFrame, under: Accepting, ceiling: Ceiling) -> Accepted:
    """Validate and pseudonymise the kept rows of files of one layout, all at once (see `accept_parts`)."""
    (found,) = accept_parts([kept], outside, under)
    return found.without_rejected(rejected_files(found.files, found.breaks.lazy(), ceiling))


def accept_parts(kept: Iterable[pl.DataFrame], outside: pl.DataFrame, under: Accepting) -> Iterator[Accepted]:
    """Validate and pseudonymise the kept rows of files of one layout, part by part; no file is rejected yet.

    `kept`: canonical text rows in or near scope, with file_key, row_number and field_count_ok; at least one
    part. Where prices tell what a count of time counts, a file is in one.
    `outside`: rows out of scope, not validated. Of replacements and voids one is kept per submission that
    reads; of lines beside one in scope, those whose claim reads. Both come with the last part.
    """
    layout, scope = under.layout, under.rules.scope
    claims = layout.kind == "claim_lines"
    schema = claim_schema(scope, *_impossible(under.reference)) if claims else remit_schema(scope)
    around = Around(readable(parsed(outside, layout, scope, only=(*HEADER, *OF_LINE)))) if claims else None
    for rows, is_last in _with_last(kept):
        typed = parsed(rows, layout, scope)
        typed = with_minutes(typed, under.reference, under.rules, layout.money == "european")
        typed = typed.with_row_index("_row")
        typed, dropped = without_unreadable(typed, schema, "_row")
        good, breaks = split(typed, schema, "_row")
        told = typed.select("_row", "file_key", "row_number").join(breaks, on="_row")
        counts = _counts(with_payer(typed.lazy(), under.reference).collect(), breaks)
        counts = pl.concat([counts, _value_counts(good, dropped, layout)], how="diagonal")
        if around is not None:
            around.add(good, readable(typed.join(good, on="_row", how="anti")))
            lines, beside = _claims(good, around if is_last else None, under)
        else:
            unread = dropped.filter(pl.col("column").is_in(ADJUSTMENTS))["_row"].implode()
            lines = good.with_columns(adjustments_unread=pl.col("_row").is_in(unread))
            lines = _remit_lines(lines, under.key)
            beside = lines.clear()
        files = _files(typed, good)
        told = told.sort("_row", maintain_order=True).drop("_row")
        gone = good.select("_row", "file_key", "row_number").join(dropped, on="_row").drop("_row")
        yield Accepted(lines, beside, told, counts, files, gone, files.clear())


def rejected_files(files: pl.DataFrame, breaks: pl.LazyFrame, ceiling: Ceiling) -> pl.DataFrame:
    """(file_key, good, bad, why) of files with too many bad rows: what all parts say of them."""
    over = (
        files.group_by("file_key")
        .agg(pl.col("rows", "good").sum())
        .with_columns(bad=pl.col("rows") - pl.col("good"))
        .filter(pl.col("bad") >= ceiling.fewest, pl.col("bad") > ceiling.share * pl.col("rows"))
        .select("file_key", "good", "bad")
        .sort("file_key")
    )
    if over.is_empty():
        return over.with_columns(why=pl.lit("", pl.String))
    told = breaks.join(over.lazy(), on="file_key", how="semi").group_by("file_key", "rule_code", "column")
    return over.join(_why(told.agg(rows=pl.len()).collect()), on="file_key", how="left")


def _claims(good: pl.DataFrame, around: Around | None, under: Accepting) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Accepted claim lines, and lines beside; with what stands around them or without."""
    rows = [good.with_columns(in_scope=pl.lit(True)), *(around.rows() if around else ())]
    whole = pl.concat(rows, how="diagonal")
    if around is None:
        whole = whole.with_columns(is_beside=pl.lit(False))
    whole = whole.with_columns(pl.col("in_scope", "is_beside").fill_null(False))
    keyed = _claim_lines(whole, under.layout, under.key)
    lines, beside = (keyed.filter(part).drop("is_beside") for part in (~pl.col("is_beside"), "is_beside"))
    return lines, beside


def _with_last(parts: Iterable[pl.DataFrame]) -> Iterator[tuple[pl.DataFrame, bool]]:
    """Parts, and whether each is the last one."""
    waiting: pl.DataFrame | None = None
    for part in parts:
        if waiting is not None:
            yield waiting, False
        waiting = part
    assert waiting is not None
    yield waiting, True


def _files(typed: pl.DataFrame, good: pl.DataFrame) -> pl.DataFrame:
    """Rows and good rows of each file: file_key, rows, good."""
    of_file = typed.group_by("file_key").agg(rows=pl.len().cast(pl.Int64))
    stands = good.group_by("file_key").agg(good=pl.len().cast(pl.Int64))
    return of_file.join(stands, on="file_key", how="left").with_columns(pl.col("good").fill_null(0))


def _why(counted: pl.DataFrame) -> pl.DataFrame:
    """(file_key, why): rules and columns that a file's rows break, with counts, the most frequent first."""
    place = pl.concat_str("rule_code", pl.col("column").replace("", None), separator=" ", ignore_nulls=True)
    return (
        counted.with_columns(place=place)
        .sort(["file_key", "rows", "rule_code", "column"], descending=[False, True, False, False])
        .group_by("file_key", maintain_order=True)
        .agg(
            why=pl.format("{} {}", "place", "rows").head(REASONS_TOLD).str.join(", "),
            more=pl.len().cast(pl.Int64) - REASONS_TOLD,
        )
        .select(
            "file_key",
            pl.when(pl.col("more") > 0).then(pl.format("{} and {} more", "why", "more")).otherwise("why"),
        )
    )


def _impossible(reference: ReferenceTables) -> tuple[tuple[str, ...], tuple[str, ...]]:
    return (
        tuple(reference.modifiers.filter("is_impossible")["modifier"]),
        tuple(reference.places_of_service.filter("is_impossible")["place_of_service"]),
    )


def _identifier(column: str) -> pl.Expr:
    return pl.col(column).str.to_uppercase()


def _claim_number() -> pl.Expr:
    return _identifier("claim_id").str.head(CLAIM_NUMBER_LENGTH).str.strip_chars_end()


def _loose_number() -> pl.Expr:
    """What is left of a claim number that lost its punctuation and leading zeros; null where nothing is."""
    bare = _claim_number().str.replace_all(r"[^0-9A-Z]", "").str.strip_chars_start("0")
    return pl.when(bare != "").then(bare)


def _claim_lines(rows: pl.DataFrame, layout: Layout, key: bytes) -> pl.DataFrame:
    born, served = pl.col("patient_birth_date"), pl.col("service_date")
    bare = _identifier("member_id").str.replace_all(r"[^0-9A-Z]", "")
    member, birth = pl.when(bare != "").then(bare), born.dt.to_string("%Y-%m-%d")
    # in workers' compensation the subscriber is the employer: the claim number stands for the member
    patient = pl.coalesce(member, pl.concat_str(pl.lit("claim "), _claim_number()))
    role = pl.col("payer_responsibility")
    prepared = rows.with_columns(
        _claim=_claim_number(),
        _loose=_loose_number(),
        _patient=pl.concat_str(patient, pl.lit("|"), birth),
        _member=member,
        _birth=birth,
        _original=_identifier("original_claim_number"),
        _control=_identifier("line_control_number"),
        _number=pl.col("line_number").cast(pl.String),
        role=pl.when(role.is_in(["P", "S"])).then(role).otherwise(pl.lit("T")),
        claim_frequency_code=pl.col("claim_frequency_code").replace("6", "7"),
        charge_cents=pl.col("charge_amount"),
        unit_count_thousandths=pl.col("unit_count"),
        un_means=pl.lit(layout.un_means or None, pl.String),
        cannot_answer=pl.lit("|".join(layout.cannot_answer) or None, pl.String),
        age_at_service=age_at(served, born),
        claim_line_count=pl.col("line_number"),
        has_prior_authorization=pl.when("in_scope").then(pl.col("prior_authorization_number").is_not_null()),
        **{
            f"diagnosis_{i}": pl.col(f"diagnosis_{i}").str.replace(".", "", literal=True) for i in range(1, 5)
        },
    )
    # of a line beside others only what tells its submission is asked: hashing costs most of its intake
    unasked = ("_loose", "_patient", "_control", "_number")
    prepared = prepared.with_columns(pl.when(~pl.col("is_beside")).then(name).alias(name) for name in unasked)
    for column, domain, name in (
        ("_claim", "claim", "claim_number_key"),
        ("_loose", "loose_claim", "loose_number_key"),
        ("_patient", "patient", "patient_key"),
        ("_member", "member", "member_key"),
        ("_birth", "birth", "birth_key"),
        ("_original", "payer_claim", "original_claim_key"),
        ("_control", "line_control", "line_control_key"),
        ("_number", "line_control", "line_number_key"),
    ):
        prepared = pseudonymised(prepared, column, domain, key, name)
    kinds = pl.Schema({**polars_schema(ACCEPTED_CLAIM_LINE), "is_beside": pl.Boolean()})
    return prepared.select(kinds.names()).cast(kinds)  # type: ignore[arg-type]


def _remit_lines(rows: pl.DataFrame, key: bytes) -> pl.DataFrame:
    prepared = rows.with_columns(
        _claim=_claim_number(),
        _loose=_loose_number(),
        _trace=_identifier("payment_trace"),
        _payer_claim=_identifier("payer_claim_number"),
        _original=_identifier("original_payer_claim_number"),
        _control=_identifier("line_control_number"),
        charge_cents=pl.col("charge_amount"),
        paid_cents=pl.col("paid_amount"),
        allowed_given_cents=pl.col("allowed_amount"),
        remark_codes=_sorted_codes("remark_codes"),
    )
    for column in ADJUSTMENTS:
        packed = canonical_adjustments(prepared, column, "_row")
        prepared = prepared.drop(column).join(packed, on="_row", how="left", validate="1:1")
    for column, domain, name in (
        ("_claim", "claim", "claim_number_key"),
        ("_loose", "loose_claim", "loose_number_key"),
        ("_trace", "trace", "trace_key"),
        ("_payer_claim", "payer_claim", "payer_claim_key"),
        ("_original", "payer_claim", "original_payer_claim_key"),
        ("_control", "line_control", "line_control_key"),
    ):
        prepared = pseudonymised(prepared, column, domain, key, name)
    if "loop_number" not in prepared.columns:
        prepared = prepared.with_columns(loop_number=pl.lit(None, pl.Int64))
    return (
        prepared.sort("file_key", "row_number")
        .select(names(ACCEPTED_REMIT_LINE))
        .cast(polars_schema(ACCEPTED_REMIT_LINE))  # type: ignore[arg-type]
    )


def _sorted_codes(column: str) -> pl.Expr:
    return pl.col(column).str.split("|").list.unique().list.sort().list.join("|")


def _counts(typed: pl.DataFrame, breaks: pl.DataFrame) -> pl.DataFrame:
    """Rows in or near scope by payer as written, month of service and rule; quarantined rows under their
    first rule.

    Nothing that stands in the payer's place of a quarantined row is kept: a known payer goes by its short
    name.
    """
    first = breaks.filter("is_first").select("_row", "rule_code")
    broken = pl.col("rule_code").is_not_null()
    short_name = pl.when(pl.col("payer") != OTHER).then(pl.col("payer").str.to_uppercase())
    return (
        typed.select("_row", "file_key", "payer", "payer_id", "payer_name", "service_date", "was_repaired")
        .join(first, on="_row", how="left", validate="1:1")
        .with_columns(
            payer_id=pl.when(~broken).then("payer_id"),
            payer_name=pl.when(broken).then(short_name).otherwise("payer_name"),
        )
        .with_columns(month=pl.col("service_date").dt.truncate("1mo"))
        .group_by("file_key", "payer_id", "payer_name", "month", "rule_code")
        .agg(
            in_scope=pl.len().cast(pl.Int64),
            accepted=(~broken).sum().cast(pl.Int64),
            quarantined=broken.sum().cast(pl.Int64),
            repaired=(pl.col("was_repaired") & ~broken).sum().cast(pl.Int64),
        )
        .sort("file_key", "payer_id", "payer_name", "month", "rule_code", nulls_last=False)
    )


def _named_in(good: pl.DataFrame, column: str) -> pl.DataFrame:
    """(_row, column) of every name that a column lists, joined by commas."""
    if column not in good.columns:
        return good.clear().select("_row", column=pl.lit("", pl.String))
    told = good.select("_row", column=pl.col(column).str.split(",")).explode("column")
    return told.filter(pl.col("column").is_not_null() & (pl.col("column") != ""))


def _incomplete(good: pl.DataFrame, layout: Layout) -> pl.DataFrame:
    """(_row, column) of rows whose adjustments are not the total that the file gives beside them."""
    if ADJUSTMENTS_TOTAL not in good.columns:
        return good.clear().select("_row", column=pl.lit("", pl.String))
    total = scaled(plain_amount(pl.col(ADJUSTMENTS_TOTAL), layout.money == "european"), 2)
    amounts = pl.col("adjustments").str.split("|").list.eval(scaled(pl.element().str.extract(r":(.*)$"), 2))
    off = good.select("_row", off=total != amounts.list.sum().fill_null(0)).filter("off")
    return off.select("_row", column=pl.lit("adjustments"))


def _value_counts(good: pl.DataFrame, dropped: pl.DataFrame, layout: Layout) -> pl.DataFrame:
    """Values of accepted rows that were dropped, words read as nothing, values that a layout assumed, scales
    of anesthesia time, and adjustments that are not their total: by payer, month and column.
    """
    told = pl.concat(
        [
            dropped.with_columns(rule=pl.lit("optional_dropped")),
            words_for_nothing(good, "_row").with_columns(rule=pl.lit("read_as_nothing")),
            _named_in(good, ASSUMED).with_columns(rule=pl.lit("assumed")),
            _incomplete(good, layout).with_columns(rule=pl.lit("adjustments_incomplete")),
            _named_in(good, TIME_SCALE).with_columns(rule=pl.lit(TIME_SCALE)),
        ]
    )
    keys = ["file_key", "payer_id", "payer_name", "month", "rule_code"]
    return (
        good.with_columns(month=pl.col("service_date").dt.truncate("1mo"))
        .select("_row", *keys[:4])
        .join(told, on="_row")
        .with_columns(rule_code=pl.format("{}:{}", "rule", "column"))
        .group_by(keys)
        .agg(findings=pl.len().cast(pl.Int64))
        .sort(keys, nulls_last=False)
    )

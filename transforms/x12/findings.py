"""What the X12 reader has to say about a file: named, counted, never with a value from it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import polars as pl

FINDINGS_SCHEMA: dict[str, type[pl.DataType]] = {
    "rule_code": pl.String,
    "severity": pl.String,
    "segment_id": pl.String,
    "position": pl.Int64,
    "line_rows": pl.Int64,
    "count": pl.Int64,
}

REJECTED, QUARANTINED, WARNING = "rejected", "quarantined", "warning"

FINDINGS: dict[str, tuple[str, str]] = {
    # The whole file is refused.
    "empty_file": ("The file holds no bytes, or only blanks.", "Ask the sender for the file again."),
    "utf16": ("The file is UTF-16 text.", "Save it as ASCII or UTF-8 and deliver it again."),
    "zip_archive": ("The file is a ZIP archive.", "Unpack it and deliver what is inside."),
    "gzip_damaged": ("The gzip stream is damaged or cut off.", "Ask the sender for the file again."),
    "zstd_damaged": ("The zstd stream is damaged or cut off.", "Ask the sender for the file again."),
    "not_x12": ("No X12 interchange was found.", "Check that the right file was delivered."),
    "no_envelope": ("Segments stand outside an ISA envelope.", "Ask the sender for the whole interchange."),
    "isa_unreadable": (
        "An ISA segment does not have the shape of an ISA.",
        "Ask the sender for the file again.",
    ),
    "interchange_not_closed": (
        "An interchange has no IEA: the file is truncated.",
        "Ask the sender for the whole file.",
    ),
    "set_not_closed": ("A transaction set has no SE: the file is truncated.", "Ask for the whole file."),
    "segment_not_ended": (
        "The last segment has no terminator: the file is truncated.",
        "Ask for the whole file.",
    ),
    "wrong_transaction_set": (
        "The file holds only transaction sets of another kind, named in the message.",
        "Deliver 837P (005010X222) or 835 (005010X221) files.",
    ),
    "loop_too_large": (
        "One claim, loop or segment is larger than the reader will hold in memory.",
        "Check the file: it is probably not X12 after its first segments.",
    ),
    "pass_failed": (
        "The content broke the reader's own checks.",
        "Report the finding with its position; the file was not taken in.",
    ),
    # Claims that can't be trusted.
    "bad_amount": ("An amount is not a number.", "Ask the sender for a corrected claim."),
    "bad_number": ("A count or line number is not a number.", "Ask the sender for a corrected claim."),
    "bad_date": ("A date is not a calendar date in its declared format.", "Ask for a corrected claim."),
    "bad_adjustment": (
        "A CAS segment does not hold group, reason and amount.",
        "Ask for a corrected remittance.",
    ),
    "element_missing": (
        "A segment lacks an element that a line can't do without.",
        "Ask for a corrected claim.",
    ),
    "line_without_service": (
        "A service line lacks its SV1, or has more than one.",
        "Ask for a corrected claim.",
    ),
    "line_without_claim": ("Service lines stand outside any claim.", "Ask the sender for the file again."),
    "line_number_repeated": (
        "Line numbers of a claim repeat or do not rise: two claims may have run together.",
        "Ask for a corrected claim.",
    ),
    "segment_repeated": (
        "A segment that may stand once in its loop is there twice.",
        "Ask for the file again.",
    ),
    "segment_out_of_place": (
        "A segment of a higher loop stands inside a line: a loop header is missing before it.",
        "Ask the sender for the file again.",
    ),
    "segment_outside_set": ("Segments stand between sets.", "Ask the sender for the file again."),
    "hl_parent_missing": (
        "A hierarchical level points to a parent that is not in its set.",
        "Ask the sender for the file again.",
    ),
    "hl_parent_assumed": (
        "A level names a parent that can't be; the nearest billing provider above it was taken.",
        "Tell the sender.",
    ),
    "context_missing": (
        "A claim has no billing provider, subscriber, payer or set header above it.",
        "Ask the sender for the file again.",
    ),
    "context_doubtful": (
        "A claim follows a damaged loop, so what stands above it may be another patient's.",
        "Ask the sender for the file again.",
    ),
    "unknown_segment_in_claim": (
        "A claim holds a segment that is not X12, and its amounts do not add up.",
        "Ask for a corrected claim.",
    ),
    "interchange_duplicate": (
        "The same interchange stands in the file twice.",
        "Nothing: the second is skipped.",
    ),
    # Read all the same, counted.
    "unknown_segment": (
        "A segment identifier is not known.",
        "Look at the position; nothing was taken from it.",
    ),
    "other_transaction_set": ("A set of another kind stands among ours and is skipped.", "Nothing."),
    "segment_count": ("SE01 is not the number of segments of its set.", "Tell the sender."),
    "set_control_number": ("SE02 differs from ST02.", "Tell the sender."),
    "set_count": ("GE01 is not the number of sets of its group.", "Tell the sender."),
    "group_control_number": ("GE02 differs from GS06.", "Tell the sender."),
    "group_count": ("IEA01 is not the number of groups of its interchange.", "Tell the sender."),
    "interchange_control_number": ("IEA02 differs from ISA13.", "Tell the sender."),
    "interchange_control_reused": (
        "Two interchanges carry the same control number and other content.",
        "Check with the sender whether one replaces the other; both were read.",
    ),
    "group_not_closed": ("A functional group has no GE.", "Tell the sender."),
    "no_set": ("An interchange holds no transaction set.", "Nothing: there was nothing to read."),
    "envelope_out_of_order": ("An envelope segment stands where none belongs.", "Tell the sender."),
    "byte_order_mark": ("A byte order mark stands before an ISA.", "Nothing: it is skipped."),
    "end_of_file_mark": (
        "An end-of-file character (Control-Z) stands before an ISA: files were joined.",
        "Nothing: it is skipped.",
    ),
    "leading_blanks": ("Blanks stand before the first segment.", "Nothing: they are skipped."),
    "bytes_before_interchange": (
        "Text stands before the first ISA.",
        "Look at the file: the text is skipped.",
    ),
    "nul_bytes": ("NUL bytes were removed.", "Tell the sender."),
    "latin1_bytes": ("Bytes that are not UTF-8 were read as cp1252 or Latin-1.", "Nothing."),
    "gzip_bytes": ("The bytes were gzip and were unpacked.", "Nothing."),
    "isa_length": ("An ISA is not 106 bytes long.", "Nothing: its separators were found all the same."),
    "newline_as_terminator": (
        "Segments end in a line break instead of the declared terminator.",
        "Nothing: line breaks were taken as terminators.",
    ),
    "newline_in_segment": ("Line breaks inside segments were removed.", "Nothing."),
    "wrapped_lines": ("The file is wrapped at a constant column.", "Nothing: the lines were joined."),
    "delimiters_changed": ("Interchanges of the file use different delimiters.", "Nothing."),
    "line_unbalanced": ("Charge less adjustments is not the payment of a line.", "Ask the payer; kept."),
    "claim_unbalanced": (
        "Charge less all adjustments is not the payment of a claim.",
        "Ask the payer; kept.",
    ),
    "payment_unbalanced": (
        "Claim payments less provider adjustments are not the amount of the payment.",
        "Ask the payer; the claims are kept.",
    ),
    "claim_charge_unbalanced": ("The lines of a claim do not add up to its charge.", "Ask the sender; kept."),
    "provider_adjustment": ("PLB adjustments were met; they never reach a line.", "Nothing."),
    "note_time_differs": (
        "Start and stop times in a note differ from the minutes billed.",
        "Look at the claim: the billed minutes were used.",
    ),
    "claim_level_payment": ("A claim payment has no service lines.", "Nothing: it is kept without a code."),
}


class X12Rejected(Exception):
    """A file that can't be trusted as a whole; carries a rule code and a segment ordinal, never a value."""

    def __init__(self, code: str, position: int, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.position = position


@dataclass(frozen=True, slots=True)
class Finding:
    """One finding: rule, severity, segment id and ordinal, lines it removed, times it was met."""

    rule_code: str
    severity: str
    segment_id: str
    position: int
    line_rows: int = 0
    count: int = 1


def warning(rule_code: str, segment_id: str, position: int, count: int = 1) -> Finding:
    """A finding that removes no line."""
    return Finding(rule_code, WARNING, segment_id, position, 0, count)


def quarantine(rule_code: str, segment_id: str, position: int, line_rows: int, count: int = 1) -> Finding:
    """A finding that removes `line_rows` service lines."""
    return Finding(rule_code, QUARANTINED, segment_id, position, line_rows, count)


def merge_warnings(findings: Iterable[Finding]) -> list[Finding]:
    """Sum warnings of one rule and segment, at the first position; keep every other finding by itself."""
    merged: dict[tuple[str, str], Finding] = {}
    others: list[Finding] = []
    for item in findings:
        key = (item.rule_code, item.segment_id)
        before = merged.get(key)
        if item.severity != WARNING:
            others.append(item)
        elif before is None:
            merged[key] = item
        else:
            position = min(before.position, item.position)
            merged[key] = warning(item.rule_code, item.segment_id, position, before.count + item.count)
    return others + list(merged.values())


def findings_frame(findings: Iterable[Finding]) -> pl.DataFrame:
    """Findings as a frame, one row each, in the order given."""
    rows = [(f.rule_code, f.severity, f.segment_id, f.position, f.line_rows, f.count) for f in findings]
    return pl.DataFrame(rows, schema=FINDINGS_SCHEMA, orient="row")

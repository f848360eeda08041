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
    "empty_file": ("The file is empty, or contains only blanks.", "Ask the sender for the file again."),
    "utf16": ("The file is saved as UTF-16 text.", "Save it as ASCII or UTF-8."),
    "zip_archive": ("The file is a ZIP archive.", "Unpack it, and put the files inside into landing/."),
    "gzip_damaged": ("The gzip stream is damaged or cut off.", "Ask the sender for the file again."),
    "zstd_damaged": ("The zstd stream is damaged or cut off.", "Ask the sender for the file again."),
    "not_x12": ("The file contains no X12 interchange (ISA to IEA).", "Check that this is the right file."),
    "no_envelope": (
        "The file has X12 segments without an envelope (ISA to IEA) around them.",
        "Ask the sender for the whole interchange.",
    ),
    "isa_unreadable": (
        "The ISA segment is malformed.",
        "Ask the sender for the file again.",
    ),
    "interchange_not_closed": (
        "The file ends before the IEA segment: it is cut off.",
        "Ask the sender for the whole file.",
    ),
    "set_not_closed": (
        "A transaction set ends without its SE segment: the file is cut off.",
        "Ask the sender for the whole file.",
    ),
    "segment_not_ended": (
        "The last segment is incomplete: the file is cut off.",
        "Ask the sender for the whole file.",
    ),
    "wrong_transaction_set": (
        "The file contains only transactions of another kind. The message names it.",
        "Send 837P (005010X222) or 835 (005010X221) files.",
    ),
    "loop_too_large": (
        "One claim, loop or segment is larger than the limit for memory.",
        "Check the file. It is probably not X12 after its first segments.",
    ),
    # Claims that can't be trusted.
    "bad_amount": ("An amount is not a number.", "Ask the sender for a corrected claim."),
    "bad_number": ("A count or line number is not a number.", "Ask the sender for a corrected claim."),
    "bad_date": (
        "A date is not a calendar date in its declared format.",
        "Ask the sender for a corrected claim.",
    ),
    "bad_adjustment": (
        "An adjustment segment (CAS) lacks its group, reason or amount.",
        "Ask the payer for a corrected remittance.",
    ),
    "element_missing": (
        "A segment lacks a required element, so the claim cannot be read.",
        "Ask the sender for a corrected claim.",
    ),
    "line_without_service": (
        "A service line has no SV1 segment, or more than one.",
        "Ask the sender for a corrected claim.",
    ),
    "line_without_claim": ("Service lines belong to no claim.", "Ask the sender for the file again."),
    "line_number_repeated": (
        "The line numbers of a claim repeat or do not increase. Two claims may have been joined by mistake.",
        "Ask the sender for a corrected claim.",
    ),
    "segment_repeated": (
        "A segment that may occur once in its loop occurs twice.",
        "Ask the sender for the file again.",
    ),
    "segment_out_of_place": (
        "A segment of the claim or of a level above stands inside a service line. The header of its "
        "loop is missing.",
        "Ask the sender for the file again.",
    ),
    "segment_outside_set": (
        "Segments stand outside a transaction set.",
        "Ask the sender for the file again.",
    ),
    "hl_parent_missing": (
        "A hierarchical level (HL) names a parent that does not exist in its transaction set.",
        "Ask the sender for the file again.",
    ),
    "hl_parent_assumed": (
        "A hierarchical level (HL) names an impossible parent. The pipeline took the nearest billing "
        "provider above it.",
        "Tell the sender.",
    ),
    "context_missing": (
        "No billing provider, subscriber, payer or transaction header comes before the claim.",
        "Ask the sender for the file again.",
    ),
    "context_doubtful": (
        "The loop before the claim is damaged, so the patient above it may be the wrong one.",
        "Ask the sender for the file again.",
    ),
    "unknown_segment_in_claim": (
        "A claim contains a segment that X12 does not know, and the amounts of the claim do not add up.",
        "Ask the sender for a corrected claim.",
    ),
    "interchange_duplicate": (
        "The file contains the same interchange twice.",
        "Nothing. The second copy is skipped.",
    ),
    # Read all the same, counted.
    "unknown_segment": (
        "A segment has an identifier that X12 does not know.",
        "Look at the position in the file. Nothing was read from this segment.",
    ),
    "other_transaction_set": (
        "The file also contains transactions of another kind. They are skipped.",
        "Nothing.",
    ),
    "segment_count": ("The number of segments in SE01 is wrong.", "Tell the sender."),
    "set_control_number": ("The control number in SE02 differs from the one in ST02.", "Tell the sender."),
    "set_count": ("The number of transaction sets in GE01 is wrong.", "Tell the sender."),
    "group_control_number": ("The control number in GE02 differs from the one in GS06.", "Tell the sender."),
    "group_count": ("The number of functional groups in IEA01 is wrong.", "Tell the sender."),
    "interchange_control_number": (
        "The control number in IEA02 differs from the one in ISA13.",
        "Tell the sender.",
    ),
    "interchange_control_reused": (
        "Two interchanges have the same control number but different content.",
        "Both were read. Ask the sender whether one replaces the other.",
    ),
    "group_not_closed": ("A functional group ends without its GE segment.", "Tell the sender."),
    "no_set": ("An interchange contains no transaction set.", "Nothing. There was nothing to read."),
    "envelope_out_of_order": (
        "An envelope segment (ISA, GS, ST, SE, GE or IEA) stands in the wrong place.",
        "Tell the sender.",
    ),
    "byte_order_mark": ("A byte order mark comes before the ISA segment.", "Nothing. It is skipped."),
    "end_of_file_mark": (
        "An end-of-file character (Control-Z) comes before an ISA segment, because files were joined.",
        "Nothing. It is skipped.",
    ),
    "leading_blanks": ("Blanks come before the first segment.", "Nothing. They are skipped."),
    "bytes_before_interchange": (
        "Text comes before the first ISA segment.",
        "Look at the file. The text was skipped.",
    ),
    "nul_bytes": ("NUL bytes were removed.", "Tell the sender."),
    "latin1_bytes": ("Some bytes are not UTF-8. They were read as cp1252 or Latin-1.", "Nothing."),
    "gzip_bytes": ("The file was compressed with gzip, and was unpacked.", "Nothing."),
    "isa_length": (
        "An ISA segment is not 106 bytes long.",
        "Nothing. Its separators were found all the same.",
    ),
    "newline_as_terminator": (
        "Segments end in a line break instead of the declared terminator.",
        "Nothing. Line breaks were read as terminators.",
    ),
    "newline_in_segment": ("Line breaks inside segments were removed.", "Nothing."),
    "wrapped_lines": (
        "The lines of the file are broken at a fixed width.",
        "Nothing. The lines were joined.",
    ),
    "delimiters_changed": ("The interchanges of the file use different delimiters.", "Nothing."),
    "line_unbalanced": (
        "A line is out of balance: charge less adjustments is not the paid amount.",
        "The line or claim is kept. Ask the payer about the difference.",
    ),
    "claim_unbalanced": (
        "A claim is out of balance: its charge less all adjustments is not its paid amount.",
        "The line or claim is kept. Ask the payer about the difference.",
    ),
    "payment_unbalanced": (
        "A payment is out of balance: its claim payments less provider adjustments (PLB) are not its "
        "amount (BPR02).",
        "The claims are kept. Ask the payer about the difference.",
    ),
    "claim_charge_unbalanced": (
        "The charges of the lines do not add up to the charge of the claim.",
        "The claim is kept. Ask the sender about the difference.",
    ),
    "provider_adjustment": (
        "The payment has adjustments to the provider (PLB). They belong to no "
        "claim line, so no number uses them.",
        "Nothing.",
    ),
    "note_time_differs": (
        "The start and stop times in a note differ from the minutes billed.",
        "The billed minutes were used. Check the claim.",
    ),
    "claim_level_payment": (
        "The payer answered a claim without service lines.",
        "Nothing. The answer is kept without a procedure code.",
    ),
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


def quarantining(rule_code: str, segment_id: str, position: int, line_rows: int, count: int = 1) -> Finding:
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

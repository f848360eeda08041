"""Submissions, claims, versions and line_positions, one after the other (contract, 4.1 and 4.2).

Slow and obvious on purpose: it is what the fast implementation is held against.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from oracle_reference import OracleReference
from oracle_units import care_model

Row = dict[str, Any]
Key = tuple[str, str, str]
CONTENT = (
    *("line_number", "procedure_code", "modifier_1", "modifier_2", "modifier_3", "modifier_4"),
    *("service_date", "charge", "unit_basis", "unit_count", "place_of_service", "payer_id", "payer_name"),
    *("claim_filing_code", "rendering_provider_npi", "billing_provider_state", "service_facility_state"),
    *("medicare_contractor", "medicare_locality", "age", "sex"),
    *("diagnosis_1", "diagnosis_2", "diagnosis_3", "diagnosis_4", "surgical_procedure_code"),
    *("authorized", "line_count"),
)
KEYED_CONTENT = ("line_control", "member", "birth")
FREQUENCY_RANK = {"1": 1, "7": 2, "8": 3}
DIRECTION = {"directed_physician", "supervised"}
IsDenied = Callable[["Claim"], bool]
"""Whether a claim was denied and never paid, by the answers that speak of its submissions."""
NumbersOf = Callable[["Claim"], set[str]]
"""The payer claim numbers of those answers."""


def nulls_first(value: Any) -> tuple[Any, ...]:
    """A sort key under which None comes before every value."""
    return (0,) if value is None else (1, value)


def plain_content(row: Row) -> tuple[Any, ...]:
    """Content of a line that the store keeps as it is."""
    return tuple(nulls_first(row[name]) for name in CONTENT)


def keyed_content(row: Row) -> tuple[Any, ...]:
    """Content of a line that the store keeps as keyed hashes only: it decides no number."""
    return tuple(nulls_first(row[name]) for name in KEYED_CONTENT)


def content(row: Row) -> tuple[Any, ...]:
    return plain_content(row) + keyed_content(row)


def origin(row: Row) -> tuple[str, int]:
    """Where a row stands: unique over all rows, and of no meaning."""
    return (row["_file"], row["_row"])


@dataclass(eq=False)
class Submission:
    """What was sent as one claim on one day."""

    key: Key
    submitted_on: date
    frequency: str
    original: str | None
    member: str | None
    birth: date | None
    payer: str
    rows: list[Row] = field(default_factory=list)
    lines: list[Row] = field(default_factory=list)
    repeated: list[Row] = field(default_factory=list)
    is_duplicate: bool = False

    @property
    def service_dates(self) -> set[date]:
        return {row["service_date"] for row in self.lines}

    @property
    def is_void(self) -> bool:
        return self.frequency == "8"

    @property
    def patient(self) -> tuple[Any, ...]:
        """Member id and birth date; without a member id the claim number takes its place."""
        return (self.member, self.birth) if self.member else ("claim", self.key[0], self.birth)

    def of_lines(self, name: str) -> set[Any]:
        return {row[name] for row in self.lines} - {None}

    def care_models(self) -> set[str]:
        return {care_model(row) for row in self.lines}

    def line_content(self) -> list[tuple[Any, ...]]:
        return [content(row) for row in self.lines]

    def order(self) -> tuple[Any, ...]:
        """Version order: date, frequency, content; what is keyed comes after all that is not."""
        return (
            self.submitted_on,
            FREQUENCY_RANK[self.frequency],
            [plain_content(row) for row in self.lines],
            [keyed_content(row) for row in self.lines],
            nulls_first(self.original),
            nulls_first(self.member),
            nulls_first(self.birth),
        )


@dataclass(eq=False)
class LinePosition:
    """Lines of a claim's versions that continue one another: (index of the version, line)."""

    claim: Claim
    lines: list[tuple[int, Row]] = field(default_factory=list)
    has_unmatched_reversal: bool = False

    @property
    def number(self) -> int:
        """Line number in the last version that has the line."""
        return int(self.lines[-1][1]["line_number"])

    def has(self, row: Row) -> bool:
        return any(line is row for _, line in self.lines)

    def lines_of(self, version: int) -> list[Row]:
        return [row for index, row in self.lines if index == version]


@dataclass(eq=False)
class Claim:
    """One claim: its submissions in version order."""

    key: Key
    submissions: list[Submission] = field(default_factory=list)
    versions: list[Submission] = field(default_factory=list)
    line_positions: list[LinePosition] = field(default_factory=list)

    @property
    def number(self) -> str:
        return self.key[0]

    @property
    def npi(self) -> str:
        return self.key[1]

    @property
    def role(self) -> str:
        return self.key[2]

    @property
    def patient(self) -> tuple[Any, ...]:
        """That of its last version."""
        return self.versions[-1].patient

    @property
    def service_dates(self) -> set[date]:
        return {day for submission in self.submissions for day in submission.service_dates}

    def first_order(self) -> tuple[Any, ...]:
        return self.submissions[0].order()

    def has_one_line_in_all(self) -> bool:
        """One line position, and every version says that the claim has one line; header-only versions say
        nothing.
        """
        counts = [row["line_count"] for version in self.versions for row in version.lines]
        return len(self.line_positions) == 1 and all(count == 1 for count in counts)

    def settle(self) -> None:
        """Versions and line positions of the submissions so far."""
        mark_duplicates(self)
        assign_line_positions(self)


# --- submissions ---------------------------------------------------------------------------------


def submissions_of(rows: list[Row], reference: OracleReference) -> dict[Key, list[Submission]]:
    """Submissions of every claim key, in version order."""
    by_key: dict[Key, list[Submission]] = {}
    for part in parts_of(rows, reference):
        first = part[0]
        key = (first["number"], first["npi"], first["role"])
        said = (first["submitted_on"], first["frequency"], first["original"], first["member"], first["birth"])
        submission = Submission(key, *said, first["_payer"], part)
        settle_lines(submission)
        by_key.setdefault(key, []).append(submission)
    for submissions in by_key.values():
        submissions.sort(key=Submission.order)
    return by_key


SENT_TOGETHER = (
    "number",
    "npi",
    "role",
    "submitted_on",
    "frequency",
    "original",
    "member",
    "birth",
    "_payer",
)
BILLS_APART = ("_care_model", "rendering_provider_npi", "service_date", "procedure_code")


def parts_of(rows: list[Row], reference: OracleReference) -> list[list[Row]]:
    """Rows of one key, day, frequency, original number, patient and payer; apart where one line number stands
    for lines that can't be of one claim."""
    groups: dict[Any, list[Row]] = {}
    for row in sorted(rows, key=origin):
        row["_payer"] = reference.payer_of(row, row["service_date"] or row["submitted_on"])
        row["_care_model"] = care_model(row) if row["in_scope"] else None
        groups.setdefault(tuple(row[name] for name in SENT_TOGETHER), []).append(row)
    found = []
    for group in groups.values():
        bills = [group]
        for name in BILLS_APART:
            bills = [piece for bill in bills for piece in apart_by(name, bill)]
        share_line_counts(bills)
        found += bills
    return found


def apart_by(name: str, part: list[Row]) -> list[list[Row]]:
    """Lines by what they say, where a line number says two things; a header goes with any of them."""
    said: dict[int, set[Any]] = {}
    for row in part:
        if row["in_scope"]:
            said.setdefault(row["line_number"], set()).add(row[name])
    if all(len(values - {None}) <= 1 for values in said.values()):
        return [part]
    pieces: dict[Any, list[Row]] = {}
    for row in part:
        if row["in_scope"]:
            pieces.setdefault(row[name], []).append(row)
    least = min(value for value in pieces if value is not None)
    pieces[least].extend(row for row in part if not row["in_scope"])
    return list(pieces.values())


def share_line_counts(bills: list[list[Row]]) -> None:
    """Where one of the bills sent as one has no first line, another of them has it: all have several."""
    first = [min((row["line_number"] for row in bill if row["in_scope"]), default=1) for bill in bills]
    if len(bills) > 1 and max(first) > 1:
        for row in (row for bill in bills for row in bill):
            row["line_count"] = max(row["line_count"], 2)


def settle_lines(submission: Submission) -> None:
    """One line per line number: the last by content; the same content again is a repetition."""
    by_number: dict[int, list[Row]] = {}
    for row in submission.rows:
        if row["in_scope"]:
            by_number.setdefault(row["line_number"], []).append(row)
    for number in sorted(by_number):
        seen: list[Row] = []
        for row in by_number[number]:
            if any(content(row) == content(other) for other in seen):
                submission.repeated.append(row)
            else:
                seen.append(row)
        submission.lines.append(max(seen, key=content))


# --- claims --------------------------------------------------------------------------------------


def shares_half_a_patient(submission: Submission, claim: Claim) -> bool:
    """Member id or birth date of any version; absent equals nothing."""
    return any(
        (submission.member is not None and submission.member == other.member)
        or (submission.birth is not None and submission.birth == other.birth)
        for other in claim.submissions
    )


def said_of(claim: Claim) -> Submission:
    """The claim's last submission that has lines in scope."""
    return next((s for s in reversed(claim.submissions) if s.lines), claim.submissions[0])


def is_beside(submission: Submission, claim: Claim) -> bool:
    """A QX line beside QK, QY or AD: another claim of the same case."""
    one, other = submission.care_models(), said_of(claim).care_models()
    return any(
        "directed_crna" in nurse - physician and bool(physician & DIRECTION) and not nurse & DIRECTION
        for nurse, physician in ((one, other), (other, one))
    )


def apart(one: set[Any], other: set[Any]) -> bool:
    return bool(one) and bool(other) and not one & other


def differs(submission: Submission, claim: Claim) -> bool:
    """Whether a new bill speaks of other things than the claim, or of another half of the patient."""
    said = said_of(claim)
    names = ("rendering_provider_npi", "procedure_code")
    return (
        submission.payer != said.payer
        or any(apart(submission.of_lines(name), said.of_lines(name)) for name in names)
        or apart(submission.care_models(), said.care_models())
        or apart({submission.member} - {None}, {s.member for s in claim.submissions} - {None})
        or apart({submission.birth} - {None}, {s.birth for s in claim.submissions} - {None})
    )


def home_of(
    submission: Submission, claims: list[Claim], is_denied: IsDenied, numbers_of: NumbersOf
) -> Claim | None:
    """The earlier claim of the key that a submission joins, if any."""
    others = [claim for claim in claims if not is_beside(submission, claim)]
    mine = [claim for claim in others if shares_half_a_patient(submission, claim)]
    if not mine and submission.frequency != "1":
        mine = [claim for claim in others if submission.original in numbers_of(claim)]
    sharing = [claim for claim in mine if claim.service_dates & submission.service_dates]

    def last(claim: Claim) -> tuple[Any, ...]:
        return claim.submissions[-1].order()

    if submission.frequency == "1":
        same = [claim for claim in sharing if not differs(submission, claim)]
        cured = [
            claim
            for claim in sharing
            if claim.submissions[-1].submitted_on < submission.submitted_on and is_denied(claim)
        ]
        return max(same or cured, key=last, default=None)

    def preference(claim: Claim) -> tuple[Any, ...]:
        said = said_of(claim)
        name = "rendering_provider_npi"
        fits = bool(submission.of_lines(name) & said.of_lines(name)) + bool(
            submission.care_models() & said.care_models()
        )
        return (fits, submission.original in numbers_of(claim), last(claim))

    return max(sharing or mine, key=preference, default=None)


def build_claims(
    by_key: dict[Key, list[Submission]], is_denied: IsDenied, numbers_of: NumbersOf
) -> list[Claim]:
    """Every claim, with versions and line positions."""
    found: list[Claim] = []
    for key, submissions in sorted(by_key.items()):
        claims: list[Claim] = []
        for submission in submissions:
            home = home_of(submission, claims, is_denied, numbers_of)
            if home is None:
                home = Claim(key)
                claims.append(home)
            home.submissions.append(submission)
        for claim in claims:
            claim.settle()
        found.extend(claims)
    return found


def mark_duplicates(claim: Claim) -> None:
    """A submission with the lines of the one before it is a duplicate, unless one of the two is a void."""
    before: Submission | None = None
    for submission in claim.submissions:
        submission.is_duplicate = (
            before is not None
            and not submission.is_void
            and not before.is_void
            and bool(submission.lines)
            and submission.line_content() == before.line_content()
        )
        before = submission
    claim.versions = [s for s in claim.submissions if not s.is_duplicate]


def assign_line_positions(claim: Claim) -> None:
    """Lines with one number are one line position; where no version has more than one line, all are one line
    position.
    """
    single = all(len(version.lines) <= 1 for version in claim.versions)
    by_number: dict[int, LinePosition] = {}
    for index, version in enumerate(claim.versions):
        for line in version.lines:
            number = 0 if single else line["line_number"]
            line_position = by_number.setdefault(number, LinePosition(claim))
            line_position.lines.append((index, line))
    claim.line_positions = sorted(by_number.values(), key=lambda s: s.number)

"""Submissions, instances, versions and slots of claims, row by row (docs/resolution.md, sections 1 to 3).

Slow and obvious on purpose: it is what the fast implementation is held against.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from typing import Any

from schemas.accepted import CLAIM_CONTENT

Row = dict[str, Any]
PLAIN_CONTENT = [column.name for column in CLAIM_CONTENT if column.sensitivity != "keyed"]
KEYED_CONTENT = [column.name for column in CLAIM_CONTENT if column.sensitivity == "keyed"]
FREQUENCY_RANK = {"1": 1, "6": 2, "7": 2, "8": 3}


def nulls_first(value: Any) -> tuple[Any, ...]:
    """A sort key under which None comes before every value."""
    return (0,) if value is None else (1, value)


def plain_content(row: Row) -> tuple[Any, ...]:
    """Content of a line without its keyed hashes, comparable."""
    return tuple(nulls_first(row[name]) for name in PLAIN_CONTENT)


def keyed_content(row: Row) -> tuple[Any, ...]:
    """Keyed hashes of a line, comparable."""
    return tuple(nulls_first(row[name]) for name in KEYED_CONTENT)


def content(row: Row) -> tuple[Any, ...]:
    """Content of a line; keyed hashes come after every other column."""
    return plain_content(row) + keyed_content(row)


def origin(row: Row) -> tuple[str, int]:
    """Where a row stands: unique over all rows."""
    return (row["file_key"], row["row_number"])


@dataclass(eq=False)
class Submission:
    """Rows of one claim key, submission date, frequency and original number."""

    submitted_on: date
    frequency: str
    original: str | None
    rows: list[Row] = field(default_factory=list)
    lines: list[Row] = field(default_factory=list)
    repeated: list[Row] = field(default_factory=list)
    beaten: list[Row] = field(default_factory=list)
    is_duplicate: bool = False

    @property
    def service_dates(self) -> set[date]:
        """Service dates of the lines in scope that stand."""
        return {row["service_date"] for row in self.lines}

    @property
    def is_void(self) -> bool:
        return self.frequency == "8"

    def line_content(self) -> list[tuple[Any, ...]]:
        """Content of the standing lines by line number."""
        return [content(row) for row in self.lines]

    def order(self) -> tuple[Any, ...]:
        """Order of submissions of one key; hashes of every line come after all that is not hashed."""
        return (
            self.submitted_on,
            FREQUENCY_RANK[self.frequency],
            [plain_content(row) for row in self.lines],
            [keyed_content(row) for row in self.lines],
            nulls_first(self.original),
        )


@dataclass(eq=False)
class Slot:
    """Lines of an instance's versions that continue one another: (index of the version, line)."""

    instance: Instance
    lines: list[tuple[int, Row]] = field(default_factory=list)
    has_unmatched_reversal: bool = False
    reversal_amount_mismatch: bool = False

    @property
    def number(self) -> int:
        return min(int(row["line_number"]) for _, row in self.lines)

    def line_numbers(self) -> set[int]:
        return {row["line_number"] for _, row in self.lines}

    def lines_of(self, version: int) -> list[Row]:
        """The lines of one version of the instance in this slot."""
        return [row for index, row in self.lines if index == version]


@dataclass(eq=False)
class Instance:
    """One claim: one use of a claim key."""

    number: int
    key: tuple[str, str, str, str]
    submissions: list[Submission] = field(default_factory=list)
    versions: list[Submission] = field(default_factory=list)
    slots: list[Slot] = field(default_factory=list)

    @property
    def claim_number(self) -> str:
        return self.key[0]

    @property
    def npi(self) -> str:
        return self.key[1]

    @property
    def role(self) -> str:
        return self.key[2]

    @property
    def patient(self) -> str:
        return self.key[3]

    def has_one_line_in_all(self) -> bool:
        """One slot, and every version says that the claim has one line; header-only versions say nothing."""
        counts = [row["claim_line_count"] for version in self.versions for row in version.lines]
        return len(self.slots) == 1 and all(count == 1 for count in counts)


def submissions_of(rows: list[Row]) -> dict[tuple[str, str, str, str], list[Submission]]:
    """Submissions of every claim key, in order."""
    found: dict[Any, Submission] = {}
    by_key: dict[tuple[str, str, str, str], list[Submission]] = {}
    for row in sorted(rows, key=origin):
        key = (row["claim_number_key"], row["billing_provider_npi"], row["role"], row["patient_key"])
        frequency = "7" if row["claim_frequency_code"] == "6" else row["claim_frequency_code"]
        which = (key, row["submitted_on"], frequency, row["original_claim_key"])
        if which not in found:
            found[which] = Submission(row["submitted_on"], frequency, row["original_claim_key"])
            by_key.setdefault(key, []).append(found[which])
        found[which].rows.append(row)
    for submissions in by_key.values():
        for submission in submissions:
            settle_lines(submission)
        submissions.sort(key=Submission.order)
    return by_key


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
        seen.sort(key=content)
        submission.lines.append(seen[-1])
        submission.beaten.extend(seen[:-1])


def assign_instances(key: tuple[str, str, str, str], submissions: list[Submission]) -> list[Instance]:
    """Give every submission of one key, in order, to an instance."""
    instances: list[Instance] = []
    placed: list[tuple[Submission, Instance]] = []
    for submission in submissions:
        sharing = [i for s, i in placed if s.service_dates & submission.service_dates]
        if sharing:
            home = sharing[-1]
        elif submission.frequency == "1" or not placed:
            home = Instance(number=-1, key=key)
            instances.append(home)
        else:
            home = placed[-1][1]
        home.submissions.append(submission)
        placed.append((submission, home))
    return instances


def mark_duplicates(instance: Instance) -> None:
    """A submission with the lines of the one before it is a duplicate, unless one of the two is a void."""
    before: Submission | None = None
    for submission in instance.submissions:
        submission.is_duplicate = (
            before is not None
            and not submission.is_void
            and not before.is_void
            and bool(submission.lines)
            and submission.line_content() == before.line_content()
        )
        before = submission
    instance.versions = [s for s in instance.submissions if not s.is_duplicate]


def assign_slots(instance: Instance) -> None:
    """Lines with one number are one slot; where no version has more than one line, all are one slot."""
    single = all(len(version.lines) <= 1 for version in instance.versions)
    by_number: dict[int, Slot] = {}
    for index, version in enumerate(instance.versions):
        for line in version.lines:
            number = 0 if single else line["line_number"]
            slot = by_number.setdefault(number, Slot(instance))
            slot.lines.append((index, line))
    instance.slots = sorted(by_number.values(), key=lambda s: s.number)


def build_instances(rows: list[Row]) -> list[Instance]:
    """Every claim instance of the accepted claim lines, with versions and slots."""
    instances: list[Instance] = []
    for key, submissions in sorted(submissions_of(rows).items()):
        instances.extend(assign_instances(key, submissions))
    for number, instance in enumerate(instances):
        instance.number = number
        mark_duplicates(instance)
        assign_slots(instance)
    return instances

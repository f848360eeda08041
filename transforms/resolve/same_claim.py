"""Which submissions under one claim number are one claim.

Source: CLM01, CLM05-3, NM1*IL 09, DMG02, NM1*82, SV101-3..6; rules in docs/resolution.md, section 2.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby
from operator import attrgetter
from typing import Any

import polars as pl

DIRECTING = frozenset({"directed_physician", "supervised"})
_DIRECTED = "directed_crna"
_FIRST = "1"
SETS = {
    "dates": "service_date",
    "renderings": "rendering_provider_npi",
    "models": "care_model",
    "codes": "procedure_code",
}
"""What a submission says on its lines, by the column that says it."""


class Submission:
    """One submission as the fold looks at it; `answers`: what was answered to it."""

    __slots__ = (
        "birth",
        "codes",
        "dates",
        "day",
        "denied",
        "is_first",
        "key",
        "member",
        "models",
        "original",
        "paid",
        "payer",
        "payer_claims",
        "position",
        "renderings",
    )

    def __init__(self, row: dict[str, Any]) -> None:
        self.key, self.position, self.day = row["key"], row["position"], row["submitted_on"]
        self.is_first = row["claim_frequency_code"] == _FIRST
        self.member, self.birth, self.payer = row["member_key"], row["birth_key"], row["payer"]
        self.original = row["original_claim_key"]
        self.dates, self.renderings = set(row["dates"]), set(row["renderings"])
        self.models, self.codes = set(row["models"]), set(row["codes"])
        self.denied, self.paid = bool(row["denied"]), bool(row["paid"])
        self.payer_claims = set(row["payer_claims"] or ())


class _Claim:
    """The submissions found to be one claim so far. What a claim says is what its last lines say."""

    def __init__(self, first: Submission) -> None:
        self.instance = first.position
        self.last = self.said = first
        self.dates: set[Any] = set()
        self.members: set[Any] = set()
        self.births: set[Any] = set()
        self.payer_claims: set[Any] = set()
        self.denied = self.paid = False
        self.add(first)

    def add(self, submission: Submission) -> None:
        """One more version, or the same again."""
        self.last = submission
        if submission.codes or not self.said.codes:
            self.said = submission
        self.dates |= submission.dates
        self.members |= {submission.member} - {None}
        self.births |= {submission.birth} - {None}
        self.payer_claims |= submission.payer_claims
        self.denied, self.paid = self.denied or submission.denied, self.paid or submission.paid

    def is_of_patient(self, submission: Submission) -> bool:
        """Member id or birth date of any version."""
        return submission.member in self.members or submission.birth in self.births

    def is_named_by(self, submission: Submission) -> bool:
        """It was answered under the payer claim number that a replacement or void names."""
        return not submission.is_first and submission.original in self.payer_claims

    def is_other_half(self, submission: Submission) -> bool:
        """The other bill of a directed case."""
        return _other_half(submission.models, self.said.models)

    def differs(self, submission: Submission) -> bool:
        """A first submission that says this beside a claim is another claim."""
        said = self.said
        return (
            submission.payer != said.payer
            or _apart(submission.renderings, said.renderings)
            or _apart(submission.models, said.models)
            or _apart(submission.codes, said.codes)
            or _apart({submission.member} - {None}, self.members)
            or _apart({submission.birth} - {None}, self.births)
        )

    def is_cured_by(self, submission: Submission) -> bool:
        """What was denied and never paid is corrected by what is submitted on a later day."""
        return self.denied and not self.paid and self.last.day < submission.day

    def preference(self, submission: Submission) -> tuple[int, bool, int]:
        """How well a replacement or void fits: provider and care model, then the number it names."""
        said = self.said
        fits = int(bool(submission.renderings & said.renderings)) + int(bool(submission.models & said.models))
        return fits, self.is_named_by(submission), self.last.position


def _apart(one: set[Any], other: set[Any]) -> bool:
    return bool(one and other) and not one & other


def _other_half(one: set[str], other: set[str]) -> bool:
    """QX beside QK, QY or AD: the two bills of a directed case."""
    return any(
        _DIRECTED in nurse and _DIRECTED not in physician and bool(DIRECTING & physician)
        and not DIRECTING & nurse
        for nurse, physician in ((one, other), (other, one))
    )  # fmt: skip


def folded(said: pl.DataFrame, answers: pl.DataFrame) -> pl.DataFrame:
    """(position, instance) of each submission: `instance` is the position of its claim's first.

    `said`: submissions in version order by `position`, with their `key` and sets (`with_sets`). `answers`:
    submission, denied, paid, payer_claims. Only keys whose submissions differ are folded one by one.
    """
    together = said.filter("alike").select("position", instance=pl.col("position").min().over("key"))
    apart = (
        said.filter(~pl.col("alike"))
        .join(answers, on="submission", how="left", validate="1:1")
        .sort("position")
    )
    found = pl.DataFrame(
        list(_claims(apart)), schema={"position": pl.Int64, "instance": pl.Int64}, orient="row"
    )
    return pl.concat([together, found])


def with_sets(submissions: pl.DataFrame, lines: pl.DataFrame) -> pl.DataFrame:
    """Submissions beside the sets of what their lines say.

    `alike`: all submissions of the key say the same of a patient whom they can share: they are one claim.
    """
    sets = lines.group_by("submission").agg(
        pl.col(column).drop_nulls().unique().sort().alias(name) for name, column in SETS.items()
    )
    told = submissions.join(sets, on="submission", how="left", validate="1:1").with_columns(
        pl.col(name).fill_null([]) for name in SETS
    )
    texts = [pl.col(name).cast(pl.List(pl.String)).list.join(",") for name in SETS]
    patient = [pl.col(name).cast(pl.String).fill_null("") for name in ("member_key", "birth_key", "payer")]
    text = pl.concat_str(*texts, *patient, separator="|")
    known = (pl.col("codes").list.len() > 0) & pl.any_horizontal(
        pl.col("member_key", "birth_key").is_not_null()
    )
    return told.with_columns(alike=(text.n_unique() == 1).over("key") & known.all().over("key"))


def _claims(rows: pl.DataFrame) -> Iterator[tuple[int, int]]:
    """Fold the submissions of each key in version order."""
    submissions = (Submission(row) for row in rows.iter_rows(named=True))
    for _, of_key in groupby(submissions, key=attrgetter("key")):
        claims: list[_Claim] = []
        for submission in of_key:
            claim = _joined(submission, claims)
            if claim is None:
                claim = _Claim(submission)
                claims.append(claim)
            else:
                claim.add(submission)
            yield submission.position, claim.instance


def _joined(submission: Submission, claims: list[_Claim]) -> _Claim | None:
    """The earlier claim that a submission belongs to."""
    others = [claim for claim in claims if not claim.is_other_half(submission)]
    possible = [claim for claim in others if claim.is_of_patient(submission)] or [
        claim for claim in others if claim.is_named_by(submission)
    ]
    sharing = [claim for claim in possible if claim.dates & submission.dates]
    if not submission.is_first:
        return max(sharing or possible, key=lambda claim: claim.preference(submission), default=None)
    same = [claim for claim in sharing if not claim.differs(submission)]
    cured = [claim for claim in sharing if claim.is_cured_by(submission)]
    return max(same or cured, key=lambda claim: claim.last.position, default=None)

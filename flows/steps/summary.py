"""What a run did, in counts and codes.

The same summary for people, for --json, for the log and for Prefect.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import date
from typing import Any

from flows.errors import DONE, DOUBTS
from flows.run import Run
from flows.steps.admit import TakenIn
from flows.steps.anchors import left_anchors
from flows.steps.commit import releases_of
from flows.steps.discover import Found
from flows.steps.linked_share import is_below, linked_answers
from flows.steps.plan import Plan
from flows.steps.recover import Recovered
from flows.store.publish import read_manifest, staged_folder
from flows.store.snapshot import Store
from flows.store.sweep import sweep

FILES_SHOWN = 20
"""Files whose findings are listed for people one by one."""
_COUNTS = ("rows_read", "out_of_scope", "accepted", "quarantined", "repaired")


@dataclass(frozen=True)
class _Release:
    """The release of one audience after a run: its id, whether the run made it, rows by table."""

    release_id: str
    is_new: bool
    tables: Mapping[str, int]


@dataclass(frozen=True)
class Summary:
    """The outcome of a run. Holds no value of a claim and no file name."""

    run_id: str
    files: Mapping[str, int]
    rows: Mapping[str, int]
    codes: Mapping[str, int]
    rejected: tuple[tuple[str, str], ...]
    findings: Mapping[str, Mapping[str, int]]
    waiting: int
    missing: int
    completed: Mapping[str, str]
    everything: bool
    as_of: str | None
    past_ceiling: bool
    as_of_in_future: bool = False
    left_anchors: tuple[str, ...] = ()
    releases: Mapping[str, _Release] = field(default_factory=dict)
    answers: int = 0
    linked_answers: int = 0
    few_linked: bool = False
    left: int = 0

    @classmethod
    def of(cls, rows: Sequence[Mapping[str, Any]], ceiling: float, **rest: Any) -> Summary:
        """Count the ledger rows of a run.

        `ceiling` is the share of bad rows above which the run is doubtful.
        """
        files: dict[str, int] = {}
        for row in rows:
            files[row["outcome"]] = files.get(row["outcome"], 0) + 1
        taken = [row for row in rows if row["outcome"] == "accepted"]
        counts = {name: sum(int(row.get(name) or 0) for row in taken) for name in _COUNTS}
        bad, good = counts["quarantined"], counts["accepted"]
        return cls(
            files=dict(sorted(files.items())),
            rows=counts,
            rejected=tuple(
                (row["shown_name"], row["reason"]) for row in rows if row["outcome"] == "rejected"
            ),
            findings={row["shown_name"]: dict(row["findings"]) for row in taken if row.get("findings")},
            past_ceiling=bad > ceiling * (good + bad),
            **rest,
        )

    @property
    def is_new(self) -> bool:
        """Whether the run published for any audience."""
        return any(release.is_new for release in self.releases.values())

    @property
    def exit_code(self) -> int:
        """3 when a file was rejected or left, too many rows are in quarantine, or too few remit lines found
        their claim line; otherwise 0.
        """
        doubtful = self.rejected or self.left or self.past_ceiling or self.few_linked
        return DOUBTS if doubtful else DONE

    def as_dict(self) -> dict[str, Any]:
        """Plain values."""
        return asdict(self)

    def outcome(self) -> dict[str, Any]:
        """What a flow returns: plain values, the exit code, the text for people."""
        return {**self.as_dict(), "exit_code": self.exit_code, "text": self.text()}

    def text(self) -> str:
        """A few lines for people."""
        files = ", ".join(f"{count} {outcome}" for outcome, count in self.files.items()) or "nothing new"
        lines = [f"files: {files}" + (f"; {self.waiting} still growing" if self.waiting else "")]
        if self.files:
            lines.append(
                "rows: " + ", ".join(f"{self.rows[name]:,} {name.replace('_', ' ')}" for name in _COUNTS)
            )
        if self.codes:
            lines.append("quarantined: " + ", ".join(f"{code} {count}" for code, count in self.codes.items()))
        lines.extend(f"rejected: {name} {code}" for name, code in self.rejected)
        lines.extend(self._findings())
        if self.past_ceiling:
            lines.append(
                "too many rows are in quarantine: their share exceeds the setting quarantine_ceiling"
            )
        if self.left:
            lines.append(f"W_BATCH_LOST: {self.left} files were left for the next run")
        if self.few_linked:
            lines.append(
                f"W_LINKED: {self.linked_answers:,} of {self.answers:,} remit lines found their claim line"
            )
        if self.missing:
            lines.append(f"source files no longer in landing/: {self.missing}")
        lines.extend(
            f"completed the interrupted publishing of release {release} ({audience})"
            for audience, release in self.completed.items()
        )
        if self.everything:
            lines.append(
                "a rule, a layout, the reference data or the program changed: every month was resolved again"
            )
        if self.as_of_in_future:
            lines.append(
                "W_CLOCK: the as-of date is later than this machine's date. A date in the files, the setting "
                "as_of or the clock is wrong."
            )
        lines.extend(f"W_ANCHOR: {departure}" for departure in self.left_anchors)
        lines.extend(self._releases())
        return "\n".join(lines)

    def markdown(self) -> str:
        """The same for Prefect's page of the run."""
        return f"# Run {self.run_id}\n\n" + "\n".join(f"- {line}" for line in self.text().splitlines())

    def table(self) -> list[dict[str, Any]]:
        """Published tables and their rows."""
        return [
            {"audience": audience, "table": name, "rows": rows}
            for audience, release in self.releases.items()
            for name, rows in release.tables.items()
        ]

    def _findings(self) -> list[str]:
        """Findings that removed no row: of all files by rule, then of each of the first files."""
        if not self.findings:
            return []
        total: dict[str, int] = {}
        for found in self.findings.values():
            for code, count in found.items():
                total[code] = total.get(code, 0) + count
        told = [f"findings that removed no row, in {len(self.findings)} files: {_listed(total)}"]
        shown = sorted(self.findings.items())[:FILES_SHOWN]
        told += [f"  {name}: {_listed(found)}" for name, found in shown]
        if len(self.findings) > len(shown):
            told.append(f"  and {len(self.findings) - len(shown)} more files (--json lists all)")
        return told

    def _releases(self) -> list[str]:
        if not self.releases:
            return ["release: none yet (nothing in scope has been taken in)"]
        return [
            f"release for {audience}: {release.release_id} {'published' if release.is_new else 'unchanged'}, "
            f"as of {self.as_of}, {len(release.tables)} tables"
            for audience, release in self.releases.items()
        ]


def _listed(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{code} {count:,}" for code, count in sorted(counts.items()))


def summarize(
    run: Run, recovered: Recovered, found: Found, taken: TakenIn, plan: Plan, store: Store
) -> Summary:
    """What the run did, without a value: for people, for the log and for Prefect's artifacts."""
    linked, answers = linked_answers(store, taken.new, plan.other_rules)
    summary = Summary.of(
        run_id=run.run_id,
        rows=taken.rows,
        codes=taken.codes,
        waiting=found.waiting + taken.growing,
        missing=found.missing,
        left=taken.left,
        completed=recovered.completed,
        releases={
            audience: _release_told(run, release, release != run.store.snapshot.release(audience))
            for audience, release in releases_of(run, store).items()
        },
        everything=plan.other_rules and bool(run.store.snapshot.fingerprint),
        as_of=store.snapshot.as_of,
        answers=answers,
        linked_answers=linked,
        few_linked=is_below(run.settings.linked_floor, linked, answers),
        as_of_in_future=(store.snapshot.as_of or "") > date.today().isoformat(),
        left_anchors=left_anchors(run, store),
        ceiling=run.settings.quarantine_ceiling,
    )
    run.log("summary", **summary.as_dict())
    sweep(store, keep=run.work)
    return summary


def _release_told(run: Run, release: str, is_new: bool) -> _Release:
    manifest = read_manifest(staged_folder(run.data, release)) or {"release_id": "", "tables": {}}
    rows = {name: entry["rows"] for name, entry in manifest["tables"].items()}
    return _Release(manifest["release_id"], is_new, rows)

"""`cpt01939 status`."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Annotated, Any, Final

from cyclopts import Parameter

from flows.commands.console import Common, say, show, show_json
from flows.errors import ProductError

ROWS_SHOWN: Final = 20
RULES_SHOWN: Final = 5


def status(
    *,
    names: Annotated[
        bool,
        Parameter(help="Show file names instead of short names (f:...). On a terminal only.", negative=()),
    ] = False,
    common: Common = Common(),  # noqa: B008
) -> int:
    """Last release, freshness, files waiting or rejected and why, quarantine, interrupted runs.

    With --json, per payer and kind of file too: latest dates, and when the next is to be expected.

    Example: cpt01939 status --json
    """
    common.choose_data()
    from flows.settings import load_settings
    from flows.state import state_of

    if names and (common.json or not sys.stdout.isatty()):
        raise ProductError("E_NAMES")
    settings = load_settings()
    state = state_of(settings)
    if common.json:
        show_json({"exit_code": 0, **state})
        return 0
    show("\n".join(lines_of(state, _resolve(settings) if names else {})))
    return 0


def lines_of(state: dict[str, Any], shown: dict[str, str]) -> list[str]:
    """The state in lines for people."""
    lines = [f"{audience}: {_release(release)}" for audience, release in state["releases"].items()] or [
        "Nothing has been published yet. `cpt01939 run` publishes the first release."
    ]
    run = state["run"]
    if run and run["going_on"]:
        lines.append(
            f"running: {run['kind']} {run['run_id']}, pid {run['pid']}, since {run['since']}, at "
            f"{run['stage']}"
        )
    elif run:
        lines.append(
            f"interrupted run {run['run_id']} ({run['kind']}, at {run['stage']}): it is safe to run again. "
            "If memory ran out, first lower CPT01939_BATCH_MEGABYTES and CPT01939_WORKERS (E_INTERRUPTED)."
        )
    lines += [_overdue(row) for row in state["sources"] if row["is_overdue"]]
    lines += _files(state, shown)
    lines += _quarantine(state, shown)
    lines += ["service lines by payer and month of service:"] if state["freshness"] else []
    lines.extend(
        f"  {row['payer']} {row['month']}: {row['lines']:,} lines, "
        f"last submitted {row['submitted_to'] or '-'}, last answered {row['answered_to'] or '-'}"
        for row in state["freshness"]
    )
    if state["clock"]:
        lines.append(f"W_CLOCK: {state['clock']}")
    return lines


def _files(state: dict[str, Any], shown: dict[str, str]) -> list[str]:
    """What became of files, what waits and why, what was refused and by which rules."""
    landing = state["landing"]
    files = ", ".join(f"{count} {outcome}" for outcome, count in state["files"].items()) or "none"
    lines = [f"files: {files}; {_landing(landing)}"]
    lines += _first(
        landing["files"], lambda row: f"  {shown.get(row['file'], row['file'])} {_why(row['why'])}"
    )
    for row in state["rejected"]:
        gone = "; no longer in landing/" if row["in_landing"] is False else ""
        lines.append(f"  {shown.get(row['file'], row['file'])} rejected: {row['code']}{gone}")
    return lines + _cures({row["rule"] for row in state["rejected"]})


def _landing(landing: dict[str, Any]) -> str:
    """What lies in landing/: what can't be known is told apart from nothing."""
    if not landing["has_folder"]:
        return "there is no folder landing/"
    if landing["unknown"]:
        from flows.errors import CATALOGUE

        code = landing["unknown"]
        return f"what waits in landing/ is unknown ({code}). {CATALOGUE[code].cure}"
    told = f"{landing['new']} new in landing/, {landing['waiting']} still growing or unfinished"
    told += f", {landing['again']} to be tried again" if landing["again"] else ""
    return told + (f"; {landing['ignored']} hidden, links or devices" if landing["ignored"] else "")


def _quarantine(state: dict[str, Any], shown: dict[str, str]) -> list[str]:
    lines = [f"rows in quarantine: {state['quarantined']:,}"]
    lines += _first(
        state["quarantine"],
        lambda row: f"  {shown.get(row['file'], row['file'])} {row['rows']:,} rows: {_rules(row['rules'])}",
    )
    return lines


def _rules(rules: list[dict[str, Any]]) -> str:
    told = [f"{rule['rule']} {rule['column'] or ''}".rstrip() + f" {rule['rows']:,}" for rule in rules]
    more = [f"and {len(told) - RULES_SHOWN} more"] if len(told) > RULES_SHOWN else []
    return ", ".join(told[:RULES_SHOWN] + more)


def _first(rows: list[dict[str, Any]], line: Callable[[dict[str, Any]], str]) -> list[str]:
    """A line for each of the first rows, and how many more there are."""
    more = len(rows) - ROWS_SHOWN
    return [*map(line, rows[:ROWS_SHOWN]), *([f"  and {more} more (--json lists all)"] if more > 0 else [])]


def _why(reason: str) -> str:
    from flows.waiting import REASONS

    return REASONS[reason]


def _cures(codes: set[str]) -> list[str]:
    """What to do about what was refused, once for each code."""
    from flows.commands.explain import all_codes

    known = all_codes() if codes else {}
    return [f"  {code}: {known[code].meaning} {known[code].cure}" for code in sorted(codes & known.keys())]


def _overdue(row: dict[str, Any]) -> str:
    latest = row["last_payment_date"] or row["last_submitted_on"]
    return (
        f"{row['payer']} {row['source']} overdue by {row['overdue_days']} days: expected on "
        f"{row['expected_on']}, latest {latest}, usually every {row['usual_days_between']:g} days"
    )


def _release(release: dict[str, Any]) -> str:
    told = "nothing is published"
    if release["release_id"]:
        told = (
            f"release {release['release_id']}, as of {release['as_of']}, published {release['published_at']}"
        )
    if release["is_pending"]:
        told += "; publishing is not complete (the next run completes it)"
    if release["is_stale"]:
        told += "; stale (no run renews it, because the setting `audiences` no longer names it)"
    return told


def _resolve(settings: Any) -> dict[str, str]:
    """Shown name -> path under landing/, control characters escaped.

    For the eyes of the person at the terminal.
    """
    from flows.readers.landing import discover

    settings.key  # noqa: B018  (shown names are keyed)
    landing = settings.data / "landing"
    say("File names may contain names of people. Do not pass this list on.")
    return {
        file.shown_name: ascii(str(file.path.relative_to(landing)))
        for file in discover(landing, settings).files
    }

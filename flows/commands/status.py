"""`cpt01939 status`."""

from __future__ import annotations

import sys
from typing import Annotated, Any

from cyclopts import Parameter

from flows.commands.console import Common, say, show, show_json
from flows.errors import ProductError


def status(
    *,
    names: Annotated[
        bool, Parameter(help="Show file names instead of f:...; on a terminal only.", negative=())
    ] = False,
    common: Common = Common(),  # noqa: B008
) -> int:
    """Last release, freshness per payer and month, files waiting or rejected, quarantine, interrupted runs.

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
        "no release yet: `cpt01939 run` publishes the first"
    ]
    run = state["run"]
    if run and run["going_on"]:
        lines.append(
            f"running: {run['kind']} {run['run_id']}, pid {run['pid']}, since {run['since']}, at "
            f"{run['stage']}"
        )
    elif run:
        lines.append(
            f"interrupted run {run['run_id']} ({run['kind']}, at {run['stage']}), safe to run again; if "
            "memory ran out, with a lower CPT01939_BATCH_MEGABYTES and CPT01939_WORKERS (E_INTERRUPTED)"
        )
    files = ", ".join(f"{count} {outcome}" for outcome, count in state["files"].items()) or "none"
    lines.append(f"files: {files}; {state['new']} new in landing/, {state['waiting']} still growing")
    lines.extend(
        f"  {shown.get(row['file'], row['file'])} rejected: {row['code']}" for row in state["rejected"]
    )
    lines.append(f"rows in quarantine: {state['quarantined']:,}")
    lines.extend(
        f"  {row['payer']} {row['month']}: {row['lines']:,} lines, submitted to {row['submitted_to']}, "
        f"answered to {row['answered_to'] or '-'}"
        for row in state["freshness"]
    )
    return lines


def _release(release: dict[str, Any]) -> str:
    told = "no release before its readers"
    if release["release_id"]:
        told = (
            f"release {release['release_id']}, as of {release['as_of']}, published {release['published_at']}"
        )
    if release["is_pending"]:
        told += "; publishing is not complete: the next run completes it"
    if release["is_stale"]:
        told += "; stale: the setting `audiences` does not name it, runs leave its folder as it is"
    return told


def _resolve(settings: Any) -> dict[str, str]:
    """Shown name -> path under landing/, control characters escaped.

    For the eyes of the person at the terminal.
    """
    from flows.readers.landing import discover

    settings.key  # noqa: B018  (shown names are keyed)
    landing = settings.data / "landing"
    say("file names may hold names of people: do not pass this list on")
    return {
        file.shown_name: ascii(str(file.path.relative_to(landing)))
        for file in discover(landing, settings).files
    }

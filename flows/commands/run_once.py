"""`cpt01939 run`."""

from __future__ import annotations

from typing import Annotated, Any

from cyclopts import Parameter

from flows.commands.console import Common, show, show_json

Plain = Annotated[bool, Parameter(help="Take the same steps without Prefect.", negative=())]


def run(*, plain: Plain = False, common: Common = Common()) -> int:  # noqa: B008
    """Take in everything new in DIR/landing, rebuild what it touches, publish.

    Example: cpt01939 run --data /srv/anesthesia
    """
    common.choose_data()
    return finish(nightly_outcome(plain), common)


def nightly_outcome(plain: bool) -> dict[str, Any]:
    """What the nightly flow did, as plain values."""
    from flows.settings import load_settings

    settings = load_settings()
    settings.key  # noqa: B018  (without a key nothing is started)
    if plain:
        from flows.dag import nightly_run
        from flows.run import InProcess, open_run
        from flows.telling import on_stderr

        with open_run(settings, "nightly", on_stderr()) as this_run:
            summary = nightly_run(this_run, InProcess())
        return summary.outcome()
    from flows.commands.with_prefect import run_flow

    return run_flow("nightly")


def finish(outcome: dict[str, Any], common: Common) -> int:
    """Show what a run did and give its exit code."""
    text = outcome.pop("text", "")
    if common.json:
        show_json(outcome)
    else:
        show(text)
    return int(outcome["exit_code"])

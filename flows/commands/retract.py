"""`cpt01939 retract`."""

from __future__ import annotations

from typing import Annotated

from cyclopts import Parameter

from flows.commands.console import Common
from flows.commands.run_once import finish


def retract_command(
    file: Annotated[
        str, Parameter(help="The file's path in landing/ (now or earlier), or its short name f:...")
    ],
    /,
    *,
    undo: Annotated[bool, Parameter(help="Take the file back in from landing/.", negative=())] = False,
    common: Common = Common(),  # noqa: B008
) -> int:
    """Take everything that a file brought out again, as if it had never come; publish.

    The file in landing/ stays where it is and is not taken in again, under whatever name.
    Example: cpt01939 retract landing/wrong_client.csv
    """
    common.choose_data()
    from flows.dag import retract_run, undo_run
    from flows.run import InProcess, open_run
    from flows.settings import load_settings
    from flows.telling import on_stderr

    settings = load_settings()
    settings.key  # noqa: B018  (without a key nothing is started)
    with open_run(settings, "retract", on_stderr()) as this_run:
        perform = undo_run if undo else retract_run
        summary = perform(this_run, InProcess(), file)
    return finish(summary.outcome(), common)

"""The command line: commands are imported when they are called, so that --help answers at once."""

from __future__ import annotations

import contextlib
import os
import signal
import sys
from pathlib import Path
from types import FrameType
from typing import NoReturn

from cyclopts import App

from flows.errors import FAILED, USAGE, ProductError

HELP = """Benchmarks of utilization and payment for CPT 01939, from 837P claims and 835 remittances.

Start with `cpt01939 demo`: it makes synthetic claims and benchmark tables from them.
Results go to stdout, messages to stderr.
"""
EXIT_CODES = (
    "Exit codes: 0 done; 1 failed; 2 the command was typed wrong; 3 done, but somebody should look: "
    "a file was rejected, too many rows are in quarantine, or too few remittances found their "
    "claims; 6 a setting, key or configuration file is wrong; 75 another run holds the lock."
)

app = App(
    name="cpt01939",
    help=HELP,
    help_epilogue=EXIT_CODES,
    help_format="plaintext",
    version=lambda: _version(),
    result_action="return_value",
)
for _name, _place, _help in (
    (
        "demo",
        "flows.commands.demo:demo",
        "Make synthetic claims, run the pipeline on them, and show the benchmark.",
    ),
    (
        "run",
        "flows.commands.run_once:run",
        "Read every new file in landing/, update the tables, and publish them.",
    ),
    (
        "rerun",
        "flows.commands.rerun_month:rerun_command",
        "Make the tables of one payer and month of service again, and publish.",
    ),
    (
        "status",
        "flows.commands.status:status",
        "Show the last release, files that wait or were rejected, and overdue files.",
    ),
    (
        "retract",
        "flows.commands.retract:retract_command",
        "Take out everything that a file brought in. --undo takes it back in.",
    ),
    (
        "quarantine",
        "flows.commands.quarantine:quarantine_command",
        "List the bad rows: file, row, rule, column, and what to do.",
    ),
    (
        "lines",
        "flows.commands.lines:lines",
        "List the claim lines behind a number, as a work list: underpaid, denied, open.",
    ),
    (
        "verify",
        "flows.commands.verify:verify",
        "Check that the published files are unchanged since they were published.",
    ),
    (
        "explain",
        "flows.commands.explain:explain",
        "Say what a code means and what to do: errors, quarantine, withheld values, payers' codes.",
    ),
    (
        "describe",
        "flows.commands.describe:describe",
        "Describe the published tables: columns, units and meaning.",
    ),
    (
        "report",
        "flows.commands.report:report",
        "Say which page to open, or write the pages of the release again.",
    ),
    (
        "export",
        "flows.commands.report:export",
        "Write the workbook, the DuckDB file or the description of the release into a folder.",
    ),
    (
        "inspect",
        "flows.commands.inspect_file:inspect_file",
        "Say what a file is and how a run would read it. Shows no values.",
    ),
    (
        "schedule",
        "flows.commands.schedule:schedule",
        "Start Prefect: it runs the pipeline each night, and reruns on demand.",
    ),
):
    app.command(_place, name=_name, help=_help)

layout = App(
    name="layout", help="Draft a layout for an export, or try the layouts on it.", help_format="plaintext"
)
layout.command(
    "flows.commands.layout:new", name="new", help="Draft a layout for an export with columns of its own."
)
layout.command(
    "flows.commands.layout:check", name="check", help="Read an export as a run would, without taking it in."
)
app.command(layout)


def main(arguments: list[str] | None = None) -> NoReturn:
    """Run a command and exit with its code; an error a person can act on is two lines, never a traceback."""
    os.umask(0o077)
    # SIGINT too: a KeyboardInterrupt that is met inside an import kills the process in the end, though caught
    for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGINT):
        with contextlib.suppress(ValueError):
            signal.signal(number, _stop)
    given = sys.argv[1:] if arguments is None else arguments
    try:
        result = app(given, exit_on_error=False, print_error=True)
        code = result if isinstance(result, int) else 0
    except ProductError as error:
        code = _tell(error, "--json" in given)
    except KeyboardInterrupt:
        code = 130
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        code = FAILED
    except Exception as error:
        code = _unforeseen(error, "--json" in given)
    sys.exit(code)


def _stop(number: int, frame: FrameType | None) -> NoReturn:
    raise SystemExit(128 + number)


def _tell(error: ProductError, as_json: bool) -> int:
    from flows.commands.console import say, show_json

    if as_json:
        show_json({"error": error.as_dict(), "exit_code": error.exit_code})
    say(f"{error.code}: {error.entry.meaning}" + (f" ({error.detail})" if error.detail else ""))
    say(error.entry.cure)
    return error.exit_code


def _unforeseen(error: Exception, as_json: bool) -> int:
    from cyclopts import CycloptsError

    if isinstance(error, CycloptsError):
        return USAGE
    from flows.machine_errors import machine_error
    from flows.run import place_of_error

    data = Path(os.environ.get("CPT01939_DATA", "data"))
    if told := machine_error(error, "command", data):
        return _tell(told, as_json)
    return _tell(ProductError("E_STEP", f"{type(error).__name__} at {place_of_error(error)[-1]}"), as_json)


def _version() -> str:
    from importlib.metadata import version

    return version("cpt01939")

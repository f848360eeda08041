"""What can go wrong, as a catalogue: every error has a code, a sentence, a cure and an exit code.

None carries a value.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

DONE: Final = 0
FAILED: Final = 1
USAGE: Final = 2
DOUBTS: Final = 3
CONFIGURATION: Final = 6
BUSY: Final = 75


@dataclass(frozen=True)
class Entry:
    """One code of the catalogue: what it means, what to do, the exit code of the command it ends."""

    meaning: str
    cure: str
    exit_code: int = FAILED


CATALOGUE: Final[dict[str, Entry]] = {
    "E_KEY_MISSING": Entry(
        "The environment variable CPT01939_HMAC_KEY is not set. The program needs this key to turn "
        "identifiers into keyed hashes. Nothing was read.",
        "For an existing data folder, set the key that it was made with (the demo keeps its key in "
        "demo.key in its folder). For a new data folder, make a key and keep it where you keep "
        "passwords: export CPT01939_HMAC_KEY=\"$(python3 -c 'import secrets; "
        "print(secrets.token_hex(32))')\"",
        CONFIGURATION,
    ),
    "E_KEY_SHORT": Entry(
        "The key in CPT01939_HMAC_KEY is shorter than 32 bytes. Nothing was read.",
        "Use a key of 32 bytes or more, for example the 64 hex digits of secrets.token_hex(32).",
        CONFIGURATION,
    ),
    "E_KEY_OTHER": Entry(
        "This data folder was made with another key, so new rows would never match old ones. Nothing "
        "was changed.",
        "Set CPT01939_HMAC_KEY to the key that the folder was made with, or choose another --data folder.",
        CONFIGURATION,
    ),
    "E_SETTING": Entry(
        "A setting is unknown, has the wrong type, or is out of range.",
        "Correct it in config/settings.toml, which describes each setting, or in the environment "
        "variable CPT01939_<NAME>.",
        CONFIGURATION,
    ),
    "E_REFERENCE": Entry(
        "The reference data cannot be read, or two of their rows contradict each other.",
        "Restore config/ and data/reference/ as they were delivered, or correct the file that the "
        "message names.",
        CONFIGURATION,
    ),
    "E_CONTRACTS": Entry(
        "Your own table config/contracts.csv or config/provider_groups.csv has mistakes. Nothing "
        "was published.",
        "Correct the lines and columns that the message names. The .example.csv file beside it shows "
        "the form.",
        CONFIGURATION,
    ),
    "E_LAYOUT": Entry(
        "A layout file in config/layouts/ has mistakes. Files of this layout were not read. Other "
        "files were.",
        "Correct the lines that the message names, and test with `cpt01939 layout check FILE`. The "
        "next run reads the files.",
        CONFIGURATION,
    ),
    "E_DATA_FOLDER": Entry(
        "The data folder cannot be used. It is missing, cannot be written, is a link, or lies on "
        "several file systems.",
        "Give --data a folder that you may write, or s3://bucket/prefix. Its store/, benchmarks/ and "
        "quarantine/ must be plain folders of one file system.",
        CONFIGURATION,
    ),
    "E_OBJECT_KEYS": Entry(
        "The environment has no credentials for the object store that --data names. The program sent "
        "no request.",
        "Set the variables that the message names. S3 needs AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY "
        "and AWS_REGION. A server that is not Amazon's needs AWS_ENDPOINT_URL too, and "
        "AWS_ALLOW_HTTP=true if it has no TLS.",
        CONFIGURATION,
    ),
    "E_DEMO_FOLDER": Entry(
        "The demo's folder contains data that the demo did not make. Nothing was changed.",
        "Give the demo another --data folder.",
        CONFIGURATION,
    ),
    "E_PARAMETER": Entry(
        "There is no such payer or month.",
        "Payers: aetna, bcbs, cigna, uhc, medicare, other. Months: YYYY-MM, for example 2025-03.",
        USAGE,
    ),
    "E_UNKNOWN_CODE": Entry(
        "The program has no code of that name.",
        "`cpt01939 explain` lists all codes.",
        USAGE,
    ),
    "E_UNKNOWN_TABLE": Entry(
        "There is no published table of that name.",
        "`cpt01939 describe` lists all tables.",
        USAGE,
    ),
    "E_NAMES": Entry(
        "File names may contain names of people, so the program shows them on a terminal only.",
        "Run `cpt01939 status --names` on a terminal, without --json and without a pipe.",
        USAGE,
    ),
    "E_FILE_UNKNOWN": Entry(
        "The program knows no such file. No run has taken in a file of that name, or (with --undo) "
        "no file of that name was retracted.",
        "Give the path of the file in landing/, or its short name (f:...), which `cpt01939 status` lists.",
        USAGE,
    ),
    "E_FILE_GONE": Entry(
        "The file is no longer in landing/, or its content has changed. Nothing was changed.",
        "Put the file back into landing/ under its old name, then run the command again.",
    ),
    "E_VALUES": Entry(
        "Values of bad rows may identify people, so the program shows them on a terminal only.",
        "Run `cpt01939 quarantine FILE --values` on a terminal, without --json and without a pipe.",
        USAGE,
    ),
    "E_INTERNAL_ONLY": Entry(
        "Only the audience internal may see the lines behind the tables, and the setting `audiences` "
        "does not name it.",
        "If you are allowed to see the claims, add internal to the setting `audiences`.",
        USAGE,
    ),
    "E_NOTHING_TAKEN_IN": Entry(
        "No claim lines of this payer and month have been taken in.",
        "`cpt01939 status` lists the payers and months. `cpt01939 run` takes in the files that wait "
        "in landing/.",
    ),
    "E_BUSY": Entry(
        "Another run is working in this data folder and holds its lock. Nothing was changed.",
        "Wait until it ends (`cpt01939 status` shows it). With CPT01939_LOCK_WAIT_SECONDS a run "
        "waits by itself.",
        BUSY,
    ),
    "E_OVERTAKEN": Entry(
        "Another run has taken over this data folder in the object store. Work of this run that was "
        "not yet committed does not count.",
        "Run again. It is safe. If it happens often, check whether two schedules use the same --data.",
        BUSY,
    ),
    "E_SNAPSHOT": Entry(
        "The store is damaged. A file that its snapshot (its list of valid files) names is missing "
        "or was changed. Nothing was committed.",
        "Restore store/ and quarantine/ from a backup. Without a backup, move both folders away, and "
        "take in landing/ again with `cpt01939 run`. Files that are no longer in landing/ are then "
        "missing.",
    ),
    "E_STORE_FORMAT": Entry(
        "Another version of the program wrote this data folder. Nothing was changed.",
        "Use that version. Or move store/, quarantine/ and benchmarks/ away, and take in landing/ "
        "again with `cpt01939 run`.",
    ),
    "E_CONSERVATION": Entry(
        "A check of the program failed: its counts of rows or lines do not add up, or it counted the "
        "money of one answer for two lines. Nothing was committed.",
        "This is a defect of the program, not of your data. Report it with the counts shown. They "
        "contain no values.",
    ),
    "E_OBJECT_STORE": Entry(
        "The object store did not answer, or refused the request. Nothing new was published.",
        "Check the bucket, AWS_ENDPOINT_URL, and that the credentials may list, read, write and "
        "delete. Then run again. It is safe.",
    ),
    "E_DISK": Entry(
        "The disk is read-only or failing, or it refuses a file or folder. Nothing new was published.",
        "Repair the disk, or mount it again. The message names the kind of error. Then run again. It "
        "is safe.",
    ),
    "E_DISK_FULL": Entry(
        "The disk is full, or the quota of this user is used up. Nothing new was published.",
        "Free some space, or lower the setting keep_releases. Then run again. It is safe. "
        "docs/operations.md says how much space to expect.",
    ),
    "E_PERMISSION": Entry(
        "This user lacks the right to read or write a file or folder. Nothing new was published.",
        "The user of the run must be able to read landing/, and must own store/, quarantine/, "
        "benchmarks/ and logs/. Then run again. It is safe.",
    ),
    "E_OPEN_FILES": Entry(
        "The system limits the number of open files, and the program needs more. Nothing new was published.",
        "Raise the limit (ulimit -n 4096). Then run again. It is safe.",
    ),
    "E_MEMORY": Entry(
        "There was not enough memory. Nothing new was published.",
        "Lower CPT01939_BATCH_MEGABYTES and CPT01939_WORKERS, or give the machine more memory. Then "
        "run again. It is safe.",
    ),
    "E_PUBLISH_PENDING": Entry(
        "The release is complete, but a published file could not be replaced. Another program may "
        "hold it open.",
        "Close the programs that read benchmarks/. Then run again. The next run first finishes publishing.",
    ),
    "E_RELEASE_DAMAGED": Entry(
        "Published files, or their copies in the store, are missing or differ from the manifest (the "
        "list of the release's files).",
        "`cpt01939 run` restores them. Then find out who changed them.",
    ),
    "E_NO_RELEASE": Entry("Nothing has been published yet.", "`cpt01939 run` publishes the first release."),
    "E_PREFECT": Entry(
        "Prefect's server could not be started or reached.",
        "Run with --plain: it takes the same steps without Prefect. What was published stays "
        "published (`cpt01939 status`). Or check PREFECT_API_URL, and the database prefect.db in "
        "Prefect's folder (PREFECT_HOME, otherwise ~/.prefect). If you move the database away, "
        "Prefect makes a new one.",
    ),
    "E_INSPECT": Entry(
        "The file cannot be inspected.",
        "Give the path of a file that no other program is writing.",
    ),
    "E_CLUSTER": Entry(
        "The cluster lost a task, or cannot be reached. Nothing new was published.",
        "Check that the scheduler and its workers run, and that each has this program and the key in "
        "its own environment (docs/scale.md). Then run again. It is safe.",
    ),
    "W_BATCH_LOST": Entry(
        "Every worker that read a certain batch of files stopped, so these files were left for the next run.",
        "Check the memory of the workers. Lower batch_megabytes or batch_files, so that the file "
        "that causes it gets a batch of its own. Or take it out of landing/.",
        DOUBTS,
    ),
    "E_STEP": Entry(
        "A step failed for an unknown reason. It committed nothing.",
        "Run again. It is safe. If it fails again, report the step and the place shown. They contain "
        "no values.",
    ),
    "W_LINKED": Entry(
        "Few remit lines of this run found their claim line, so the claim lines that they answer "
        "stay pending. The release was published.",
        "Check whether claims and remittances have the same claim numbers (a spreadsheet may have "
        "damaged them), and whether the claims have been taken in. The setting linked_floor is the "
        "lowest share without this warning.",
        DOUBTS,
    ),
    "W_CLOCK": Entry(
        "This machine's clock is behind the last release, or behind a date in the files. The "
        "tables do not use the clock and are right.",
        "Set the clock (timedatectl), or correct the date in the file or the setting as_of. Only "
        "schedules and the time of publishing use the clock.",
        DONE,
    ),
    "W_ANCHOR": Entry(
        "A main figure of the last twelve months is far from published figures: dollars per unit, "
        "ratio to Medicare, minutes or denials. The release was published.",
        "Check the units in the files (are minutes billed as UN?), the payers and lines of business, "
        "and the remit lines that found no claim. Your claims may also be unusual. "
        "data/reference/plausibility_anchors.csv lists the figures and their sources.",
        DONE,
    ),
    "E_INTERRUPTED": Entry(
        "A run was interrupted. Work that it had not yet committed does not count.",
        "Run again. It is safe, and it finishes what was committed. If memory ran out, first lower "
        "CPT01939_BATCH_MEGABYTES and CPT01939_WORKERS.",
    ),
}


class ProductError(Exception):
    """An error a person can act on: a code of the catalogue and a detail without values (where, how many)."""

    def __init__(self, code: str, detail: str = "") -> None:
        self.code = code
        self.detail = detail
        super().__init__(code, detail)

    @property
    def entry(self) -> Entry:
        """The catalogue's words on the code."""
        return CATALOGUE[self.code]

    @property
    def exit_code(self) -> int:
        """Exit code of a command that ends with this error."""
        return self.entry.exit_code

    def __str__(self) -> str:
        where = f" ({self.detail})" if self.detail else ""
        return f"{self.code}: {self.entry.meaning}{where} {self.entry.cure}"

    def as_dict(self) -> dict[str, str]:
        """Plain values, for --json and the log."""
        return {
            "code": self.code,
            "meaning": self.entry.meaning,
            "detail": self.detail,
            "what_to_do": self.entry.cure,
        }

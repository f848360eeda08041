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
        "No key for the keyed hashes of identifiers: nothing was read.",
        "Make one and keep it where a password is kept: "
        "export CPT01939_HMAC_KEY=\"$(python3 -c 'import secrets; print(secrets.token_hex(32))')\"",
        CONFIGURATION,
    ),
    "E_KEY_SHORT": Entry(
        "The key has fewer than 32 bytes: nothing was read.",
        "Use 32 bytes or more, for example 64 hex digits from secrets.token_hex(32).",
        CONFIGURATION,
    ),
    "E_KEY_OTHER": Entry(
        "The store was made with another key, so new rows would never match old ones. Nothing was changed.",
        "Set CPT01939_HMAC_KEY to the key of the store, or choose another --data folder.",
        CONFIGURATION,
    ),
    "E_SETTING": Entry(
        "A setting is unknown, has the wrong type, or is out of range.",
        "Correct it in config/settings.toml or in the environment (CPT01939_<NAME>). The file "
        "describes each setting.",
        CONFIGURATION,
    ),
    "E_REFERENCE": Entry(
        "The reference data cannot be read or contradict themselves.",
        "Restore config/ and data/reference/ as released, or correct the file named.",
        CONFIGURATION,
    ),
    "E_CONTRACTS": Entry(
        "Your own table config/contracts.csv or config/provider_groups.csv has mistakes. Nothing "
        "was published.",
        "Correct the lines and columns named. The .example.csv file beside it shows the form.",
        CONFIGURATION,
    ),
    "E_LAYOUT": Entry(
        "A layout file in config/layouts/ has mistakes. Files of this layout were not read; others were.",
        "Correct the lines named (`cpt01939 layout check FILE`). The next run reads the files.",
        CONFIGURATION,
    ),
    "E_DATA_FOLDER": Entry(
        "The data folder cannot be used: it is missing, not writable, a link, or on several file systems.",
        "Give --data a folder that you may write, or s3://bucket/prefix. Its store/, benchmarks/ and "
        "quarantine/ must be plain folders of one file system.",
        CONFIGURATION,
    ),
    "E_OBJECT_KEYS": Entry(
        "The environment has no credentials for the object store that --data names. Nothing was asked of it.",
        "Set the variables named. For S3: AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and AWS_REGION; for "
        "another server than Amazon's AWS_ENDPOINT_URL too, and AWS_ALLOW_HTTP=true if it has no TLS.",
        CONFIGURATION,
    ),
    "E_DEMO_FOLDER": Entry(
        "The demo's folder holds a store that the demo did not make. Nothing was changed.",
        "Give the demo another --data folder.",
        CONFIGURATION,
    ),
    "E_PARAMETER": Entry(
        "There is no such payer or month.",
        "Payers: aetna, bcbs, cigna, uhc, medicare, other. Months: YYYY-MM, for example 2025-03.",
        USAGE,
    ),
    "E_UNKNOWN_CODE": Entry(
        "There is no code of that name.",
        "`cpt01939 explain` lists all codes.",
        USAGE,
    ),
    "E_UNKNOWN_TABLE": Entry(
        "There is no published table of that name.",
        "`cpt01939 describe` lists all tables.",
        USAGE,
    ),
    "E_NAMES": Entry(
        "File names may contain names of people. They are shown on a terminal only.",
        "Run `cpt01939 status --names` on a terminal, without --json and without a pipe.",
        USAGE,
    ),
    "E_FILE_UNKNOWN": Entry(
        "No run has taken in a file of that name (`quarantine`), or no file of that name was retracted "
        "(--undo).",
        "`cpt01939 status` lists files by their short name (f:...). Give that name, or the path in landing/.",
        USAGE,
    ),
    "E_FILE_GONE": Entry(
        "The file is no longer in landing/, or its content has changed. Nothing was changed.",
        "Put the file back into landing/ under its old name, then run the command again.",
    ),
    "E_VALUES": Entry(
        "Values of bad rows may identify people. They are shown on a terminal only.",
        "Run `cpt01939 quarantine FILE --values` on a terminal, without --json and without a pipe.",
        USAGE,
    ),
    "E_INTERNAL_ONLY": Entry(
        "The lines behind the tables are for the audience internal. This site does not publish for it.",
        "If you may see the claims, add internal to the setting `audiences`.",
        USAGE,
    ),
    "E_NOTHING_TAKEN_IN": Entry(
        "Nothing has been taken in for this payer and month.",
        "`cpt01939 status` lists what has been taken in. `cpt01939 run` takes in what waits in landing/.",
    ),
    "E_BUSY": Entry(
        "Another run holds the lock of this data folder. Nothing was changed.",
        "Wait for it (`cpt01939 status` shows it), or set CPT01939_LOCK_WAIT_SECONDS.",
        BUSY,
    ),
    "E_OVERTAKEN": Entry(
        "Another run has taken over this place in the object store. What this run had not committed does not "
        "count.",
        "Run again; it is safe. If it happens often, look for two schedules with the same --data.",
        BUSY,
    ),
    "E_SNAPSHOT": Entry(
        "The store is damaged: a file that its snapshot names is missing or was changed. Nothing "
        "was committed.",
        "Restore store/ and quarantine/ from a backup. Without a backup, move both away and take "
        "in landing/ again with `cpt01939 run`; files that are no longer in landing/ are then "
        "missing.",
    ),
    "E_STORE_FORMAT": Entry(
        "Another version of the program wrote this data folder. Nothing was changed.",
        "Use that version. Or move store/, quarantine/ and benchmarks/ away, and take in landing/ "
        "again with `cpt01939 run`.",
    ),
    "E_CONSERVATION": Entry(
        "Counts do not add up: rows read, accepted lines, or the money of one adjudication "
        "counted for two lines. Nothing was committed.",
        "This is a defect of the program, not of your data. Report it with the counts shown; they "
        "contain no values.",
    ),
    "E_OBJECT_STORE": Entry(
        "The object store gave no answer, or refused. Nothing new was published.",
        "Check the bucket, the credentials and their rights to list, read, write and delete, and "
        "AWS_ENDPOINT_URL. Then run again; it is safe.",
    ),
    "E_DISK": Entry(
        "The disk is read-only or failing, or it refuses a file or folder. Nothing new was published.",
        "Repair the disk or mount it again; the detail names the kind of error. Then run again; it is safe.",
    ),
    "E_DISK_FULL": Entry(
        "The disk, or this user's share of it, is full. Nothing new was published.",
        "Free space or lower keep_releases, then run again; it is safe. docs/operations.md says "
        "how much space to expect.",
    ),
    "E_PERMISSION": Entry(
        "The system does not let this user read or write a file or folder. Nothing new was published.",
        "The user of the run must be able to read landing/ and must own store/, quarantine/, "
        "benchmarks/ and logs/. Then run again; it is safe.",
    ),
    "E_OPEN_FILES": Entry(
        "The program may not open as many files as it needs. Nothing new was published.",
        "Raise the limit (ulimit -n 4096), then run again. It is safe to run again.",
    ),
    "E_MEMORY": Entry(
        "There was not enough memory. Nothing new was published.",
        "Lower CPT01939_BATCH_MEGABYTES and CPT01939_WORKERS, or give the machine more memory. "
        "Then run again.",
    ),
    "E_PUBLISH_PENDING": Entry(
        "The release is complete, but a published file could not be replaced. Another program may "
        "hold it open.",
        "Close the programs that read benchmarks/, then run again. The next run finishes publishing first.",
    ),
    "E_RELEASE_DAMAGED": Entry(
        "Published files, or their copies in the store, are missing or differ from the manifest.",
        "Run `cpt01939 run`. It restores them. Then find out who changed them.",
    ),
    "E_NO_RELEASE": Entry("Nothing has been published yet.", "`cpt01939 run` publishes the first release."),
    "E_PREFECT": Entry(
        "Prefect's server could not be started or reached.",
        "Run with --plain: the same steps without Prefect; what was published stands (`cpt01939 status`). "
        "Or check PREFECT_API_URL, and prefect.db in Prefect's folder (PREFECT_HOME, else ~/.prefect): moved "
        "away, it is made anew.",
    ),
    "E_INSPECT": Entry(
        "The file cannot be inspected.",
        "Give the path of a file that no other program is writing.",
    ),
    "E_CLUSTER": Entry(
        "The cluster lost a task, or can't be reached. Nothing new was published.",
        "Look whether the scheduler and its workers run, and have this program and the key in their own "
        "environment (docs/scale.md). Then run again; it is safe.",
    ),
    "W_BATCH_LOST": Entry(
        "A batch of files ended every worker that took it in, so its files were left for the next run.",
        "Look at the workers' memory. Lower batch_megabytes or batch_files, so that the file at fault "
        "stands alone, or take it out of landing/.",
        DOUBTS,
    ),
    "E_STEP": Entry(
        "A step failed for an unknown reason. It committed nothing.",
        "Run again; it is safe. If it fails again, report the step and the place shown. They "
        "contain no values.",
    ),
    "W_LINKED": Entry(
        "Few answers of this run matched a claim line, so the lines that they answer stay "
        "pending. The release was published.",
        "Check whether claims and remittances have the same claim numbers (a spreadsheet may have "
        "damaged them), and whether the claims have been taken in. The setting linked_floor is "
        "the lowest share.",
        DOUBTS,
    ),
    "W_CLOCK": Entry(
        "This machine's clock is behind the last release, or behind a date in the files. The "
        "tables do not use the clock and are right.",
        "Set the clock (timedatectl), or correct the date in the file or the setting as_of. "
        "Schedules and the time of publishing use the clock.",
        DONE,
    ),
    "W_ANCHOR": Entry(
        "A main figure of the last twelve months is far from public figures: dollars per unit, "
        "ratio to Medicare, minutes or denials. The release was published.",
        "Check the units in the files (minutes billed as UN?), payers and lines of business, and "
        "what was not linked. Your claims may also be unusual. "
        "data/reference/plausibility_anchors.csv lists the figures and their sources.",
        DONE,
    ),
    "E_INTERRUPTED": Entry(
        "A run was interrupted. What it had not committed does not count.",
        "Run again; it is safe and finishes what was committed. If memory ran out, first lower "
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

"""`cpt01939 verify`."""

from __future__ import annotations

from flows.commands.console import Common, say, show, show_json
from flows.errors import DONE, ProductError


def verify(*, common: Common = Common()) -> int:  # noqa: B008
    """Hash the published files again and compare them with their manifest. Reads only; needs no key.

    Example: cpt01939 verify --data /srv/anesthesia
    """
    common.choose_data()
    from flows.settings import load_settings
    from flows.store.publish import faults, files_of, read_manifest

    data = load_settings().data
    manifest = read_manifest(data / "benchmarks")
    if manifest is None:
        raise ProductError("E_NO_RELEASE" if not (data / "benchmarks").exists() else "E_RELEASE_DAMAGED")
    wrong = faults(data)
    error = ProductError("E_RELEASE_DAMAGED", f"{len(wrong)} faults") if wrong else None
    code = error.exit_code if error else DONE
    if common.json:
        facts = {"release_id": manifest["release_id"], "files": len(files_of(manifest)), "faults": wrong}
        show_json({"exit_code": code, **facts, **({"error": error.as_dict()} if error else {})})
        return code
    for line in wrong:
        show(line)
    say(
        str(error)
        if error
        else f"release {manifest['release_id']}: {len(files_of(manifest))} files as published"
    )
    return code

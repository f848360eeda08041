"""`cpt01939 verify`."""

from __future__ import annotations

from typing import Annotated

from cyclopts import Parameter

from flows.commands.console import Common, say, show, show_json
from flows.errors import DONE, ProductError
from schemas.rules import AUDIENCES, Audience


def verify(
    *,
    audience: Annotated[
        Audience | None, Parameter(help="Verify one audience only (default: all that are published).")
    ] = None,
    common: Common = Common(),  # noqa: B008
) -> int:
    """Hash the published files again and compare them with their manifests. Reads only; needs no key.

    Example: cpt01939 verify --audience standard --data /srv/anesthesia
    """
    common.choose_data()
    from flows.settings import load_settings
    from flows.store.publish import faults, files_of, read_manifest, readers_folder

    data = load_settings().data
    found = [name for name in ([audience] if audience else AUDIENCES) if readers_folder(data, name).is_dir()]
    if not found:
        raise ProductError("E_NO_RELEASE", audience or "")
    told, wrong = {}, []
    for name in found:
        manifest = read_manifest(readers_folder(data, name))
        ours = faults(data, name)
        files = len(files_of(manifest)) if manifest else 0
        told[name] = {"release_id": (manifest or {}).get("release_id"), "files": files, "faults": ours}
        wrong += [f"{name}/{line}" for line in ours]
    error = ProductError("E_RELEASE_DAMAGED", f"{len(wrong)} faults") if wrong else None
    code = error.exit_code if error else DONE
    if common.json:
        show_json({"exit_code": code, "audiences": told, **({"error": error.as_dict()} if error else {})})
        return code
    for line in wrong:
        show(line)
    for name, release in told.items():
        if not release["faults"]:
            say(f"{name}: release {release['release_id']}, {release['files']} files as published")
    if error:
        say(str(error))
    return code

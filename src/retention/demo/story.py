"""The whole story, told as it happens: from agreements to certificates that check out.

Every step is the real one, in the process that would do it; only the clock and the outside world
are the demonstration's.
"""

import json
import shutil
from pathlib import Path

from retention.demo import acts
from retention.demo.check import check_everything
from retention.demo.stage import stage
from retention.demo.told import Narrator
from retention.errors import RefusedError

SUMMARY = "summary.json"


def demo(folder: Path, policies: Path, *, store: str, tell: Narrator) -> None:
    """Play the whole story in *folder*; raise whatever keeps it from verifying at the end."""
    folder, policies = folder.absolute(), policies.absolute()
    tell.title("DEMONSTRATION: invented agreements, data and people")
    set_aside(folder, tell)
    with stage(folder, policies, store, tell) as here:
        acts.record(here)
        acts.survey(here)
        acts.notify(here)
        case = acts.propose(here)
        acts.decide(here, case)
        acts.destroy(here, case.proposal)
        acts.residual_window(here, case.proposal)
        found = check_everything(here.work, folder, tell)
    (folder / SUMMARY).write_text(json.dumps(found, indent=1), encoding="utf-8")
    tell.title("Everything verified. What there is to look at:")
    tell.note(
        (
            *(f"certificate  {folder / 'certificates' / name}" for name in found["certificates"]),
            f"mails        {folder / 'mails'}",
            f"ledger       {folder / 'ledger.db'}",
            f"evidence     {folder / 'evidence'}",
            f"issuer       {folder / 'certificates' / 'issuer.pem'}",
        )
    )


def set_aside(folder: Path, tell: Narrator) -> None:
    """Say what happened last time, and leave an empty folder; last time is kept in previous/."""
    if not folder.is_dir() or not any(folder.iterdir()):
        folder.mkdir(parents=True, exist_ok=True)
        return
    if not (folder / "clock").exists():
        raise RefusedError(
            f"{folder.name} is not empty, and not a demonstration's", hint="choose another --dir"
        )
    summary = folder / SUMMARY
    if summary.is_file():
        said = json.loads(summary.read_text(encoding="utf-8"))
        tell.say(
            f"Last time {said['destroyed']:,} object versions of {said['datasets']} datasets were "
            f"destroyed, and certified by {' and '.join(said['certificates'])}."
        )
    else:
        tell.say("Last time it did not come to its end.")
    tell.note([f"what it left is set aside in {folder.name}/previous"])
    shutil.rmtree(folder / "previous", ignore_errors=True)
    kept = folder.with_name(f"{folder.name}.previous")
    shutil.rmtree(kept, ignore_errors=True)
    folder.rename(kept)
    folder.mkdir()
    kept.rename(folder / "previous")

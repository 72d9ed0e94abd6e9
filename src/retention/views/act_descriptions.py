"""What the UI says, in Markdown, of each deployment that people may start."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

_HOW: Final = (
    "**How:** press *Run*, then *Quick run*. Open the run that appears; in a few seconds it is "
    "*Suspended*, and its menu (⋮) has *Resume*, which opens a form."
)
_THEN: Final = (
    " Fill it in, and open it again: it then shows what would be touched, before and after, and "
    "asks you to confirm. Only your own *yes* to exactly that records anything. What nobody "
    "finishes within a day lapses."
)
_NEVER: Final = (
    "Never write a patient's name, number or address into a form. What you write is kept; you "
    "are known to the gate by your login."
)


def _says(does: str, who: str) -> str:
    return "\n\n".join([does, f"{_HOW}{_THEN}", f"**Who:** {who}", _NEVER])


DESCRIPTIONS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "hold": _says(
            "**Place a hold.** An inquiry, a claim, a request, or a doubt: nothing in its scope is "
            "destroyed from the next batch on. Stopping is safe.",
            "anybody in people.toml. It takes two people to release it again.",
        ),
        "event": _says(
            "**Record an event** that starts a clock, such as the publication of an audit round, "
            "with where the letter or page is that shows it.",
            "whoever the agreement names for that event; the form lists them.",
        ),
        "instruction": _says(
            "**Record what a party says:** a controller's answer to a notice, or what their letter "
            "instructs: keep longer, return, treat as another class.",
            "records managers and information asset owners.",
        ),
        "ask": "\n\n".join(
            [
                "**Ask why** a dataset stands where it does, or what is due. It changes nothing.",
                f"{_HOW} The answer is under *Artifacts* of the run.",
                "**Who:** anybody who may log in.",
            ]
        ),
        "abort": _says(
            "**Withdraw an approval** while it cools off, before anything is destroyed.",
            "records managers, information asset owners, Caldicott guardians, SIRO and DPO.",
        ),
        "stop": _says(
            "**Stop a disposal** that has begun, everywhere, after the batch under way. Cancelling "
            "its run does the same.",
            "records managers, information asset owners, Caldicott guardians, SIRO and DPO.",
        ),
    }
)

"""The letter by which parties are asked to instruct what approvers may not decide themselves."""

from collections.abc import Mapping
from datetime import date

from retention.domain.agreement import Agreement, Party
from retention.domain.words import long_day
from retention.ports.library import Engine
from retention.views.letters import Text, letter


def asking_letter(
    agreement: Agreement, party: Party, asked: Mapping[str, str], engine: Engine
) -> Text:
    """Return the question to *party*; *asked* has the facts dataset, verb, until and to.

    The approvers' reasons are not in it: they may be of people, and mails are copies.
    """
    what = _what(asked)
    paragraphs = [
        f"To {party.name}",
        (
            f"Our approvers reviewed data under {agreement.title} ({agreement.reference}, version "
            f"{agreement.version}) that were due for destruction. Of one dataset they did not "
            "approve it: they ask you instead."
        ),
        f"  {asked['dataset']}",
        (
            f"They would have us {what}. On your data we may do that on your written instruction "
            "alone, and have none."
        ),
        "Please answer this mail with one of these, and with the name of the dataset:",
        (
            f"  yes            we are to {what}; please sign and date it\n"
            "  no             it is to be destroyed as agreed, once people approve that\n"
            "  something else please say what, and on what ground"
        ),
        (
            "Nothing happens to these data until you have answered: they are neither destroyed "
            "nor kept for longer by your silence, and we go on asking. Please name no patient in "
            "your answer."
        ),
    ]
    return letter(
        f"Your instruction is needed on one dataset, {agreement.reference}",
        paragraphs,
        engine.issuer,
        demonstration=engine.demonstration,
    )


def _what(asked: Mapping[str, str]) -> str:
    if asked["verb"] == "extend":
        return f"keep it through {long_day(date.fromisoformat(asked['until']))}"
    if asked["verb"] == "reclassify":
        return f"treat it as {asked['to']}"
    return "return it, and not destroy it here"

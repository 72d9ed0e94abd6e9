"""The letter by which a controller that has not answered a notice is reminded of it."""

from dataclasses import dataclass
from datetime import date

from retention.domain.agreement import Agreement, Party, Silence
from retention.domain.roles import MANAGER
from retention.ports.library import Engine
from retention.views import figures
from retention.views.letters import Text, answers_asked_for, letter
from retention.views.roles import named


@dataclass(frozen=True, slots=True)
class Told:
    """How many datasets of a notice still await the word of a party, and since when it has it.

    *by_word* says that a person attests that day, and not the party's mail server.
    """

    datasets: int
    on: date
    by_word: bool = False


def reminder_letter(
    notice: str,
    agreement: Agreement,
    party: Party,
    told: Told,
    nth: int,
    engine: Engine,
) -> Text:
    """Return reminder *nth* to *party* of a notice that it has.

    Raises ValueError if the agreement has no terms of disposal.
    """
    if agreement.disposal is None:
        raise ValueError("an agreement without terms of disposal gives no notice")
    what = figures.count(told.datasets, "dataset")
    got = "you received" if told.by_word else "your mail server took"
    is_last = nth >= len(agreement.disposal.reminders)
    paragraphs = [
        f"To {party.name}",
        (
            f"On {figures.day(told.on)} {got} our notice {notice}. We have no "
            f"answer of yours on {what} whose retention period is ending under {agreement.title} "
            f"({agreement.reference}, version {agreement.version}). The list is attached."
        ),
        _silence(agreement.disposal.silence),
        *answers_asked_for(notice),
        _after(agreement.disposal.escalate_to, is_last=is_last),
    ]
    return letter(
        f"Reminder {nth}: notice {notice}, {what} due for destruction, {agreement.reference}",
        paragraphs,
        engine.issuer,
        demonstration=engine.demonstration,
    )


def _silence(silence: Silence) -> str:
    if silence is Silence.PROCEED:
        return (
            "The agreement lets us go on without your answer once the notice is over, and ask the "
            "approvers. An answer is better: please give one."
        )
    return (
        "Nothing goes on without your answer: your silence is not taken for a yes. Until you "
        "answer, the data stay where they are, also past the day on which they should be gone."
    )


def _after(escalate_to: str, *, is_last: bool) -> str:
    if not is_last:
        return "We will remind you again if we do not hear from you."
    whom = named(escalate_to or MANAGER)
    return (
        f"This is the last reminder. If we do not hear from you, {whom} of our organisation is "
        "told, and will take it up with you."
    )

"""The mails of the invented world: to approvers, reminders, and one a day to everybody."""

from retention.steps.chase import owed
from retention.steps.remind import remind
from retention.steps.telling import Telling, tell_approvers


class MemoryReviews:
    """Knows the runs that it was told of."""

    def __init__(self):
        self.runs = {}

    def run_of(self, proposal):
        return self.runs.get(proposal, "")


class Mailing:
    """What the world sends to people, and what they owe."""

    @property
    def telling(self):
        """The ports that mails to people take."""
        return Telling(
            self.ledger,
            self.evidence,
            self.library,
            self.courier,
            self.reviews,
            "https://gate.invalid",
            self.clock.today(),
        )

    def tell(self):
        return tell_approvers(self.telling)

    def remind(self):
        return remind(self.telling, self.classify())

    def owed(self):
        return owed(self.ledger, self.evidence, self.library, self.clock.today())

    def mails(self):
        """Return what was sent since the last asking."""
        sent, self.courier.letters = self.courier.letters, []
        return sent

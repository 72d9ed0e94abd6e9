"""Which run asks about a proposal, asked over HTTP; fits ``ports.reviews.Reviews``."""

from dataclasses import dataclass, field

from retention.adapters.prefect.about import tag_of
from retention.adapters.prefect.runs import ask

REVIEW = "review"


@dataclass(frozen=True, slots=True)
class PrefectReviews:
    """*auth* is ``name:secret`` of a service."""

    api_url: str
    auth: str = field(repr=False)

    def run_of(self, proposal: str) -> str:
        """Return the id of the newest run that asks about *proposal*; "" if none is known."""
        question = {
            "flows": {"name": {"any_": [REVIEW]}},
            "flow_runs": {"tags": {"all_": [tag_of(proposal)]}},
            "sort": "EXPECTED_START_TIME_DESC",
        }
        try:
            runs = ask(self.api_url, self.auth, "flow_runs", question)
        except ConnectionError:
            return ""
        return str(runs[0]["id"]) if runs else ""

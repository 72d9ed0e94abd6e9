"""Every flow that stands ready, in one table: which pool runs it, and when in London.

Never between 01:00 and 02:00, an hour that one day in the year does not have and one has twice.
``python -m flows.deployments`` prints the table as ``infra/prefect.yaml``.
"""

from flows.timetable import CRONS
from retention.adapters.prefect.deploy import Deployment, as_yaml
from retention.views.act_descriptions import DESCRIPTIONS

PLANNER, SURVEYOR, DESTROYER, VERIFIER, CUSTODIAN, ISSUER = (
    "planner",
    "surveyor",
    "destroyer",
    "verifier",
    "custodian",
    "issuer",
)
ABOUT = "proposal"  # the one parameter: a digest

TABLE = (
    Deployment("survey", SURVEYOR, CRONS["survey"], None, "List every store, nightly."),
    Deployment(
        "reconcile", SURVEYOR, CRONS["reconcile"], None, "Compare stores and agreements, weekly."
    ),
    Deployment("audit", ISSUER, CRONS["audit"], None, "Prove the ledger, weekly."),
    Deployment("propose", PLANNER, CRONS["propose"], None, "Freeze what is due, weekly."),
    Deployment("advance", PLANNER, CRONS["advance"], None, "Start whatever may move, daily."),
    Deployment("report", PLANNER, CRONS["report"], None, "Report the last month, once it is over."),
    Deployment("remind", PLANNER, CRONS["remind"], None, "Tell people what waits for them, daily."),
    Deployment("review", PLANNER, None, ABOUT, "Ask the approvers about one proposal."),
    Deployment("access", CUSTODIAN, None, ABOUT, "Withdraw access to cool off, or give it back."),
    Deployment("dispose", DESTROYER, None, ABOUT, "Destroy what was approved."),
    Deployment("check_gone", VERIFIER, None, ABOUT, "Look at whether it is gone."),
    Deployment("certify", ISSUER, None, ABOUT, "Sign the certificate that is due."),
    Deployment("deliver", ISSUER, None, ABOUT, "Bring it to the controllers."),
    *(
        Deployment(flow, PLANNER, None, None, says, people=True)
        for flow, says in DESCRIPTIONS.items()
    ),
)
FOR_PEOPLE = tuple(row.name for row in TABLE if row.people)
POOLS = (PLANNER, SURVEYOR, DESTROYER, VERIFIER, CUSTODIAN, ISSUER)

if __name__ == "__main__":
    print(as_yaml(TABLE), end="")  # noqa: T201  # printing is what it is for

"""What stands on the server of the tests: every row of the real table, and one for people."""

from flows.deployments import PLANNER, TABLE
from retention.adapters.prefect.deploy import Deployment

BY_HAND = Deployment("by_hand", PLANNER, None, None, "Say who started it (invented).", people=True)
ROWS = (*TABLE, BY_HAND)

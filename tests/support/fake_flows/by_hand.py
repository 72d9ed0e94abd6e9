"""A flow that a person starts: it says who, as the ledger has it."""

from prefect import flow
from prefect.runtime import flow_run

from retention.domain.case import run_stream
from retention.domain.entry import Entry
from tests.support import fake_work


@flow(name="by_hand", persist_result=False)
def by_hand() -> None:
    work = fake_work.from_environment()
    started = [r for r in work.ledger.stream(run_stream(flow_run.id)) if r.kind is Entry.STARTED]
    work.say("by_hand", ",".join(r.text("person") for r in started))

"""List every store, nightly: what is there, what no agreement claims, what could not be read."""

from prefect import flow
from prefect.task_runners import ThreadPoolTaskRunner

from flows.attempt import attempted
from retention import wiring
from retention.adapters.prefect.shown import ShownProgress, show_table
from retention.views.surveyed import table

AT_ONCE = 2  # stores; each is listed in several places at a time already


@attempted
def store(name: str) -> None:
    """Survey one store."""
    work = wiring.compose()
    (found,) = work.stores([name])
    if (fault := work.survey_store(found, ShownProgress()).fault) is not None:
        raise fault


@attempted
def conclude(_all: str) -> None:
    """Write down what is known of every agreement, and show what each store said."""
    work = wiring.compose()
    work.conclude_surveys()
    rows = table(work.stores(), work.catalogue.surveys())
    show_table("surveys", rows, "The last good survey of every store.")


@flow(
    name="survey",
    persist_result=False,
    task_runner=ThreadPoolTaskRunner(max_workers=AT_ONCE),  # type: ignore[arg-type]  # Prefect's own, of narrower futures than its decorator says
)
def survey() -> None:
    """Bring the catalogue to date, one task for each store: one that fails holds up no other.

    Safe to run again, and twice at once: a store is surveyed by one at a time.
    """
    names = [each.name for each in wiring.compose().stores()]
    runs = [store.with_options(task_run_name=name).submit(name) for name in names]
    for run in runs:
        run.wait()
    conclude("all")
    wiring.compose().hand_on()
    wiring.compose().unattended.note_ran("survey")  # a store that failed says so itself
    for run in runs:
        run.result()  # what failed fails the flow, once everything else was done

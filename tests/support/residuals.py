"""An invented dataset that was destroyed, and whose residual copies are what a test says."""

from datetime import date

from retention.domain.agreement import CheckedBy, Copy
from retention.domain.beyond_use import BeyondUse
from retention.domain.clock import Period
from retention.domain.pattern import Pattern
from tests.support.recording import change_class, surveyed_world

P = Period.parse
DATASET = "INV/patient/2019"
VAULT = Copy("backup", CheckedBy.PERSON, where="Invented vault", gone_within=P("P35D"))
TAPES = Copy("backup", CheckedBy.PROVIDER, where="Invented tapes", gone_within=P("P35D"))
BOX = Copy("paper", CheckedBy.PERSON, where="Invented box")  # no day is agreed
RELEASE = Copy("export", CheckedBy.PERSON, where="Invented release", not_covered_clause="9.8")
PUT_AWAY = Copy(
    "backup",
    CheckedBy.PERSON,
    where="Invented safe",
    gone_within=P("P35D"),
    beyond_use=BeyondUse((True,) * 4, "iao-01", date(2026, 1, 15)),
)
LISTED = Copy(
    "backup",
    CheckedBy.ENGINE,
    Pattern.parse("s3://backup/patient/{round:[0-9]{4}}/"),
    gone_within=P("P1D"),
)


def prepared(*copies, rounds=("2019",), **terms):
    """Return a world whose rounds may be destroyed today, and the proposal's digest."""
    world = surveyed_world(rounds=rounds, published=rounds, **terms)
    replica = next(c for c in world.library.now.classes[0].copies if c.kind == "replica")
    change_class(world, copies=(replica, *copies))
    world.survey()
    proposal = world.propose_all()
    world.approve(proposal)
    world.clock.step(days=1)
    return world, proposal


def disposed(*copies, **terms):
    """Return a world whose rounds were destroyed and seen gone, and the proposal's digest."""
    world, proposal = prepared(*copies, **terms)
    world.dispose(proposal)
    world.check_gone(proposal)
    return world, proposal


def go_on(world, days_max=8):
    """Go on as the unattended flows do, until nothing may run; people answer nothing."""
    for _ in range(days_max):
        world.advance()
        steps = world.next_steps()
        if not steps:
            return
        for flow, proposal in steps:
            getattr(world, flow)(proposal)
    raise AssertionError(f"it does not come to an end: {steps}")


def types(world, proposal):
    """Return the types of the certificates that were issued."""
    return sorted(world.case(proposal).certified)

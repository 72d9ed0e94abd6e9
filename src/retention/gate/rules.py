"""Who may do what at the Prefect API: a table, read from the top; the first row that fits rules.

People look, answer, cancel, and start what is meant for them.  A service does the work of its own
pool, hands on what the table of pools says, and never answers.  Nobody may do anything in bulk,
write or remove a stored answer, or teach the server to act by itself.  A path is matched as the
server routes it: decoded, whole, without control characters.
"""

import re
from dataclasses import dataclass
from enum import Enum, StrEnum, auto


class Kind(StrEnum):
    PERSON = auto()
    SERVICE = auto()


@dataclass(frozen=True, slots=True)
class Caller:
    """Who is asking: a person's id, or the name of a work pool."""

    kind: Kind
    name: str


class Act(Enum):
    """What the gate does with a request."""

    ALLOW = auto()
    REFUSE = auto()
    WITNESS = auto()  # an answer: sign who gave it
    CANCEL = auto()  # only if the state asked for is a cancellation
    SETTINGS = auto()  # the gate answers by itself: no analytics, no advertising
    START = auto()  # a deployment that is meant for people
    VALIDATE = auto()  # a form before it is sent: without the code in it
    # Of services; each is a method of ``confined.Confined``.
    OWN_POOL = auto()  # the pool in the path
    OWN_RUN = auto()  # the run in the path
    OWN_STATE = auto()  # of such a run, but not out of a question
    OWN_FIELDS = auto()  # of such a run: how it is run, not what it is about
    OWN_QUESTION = auto()  # a form, or what is said above it; no answer
    OWN_ARTIFACT = auto()
    OWN_LOGS = auto()
    HAND_ON = auto()  # a flow that this pool hands on to, and its argument
    DEPLOY = auto()  # the deployer alone


A = Act


@dataclass(frozen=True, slots=True)
class Rule:
    """One row; *why* is the sentence that a refused caller reads."""

    methods: frozenset[str]  # empty: every method
    path: re.Pattern[str]
    people: Act
    services: Act
    why: str

    def fits(self, method: str, path: str) -> bool:
        """Tell whether this row rules the request."""
        return (not self.methods or method in self.methods) and bool(self.path.fullmatch(path))

    def act(self, caller: Caller) -> Act:
        """Return what follows for this caller."""
        return self.people if caller.kind is Kind.PERSON else self.services


def _row(methods: str, path: str, people: Act, services: Act, why: str) -> Rule:
    return Rule(frozenset(methods.split()), re.compile("/api" + path), people, services, why)


_NOT_ADMINISTERED = "The server is not administered through here."
_NOTHING_ELSE = (
    "Here people look, answer with Resume, cancel, and start what is meant for them; a service does"
    " the work of its pool. Nothing else can be changed."
)
_ALONE = "What others answered is not shown here: each approver judges alone."
_LOOK = "/(?:.+/)?(?:filter|count|history|lateness|paginate)"
_ODD = re.compile(r"[\x00-\x1f\x7f]|//")  # the server's patterns end at a newline; ours do not

TABLE: tuple[Rule, ...] = (
    _row(
        "",
        "/.*(?:bulk_set_state|bulk_delete|/bulk)/?",
        *(A.REFUSE, A.REFUSE),
        "Nothing is changed in bulk here: act on one thing at a time.",
    ),
    _row("GET", "/admin/version", A.ALLOW, A.ALLOW, ""),
    _row("GET", "/admin/settings", A.SETTINGS, A.REFUSE, _NOT_ADMINISTERED),
    _row("", "/admin(?:/.*)?", A.REFUSE, A.REFUSE, _NOT_ADMINISTERED),
    _row(
        "POST",
        "/flow_runs/[^/]+/resume/?",
        *(A.WITNESS, A.REFUSE),
        "A service may not resume: an answer comes from a person who has logged in.",
    ),
    _row(
        "POST",
        "/flow_runs/[^/]+/set_state/?",
        *(A.CANCEL, A.OWN_STATE),
        "You may resume a run or cancel it; its state follows from that.",
    ),
    _row("", "/flow_runs/[^/]+/input/filter/?", A.REFUSE, A.OWN_RUN, _ALONE),
    _row("GET HEAD", "/flow_runs/[^/]+/input/.*-response/?", A.REFUSE, A.OWN_RUN, _ALONE),
    _row(
        "DELETE",
        "/flow_runs/[^/]+/input/.*",
        *(A.REFUSE, A.REFUSE),
        "Neither a question nor an answer is ever removed.",
    ),
    _row(
        "POST",
        "/flow_runs/[^/]+/input/?",
        *(A.REFUSE, A.OWN_QUESTION),
        "An answer is given on the form, with Resume; it cannot be written from outside.",
    ),
    _row(
        "DELETE",
        "/(?:flow_runs|flows|deployments)/[^/]+/?",
        *(A.REFUSE, A.REFUSE),
        "Runs and deployments are not deleted: a review may be open.",
    ),
    _row(
        "POST",
        "/deployments/[^/]+/create_flow_run/?",
        *(A.START, A.HAND_ON),
        "Only what is meant for people is started by a person.",
    ),
    _row("POST", "/automations/(?:filter|count)", A.ALLOW, A.ALLOW, ""),
    _row(
        "POST PUT PATCH DELETE",
        "/automations(?:/.*)?",
        *(A.REFUSE, A.REFUSE),
        "There are no automations here: one could resume a review without a person.",
    ),
    _row("GET HEAD", "(?:/.*)?", A.ALLOW, A.ALLOW, ""),
    _row("POST", _LOOK, A.ALLOW, A.ALLOW, ""),
    _row("POST", "/ui/schemas/validate/?", A.VALIDATE, A.REFUSE, "This form is not readable."),
    _row("POST", "/ui/.+", A.ALLOW, A.REFUSE, "What pages ask, people ask."),
    _row("POST", "/events/count-by/[^/]+", A.ALLOW, A.ALLOW, ""),
    _row("POST", "/work_(?:pools|queues)/[^/]+/concurrency_status", A.ALLOW, A.ALLOW, ""),
    _row(
        "POST",
        "/work_pools/[^/]+/(?:get_scheduled_flow_runs|workers/heartbeat)/?",
        *(A.REFUSE, A.OWN_POOL),
        _NOTHING_ELSE,
    ),
    _row("PATCH", "/flow_runs/[^/]+/?", A.REFUSE, A.OWN_FIELDS, _NOTHING_ELSE),
    _row("PATCH", "/flow_runs/[^/]+/labels/?", A.REFUSE, A.OWN_RUN, _NOTHING_ELSE),
    _row("POST", "/artifacts/?", A.REFUSE, A.OWN_ARTIFACT, _NOTHING_ELSE),
    _row("PATCH", "/artifacts/[^/]+/?", A.REFUSE, A.OWN_ARTIFACT, _NOTHING_ELSE),
    _row("POST", "/logs/?", A.REFUSE, A.OWN_LOGS, _NOTHING_ELSE),
    _row("POST", "/(?:flows|deployments|work_pools)/?", A.REFUSE, A.DEPLOY, _NOTHING_ELSE),
    _row("", "(?:/.*)?", A.REFUSE, A.REFUSE, _NOTHING_ELSE),
)
_ODD_RULE = _row("", ".*", A.REFUSE, A.REFUSE, "This path is not well formed.")
SOCKETS = re.compile("/api/(?:events/in|events/out|work_pools/(?P<pool>[^/]+)/workers/connect)")


def rule_for(method: str, path: str) -> Rule:
    """Return the row that rules a request under ``/api``; there is always one."""
    if _ODD.search(path):
        return _ODD_RULE
    return next((row for row in TABLE if row.fits(method, path)), _ODD_RULE)

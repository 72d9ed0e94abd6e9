"""Rules about how the source is written: each finds the faults of one module.

A rule is a row: where it holds, what it finds, samples that it must catch and samples that it must
leave alone.  ``test_rules.py`` reads the table twice, against the samples and against the tree.
"""

import ast
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from tests.architecture.tree import Module

Faults = Iterator[tuple[int, str]]  # the number of the line, and what is wrong with it

LINES_MAX, FLOW_LINES_MAX, FUNCTION_LINES_MAX = 400, 60, 50
ENTRY_POINTS = ("flows/", "src/retention/cli/", "src/retention/gate/", "src/retention/demo/")
CORE_WITH_DOCSTRINGS = tuple(f"src/retention/{x}/" for x in ("domain", "ports", "steps", "views"))
FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)
CLOCK = frozenset(
    f"{base}.{read}"
    for base, reads in {
        "datetime.datetime": "now utcnow today",
        "datetime.date": "today",
        "time": "time time_ns localtime gmtime ctime asctime strftime",
        "pendulum": "now today tomorrow yesterday",
        "pendulum.DateTime": "now utcnow today",
        "pendulum.Date": "today",
        "prefect.types._datetime": "now",
        "sqlalchemy.func": "now current_timestamp current_date sysdate",
        "sqlmodel.func": "now current_timestamp current_date sysdate",
    }.items()
    for read in reads.split()
)
SQL_CLOCK = re.compile(r"\b(CURRENT_(TIMESTAMP|DATE|TIME)|LOCALTIMESTAMP)\b|datetime\('now'")
ENVIRONMENT = {
    "os.environ",
    "os.environb",
    "os.getenv",
    "os.getenvb",
    "os.path.expandvars",
    "pydantic_settings",
}
CODE = r"[A-Z]+[0-9]+"
NOQA = re.compile(rf"#\s*noqa\b(?P<codes>:\s*{CODE}(?:\s*,\s*{CODE})*)?", re.IGNORECASE)
RUFF = re.compile(rf"#\s*ruff:\s*noqa\b(?P<codes>:\s*{CODE}(?:\s*,\s*{CODE})*)?")
IGNORE = re.compile(r"#\s*type:\s*ignore(?P<codes>\[[a-z-]+(?:\s*,\s*[a-z-]+)*\])?")
REASON = re.compile(r"[A-Za-z]{4}")  # a word at least, and "ok" is none
SKIPS = {"skip", "skipif", "skipUnless", "skipTest", "importorskip", "xfail", "expectedFailure"}
MOCKS = ("unittest.mock", "mock", "pytest_mock")
UNSTABLE = frozenset(
    [
        "uuid1",
        "uuid4",
        "token_hex",
        "token_urlsafe",
        "token_bytes",
        "urandom",
        "getrandbits",
        "randbytes",
        "compress",
    ]
)
LOOSE = re.compile("TO" + "DO|FIX" + "ME|XX" + "X")


@dataclass(frozen=True)
class Rule:
    """One row; *at* is the name that the samples are given, a place where the rule holds."""

    name: str
    holds: Callable[[str], bool]
    faults: Callable[[Module], Faults]
    at: str
    bad: tuple[str, ...]
    good: tuple[str, ...] = ()

    def __str__(self) -> str:
        return self.name


def long_module(module: Module) -> Faults:
    most = FLOW_LINES_MAX if module.name.startswith("flows/") else LINES_MAX
    if (lines := len(module.text.splitlines())) > most:
        yield lines, f"{lines} lines, and {most} is the most"


def long_function(module: Module) -> Faults:
    for node in module.nodes:
        if isinstance(node, FUNCTIONS):
            lines = (node.end_lineno or 0) - node.lineno + 1
            if lines > FUNCTION_LINES_MAX:
                yield (
                    node.lineno,
                    f"{node.name} has {lines} lines, {FUNCTION_LINES_MAX} is the most",
                )


def clock(module: Module) -> Faults:
    for node, name in module.uses():
        if name in CLOCK:
            yield node.lineno, f"{name} reads the clock: take a Clock, or the day"
    for node in module.nodes:
        if isinstance(node, ast.Constant) and SQL_CLOCK.search(str(node.value)):
            yield node.lineno, "the database's clock is one that nobody can step"


def environment(module: Module) -> Faults:
    # An entry point may tell a library of its own process something; that is no reading.
    told = {
        id(node.value)
        for node in module.nodes
        if isinstance(node, ast.Subscript) and isinstance(node.ctx, ast.Store)
    }
    entry = module.name.startswith(ENTRY_POINTS)
    for node, name in module.uses():
        if name in ENVIRONMENT and not (entry and id(node) in told):
            yield node.lineno, f"{name} is read: take it from wiring"
    for node in module.nodes:
        if isinstance(node, ast.keyword) and node.arg in {"envvar", "auto_envvar_prefix"}:
            yield node.value.lineno, f"{node.arg} reads the environment: take it from wiring"


def broad_except(module: Module) -> Faults:
    for node in module.nodes:
        if isinstance(node, ast.ExceptHandler):
            caught = [] if node.type is None else _several(node.type)
            if node.type is None or any(_is_broad(each) for each in caught):
                yield node.lineno, "catches everything: name what can go wrong"
        elif (
            isinstance(node, ast.Call)
            and _last_name(node.func) == "suppress"
            and any(_is_broad(each) for each in node.args)
        ):
            yield node.lineno, "suppresses everything: name what can go wrong"


def _several(node: ast.expr) -> list[ast.expr]:
    return list(node.elts) if isinstance(node, ast.Tuple) else [node]


def _last_name(node: ast.expr) -> str:
    if isinstance(node, ast.Attribute):
        return node.attr
    return node.id if isinstance(node, ast.Name) else ""


def _is_broad(node: ast.expr) -> bool:
    return _last_name(node) in {"Exception", "BaseException"}


def silent_ignore(module: Module) -> Faults:
    for line, comment in module.comments:
        found = [said for form in (RUFF, NOQA, IGNORE) if (said := form.search(comment))]
        if not found:
            continue
        rest = comment
        for said in found:
            if not said["codes"]:
                yield line, "an ignore names the rule that it ignores"
            rest = rest.replace(said[0], "")
        if not REASON.search(rest):
            yield line, "an ignore says why, on its own line"


def mock(module: Module) -> Faults:
    for node in module.nodes:
        if isinstance(node, ast.ImportFrom) and node.module:
            names = [node.module, *(f"{node.module}.{each.name}" for each in node.names)]
        elif isinstance(node, ast.Import):
            names = [each.name for each in node.names]
        elif isinstance(node, ast.arg) and node.arg == "mocker":
            names = ["pytest_mock"]
        else:
            continue
        if any(name == each or name.startswith(f"{each}.") for name in names for each in MOCKS):
            yield node.lineno, "a mock passes whatever is said to it: write a fake"


def skip(module: Module) -> Faults:
    for node in module.nodes:
        named = node.attr if isinstance(node, ast.Attribute) else getattr(node, "id", "")
        whose = ast.unparse(node.value) if isinstance(node, ast.Attribute) else ""
        from_test_library = whose.partition(".")[0] in {"pytest", "unittest", "self", "mark"}
        imported = not whose and module.imported.get(named, "").startswith(("pytest", "unittest"))
        if named in SKIPS and (from_test_library or imported):
            yield node.lineno, f"{named}: a test that cannot run fails"


def docstring(module: Module) -> Faults:
    yield from _undocumented(module.tree)


def _undocumented(node: ast.Module | ast.ClassDef) -> Faults:
    for each in node.body:
        if not isinstance(each, (ast.ClassDef, *FUNCTIONS)) or each.name.startswith("_"):
            continue
        if ast.get_docstring(each) is None:
            yield each.lineno, f"{each.name} is public and does not say what it is"
        if isinstance(each, ast.ClassDef):
            yield from _undocumented(each)


def unstable_name(module: Module) -> Faults:
    """Find what makes the names of tests other ones in every process that collects them."""
    for node in _outside_functions(module.tree):
        if not isinstance(node, ast.Call) or _last_name(node.func) not in UNSTABLE:
            continue
        if not any(each.arg == "mtime" for each in node.keywords):
            yield node.lineno, "stands outside a function: tests get other names in each process"


def _outside_functions(node: ast.AST) -> Iterator[ast.AST]:
    """Yield what is evaluated as a module is loaded: decorators, too, and no body of a function."""
    for child in ast.iter_child_nodes(node):
        if isinstance(node, (*FUNCTIONS, ast.Lambda)) and child not in _decorators(node):
            continue
        yield child
        yield from _outside_functions(child)


def _decorators(node: ast.AST) -> list[ast.expr]:
    return node.decorator_list if isinstance(node, FUNCTIONS) else []


def loose_end(module: Module) -> Faults:
    for line, comment in module.comments:
        if LOOSE.search(comment):
            yield line, "what is missing is an issue, not a comment"
    for node in module.nodes:
        if isinstance(node, ast.Raise) and node.exc is not None:
            raised = node.exc.func if isinstance(node.exc, ast.Call) else node.exc
            if _last_name(raised) == "NotImplementedError":
                yield node.lineno, "a promise: keep it, or leave the name out"

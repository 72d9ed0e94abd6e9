"""The table of rules: where each holds, what it must catch, and what it must leave alone."""

from tests.architecture import rules
from tests.architecture.rules import CORE_WITH_DOCSTRINGS, ENTRY_POINTS, Rule

SOURCE = ("src/", "flows/")
WIRING = ("src/retention/wiring.py", "src/retention/wiring/")
STEP = "src/retention/steps/sample.py"
TEST = "tests/unit/sample.py"


def anywhere(name: str) -> bool:
    return name.endswith(".py")


def in_source(name: str) -> bool:
    return name.startswith(SOURCE)


def outside_wiring(name: str) -> bool:
    return name.startswith(SOURCE) and not name.startswith(WIRING)


def inside(name: str) -> bool:
    return name.startswith(SOURCE) and not name.startswith(ENTRY_POINTS)


def in_tests(name: str) -> bool:
    return name.startswith("tests/")


def in_core(name: str) -> bool:
    return name.startswith(CORE_WITH_DOCSTRINGS)


RULES = (
    Rule(
        "no module has more than 400 lines",
        anywhere,
        rules.long_module,
        STEP,
        bad=("x = 1\n" * 401,),
        good=("x = 1\n" * 400,),
    ),
    Rule(
        "no flow has more than 60 lines",
        lambda name: name.startswith("flows/"),
        rules.long_module,
        "flows/sample.py",
        bad=("x = 1\n" * 61,),
        good=("x = 1\n" * 60,),
    ),
    Rule(
        "no function has more than 50 lines",
        in_source,
        rules.long_function,
        STEP,
        bad=(
            "def f():\n" + "    x = 1\n" * 50,
            "class C:\n  async def f():\n" + "    x = 1\n" * 50,
        ),
        good=("def f():\n" + "    x = 1\n" * 49,),
    ),
    Rule(
        "nothing outside wiring reads the clock",
        outside_wiring,
        rules.clock,
        STEP,
        bad=(
            "from datetime import datetime\ndatetime.now()",
            "from datetime import datetime as d\nd.utcnow()",
            "from datetime import UTC, datetime\ndatetime.now(UTC)",
            "import datetime\ndatetime.datetime.today()",
            "import datetime as dt\ndt.date.today()",
            "from datetime import date\nfield(default_factory=date.today)",
            "import time\ntime.time()",
            "from time import time\ntime()",
            "from time import time_ns as t\nt()",
            "import pendulum\npendulum.now('UTC')",
            "from pendulum import today\ntoday()",
            "from sqlalchemy import func\nfunc.now()",
            "sql = 'INSERT INTO t VALUES (CURRENT_TIMESTAMP)'",
        ),
        good=(
            "from time import monotonic\nmonotonic()",
            "import time\ntime.sleep(1)",
            "def f(clock):\n    return clock.now(), clock.today()",
            "from datetime import datetime\ndatetime.fromisoformat('2026-11-23')",
        ),
    ),
    Rule(
        "nothing outside wiring reads the environment",
        outside_wiring,
        rules.environment,
        "flows/sample.py",
        bad=(
            "import os\nos.environ['HOME']",
            "import os\nos.environ.get('HOME')",
            "import os\nos.getenv('HOME')",
            "from os import environ\ndict(environ)",
            "from os import getenv as g\ng('HOME')",
            "import os as system\nsystem.environ",
            "import os\nos.path.expandvars('$HOME')",
            "import click\nclick.option('--dir', envvar='DIR')",
        ),
        good=(
            "import os\nos.environ['DO_NOT_TRACK'] = '1'",
            "def f(environment):\n    return environment['HOME']",
        ),
    ),
    Rule(
        "nothing but an entry point tells its process through the environment",
        lambda name: inside(name) and outside_wiring(name),
        rules.environment,
        STEP,
        bad=("import os\nos.environ['DO_NOT_TRACK'] = '1'",),
    ),
    Rule(
        "only an entry point catches everything",
        inside,
        rules.broad_except,
        STEP,
        bad=(
            "try:\n    f()\nexcept:\n    pass",
            "try:\n    f()\nexcept Exception:\n    raise",
            "try:\n    f()\nexcept BaseException as e:\n    pass",
            "try:\n    f()\nexcept (ValueError, Exception):\n    pass",
            "import builtins\ntry:\n    f()\nexcept builtins.Exception:\n    pass",
            "with suppress(Exception):\n    f()",
            "with contextlib.suppress(OSError, BaseException):\n    f()",
        ),
        good=(
            "try:\n    f()\nexcept (ValueError, OSError):\n    pass",
            "with suppress(OSError):\n    f()",
        ),
    ),
    Rule(
        "every ignore names its rule and says why",
        anywhere,
        rules.silent_ignore,
        STEP,
        bad=(
            "x = 1  # noqa",
            "x = 1  # noqa: S101",
            "x = 1  # noqa  # because of the law",
            "x = 1  # noqa: S101  # ok",
            "x = 1  # type: ignore",
            "x = 1  # type: ignore[arg-type]",
            "x = 1  # type: ignore  # because of the law",
            "x = 1  # type: ignore[arg-type]  # noqa: S101",
            "# ruff: noqa: S101\nx = 1",
        ),
        good=(
            "x = 1  # noqa: S101  # because of the law",
            "x = 1  # noqa: S101, E501 - because of the law",
            "x = 1  # type: ignore[arg-type]  # the stub is wrong",
            "x = 1  # an ordinary comment",
            "x = '# noqa'",
        ),
    ),
    Rule(
        "no test uses a mock",
        in_tests,
        rules.mock,
        TEST,
        bad=(
            "from unittest.mock import Mock",
            "from unittest import mock",
            "import unittest.mock as m",
            "import mock",
            "def test_it(mocker): ...",
        ),
        good=("from moto import mock_aws", "def test_it(monkeypatch): ..."),
    ),
    Rule(
        "no test is skipped or expected to fail",
        in_tests,
        rules.skip,
        TEST,
        bad=(
            "import pytest\npytest.skip('no server')",
            "import pytest\n@pytest.mark.skip\ndef test_it(): ...",
            "import pytest\n@pytest.mark.skipif(True, reason='')\ndef test_it(): ...",
            "import pytest\n@pytest.mark.xfail\ndef test_it(): ...",
            "import pytest\nm = pytest.importorskip('moto')",
            "from pytest import skip\nskip('no server')",
            "from pytest import mark\n@mark.xfail\ndef test_it(): ...",
            "import unittest\n@unittest.skip('no server')\nclass T: ...",
        ),
        good=("rows.skip(3)", "def skip(): ...\nskip()"),
    ),
    Rule(
        "what is public in the core says what it is",
        in_core,
        rules.docstring,
        STEP,
        bad=(
            "def f(): ...",
            "class C:\n    x = 1",
            "class Colour(StrEnum):\n    RED = 'red'",
            "class C:\n    '''A thing.'''\n    def m(self): ...",
            "class C:\n    '''A thing.'''\n    @property\n    def p(self): ...",
        ),
        good=(
            "def _f(): ...",
            "class _C: ...",
            "class C:\n    '''A thing.'''\n    def __str__(self): ...\n    def _m(self): ...",
            "def f():\n    '''Do it.'''\n    def inner(): ...",
        ),
    ),
    Rule(
        "a test has the same name in every process that collects it",
        lambda name: name.startswith("tests/"),
        rules.unstable_name,
        "tests/unit/test_x.py",
        bad=(
            "from uuid import uuid4\nRUN = uuid4()",
            "@mark.parametrize('x', [secrets.token_hex(8)])\ndef test_it(x): ...",
            "@mark.parametrize('x', [gzip.compress(b'x')])\ndef test_it(x): ...",
        ),
        good=(
            "def test_it():\n    x = uuid4()",
            "@mark.parametrize('x', [gzip.compress(b'x', mtime=0)])\ndef test_it(x): ...",
            "make = lambda: uuid4()",
        ),
    ),
    Rule(
        "no loose end is left in the code",
        anywhere,
        rules.loose_end,
        STEP,
        bad=(
            "x = 1  # TO" + "DO: y",
            "# FIX" + "ME",
            "raise NotImplementedError",
            "raise NotImplementedError('y')",
        ),
        good=("x = 1  # all of it", "try:\n    f()\nexcept NotImplementedError:\n    pass"),
    ),
)

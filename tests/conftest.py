"""The servers that tests run against; each is started by the first test that asks for it."""

from pathlib import Path

pytest_plugins = [
    f"tests.support.{name}"
    for name in ("counts", "spread", "ceph", "moto", "postgres", "postfix", "prefect_server")
    if (Path(__file__).parent / "support" / f"{name}.py").exists()
]

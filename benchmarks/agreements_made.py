"""Invented agreements, any number of them, and how long `retention check` takes over them.

    python benchmarks/agreements_made.py                  # 200 and 400, in a folder of its own
    python benchmarks/agreements_made.py FOLDER --count N # write N agreements and stay

Every rule is of another length, so that no answer can be remembered from one file to the next.
Three agreements in four have a bucket of their own, and the fourth shares one with all the others.
"""

import argparse
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

LIMIT_S = 2.0  # for 200 agreements, with process start-up
COMMAND = "import sys; from retention.cli.main import main; main(sys.argv[1:])"

ENGINE = """\
certificate_prefix = "MADE"
demonstration = true

[issuer]
legal_name = "Invented Processor Ltd"
address = "1 Nowhere Road"
registration = "Z0000000"
contact = "data protection team"

[keeps]
catalogue = "P1Y"
logs = "P90D"
runs = "P90D"
mails = "P2Y"
"""
PEOPLE = """\
[[person]]
id = "rm-01"
name = "Robin Records (invented)"
roles = ["records-manager"]
email = "rm-01@example.invalid"

[[person]]
id = "iao-01"
name = "Ira Owner (invented)"
roles = ["information-asset-owner"]
email = "iao-01@example.invalid"

[[person]]
id = "cg-01"
name = "Cal Guardian (invented)"
roles = ["caldicott-guardian"]
email = "cg-01@example.invalid"

[[person]]
id = "siro-01"
name = "Sid Risk (invented)"
roles = ["siro"]
email = "siro-01@example.invalid"

[[person]]
id = "audit-01"
name = "Audrey Lead (invented)"
roles = ["audit-lead"]
email = "audit-01@example.invalid"
"""
PARTY = """\
[[party]]
id = "party-{n}"
name = "Invented body {n}"
email = "p{n}@example.invalid"
to_confirm = false

"""
AGREEMENT = """\
#:schema ../agreement.schema.json
# INVENTED, number {n} of many.

[agreement]
reference    = "{reference}"
version      = 1
title        = "Invented audit number {n}"
our_role     = "processor"
route        = "direct"
controllers  = ["party-{a}", "party-{b}"]
instructions_from = ["party-{a}"]
mandate      = "Invented agreement {n}, schedule 3"
signed_on    = 2019-04-01
in_force     = {{ from = 2019-04-01, until = 2035-03-31 }}
lawful_basis = ["6(1)(e)", "9(2)(i)"]
support      = [{{ name = "99/CAG/{n:04}", nations = ["england"], until = 2034-09-30 }}]
regions      = ["eu-west-2"]

[disposal]
instruction     = "standing"
approved_by     = ["records-manager", "information-asset-owner"]
notice          = "P30D"
silence         = "wait"
approval_lapses = "P14D"
cooling_off     = "P7D"
lead            = "P{lead}D"
extension       = {{ max = "P1Y", times = 1, by = ["party-{a}"] }}
certificate     = {{ within = "P14D", signed_by = ["information-asset-owner"] }}
dispute_window  = "P90D"

[disposal.limits]
datasets_max      = 100_000
objects_max       = 5_000_000
bytes_max         = 2_000_000_000_000
share_max_percent = 100

[[event]]
name        = "round-published"
per         = "round"
recorded_by = ["audit-lead"]
expected_on = {{ round = "2026", on = 2026-12-18 }}
chase_after = "P30D"

[[event]]
name        = "contract-ended"
per         = "agreement"
recorded_by = ["records-manager"]

[[class]]
name              = "patient-level"
status            = "signed"
describes         = "Invented case notes, pseudonymised"
identifiability   = "pseudonymised"
special_category  = true
controllers_by_nation = {{ england = ["party-{a}"], wales = ["party-{b}"] }}
datasets          = ["s3://{bucket}/patient/{{nation:(?:england|wales)}}/{{round:[0-9]{{4}}}}/{{part:[0-9]{{1,4}}}}/"]
trigger           = "round-published"
cut_off           = "financial-year-end"
keep_at_least     = "P{years}Y"
destroy_by        = "P{most}Y{months}M"
destroy_by_covers = "live"
review_at_latest  = "P9Y"
after_end         = "keep-to-term"
after_end_clause  = "9.7"
approved_by       = ["records-manager", "information-asset-owner", "caldicott-guardian"]
then              = "destroy"
clause            = "9.2"
period_covered    = "round"
copies            = [
  {{ kind = "backup", where = "backup vault", gone_within = "P35D", checked_by = "person" }},
]

[[class.also]]
owner         = "party-{b}"
clause        = "11.{n}"
trigger       = "round-published"
cut_off       = "none"
keep_at_least = "P{days}D"

[[class]]
name              = "linked"
status            = "signed"
describes         = "Invented records under a licence"
identifiability   = "pseudonymised"
special_category  = true
datasets          = ["s3://{bucket}/linked/{{extract:[A-Z0-9-]{{3,20}}}}/"]
trigger           = {{ earliest = ["contract-ended", "support-ended"] }}
destroy_by        = "P{days}D"
destroy_by_covers = "all-copies"
after_end         = "dispose"
then              = "destroy"
clause            = "4.1"

[[class]]
name              = "survey"
status            = "signed"
describes         = "Invented survey returns"
identifiability   = "anonymised"
datasets          = ["s3://{bucket}/survey/{{round:20[0-9]{{2}}}}/"]
trigger           = "round-published"
cut_off           = "none"
keep_exactly      = "P1Y{months}M"
dispose_within    = "P{days}D"
destroy_by_covers = "live"
after_end         = "dispose"
then              = "destroy"
clause            = "9.3"

[[class]]
name              = "analysis"
status            = "signed"
describes         = "Invented analysis"
identifiability   = "aggregated"
datasets          = ["s3://{bucket}/analysis/{{round:[0-9]{{4}}}}/{{cut:[a-z]+}}/"]
trigger           = "round-published"
cut_off           = "none"
keep_at_least     = "P{years}Y{months}M"
destroy_by        = "P{years}Y{near}M"
destroy_by_covers = "live"
after_end         = "keep-to-term"
after_end_clause  = "9.7"
then              = "review"
clause            = "9.4"
"""


def files(count: int) -> Iterator[tuple[str, str]]:
    """Yield name and text of every file of a library of *count* agreements."""
    parties = max(8, count // 4)
    yield "engine.toml", ENGINE
    yield "people.toml", PEOPLE
    yield "parties.toml", "".join(PARTY.format(n=n) for n in range(parties))
    for n in range(count):
        reference, months = f"MADE-{n:04}", n % 11
        yield (
            f"{reference}/v1.toml",
            AGREEMENT.format(
                n=n,
                reference=reference,
                a=n % parties,
                b=(n + 1) % parties,
                bucket=f"made-shared/{n:04}" if n % 4 == 0 else f"made-{n:04}",
                lead=60 + n % 120,
                years=3 + n % 17,
                most=5 + n % 17,
                months=months,
                near=months + 2,
                days=40 + n % 1000,
            ),
        )


def write(folder: Path, count: int) -> None:
    """Write a library of *count* agreements into *folder*."""
    for name, text in files(count):
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")


def seconds(folder: Path, *, runs: int = 5) -> float:
    """Return how long `retention check FOLDER` takes, start-up included: the best of *runs*."""
    best = float("inf")
    for _ in range(runs):
        began = time.perf_counter()
        done = subprocess.run(
            [sys.executable, "-c", COMMAND, "check", str(folder)],
            capture_output=True,
            text=True,
            check=False,
        )
        best = min(best, time.perf_counter() - began)
        if done.returncode:
            raise SystemExit(done.stdout + done.stderr)
    return best


def main() -> None:
    parser = argparse.ArgumentParser(description="Make agreements, or time `retention check`.")
    parser.add_argument("folder", nargs="?", type=Path)
    parser.add_argument("--count", type=int, default=200)
    given = parser.parse_args()
    if given.folder is not None:
        write(given.folder, given.count)
        print(f"{given.count} agreements in {given.folder}")
        return
    taken = {}
    for count in (given.count, 2 * given.count):
        with tempfile.TemporaryDirectory() as folder:
            write(Path(folder), count)
            taken[count] = seconds(Path(folder))
            print(f"check of {count} agreements: {taken[count]:.2f} s with start-up")
    once, twice = taken.values()
    print(f"twice as many take {twice / once:.2f} times as long")
    if given.count <= 200 and once > LIMIT_S:
        raise SystemExit(f"more than {LIMIT_S} s")


if __name__ == "__main__":
    main()

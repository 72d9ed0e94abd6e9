"""Real files, broken in some hundreds of ways: refused with a place, or read as they are written.

Nothing ends in a traceback, and nothing is accepted that says something else than TOML's own
reader does.  `pytest -rP tests/faults/test_mutated_agreements.py -k counts` prints what became of
each kind.
"""

import random
import re
import tomllib
from collections import Counter

import pytest

from retention.agreements import FaultyAgreementsError, read
from retention.domain.agreement import Which
from retention.domain.clock import Period
from retention.settings import policy_files
from tests.support.policies import DEMO, POLICIES, contract, texts

SEED, EACH = 20_260_401, 18  # mutations of each kind
KEY = re.compile(r"(?m)^(\s*)([a-z_]+)(\s*= )(.*)$")
VALUES = ['"x"', '""', "0", "-7", "1.5", "true", "false", "[]", "{}", "[[]]", '["P5Y"]', "nan", "inf",
          "2024-04-01", "07:32:00", "1979-05-27T07:32:00Z", '"P5Y"', '"P0D"', '"none"', '"destroy"',
          '"s3://x/{a:b}/"', "{ age = 75 }", '{ period = "P6Y", from = "cut-off" }']  # fmt: skip


def seeds():
    real = {name: text for name, text in texts(POLICIES).items() if not name.startswith("demo/")}
    return {"contract": contract(), "policies": real, "demo": texts(DEMO)}


# Each takes a text and chance, and returns the bytes of a broken file.


def line_lost(text, chance):
    lines = text.splitlines(keepends=True)
    kept = [n for n, line in enumerate(lines) if KEY.match(line)]
    del lines[chance.choice(kept)]
    return "".join(lines).encode()


def value_of_another_kind(text, chance):
    found = chance.choice(list(KEY.finditer(text)))
    return (text[: found.start(4)] + chance.choice(VALUES) + text[found.end(4) :]).encode()


def value_of_another_key(text, chance):
    one, other = (chance.choice(list(KEY.finditer(text))) for _ in range(2))
    return (text[: one.start(4)] + other[4] + text[one.end(4) :]).encode()


def key_renamed_to_another(text, chance):
    one, other = (chance.choice(list(KEY.finditer(text))) for _ in range(2))
    return (text[: one.start(2)] + other[2] + text[one.end(2) :]).encode()


def number_changed(text, chance):
    digits = list(re.finditer(r"\d+", text)) or list(re.finditer("true|false", text))
    one = chance.choice(digits)
    new = str(chance.choice([0, 1, 2, 7, 13, 29, 366, 2100, 99_999]))
    return (text[: one.start()] + new + text[one.end() :]).encode()


def key_twice(text, chance):
    found = chance.choice(list(KEY.finditer(text)))
    return (text[: found.end()] + "\n" + found[0] + text[found.end() :]).encode()


def in_quotes(text, chance):
    """A number, a date or a truth value as a text: what a form or a spreadsheet would make of it."""
    bare = list(
        re.finditer(r"(?m)(?<== )(?:true|false|[0-9][0-9_-]*)(?=[\s,}])(?=[^\"\n]*$)", text)
    )
    if not bare:  # then a text without its quotes
        return text.replace('"', "", 2).encode()
    one = chance.choice(bare)
    return (text[: one.start()] + f'"{one[0]}"' + text[one.end() :]).encode()


def unknown_key(text, chance):
    found = chance.choice(list(KEY.finditer(text)))
    return (text[: found.start()] + f"{found[2]}_{chance.randint(0, 99)} = 1\n" + text[found.start() :]).encode()  # fmt: skip


def bytes_cut_off(text, chance):
    whole = text.encode()
    return whole[: chance.randrange(1, len(whole))]


def byte_flipped(text, chance):
    whole = bytearray(text.encode())
    whole[chance.randrange(len(whole))] ^= 1 << chance.randrange(8)
    return bytes(whole)


def nul(text, chance):
    at = chance.randrange(len(text))
    return (text[:at] + "\x00" + text[at:]).encode()


def byte_order_mark(text, chance):
    return b"\xef\xbb\xbf" + text.encode()


def another_encoding(text, chance):
    found = chance.choice(list(KEY.finditer(text)))
    accented = text[: found.end(4)] + " # é" + text[found.end(4) :]
    return accented.encode(
        chance.choice(["utf-16", "utf-32", "latin-1", "cp1252", "utf-16-le"]), "ignore"
    )


def nested_deeply(text, chance):
    found = chance.choice(list(KEY.finditer(text)))
    depth = chance.choice([13, 40, 500, 5_000])
    opens, closes = chance.choice([("[", "]"), ("{ a = ", " }")])
    return (text[: found.start(4)] + opens * depth + "1" + closes * depth + text[found.end(4) :]).encode()  # fmt: skip


def number_without_end(text, chance):
    found = chance.choice(list(KEY.finditer(text)))
    return (text[: found.start(4)] + "9" * chance.choice([20, 400, 6_000]) + text[found.end(4) :]).encode()  # fmt: skip


def date_out_of_range(text, chance):
    found = chance.choice(list(KEY.finditer(text)))
    day = chance.choice(["2024-02-30", "9999-12-31", "0000-01-01", "2024-13-01", "10000-01-01"])
    return (text[: found.start(4)] + day + text[found.end(4) :]).encode()


def table_lost(text, chance):
    found = list(re.finditer(r"(?m)^\[+[a-z.]+\]+.*\n", text)) or list(KEY.finditer(text))
    one = chance.choice(found)
    return (text[: one.start()] + text[one.end() :]).encode()


MUST_REFUSE = (
    in_quotes,
    key_twice,
    unknown_key,
    nul,
    byte_order_mark,
    another_encoding,
    nested_deeply,
    number_without_end,
)
MAY_STAND = (
    line_lost,
    value_of_another_kind,
    value_of_another_key,
    key_renamed_to_another,
    number_changed,
    bytes_cut_off,
    byte_flipped,
    date_out_of_range,
    table_lost,
)


# What a library must say of a file, by TOML's own reader and by nothing of ours.


def given(table, name):
    """The two forms of a period: as text, or in a table beside it."""
    value = table.get(name)
    if isinstance(value, dict):
        return (value["age"], value.get("one_more_if_17_at", "")) if "age" in value else value["period"]  # fmt: skip
    return value


def spans(*texts):
    return tuple(None if text is None else Period.parse(text) for text in texts)


def same_rule(rule, table):
    trigger = table.get("trigger")
    if isinstance(trigger, dict):
        ((which, events),) = trigger.items()
        assert (rule.trigger.events, rule.trigger.which) == (tuple(events), Which(which))
    else:
        assert rule.trigger.events == (trigger,)
    keep = given(table, "keep_at_least")
    if isinstance(keep, tuple):
        assert (rule.keep_at_least.years, rule.keep_at_least.one_more_if_17_at) == keep
    else:
        assert rule.keep_at_least == spans(keep)[0]
    assert rule.destroy_by == spans(given(table, "destroy_by"))[0]
    assert rule.destroy_by_from_cut_off is isinstance(table.get("destroy_by"), dict)
    cut = table.get("cut_off", "none")
    assert bool(rule.cut_off) is (cut != "none")
    exact = spans(table.get("keep_exactly"), table.get("dispose_within"))
    assert (rule.keep_exactly, rule.dispose_within) == exact


def same_class(kind, table, header):
    assert (kind.name, kind.status, kind.describes) == (table["name"], table["status"], table["describes"])  # fmt: skip
    assert tuple(each.text for each in kind.datasets) == tuple(table.get("datasets", ()))
    assert kind.controllers == tuple(table.get("controllers", header["controllers"]))
    nations = {name: tuple(ids) for name, ids in table.get("controllers_by_nation", {}).items()}
    assert dict(kind.controllers_by_nation) == nations
    assert (kind.then, kind.clause or None, kind.after_end) == (
        table.get("then"), table.get("clause"), table.get("after_end"))  # fmt: skip
    assert kind.destroy_by_covers == table.get("destroy_by_covers")
    assert kind.special_category is table.get("special_category", False)
    assert kind.review_at_latest == spans(table.get("review_at_latest"))[0]
    assert [each.clause for each in kind.also] == [each["clause"] for each in table.get("also", ())]
    assert [(c.kind, c.gone_within) for c in kind.copies] == [
        (c["kind"], spans(c.get("gone_within"))[0]) for c in table.get("copies", ())
    ]
    bounds = ("keep_at_least", "destroy_by", "keep_exactly")
    assert (kind.rule is not None) is ("trigger" in table and any(each in table for each in bounds))
    for rule, written in [
        (kind.rule, table),
        *zip((d.rule for d in kind.also), table.get("also", ()), strict=True),
    ]:
        if rule is not None:
            same_rule(rule, written)


def same_agreement(agreement, said):
    header, disposal = said["agreement"], said.get("disposal")
    assert (agreement.reference, agreement.version) == (header["reference"], header["version"])
    assert (agreement.title, agreement.our_role) == (header["title"], header["our_role"])
    assert agreement.controllers == tuple(header["controllers"])
    assert agreement.lawful_basis == tuple(header["lawful_basis"])
    dates = header.get("in_force", {})
    assert (agreement.in_force_from, agreement.in_force_until) == (dates.get("from"), dates.get("until"))  # fmt: skip
    assert (agreement.disposal is None) is (disposal is None)
    if disposal is not None:
        names = ("notice", "approval_lapses", "cooling_off", "lead", "dispute_window")
        for name in names:
            assert getattr(agreement.disposal, name) == Period.parse(disposal[name])
        assert agreement.disposal.silence == disposal["silence"]
        assert agreement.disposal.approved_by == tuple(disposal["approved_by"])
        for name, most in disposal["limits"].items():
            assert getattr(agreement.disposal.limits, name) == most
    assert [(e.name, e.per, e.recorded_by) for e in agreement.events] == [
        (e["name"], e["per"], tuple(e["recorded_by"])) for e in said.get("event", ())
    ]
    for kind, table in zip(agreement.classes, said["class"], strict=True):
        same_class(kind, table, header)


def same_library(library, files):
    """Whatever was accepted says what TOML's own reader says."""
    said = {name: tomllib.loads(text) for name, text in files.items()}
    agreements = {f"{a.reference}/v{a.version}.toml": a for a in library.every}
    assert set(agreements) | {"parties.toml", "people.toml", "engine.toml"} == {
        name for name in said if not name.startswith("schedules/")
    }
    for name, agreement in agreements.items():
        same_agreement(agreement, said[name])
    assert [(p.id, p.name, p.email, p.to_confirm) for p in library.parties.values()] == [
        (p["id"], p["name"], p.get("email"), p["to_confirm"]) for p in said["parties.toml"]["party"]
    ]
    assert [(p.id, p.name, p.roles, p.email) for p in library.persons] == [
        (p["id"], p["name"], tuple(p["roles"]), p.get("email")) for p in said["people.toml"]["person"]
    ]  # fmt: skip
    engine = said["engine.toml"]
    assert (library.own.certificate_prefix, library.own.demonstration, dict(library.own.issuer)) == (
        engine["certificate_prefix"], engine["demonstration"], engine["issuer"])  # fmt: skip
    rules = [(name, rule) for name in said if name.startswith("schedules/") for rule in said[name]["rule"]]  # fmt: skip
    assert len(library.schedules) == len(rules)
    for name, rule in rules:
        found = library.schedules[f"{name.removeprefix('schedules/').removesuffix('.toml')}/{rule['name']}"]  # fmt: skip
        assert (found.confidence, found.kind, found.words) == (
            rule["confidence"], rule["kind"], rule.get("words", ""))  # fmt: skip


@pytest.fixture(scope="module")
def folders(tmp_path_factory):
    """The seeds on disk: bytes are broken there, and read as the command reads them."""
    made = {}
    for name, files in seeds().items():
        made[name] = tmp_path_factory.mktemp(name)
        for file, text in files.items():
            path = made[name] / file
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
    return made


def outcome(folder, file, broken):
    """What became of one broken file: refused, as it was, or read as it is written now."""
    path = folder / file
    whole = path.read_bytes()
    path.write_bytes(broken)
    try:
        files = policy_files(folder)
        library = read(files)
    except FaultyAgreementsError as error:
        for fault in error.faults:
            assert fault.line >= 1
            assert fault.column >= 1
            assert fault.line <= files.get(fault.file, "").count("\n") + 1
            assert all((fault.found, fault.expected, fault.hint))
        return "refused"
    finally:
        path.write_bytes(whole)
    same_library(library, files)
    unchanged = tomllib.loads(files[file]) == tomllib.loads(whole.decode())
    return "as it was" if unchanged else "read as written"


def mutations(kind):
    """The same every time: the file to break and its broken bytes, for one kind."""
    chance = random.Random(f"{SEED} {kind.__name__}")
    every = [(seed, file, text) for seed, files in seeds().items() for file, text in files.items()]
    for _ in range(EACH):
        seed, file, text = chance.choice(every)
        yield seed, file, kind(text, chance)


@pytest.mark.parametrize("kind", MUST_REFUSE, ids=lambda each: each.__name__)
def test_what_can_mean_nothing_is_always_refused(kind, folders):
    found = Counter(outcome(folders[seed], file, broken) for seed, file, broken in mutations(kind))
    assert found == {"refused": EACH}


@pytest.mark.parametrize("kind", MAY_STAND, ids=lambda each: each.__name__)
def test_what_may_still_stand_is_refused_or_read_as_it_is_written(kind, folders):
    found = Counter(outcome(folders[seed], file, broken) for seed, file, broken in mutations(kind))
    assert found.total() == EACH
    assert found["refused"] > 0


def test_counts_of_all_kinds(folders):
    """Hundreds of mutations, most refused, and enough accepted for the comparison to mean something."""
    total = Counter()
    for kind in (*MUST_REFUSE, *MAY_STAND):
        found = Counter(outcome(folders[s], f, broken) for s, f, broken in mutations(kind))
        print(f"{kind.__name__:24}", dict(found))
        total += found
    print(f"{'all':24}", dict(total))
    assert total.total() == EACH * (len(MUST_REFUSE) + len(MAY_STAND)) >= 200
    assert total["read as written"] >= 20
    assert total["refused"] >= 150


REQUIRED = [
    (seed, file, found.start(), found[2])
    for seed, file in (("contract", "NACEL/v3.toml"), ("demo", "DEMO-NACEL/v1.toml"))
    for found in KEY.finditer(seeds()[seed][file])
    if found[2]
    in {"reference", "version", "title", "our_role", "controllers", "lawful_basis", "instruction",
        "approved_by", "notice", "silence", "approval_lapses", "cooling_off", "lead", "certificate",
        "dispute_window", "limits", "per", "recorded_by", "name", "status", "describes", "trigger",
        "cut_off", "destroy_by_covers", "after_end", "after_end_clause", "then", "clause",
        "dispose_within", "datasets", "identifiability", "mandate", "signed_on", "in_force", "route"}
]  # fmt: skip


@pytest.mark.parametrize("seed", ["contract", "demo"])
def test_no_key_that_must_be_there_can_be_left_out(seed, folders):
    """Every one of them, one after the other; a class may have its own controllers and approvers."""
    accepted = set()
    for named, file, start, key in REQUIRED:
        if named != seed:
            continue
        text = seeds()[seed][file]
        end = text.index("\n", start)
        if text[start:end].rstrip().endswith("["):  # a list over several lines
            end = text.index("\n]", start) + 2
        if outcome(folders[seed], file, (text[:start] + text[end:]).encode()) != "refused":
            table = text.rfind("\n[", 0, start)
            accepted.add((text[table + 1 : text.index("\n", table + 1)].split()[0], key))
    # A class narrows the controllers, and asks for more approvers; a maximum alone needs no cut-off.
    assert accepted <= {("[[class]]", "controllers"), ("[[class]]", "approved_by"), ("[[class]]", "cut_off")}  # fmt: skip

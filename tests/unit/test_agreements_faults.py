"""Every fault at once, each with its place, what was found and what to do."""

import pytest

from retention.agreements import FaultyAgreementsError, read
from retention.errors import AgreementError
from tests.support.policies import CONTRACT, changed, contract, spot


def faults(files):
    with pytest.raises(FaultyAgreementsError) as caught:
        read(files)
    return caught.value.faults


def place(fault):
    return fault.file, (fault.line, fault.column)


# What is written instead of what; where the fault stands; what it says.
ONE_FAULT = {
    "unknown key": (
        'describes        = "Case note',
        'descibes = "x"\ndescribes = "Case note',
        "descibes",
        "Did you mean `describes`",
    ),
    "unknown key for one that must be there": ("title        =", "titel        =", "titel", "Did you mean `title`"),
    "unknown key in a table within": ("suppress_below", "supress_below", None, "suppress_below"),
    "unknown table": ("[disposal]", "[disposals]\na = 1\n[disposal]", "[disposals]", "`disposal`"),
    "a text for a number": ("version      = 3", 'version = "3"', '"3"', "a whole number"),
    "a number for a text": ('clause           = "9.2"', "clause = 9.2", "9.2", "a text in quotes"),
    "a text for a date": ("on = 2026-01-15", 'on = "2026-01-15"', '"2026-01-15"', "without quotes"),
    "a time for a date": ("on = 2026-01-15", "on = 2026-01-15T00:00:00", "2026-01-15T", "a date"),
    "a truth value for a number": ("times = 1", "times = true", "true", "a whole number"),
    "a text for a truth value": ("second_factor   = false", 'second_factor = "no"', '"no"', "true"),
    "no list": ('"P7D", "P14D"]', '{ a = "P7D" }]', '{ a = "P7D"', "a period"),
    "no period": ('"P30D"                   # to every', '"30 days" #', '"30 days"', "such as P8Y"),
    "weeks": ('keep = "P10Y"', 'keep = "P10W"', '"P10W"', "such as P8Y"),
    "another word": ('then             = "destroy"               # by', 'then = "destory" #', '"destory"', "Did you mean 'destroy'"),
    "capitals in an id": ('name        = "dsa-ended"', 'name = "DSA-ended"', '"DSA-ended"', "small letters"),
    "a nation in capitals": ("northern-ireland = [", "Northern-Ireland = [", "Northern", "the key `Northern-Ireland`"),
    "a reference in small letters": ('reference    = "NACEL"', 'reference = "nacel"', '"nacel"', "capital letters"),
    "no digest": ('sha256 = "b194', 'sha256 = "x194', '"x194', "SHA-256"),
    "place without its slash": ('{extract:[A-Z0-9-]+}/"', '{extract:[A-Z0-9-]+}"', '"s3://nacel-records/linked', "must end in '/'"),
    "place that is none": ('"s3://nacel-archive/"', '"nacel-archive"', '"nacel-archive"', "is not a place"),
    "place with a bad expression": ("{box:[A-Z]{2}[0-9]{4}}", "{box:[A-Z}", '"paper://', "regular expression"),
    "undeclared event": ('trigger          = "audit-round-published"\ncut_off          = "financial', 'trigger = "audit-round-publishd"\ncut_off = "financial', '"audit-round-publishd"', "Did you mean 'audit-round-published'"),
    "undeclared event among several": ('["dsa-ended", "support', '["dsa-over", "support', '"dsa-over"', "[[event]]"),
    "unknown controller": ('controllers  = ["hqip", "pha-ni"]', 'controllers = ["hqip", "pha"]', '"pha"', "parties.toml"),
    "unknown controller of a nation": ('northern-ireland = ["pha-ni"]', 'northern-ireland = ["pha-nj"]', '"pha-nj"', "Did you mean 'pha-ni'"),
    "unknown chain": ('["nch-and-c"]', '["nch-and-d"]', '"nch-and-d"', "parties.toml"),
    "unknown instructor": ('instructions_from = ["hqip"]', 'instructions_from = ["hqib"]', '"hqib"', "parties.toml"),
    "unknown receiver": ('party = "successor-provider"', 'party = "somebody"', '"somebody"', "parties.toml"),
    "unknown owner": ('"iao-audits"                # people.toml', '"iao-audit"', '"iao-audit"', "person of people.toml"),
    "unknown assessor": ('assessed_by = "iao-audits"', 'assessed_by = "nobody"', '"nobody"', "person of people.toml"),
    "unknown role of an approver": ('"caldicott-guardian"]', '"guardian"]', '"guardian"', "a role that somebody has"),
    "unknown role of a recorder": ('["audit-lead"]', '["audit-leed"]', '"audit-leed"', "Did you mean 'audit-lead'"),
    "unknown escalation": ('escalate_to     = "siro"', 'escalate_to = "sirro"', '"sirro"', "role or person"),
    "two classes of one name": ('name            = "staff-survey"', 'name = "linked-episodes"  # 2', '"linked-episodes"  # 2', "again"),
    "two classes of one place": ("s3://nacel-records/analysis/", "s3://nacel-records/staff/", '"s3://nacel-records/staff/{round:[0-9]{4}}/"]\ntrigger         = "audit-round-published"\ncut_off         = "calendar', "staff-survey claims too"),
    "a place within another": ("analysis/{round:[0-9]{4}}/", "staff/{round:[0-9]{4}}/final/", '"s3://nacel-records/staff/{round:[0-9]{4}}/final', "claims too"),
    "a copy with other placeholders": ("dr/patient/{nation}/{round}/", "dr/patient/{nation}/", '"s3://nacel-records-dr', "{nation} and {round}"),
    "a copy with other expressions": ("dr/patient/{nation}", "dr/patient/{nation:[A-Z]+}", '"s3://nacel-records-dr', "come with the class"),
    "a copy that lies in the class": ("s3://nacel-records-dr/patient/{nation}/{round}/", "s3://nacel-records/patient/{nation}/{round}/", '"s3://nacel-records/patient/{nation}/{round}', "this class claims too"),
    "engine looks nowhere": ('where = "backup vault", gone_within = "P35D", checked_by = "person"', 'where = "backup vault", gone_within = "P35D", checked_by = "engine"', '{ kind = "backup"', "no `store`"),
    "no then": ('then             = "destroy"               # destroy |', "#", "[[class]]", "no `then`"),
    "no silence": ('silence         = "wait" ', "# ", "[disposal]", "no `silence`"),
    "no cut-off": ('cut_off         = "none" ', "# ", '[[class]]\nname            = "staff', "no `cut_off`"),
    "no covers": ('destroy_by_covers = "live"                 #', "#", "[[class]]", "no `destroy_by_covers`"),
    "no after_end": ('after_end        = "keep-to-term"          #', "#", "[[class]]", "no `after_end`"),
    "no after_end_clause": ('after_end_clause = "9.7"\napproved_by', "approved_by", "[[class]]", "no `after_end_clause`"),
    "no clause": ('clause           = "9.2"', "#", "[[class]]", "no `clause`"),
    "no trigger": ('trigger         = "audit-round-published"\ncut_off         = "none"', 'cut_off = "none"', '[[class]]\nname            = "staff', "no `trigger`"),
    "no special category for people": ("special_category = false", "#", "[[class]]", "no `special_category`"),
    "special category without article 9": ('"9(2)(i)"]', "]", '["6(1)(e)"', "article 9"),
    "no receiver": ("return_to ", "# return_to ", '[[class]]\nname            = "staff', "no `return_to`"),
    "exact without dispose_within": ('dispose_within  = "P60D" ', "#", '[[class]]\nname            = "staff', "no `dispose_within`"),
    "exact and a minimum": ('keep_exactly    = "P1Y"', 'keep_exactly = "P1Y"\nkeep_at_least = "P1Y"', '"P1Y"\nkeep_at', "one or the other"),
    "no period at all": ('keep_at_least   = "P2Y"', "#", '[[class]]\nname            = "analysis', "no period"),
    "minimum past maximum": ('"P6Y6M"', '"P5Y6M"', '"P5Y6M"', "conflict (from 1 April 2022: kept through 31 March 2028, due 1 April 2028, gone by 1 October 2027)"),
    "cooling off as long as the approval": ('cooling_off     = "P7D"', 'cooling_off = "P14D"#', '"P14D"#', "less than approval_lapses (P14D)"),
    "a month of cooling off in a short one": ('approval_lapses = "P14D"\ncooling_off     = "P7D"', 'approval_lapses = "P30D"\ncooling_off = "P1M"', '"P1M"', "lapse"),
    "proceed without its clause": ('silence         = "wait" ', 'silence = "proceed" #', "[disposal]", "no `silence_clause`"),
    "fewer approvers for a class": ('approved_by      = ["records-manager", "information-asset-owner", "caldicott-guardian"]', 'approved_by = ["records-manager"]', '["records-manager"]\nthen', "never for fewer"),
    "more roles than people": ('approved_by     = ["records-manager", "information-asset-owner"]', 'approved_by = ["records-manager", "information-asset-owner", "information-asset-owner"]', '["records-manager", "information-asset-owner", "info', "another person"),
    "an end before its beginning": ("until = 2027-03-31", "until = 2024-03-31", "2024-03-31", "2024-04-01 or later"),
    "another version than the file": ("version      = 3", "version = 4", '"NACEL"', "NACEL/v4.toml"),
    "no mandate": ("mandate  ", "# ", "[agreement]", "no `mandate`"),
    "no dates": ("in_force     =", "# ", "[agreement]", "no `in_force`"),
    "through-chain without a chain": ('through      = ["nch-and-c"]', "#", "[agreement]", "no `through`"),
    "an expected event of another placeholder": ('round = "2024", on', 'rounds = "2024", on', "rounds", "Did you mean `round`"),
    "an expected day in quotes": ("on = 2025-06-30", 'on = "2025-06-30"', '"2025-06-30"', "a date without quotes"),
}  # fmt: skip


@pytest.mark.parametrize("what", ONE_FAULT)
def test_a_fault_is_found_where_it_stands(what):
    old, new, marker, says = ONE_FAULT[what]
    files = changed(old, new)
    found = faults(files)
    fault = found[0]
    assert place(fault) == (CONTRACT, spot(files[CONTRACT], marker or new))
    assert says in str(fault)
    assert fault.hint
    # A name that changed is missed elsewhere, and a longer wait overruns the lead too.
    assert len(found) == 1 or what in {
        "capitals in an id",
        "a month of cooling off in a short one",
    }


def test_nations_need_a_place_that_says_which():
    files = changed(
        '["s3://nacel-records/patient/{nation:[a-z-]+}/{round:[0-9]{4}}/"]',
        '["s3://nacel-records/patient/{round:[0-9]{4}}/"]',
        files=changed("patient/{nation}/{round}/", "patient/{round}/"),
    )
    (fault,) = faults(files)
    assert place(fault)[1] == spot(files[CONTRACT], '{ england = ["hqip"]')
    assert "{nation}" in str(fault)


def test_silence_never_proceeds_where_each_disposal_needs_an_instruction():
    files = changed('instruction     = "standing"', 'instruction = "each-time"')
    files = changed('silence         = "wait"', 'silence = "proceed"', files=files)
    files = changed("second_factor", 'silence_clause = "4"\nsecond_factor', files=files)
    (fault,) = faults(files)
    assert place(fault)[1] == spot(files[CONTRACT], '"proceed"')


def test_a_signed_class_needs_its_disposal_terms():
    text = contract()[CONTRACT]
    start, end = text.index("[disposal]"), text.index("[[event]]")
    found = faults(contract(text[:start] + text[end:]))
    assert ["no `disposal`" in str(each) for each in found] == [True]


def test_every_fault_of_every_file_is_found_at_once():
    files = changed('trigger          = "audit-round-published"\ncut_off          = "financial-year-end"', 'triger = "audit-round-published"\ncut_off = "finacial-year-end"')  # fmt: skip
    files = changed('route        = "through-chain"', 'route = "by post"', files=files)
    files = changed("{nation}/{round}/", "{nation}/", files=files)
    files["parties.toml"] = "party = ["
    files["people.toml"] = files["people.toml"].replace("roles = [", "rolls = [", 1)
    del files["engine.toml"]
    files["Nacel/v1.toml"] = ""
    schedule = "schedules/nhs-england-2023.toml"
    files = changed('"nhs-england-2023/clinical-audit"', '"nhs/x"', files=files)
    files[schedule] = files[schedule].replace('confidence = "unverified"', "", 1)
    found = faults(files)
    assert {each.file for each in found} == set(files) | {"engine.toml"}
    ours = [str(each) for each in found if each.file == CONTRACT]
    # Among them is one of meaning, the copy's place, in a class that has faults of form.
    wanted = ("`triger`", "'finacial-year-end'", "a text; expected 'direct'", "{round}", "'nhs/x'")
    for words in wanted:
        assert any(words in each for each in ours), words
    # What was misspelt is not called missing as well, and a broken register accuses nobody.
    assert len(ours) == len(wanted)


def test_a_place_belongs_to_one_agreement():
    files = contract()
    other = files[CONTRACT].replace('"NACEL"', '"OTHER"').replace("version      = 3", "version = 1")
    found = faults({**files, "OTHER/v1.toml": other})
    assert {each.file for each in found} == {"OTHER/v1.toml"}
    assert all("claims too" in str(each) for each in found)


def test_a_later_version_governs_from_a_later_day():
    files = contract()
    files["NACEL/v4.toml"] = files[CONTRACT].replace("version      = 3", "version = 4")
    (fault,) = faults(files)
    assert fault.file == "NACEL/v4.toml"
    assert "a day after 2024-04-01" in fault.expected


@pytest.mark.parametrize(
    ("text", "where", "says"),
    [
        ("[agreement]\nversion = \n", (2, 11), "TOML"),
        ("[agreement]\nversion = 1\nversion = 2\n", (3, 1), "already there"),
        ("[agreement]\n[agreement]\n", (2, 1), "already there"),
        ("a = " + "[" * 2000, (1, 1), "deep nesting"),
        ("a = " + "[" * 90 + "]" * 90, (1, 17), "deep nesting"),
        ("a" + ".a" * 90 + " = 1", (1, 1), "deep nesting"),
        ("x = 1\n" * 40_000, (1, 1), "characters"),
        ("\udc80", (1, 1), "UTF-8"),
        ("", (1, 1), "no `agreement`"),
    ],
)
def test_what_is_no_agreement_at_all_is_refused_at_its_place(text, where, says):
    fault = faults(contract(text))[0]
    assert place(fault) == (CONTRACT, where)
    assert says in str(fault)


@pytest.mark.parametrize(
    ("stem", "old", "new", "says"),
    [
        ("people", 'id = "rm-02"', 'id = "rm-01"', "'rm-01' again"),
        ("people", 'deputy = "rm-02"', 'deputy = "rm-09"', "another person"),
        ("people", 'conflicts = ["audit-01"]', 'conflicts = ["iao-audits"]', "another person"),
        ("people", 'conflicts = ["audit-01"]', 'conflicts = ["rm-01", "rm-02"]', "in conflict"),
        ("people", 'deputy = "rm-02"', 'password = "correct horse"', "`password`"),
        ("parties", 'id = "hqip"', 'id = "nch-and-c"', "'nch-and-c' again"),
        ("parties", '"agency@example.invalid"', '"agency"', "an e-mail address"),
        ("parties", 'name = "Data supplier", ', "", "no `name`"),
        ("engine", 'logs = "P90D"', 'logs = "always"', "a period"),
        ("engine", "demonstration = true", "", "no `demonstration`"),
    ],
)
def test_faults_of_the_registers(stem, old, new, says):
    files = changed(old, new, file=f"{stem}.toml")
    assert any(says in str(each) for each in faults(files))


def test_a_message_shows_neither_secrets_nor_people():
    secret = "hunter2-correct-horse-battery"
    files = contract()
    for file, old in {
        "people.toml": 'name = "Ray Records"',
        "parties.toml": 'name = "Agency"',
        "engine.toml": 'contact = "data protection team"',
        CONTRACT: 'mandate      = "Data processing agreement DPA-0417, schedule 3"',
    }.items():
        files = changed(old, f'{old.split()[0]} = ["{secret}"]', files=files, file=file)
    files = changed('deputy = "rm-02"', f'password = "{secret}"', files=files, file="people.toml")
    files = changed('"s3://nacel-archive/"', f'"s3://user:{secret}@nacel-archive"', files=files)
    with pytest.raises(FaultyAgreementsError) as caught:
        read(files)
    said = str(caught.value) + caught.value.hint + repr(caught.value.faults)
    assert len(caught.value.faults) == 6
    assert secret not in said
    assert "Ray" not in said


def test_the_error_is_of_the_family_that_a_person_can_mend():
    with pytest.raises(AgreementError) as caught:
        read({})
    assert caught.value.exit_code == 10
    assert str(caught.value).startswith("3 faults in 3 files\nengine.toml:1:1: ")
    assert caught.value.hint

"""Names that look like somebody, and names that must not be taken for one."""

import pytest

from retention.domain.identifying import names_somebody

# Numbers and addresses are the NHS's own examples, or invented with a right check digit.
SOMEBODY = [
    "9434765919",
    "943 476 5919",
    "943-476-5919",
    "patient_943.476.5919_scan",
    "NHS9434765919",
    "chi9434765919",
    "jo.example@example.invalid",
    "jo.example%40example.invalid",
    "SW1A 1AA",
    "SW1A1AA",
    "SW1A%201AA",
    "SW1A--1AA",
    "M1_1AE",
    "GIR 0AA",
    "sent from EC1A 1BB today",
]
NOBODY = [
    "",
    "2019",
    "2024-q1",
    "2024-03-31",
    "9434765918",  # another check digit
    "19434765919",
    "E9434765919",  # a letter says that it is another number
    "9434765919a",
    "england",
    "site-0042",
    "v1.2.3",
    "q1-2nd",
    "m12-5yr",
    "fy24-1st",
    "r1_4th",
    "0a1b2c3d4e5f",
    "batch@nightly",
    "AB1234",
    "deadbeef-0000-4000-8000-000000000000",
]


@pytest.mark.parametrize("value", SOMEBODY)
def test_what_looks_like_somebody_is_kept_out(value):
    assert names_somebody(value)


@pytest.mark.parametrize("value", NOBODY)
def test_what_does_not_is_a_name_like_any_other(value):
    assert not names_somebody(value)


def test_one_in_eleven_numbers_of_ten_digits_has_the_check_digit_by_chance():
    share = sum(names_somebody(f"{n:010}") for n in range(4_000_000_000, 4_000_011_000)) / 11_000
    assert 0.08 < share < 0.10

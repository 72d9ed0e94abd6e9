"""Who asks, where, and how: signatures, redirects, certificates, patience."""

from threading import Event, Thread

import pytest

from retention.adapters.s3.client import client
from retention.adapters.s3.fast import FastLists, Login
from retention.adapters.s3.fast.asking import MOVES_MAX, Asker, Service, Terms
from retention.adapters.s3.fast.listing import Asked
from retention.adapters.s3.fast.login import Logins, signed, target
from retention.adapters.s3.fast.pace import GOOD_ANSWERS, Pace
from retention.adapters.s3.fast.trouble import PassingError, StoppedError
from retention.adapters.s3.fast.walk import ask_versions
from retention.adapters.s3.fast.where import Whereabouts, region_named
from retention.adapters.s3.fast.wire import Patience, Wire
from retention.errors import StoreRefusedError, StoreUnavailableError
from retention.ports.store import WHOLE
from tests.support.authorities import server_context
from tests.support.hostile import Script, hostile
from tests.support.s3_pages import Stored, row
from tests.support.wire import Wire as Boto3Wire

STORED = Stored("bucket", tuple(row(f"p/{n}", "v1", n) for n in range(5)))
ODD = "p/æ %+&=?#;,:@!$'()*[]{}|\\^`\"<>~_.-\n\U0001f600/"


@pytest.fixture(scope="module")
def server():
    with hostile() as running:
        yield running


# Signatures


@pytest.mark.parametrize("token", [None, "a+token/with=signs"])
@pytest.mark.parametrize("prefix", ["p/", ODD])
def test_a_request_is_signed_as_boto3_signs_it(prefix, token):
    asking = client(
        endpoint_url="http://127.0.0.1:9", region="eu-west-2", access_key="us", secret="a-secret"
    )
    asking._request_signer._credentials.token = token
    wire = Boto3Wire(asking, [(200, b"<R/>")] * 9)
    for _ in range(9):  # until both sign in the same second
        asking.list_object_versions(
            Bucket="bucket", Prefix=prefix, KeyMarker=prefix + "x", VersionIdMarker="a.b-c_d~/+="
        )
        theirs = wire.requests[-1].headers
        query = {
            "versions": "",
            "encoding-type": "url",
            "prefix": prefix,
            "key-marker": prefix + "x",
            "version-id-marker": "a.b-c_d~/+=",
        }
        url = "http://127.0.0.1:9" + target("/bucket", query)
        ours = signed(url, Login("us", "a-secret", token or ""), "eu-west-2")
        if ours["X-Amz-Date"].encode() == theirs["X-Amz-Date"]:
            break
    assert ours["Authorization"].encode() == theirs["Authorization"]
    assert ours.get("X-Amz-Security-Token", "") == (token or "")


def test_what_signs_is_checked_by_what_does_not(server):
    """The server computes the signature by hand, from the secret that it knows."""
    rows = tuple(row(f"{ODD}{n}", "v1", n) for n in range(5))
    place = server.play(Script(Stored("bucket", rows))) + ODD
    for secret, fits in (("a-secret", True), ("another", False)):
        lists = FastLists(
            endpoint_url=server.endpoint_url,
            region="us-east-1",
            credentials=lambda secret=secret: Login("surveyor", secret),
            page_rows=2,
        )
        if fits:
            assert list(lists.versions(place)) == sorted(rows)
        else:
            with pytest.raises(StoreRefusedError, match="SignatureDoesNotMatch"):
                list(lists.versions(place))


def test_a_login_shows_neither_secret_nor_token():
    assert repr(Login("us", "a-secret", "a-token")) == "Login(access_key='us')"


def test_a_login_is_asked_for_when_it_is_needed_and_once_for_all_lanes():
    given = iter([Login("a", "1"), Login("b", "2"), Login("c", "3")])
    logins = Logins(lambda: next(given))
    first = logins.now()
    for _ in range(3):
        logins.renew(first)
    assert (first.access_key, logins.now().access_key) == ("a", "b")


# Where


class Amazon(Service):
    """Amazon's endpoints, all of them played by one server; *hosts* were asked."""

    def __init__(self, server, region="us-east-1"):
        terms = Terms(2, Patience(), sleep=lambda _: None)
        super().__init__(
            Whereabouts(None, region), Logins(lambda: Login("surveyor", "a-secret")), terms
        )
        self.server, self.hosts = server, []

    def connect(self, endpoint_url):
        self.hosts.append(endpoint_url)
        return Played(endpoint_url, self.server.endpoint_url)

    def listed(self, place):
        asker = Asker(self, Pace(1), Event())
        asked = Asked(place.removeprefix("s3://").strip("/"))
        return ask_versions(asker, asked, 1000).page.keys


class Played(Wire):
    """A connection to a server that stands in for *host*, and is told so."""

    def __init__(self, played, url):
        super().__init__(url, Patience())
        self.host = played.removeprefix("https://")

    def ask(self, target, headers, body=b""):
        return super().ask(target, {**headers, "Host": self.host}, body)


KEYS = [version.key for version in STORED.rows]


def test_amazon_is_followed_to_the_region_that_it_names(server):
    amazon = Amazon(server)
    script = Script(STORED, region="eu-west-2")
    assert amazon.listed(server.play(script)) == KEYS
    assert amazon.hosts == [f"https://s3.{r}.amazonaws.com" for r in ("us-east-1", "eu-west-2")]
    assert [each["Host"] for each in script.headers] == [h[8:] for h in amazon.hosts]
    for trick in ("to_another_region", "to_another_region_by_location"):
        amazon = Amazon(server)
        assert amazon.listed(server.play(Script(STORED, tricks=[trick]))) == KEYS
        assert len(amazon.hosts) == 2


@pytest.mark.parametrize(
    "elsewhere",
    [
        "https://evil.example/bucket",
        "https://s3.eu-west-2.amazonaws.com.evil.example/",
        "https://evil.example/s3.eu-west-2.amazonaws.com/",
        "https://s3.eu-west-2.amazonaws.com@evil.example/",
        "https://s3.eu-west-2@evil.amazonaws.com/",
        "//evil.example",
        "",
    ],
)
def test_amazon_is_not_followed_to_any_other_host(server, elsewhere):
    for trick in ("moved_for_good", "moved_for_now"):
        amazon = Amazon(server)
        with pytest.raises(StoreRefusedError, match="Redirect"):
            amazon.listed(server.play(Script(STORED, tricks=[trick] * 9, elsewhere=elsewhere)))
        assert amazon.hosts == ["https://s3.us-east-1.amazonaws.com"]


def test_whoever_is_sent_on_and_on_stops(server):
    amazon = Amazon(server)
    script = Script(STORED, tricks=["to_another_region"] * 99)
    with pytest.raises(StoreRefusedError, match="PermanentRedirect"):
        amazon.listed(server.play(script))
    assert len(amazon.hosts) == MOVES_MAX + 1


@pytest.mark.parametrize(
    ("headers", "said", "region"),
    [
        ({"x-amz-bucket-region": "eu-west-2"}, {}, "eu-west-2"),
        ({}, {"Region": "ap-southeast-1"}, "ap-southeast-1"),
        ({}, {"Endpoint": "bucket.s3.eu-west-2.amazonaws.com"}, "eu-west-2"),
        ({}, {"Endpoint": "s3-eu-west-1.amazonaws.com"}, "eu-west-1"),
        ({"Location": "https://b.s3.cn-north-1.amazonaws.com.cn/x"}, {}, "cn-north-1"),
        ({"x-amz-bucket-region": "evil.example/"}, {}, ""),
        ({"x-amz-bucket-region": "eu-west-2.evil.example"}, {}, ""),
        ({"x-amz-bucket-region": "a-" * 40 + "b"}, {}, ""),
        ({"Location": "https://[broken"}, {}, ""),
        ({}, {"Endpoint": "evil.example"}, ""),
        ({}, {}, ""),
    ],
)
def test_a_region_is_read_where_stores_name_it(headers, said, region):
    assert region_named(headers, said) == region


def test_an_endpoint_is_a_host_and_nothing_more():
    for url in ("http://127.0.0.1:9", "https://store.example", "https://store.example/"):
        assert Whereabouts(url, "anything").now().endpoint_url == url.rstrip("/")
    for url in (
        "ftp://store.example",
        "store.example",
        "https://",
        "https://user:secret@store.example",
        "https://store.example/path",
        "https://store.example?query",
        "https://store.example#part",
    ):
        with pytest.raises(ValueError) as caught:
            Whereabouts(url, "us-east-1")
        assert "secret" not in str(caught.value)
    with pytest.raises(ValueError):
        Whereabouts(None, "evil.example/")
    assert Whereabouts(None, "cn-north-1").now().endpoint_url.endswith(".amazonaws.com.cn")


def test_nothing_of_the_users_own_settings_has_a_say(server, monkeypatch):
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "https_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "somebody")
    lists = fast(server)
    assert list(lists.versions(server.play(Script(STORED)))) == STORED.listed


def fast(server, **options):
    return FastLists(
        endpoint_url=server.endpoint_url,
        region="us-east-1",
        credentials=lambda: Login("surveyor", "a-secret"),
        sleep=lambda _: None,
        **options,
    )


# Connections


def test_a_host_is_believed_by_its_certificate_alone(tmp_path):
    context, ca_file = server_context(tmp_path)
    with hostile(context=context) as server:
        place = server.play(script := Script(STORED))
        with pytest.raises(StoreRefusedError, match="CertificateError") as caught:
            list(fast(server).versions(place))
        assert "certificate" in caught.value.hint
        assert script.asked == []
        assert list(fast(server, ca_file=ca_file).versions(place)) == STORED.listed
    (tmp_path / "other").mkdir()
    context, ca_file = server_context(tmp_path / "other", host="127.0.0.2")
    with hostile(context=context) as server:
        with pytest.raises(StoreRefusedError, match="CertificateError"):
            list(fast(server, ca_file=ca_file).versions(server.play(script := Script(STORED))))
        assert script.asked == []


def test_connections_are_kept_and_used_again(server):
    lists = fast(server, page_rows=1, lanes=2)
    script = Script(STORED)
    place = server.play(script)
    for _ in range(3):
        list(lists.versions(place))
        list(lists.sweep(place, [WHOLE]))
    assert len(script.ports) <= 2
    lists.close()
    assert list(lists.versions(place)) == STORED.listed


def test_an_answer_without_end_is_given_up(server):
    for trick, patience in (("endless", Patience()), ("drip", Patience(whole_s=0.1))):
        wire = Wire(server.endpoint_url, patience)
        place = server.play(Script(STORED, tricks=[trick] * 9))
        path = target("/" + place[5:-1], {"versions": ""})
        headers = signed(server.endpoint_url + path, Login("surveyor", "a-secret"), "us-east-1")
        with pytest.raises(PassingError, match="EndlessAnswer"):
            wire.ask(path, headers)


def test_a_wire_that_is_cut_ends_what_is_on_its_way(server):
    script = Script(STORED, tricks=["hold"])
    wire = Wire(server.endpoint_url, Patience(read_s=600))
    path = target("/" + server.play(script)[5:-1], {"versions": ""})
    headers = signed(server.endpoint_url + path, Login("surveyor", "a-secret"), "us-east-1")
    caught = []

    def ask():
        with pytest.raises(PassingError) as error:
            wire.ask(path, headers)
        caught.append(error)

    asking = Thread(target=ask)
    asking.start()
    try:
        assert script.holding.wait(60)
        wire.cut()
        asking.join(60)
        assert caught
    finally:
        script.held.set()


@pytest.mark.parametrize(
    "wrong",
    [{"page_rows": 0}, {"page_rows": 1001}, {"lanes": 0}, {"lanes": 65}, {"attempts_max": 0}],
)
def test_numbers_that_cannot_be_are_a_mistake_of_the_caller(server, wrong):
    with pytest.raises(ValueError):
        fast(server, **wrong)


def test_a_bucket_that_cannot_be_is_refused_before_anything_is_sent():
    lists = FastLists(
        endpoint_url="http://127.0.0.1:9", region="x", credentials=lambda: Login("us", "secret")
    )
    for listing in (
        lists.versions("s3://no$bucket/p/"),
        lists.uploads("s3://no$bucket/p/"),
        lists.sweep("s3://no$bucket/p/", [WHOLE]),
    ):
        with pytest.raises(StoreRefusedError, match="ParamValidationError"):
            list(listing)


def test_a_server_that_is_not_there_is_unavailable():
    lists = FastLists(
        endpoint_url="http://127.0.0.1:9",
        region="us-east-1",
        credentials=lambda: Login("us", "secret"),
        sleep=lambda _: None,
    )
    with pytest.raises(StoreUnavailableError):
        list(lists.sweep("s3://bucket/p/", [WHOLE]))


# Pace


def test_a_pace_is_halved_once_for_all_who_asked_at_it_and_grows_slowly():
    pace = Pace(8)
    turns = []
    for _ in range(8):
        with pace.turn() as turn:
            turns.append(turn)
    for turn in turns:
        pace.slow_down(turn)
    assert pace.allowed == 4
    for expected in (2, 1, 1):
        with pace.turn() as turn:
            pace.slow_down(turn)
        assert pace.allowed == expected
    for _ in range(GOOD_ANSWERS - 1):
        pace.went_well()
    assert pace.allowed == 1
    for _ in range(20 * GOOD_ANSWERS):
        pace.went_well()
    assert pace.allowed == 8


def test_a_store_that_is_busy_slows_the_pace_and_one_that_is_broken_does_not(server):
    for trick, allowed in (
        ("slow_down", 4),
        ("slow_down_in_200", 4),
        ("too_many", 4),
        ("internal", 8),
        ("reset", 8),
    ):
        script, pace = Script(STORED, tricks=[trick]), Pace(8)
        terms = Terms(9, Patience(), sleep=lambda _: None)
        service = Service(
            Whereabouts(server.endpoint_url, "us-east-1"),
            Logins(lambda: Login("surveyor", "a-secret")),
            terms,
        )
        asker = Asker(service, pace, Event())
        bucket = server.play(script)[5:-1]
        assert ask_versions(asker, Asked(bucket), 1000).page.keys == KEYS
        assert pace.allowed == allowed
        for _ in range(GOOD_ANSWERS):
            ask_versions(asker, Asked(bucket), 1000)
        assert pace.allowed == min(allowed + 1, 8)
        asker.close()


def test_no_more_ask_at_once_than_the_pace_allows():
    pace, held = Pace(2), Event()
    inside, most = [], []

    def ask():
        with pace.turn():
            inside.append(1)
            most.append(len(inside))
            held.wait(0.01)
            inside.pop()

    threads = [Thread(target=ask) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert max(most) <= 2
    pace.stop()
    with pytest.raises(StoppedError), pace.turn():
        pass

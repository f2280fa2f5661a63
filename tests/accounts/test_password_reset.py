"""Setting a new password by a mailed link: for whom it is meant, and without telling anybody who that is."""

import re
from datetime import timedelta
from smtplib import SMTPDataError

import pytest
from axes.models import AccessFailureLog
from django.contrib.auth import SESSION_KEY
from django.contrib.auth.hashers import make_password
from django.core import mail
from django.test import Client

from accounts.models import PasswordReset, User
from accounts.services import password_reset
from accounts.tasks import send_password_reset, sweep_password_resets
from memberpulse import hints
from tests.accounts.test_lock_out import seen
from tests.factories import UserFactory

pytestmark = pytest.mark.django_db

MINUTE, SECOND, DAY = timedelta(minutes=1), timedelta(seconds=1), timedelta(days=1)
NEW = "tulip-tractor-41"


@pytest.fixture(autouse=True)
def _stand_still(clock, ada):
    """Every test has Ada, and a clock that it moves itself."""


@pytest.fixture
def hinted(monkeypatch):
    hinted = []
    monkeypatch.setattr(hints, "announce", lambda *hint: hinted.append(hint))
    return hinted


@pytest.fixture
def ask(client, hinted, django_capture_on_commit_callbacks):
    """Asks on the page for a link, and lets the worker do what it was told; the answer of the page."""

    def ask(address="ada@example.org", *, delivers=True):
        with django_capture_on_commit_callbacks(execute=True):
            response = client.post("/password-reset", {"email": address})
        if delivers and hinted:
            send_password_reset(str(hinted.pop()[1]))
        return response

    return ask


@pytest.fixture
def link(ask):
    ask()
    return link_in(mail.outbox[-1])


def link_in(message) -> str:
    (link,) = re.findall(r"http://localhost:8000(/password-reset/\S+)", message.body)
    return link


def follow(client, link, password=NEW, again=None):
    """Opens a link like a browser, and sends the form that it leads to."""
    page = client.get(link, follow=True)
    fields = {"new_password1": password, "new_password2": password if again is None else again}
    return client.post(page.request["PATH_INFO"], fields)


def outcomes() -> list[tuple[str, str]]:
    return list(PasswordReset.objects.order_by("asked_at").values_list("state", "reason"))


# --- Asking -----------------------------------------------------------------------------------------------------------


def test_the_sign_in_page_leads_to_it(client):
    assert 'href="/password-reset"' in client.get("/sign-in").text


def test_asking_is_written_down_and_told_to_a_worker(ask, hinted, clock):
    response = ask("ADA@example.org", delivers=False)

    reset = PasswordReset.objects.get()
    assert (response.status_code, response["Location"]) == (302, "/password-reset/sent")
    assert (reset.address, reset.asked_at, reset.state) == ("ada@example.org", reset.next_try_at, "waiting")
    assert hinted == [("accounts.tasks.send_password_reset", reset.pk)]
    assert mail.outbox == []


@pytest.mark.parametrize("address", ["ada@example.org", "eve@example.org"])
def test_asking_costs_the_same_whoever_it_is(ask, address, django_assert_num_queries):
    # A savepoint around the row.
    with django_assert_num_queries(3):
        ask(address, delivers=False)


def test_the_answer_does_not_tell_whether_there_is_an_account(client, ask):
    known, unknown = ask("ada@example.org"), ask("eve@example.org")

    assert seen(known, "") == seen(unknown, "")
    assert "If an account with this address exists, a mail is on its way." in client.get("/password-reset/sent").text


@pytest.mark.parametrize(
    ("address", "sentence"),
    [
        ("", "Type your e-mail address."),
        ("ada", "This is no e-mail address. One looks like ada@example.org."),
        ("ada@example.org\nBcc: eve@example.org", "This is no e-mail address. One looks like ada@example.org."),
        (f"{'a' * 243}@example.org", "Ensure this value has at most 254 characters (it has 255)."),
    ],
)
def test_what_is_no_address_is_refused_beside_its_field(client, address, sentence):
    response = client.post("/password-reset", {"email": address})

    assert response.context["form"].errors["email"] == [sentence]
    assert 'aria-describedby="id_email_error"' in response.text
    assert not PasswordReset.objects.exists()


def test_letters_that_grow_when_made_small_fit(ask):
    ask(f"ada@{'İ' * 60}.{'İ' * 60}.{'İ' * 60}.example")

    assert outcomes() == [("dropped", password_reset.NOBODY)]


# --- The mail ---------------------------------------------------------------------------------------------------------


def test_the_mail_goes_to_the_address_of_the_account(ask, settings):
    settings.SITE_URL = "https://desk.example.org"

    ask("ADA@EXAMPLE.ORG")

    (message,) = mail.outbox
    assert (message.to, message.subject) == (["Ada@example.org"], "Set a new password")
    assert message.body.startswith(
        "Hello Ada Lovelace,\n\nsomebody, most likely you, asked to set a new password for Ada"
    )
    assert "It works for 1 hour, and once." in message.body
    (html,) = [part.content for part in message.alternatives]
    for text in (message.body, html):
        assert len(re.findall(r"https://desk\.example\.org/password-reset/\w+/[\w-]+", text)) == 1


@pytest.mark.parametrize(
    "account",
    [{"is_active": False}, {"is_bot": True}, {"email": "eve@demo.example"}],
    ids=["closed", "automatic", "of the demo desk"],
)
def test_who_may_not_sign_in_gets_no_mail(ask, settings, account):
    settings.PRODUCTION = True
    person = UserFactory(**{"email": "eve@example.org", **account})

    ask(person.email)

    assert (outcomes(), mail.outbox) == ([("dropped", password_reset.NOBODY)], [])


@pytest.mark.parametrize(
    "address", ["eve@example.org", "ada@example.org.example", "ada@exampLe.org.", "adа@example.org"]
)
def test_an_address_of_nobody_gets_no_mail(ask, address):
    ask(address)

    assert mail.outbox == []


def test_who_was_imported_without_a_password_gets_none_by_asking(ask):
    User.objects.update(password=make_password(None))

    ask()

    assert mail.outbox == []
    assert outcomes() == [("dropped", "Nobody who may sign in has this address.")]


def test_who_is_invited_sets_the_first_password(client, ada, sign_in):
    User.objects.update(password=make_password(None))

    password_reset.invite(ada)
    sweep_password_resets()
    follow(client, link_in(mail.outbox[-1]))

    assert mail.outbox[-1].subject == "Your account at Support Reporting"
    assert "an administrator of your desk made an account for" in mail.outbox[-1].body
    assert sign_in(NEW).status_code == 302


def test_who_was_invited_can_ask_for_another_link(ada, ask, clock):
    User.objects.update(password=make_password(None))
    password_reset.invite(ada)
    sweep_password_resets()
    clock.shift(DAY)

    ask()

    assert [message.subject for message in mail.outbox] == ["Your account at Support Reporting", "Set a new password"]
    assert "asked to set a password for" in mail.outbox[-1].body


def test_one_mail_in_five_minutes(ask, clock):
    ask()
    clock.shift(5 * MINUTE - SECOND)
    ask("ADA@example.org")
    clock.shift(SECOND)
    ask()

    assert [state for state, _ in outcomes()] == ["sent", "dropped", "sent"]
    assert len(mail.outbox) == 2


def test_another_person_is_another_matter(ask):
    UserFactory(email="bob@example.org")
    ask()
    ask("bob@example.org")

    assert [message.to for message in mail.outbox] == [["Ada@example.org"], ["bob@example.org"]]


@pytest.mark.parametrize("order", [[0, 1, 2], [2, 1, 0], [1, 2, 0]])
def test_many_that_wait_become_one_mail_in_whatever_order(ask, clock, order):
    for _ in range(3):
        ask(delivers=False)
        clock.shift(MINUTE)
    waiting = list(PasswordReset.objects.order_by("asked_at"))

    for place in order:
        send_password_reset(str(waiting[place].pk))

    assert [state for state, _ in outcomes()] == ["sent", "dropped", "dropped"]
    assert len(mail.outbox) == 1


def test_a_message_delivered_twice_sends_one_mail(ask, hinted):
    ask(delivers=False)
    for _ in range(3):
        send_password_reset(str(hinted[0][1]))

    assert len(mail.outbox) == 1


def test_a_lost_hint_is_made_up_for_by_the_sweep(ask):
    ask(delivers=False)

    sweep_password_resets()

    assert len(mail.outbox) == 1


def test_a_mail_server_that_says_later_is_asked_again(ask, clock, mail_server):
    mail_server.append(SMTPDataError(451, b"Later"))
    ask()
    assert outcomes() == [("waiting", "451 Later")]

    clock.shift(MINUTE)
    sweep_password_resets()

    assert outcomes() == [("sent", "")]
    assert [message.extra_headers["Message-ID"] for message in mail.outbox] == [PasswordReset.objects.get().message_id]


def test_who_is_closed_out_meanwhile_gets_no_mail(ask, hinted):
    ask(delivers=False)
    User.objects.update(is_active=False)

    sweep_password_resets()

    assert mail.outbox == []


def test_old_rows_are_deleted(ask, clock):
    ask()
    clock.shift(30 * DAY - SECOND)
    ask("eve@example.org")
    sweep_password_resets()
    assert PasswordReset.objects.count() == 2

    clock.shift(SECOND)
    sweep_password_resets()

    assert [reset.address for reset in PasswordReset.objects.all()] == ["eve@example.org"]


# --- The link ---------------------------------------------------------------------------------------------------------


def test_a_new_password_is_set(client, link, sign_in):
    response = follow(client, link)

    assert (response.status_code, response["Location"]) == (302, "/password-reset/complete")
    assert SESSION_KEY not in client.session
    assert client.get("/password-reset/complete").status_code == 200
    assert [sign_in(password).status_code for password in ("correct horse battery", NEW)] == [200, 302]


def test_the_page_behind_the_link_is_kept_nowhere(client, link):
    hop = client.get(link)
    page = client.get(hop["Location"])

    assert hop["Location"] == re.sub("[^/]+$", "set-password", link)
    for response in (hop, page):
        assert "no-store" in response["Cache-Control"]
        assert response["Referrer-Policy"] == "same-origin"
    assert page.text.count('autocomplete="new-password"') == 2
    assert 'value="Ada@example.org" autocomplete="username"' in page.text


def test_opening_the_link_uses_up_nothing(client, link):
    for _ in range(3):
        Client().get(link, follow=True)

    assert follow(client, link).status_code == 302


def ended(client, link) -> bool:
    response = client.get(link, follow=True)
    return response.status_code == 410 and "This link does not work" in response.text


def test_a_link_works_once(client, link):
    follow(client, link)

    assert ended(Client(), link)


@pytest.mark.parametrize(("later", "status"), [(60 * MINUTE, 302), (60 * MINUTE + SECOND, 410)])
def test_a_link_works_for_an_hour(client, link, clock, later, status):
    clock.shift(later)

    assert client.get(link).status_code == status


@pytest.mark.parametrize("change", [{"is_active": False}, {"is_bot": True}, {"email": "new@example.org"}], ids=str)
def test_a_link_ends_with_what_it_was_for(client, link, change):
    User.objects.update(**change)

    assert ended(client, link)


def test_a_link_that_is_open_ends_with_the_account(client, link):
    page = client.get(link, follow=True)
    User.objects.update(is_active=False)

    response = client.post(page.request["PATH_INFO"], {"new_password1": NEW, "new_password2": NEW})

    assert response.status_code == 410
    assert not User.objects.get().check_password(NEW)


@pytest.mark.parametrize(
    "made_up", ["MQ/x-y", "MQ/set-password", "_/_", "%00/x", "OTk5OTk5OTk5OTk5OTk5OTk5OTk5/x", "é/x"]
)
def test_a_link_of_nobodys_making_does_not_work(client, made_up):
    assert ended(client, f"/password-reset/{made_up}")


def test_a_link_is_for_one_person(client, link):
    eve = UserFactory(email="eve@example.org")
    token = link.rsplit("/", 1)[1]

    assert ended(
        client, password_reset._link_for(eve).removeprefix("http://localhost:8000").rsplit("/", 1)[0] + f"/{token}"
    )


@pytest.mark.parametrize(
    ("password", "again", "field", "sentence"),
    [
        ("", "", "new_password1", "Type a new password."),
        (NEW, "another", "new_password2", "The two passwords differ. Type the same one twice."),
        ("short", "short", "new_password1", "This password is too short. It must contain at least 10 characters."),
        ("ada lovelace", "ada lovelace", "new_password1", "The password is too similar to the name."),
    ],
)
def test_what_is_wrong_with_a_password_is_said_beside_it(client, link, password, again, field, sentence):
    response = follow(client, link, password, again)

    assert sentence in " ".join(response.context["form"].errors[field])
    assert f'id="id_{field}_error"' in response.text
    assert f"id_{field}_error" in re.search(rf'name="{field}"[^>]*aria-describedby="([^"]*)"', response.text)[1]


# --- Around it --------------------------------------------------------------------------------------------------------


def test_other_sessions_end(client, ada, ask):
    elsewhere = Client()
    elsewhere.force_login(ada)
    ask()
    assert elsewhere.get("/password").status_code == 200

    follow(client, link_in(mail.outbox[-1]))

    assert elsewhere.get("/password").status_code == 302


def test_a_lock_leaves_the_reset_alone_and_the_reset_lifts_it(client, fail, ask, sign_in):
    fail(5)
    fail(5, address="198.51.100.1")
    fail(5, username="bob@example.org")

    ask()
    follow(client, link_in(mail.outbox[-1]))

    assert fail(username="bob@example.org").status_code == 429
    for address in ("203.0.113.7", "198.51.100.1"):
        assert sign_in(NEW, address=address).status_code == 302
        client.logout()


def test_asking_lifts_no_lock(fail, ask, sign_in):
    fail(5)
    ask()

    assert sign_in().status_code == 429


def test_neither_token_nor_password_is_written_down(client, ask, fail, caplog):
    caplog.set_level("INFO")
    fail(6)
    ask()
    link = link_in(mail.outbox[-1])
    follow(client, link, "short-but-long-enough", "another-one-1234")
    follow(client, link)

    rows = str([*AccessFailureLog.objects.values(), *PasswordReset.objects.values()])
    for secret in (link.rsplit("/", 1)[1], NEW, "short-but-long-enough", "another-one-1234"):
        assert secret not in rows + caplog.text

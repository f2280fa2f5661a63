"""The page behind the links of a survey: open to who has the link, closed to everybody else, and never by accident."""

import re
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit

import pytest
import time_machine
from django.core import mail
from django.core.signing import TimestampSigner
from django.db import connection
from django.test import Client
from django.utils import timezone

from accounts.capabilities import Role
from reporting.models import MetricEvent, MetricKind
from tests.factories import RequesterFactory, TeamFactory, UserFactory, make_ticket, person_with
from tickets.choices import EventKind, Status, Writer
from tickets.models import Rating, Survey, TicketEvent
from tickets.services import desk, rating_links, surveys

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)
SECOND, DAY = timedelta(seconds=1), timedelta(days=1)


@pytest.fixture
def clock():
    with time_machine.travel(NOW, tick=False) as clock:
        yield clock


@pytest.fixture
def ask(clock):
    """Sends the survey about the latest resolution of a ticket, without waiting; the path of its link."""

    def ask(ticket) -> str:
        Survey.objects.filter(ticket=ticket).update(next_try_at=timezone.now())
        surveys.deliver_due()
        (link,) = set(re.findall(r"(/rate/\S+)\?score=", mail.outbox[-1].body))
        return link

    return ask


@pytest.fixture
def link(ask, resolved):
    return ask(resolved(subject="Printer on fire"))


def ratings() -> list[tuple]:
    return list(Rating.objects.order_by("resolved_at").values_list("score", "comment"))


def opinions() -> list[TicketEvent]:
    return list(TicketEvent.objects.filter(kind=EventKind.RATED).order_by("pk"))


def text_of(response) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", response.content.decode().split('<main class="wrap">')[1]).split())


# --- Opening it -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("address", ["", "?score=4", "?score=1&score=5&change", "?comment=Bad&score=1"])
@pytest.mark.parametrize("method", ["get", "head"])
def test_opening_it_rates_nothing(client, link, method, address):
    events = TicketEvent.objects.count()

    for _ in range(3):
        assert getattr(client, method)(link + address).status_code == 200

    assert (ratings(), TicketEvent.objects.count()) == ([], events)


@pytest.mark.parametrize("score", [1, 4, 5])
def test_the_score_of_the_link_is_only_chosen(client, link, score):
    page = client.get(f"{link}?score={score}").content.decode()

    assert re.findall(r'value="(\d)"[^>]* checked', page) == [str(score)]


@pytest.mark.parametrize("score", ["", "0", "6", "4.0", "٤", "x", "\x00", "9" * 500])
def test_a_score_that_is_none_chooses_nothing(client, link, score):
    response = client.get(link, {"score": score})

    assert (response.status_code, b"checked" in response.content) == (200, False)


def test_it_shows_what_was_resolved_and_when(client, settings, link):
    settings.DESK_TIME_ZONE = "Europe/Berlin"
    number = Survey.objects.get().ticket_id

    assert text_of(client.get(link)).split(" Choose ")[0] == (
        "MemberPulse Support How happy are you with our help? "
        f"#{number} Printer on fire Resolved on 20 Nov 2026, 10:00 (Europe/Berlin)"
    )


def test_it_shows_and_leads_to_nothing_else_of_the_desk(client, ask, resolved, ann):
    ticket = resolved(requester=RequesterFactory(name="Rita Requester"), body="My password is tulip.")
    desk.add_note(ticket=ticket, actor=ann, body="A difficult one.")
    link = ask(ticket)
    asked = client.get(link).content.decode()
    client.post(link, {"score": 4})

    for page in (asked, client.get(link).content.decode(), client.get(link + "x").content.decode()):
        for secret in ("Rita", "Ann", "tulip", "difficult", "Customer Care", ticket.requester.email):
            assert secret not in page
        assert set(re.findall(r'<a [^>]*href="([^"]*)"', page)) <= {"?change"}


def test_it_needs_no_account_and_begins_no_session(client, link):
    response = client.get(link)

    assert list(response.cookies) == ["csrftoken"]
    assert response.cookies["csrftoken"]["samesite"] == "Lax"


def test_whoever_is_signed_in_sees_the_same(link, asking_team):
    people = [person_with(Role.AGENT, asking_team), person_with(Role.MANAGER), UserFactory(), None]
    seen = set()
    for person in people:
        client = Client()
        if person:
            client.force_login(person)
        seen.add(text_of(client.get(link)))

    assert len(seen) == 1


def test_it_is_kept_nowhere_found_nowhere_and_told_to_nobody(client, link):
    for response in (client.get(link), client.get(link + "x")):
        assert response["X-Robots-Tag"] == "noindex, nofollow, noarchive"
        assert '<meta name="robots" content="noindex, nofollow, noarchive">' in response.content.decode()
        assert "no-store" in response["Cache-Control"]
        # Not "no-referrer", with which browsers would hide where the form comes from, and it would be refused.
        assert response["Referrer-Policy"] == "same-origin"


# --- Answering --------------------------------------------------------------------------------------------------------


def test_an_answer_is_kept_and_counted_for_who_resolved(client, ann, link):
    response = client.post(f"{link}?score=5", {"score": 4, "comment": "Quick,\r\nand kind."})

    assert (response.status_code, response["Location"]) == (302, link)
    assert ratings() == [(4, "Quick,\nand kind.")]
    (event,) = opinions()
    assert (event.at, event.writer, event.actor) == (NOW, Writer.REQUESTER, None)
    assert event.data == {"comment": "Quick,\nand kind.", "resolved_at": int(NOW.timestamp())}
    (rated,), (asked,) = (MetricEvent.objects.filter(kind=kind) for kind in (MetricKind.RATED, MetricKind.SURVEYED))
    assert (rated.agent, rated.score, asked.agent, asked.met) == (ann, 4, ann, True)


def test_who_has_answered_is_thanked(client, settings, link):
    settings.DESK_TIME_ZONE = "Europe/Berlin"
    client.post(link, {"score": 4, "comment": "Quick."})

    assert text_of(client.get(link)).split("(Europe/Berlin) ", 1)[1] == (
        "4 happy Quick. Change it You can change it until 27 Nov 2026, 10:00 (Europe/Berlin)."
    )


def test_the_answer_can_be_looked_at_and_changed(clock, client, link):
    client.post(link, {"score": 2, "comment": "Slow."})
    page = client.get(f"{link}?change").content.decode()
    clock.shift(DAY)
    client.post(link, {"score": 5, "comment": ""})

    assert (re.findall(r'value="(\d)"[^>]* checked', page), "Slow.</textarea>" in page) == (["2"], True)
    rating = Rating.objects.get()
    assert (rating.score, rating.comment, rating.at, rating.changed_at) == (5, "", NOW, NOW + DAY)
    assert len(opinions()) == 2


def test_the_same_answer_again_leaves_no_trace(clock, client, link):
    for _ in range(3):
        assert client.post(link, {"score": 4, "comment": " Quick. "}).status_code == 302
        clock.shift(SECOND)

    assert (len(opinions()), ratings()) == (1, [(4, "Quick.")])


@pytest.mark.parametrize("score", [None, "", "0", "6", "-1", "4.0", "4 5", "٤", "x", "\x00", "9" * 500])
def test_what_is_no_score_is_refused_with_a_sentence(client, link, score):
    answer = {"comment": "Kept."} if score is None else {"comment": "Kept.", "score": score}
    response = client.post(link, answer)

    assert response.status_code == 400
    assert "Choose one of the five." in text_of(response)
    assert "Kept.</textarea>" in response.content.decode()
    assert ratings() == []


def test_a_comment_may_have_2000_characters_however_lines_end(client, link):
    longest = "ab\r\n" * 666 + "é" * 2

    assert client.post(link, {"score": 4, "comment": longest}).status_code == 302
    assert ratings() == [(4, longest.replace("\r\n", "\n"))]


def test_a_longer_comment_is_refused_and_kept_on_the_page(client, link):
    response = client.post(link, {"score": 4, "comment": "x" * 2001})

    assert response.status_code == 400
    assert "Please use at most 2,000 characters; these are 2001." in text_of(response)
    assert ("x" * 2001 in response.content.decode(), ratings()) == (True, [])


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        ("a\x00b\x07c\x1b[31m", "abc[31m"),
        ("left\u202etfel\u2066", "lefttfel"),
        ("tab\tand\x85line", "tab\tandline"),
        ("👩\u200d🔧 می\u200cخواهم", "👩\u200d🔧 می\u200cخواهم"),
        ("   \r\n ", ""),
    ],
)
def test_a_comment_is_kept_without_what_is_not_seen(client, link, written, kept):
    assert client.post(link, {"score": 4, "comment": written}).status_code == 302
    assert ratings() == [(4, kept)]


def test_markup_stays_text(client, ask, resolved):
    payload = "</textarea><script>alert(1)</script><img src=x onerror=alert(1)>"
    link = ask(resolved(subject=payload))
    client.post(link, {"score": 4, "comment": payload})

    for address in (link, f"{link}?change"):
        page = client.get(address).content.decode()
        assert page.count("&lt;script&gt;alert(1)") == 2
        assert ("<script>" in page, "<img" in page) == (False, False)


@pytest.mark.parametrize("size", [64 * 1024, 3_000_000])
def test_a_body_that_no_comment_needs_is_not_read(client, link, size):
    response = client.post(link, {"score": 4, "comment": "x" * size})

    assert (response.status_code, ratings()) == (413, [])
    assert text_of(response).endswith("That was more than this page takes. Please write less.")


@pytest.mark.parametrize(
    ("body", "content_type", "status"),
    [
        (b"score=4&comment=%ED%A0%80%00%FF%2", "application/x-www-form-urlencoded", 302),
        (b"score=4&" + b"&".join(b"f%d=" % n for n in range(2000)), "application/x-www-form-urlencoded", 400),
        (b"--x\r\nbroken", "multipart/form-data; boundary=x", 400),
        (b"--x\r\nbroken", "multipart/form-data", 400),
        (b'{"score": 4}', "application/json", 400),
        (b"\xff\xfe\x00", "text/plain; charset=utf-16", 400),
        (b"score=4", "application/x-www-form-urlencoded; charset=utf-16", 400),
        (b"score=4", "nonsense", 400),
    ],
)
def test_nonsense_is_no_fault_of_ours(client, link, body, content_type, status):
    assert client.generic("POST", link, body, content_type).status_code == status


def test_other_methods_are_refused(client, link):
    assert [client.put(link).status_code, client.delete(link).status_code] == [405, 405]


def test_a_form_from_elsewhere_is_refused(link):
    client = Client(enforce_csrf_checks=True)
    client.get(link)
    token = client.cookies["csrftoken"].value

    foreign = client.post(link, {"score": 1})
    from_elsewhere = client.post(link, {"score": 1, "csrfmiddlewaretoken": token}, headers={"Origin": "https://evil"})
    ours = client.post(link, {"score": 5, "csrfmiddlewaretoken": token})

    assert [foreign.status_code, from_elsewhere.status_code, ours.status_code] == [403, 403, 302]
    assert "Please open the link in our mail again." in text_of(foreign)
    assert ratings() == [(5, "")]


# --- Which resolution -------------------------------------------------------------------------------------------------


def test_an_answer_belongs_to_the_resolution_it_was_asked_about(clock, client, ask, ann, asking_team, resolved):
    """Reopened, and resolved by somebody else: whoever is asked about the first rates the first."""
    ticket, bob = resolved(), person_with(Role.AGENT, asking_team, name="Bob")
    first = ask(ticket)
    clock.shift(DAY)
    desk.set_status(ticket=ticket, actor=bob, status=Status.OPEN)
    client.post(first, {"score": 1})
    clock.shift(DAY)
    desk.set_status(ticket=ticket, actor=bob, status=Status.RESOLVED)
    clock.shift(DAY)
    client.post(first, {"score": 2})

    (rating,) = Rating.objects.all()
    assert (rating.resolved_at, rating.score, rating.at) == (NOW, 2, NOW + DAY)
    (counted,) = MetricEvent.objects.filter(kind=MetricKind.RATED)
    assert (counted.agent, counted.score, counted.moment) == (ann, 2, NOW + DAY)


def test_a_late_answer_is_shown_to_whom_it_is_about(clock, client, ask, ann, asking_team, resolved):
    ticket, bob = resolved(), person_with(Role.AGENT, asking_team, name="Bob")
    first = ask(ticket)
    desk.set_status(ticket=ticket, actor=bob, status=Status.OPEN)
    clock.shift(DAY)
    desk.set_status(ticket=ticket, actor=bob, status=Status.RESOLVED)
    client.post(first, {"score": 1, "comment": "Ann was rude."})

    seen = {}
    for person in (ann, bob, person_with(Role.LEAD, asking_team, name="Lea")):
        client.force_login(person)
        seen[person.name] = "Ann was rude." in client.get(f"/support/tickets/{ticket.pk}").content.decode()

    assert seen == {"Ann": True, "Bob": False, "Lea": True}


def test_two_resolutions_have_an_opinion_each(clock, client, ask, ann, asking_team, resolved):
    ticket, bob = resolved(), person_with(Role.AGENT, asking_team, name="Bob")
    first = ask(ticket)
    client.post(first, {"score": 2})
    clock.shift(31 * DAY)
    desk.set_status(ticket=ticket, actor=bob, status=Status.OPEN)
    desk.set_status(ticket=ticket, actor=bob, status=Status.RESOLVED)
    second = ask(ticket)
    client.post(second, {"score": 5})

    assert ratings() == [(2, ""), (5, "")]
    counted = MetricEvent.objects.filter(kind=MetricKind.RATED).order_by("at")
    assert list(counted.values_list("agent", "score")) == [(ann.pk, 2), (bob.pk, 5)]
    assert client.get(first).status_code == 410


def test_a_link_that_was_used_shows_that_its_mail_arrived(clock, client, resolved):
    """The sender was killed before it could note that the server had taken the mail."""
    ticket = resolved()
    survey = Survey.objects.get()
    Survey.objects.update(attempt=1, next_try_at=NOW + DAY)
    client.post(urlsplit(rating_links.link_to(survey.pk)).path, {"score": 4})

    clock.shift(2 * DAY)
    surveys.deliver_due()

    assert (mail.outbox, ratings()) == ([], [(4, "")])
    kinds = list(ticket.events.values_list("kind", flat=True))
    assert kinds[-2:] == [EventKind.SURVEY_SENT, EventKind.RATED]
    assert kinds.count(EventKind.SURVEY_SENT) == 1
    assert MetricEvent.objects.get(kind=MetricKind.SURVEYED).met is True


# --- Links that open nothing ------------------------------------------------------------------------------------------


def test_what_is_not_our_link_is_not_found(client, link):
    token = link.removeprefix("/rate/")
    survey, stamp, signature = token.split(".")
    another = TimestampSigner(sep=".", salt="another").sign(survey)
    for_nobody = rating_links._signer.sign("0" * 32)
    for_nothing = rating_links._signer.sign("no-uuid")
    tampered = [
        f"{survey[:-1]}{'0' if survey[-1] != '0' else '1'}.{stamp}.{signature}",
        f"{survey}.{stamp}x.{signature}",
        f"{survey}.{stamp}.{signature[:-1]}",
        f"{survey}.{stamp}",
        survey,
        token.upper(),
        token + ".",
        "x" * 3000,
        "%00",
        "%F0%9F%98%80",
        "..%2e",
    ]

    pages = set()
    for wrong in [another, for_nobody, for_nothing, *tampered]:
        for response in (client.get(f"/rate/{wrong}"), client.post(f"/rate/{wrong}", {"score": 1})):
            assert response.status_code == 404
            pages.add(response.content)

    # Nobody learns whether there was such a survey.
    assert len(pages) == 1
    assert (ratings(), opinions()) == ([], [])


def test_a_link_lasts_30_days(clock, client, link):
    clock.move_to(NOW + 30 * DAY)
    assert client.get(link).status_code == 200

    clock.shift(SECOND)
    response = client.post(link, {"score": 4})
    assert (client.get(link).status_code, response.status_code, ratings()) == (410, 410, [])
    assert text_of(response).endswith("It was valid for 30 days. There is nothing left for you to do.")
    assert "Printer on fire" not in response.content.decode()


def test_an_answer_can_be_changed_for_7_days(clock, client, link):
    clock.shift(DAY)
    client.post(link, {"score": 2})
    clock.move_to(NOW + 8 * DAY - SECOND)
    assert client.post(link, {"score": 4}).status_code == 302

    clock.shift(SECOND)
    response = client.post(link, {"score": 1, "comment": "Changed my mind."})

    assert (response.status_code, ratings()) == (409, [(4, "")])
    assert "and stands now." in text_of(response)
    for address in (link, f"{link}?change", f"{link}?score=1"):
        page = client.get(address)
        assert (page.status_code, b"<form" in page.content) == (200, False)


def test_who_answers_late_keeps_the_7_days_for_a_change(clock, client, link):
    clock.move_to(NOW + 29 * DAY)
    client.post(link, {"score": 2})

    clock.move_to(NOW + 36 * DAY - SECOND)
    assert client.post(link, {"score": 5}).status_code == 302

    clock.shift(SECOND)
    assert (client.post(link, {"score": 1}).status_code, client.get(link).status_code) == (410, 410)
    assert ratings() == [(5, "")]


@pytest.mark.parametrize("gone", [desk.delete, desk.mark_spam, lambda **who: desk.merge(into=make_ticket(), **who)])
def test_what_was_taken_away_is_shown_to_nobody(client, ann, link, gone):
    gone(ticket=Survey.objects.get().ticket, actor=ann)

    for response in (client.get(link), client.post(link, {"score": 1})):
        assert response.status_code == 410
        assert "Printer on fire" not in response.content.decode()
    assert opinions() == []


# --- Many at once -----------------------------------------------------------------------------------------------------


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("is_same", [True, False])
def test_fifty_answers_at_once_are_one_opinion(link, is_same):
    def answer(number: int) -> int:
        try:
            return Client().post(link, {"score": 4 if is_same else number % 5 + 1}).status_code
        finally:
            connection.close()

    with ThreadPoolExecutor(10) as people:
        statuses = list(people.map(answer, range(50)))

    (rating,) = Rating.objects.all()
    assert set(statuses) == {302}
    assert rating.score == opinions()[-1].value
    assert MetricEvent.objects.filter(kind=MetricKind.RATED).count() == 1
    if is_same:
        assert len(opinions()) == 1


# --- The report -------------------------------------------------------------------------------------------------------


def test_the_report_counts_surveys_and_answers(clock, client, ask, asking_team, resolved):
    """Three asked, two of them answered, one good: 2 of 3 is 0.6667, 1 of 2 is 0.5, the mean of 5 and 2 is 3.5."""
    links = [ask(resolved()) for _ in range(3)]
    resolved(team=TeamFactory())
    client.post(links[0], {"score": 3})
    client.post(links[0], {"score": 5})
    client.post(links[1], {"score": 2})
    clock.shift(DAY)
    manager = person_with(Role.MANAGER)
    client.force_login(manager)

    csat = client.get("/api/tickets/reports/summary", {"period": "7d"}).json()["metrics"]["csat"]

    found = {name: csat[name] for name in ("surveys", "response_rate", "count", "value", "mean")}
    assert found == {"surveys": 3, "response_rate": 0.6667, "count": 2, "value": 0.5, "mean": 3.5}

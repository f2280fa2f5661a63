"""Exports as they are asked for, watched and fetched on the pages."""

import re

import pytest
from django.http import QueryDict

from accounts.capabilities import Role
from reporting.models import Export
from reporting.services import exports
from tests.factories import person_with
from tests.reporting.pages.reading import page, text

pytestmark = pytest.mark.django_db


def ask_on_page(client, fragment=False, **fields):
    headers = {"X-Fragment": "1"} if fragment else {}
    return client.post(page("exports/new"), {"report": "summary", "format": "csv", **fields}, headers=headers)


def test_the_menu_asks_what_the_page_shows(as_lead, hints, export_dir, at_now):
    body = as_lead.get(page("agents"), {"period": "last_month", "priority": ["high", "low"], "sort": "name"}).text
    form = re.search(r"(?s)<form[^>]*data-export>.*?</form>", body)[0]
    fields = QueryDict(mutable=True)
    for name, value in re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', form):
        fields.appendlist(name, value)

    as_lead.post(page("exports/new"), {**dict(fields.lists()), "format": "pdf"})

    export = Export.objects.get()
    assert (export.report_key, export.format) == ("agents", "pdf")
    assert (export.params["from"], export.params["to"]) == ("2026-10-01", "2026-10-31")
    assert (export.params["priority"], export.params["sort"]) == (["high", "low"], "name")


def test_without_script_the_form_leads_to_the_exports(as_lead, lead, hints, export_dir):
    response = ask_on_page(as_lead, email="on")

    assert response["Location"] == page("exports")
    assert "Overview, CSV: asked for." in text(as_lead.get(page("exports")))
    assert Export.objects.get(requested_by=lead).wants_email


def test_the_script_gets_a_toast_that_becomes_a_download(as_lead, hints, export_dir):
    toast = ask_on_page(as_lead, fragment=True)
    export = Export.objects.get()
    exports.build(export.pk)
    ready = as_lead.get(page(f"exports/{export.pk}"))
    file = as_lead.get(page(f"exports/{export.pk}/download"))

    assert (toast.status_code, text(toast)) == (202, "Overview, CSV 0 % 0 % Waiting All exports")
    assert f'data-poll="{page(f"exports/{export.pk}")}"' in toast.text
    assert text(ready) == "Overview, CSV Ready – Download All exports"
    assert "data-poll" not in ready.text
    assert (file.status_code, file["Content-Type"]) == (200, "text/csv; charset=utf-8")


def test_a_refused_request_is_a_toast_with_its_sentence(as_lead, export_dir):
    response = ask_on_page(as_lead, fragment=True, period="fortnight")

    assert response.status_code == 400
    assert text(response).startswith("Nothing was exported Choose one of today, yesterday")


def test_without_the_right_to_export_nothing_is_asked_for(client, team):
    client.force_login(person_with(Role.AGENT, team))

    response = ask_on_page(client)

    assert response.status_code == 403
    assert "“Export reports”" in text(response)
    assert not Export.objects.exists()


@pytest.mark.parametrize("what", ["", "/download", "/delete"])
def test_an_export_of_somebody_else_is_not_there(client, as_lead, manager, hints, export_dir, what):
    ask_on_page(as_lead)
    export = Export.objects.get()
    client.force_login(manager)

    ask = client.post if what == "/delete" else client.get

    assert ask(page(f"exports/{export.pk}{what}")).status_code == 404
    assert Export.objects.exists()


def test_own_exports_are_deleted_by_a_post(as_lead, hints, export_dir):
    ask_on_page(as_lead)
    export = Export.objects.get()

    assert as_lead.get(page(f"exports/{export.pk}/delete")).status_code == 405
    assert as_lead.post(page(f"exports/{export.pk}/delete"))["Location"] == page("exports")
    assert "No exports yet" in text(as_lead.get(page("exports")))


def test_many_exports_are_paged(as_lead, hints, export_dir, monkeypatch):
    monkeypatch.setattr("reporting.views.exports.SHOWN_AT_ONCE", 1)
    for period in ("7d", "30d"):
        ask_on_page(as_lead, period=period)

    first, last = (as_lead.get(page("exports"), {"page": number}) for number in (1, 99))

    assert "Page 1 of 2 Older" in text(first)
    assert "Page 2 of 2 Newer" in text(last)


def test_what_is_not_ready_is_said_to_be_so(as_lead, hints, export_dir):
    ask_on_page(as_lead)

    response = as_lead.get(page(f"exports/{Export.objects.get().pk}/download"))

    assert response.status_code == 409
    assert "There is no file yet" in text(response)


def test_who_may_not_export_is_told_so_unless_a_file_is_theirs(client, team, lead, hints, export_dir):
    agent = person_with(Role.AGENT, team)
    client.force_login(agent)
    refused = client.get(page("exports"))
    exports.request_export(user=lead, report_key="summary", file_format="csv", params={})
    Export.objects.update(requested_by=agent)

    assert refused.status_code == 403
    assert "An administrator can grant it." in text(refused)
    assert client.get(page("exports")).status_code == 200

"""The forms of people and teams in the admin, as browsers send them, and what is said of them."""

from django.test import Client

from accounts.models import User

ADD = "/admin/accounts/user/add/"
PASSWORD = "tulip-tractor-41"


def signs_in(address: str) -> bool:
    return Client().post("/sign-in", {"username": address, "password": PASSWORD}).status_code == 302


def page_of(person: User, page: str = "change") -> str:
    return f"/admin/accounts/user/{person.pk}/{page}/"


def roles(*rows: dict, stored: int = 0) -> dict:
    """The table of roles as a form sends it."""
    form = {"memberships-TOTAL_FORMS": len(rows), "memberships-INITIAL_FORMS": stored}
    return form | {
        f"memberships-{place}-{name}": value for place, row in enumerate(rows) for name, value in row.items()
    }


def person(**fields) -> dict:
    form = {"name": "Ada", "email": "ada@example.org", "time_zone": "Europe/Berlin", "usable_password": "false"}
    return form | roles() | fields


def changed(user: User, **fields) -> dict:
    """The form that changes ``user``, as its page fills it."""
    form = {"name": user.name, "email": user.email, "time_zone": user.time_zone}
    form |= {name: "on" for name in ("is_bot", "is_staff", "is_superuser") if getattr(user, name)}
    held = list(user.memberships.all())
    rows = [{"id": row.pk, "user": user.pk, "role": row.role, "team": row.team_id or ""} for row in held]
    return form | roles(*rows, stored=len(rows)) | fields


def errors_of(response) -> dict:
    """What is wrong, by field, in the form and in its table of roles."""
    found = dict(response.context["adminform"].form.errors)
    formset = response.context["inline_admin_formsets"][0].formset
    for errors in formset.errors:
        found |= errors
    return {name: list(sentences) for name, sentences in found.items()} | (
        {"roles": list(formset.non_form_errors())} if formset.non_form_errors() else {}
    )


def members(*rows: dict, name: str, stored: int = 0) -> dict:
    return {"name": name} | roles(*rows, stored=stored)

"""The forms of a ticket's page. What they ask for is done by ``tickets.services.desk``."""

from collections.abc import Iterable
from typing import Any, Self

from django import forms
from django.forms.utils import ErrorDict
from django.utils.text import format_lazy
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import Team, User
from accounts.scope import Scope
from memberpulse.formats import lazy_number
from tickets.choices import Channel, Priority, Status
from tickets.models import Category, Requester, Tag, Ticket
from tickets.services import desk
from tickets.services.requesters import requester_for

NONE = "none"
BODY_AT_MOST = 100_000
_TOO_LONG = format_lazy(gettext_lazy("Write at most {letters} letters."), letters=lazy_number(BODY_AT_MOST))


class RevisionForm(forms.Form):
    """Every form of the page says which state of the ticket its writer saw."""

    # What is missing is said in our words, beside its field.
    use_required_attribute = False

    revision = forms.IntegerField(
        min_value=0,
        error_messages=dict.fromkeys(
            ("required", "invalid", "min_value"), gettext_lazy("Open the ticket again, then repeat your change.")
        ),
    )

    def __init__(self, *args, ticket: Ticket, options: "Options", **kwargs):
        super().__init__(*args, **kwargs)

    @property
    def seen(self) -> int | None:
        """The revision that its writer saw."""
        return self.cleaned_data.get("revision")

    def over(self, ticket: Ticket, options: "Options") -> Self:
        """The form again, with what was typed, over the ticket as it is now. Without its errors: it was not judged."""
        again = type(self)(self.data, ticket=ticket, options=options)
        again._errors = ErrorDict()
        return again


class ReplyForm(RevisionForm):
    body = forms.CharField(
        label=gettext_lazy("Message"),
        max_length=BODY_AT_MOST,
        widget=forms.Textarea({"rows": 6}),
        error_messages={"required": gettext_lazy("Write something first."), "max_length": _TOO_LONG},
    )
    kind = forms.ChoiceField(
        choices=[("public", gettext_lazy("Public reply")), ("internal", gettext_lazy("Internal note"))]
    )
    status = forms.ChoiceField(label=gettext_lazy("and set the status to"), required=False)

    def __init__(self, *args, ticket: Ticket, options: "Options", **kwargs):
        super().__init__(*args, ticket=ticket, options=options, initial={"kind": "public"}, **kwargs)
        moves = [(status.slug, status.label) for status in desk.moves_of(ticket)]
        leave = (
            _("New, or Open by a reply")
            if ticket.status == Status.NEW
            else _("%s (leave it)") % Status(ticket.status).label
        )
        self.fields["status"].choices = [("", leave), *moves]

    def over(self, ticket: Ticket, options: "Options") -> Self:
        again = super().over(ticket, options)
        if again["status"].value() not in dict(again.fields["status"].choices):
            again.data = again.data.copy()
            again.data["status"] = ""
        return again

    @property
    def chosen_status(self) -> Status | None:
        slug = self.cleaned_data["status"]
        return Status.from_slug(slug) if slug else None

    @property
    def is_internal(self) -> bool:
        return self.cleaned_data["kind"] == "internal"


class Options:
    """What a person may set on a ticket: the teams they work in, and who works in the ticket's."""

    def __init__(self, ticket: Ticket, user: User, scope: Scope):
        self.teams = {str(team.pk): team for team in teams_of(scope)} | {str(ticket.team_id): ticket.team}
        members = User.objects.filter(memberships__team=ticket.team_id, is_active=True, is_bot=False)
        people = {str(person.pk): person for person in members.distinct().order_by("name", "pk")}
        if ticket.assignee:
            people[str(ticket.assignee_id)] = ticket.assignee
        self.people = {str(user.pk): user} | people
        self.categories = {str(category.pk): category for category in Category.objects.all()}
        self.tags = {str(tag.pk): tag for tag in Tag.objects.all()}
        self._user = user

    @property
    def assignees(self) -> list[tuple[str, str]]:
        own = str(self._user.pk)
        titles = [
            (key, _("%s (me)") % person.name if key == own else person.name) for key, person in self.people.items()
        ]
        return [(NONE, _("Unassigned")), *titles]


def teams_of(scope: Scope) -> Iterable[Team]:
    return Team.objects.all() if scope.all_teams else Team.objects.filter(pk__in=scope.team_ids)


def _named(things: dict[str, Any]) -> list[tuple[str, str]]:
    return [(key, str(thing)) for key, thing in things.items()]


class ChangeForm(RevisionForm):
    """The ticket's fields. Each carries the value its writer saw, so that only what they changed is written."""

    status = forms.ChoiceField(label=gettext_lazy("Status"), show_hidden_initial=True)
    team = forms.ChoiceField(label=gettext_lazy("Team"), show_hidden_initial=True)
    assignee = forms.ChoiceField(label=gettext_lazy("Assignee"), show_hidden_initial=True)
    priority = forms.ChoiceField(
        label=gettext_lazy("Priority"), show_hidden_initial=True, choices=list(Priority.titles().items())
    )
    category = forms.ChoiceField(label=gettext_lazy("Category"), show_hidden_initial=True)
    tags = forms.MultipleChoiceField(
        show_hidden_initial=True, required=False, widget=forms.CheckboxSelectMultiple({"form": "change"})
    )

    def __init__(self, *args, ticket: Ticket, options: Options, **kwargs):
        super().__init__(*args, ticket=ticket, options=options, initial=values_of(ticket), **kwargs)
        status = Status(ticket.status)
        self.fields["status"].choices = [(one.slug, one.label) for one in [status, *desk.moves_of(ticket)]]
        self.fields["team"].choices = _named(options.teams)
        self.fields["assignee"].choices = options.assignees
        self.fields["category"].choices = [(NONE, _("Uncategorised")), *_named(options.categories)]
        self.fields["tags"].choices = _named(options.tags)
        self.options = options

    @property
    def selects(self) -> list[forms.BoundField]:
        return [self[name] for name in ("status", "assignee", "team", "priority", "category")]

    @property
    def tags_seen(self) -> str:
        """The tags as their hidden initial values; the boxes stand elsewhere."""
        return self["tags"].as_hidden(only_initial=True)

    def over(self, ticket: Ticket, options: Options) -> Self:
        """What its writer changed stays as they chose it; the rest is what it is now."""
        again = super().over(ticket, options)
        again.data = self.data.copy()
        for name, value in values_of(ticket).items():
            values = value if isinstance(value, list) else [value]
            again.data.setlist(f"initial-{name}", values)
            if name not in self.changed_data:
                again.data.setlist(name, values)
        return again

    def wishes(self) -> dict[str, Any]:
        """What was changed, as what the services take."""
        given, options = self.cleaned_data, self.options
        wanted = {
            "status": Status.from_slug,
            "team": options.teams.get,
            "assignee": options.people.get,
            "priority": Priority.from_slug,
            "category": options.categories.get,
            "tags": lambda values: [options.tags[value] for value in values],
        }
        return {name: convert(given[name]) for name, convert in wanted.items() if name in self.changed_data}


def values_of(ticket: Ticket) -> dict[str, str | list[str]]:
    return {
        "status": Status(ticket.status).slug,
        "team": str(ticket.team_id),
        "assignee": str(ticket.assignee_id or NONE),
        "priority": Priority(ticket.priority).slug,
        "category": str(ticket.category_id or NONE),
        "tags": [str(tag.pk) for tag in ticket.tags.all()],
    }


class ButtonForm(RevisionForm):
    """A form of nothing but its button."""


class MergeForm(RevisionForm):
    into = forms.CharField(
        label=gettext_lazy("Merge into number"),
        max_length=20,
        error_messages={"required": gettext_lazy("Type the number of a ticket.")},
    )

    def clean_into(self) -> int:
        text = self.cleaned_data["into"].strip().removeprefix("#")
        if not (text.isascii() and text.isdecimal() and len(text) <= 18):
            raise forms.ValidationError(_("Type the number of a ticket, such as 4711."))
        return int(text)


class NewTicketForm(forms.Form):
    use_required_attribute = False

    subject = forms.CharField(
        label=gettext_lazy("Subject"),
        max_length=255,
        error_messages={"required": gettext_lazy("Say in a few words what it is about.")},
    )
    email = forms.EmailField(
        label=gettext_lazy("Requester’s e-mail address"),
        max_length=254,
        required=False,
        error_messages={"invalid": gettext_lazy("This is not an e-mail address.")},
    )
    name = forms.CharField(label=gettext_lazy("Requester’s name"), max_length=200, required=False)
    team = forms.ChoiceField(label=gettext_lazy("Team"), error_messages={"required": gettext_lazy("Choose a team.")})
    category = forms.ChoiceField(label=gettext_lazy("Category"))
    priority = forms.ChoiceField(
        label=gettext_lazy("Priority"), choices=list(Priority.titles().items()), initial="normal"
    )
    channel = forms.ChoiceField(label=gettext_lazy("Channel"), choices=list(Channel.titles().items()), initial="phone")
    body = forms.CharField(
        label=gettext_lazy("Message"),
        max_length=BODY_AT_MOST,
        required=False,
        widget=forms.Textarea({"rows": 8}),
        error_messages={"max_length": _TOO_LONG},
    )

    def __init__(self, *args, scope: Scope, **kwargs):
        super().__init__(*args, **kwargs)
        self.teams = {str(team.pk): team for team in teams_of(scope)}
        self.categories = {str(category.pk): category for category in Category.objects.all()}
        choose = [] if len(self.teams) == 1 else [("", _("Choose a team"))]
        self.fields["team"].choices = [*choose, *_named(self.teams)]
        self.fields["category"].choices = [(NONE, _("Uncategorised")), *_named(self.categories)]

    def clean(self) -> dict[str, Any]:
        given = super().clean()
        if not given.get("email") and not given.get("name") and not {"email", "name"} & self.errors.keys():
            self.add_error("name", _("Say who asks: a name, an e-mail address or both."))
        return given

    def wishes(self) -> dict[str, Any]:
        given = self.cleaned_data
        return {
            "subject": given["subject"],
            "team": self.teams[given["team"]],
            "category": self.categories.get(given["category"]),
            "priority": Priority.from_slug(given["priority"]),
            "channel": Channel.from_slug(given["channel"]),
            "body": given["body"],
        }

    def requester(self) -> Requester:
        return requester_for(email=self.cleaned_data["email"], name=self.cleaned_data["name"])

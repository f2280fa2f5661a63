"""Tickets, their append-only history, and the rules of the desk that judge them."""

import uuid
from datetime import date

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from django.db.models.functions import Coalesce
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import Team, default_time_zone, validate_time_zone
from memberpulse.mail import PlannedMail
from tickets.choices import Channel, Clock, EventKind, Priority, SlaMetric, Status, Writer
from tickets.querysets import TicketQuerySet


class Organization(models.Model):
    """The company or department that a requester belongs to."""

    name = models.CharField(gettext_lazy("name"), max_length=200, unique=True)

    class Meta:
        verbose_name, verbose_name_plural = gettext_lazy("organization"), gettext_lazy("organizations")
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class Requester(models.Model):
    """A person who asks for help. With ``user``, they can sign in to the portal."""

    name = models.CharField(gettext_lazy("name"), max_length=200)
    email = models.EmailField(gettext_lazy("e-mail address"), blank=True)
    organization = models.ForeignKey(
        Organization, verbose_name=gettext_lazy("organization"), on_delete=models.SET_NULL, null=True, blank=True
    )
    user = models.OneToOneField(
        settings.AUTH_USER_MODEL, verbose_name=gettext_lazy("user"), on_delete=models.SET_NULL, null=True, blank=True
    )
    source = models.CharField(gettext_lazy("source"), max_length=40, blank=True, editable=False)
    external_id = models.CharField(gettext_lazy("external id"), max_length=200, blank=True, editable=False)

    class Meta:
        verbose_name, verbose_name_plural = gettext_lazy("requester"), gettext_lazy("requesters")
        ordering = ["name", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["source", "external_id"], condition=~Q(external_id=""), name="requester_source_unique"
            )
        ]

    def __str__(self) -> str:
        return self.name


class Category(models.Model):
    """What a ticket is about."""

    name = models.CharField(gettext_lazy("name"), max_length=100, unique=True)

    class Meta:
        verbose_name, verbose_name_plural = gettext_lazy("category"), gettext_lazy("categories")
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class Tag(models.Model):
    name = models.CharField(gettext_lazy("name"), max_length=60, unique=True)

    class Meta:
        verbose_name, verbose_name_plural = gettext_lazy("tag"), gettext_lazy("tags")
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class TeamPolicy(models.Model):
    """How a team treats its resolved tickets. A team without one has the values given here."""

    team = models.OneToOneField(
        Team, verbose_name=gettext_lazy("team"), on_delete=models.CASCADE, primary_key=True, related_name="policy"
    )
    closes_after_days = models.PositiveSmallIntegerField(
        gettext_lazy("closes resolved tickets after, in days"),
        default=7,
        null=True,
        blank=True,
        validators=[MinValueValidator(1), MaxValueValidator(3650)],
        help_text=gettext_lazy(
            "Days of 24 hours from the resolution. Empty: they stay resolved until somebody closes them."
        ),
    )
    sends_surveys = models.BooleanField(
        gettext_lazy("asks for a rating"),
        default=False,
        help_text=gettext_lazy("Sends the requester a mail when a ticket is resolved."),
    )
    survey_delay_minutes = models.PositiveIntegerField(
        gettext_lazy("asks after, in minutes"),
        default=60,
        validators=[MaxValueValidator(30 * 24 * 60)],
        help_text=gettext_lazy("Counted from the resolution; at most 43,200, which is 30 days."),
    )

    class Meta:
        verbose_name, verbose_name_plural = gettext_lazy("team policy"), gettext_lazy("team policies")
        ordering = ["team"]

    def __str__(self) -> str:
        return _("Policy of %s") % self.team


class Ticket(models.Model):
    """A request for help. Its history is the truth; ``tickets.services`` keeps its columns as a cache of it.

    Not from the history are subject, requester, ``follow_up_of`` and what is known of the source.
    """

    subject = models.CharField(gettext_lazy("subject"), max_length=255)
    requester = models.ForeignKey(
        Requester,
        verbose_name=gettext_lazy("requester"),
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="tickets",
    )
    organization = models.ForeignKey(
        Organization, verbose_name=gettext_lazy("organization"), on_delete=models.PROTECT, null=True, blank=True
    )
    team = models.ForeignKey(Team, verbose_name=gettext_lazy("team"), on_delete=models.PROTECT, related_name="tickets")
    assignee = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=gettext_lazy("assignee"),
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="assigned_tickets",
    )
    category = models.ForeignKey(
        Category, verbose_name=gettext_lazy("category"), on_delete=models.PROTECT, null=True, blank=True
    )
    tags = models.ManyToManyField(Tag, verbose_name=gettext_lazy("tags"), blank=True)
    priority = models.PositiveSmallIntegerField(
        gettext_lazy("priority"), choices=Priority.choices, default=Priority.NORMAL
    )
    channel = models.PositiveSmallIntegerField(gettext_lazy("channel"), choices=Channel.choices, default=Channel.OTHER)
    status = models.PositiveSmallIntegerField(gettext_lazy("status"), choices=Status.choices, default=Status.NEW)

    created_at = models.DateTimeField(gettext_lazy("created at"))
    first_responded_at = models.DateTimeField(gettext_lazy("first responded at"), null=True, blank=True)
    resolved_at = models.DateTimeField(gettext_lazy("resolved at"), null=True, blank=True)
    closed_at = models.DateTimeField(gettext_lazy("closed at"), null=True, blank=True)
    # The last second at which the target can still be met; past when it was missed, null when nothing is ahead.
    response_due_at = models.DateTimeField(gettext_lazy("response due at"), null=True, blank=True)
    resolution_due_at = models.DateTimeField(gettext_lazy("resolution due at"), null=True, blank=True)

    is_spam = models.BooleanField(gettext_lazy("is spam"), default=False)
    is_deleted = models.BooleanField(gettext_lazy("is deleted"), default=False)
    merged_into = models.ForeignKey(
        "self",
        verbose_name=gettext_lazy("merged into"),
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="merged",
    )
    # The closed ticket whose requester wrote again.
    follow_up_of = models.ForeignKey(
        "self",
        verbose_name=gettext_lazy("follow up of"),
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="follow_ups",
    )

    # Where an imported ticket comes from, and what was read of it last.
    source = models.CharField(gettext_lazy("source"), max_length=40, blank=True, editable=False)
    external_id = models.CharField(gettext_lazy("external id"), max_length=200, blank=True, editable=False)
    source_digest = models.CharField(gettext_lazy("source digest"), max_length=64, blank=True, editable=False)
    # When the source changed it last, where the source tells: what is older does not replace what is newer.
    source_updated_at = models.DateTimeField(gettext_lazy("source updated at"), null=True, blank=True, editable=False)
    # Somebody here has written to it since it was imported: from then on its history is ours.
    is_worked_on_here = models.BooleanField(gettext_lazy("is worked on here"), default=False, editable=False)
    # Goes up with every write, so that a second writer is told.
    revision = models.PositiveIntegerField(gettext_lazy("revision"), default=0, editable=False)
    # The rules that its due times and verdicts come from, as ``Rules.fingerprint`` tells them apart.
    judged_by = models.BigIntegerField(gettext_lazy("judged by"), default=0, editable=False)

    objects = TicketQuerySet.as_manager()

    class Meta:
        verbose_name, verbose_name_plural = gettext_lazy("ticket"), gettext_lazy("tickets")
        ordering = ["-created_at", "-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["source", "external_id"], condition=~Q(external_id=""), name="ticket_source_unique"
            )
        ]
        indexes = [
            models.Index(fields=["team", "-created_at"], name="ticket_team_created"),
            models.Index(fields=["status", "team"], name="ticket_status_team"),
            models.Index(fields=["resolved_at"], name="ticket_resolved_at"),
        ]

    def __str__(self) -> str:
        return f"#{self.number} {self.subject}"

    @property
    def number(self) -> int:
        """The number that people know a ticket by."""
        return self.pk

    @property
    def is_excluded(self) -> bool:
        """Deleted, spam and merged-away tickets are in no figure."""
        return self.is_deleted or self.is_spam or self.merged_into_id is not None


class TicketEvent(models.Model):
    """One thing that happened to a ticket. Rows are added and never changed: they are what all figures derive from.

    ``value`` is the code or id that the event set, by kind: a status, user, team, category, priority, organization or
    channel, the surviving ticket of a merge, 1 or 0 for spam, a score, 1 (met) or 0 (missed) for an imported verdict.
    ``data`` holds what is no single number: for a creation the values the ticket began with, the ids of all ``tags``,
    a rating's ``comment`` (and ``good`` where the source knows no scores), of a survey and a rating ``resolved_at``, in
    seconds since the epoch, of the resolution it is about (without it, the latest), and ``reported_at`` where a source
    named a time before the creation. Whole seconds; equal times go by id.
    """

    ticket = models.ForeignKey(
        Ticket, verbose_name=gettext_lazy("ticket"), on_delete=models.CASCADE, related_name="events"
    )
    at = models.DateTimeField(gettext_lazy("at"))
    kind = models.PositiveSmallIntegerField(gettext_lazy("kind"), choices=EventKind.choices)
    writer = models.PositiveSmallIntegerField(gettext_lazy("writer"), choices=Writer.choices)
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL, verbose_name=gettext_lazy("actor"), on_delete=models.PROTECT, null=True, blank=True
    )
    value = models.BigIntegerField(gettext_lazy("value"), null=True, blank=True)
    body = models.TextField(gettext_lazy("body"), blank=True)
    data = models.JSONField(gettext_lazy("data"), null=True, blank=True)

    class Meta:
        verbose_name, verbose_name_plural = gettext_lazy("ticket event"), gettext_lazy("ticket events")
        ordering = ["ticket", "at", "pk"]
        indexes = [models.Index(fields=["ticket", "at", "id"], name="event_ticket_at")]

    def __str__(self) -> str:
        return f"#{self.ticket_id} {self.get_kind_display()} {self.at:%Y-%m-%d %H:%M}"


class Rating(models.Model):
    """What a requester thought of a resolution: one row for each rated resolution, with the latest score.

    ``score`` is 1 to 5; null for a source that knows good and bad only. ``at`` is the first submission, which is when
    the rating counts.
    """

    ticket = models.ForeignKey(
        Ticket, verbose_name=gettext_lazy("ticket"), on_delete=models.CASCADE, related_name="ratings"
    )
    resolved_at = models.DateTimeField(gettext_lazy("resolved at"), null=True, blank=True)
    at = models.DateTimeField(gettext_lazy("at"))
    changed_at = models.DateTimeField(gettext_lazy("changed at"))
    score = models.PositiveSmallIntegerField(gettext_lazy("score"), null=True, blank=True)
    is_good = models.BooleanField(gettext_lazy("is good"))
    comment = models.TextField(gettext_lazy("comment"), blank=True)

    class Meta:
        verbose_name, verbose_name_plural = gettext_lazy("rating"), gettext_lazy("ratings")
        ordering = ["-at", "-pk"]
        constraints = [
            models.UniqueConstraint(fields=["ticket", "resolved_at"], name="rating_resolution_unique"),
            models.CheckConstraint(
                condition=Q(score__isnull=True)
                | Q(score__gte=4, score__lte=5, is_good=True)
                | Q(score__gte=1, score__lte=3, is_good=False),
                name="rating_score_fits",
            ),
        ]

    def __str__(self) -> str:
        return f"#{self.ticket_id}: {self.score or ('good' if self.is_good else 'bad')}"


class Survey(PlannedMail):
    """The mail that asks a requester what they think of one resolution. Its link is signed and needs no account."""

    uuid = models.UUIDField(gettext_lazy("uuid"), primary_key=True, default=uuid.uuid4, editable=False)
    ticket = models.ForeignKey(
        Ticket, verbose_name=gettext_lazy("ticket"), on_delete=models.CASCADE, related_name="surveys"
    )
    resolved_at = models.DateTimeField(gettext_lazy("resolved at"))
    # Whether the ticket's history tells of it, which it does from right after it was sent.
    is_in_history = models.BooleanField(gettext_lazy("in the history"), default=False)

    class Meta:
        verbose_name, verbose_name_plural = gettext_lazy("survey"), gettext_lazy("surveys")
        ordering = ["-resolved_at"]
        constraints = [models.UniqueConstraint(fields=["ticket", "resolved_at"], name="survey_resolution_unique")]
        indexes = [
            # What a worker asks for every half minute; all others of a year are not in it.
            models.Index(fields=["next_try_at"], condition=Q(state="waiting"), name="survey_waiting"),
            models.Index(fields=["sent_at"], condition=Q(state="sent", is_in_history=False), name="survey_untold"),
        ]

    def __str__(self) -> str:
        return _("Survey about #%s") % self.ticket_id


def validate_week(week) -> None:
    """Refuses what is no seven lists of spans in order, none over another."""
    try:
        edges = [[minute for opens, closes in day for minute in (opens, closes)] for day in week]
        is_week = len(edges) == 7 and all(
            all(type(minute) is int and 0 <= minute <= 1440 for minute in day)
            and all(earlier < later for earlier, later in zip(day[::2], day[1::2], strict=True))
            and all(closes <= opens for closes, opens in zip(day[1::2], day[2::2], strict=False))
            for day in edges
        )
    except (TypeError, ValueError):
        is_week = False
    if not is_week:
        raise ValidationError(
            _("Give seven lists, Monday first, of [from, to] in minutes of the day, such as [[540, 720], [780, 1020]].")
        )


def validate_days(days) -> None:
    """Refuses what is no list of dates."""
    try:
        for day in days if isinstance(days, list) else [None]:
            date.fromisoformat(day)
    except (TypeError, ValueError):
        raise ValidationError(_('Give a list of dates, for example ["2026-12-25"].')) from None


class Calendar(models.Model):
    """A team's working hours from ``valid_from`` on, until the team's next calendar. Without one, a team never closes.

    ``week`` has seven lists, Monday first, of ``[from, to]`` in minutes of the local day (0 to 1440).
    ``holidays`` are local dates, ``"2026-12-25"``, on which the team is closed; nothing else is counted by. Where they
    come from is kept for people: a country and its region, own days with their names, days of the country left out.
    """

    team = models.ForeignKey(
        Team, verbose_name=gettext_lazy("team"), on_delete=models.CASCADE, related_name="calendars"
    )
    valid_from = models.DateTimeField(gettext_lazy("valid from"), default=timezone.now)
    time_zone = models.CharField(
        gettext_lazy("time zone"), max_length=64, default=default_time_zone, validators=[validate_time_zone]
    )
    week = models.JSONField(gettext_lazy("week"), validators=[validate_week])
    holidays = models.JSONField(gettext_lazy("holidays"), default=list, blank=True, validators=[validate_days])
    country = models.CharField(gettext_lazy("public holidays of"), max_length=2, blank=True)
    region = models.CharField(gettext_lazy("region"), max_length=60, blank=True)
    # Names by date, for people. A holiday may have none.
    holiday_names = models.JSONField(gettext_lazy("holiday names"), default=dict, blank=True, editable=False)
    own_days = models.JSONField(gettext_lazy("own days"), default=dict, blank=True)
    left_out = models.JSONField(gettext_lazy("left out"), default=list, blank=True, validators=[validate_days])

    class Meta:
        verbose_name, verbose_name_plural = gettext_lazy("calendar"), gettext_lazy("calendars")
        ordering = ["team", "valid_from"]
        constraints = [models.UniqueConstraint(fields=["team", "valid_from"], name="calendar_version_unique")]

    def __str__(self) -> str:
        return f"{self.team} from {self.valid_from:%Y-%m-%d}"


class SlaTarget(models.Model):
    """A promise: the limit for one metric, from ``valid_from`` on, for all tickets or those that fit what is filled in.

    The most specific target wins: category before team before priority. ``seconds`` null takes the promise back.
    """

    metric = models.PositiveSmallIntegerField(gettext_lazy("metric"), choices=SlaMetric.choices)
    priority = models.PositiveSmallIntegerField(
        gettext_lazy("priority"), choices=Priority.choices, null=True, blank=True
    )
    team = models.ForeignKey(Team, verbose_name=gettext_lazy("team"), on_delete=models.CASCADE, null=True, blank=True)
    category = models.ForeignKey(
        Category, verbose_name=gettext_lazy("category"), on_delete=models.CASCADE, null=True, blank=True
    )
    clock = models.PositiveSmallIntegerField(gettext_lazy("clock"), choices=Clock.choices, default=Clock.SERVICE)
    seconds = models.PositiveIntegerField(
        gettext_lazy("limit in seconds"), null=True, blank=True, validators=[MinValueValidator(1)]
    )
    valid_from = models.DateTimeField(gettext_lazy("valid from"), default=timezone.now)

    class Meta:
        verbose_name, verbose_name_plural = gettext_lazy("SLA target"), gettext_lazy("SLA targets")
        ordering = ["metric", "priority", "team", "category", "valid_from"]
        constraints = [
            # Coalesced, since two nulls count as different in a plain unique constraint.
            models.UniqueConstraint(
                "metric",
                Coalesce("priority", 0),
                Coalesce("team", 0),
                Coalesce("category", 0),
                "valid_from",
                name="target_version_unique",
                violation_error_message=gettext_lazy(
                    "There is a target for these tickets from this moment on already."
                ),
            )
        ]

    def __str__(self) -> str:
        priority = self.get_priority_display() if self.priority else _("any priority")
        return f"{self.get_metric_display()} {priority}"


class Rejudging(models.Model):
    """A change of the rules, after which undecided tickets are judged anew. The tickets say themselves which are left.

    ``since`` is the first moment at which the rules differ from those before; ``finished_at`` is null until no ticket
    is left to be judged.
    """

    requested_at = models.DateTimeField(gettext_lazy("requested at"), default=timezone.now)
    since = models.DateTimeField(gettext_lazy("since"))
    finished_at = models.DateTimeField(gettext_lazy("finished at"), null=True, blank=True)

    class Meta:
        ordering = ["-requested_at", "-pk"]
        verbose_name = gettext_lazy("change of the rules")
        verbose_name_plural = gettext_lazy("changes of the rules")

    def __str__(self) -> str:
        return _("New rules of %(requested_at)s") % {"requested_at": f"{self.requested_at:%Y-%m-%d %H:%M}"}


class ImportState(models.TextChoices):
    PREVIEWED = "previewed", gettext_lazy("Being checked")
    WAITING = "waiting", gettext_lazy("Waiting")
    RUNNING = "running", gettext_lazy("Running")
    FINISHED = "finished", gettext_lazy("Finished")
    FAILED = "failed", gettext_lazy("Failed")
    CANCELLED = "cancelled", gettext_lazy("Cancelled")


class ImportRun(models.Model):
    """A file of tickets that somebody uploaded, on its way into the desk, and the account of what became of it.

    The file and those that go with it lie in a folder named by ``uuid``, under names of ours; ``file_name`` and
    ``companions`` say what their owner called them. ``position`` is how many bytes of ``size`` are read. ``preview``
    is what the page says of the first tickets, ``counts`` and ``reasons`` what is known of all of them so far.
    """

    uuid = models.UUIDField(gettext_lazy("uuid"), primary_key=True, default=uuid.uuid4, editable=False)
    requested_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=gettext_lazy("requested by"),
        on_delete=models.PROTECT,
        related_name="import_runs",
    )
    format = models.CharField(gettext_lazy("format"), max_length=20)
    # Two files of one source are never read at the same time.
    source = models.CharField(gettext_lazy("source"), max_length=40)
    time_zone = models.CharField(
        gettext_lazy("time zone"), max_length=64, default=default_time_zone, validators=[validate_time_zone]
    )
    file_name = models.CharField(gettext_lazy("file"), max_length=150)
    size = models.PositiveBigIntegerField(gettext_lazy("size"))
    sha256 = models.CharField(gettext_lazy("sha256"), max_length=64)
    companions = models.JSONField(gettext_lazy("companions"), default=dict)
    mapping = models.TextField(gettext_lazy("mapping"), blank=True)
    preview = models.JSONField(gettext_lazy("preview"), default=dict)

    is_dry_run = models.BooleanField(gettext_lazy("dry run"), default=False)
    state = models.CharField(
        gettext_lazy("state"), max_length=9, choices=ImportState.choices, default=ImportState.PREVIEWED
    )
    is_cancel_asked = models.BooleanField(gettext_lazy("is cancel asked"), default=False)
    attempt = models.PositiveSmallIntegerField(gettext_lazy("attempt"), default=0)
    claim_token = models.UUIDField(gettext_lazy("claim token"), null=True)
    lease_until = models.DateTimeField(gettext_lazy("lease until"), null=True)
    next_publish_at = models.DateTimeField(gettext_lazy("next publish at"), null=True)
    position = models.PositiveBigIntegerField(gettext_lazy("position"), default=0)
    counts = models.JSONField(gettext_lazy("counts"), default=dict)
    reasons = models.JSONField(gettext_lazy("reasons"), default=dict)
    # Why it failed or was cancelled, as a sentence.
    reason = models.TextField(gettext_lazy("reason"), blank=True)

    created_at = models.DateTimeField(gettext_lazy("created at"), auto_now_add=True)
    queued_at = models.DateTimeField(gettext_lazy("queued at"), null=True)
    started_at = models.DateTimeField(gettext_lazy("started at"), null=True)
    finished_at = models.DateTimeField(gettext_lazy("finished at"), null=True)
    files_deleted_at = models.DateTimeField(gettext_lazy("files deleted at"), null=True)

    class Meta:
        verbose_name, verbose_name_plural = gettext_lazy("import"), gettext_lazy("imports")
        ordering = ["-created_at"]
        indexes = [models.Index(fields=["state", "next_publish_at"], name="import_state_publish")]
        constraints = [
            models.UniqueConstraint(fields=["source"], condition=Q(state="running"), name="import_one_of_a_source"),
            models.CheckConstraint(
                condition=~Q(state="running") | Q(claim_token__isnull=False, lease_until__isnull=False),
                name="import_running_is_claimed",
            ),
            models.CheckConstraint(
                condition=~Q(state="waiting") | Q(queued_at__isnull=False, next_publish_at__isnull=False),
                name="import_waiting_is_announced",
            ),
        ]

    def __str__(self) -> str:
        return self.file_name

    @property
    def is_under_way(self) -> bool:
        return self.state in (ImportState.WAITING, ImportState.RUNNING)

    @property
    def is_over(self) -> bool:
        return self.state in (ImportState.FINISHED, ImportState.FAILED, ImportState.CANCELLED)

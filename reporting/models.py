"""The ledger of counted things, and the files made of it."""

import uuid
from datetime import datetime
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy

from memberpulse.mail import PlannedMail
from memberpulse.zones import moment
from reporting.cadence import LAST_DAY, MONTH_DAYS_AT_MOST, Cadence
from reporting.querysets import ExportQuerySet
from tickets.choices import Channel, Priority, Status
from tickets.clocks import TargetState


class MetricKind(models.IntegerChoices):
    CREATED = 1, gettext_lazy("Created")
    RESPONDED = 2, gettext_lazy("First response")
    RESOLVED = 3, gettext_lazy("Resolution")
    REOPENED = 4, gettext_lazy("Reopened")
    RESPONSE_DECIDED = 5, gettext_lazy("Response target decided")
    RESOLUTION_DECIDED = 6, gettext_lazy("Resolution target decided")
    WITHDRAWN = 7, gettext_lazy("Response target withdrawn")
    SURVEYED = 8, gettext_lazy("Survey sent")
    RATED = 9, gettext_lazy("Rated")
    OPEN_SPAN = 10, gettext_lazy("Open span")


# Of these a ticket has one row at most, so that they count rows and tickets alike.
ONCE_A_TICKET = frozenset({MetricKind.CREATED, MetricKind.RESPONDED})


# Of what has no end so far: later than any moment, so that one comparison finds it too.
FOREVER = 2**40


_OF_NEARLY_ALL_FIGURES = (
    "ticket", "team", "agent", "category", "status", "met", "score", "service_seconds", "wall_seconds", "until",
)  # fmt: skip


class MetricEvent(models.Model):
    """One thing that is counted, derived from a ticket's history and at any time derivable again.

    Moments are whole seconds since the epoch: they are compared and divided, never shown. Team and agent are those who
    get the credit; category, priority, channel and organization are the ticket's as it is now. What a column means and
    for which kinds it is filled, else null:

    - ``status``: of a creation the ticket's status now, of an open span the status in it
    - ``service_seconds``, ``wall_seconds``: of a response or resolution, since creation
    - ``met``: of a decided target its verdict; of a response or resolution whether it ended a target in time (null if
      it ended none); of a rating whether it is good; of a survey whether it was answered
    - ``score``: of a rating, 1 to 5, null where the source knows good and bad only
    - ``until``: of an open span its end, of a missed target when it was fulfilled; ``FOREVER`` if that has not come
    - ``opened_at``: of an open span, the ticket's creation
    - ``response_state``, ``resolution_state``: of an open span, how its targets stand (``TargetState``)
    """

    kind = models.PositiveSmallIntegerField(gettext_lazy("kind"), choices=MetricKind.choices)
    at = models.BigIntegerField(gettext_lazy("at"))
    ticket = models.ForeignKey(
        "tickets.Ticket", verbose_name=gettext_lazy("ticket"), on_delete=models.CASCADE, related_name="metric_events"
    )
    team = models.ForeignKey(
        "accounts.Team", verbose_name=gettext_lazy("team"), on_delete=models.PROTECT, related_name="+", db_index=False
    )
    agent = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=gettext_lazy("agent"),
        on_delete=models.PROTECT,
        null=True,
        related_name="+",
        db_index=False,
    )
    category = models.ForeignKey(
        "tickets.Category",
        verbose_name=gettext_lazy("category"),
        on_delete=models.PROTECT,
        null=True,
        related_name="+",
        db_index=False,
    )
    organization = models.ForeignKey(
        "tickets.Organization",
        verbose_name=gettext_lazy("organization"),
        on_delete=models.PROTECT,
        null=True,
        related_name="+",
        db_index=False,
    )
    priority = models.PositiveSmallIntegerField(gettext_lazy("priority"), choices=Priority.choices)
    channel = models.PositiveSmallIntegerField(gettext_lazy("channel"), choices=Channel.choices)
    status = models.PositiveSmallIntegerField(gettext_lazy("status"), choices=Status.choices, null=True)
    service_seconds = models.BigIntegerField(gettext_lazy("service seconds"), null=True)
    wall_seconds = models.BigIntegerField(gettext_lazy("wall seconds"), null=True)
    met = models.BooleanField(gettext_lazy("met"), null=True)
    score = models.PositiveSmallIntegerField(gettext_lazy("score"), null=True)
    until = models.BigIntegerField(gettext_lazy("until"), null=True)
    opened_at = models.BigIntegerField(gettext_lazy("opened at"), null=True)
    response_state = models.PositiveSmallIntegerField(
        gettext_lazy("response state"), choices=[(s.value, s.name) for s in TargetState], null=True
    )
    resolution_state = models.PositiveSmallIntegerField(
        gettext_lazy("resolution state"), choices=[(s.value, s.name) for s in TargetState], null=True
    )

    class Meta:
        verbose_name, verbose_name_plural = gettext_lazy("metric event"), gettext_lazy("metric events")
        indexes = [
            # A period is read from the index alone.
            models.Index(
                fields=["kind", "at"],
                include=[*_OF_NEARLY_ALL_FIGURES],
                name="metric_period",
            ),
            # Spans that reach over a moment.
            models.Index(
                fields=["kind", "until"],
                include=["at", "team", "agent", "status", "opened_at", "response_state", "resolution_state"],
                condition=models.Q(until__isnull=False),
                name="metric_reach",
            ),
        ]

    def __str__(self) -> str:
        return f"#{self.ticket_id} {self.get_kind_display()} at {self.at}"

    @property
    def moment(self) -> datetime:
        return moment(self.at)


class TicketStamp(models.Model):
    """When a ticket's rows were last written, as a number of its transaction (``reporting.stamps``).

    Kept for ever, without a foreign key: that a ticket is gone is a change too.
    """

    ticket_id = models.BigIntegerField(primary_key=True)
    stamp = models.BigIntegerField(db_index=True)

    def __str__(self) -> str:
        return f"#{self.ticket_id} at {self.stamp}"


class Fold(models.Model):
    """A copy of the ledger for the columns engine. A database that does not know of a copy is not the one it is of."""

    uuid = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    at = models.DateTimeField(auto_now_add=True)
    # What the copy has seen, as ``reporting.stamps.Position`` writes it.
    position = models.TextField()
    row_count = models.PositiveBigIntegerField()
    size = models.PositiveBigIntegerField()
    seconds = models.FloatField()

    class Meta:
        ordering = ["-at"]

    def __str__(self) -> str:
        return f"{self.row_count} rows at {self.at}"


class ExportState(models.TextChoices):
    QUEUED = "queued", gettext_lazy("Queued")
    RUNNING = "running", gettext_lazy("Running")
    READY = "ready", gettext_lazy("Ready")
    FAILED = "failed", gettext_lazy("Failed")
    EXPIRED = "expired", gettext_lazy("Expired")


class ExportFormat(models.TextChoices):
    CSV = "csv", "CSV"
    PDF = "pdf", "PDF"


class Export(models.Model):
    """A file that somebody asked for. The row is the queue: the broker's message only says that there is one."""

    uuid = models.UUIDField(gettext_lazy("uuid"), primary_key=True, default=uuid.uuid4, editable=False)
    requested_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=gettext_lazy("requested by"),
        on_delete=models.CASCADE,
        related_name="exports",
    )
    report_key = models.CharField(gettext_lazy("report key"), max_length=20)
    format = models.CharField(gettext_lazy("format"), max_length=4, choices=ExportFormat.choices)
    # The query as it was asked, its period as dates and its zone spelled out, so that a late worker answers the same.
    params = models.JSONField(gettext_lazy("params"))
    params_version = models.PositiveSmallIntegerField(gettext_lazy("params version"), default=1)
    wants_email = models.BooleanField(gettext_lazy("wants email"), default=True)
    # Of a file that a schedule asked for.
    run = models.ForeignKey(
        "ScheduleRun", verbose_name=gettext_lazy("run"), on_delete=models.SET_NULL, null=True, related_name="exports"
    )

    state = models.CharField(
        gettext_lazy("state"), max_length=8, choices=ExportState.choices, default=ExportState.QUEUED
    )
    attempt = models.PositiveSmallIntegerField(gettext_lazy("attempt"), default=0)
    claim_token = models.UUIDField(gettext_lazy("claim token"), null=True)
    lease_until = models.DateTimeField(gettext_lazy("lease until"), null=True)
    next_publish_at = models.DateTimeField(gettext_lazy("next publish at"))
    progress = models.FloatField(gettext_lazy("progress"), default=0)
    step = models.CharField(gettext_lazy("step"), max_length=60, blank=True)
    error_code = models.CharField(gettext_lazy("error code"), max_length=30, blank=True)

    as_of = models.DateTimeField(gettext_lazy("as of"), null=True)
    size = models.PositiveBigIntegerField(gettext_lazy("size"), null=True)
    sha256 = models.CharField(gettext_lazy("sha256"), max_length=64, blank=True)
    row_count = models.PositiveIntegerField(gettext_lazy("row count"), null=True)

    created_at = models.DateTimeField(gettext_lazy("created at"), auto_now_add=True)
    ready_at = models.DateTimeField(gettext_lazy("ready at"), null=True)
    expires_at = models.DateTimeField(gettext_lazy("expires at"), null=True)

    objects = ExportQuerySet.as_manager()

    class Meta:
        verbose_name, verbose_name_plural = gettext_lazy("export"), gettext_lazy("exports")
        ordering = ["-created_at"]
        indexes = [
            models.Index(fields=["requested_by", "-created_at"], name="export_owner_created"),
            models.Index(fields=["state", "next_publish_at"], name="export_state_publish"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=~Q(state="ready") | Q(size__isnull=False, ready_at__isnull=False, expires_at__isnull=False),
                name="export_ready_is_whole",
            ),
            models.CheckConstraint(
                condition=~Q(state="running") | Q(claim_token__isnull=False, lease_until__isnull=False),
                name="export_running_is_claimed",
            ),
            models.UniqueConstraint(fields=["run", "requested_by"], name="export_once_a_run"),
        ]

    def __str__(self) -> str:
        return f"{self.report_key}.{self.format} for {self.requested_by}"


class ExportMail(PlannedMail):
    """The one mail that tells of an export."""

    class Kind(models.TextChoices):
        READY = "ready", gettext_lazy("Ready")
        FAILED = "failed", gettext_lazy("Failed")

    export = models.ForeignKey(Export, on_delete=models.CASCADE, related_name="mails")
    kind = models.CharField(max_length=6, choices=Kind.choices)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["export", "kind"], name="export_mail_once")]

    def __str__(self) -> str:
        return f"{self.kind} mail of {self.export_id}"


class SavedView(models.Model):
    """A question about a report that a person keeps under a name of their own."""

    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="saved_views")
    name = models.CharField(max_length=60)
    report_key = models.CharField(max_length=20)
    # As it stands in an address, each parameter with its values: a relative period stays relative.
    params = models.JSONField()
    # What the reports open with.
    is_start = models.BooleanField(default=False)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["name", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["owner", "name"], name="saved_view_name_once"),
            models.UniqueConstraint(fields=["owner"], condition=Q(is_start=True), name="saved_view_one_start"),
        ]

    def __str__(self) -> str:
        return self.name


class PauseReason(models.TextChoices):
    BY_HAND = "by_hand", gettext_lazy("Paused by its owner")
    FAILURES = "failures", gettext_lazy("Paused after five failed runs in a row")
    OWNER_LOST_ACCESS = "owner", gettext_lazy("Paused: its owner may not send this report any more")


class Schedule(models.Model):
    """A report that is sent to people again and again, each time the files that are theirs to see."""

    class Every(models.TextChoices):
        DAY = "day", gettext_lazy("Every day")
        WEEK = "week", gettext_lazy("Every week")
        MONTH = "month", gettext_lazy("Every month")

    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="schedules")
    name = models.CharField(max_length=60)
    report_key = models.CharField(max_length=20)
    format = models.CharField(max_length=4, choices=ExportFormat.choices)
    # As of a saved view: a relative period stays relative.
    params = models.JSONField()
    recipients = models.ManyToManyField(settings.AUTH_USER_MODEL, related_name="+")

    every = models.CharField(max_length=5, choices=Every.choices)
    # 0 is Monday.
    weekday = models.PositiveSmallIntegerField(null=True)
    # 1 to 28, 0 is the last.
    month_day = models.PositiveSmallIntegerField(null=True)
    at = models.TimeField()
    time_zone = models.CharField(max_length=64)

    # None of one that is paused.
    next_due = models.DateTimeField(null=True, db_index=True)
    pause_reason = models.CharField(max_length=8, choices=PauseReason.choices, blank=True)
    # Runs before it do not count as failures in a row: it was changed or taken up again since.
    counts_from = models.DateTimeField()
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["name", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["owner", "name"], name="schedule_name_once"),
            models.CheckConstraint(
                condition=Q(every="day", weekday=None, month_day=None)
                | Q(every="week", weekday__range=(0, 6), month_day=None)
                | Q(every="month", weekday=None, month_day__range=(LAST_DAY, MONTH_DAYS_AT_MOST)),
                name="schedule_has_its_day",
            ),
            models.CheckConstraint(
                condition=Q(pause_reason="", next_due__isnull=False) | (~Q(pause_reason="") & Q(next_due=None)),
                name="schedule_is_due_or_paused",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def cadence(self) -> Cadence:
        return Cadence(self.at, ZoneInfo(self.time_zone), self.weekday, self.month_day)


class ScheduleRun(models.Model):
    """One due moment of a schedule, made once however many look after it; its files are exports."""

    schedule = models.ForeignKey(Schedule, on_delete=models.CASCADE, related_name="runs")
    due_at = models.DateTimeField()
    # How many got an export; the others may not have this report.
    file_count = models.PositiveSmallIntegerField(default=0)
    left_out = models.ManyToManyField(settings.AUTH_USER_MODEL, related_name="+")
    made_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["-due_at"]
        constraints = [models.UniqueConstraint(fields=["schedule", "due_at"], name="schedule_run_once")]

    def __str__(self) -> str:
        return f"{self.schedule} of {self.due_at:%Y-%m-%d %H:%M}"


class ScheduleMail(PlannedMail):
    """What the owner of a schedule is told of it."""

    class Kind(models.TextChoices):
        LEFT_OUT = "left_out", gettext_lazy("Recipients were left out")
        PAUSED = "paused", gettext_lazy("Paused")

    run = models.ForeignKey(ScheduleRun, on_delete=models.CASCADE, related_name="mails")
    kind = models.CharField(max_length=8, choices=Kind.choices)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["run", "kind"], name="schedule_mail_once")]

    def __str__(self) -> str:
        return f"{self.kind} mail of {self.run_id}"

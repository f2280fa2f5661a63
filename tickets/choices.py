"""The field's fixed vocabularies. Stored as small numbers; ``slug`` is the word in the API, files and addresses."""

from django.db import models
from django.utils.translation import gettext_lazy


class _Slugged(models.IntegerChoices):
    @property
    def slug(self) -> str:
        return self.name.lower()

    @classmethod
    def titles(cls) -> dict[str, str]:
        """Each member's name by its slug, in the language that is on when it is read."""
        return {member.slug: member.label for member in cls}

    @classmethod
    def from_slug(cls, slug: str):
        """The member of that name; KeyError if there is none."""
        return {member.slug: member for member in cls}[slug]


class Status(_Slugged):
    NEW = 1, gettext_lazy("New")
    OPEN = 2, gettext_lazy("Open")
    PENDING = 3, gettext_lazy("Pending")
    ON_HOLD = 4, gettext_lazy("On hold")
    RESOLVED = 5, gettext_lazy("Resolved")
    CLOSED = 6, gettext_lazy("Closed")


# Neither resolved nor closed: in the backlog.
OPEN_STATUSES = frozenset({Status.NEW, Status.OPEN, Status.PENDING, Status.ON_HOLD})


class Priority(_Slugged):
    LOW = 1, gettext_lazy("Low")
    NORMAL = 2, gettext_lazy("Normal")
    HIGH = 3, gettext_lazy("High")
    URGENT = 4, gettext_lazy("Urgent")


class Channel(_Slugged):
    EMAIL = 1, gettext_lazy("E-mail")
    WEB = 2, gettext_lazy("Web form")
    PHONE = 3, gettext_lazy("Phone")
    CHAT = 4, gettext_lazy("Chat")
    SOCIAL = 5, gettext_lazy("Social media")
    API = 6, gettext_lazy("API")
    OTHER = 7, gettext_lazy("Other")


class EventKind(_Slugged):
    CREATED = 1, gettext_lazy("Created")
    PUBLIC_REPLY = 2, gettext_lazy("Public reply")
    INTERNAL_NOTE = 3, gettext_lazy("Internal note")
    STATUS = 4, gettext_lazy("Status changed")
    ASSIGNED = 5, gettext_lazy("Assigned")
    TEAM = 6, gettext_lazy("Moved to team")
    CATEGORY = 7, gettext_lazy("Category changed")
    PRIORITY = 8, gettext_lazy("Priority changed")
    ORGANIZATION = 9, gettext_lazy("Organization changed")
    CHANNEL = 10, gettext_lazy("Channel changed")
    TAGS = 11, gettext_lazy("Tags changed")
    MERGED = 12, gettext_lazy("Merged")
    SPAM = 13, gettext_lazy("Marked as spam")
    DELETED = 14, gettext_lazy("Deleted")
    RESTORED = 15, gettext_lazy("Restored")
    SURVEY_SENT = 16, gettext_lazy("Survey sent")
    RATED = 17, gettext_lazy("Rated")
    IMPORTED_VERDICT = 18, gettext_lazy("SLA verdict imported")


class Writer(_Slugged):
    """Who stands behind an event. Only what an agent writes can be a response."""

    AGENT = 1, gettext_lazy("Agent")
    REQUESTER = 2, gettext_lazy("Requester")
    AUTOMATIC = 3, gettext_lazy("Automatic")


class Clock(_Slugged):
    SERVICE = 1, gettext_lazy("Service hours")
    WALL = 2, gettext_lazy("Wall clock")


# As they go on after other words.
CLOCK_WORDS = {Clock.SERVICE: gettext_lazy("service hours"), Clock.WALL: gettext_lazy("wall clock")}


class SlaMetric(_Slugged):
    FIRST_RESPONSE = 1, gettext_lazy("First response")
    RESOLUTION = 2, gettext_lazy("Resolution")


# What the scores of a rating say, from bad to good.
SCORE_WORDS = {
    1: gettext_lazy("very unhappy"),
    2: gettext_lazy("unhappy"),
    3: gettext_lazy("so-so"),
    4: gettext_lazy("happy"),
    5: gettext_lazy("very happy"),
}

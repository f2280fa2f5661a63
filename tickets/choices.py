"""The field's fixed vocabularies. Stored as small numbers; ``slug`` is the word in the API, files and addresses."""

from django.db import models


class _Slugged(models.IntegerChoices):
    @property
    def slug(self) -> str:
        return self.name.lower()

    @classmethod
    def from_slug(cls, slug: str):
        """The member of that name; KeyError if there is none."""
        return {member.slug: member for member in cls}[slug]


class Status(_Slugged):
    NEW = 1, "New"
    OPEN = 2, "Open"
    PENDING = 3, "Pending"
    ON_HOLD = 4, "On hold"
    RESOLVED = 5, "Resolved"
    CLOSED = 6, "Closed"


# Neither resolved nor closed: in the backlog.
OPEN_STATUSES = frozenset({Status.NEW, Status.OPEN, Status.PENDING, Status.ON_HOLD})


class Priority(_Slugged):
    LOW = 1, "Low"
    NORMAL = 2, "Normal"
    HIGH = 3, "High"
    URGENT = 4, "Urgent"


class Channel(_Slugged):
    EMAIL = 1, "E-mail"
    WEB = 2, "Web form"
    PHONE = 3, "Phone"
    CHAT = 4, "Chat"
    SOCIAL = 5, "Social media"
    API = 6, "API"
    OTHER = 7, "Other"


class EventKind(_Slugged):
    CREATED = 1, "Created"
    PUBLIC_REPLY = 2, "Public reply"
    INTERNAL_NOTE = 3, "Internal note"
    STATUS = 4, "Status changed"
    ASSIGNED = 5, "Assigned"
    TEAM = 6, "Moved to team"
    CATEGORY = 7, "Category changed"
    PRIORITY = 8, "Priority changed"
    ORGANIZATION = 9, "Organization changed"
    CHANNEL = 10, "Channel changed"
    TAGS = 11, "Tags changed"
    MERGED = 12, "Merged"
    SPAM = 13, "Marked as spam"
    DELETED = 14, "Deleted"
    RESTORED = 15, "Restored"
    SURVEY_SENT = 16, "Survey sent"
    RATED = 17, "Rated"
    IMPORTED_VERDICT = 18, "SLA verdict imported"


class Writer(_Slugged):
    """Who stands behind an event. Only what an agent writes can be a response."""

    AGENT = 1, "Agent"
    REQUESTER = 2, "Requester"
    AUTOMATIC = 3, "Automatic"


class Clock(_Slugged):
    SERVICE = 1, "Service hours"
    WALL = 2, "Wall clock"


class SlaMetric(_Slugged):
    FIRST_RESPONSE = 1, "First response"
    RESOLUTION = 2, "Resolution"


# What the scores of a rating say, from bad to good.
SCORE_WORDS = {1: "very unhappy", 2: "unhappy", 3: "so-so", 4: "happy", 5: "very happy"}

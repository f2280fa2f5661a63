"""People, teams and the roles that join them."""

import zoneinfo

from django.conf import settings
from django.contrib.auth.models import AbstractBaseUser, BaseUserManager, PermissionsMixin
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Q
from django.utils import timezone
from guardian.mixins import GuardianUserMixin
from knox.models import AbstractAuthToken

from accounts.capabilities import DESK_ROLES, TEAM_ROLES, Role
from memberpulse.zones import zone_names


def validate_time_zone(name: str) -> None:
    if name not in zone_names():
        raise ValidationError("“%(name)s” is not a time zone. Use a name such as Europe/Berlin.", params={"name": name})


def default_time_zone() -> str:
    return settings.DESK_TIME_ZONE


class UserManager(BaseUserManager):
    def _create(self, email: str, password: str | None, **fields) -> "User":
        if not email:
            raise ValueError("A person needs an e-mail address.")
        user = self.model(email=self.normalize_email(email), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_user(self, email: str, password: str | None = None, **fields) -> "User":
        return self._create(email, password, **fields)

    def create_superuser(self, email: str, password: str | None = None, **fields) -> "User":
        """A person who sees everything, whatever their roles."""
        return self._create(email, password, **{"is_staff": True, "is_superuser": True, **fields})

    def get_by_natural_key(self, email: str) -> "User":
        return self.get(email__iexact=email)


class User(GuardianUserMixin, AbstractBaseUser, PermissionsMixin):
    """A person of ours or an automatic sender. Signs in by e-mail address; letters' case does not matter there."""

    email = models.EmailField("e-mail address", max_length=254)
    name = models.CharField(max_length=150)
    time_zone = models.CharField(max_length=64, default=default_time_zone, validators=[validate_time_zone])
    # What a bot writes is never a response.
    is_bot = models.BooleanField("automatic", default=False)
    # Off: signs in nowhere, sees nothing, stays in the history.
    is_active = models.BooleanField("active", default=True)
    is_staff = models.BooleanField("may open the admin", default=False)
    date_joined = models.DateTimeField(default=timezone.now, editable=False)

    objects = UserManager()

    USERNAME_FIELD = "email"
    REQUIRED_FIELDS = ["name"]

    class Meta:
        ordering = ["name", "pk"]
        constraints = [
            models.UniqueConstraint(
                models.functions.Lower("email"),
                name="user_email_unique",
                violation_error_message="A person with this e-mail address exists.",
            )
        ]

    def __str__(self) -> str:
        return self.name or self.email

    def get_full_name(self) -> str:
        return self.name

    def get_short_name(self) -> str:
        return self.name.split(" ")[0]

    @property
    def initials(self) -> str:
        words = self.name.split()
        return (words[0][:1] + words[-1][:1] if len(words) > 1 else self.name[:2]).upper()

    @property
    def zone(self) -> zoneinfo.ZoneInfo:
        return zoneinfo.ZoneInfo(self.time_zone)


class Team(models.Model):
    """A group of agents. Every ticket is with exactly one team."""

    name = models.CharField(max_length=100, unique=True)

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class Membership(models.Model):
    """A role that a person holds in a team, or, with ``team`` null, for the whole desk."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="memberships")
    team = models.ForeignKey(Team, on_delete=models.CASCADE, null=True, blank=True, related_name="memberships")
    role = models.CharField(max_length=20, choices=Role.choices)

    class Meta:
        ordering = ["user", "team", "role"]
        constraints = [
            models.UniqueConstraint(fields=["user", "team", "role"], name="membership_team_role_unique"),
            models.UniqueConstraint(
                fields=["user", "role"], condition=Q(team__isnull=True), name="membership_desk_role_unique"
            ),
            models.CheckConstraint(
                condition=Q(team__isnull=False, role__in=TEAM_ROLES) | Q(team__isnull=True, role__in=DESK_ROLES),
                name="membership_role_fits_team",
                violation_error_message="Agents and team leads need a team; the other roles are for the whole desk.",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user}: {self.get_role_display()}, {self.team or 'whole desk'}"


class ApiToken(AbstractAuthToken):
    """A key for the API. Only its digest is stored; it carries its owner's rights."""

    name = models.CharField(max_length=100, default="API")

    class Meta:
        ordering = ["-created"]

    def __str__(self) -> str:
        return f"{self.name} ({self.token_key}…)"

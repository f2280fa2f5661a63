"""People, teams and the roles that join them."""

import uuid
import zoneinfo
from collections.abc import Iterator
from typing import Any, Self

from django.conf import settings
from django.contrib.auth.models import AbstractBaseUser, BaseUserManager, Group, PermissionsMixin
from django.core.exceptions import ValidationError
from django.db import models, transaction
from django.db.models import F, Q
from django.db.models.functions import Lower
from django.utils import timezone
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from guardian.mixins import GuardianUserMixin
from guardian.models import GroupObjectPermissionBase, UserObjectPermissionBase
from knox.models import AbstractAuthToken, AuthTokenManager

from accounts.capabilities import DESK_ROLES, PERMISSIONS, TEAM_ROLES, Role
from accounts.languages import languages
from accounts.querysets import ApiTokenQuerySet, AuditQuerySet, MembershipQuerySet
from memberpulse.mail import PlannedMail
from memberpulse.zones import zone_names


def validate_time_zone(name: str) -> None:
    if name not in zone_names():
        raise ValidationError(
            _("“%(name)s” is not a time zone. Use a name such as Europe/Berlin."), params={"name": name}
        )


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

    email = models.EmailField(gettext_lazy("e-mail address"), max_length=254)
    name = models.CharField(gettext_lazy("name"), max_length=150)
    # Empty until the first sign-in: then it is the one of the browser, until another is chosen.
    language = models.CharField(gettext_lazy("language"), max_length=8, choices=languages, blank=True, default="")
    time_zone = models.CharField(
        gettext_lazy("time zone"), max_length=64, default=default_time_zone, validators=[validate_time_zone]
    )
    # What a bot writes is never a response.
    is_bot = models.BooleanField(gettext_lazy("automatic"), default=False)
    # Off: signs in nowhere, sees nothing, stays in the history.
    is_active = models.BooleanField(gettext_lazy("active"), default=True)
    is_staff = models.BooleanField(gettext_lazy("may open the admin"), default=False)
    date_joined = models.DateTimeField(gettext_lazy("date joined"), default=timezone.now, editable=False)
    # Counts the changes of what the person may do; a session of an earlier count is over. Written by its own UPDATE.
    rights_version = models.PositiveIntegerField(gettext_lazy("rights version"), default=0, editable=False)

    objects = UserManager()

    # Set until it is saved.
    loses_password = False

    # Columns that say what an account may do, besides its password and its roles.
    _RIGHTS = ("email", "is_active", "is_bot", "is_staff", "is_superuser")

    USERNAME_FIELD = "email"
    REQUIRED_FIELDS = ["name"]

    class Meta:
        verbose_name, verbose_name_plural = gettext_lazy("person"), gettext_lazy("people")
        ordering = ["name", "pk"]
        constraints = [
            models.UniqueConstraint(
                Lower("email"),
                name="user_email_unique",
                violation_error_message=gettext_lazy("A person with this e-mail address exists."),
            )
        ]

    def __str__(self) -> str:
        return self.name or self.email

    @classmethod
    def from_db(cls, *args, **kwargs) -> Self:
        person = super().from_db(*args, **kwargs)
        person._rights_in_database = person._rights()
        return person

    def _rights(self) -> dict[str, Any]:
        """The columns of ``_RIGHTS`` that are loaded."""
        return {name: vars(self)[name] for name in self._RIGHTS if name in vars(self)}

    def changed_rights(self) -> dict[str, Any]:
        """The columns of ``_RIGHTS`` that differ from what is stored, with their new values."""
        stored = getattr(self, "_rights_in_database", {})
        return {name: value for name, value in self._rights().items() if name in stored and stored[name] != value}

    @transaction.atomic
    def save(self, *, update_fields=None, **kwargs) -> None:
        """Ends the person's sessions if this changes what the account may do."""
        is_new = self._state.adding
        if not is_new and update_fields is None:
            # Read some time ago, this count may be an old one: it must not come back.
            update_fields = [field.name for field in self._meta.concrete_fields if not field.primary_key]
            update_fields.remove("rights_version")
        super().save(update_fields=update_fields, **kwargs)
        changed, self._rights_in_database = self.changed_rights(), self._rights()
        if changed and not is_new:
            self.end_sessions()

    def set_unusable_password(self) -> None:
        super().set_unusable_password()
        self.loses_password = True

    def end_sessions(self) -> None:
        """Whoever is signed in as this person is no longer, from the next request on."""
        end_sessions([self.pk])
        self.refresh_from_db(fields=["rights_version"])

    def get_session_auth_hash(self) -> str:
        return self._session_hash()

    def get_session_auth_fallback_hash(self) -> Iterator[str]:
        return (self._session_hash(secret=secret) for secret in settings.SECRET_KEY_FALLBACKS)

    def _session_hash(self, **secret) -> str:
        """Changes with the password and with every change of rights, and takes the sessions made before with it."""
        value = f"{self.password}:{self.rights_version}"
        return salted_hmac("accounts.User.session", value, algorithm="sha256", **secret).hexdigest()

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

    name = models.CharField(gettext_lazy("name"), max_length=100, unique=True)

    class Meta:
        verbose_name, verbose_name_plural = gettext_lazy("team"), gettext_lazy("teams")
        ordering = ["name"]
        permissions = PERMISSIONS

    def __str__(self) -> str:
        return self.name


def end_sessions(user_ids) -> None:
    User.objects.filter(pk__in=user_ids).update(rights_version=F("rights_version") + 1)


class Membership(models.Model):
    """A role that a person holds in a team, or, with ``team`` null, for the whole desk."""

    user = models.ForeignKey(
        User, verbose_name=gettext_lazy("user"), on_delete=models.CASCADE, related_name="memberships"
    )
    team = models.ForeignKey(
        Team,
        verbose_name=gettext_lazy("team"),
        on_delete=models.CASCADE,
        null=True,
        blank=True,
        related_name="memberships",
    )
    role = models.CharField(gettext_lazy("role"), max_length=20, choices=Role.choices)

    objects = MembershipQuerySet.as_manager()

    class Meta:
        verbose_name, verbose_name_plural = gettext_lazy("membership"), gettext_lazy("memberships")
        ordering = ["user", "team", "role"]
        constraints = [
            models.UniqueConstraint(fields=["user", "team", "role"], name="membership_team_role_unique"),
            models.UniqueConstraint(
                fields=["user", "role"], condition=Q(team__isnull=True), name="membership_desk_role_unique"
            ),
            models.CheckConstraint(
                condition=Q(team__isnull=False, role__in=TEAM_ROLES) | Q(team__isnull=True, role__in=DESK_ROLES),
                name="membership_role_fits_team",
                violation_error_message=gettext_lazy(
                    "Agents and team leads need a team; the other roles are for the whole desk."
                ),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user}: {self.in_words}"

    @transaction.atomic
    def save(self, **kwargs) -> None:
        """Together with the grants, which follow from ``accounts.grants``."""
        super().save(**kwargs)

    @property
    def in_words(self) -> str:
        where = self.team or _("whole desk")
        return f"{self.get_role_display()}, {where}"


class RoleGroup(Group):
    """Those who hold a role in a team, or for the whole desk: a group, whose grants are the matrix's.

    Made and filled by ``accounts.grants`` alone. Goes with its team.
    """

    role = models.CharField(gettext_lazy("role"), max_length=20, choices=Role.choices)
    team = models.ForeignKey(
        Team, verbose_name=gettext_lazy("team"), on_delete=models.CASCADE, null=True, related_name="role_groups"
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["team", "role"], name="role_group_team_unique"),
            models.UniqueConstraint(fields=["role"], condition=Q(team__isnull=True), name="role_group_desk_unique"),
        ]


class TeamUserObjectPermission(UserObjectPermissionBase):
    """A single grant: one permission for one person on one team. Goes with either."""

    content_object = models.ForeignKey(
        Team, verbose_name=gettext_lazy("content object"), on_delete=models.CASCADE, related_name="single_grants"
    )

    class Meta(UserObjectPermissionBase.Meta):
        abstract = False
        verbose_name = gettext_lazy("single grant")


class TeamGroupObjectPermission(GroupObjectPermissionBase):
    """What the group of a role is allowed on its team."""

    content_object = models.ForeignKey(
        Team, verbose_name=gettext_lazy("content object"), on_delete=models.CASCADE, related_name="role_grants"
    )

    class Meta(GroupObjectPermissionBase.Meta):
        abstract = False
        verbose_name = gettext_lazy("grant of a role")


class ApiToken(AbstractAuthToken):
    """A key for the API. Only its digest is stored; it carries its owner's rights, or less.

    Made and revoked by ``accounts.services.tokens`` alone.
    """

    # Its name in addresses, answers and logs. Knox would take the digest for it.
    uuid = models.UUIDField(gettext_lazy("uuid"), primary_key=True, default=uuid.uuid4, editable=False)
    digest = models.CharField(gettext_lazy("digest"), max_length=128, unique=True, editable=False)
    name = models.CharField(gettext_lazy("name"), max_length=100, default="API")
    is_read_only = models.BooleanField(gettext_lazy("read-only"), default=False)
    # To a minute.
    last_used_at = models.DateTimeField(gettext_lazy("last used"), null=True, editable=False)

    objects = AuthTokenManager.from_queryset(ApiTokenQuerySet)()

    class Meta:
        verbose_name, verbose_name_plural = gettext_lazy("API token"), gettext_lazy("API tokens")
        ordering = ["-created", "-uuid"]

    def __str__(self) -> str:
        return f"{self.name} ({self.token_key}…)"

    @property
    def is_expired(self) -> bool:
        return self.expiry is not None and self.expiry <= timezone.now()


class PasswordReset(PlannedMail):
    """Somebody asked for a link to set a password; whether anybody has the address is found out by a worker.

    With ``is_invitation`` it was an administrator, for somebody who has none yet.
    """

    uuid = models.UUIDField(gettext_lazy("uuid"), primary_key=True, default=uuid.uuid4, editable=False)
    # As typed, in small letters.
    address = models.CharField(gettext_lazy("address"), max_length=254)
    asked_at = models.DateTimeField(gettext_lazy("asked at"))
    is_invitation = models.BooleanField(gettext_lazy("is invitation"), default=False)

    class Meta:
        ordering = ["-asked_at"]
        indexes = [
            models.Index(fields=["next_try_at"], condition=Q(state="waiting"), name="password_reset_waiting"),
            models.Index(fields=["address", "asked_at"], name="password_reset_address"),
        ]

    def __str__(self) -> str:
        return f"Reset of {self.asked_at:%Y-%m-%d %H:%M}"


class AuditKind(models.TextChoices):
    SIGNED_IN = "signed_in", gettext_lazy("Signed in")
    SIGNED_OUT = "signed_out", gettext_lazy("Signed out")
    SIGN_IN_FAILED = "sign_in_failed", gettext_lazy("Sign-in failed")
    LOCKED_OUT = "locked_out", gettext_lazy("Locked out")
    PASSWORD_CHANGED = "password_changed", gettext_lazy("Password changed")
    REFUSED = "refused", gettext_lazy("Refused")
    ROLE_GRANTED = "role_granted", gettext_lazy("Role granted")
    ROLE_REVOKED = "role_revoked", gettext_lazy("Role revoked")
    GRANT_GIVEN = "grant_given", gettext_lazy("Single grant given")
    GRANT_TAKEN = "grant_taken", gettext_lazy("Single grant taken away")
    ACCOUNT_CHANGED = "account_changed", gettext_lazy("Account changed")
    TOKEN_CREATED = "token_created", gettext_lazy("Token created")
    TOKEN_REVOKED = "token_revoked", gettext_lazy("Token revoked")
    EXPORT_REQUESTED = "export_requested", gettext_lazy("Export asked for")
    EXPORT_DOWNLOADED = "export_downloaded", gettext_lazy("Export downloaded")
    EXPORT_REFUSED = "export_refused", gettext_lazy("Export stopped: access changed")
    TICKETS_DOWNLOADED = "tickets_downloaded", gettext_lazy("Tickets behind a figure downloaded")
    SCHEDULE_CREATED = "schedule_created", gettext_lazy("Schedule created")
    SCHEDULE_CHANGED = "schedule_changed", gettext_lazy("Schedule changed")
    SCHEDULE_DELETED = "schedule_deleted", gettext_lazy("Schedule deleted")
    AUDIT_DOWNLOADED = "audit_downloaded", gettext_lazy("Audit log downloaded")


class AuditEvent(models.Model):
    """Who did what, or was kept from it, when and from where. Rows are only added, by ``accounts.audit.record``.

    People are kept as numbers and words, so that rows outlive those they speak of. ``actor`` is who did it, empty for
    commands and workers; ``person`` whom it was done to. ``details`` has more words for machines, never a secret.
    """

    at = models.DateTimeField(gettext_lazy("at"), default=timezone.now, db_index=True)
    kind = models.CharField(gettext_lazy("kind"), max_length=20, choices=AuditKind.choices)
    actor_id = models.BigIntegerField(gettext_lazy("actor id"), null=True)
    actor = models.CharField(gettext_lazy("actor"), max_length=254, blank=True)
    person_id = models.BigIntegerField(gettext_lazy("person id"), null=True)
    person = models.CharField(gettext_lazy("person"), max_length=254, blank=True)
    subject = models.CharField(gettext_lazy("subject"), max_length=300, blank=True)
    details = models.JSONField(gettext_lazy("details"), default=dict)
    address = models.GenericIPAddressField(gettext_lazy("address"), null=True)
    request_id = models.CharField(gettext_lazy("request id"), max_length=36, blank=True)

    objects = AuditQuerySet.as_manager()

    class Meta:
        ordering = ["-at", "-pk"]
        indexes = [
            models.Index(fields=["kind", "-at"], name="audit_kind_at"),
            models.Index(fields=["actor_id", "-at"], name="audit_actor_at"),
            models.Index(fields=["person_id", "-at"], name="audit_person_at"),
            # Those who are gone, or had another address then, are found by what was written down.
            models.Index(Lower("actor"), F("at").desc(), name="audit_actor_text_at"),
            models.Index(Lower("person"), F("at").desc(), name="audit_person_text_at"),
            models.Index(fields=["address", "-at"], name="audit_address_at"),
        ]

    def __str__(self) -> str:
        return f"{self.at:%Y-%m-%d %H:%M} {self.get_kind_display()}: {self.subject}"

    def save(self, **kwargs) -> None:
        if not self._state.adding:
            raise TypeError("The audit log is only added to.")
        super().save(**kwargs)

    def delete(self, **kwargs) -> None:
        raise TypeError("The audit log is only added to.")

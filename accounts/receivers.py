"""What follows from a change by itself: grants from memberships, ended sessions, rows of the audit log."""

from typing import Any

from axes.signals import user_locked_out
from django.apps import apps
from django.contrib.auth import signals as auth_signals
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db.models.signals import post_delete, post_migrate, post_save, pre_delete, pre_save
from django.dispatch import receiver
from django.utils.translation import get_language, get_supported_language_variant

from accounts import grants
from accounts.audit import record
from accounts.languages import in_language_of_the_desk
from accounts.models import AuditKind, Membership, Team, TeamUserObjectPermission, User, end_sessions
from accounts.scope import forget

# --- Roles ------------------------------------------------------------------------------------------------------------


@receiver(pre_save, sender=Membership)
def _remember_the_role_before(instance: Membership, raw: bool = False, **kwargs) -> None:
    instance._before = Membership.objects.filter(pk=instance.pk).first() if instance.pk else None


@receiver(post_save, sender=Membership)
def _grant_the_role(instance: Membership, created: bool, **kwargs) -> None:
    before = instance._before
    if before and (before.user_id, before.team_id, before.role) != (instance.user_id, instance.team_id, instance.role):
        _record_role(AuditKind.ROLE_REVOKED, before)
        created = True
    if created:
        _record_role(AuditKind.ROLE_GRANTED, instance)
    _followed({instance.user_id, before.user_id if before else instance.user_id})
    # The person at hand may be signed in next.
    instance.user.refresh_from_db(fields=["rights_version"])


@receiver(pre_delete, sender=Membership)
def _remember_whose_role_it_was(instance: Membership, **kwargs) -> None:
    """Read while they are there: the row may go because its team or its person goes."""
    _ = instance.user, instance.team


@receiver(post_delete, sender=Membership)
def _revoke_the_role(instance: Membership, **kwargs) -> None:
    _record_role(AuditKind.ROLE_REVOKED, instance)
    _followed({instance.user_id})
    # Where the team went, the group of the role went with it, and there was nothing left to follow.
    end_sessions([instance.user_id])


def _followed(user_ids: set[int]) -> None:
    grants.follow(user_ids)
    forget()


def _record_role(kind: AuditKind, membership: Membership) -> None:
    with in_language_of_the_desk():
        words = membership.in_words
    record(kind, person=membership.user, subject=words, role=membership.role, team=membership.team_id)


@receiver(post_save, sender=Team)
def _rename_groups(instance: Team, created: bool, **kwargs) -> None:
    if not created:
        grants.rename_groups(instance)


# --- Single grants ----------------------------------------------------------------------------------------------------


@receiver(post_save, sender=TeamUserObjectPermission)
def _grant_given(instance: TeamUserObjectPermission, created: bool, **kwargs) -> None:
    if created:
        _record_grant(AuditKind.GRANT_GIVEN, instance)
        instance.user.end_sessions()


@receiver(pre_delete, sender=TeamUserObjectPermission)
def _remember_whose_grant_it_was(instance: TeamUserObjectPermission, **kwargs) -> None:
    _ = instance.user, instance.content_object, instance.permission


@receiver(post_delete, sender=TeamUserObjectPermission)
def _grant_taken(instance: TeamUserObjectPermission, **kwargs) -> None:
    _record_grant(AuditKind.GRANT_TAKEN, instance)
    end_sessions([instance.user_id])


def _record_grant(kind: AuditKind, grant: TeamUserObjectPermission) -> None:
    name, team = grant.permission.codename, grant.content_object
    record(kind, person=grant.user, subject=f"{name}, {team.name}", permission=name, team=grant.content_object_id)
    forget()


# --- Accounts ---------------------------------------------------------------------------------------------------------


@receiver(post_save, sender=User)
def _account_changed(instance: User, created: bool, **kwargs) -> None:
    if not created and (changed := instance.changed_rights()):
        words = ", ".join(f"{name} {value}" for name, value in changed.items())
        record(AuditKind.ACCOUNT_CHANGED, person=instance, subject=words, **changed)
        forget()


@receiver(post_save, sender=User)
def _password_changed(instance: User, created: bool, **kwargs) -> None:
    # A hash that is only made anew, at a sign-in after the way of hashing changed, is no change.
    is_new = instance._password is not None
    if not created and (is_new or instance.loses_password):
        record(AuditKind.PASSWORD_CHANGED, person=instance, subject="" if is_new else "taken away")
    instance.loses_password = False


@receiver(auth_signals.user_logged_in)
def _signed_in(user: User, **kwargs) -> None:
    if not user.language:
        # Theirs from now on, also in what is written to them while they are not here.
        user.language = get_supported_language_variant(get_language())
        User.objects.filter(pk=user.pk).update(language=user.language)
    record(AuditKind.SIGNED_IN, actor=user, person=user)


@receiver(auth_signals.user_logged_out)
def _signed_out(user: User | None, **kwargs) -> None:
    if user is not None:
        record(AuditKind.SIGNED_OUT, actor=user, person=user)


@receiver(auth_signals.user_login_failed)
def _sign_in_failed(credentials: dict[str, Any], **kwargs) -> None:
    record(AuditKind.SIGN_IN_FAILED, **_account(credentials.get("username")))


@receiver(user_locked_out)
def _locked_out(username: str | None, **kwargs) -> None:
    record(AuditKind.LOCKED_OUT, **_account(username))


# Sometimes a password is typed where the address belongs.
_NOT_KEPT = "no e-mail address"


def _account(typed: str | None) -> dict[str, Any]:
    """Whose account somebody tried to get into, as far as it may be kept."""
    typed = str(typed or "")
    person = User.objects.filter(email__iexact=typed).first()
    return {"person": person, "subject": typed if person or _is_email(typed) else _NOT_KEPT}


def _is_email(text: str) -> bool:
    try:
        validate_email(text)
    except ValidationError:
        return False
    return True


# --- The matrix -------------------------------------------------------------------------------------------------------


@receiver(post_migrate)
def _sync_capabilities(sender, apps=apps, **kwargs) -> None:
    """With every migration, so that a release that changes the matrix changes the grants; not back to before them."""
    if sender.name == "accounts" and "rolegroup" in apps.all_models["accounts"]:
        grants.sync_capabilities()

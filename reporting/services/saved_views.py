"""Saved views: questions that people keep under a name, and open again on another day with other rights."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import User
from memberpulse.errors import Conflict, InvalidParameter
from memberpulse.mail import one_line
from reporting.answers import REPORTS, asked, problem_with
from reporting.models import SavedView
from reporting.query import FILTERS, PERIOD_FIELDS

NAME_AT_MOST = 60
KEPT_AT_MOST = 50

# The parameters of a report, each with its values.
Params = Mapping[str, Sequence[str]]


@dataclass(frozen=True)
class Opened:
    """What can still be asked of a saved view; ``dropped`` names the parameters that lost a value."""

    params: Params
    dropped: tuple[str, ...] = ()


def save_view(*, owner: User, name: str, report_key: str, params: Params) -> SavedView:
    """The view, kept in the place of an earlier one of the same name.

    Raises InvalidParameter for a name or a question that cannot be used, CapabilityMissing, and Conflict where the
    person has as many as can be kept.
    """
    name = one_line(name)
    if not name:
        raise InvalidParameter("name", code="required", detail=_("Give the view a name."))
    if len(name) > NAME_AT_MOST:
        raise InvalidParameter(
            "name",
            code="too_long",
            detail=_("A name has at most %(letters)s letters.") % {"letters": NAME_AT_MOST},
        )
    if report_key not in REPORTS:
        raise InvalidParameter(
            "report", code="not_a_choice", detail=_("Choose one of %(choices)s.") % {"choices": ", ".join(REPORTS)}
        )
    with asked(report_key, user=owner, params=params):
        """Asking is enough to see whether it can be answered."""
    with transaction.atomic():
        User.objects.select_for_update(no_key=True).get(pk=owner.pk)
        views = SavedView.objects.filter(owner=owner)
        if views.exclude(name=name).count() >= KEPT_AT_MOST:
            raise Conflict(
                _("You keep %(count)s views, which is as many as there is room for. Delete one first.")
                % {"count": KEPT_AT_MOST}
            )
        wanted = {"report_key": report_key, "params": {key: list(values) for key, values in params.items()}}
        return views.update_or_create(owner=owner, name=name, defaults=wanted)[0]


def open_view(view: SavedView) -> Opened:
    """The view as far as its owner may still ask it: values that are no longer a choice are left out.

    As it was kept, where they may not see its report any more: its page says so.
    """
    params: Params = view.params
    dropped: list[str] = []
    while problem := problem_with(view.report_key, user=view.owner, params=params):
        dropped.append(problem.field)
        left = _without_fault(view, params, problem.field)
        # What no single parameter is to blame for is asked without any.
        params = left if left != params else {}
    return Opened(params, tuple(dropped))


def _without_fault(view: SavedView, params: Params, name: str) -> Params:
    values = params.get(name, ()) if name in FILTERS else ()
    kept = [value for value in values if not problem_with(view.report_key, user=view.owner, params={name: [value]})]
    # Dates say something only together.
    gone = PERIOD_FIELDS if name in PERIOD_FIELDS else (name,)
    others = {key: values for key, values in params.items() if key not in gone}
    return {**others, name: kept} if kept else others


@transaction.atomic
def start_with(view: SavedView, *, is_start: bool) -> None:
    """Makes the view the one that its owner's reports open with, in the place of any other; or no longer."""
    User.objects.select_for_update(no_key=True).get(pk=view.owner_id)
    SavedView.objects.filter(owner=view.owner_id, is_start=True).update(is_start=False)
    if is_start:
        SavedView.objects.filter(pk=view.pk).update(is_start=True)

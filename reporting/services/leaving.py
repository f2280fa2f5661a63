"""What of the reports hangs on a person or on a team, in sentences, for whoever is about to take them out of it."""

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.models import Team, User
from memberpulse.formats import number
from reporting.models import Export, ExportState, MetricEvent, Schedule


def what_stops(person: User) -> list[str]:
    exports = Export.objects.owned_by(person)
    sentences = []
    if count := exports.filter(state__in=[ExportState.QUEUED, ExportState.RUNNING]).count():
        sentences.append(
            ngettext("%s export under way will not be finished.", "%s exports under way will not be finished.", count)
            % number(count)
        )
    if count := exports.filter(state=ExportState.READY, expires_at__gt=timezone.now()).count():
        sentences.append(
            ngettext(
                "%s finished export cannot be downloaded any more.",
                "%s finished exports cannot be downloaded any more.",
                count,
            )
            % number(count)
        )
    if count := Schedule.objects.filter(owner=person).exclude(next_due=None).count():
        sentences.append(
            ngettext("%s schedule will be paused when next due.", "%s schedules will be paused when next due.", count)
            % number(count)
        )
    return sentences


def what_keeps(team: Team) -> list[str]:
    return [_("Figures of reports that count for %s") % team] if MetricEvent.objects.filter(team=team).exists() else []

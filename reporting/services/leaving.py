"""What of the reports hangs on a person or on a team, in sentences, for whoever is about to take them out of it."""

from django.utils import timezone

from accounts.models import Team, User
from reporting.models import Export, ExportState, MetricEvent, Schedule


def what_stops(person: User) -> list[str]:
    exports = Export.objects.owned_by(person)
    sentences = []
    if count := exports.filter(state__in=[ExportState.QUEUED, ExportState.RUNNING]).count():
        sentences.append(f"{count} export{'s' if count > 1 else ''} under way will not be finished.")
    if count := exports.filter(state=ExportState.READY, expires_at__gt=timezone.now()).count():
        sentences.append(f"{count} finished export{'s' if count > 1 else ''} cannot be downloaded any more.")
    if count := Schedule.objects.filter(owner=person).exclude(next_due=None).count():
        sentences.append(f"{count} schedule{'s' if count > 1 else ''} will be paused when next due.")
    return sentences


def what_keeps(team: Team) -> list[str]:
    return [f"Figures of reports that count for {team}"] if MetricEvent.objects.filter(team=team).exists() else []

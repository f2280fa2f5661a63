"""What forms of calendars and SLA targets have in common: the moment from which a version holds."""

from datetime import datetime, timedelta

from django import forms
from django.contrib.admin.widgets import AdminSplitDateTime
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

# Long enough for a form to be sent after its minute was chosen.
_TOLERANCE = timedelta(minutes=1)
AHEAD_YEARS = 5


class VersionForm(forms.ModelForm):
    """Says at the field why a version cannot be put in force."""

    valid_from = forms.SplitDateTimeField(required=False, widget=AdminSplitDateTime, label=gettext_lazy("Valid from"))

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        zone = timezone.get_current_timezone_name()
        self.fields["valid_from"].help_text = _(
            "Empty: from now on. Or a moment at most %(years)s years ahead, in %(zone)s; until it has "
            "come, the version can be changed or taken back."
        ) % {"years": AHEAD_YEARS, "zone": zone}

    def clean_valid_from(self) -> datetime:
        now = timezone.now()
        valid_from = self.cleaned_data["valid_from"] or now
        if valid_from < now - _TOLERANCE:
            raise forms.ValidationError(_("A new version holds from now or later: past figures would change."))
        if valid_from > now + timedelta(days=366 * AHEAD_YEARS):
            raise forms.ValidationError(_("That is more than %(years)s years ahead.") % {"years": AHEAD_YEARS})
        return max(valid_from, now)

"""``manage.py prepare``: brings database, static files and demo desk up to date; again, it costs next to nothing."""

from io import StringIO

from django.conf import settings
from django.contrib.staticfiles.management.commands import collectstatic
from django.core.files.storage import storages
from django.core.management import call_command
from django.core.management.base import BaseCommand

# Names with hashes, as in production, but not compressed: that takes half a minute and gains nothing on one machine.
STATIC_STORAGE = "django.contrib.staticfiles.storage.ManifestStaticFilesStorage"


class Command(BaseCommand):
    help = "Migrates the database, collects static files and, in development, loads the demo desk once."

    def handle(self, **options):
        self.stdout.write("Preparing the database and the static files.")
        self.stdout.flush()
        call_command("migrate", interactive=False, verbosity=0)
        collect_static()
        if not settings.PRODUCTION:
            # Its progress is on stderr, and the accounts it made are told by `up` once they can be used.
            call_command("seed_demo", "--once", stdout=StringIO())


def collect_static() -> None:
    command = collectstatic.Command()
    # Chosen here, because the settings ask for hashed names only where they exist already.
    command.storage = storages.create_storage({"BACKEND": STATIC_STORAGE})
    call_command(command, interactive=False, verbosity=0)

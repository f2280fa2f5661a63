"""``manage.py sync_capabilities``: permissions, groups and who is in them, as the matrix and the memberships say."""

from django.core.management.base import BaseCommand

from accounts.grants import sync_capabilities


class Command(BaseCommand):
    help = (
        "Brings grants to what the capabilities matrix and the memberships say. Runs after every migration by itself."
    )

    def handle(self, **options) -> None:
        mended = sync_capabilities()
        if any(mended.values()):
            self.stdout.write(f"Mended: groups {mended['groups']}, people {mended['people']}.")
        else:
            self.stdout.write("Everything is as the matrix says.")

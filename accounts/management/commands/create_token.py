"""``manage.py create_token EMAIL``: a key for the API."""

from django.core.management.base import BaseCommand, CommandError

from accounts.models import User
from accounts.services.tokens import DEFAULT_DAYS, create_token
from memberpulse.errors import Refusal


class Command(BaseCommand):
    help = "Creates an API token for a person and prints it, alone on the last line. It cannot be shown again."

    def add_arguments(self, parser) -> None:
        parser.add_argument("email", help="the person's e-mail address")
        parser.add_argument("--name", default="Command line", help="what the token is for, as listed later")
        parser.add_argument("--days", type=int, default=DEFAULT_DAYS, help="how long it is valid, default %(default)s")
        parser.add_argument("--read-only", action="store_true", help="it changes nothing and asks for no exports")

    def handle(self, *, email: str, name: str, days: int, read_only: bool, **options) -> None:
        user = User.objects.filter(email__iexact=email, is_active=True).first()
        if user is None:
            raise CommandError(f"No active person has the address {email}.")
        try:
            token, secret = create_token(owner=user, name=name, days=days, is_read_only=read_only)
        except Refusal as refusal:
            raise CommandError(str(refusal.detail)) from None
        kind = "Read-only token" if token.is_read_only else "Token"
        self.stderr.write(f"{kind} “{token.name}” for {user.email}, valid until {token.expiry:%Y-%m-%d}. Send it as")
        self.stderr.write("Authorization: Token …")
        self.stdout.write(secret)

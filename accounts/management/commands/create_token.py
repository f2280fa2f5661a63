"""``manage.py create_token EMAIL``: a key for the API."""

from django.core.management.base import BaseCommand, CommandError

from accounts.models import ApiToken, User


class Command(BaseCommand):
    help = "Creates an API token for a person and prints it, alone on the last line. It cannot be shown again."

    def add_arguments(self, parser) -> None:
        parser.add_argument("email", help="the person's e-mail address")
        parser.add_argument("--name", default="Command line", help="what the token is for, as listed later")

    def handle(self, *, email: str, name: str, **options) -> None:
        user = User.objects.filter(email__iexact=email, is_active=True).first()
        if user is None:
            raise CommandError(f"No active person has the address {email}.")
        token, secret = ApiToken.objects.create(user, name=name)
        self.stderr.write(f"Token “{name}” for {user.email}, valid until {token.expiry:%Y-%m-%d}. Send it as")
        self.stderr.write("Authorization: Token …")
        self.stdout.write(secret)

from django.db import migrations, models


class Migration(migrations.Migration):
    """What a token needs beside its digest. Its uuid is still empty: the next migration fills it."""

    dependencies = [("accounts", "0002_capabilities_and_audit")]

    operations = [
        migrations.AddField("apitoken", "uuid", models.UUIDField(null=True, editable=False)),
        migrations.AddField("apitoken", "is_read_only", models.BooleanField(default=False, verbose_name="read-only")),
        migrations.AddField(
            "apitoken", "last_used_at", models.DateTimeField(editable=False, null=True, verbose_name="last used")
        ),
    ]

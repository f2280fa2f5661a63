import uuid

from django.db import migrations, models


class Migration(migrations.Migration):
    """The uuid becomes the primary key in place of the digest, which must not stand in addresses."""

    dependencies = [("accounts", "0004_api_token_names")]

    operations = [
        # In three steps, back and forth: PostgreSQL takes no second primary key, and no null in the first.
        migrations.AlterField("apitoken", "uuid", models.UUIDField(default=uuid.uuid4, editable=False)),
        migrations.AlterField("apitoken", "digest", models.CharField(editable=False, max_length=128, unique=True)),
        migrations.AlterField(
            "apitoken", "uuid", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)
        ),
        migrations.AlterModelOptions(
            "apitoken", options={"ordering": ["-created", "-uuid"], "verbose_name": "API token"}
        ),
    ]

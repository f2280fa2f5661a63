import uuid

from django.db import migrations


def name_tokens(apps, schema_editor):
    tokens = apps.get_model("accounts", "ApiToken").objects.filter(uuid=None)
    for digest in tokens.values_list("pk", flat=True):
        tokens.filter(pk=digest).update(uuid=uuid.uuid4())


class Migration(migrations.Migration):
    """Tokens from before get a uuid."""

    dependencies = [("accounts", "0003_api_token")]

    operations = [migrations.RunPython(name_tokens, migrations.RunPython.noop)]

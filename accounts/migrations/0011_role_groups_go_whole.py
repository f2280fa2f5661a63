from django.db import migrations


def take_groups_away(apps, schema_editor):
    role_groups = apps.get_model("accounts", "RoleGroup").objects.values_list("pk", flat=True)
    apps.get_model("auth", "Group").objects.filter(pk__in=list(role_groups)).delete()


class Migration(migrations.Migration):
    """On the way back, groups of roles go with their table: the plain groups that are left would be in the way."""

    dependencies = [("accounts", "0010_people"), ("auth", "0012_alter_user_first_name_max_length")]

    operations = [migrations.RunPython(migrations.RunPython.noop, take_groups_away)]

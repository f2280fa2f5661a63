"""The database itself refuses to change the audit log, whoever asks it to."""

from django.db import migrations

SENTENCE = 'The audit log is only added to.'

POSTGRESQL = f"""
CREATE FUNCTION accounts_audit_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '{SENTENCE}' USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER accounts_audit_append_only BEFORE UPDATE OR DELETE ON accounts_auditevent
    FOR EACH STATEMENT EXECUTE FUNCTION accounts_audit_refuse();
"""
POSTGRESQL_BACK = """
DROP TRIGGER accounts_audit_append_only ON accounts_auditevent;
DROP FUNCTION accounts_audit_refuse();
"""
# SQLite drops a table's triggers when a migration has to make the table anew; a test sees to it that they are there.
SQLITE = {
    f'accounts_audit_no_{what.lower()}': (
        f'CREATE TRIGGER accounts_audit_no_{what.lower()} BEFORE {what} ON accounts_auditevent '
        f"BEGIN SELECT RAISE(ABORT, '{SENTENCE}'); END"
    )
    for what in ('UPDATE', 'DELETE')
}


def refuse(apps, schema_editor):
    statements = [POSTGRESQL] if schema_editor.connection.vendor == 'postgresql' else SQLITE.values()
    for statement in statements:
        schema_editor.execute(statement)


def allow(apps, schema_editor):
    is_postgresql = schema_editor.connection.vendor == 'postgresql'
    statements = [POSTGRESQL_BACK] if is_postgresql else [f'DROP TRIGGER IF EXISTS {name}' for name in SQLITE]
    for statement in statements:
        schema_editor.execute(statement)


class Migration(migrations.Migration):

    dependencies = [
        ('accounts', '0007_audit_downloaded'),
    ]

    operations = [
        migrations.RunPython(refuse, allow),
    ]

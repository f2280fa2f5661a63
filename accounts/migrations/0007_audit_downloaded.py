from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('accounts', '0006_password_reset'),
    ]

    operations = [
        migrations.AlterField(
            model_name='auditevent',
            name='kind',
            field=models.CharField(choices=[('signed_in', 'Signed in'), ('signed_out', 'Signed out'), ('sign_in_failed', 'Sign-in failed'), ('locked_out', 'Locked out'), ('password_changed', 'Password changed'), ('refused', 'Refused'), ('role_granted', 'Role granted'), ('role_revoked', 'Role revoked'), ('grant_given', 'Single grant given'), ('grant_taken', 'Single grant taken away'), ('account_changed', 'Account changed'), ('token_created', 'Token created'), ('token_revoked', 'Token revoked'), ('export_requested', 'Export asked for'), ('export_downloaded', 'Export downloaded'), ('export_refused', 'Export stopped: access changed'), ('audit_downloaded', 'Audit log downloaded')], max_length=20),
        ),
    ]

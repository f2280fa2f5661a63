from django.db import migrations, models
from django.db.models.functions import Lower


class Migration(migrations.Migration):

    dependencies = [
        ('accounts', '0008_audit_append_only'),
    ]

    operations = [
        migrations.AddIndex(
            model_name='auditevent',
            index=models.Index(Lower('actor'), models.OrderBy(models.F('at'), descending=True), name='audit_actor_text_at'),
        ),
        migrations.AddIndex(
            model_name='auditevent',
            index=models.Index(Lower('person'), models.OrderBy(models.F('at'), descending=True), name='audit_person_text_at'),
        ),
        migrations.AddIndex(
            model_name='auditevent',
            index=models.Index(fields=['address', '-at'], name='audit_address_at'),
        ),
    ]

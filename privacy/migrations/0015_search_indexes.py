"""Indexes of tables that are written to meanwhile."""

from django.db import migrations, models

from portal.indexes import AddIndexBesideWriters


class Migration(migrations.Migration):
    atomic = False

    dependencies = [
        ('privacy', '0015_search'),
    ]

    operations = [
        AddIndexBesideWriters(
            model_name='identitydigest',
            index=models.Index(condition=models.Q(('value_digest__isnull', False)), fields=['value_digest'], name='identity_by_value'),
        ),
        AddIndexBesideWriters(
            model_name='job',
            index=models.Index(condition=models.Q(('extra_adobe_job_ids', []), _negated=True), fields=['organization'], name='job_doubled'),
        ),
        AddIndexBesideWriters(
            model_name='optout',
            index=models.Index(condition=models.Q(('to_index_at__isnull', False)), fields=['to_index_at'], name='opt_out_to_index'),
        ),
        AddIndexBesideWriters(
            model_name='privacyrequest',
            index=models.Index(condition=models.Q(('to_index_at__isnull', False)), fields=['to_index_at'], name='request_to_index'),
        ),
    ]

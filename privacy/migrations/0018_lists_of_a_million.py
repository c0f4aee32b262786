"""Indexes of the lists by due date and by product; both tables are written to meanwhile."""

from django.db import migrations, models

from portal.indexes import AddIndexBesideWriters


class Migration(migrations.Migration):
    atomic = False

    dependencies = [
        ("privacy", "0017_remembered_mappings"),
    ]

    operations = [
        AddIndexBesideWriters(
            model_name='privacyrequest',
            index=models.Index(condition=models.Q(('answered_on__isnull', True)), fields=['due_on', 'id'], name='request_next_due'),
        ),
        AddIndexBesideWriters(
            model_name='privacyrequest',
            index=models.Index(condition=models.Q(('due_on__isnull', False)), fields=['due_on', 'id'], name='request_by_due'),
        ),
        AddIndexBesideWriters(
            model_name='productresponse',
            index=models.Index(condition=models.Q(('status', 'complete'), _negated=True), fields=['product_code', 'status', '-job'], name='product_not_complete'),
        ),
    ]

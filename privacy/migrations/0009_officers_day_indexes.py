"""Indexes of tables that are written to meanwhile."""

from django.db import migrations, models

from portal.indexes import AddIndexBesideWriters


class Migration(migrations.Migration):
    atomic = False

    dependencies = [
        ("privacy", "0008_officers_day"),
    ]

    operations = [
        AddIndexBesideWriters(
            model_name='datasubject',
            index=models.Index(condition=models.Q(('officer_key_digest__isnull', False)), fields=['officer_key_digest'], name='subject_by_officer_key'),
        ),
        AddIndexBesideWriters(
            model_name='job',
            index=models.Index(condition=models.Q(('status', 'complete'), _negated=True), fields=['organization', 'status', '-id'], name='job_not_complete'),
        ),
        AddIndexBesideWriters(
            model_name='job',
            index=models.Index(condition=models.Q(('finished_at__isnull', False)), fields=['organization', 'finished_at'], name='job_finished'),
        ),
        AddIndexBesideWriters(
            model_name='privacyrequest',
            index=models.Index(condition=models.Q(('assignee__isnull', False)), fields=['assignee'], name='request_by_assignee'),
        ),
        AddIndexBesideWriters(
            model_name='privacyrequest',
            index=models.Index(condition=models.Q(('answered_on__isnull', True)), fields=['organization', 'due_on'], name='request_unanswered'),
        ),
        AddIndexBesideWriters(
            model_name='submission',
            index=models.Index(condition=models.Q(('adobe_request_id', ''), _negated=True), fields=['adobe_request_id'], name='submission_by_adobe_id'),
        ),
    ]

"""Indexes of the audit trail, which is written to meanwhile."""

from django.db import migrations, models

from portal.indexes import AddIndexBesideWriters


class Migration(migrations.Migration):
    atomic = False

    dependencies = [
        ("portal", "0012_passes"),
    ]

    operations = [
        AddIndexBesideWriters(
            model_name="auditevent",
            index=models.Index(condition=models.Q(("root_id", "")), fields=["object_id"], name="audit_by_object"),
        ),
        AddIndexBesideWriters(
            model_name="auditevent",
            index=models.Index(condition=models.Q(("root_id", "")), fields=["action"], name="audit_by_action"),
        ),
    ]

"""When the figures of a day are counted, and what they are counted by."""

from django.db import migrations, models

from portal.indexes import AddIndexBesideWriters


class Migration(migrations.Migration):
    atomic = False

    dependencies = [
        ("privacy", "0010_extensions"),
    ]

    operations = [
        migrations.AddField(
            model_name="countedday",
            name="next_count_at",
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name="countedday",
            name="lease",
            field=models.UUIDField(editable=False, null=True),
        ),
        migrations.AlterField(
            model_name="dayfigure",
            name="kind",
            field=models.CharField(choices=[("submitted", "Submitted"), ("complete", "Completed"), ("failed", "Finished with errors"), ("open", "Open now")], max_length=12),
        ),
        migrations.AddIndex(
            model_name="countedday",
            index=models.Index(condition=models.Q(("next_count_at__isnull", False)), fields=["next_count_at"], name="day_to_count"),
        ),
        AddIndexBesideWriters(
            model_name="submission",
            index=models.Index(condition=models.Q(("state", "sent")), fields=["settled_at"], name="submission_taken"),
        ),
    ]

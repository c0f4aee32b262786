"""When passes of background work began and ended, and the words of the two tables in the administration."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("portal", "0011_notices_of_expirations"),
    ]

    operations = [
        migrations.AlterModelOptions(
            name="runtimesetting",
            options={"verbose_name": "setting", "verbose_name_plural": "settings"},
        ),
        migrations.AlterModelOptions(
            name="steprun",
            options={"verbose_name": "periodic task", "verbose_name_plural": "periodic tasks"},
        ),
        migrations.AddField(model_name="steprun", name="done_at", field=models.DateTimeField(null=True)),
        migrations.AddField(model_name="steprun", name="error", field=models.CharField(blank=True, db_default="", max_length=60)),
        migrations.AddField(model_name="steprun", name="failed_at", field=models.DateTimeField(null=True)),
        migrations.AddField(model_name="steprun", name="idle_at", field=models.DateTimeField(null=True)),
        migrations.AddField(model_name="wakeup", name="began_at", field=models.DateTimeField(null=True)),
    ]

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("portal", "0010_fewer_indexes"),
    ]

    operations = [
        migrations.AlterField(
            model_name="notice",
            name="number",
            field=models.CharField(max_length=40),
        ),
        migrations.AlterField(
            model_name="notice",
            name="kind",
            field=models.CharField(
                choices=[
                    ("assigned", "Given to you"),
                    ("due_soon", "Due soon"),
                    ("overdue", "Overdue"),
                    ("failed", "Finished with errors"),
                    ("attention", "Needs a person"),
                    ("complete", "Complete"),
                    ("results_ready", "Results ready"),
                    ("results_expiring", "Results about to expire at Adobe"),
                    ("dataset_expiring", "Dataset about to be removed"),
                    ("refused", "Refused by Adobe"),
                ],
                max_length=20,
            ),
        ),
    ]

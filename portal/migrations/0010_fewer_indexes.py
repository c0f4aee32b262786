import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

from portal.indexes import DropForeignKeyIndexBesideWriters


class Migration(migrations.Migration):
    atomic = False

    dependencies = [
        ("portal", "0009_notices"),
    ]

    operations = [
        DropForeignKeyIndexBesideWriters(
            model_name="auditleaf",
            name="seal",
            field=models.ForeignKey(
                db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name="leaves", to="portal.auditseal"
            ),
        ),
        DropForeignKeyIndexBesideWriters(
            model_name="calltally",
            name="organization",
            field=models.ForeignKey(
                db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name="call_tallies", to="portal.organization"
            ),
        ),
        DropForeignKeyIndexBesideWriters(
            model_name="idempotencykey",
            name="user",
            field=models.ForeignKey(
                db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name="+", to=settings.AUTH_USER_MODEL
            ),
        ),
        DropForeignKeyIndexBesideWriters(
            model_name="jobday",
            name="organization",
            field=models.ForeignKey(
                db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name="job_days", to="portal.organization"
            ),
        ),
        DropForeignKeyIndexBesideWriters(
            model_name="notice",
            name="user",
            field=models.ForeignKey(
                db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name="notices", to=settings.AUTH_USER_MODEL
            ),
        ),
        DropForeignKeyIndexBesideWriters(
            model_name="savedview",
            name="owner",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="saved_views",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        DropForeignKeyIndexBesideWriters(
            model_name="webhookdelivery",
            name="endpoint",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="deliveries",
                to="portal.webhookendpoint",
            ),
        ),
    ]

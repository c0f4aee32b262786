import django.db.models.deletion
from django.db import migrations, models

from portal.indexes import DropForeignKeyIndexBesideWriters


class Migration(migrations.Migration):
    atomic = False

    dependencies = [
        ("hygiene", "0003_words_in_admin"),
        ("portal", "0010_fewer_indexes"),
    ]

    operations = [
        DropForeignKeyIndexBesideWriters(
            model_name="datasetexpiration",
            name="organization",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="dataset_expirations",
                to="portal.organization",
            ),
        ),
        DropForeignKeyIndexBesideWriters(
            model_name="quotareading",
            name="organization",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="quota_readings",
                to="portal.organization",
            ),
        ),
        DropForeignKeyIndexBesideWriters(
            model_name="recorddelete",
            name="organization",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="record_deletes",
                to="portal.organization",
            ),
        ),
        DropForeignKeyIndexBesideWriters(
            model_name="serviceprogress",
            name="work_order",
            field=models.ForeignKey(
                db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name="services", to="hygiene.workorder"
            ),
        ),
        DropForeignKeyIndexBesideWriters(
            model_name="workorder",
            name="organization",
            field=models.ForeignKey(
                db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name="work_orders", to="portal.organization"
            ),
        ),
        DropForeignKeyIndexBesideWriters(
            model_name="workorder",
            name="record_delete",
            field=models.ForeignKey(
                db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name="work_orders", to="hygiene.recorddelete"
            ),
        ),
    ]

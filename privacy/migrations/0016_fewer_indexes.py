import django.db.models.deletion
from django.db import migrations, models

from portal.indexes import DropForeignKeyIndexBesideWriters


class Migration(migrations.Migration):
    atomic = False

    dependencies = [
        ("portal", "0010_fewer_indexes"),
        ("privacy", "0012_duplicates"),
    ]

    operations = [
        DropForeignKeyIndexBesideWriters(
            model_name="adobeevent",
            name="source",
            field=models.ForeignKey(
                db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name="events", to="privacy.eventsource"
            ),
        ),
        DropForeignKeyIndexBesideWriters(
            model_name="consentcall",
            name="opt_out",
            field=models.ForeignKey(
                db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name="calls", to="privacy.optout"
            ),
        ),
        DropForeignKeyIndexBesideWriters(
            model_name="countedday",
            name="organization",
            field=models.ForeignKey(
                db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name="counted_days", to="portal.organization"
            ),
        ),
        DropForeignKeyIndexBesideWriters(
            model_name="datasubject",
            name="request",
            field=models.ForeignKey(
                db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name="subjects", to="privacy.privacyrequest"
            ),
        ),
        DropForeignKeyIndexBesideWriters(
            model_name="dayfigure",
            name="organization",
            field=models.ForeignKey(
                db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name="day_figures", to="portal.organization"
            ),
        ),
        DropForeignKeyIndexBesideWriters(
            model_name="job",
            name="organization",
            field=models.ForeignKey(
                db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name="jobs", to="portal.organization"
            ),
        ),
        DropForeignKeyIndexBesideWriters(
            model_name="job",
            name="request",
            field=models.ForeignKey(
                db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name="jobs", to="privacy.privacyrequest"
            ),
        ),
        DropForeignKeyIndexBesideWriters(
            model_name="job",
            name="subject",
            field=models.ForeignKey(
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="jobs",
                to="privacy.datasubject",
            ),
        ),
        DropForeignKeyIndexBesideWriters(
            model_name="joblisting",
            name="organization",
            field=models.ForeignKey(
                db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name="job_listings", to="portal.organization"
            ),
        ),
        DropForeignKeyIndexBesideWriters(
            model_name="lawdeadline",
            name="law",
            field=models.ForeignKey(
                db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name="deadlines", to="privacy.law"
            ),
        ),
        DropForeignKeyIndexBesideWriters(
            model_name="optout",
            name="organization",
            field=models.ForeignKey(
                db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name="opt_outs", to="portal.organization"
            ),
        ),
        DropForeignKeyIndexBesideWriters(
            model_name="othersystem",
            name="organization",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="other_systems",
                to="portal.organization",
            ),
        ),
        DropForeignKeyIndexBesideWriters(
            model_name="privacyrequest",
            name="organization",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="privacy_requests",
                to="portal.organization",
            ),
        ),
        DropForeignKeyIndexBesideWriters(
            model_name="productresponse",
            name="job",
            field=models.ForeignKey(
                db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name="product_responses", to="privacy.job"
            ),
        ),
        DropForeignKeyIndexBesideWriters(
            model_name="productresponse",
            name="request",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="product_responses",
                to="privacy.privacyrequest",
            ),
        ),
        DropForeignKeyIndexBesideWriters(
            model_name="submission",
            name="request",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="submissions",
                to="privacy.privacyrequest",
            ),
        ),
        DropForeignKeyIndexBesideWriters(
            model_name="systemdone",
            name="request",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="systems_done",
                to="privacy.privacyrequest",
            ),
        ),
    ]

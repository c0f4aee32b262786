"""People of an upload who have an open request already, each with what the officer chose."""

import django.db.models.deletion
from django.db import migrations, models

import portal.crypto.fields
import portal.ids


class Migration(migrations.Migration):

    dependencies = [
        ('privacy', '0015_search_indexes'),
    ]

    operations = [
        migrations.CreateModel(
            name='Duplicate',
            fields=[
                ('id', models.UUIDField(default=portal.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ('row', models.PositiveIntegerField()),
                ('found_sealed', portal.crypto.fields.SealedField(null=True)),
                ('left_out', models.BooleanField(null=True)),
                ('upload', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='duplicates', to='privacy.upload')),
            ],
            options={
                'ordering': ['row'],
                'constraints': [models.UniqueConstraint(fields=('upload', 'row'), name='duplicate_row')],
            },
        ),
    ]

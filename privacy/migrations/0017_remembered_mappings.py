"""What the columns of the last table with one header were."""

import django.db.models.deletion
import django.utils.timezone
from django.db import migrations, models

import portal.crypto.fields
import portal.ids


class Migration(migrations.Migration):

    dependencies = [
        ('privacy', '0016_fewer_indexes'),
    ]

    operations = [
        migrations.CreateModel(
            name='RememberedMapping',
            fields=[
                ('id', models.UUIDField(default=portal.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ('header_digest', models.BinaryField()),
                ('mapping_sealed', portal.crypto.fields.SealedField(null=True)),
                ('chosen_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('organization', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='remembered_mappings', to='portal.organization')),
                ('table', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='privacy.tableimport')),
            ],
            options={
                'ordering': ['-chosen_at', '-id'],
                'constraints': [models.UniqueConstraint(fields=('organization', 'header_digest'), name='mapping_of_header_once')],
            },
        ),
    ]

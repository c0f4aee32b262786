"""What the search box needs: digests of values in any namespace and of opt-outs, and which rows still have to get theirs."""

import django.db.models.deletion
import django.db.models.functions.datetime
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('privacy', '0011_figures'),
    ]

    operations = [
        migrations.CreateModel(
            name='OptOutDigest',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('digest', models.BinaryField()),
                ('opt_out', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='digests', to='privacy.optout')),
            ],
            options={
                'indexes': [models.Index(fields=['digest'], name='opt_out_by_digest')],
            },
        ),
        migrations.AddField(
            model_name='identitydigest',
            name='value_digest',
            field=models.BinaryField(null=True),
        ),
        migrations.AddField(
            model_name='optout',
            name='to_index_at',
            field=models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), default=None, editable=False, null=True),
        ),
        migrations.AddField(
            model_name='privacyrequest',
            name='to_index_at',
            field=models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), default=None, editable=False, null=True),
        ),
    ]

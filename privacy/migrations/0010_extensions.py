"""How far each shipped law lets a due date be moved, as a number. What an administrator has changed stays as it is."""

from __future__ import annotations

from django.apps.registry import Apps
from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

from privacy.shipped.filling import add_extensions


def fill(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """Where the deadline stands as it shipped."""
    add_extensions(apps, schema_editor.connection.alias)


class Migration(migrations.Migration):
    """Data alone."""

    dependencies = (("privacy", "0009_officers_day_indexes"),)
    operations = (migrations.RunPython(fill, migrations.RunPython.noop),)

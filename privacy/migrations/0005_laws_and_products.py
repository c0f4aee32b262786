"""The tables of laws and products start with what ships. Later releases add theirs after each migration (`shipped.filling`)."""

from __future__ import annotations

from django.apps.registry import Apps
from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

from privacy.shipped.filling import add_missing


def fill(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """Add what is missing."""
    add_missing(apps, schema_editor.connection.alias)


class Migration(migrations.Migration):
    """Data alone."""

    dependencies = (("privacy", "0004_whole_brief"),)
    operations = (migrations.RunPython(fill, migrations.RunPython.noop),)

"""WSGI entry point for gunicorn."""

import os

from django.core.wsgi import get_wsgi_application

# Celery's app must exist before the first task is published from a web process.
from portal.celery import app as celery_app

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings")

application = get_wsgi_application()

__all__ = ["application", "celery_app"]

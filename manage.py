#!/usr/bin/env python
"""Django's command line for the privacy portal."""

import os
import sys

from django.core.management import execute_from_command_line

from portal.demo import environment

if __name__ == "__main__":
    if sys.argv[1:2] == ["demo"]:
        # Before Django reads its settings: the demo brings its own, and works in an empty environment.
        environment.enter(os.environ)
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings")
    execute_from_command_line(sys.argv)

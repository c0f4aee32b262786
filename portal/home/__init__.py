"""The home page: what needs a person now, and below it how the work goes. Each app brings its part with registry.add_home."""

from portal.home.panels import Button, Need, Panel, Part
from portal.home.view import Narrowed, home

__all__ = ["Button", "Narrowed", "Need", "Panel", "Part", "home"]

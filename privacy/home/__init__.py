"""What this app brings to the home page."""

from privacy.home.parts import read

__all__ = ["read"]

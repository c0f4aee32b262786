"""The report for a regulator or for management: how many were asked for, answered, in time, extended, refused, by month."""

from privacy.reporting.asked import Asked
from privacy.reporting.counting import Line, Report, made, requests_of
from privacy.reporting.measures import MEASURES, Measure, counted

__all__ = ["MEASURES", "Asked", "Line", "Measure", "Report", "counted", "made", "requests_of"]

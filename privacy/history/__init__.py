"""What was: the figures of past days, how long products took, and the forecast that follows from it."""

from privacy.history.forecast import Forecast, Usual, likely_done, times_of, usual, usual_of
from privacy.history.times import Times, hours_words

__all__ = ["Forecast", "Times", "Usual", "hours_words", "likely_done", "times_of", "usual", "usual_of"]

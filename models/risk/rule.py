"""The seven-day rule: who was not here for seven days needs a look. First version, fallback, and the one to beat."""

import numpy as np

from models.metrics import Numbers

DAYS = 7.0
NEVER_CAME = 28.0
"""Days that stand for somebody who never came: the strongest flag that the rule knows."""
SHORTEST = 0.25
"""Days that stand for somebody who is here now, so that the log-odds stay finite."""

FEATURES = ("days_since_last_view", "never_viewed")
HIGH_FROM = 0.5
"""The score at seven days."""
RAISED_FROM = 4 / 11
"""The score at four days."""


def absent_days(days_since_last_view: Numbers) -> Numbers:
    """Days since the last page opened; NaN means never."""
    return np.clip(np.nan_to_num(days_since_last_view, nan=NEVER_CAME), SHORTEST, None)


def margin(days_since_last_view: Numbers) -> Numbers:
    """Log-odds of the rule's score days / (days + 7): a score that orders people, not a measured chance."""
    return np.log(absent_days(days_since_last_view) / DAYS)


def flagged(days_since_last_view: Numbers) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    """Seven days or more, or never came: the rule's list."""
    return absent_days(days_since_last_view) >= DAYS

"""Reasons as facts in a tutor's words: what was observed, never why it would be so."""

import re
from collections.abc import Iterable

from contracts.features import RISK_V1, Feature
from contracts.predictions import Reason
from lms_api.predictions.schemas import Fact

SHOWN = 3
"""More reasons than three are not read (the evidence is in the notes on risk boards)."""

FEATURES = {feature.name: feature for feature in RISK_V1}

OTHERWISE = {
    "is_self_paced": "Course with fixed dates",
    "never_viewed": "Has opened pages",
}
"""What a zero says, where the feature's words hold no number."""

NEGATIVE = {
    "days_since_start": "{value} days before the course's start",
    "days_left": "{value} days after the course's end",
    "days_since_enrolled": "Enrolls in {value} days",
    "days_enrolled_before_start": "Enrolled {value} days after the start",
    "views_change": "{value} pages fewer than the week before",
    "mean_days_early": "Hands in {value} days after the date",
}
"""What a number below zero says; `{value}` is without its sign."""

_COUNTED = "day|page|assessment|lesson|attempt|credit|kind|result"
_ONE = re.compile(rf"(?<![\d.])1 ((?:different |forum |earlier )?)({_COUNTED})s\b")


def split(reasons: Iterable[Reason]) -> tuple[tuple[Fact, ...], tuple[Fact, ...]]:
    """What raises the risk and, beside it, what lowers it: the strongest three of each."""
    facts = sorted((fact(reason) for reason in reasons), key=lambda found: -abs(found.contribution))
    raising = tuple(found for found in facts if found.contribution > 0)
    lowering = tuple(found for found in facts if found.contribution < 0)
    return raising[:SHOWN], lowering[:SHOWN]


def fact(reason: Reason) -> Fact:
    """A reason with its words; a feature that a newer model knows and we don't keeps its own name."""
    feature = FEATURES.get(reason.feature)
    words = _in_words(feature, reason.value) if feature else _plain(reason)
    return Fact(feature=reason.feature, value=reason.value, words=words, contribution=reason.contribution)


def _in_words(feature: Feature, value: float | None) -> str:
    if value is None:
        return (feature.unknown or f"Not known: {feature.meaning}").rstrip(".")
    if "{value}" not in feature.fact:
        return feature.fact if value else OTHERWISE[feature.name]
    said = _number(feature, abs(value) if value < 0 and feature.name in NEGATIVE else value)
    template = NEGATIVE[feature.name] if value < 0 and feature.name in NEGATIVE and said != "0" else feature.fact
    words = template.replace("{value}", said)
    return _ONE.sub(r"1 \1\2", words).replace("0 days ago", "today") if said in {"0", "1"} else words


def _number(feature: Feature, value: float) -> str:
    """Days and counts whole, shares in percent, ratios and grades with one digit unless it is a zero."""
    if feature.unit == "share":
        return f"{100 * value:.0f} %"
    if feature.unit in {"ratio", "percent"}:
        return f"{value:.1f}".removesuffix(".0")
    return f"{round(value) or 0:d}"


def _plain(reason: Reason) -> str:
    name = reason.feature.replace("_", " ")
    return f"{name} not known" if reason.value is None else f"{name}: {reason.value:g}"

"""The words of the features: what each is called, what it means and how a tutor or a learner would say it.

dbt's contract of `ftr_enrollment_week`, Feast's schema, the model's input and the reasons on the risk board are all
compared with this list by tests. How a feature is computed stands in dbt alone.
"""

from pydantic import BaseModel, ConfigDict


class Feature(BaseModel):
    """One number about an enrollment as of a cut-off; every window is the N days before that cut-off."""

    model_config = ConfigDict(frozen=True)

    name: str
    meaning: str
    unit: str
    unknown: str = ""
    """When the value is missing; empty where it never is."""
    fact: str
    """The observed fact as a tutor would say it; `{value}` is filled in, whole numbers without a fraction."""


def _feature(name: str, unit: str, meaning: str, fact: str, unknown: str = "") -> Feature:
    return Feature(name=name, unit=unit, meaning=meaning, fact=fact, unknown=unknown)


RISK_V1: tuple[Feature, ...] = (
    # ---------- the course's calendar
    _feature("days_since_start", "days", "From the course's start (else enrollment) to the cut-off; negative before.",
             "{value} days into the course"),
    _feature("days_left", "days", "From the cut-off to the course's end.", "{value} days left", "A self-paced course."),
    _feature("is_self_paced", "0 or 1", "The course has no start date.", "Self-paced course"),
    # ---------- the enrollment
    _feature("days_since_enrolled", "days", "From enrollment to the cut-off.", "Enrolled {value} days ago"),
    _feature("days_enrolled_before_start", "days", "From enrollment to the course's start; negative for latecomers.",
             "Enrolled {value} days before the start"),
    _feature("previous_attempts", "attempts", "Earlier tries of this course's family.", "{value} earlier attempts"),
    _feature("credits_studied", "credits", "Credits studied at the same time.", "{value} credits at the same time",
             "The source does not say."),
    # ---------- visits
    _feature("views_total", "views", "Pages opened so far.", "{value} pages opened so far"),
    _feature("views_before_start", "views", "Pages opened before the course's start.",
             "{value} pages opened before the start"),
    _feature("views_last_7_days", "views", "Pages opened in the last 7 days.", "{value} pages opened in 7 days"),
    _feature("views_last_14_days", "views", "Pages opened in the last 14 days.", "{value} pages opened in 14 days"),
    _feature("views_last_28_days", "views", "Pages opened in the last 28 days.", "{value} pages opened in 28 days"),
    _feature("views_change", "views", "Pages opened in the last 7 days less those in the 7 days before.",
             "{value} pages more than the week before"),
    _feature("active_days_total", "days", "Days with at least one page opened.", "Active on {value} days so far"),
    _feature("active_days_last_7_days", "days", "Active days of the last 7.", "Active on {value} of 7 days"),
    _feature("active_days_last_14_days", "days", "Active days of the last 14.", "Active on {value} of 14 days"),
    _feature("active_days_last_28_days", "days", "Active days of the last 28.", "Active on {value} of 28 days"),
    _feature("days_since_last_view", "days", "From the last page opened to the cut-off.", "Last here {value} days ago",
             "Never came."),
    _feature("never_viewed", "0 or 1", "No page was ever opened.", "Has not opened a page yet"),
    _feature("longest_gap_days", "days", "The longest time between two active days so far.",
             "Longest absence: {value} days", "Fewer than two active days."),
    _feature("weekend_share", "share", "Of the active days, those on a Saturday or Sunday.",
             "{value} of the active days at weekends", "Never came."),
    _feature("lessons_viewed", "pages", "Different pages opened so far.", "{value} different pages opened"),
    _feature("activity_types_viewed", "kinds", "Different kinds of page opened so far.",
             "{value} kinds of page opened"),
    _feature("forum_views_last_28_days", "views", "Forum pages opened in the last 28 days.",
             "{value} forum pages opened in 28 days"),
    _feature("lessons_completed", "lessons", "Lessons finished so far.", "{value} lessons finished"),
    # ---------- beside the course, as of its last closed week
    _feature("views_against_course", "ratio", "Pages opened in 7 days over the course's mean of its last closed week.",
             "{value} times the course's usual pages in a week", "The course has no closed week yet."),
    # ---------- assessments
    _feature("assessments_due", "assessments", "With a due date that has passed.", "{value} assessments due so far"),
    _feature("assessments_submitted", "assessments", "Different assessments handed in.",
             "{value} assessments handed in"),
    _feature("assessments_missed", "assessments", "Due date passed, nothing handed in.",
             "{value} assessments missed so far"),
    _feature("late_submissions", "assessments", "First handed in after the due date.", "{value} handed in late"),
    _feature("mean_days_early", "days", "Mean time from first hand-in to the due date; negative when late.",
             "Hands in {value} days before the date", "Nothing with a due date was handed in."),
    _feature("days_since_last_submission", "days", "From the last hand-in to the cut-off.",
             "Last handed in {value} days ago", "Nothing was handed in."),
    _feature("days_to_next_due", "days", "From the cut-off to the next due date.", "Next due in {value} days",
             "Nothing more is due."),
    _feature("banked_submissions", "assessments", "Carried over from an earlier presentation.",
             "{value} results carried over"),
    _feature("mean_score", "percent", "Mean of the grades known by the cut-off.", "Mean grade {value} %",
             "No grade is known."),
    _feature("last_score", "percent", "The grade that became known last.", "Last grade {value} %",
             "No grade is known."),
    _feature("lowest_score", "percent", "The lowest grade known.", "Lowest grade {value} %", "No grade is known."),
    _feature("weight_submitted", "percent", "Weight of the assessments handed in.",
             "{value} % of the course's weight handed in"),
)  # fmt: skip
"""What `risk_v1` reads, in the order in which the model takes it."""

RISK_V1_NAMES: tuple[str, ...] = tuple(feature.name for feature in RISK_V1)

"""What a model reads, versioned: a model names its service, and a service never changes its meaning."""

from feast import FeatureService

from contracts.features import RISK_V1_NAMES
from features.repo.views import ftr_actor_course, ftr_enrollment_lesson, ftr_enrollment_week

risk_v1 = FeatureService(
    name="risk_v1",
    features=[ftr_enrollment_week[list(RISK_V1_NAMES)]],
    description="The risk model's input, in the order of contracts.features.RISK_V1.",
)
recommend_v1 = FeatureService(
    name="recommend_v1",
    features=[ftr_enrollment_lesson, ftr_actor_course],
    description="Who opened which lesson and took which course: the recommenders' input.",
)

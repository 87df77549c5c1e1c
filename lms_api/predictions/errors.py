"""What the way back refuses, beyond what every feature does."""

from typing import ClassVar

from lms_api.errors import Conflict, Invalid, LmsError


class SignatureInvalid(LmsError):
    """The request is not provably one of our own processes'."""

    status = 401
    title = "Not signed by this campus"
    remedy = "Sign with the service key (LMS_SERVICE_KEY), a fresh timestamp and a nonce that was never used."
    headers: ClassVar[dict[str, str]] = {"WWW-Authenticate": "Campus-HMAC-SHA256"}


class BatchChanged(Conflict):
    """A batch's id says what is in it; another body needs another id."""

    title = "This batch id was posted with another body"
    remedy = "Post the very same bytes again, or make a new batch id."


class InterventionIdTaken(Conflict):
    """An id stands for one act, whoever sends it again."""

    title = "This intervention id stands for something else"
    remedy = "Make a new id for each act."


class BatchTooLarge(Invalid):
    """More than one transaction should hold."""

    title = "Too many predictions in one batch"
    remedy = "Split it: at most 20,000 predictions each."


class NotThisPrediction(Invalid):
    """The prediction is about something else."""

    title = "The prediction does not belong to it"
    remedy = "Send the id of the prediction that was on the screen, or none."

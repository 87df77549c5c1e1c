"""What track-event refuses."""

from lms_api.errors import Invalid


class NotTrackable(Invalid):
    title = "Clients may not report this event"
    remedy = "Report one of the events that OpenAPI lists for this path; all others are said by the LMS itself."


class NotYours(Invalid):
    title = "This event is about somebody else, or about nothing that we know"
    remedy = (
        "Send the ids of your own enrollment and of a lesson of its course, or of a prediction that was shown to you."
    )


class FromTheFuture(Invalid):
    title = "The event's moment is in the future"
    remedy = "Correct the device's clock, or leave `occurred_at` out."

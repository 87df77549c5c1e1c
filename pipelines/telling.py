"""What a turn says while it runs: one line a step, and what the steps themselves say of their progress."""

import logging

import dagster as dg

STARTED = {
    "raw__learning_events": "carrying the log",
    "warehouse": "shaping: dbt",
    "open_rows": "gathering the rows to score",
    "online_features": "offering them online",
    "training_frames": "joining what was known",
    "risk_models": "learning the risk",
    "course_recommenders": "learning which course comes next",
    "activity_recommenders": "learning which lesson comes next",
    "risk_predictions": "scoring",
    "recommendations": "recommending",
    "posted_predictions": "posting to the LMS",
}


class Steps(logging.Handler):
    """Prints to the console of the command or to the log of the process; Dagster keeps the whole."""

    def emit(self, record: logging.LogRecord) -> None:
        event = getattr(record, "dagster_event", None)
        if event is None and record.levelno >= logging.INFO:
            print(f"  {getattr(record, 'dagster_meta', {}).get('orig_message', record.getMessage())}", flush=True)
        elif event is not None and event.event_type == dg.DagsterEventType.STEP_START and event.step_key in STARTED:
            print(STARTED[event.step_key], flush=True)


@dg.logger({}, description="One line a step, on the process's own output.")
def steps(context: dg.InitLoggerContext) -> logging.Logger:
    """The jobs' default logger, in place of Dagster's, which prints each event."""
    logger = logging.Logger("campusloop.steps", level=logging.DEBUG)
    logger.addHandler(Steps())
    return logger

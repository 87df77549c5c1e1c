"""`campus loop`, `campus status` and `campus worker`."""

import logging
from datetime import datetime
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.table import Table

from contracts.loop import LoopReport
from pipelines.status import Status, status_of
from stack.local.supervisor import stores
from stack.settings import get_settings

if TYPE_CHECKING:
    from pipelines.evaluation import Evaluated

NEEDED = ("postgres", "platform", "clickhouse", "lms")
DID_NOT_RECONCILE = 20
FAILED = 21


def loop(
    as_of: Annotated[
        datetime | None,
        typer.Option(formats=["%Y-%m-%d"], help="A replay: only what was recorded by the end of that day."),
    ] = None,
    retrain: Annotated[bool, typer.Option(help="Train although there is a champion.")] = False,
) -> None:
    """Turn the loop once and print what each stage did."""
    with stores(get_settings(), NEEDED):
        from pipelines.circle import turn_the_loop  # Dagster and dbt: other commands start without them

        report = turn_the_loop(get_settings(), replay=as_of.date() if as_of else None, retrain=retrain)
        show(report, Console())
        told = _told(report)
    if report.failure or not told:
        raise typer.Exit(FAILED)
    if not report.reconciles:
        raise typer.Exit(DID_NOT_RECONCILE)


def _told(report: LoopReport) -> bool:
    """Whether the LMS took the report; when it did not, its table has been printed anyway."""
    from pipelines.posting import PostRefused, post_report  # see `loop`

    try:
        post_report(get_settings(), report)
    except PostRefused as refused:
        Console(stderr=True).print(f"[red]The LMS has not taken the report.[/] {refused}")
        return False
    return True


def status(as_json: Annotated[bool, typer.Option("--json", help="For programs.")] = False) -> None:
    """Print the lag, the last run and the model versions."""
    with stores(get_settings(), ("postgres", "platform", "clickhouse")):
        found = status_of(get_settings())
    if as_json:
        print(found.model_dump_json(indent=2))
    else:
        _show_status(found, Console())


def evaluate(
    starts: Annotated[datetime, typer.Option(formats=["%Y-%m-%d"], help="The day on which the judged courses began.")],
) -> None:
    """Judge the risk model on a presentation that is over, beside an untuned XGBoost and the seven-day rule."""
    from pipelines.evaluation import evaluate as evaluated  # see `loop`

    console = Console()
    with stores(get_settings(), ("postgres", "platform", "clickhouse")), console.status("joining") as status:
        for protocol in evaluated(
            get_settings(), starts=starts.date(), progress=lambda what, done, of: status.update(f"{what} {done}/{of}")
        ):
            _show_protocol(protocol, console)


MEASURES = ("auc", "precision", "recall", "calibration")


def _show_protocol(protocol: "Evaluated", console: Console) -> None:
    """Per week: ours, an untuned XGBoost, the rule; precision and recall at the length of the rule's list."""
    table = Table("week", "people", "did not pass", "listed", *MEASURES, "ideal calibration", title=protocol.title)
    for week in protocol.weeks.iter_rows(named=True):
        cells = (
            " / ".join(f"{week[f'{who}_{what}']:.3f}" for who in ("model", "untuned", "rule")) for what in MEASURES
        )
        people, share = f"{week['people']:,}", f"{week['base_rate']:.3f}"
        ideal = f"{week['ideal_calibration']:.3f}"
        table.add_row(str(week["course_week"]), people, share, str(week["listed"]), *cells, ideal)
    console.print(table)
    console.print("each cell: ours / untuned XGBoost / seven-day rule; calibration is the debiased error")


def worker() -> None:
    """Turn the loop by itself after new events, until it is stopped."""
    from pipelines.worker import Worker  # see `loop`

    # a line a step is printed anyway; of the libraries only what they complain of
    logging.basicConfig(level=logging.WARNING, format="%(asctime)s %(name)s %(message)s")
    with stores(get_settings(), NEEDED):
        Worker(get_settings()).run()


def show(report: LoopReport, console: Console) -> None:
    """The ledger: rows in = rows out + merged + rejected + waiting at every stage."""
    headings = (
        "stage",
        "rows in",
        "rows out",
        "merged",
        "rejected",
        "not yet known",
        "clicks",
        "seconds",
        "position",
        "",
    )
    table = Table(*headings, title=_title(report), title_justify="left")
    for stage in report.stages:
        counts = (stage.rows_in, stage.rows_out, stage.merged, stage.rejected, stage.waiting)
        clicks = f"{stage.clicks:,}" if stage.clicks is not None else ""
        seconds = f"{stage.seconds:.1f}" if stage.seconds else ""
        verdict = stage.note if stage.reconciles else f"[red]does not reconcile[/] {stage.note}"
        table.add_row(stage.stage, *(f"{count:,}" for count in counts), clicks, seconds, stage.position or "", verdict)
    console.print(table)
    if report.failure:
        console.print(f"[red]The circle did not close.[/] {report.failure}")


def _title(report: LoopReport) -> str:
    seconds = (report.finished_at - report.started_at).total_seconds()
    replay = f", as of {report.replay_as_of}" if report.replay_as_of else ""
    return f"Run {report.run_id}, {seconds:.1f} s{replay}"


def _show_status(found: Status, console: Console) -> None:
    console.print(f"not yet landed: {found.lag_events} events, {found.lag_news} of them news for the features")
    oldest = f"{found.lag_seconds:.0f} s" if found.lag_seconds is not None else "nothing waits"
    console.print(f"oldest of them: {oldest}; landed up to {found.landed}")
    for name, version in sorted(found.model_versions.items()):
        console.print(f"{name}: version {version}")
    if found.last_run is None:
        console.print("the loop has not run yet")
    else:
        show(found.last_run, console)

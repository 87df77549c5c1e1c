"""How far the log may be read: below the horizon every transaction has ended, so nothing can still appear there."""

from dataclasses import dataclass

from sqlalchemy import Connection, text

from contracts.envelope import START, Position
from stack.errors import CampusError


class LogRestarted(CampusError):
    """The log's transaction ids lie behind what has landed: a restore or a move without a raised epoch."""

    exit_code = 8


@dataclass(frozen=True, kw_only=True)
class Horizon:
    """Readable is what lies in an older epoch, or in this one below `txid`."""

    epoch: int
    txid: int
    next_txid: int

    @property
    def readable(self) -> str:
        """As an SQL condition: constants, so that the index on the position serves it."""
        return f"(epoch < {self.epoch} or (epoch = {self.epoch} and txid < '{self.txid}'::xid8))"

    def refuse_a_restarted_log(self, landed: Position) -> None:
        """Raises LogRestarted where going on would skip events for ever."""
        restarted = landed.epoch == self.epoch and landed.txid >= self.next_txid
        if restarted or landed.epoch > self.epoch:
            raise LogRestarted(
                f"{landed} has landed, but the log stands at {self.epoch}/{self.next_txid}: after a restore or a move "
                "run `select raise_event_log_epoch()` as the owner before anything is recorded."
            )


@dataclass(frozen=True, kw_only=True)
class Holder:
    """The oldest writing transaction of the cluster, which every reader of the log waits for."""

    pid: int | None
    role: str
    application: str
    age_seconds: float


def horizon(connection: Connection) -> Horizon:
    """Never from a replica: its snapshots know nothing of the primary's running transactions."""
    row = connection.execute(
        text("""
select epoch, pg_snapshot_xmin(snapshot)::text::bigint, pg_snapshot_xmax(snapshot)::text::bigint
from event_log_epoch, pg_current_snapshot() as snapshot""")
    ).one()
    return Horizon(epoch=row[0], txid=row[1], next_txid=row[2])


def holder(connection: Connection) -> Holder | None:
    """Who holds the horizon, for how long already; None when nobody is writing.

    Needs pg_read_all_stats to see the transactions of others.
    """
    row = connection.execute(
        text("""
select pid, role, application, extract(epoch from clock_timestamp() - since)::float8
from (
    select pid, usename as role, application_name as application, xact_start as since, age(backend_xid) as age
    from pg_stat_activity where backend_xid is not null
    union all
    select null, owner, 'prepared transaction ' || gid, prepared, age(transaction) from pg_prepared_xacts
) as writing
where since is not null
order by age desc limit 1""")
    ).one_or_none()
    return Holder(pid=row[0], role=row[1] or "", application=row[2] or "", age_seconds=row[3]) if row else None


def after(position: Position) -> str:
    """As an SQL condition: everything later in the log."""
    return f"(epoch, txid, seq) > ({position.epoch}, '{position.txid}'::xid8, {position.seq})"


def head(connection: Connection, readable: Horizon) -> Position:
    """The last position that may be read; START for an empty log."""
    row = connection.execute(
        text(f"""
select epoch, txid::text::bigint, seq from learning_events where {readable.readable}
order by epoch desc, learning_events.txid desc, seq desc limit 1""")
    ).one_or_none()
    return Position(epoch=row[0], txid=row[1], seq=row[2]) if row else START

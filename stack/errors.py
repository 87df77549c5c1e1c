"""What can go wrong on the ground, as one tree. Each class is an exit code, each message names the way out."""

from typing import ClassVar


class CampusError(Exception):
    """Shown as one line on stderr; never with a traceback."""

    exit_code: ClassVar[int] = 1


class SettingMissing(CampusError):
    """A setting that has no safe default here."""

    exit_code = 2


class ForeignHome(CampusError):
    """LMS_HOME points at somebody else's files."""

    exit_code = 3


class DamagedHome(CampusError):
    """LMS_HOME is ours and can't be read by this version."""

    exit_code = 4


class PortTaken(CampusError):
    """Another program listens where one of our processes should."""

    exit_code = 5


class AlreadyServed(CampusError):
    """This LMS_HOME has a living supervisor."""

    exit_code = 6


class ProcessFailed(CampusError):
    """A process ended, or was not ready in time; its log says why."""

    exit_code = 7

"""What identity refuses."""

from lms_api.errors import Conflict, Invalid, NotSignedIn


class WrongSignIn(NotSignedIn):
    """The same for a wrong organization, address or password, so that none of them can be found out."""

    title = "Organization, e-mail or password is wrong"
    remedy = "Check all three; an administrator can open an account or set a new password."


class RefreshRefused(NotSignedIn):
    title = "This refresh token is not valid any more"
    remedy = "Sign in again."


class RefreshReplayed(RefreshRefused):
    """The token was used before: somebody has a copy, so the whole sign-in ends, and that must stand."""

    title = "This refresh token was used before; its sign-in has ended"
    keeps_changes = True


class EmailTaken(Conflict):
    title = "Another account of this organization has this e-mail"
    remedy = "Use another address, or change the existing account."


class LastAdministrator(Conflict):
    title = "The organization would be left without an administrator"
    remedy = "Make somebody else an administrator first."


class WrongCurrentPassword(Invalid):
    title = "The current password is wrong"
    remedy = "Send your present password as `current_password`."

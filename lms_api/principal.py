"""Who a request acts as."""

from dataclasses import dataclass

from contracts.events import Role
from contracts.ids import ActorId, OrganizationId, UserId


@dataclass(frozen=True, kw_only=True)
class Principal:
    """A signed-in, active user. `actor_id` is what the event log may know of them."""

    user_id: UserId
    organization_id: OrganizationId
    actor_id: ActorId
    role: Role
    first_name: str = ""

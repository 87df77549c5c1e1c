"""A whole form, for pages whose fields depend on what they ask."""

from typing import Annotated

from fastapi import Depends, Request
from starlette.datastructures import FormData

MOST_FIELDS = 600
MOST_BYTES = 1 << 20
"""Of one field; an essay is far below it."""


async def _form_of(request: Request) -> FormData:
    return await request.form(max_fields=MOST_FIELDS, max_part_size=MOST_BYTES)


FormDep = Annotated[FormData, Depends(_form_of)]

"""`python -m lms_api`: the LMS on the setting `port`, until it is told to stop."""

import uvicorn

from lms_api.app import create_app
from stack.local.home import ensure_home
from stack.settings import get_settings


def main() -> None:
    settings = ensure_home(get_settings())
    uvicorn.run(create_app(settings), host=settings.host, port=settings.port, access_log=False, log_level="info")


if __name__ == "__main__":
    main()

"""The engine's configuration files, written at every start beside the data folder."""

from pathlib import Path
from urllib.parse import quote
from xml.sax.saxutils import escape

from stack.settings import Settings

# The engine ignores inline profiles, so users and profiles are a file of their own. `default` is the engine's one
# user; it is reached through this process only, which has the real users.
USERS = """<clickhouse>
  <profiles><default>
    <max_memory_usage>{query_memory}</max_memory_usage>
  </default></profiles>
  <quotas><default/></quotas>
  <users><default>
    <password></password>
    <networks><ip>::/0</ip></networks>
    <profile>default</profile>
    <quota>default</quota>
  </default></users>
</clickhouse>
"""

CONFIG = """<clickhouse>
  <users_config>{users}</users_config>
  <max_server_memory_usage>{memory}</max_server_memory_usage>
  <mark_cache_size>{cache}</mark_cache_size>
  <backups><allowed_path>{backups}</allowed_path></backups>
</clickhouse>
"""


def data_folder(settings: Settings) -> Path:
    return settings.home.resolve() / "clickhouse"


def connection_string(settings: Settings) -> str:
    """Writes the files and returns what the engine is opened with."""
    folder = settings.home.resolve() / "clickhouse-config"
    folder.mkdir(parents=True, exist_ok=True)
    memory = settings.clickhouse_memory_bytes
    users = folder / "users.xml"
    # One query may take three quarters, so that the merges and the small ones go on beside it.
    users.write_text(USERS.format(query_memory=memory * 3 // 4))
    config = folder / "config.xml"
    backups = f"{settings.home.resolve() / 'backups'}/"
    # Marks are the only cache that point queries need; a sixteenth of the limit holds those of a big campus.
    config.write_text(
        CONFIG.format(users=escape(str(users)), memory=memory, cache=memory // 16, backups=escape(backups)),
    )
    return f"{data_folder(settings)}?config-file={quote(str(config))}"

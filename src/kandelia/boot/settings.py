"""Settings of an installation: one TOML file and environment variables, checked with file, line and key."""

import hashlib
import os
import tempfile
from dataclasses import dataclass, field
from pathlib import Path

from kandelia.kernel.access.contracts import Role
from kandelia.kernel.files.logic.kinds import TYPES as FILE_TYPES

SOCKET_PATH_BYTES_MAX = 100  # the kernel takes 108 with the closing zero (unix(7)); a temporary name may be longer
ROLES = ("web", "edge", "history", "live", "jobs", "mqtt", "rules")

FIRST = ("refuse", "link", "add")


def role_of_group(line: str) -> tuple[str, Role] | None:
    """The group of the provider and our role in a line "group = role", None where it is no such line."""
    group, _, role = (part.strip() for part in line.rpartition("="))
    return (group, Role(role)) if group and role in list(Role) else None


@dataclass(frozen=True, slots=True)
class WebSettings:
    """The one address of pages, API and websocket."""

    host: str = "127.0.0.1"
    port: int = 8080
    certificate: str = ""  # PEM file; with a host beyond loopback our own CA serves where it is empty
    key: str = ""
    names: tuple[str, ...] = ()  # host names people use, beyond `host`


@dataclass(frozen=True, slots=True)
class BusSettings:
    """`urls` empty: a server of our own on `port` (0: a free one, kept in the data directory).

    Several `urls` are the servers of one cluster: any of them will do.
    """

    urls: tuple[str, ...] = ()
    port: int = 0
    credentials: str = ""
    user: str = ""
    password: str = ""  # rather in the environment, as KANDELIA_BUS__PASSWORD
    authority: str = ""  # PEM file of who signed the servers' certificates, for tls:// addresses; empty: the system's
    replicas: int = 1  # copies of each stream; 3 in a cluster of three, where one may fail
    edge_bytes_max: int = 8_000_000_000
    load_bytes_max: int = 8_000_000_000
    events_bytes_max: int = 1_000_000_000
    quarantine_bytes_max: int = 500_000_000
    recorded_bytes_max: int = 500_000_000


@dataclass(frozen=True, slots=True)
class RecordsSettings:
    """Where records are kept: empty for SQLite in the data directory, else a postgresql:// address."""

    database: str = ""


@dataclass(frozen=True, slots=True)
class HistorySettings:
    """The store of samples; retention is months by class, 0 keeps for good."""

    engine: str = "chdb"
    flush_rows: int = 400_000
    flush_ms: int = 500
    readers: int = 3
    reader_memory_bytes_max: int = 1_000_000_000
    retention_months: dict[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class EdgeSettings:
    """What this edge serves: every connection of its site, of all sites where it is empty."""

    site: str = ""
    batch_ms: int = 500
    batch_rows: int = 2_000
    hold_s: float = 60.0  # samples held in memory while the bus is away


@dataclass(frozen=True, slots=True)
class LiveSettings:
    """The live feed; listens on a Unix socket in the data directory, or on loopback `port` where given."""

    port: int = 0
    tick_ms: int = 250
    sockets_max: int = 2_000


@dataclass(frozen=True, slots=True)
class SignInSettings:
    """What a password must be. Common ones, bare numbers and those like the name are refused in any case."""

    password_length_min: int = 12
    passwords_kept: int = 5  # the last ones that nobody takes again; 0 asks for nothing


@dataclass(frozen=True, slots=True)
class OidcSettings:
    """Sign-in by a provider (OpenID Connect): code flow with PKCE. Without `issuer` nothing is asked of anybody.

    Register `<address>/sign-in/provider/return` there as the address to come back to.
    """

    issuer: str = ""  # "https://id.example.cn/realms/plant"; what it offers is read from below it
    client_id: str = ""
    client_secret: str = ""  # rather in the environment, as KANDELIA_OIDC__CLIENT_SECRET
    name: str = ""  # on the button: "Sign in with …"
    address: str = ""  # how people reach this installation; empty: as the browser at hand has reached it
    authority: str = ""  # PEM file of who signs the provider's certificate; empty: who the system trusts
    scopes: tuple[str, ...] = ("openid", "profile", "email")
    name_claim: str = "preferred_username"
    groups_claim: str = "groups"
    first: str = "refuse"  # whoever comes for the first time: "refuse", "link" to the person of that name, or "add"
    roles: tuple[str, ...] = ()  # ["plant-engineers = engineer"]: who is in none of them is refused
    organisation: str = ""  # where those roles hold; empty: the installation's first


@dataclass(frozen=True, slots=True)
class FilesSettings:
    """Attached files. `scan` is a command that is given each file's path before anybody may download it: exit code 0
    lets it through, 1 refuses it (["clamdscan", "--no-summary", "--fdpass"]); empty: no scanner."""

    size_bytes_max: int = 15_000_000  # the door takes 16 MB a request
    types: tuple[str, ...] = FILE_TYPES
    scan: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class MailSettings:
    """The SMTP server that notices go out by; without `host` nothing is mailed."""

    host: str = ""
    port: int = 587
    security: str = "starttls"  # or "tls", or "none" on a trusted network
    user: str = ""
    password: str = ""  # rather in the environment, as KANDELIA_MAIL__PASSWORD
    sender: str = ""
    address: str = ""  # how people reach this installation, for links: "https://kandelia.example.cn"


@dataclass(frozen=True, slots=True)
class RulesSettings:
    """Derived signals and limits; without `run` nothing is evaluated and no limit is watched."""

    run: bool = True


@dataclass(frozen=True, slots=True)
class MqttSettings:
    """The listener for foreign MQTT clients. `port` 0: the one of last time, 1883 (8883 with TLS), or a free one.

    Beyond loopback it speaks TLS, with the given certificate or one of our own authority.
    """

    listen: bool = True
    host: str = "127.0.0.1"
    port: int = 0
    certificate: str = ""
    key: str = ""
    names: tuple[str, ...] = ()  # host names that clients use, beyond `host`
    authority: str = ""  # PEM file of a further authority whose client certificates devices may show
    connections_max: int = 5_000


@dataclass(frozen=True, slots=True)
class Settings:
    """Everything an installation is told."""

    directory: Path
    file: Path | None = None
    organisation: str = "main"  # made at first start, with its administrator
    organisation_name: str = "Main"
    time_zone: str = "Asia/Shanghai"
    language: str = "zh"
    apps: tuple[str, ...] = ()  # "module:name" of apps that no package announces
    roles: tuple[str, ...] = ()  # those that `kandelia up` runs on this host, all where it is empty
    node: str = ""  # this host's name where an installation spans several; stands with its roles in kandelia status
    web: WebSettings = field(default_factory=WebSettings)
    bus: BusSettings = field(default_factory=BusSettings)
    records: RecordsSettings = field(default_factory=RecordsSettings)
    history: HistorySettings = field(default_factory=HistorySettings)
    edge: EdgeSettings = field(default_factory=EdgeSettings)
    live: LiveSettings = field(default_factory=LiveSettings)
    mqtt: MqttSettings = field(default_factory=MqttSettings)
    rules: RulesSettings = field(default_factory=RulesSettings)
    mail: MailSettings = field(default_factory=MailSettings)
    sign_in: SignInSettings = field(default_factory=SignInSettings)
    oidc: OidcSettings = field(default_factory=OidcSettings)
    files: FilesSettings = field(default_factory=FilesSettings)

    @property
    def secrets_directory(self) -> Path:
        """Mode 0700."""
        return self.directory / "secrets"

    @property
    def records_file(self) -> Path:
        """The SQLite file."""
        return self.directory / "records" / "records.sqlite3"

    @property
    def files_directory(self) -> Path:
        """Attached files under random names."""
        return self.directory / "files"

    @property
    def history_directory(self) -> Path:
        """Owned by the history role alone."""
        return self.directory / "history"

    @property
    def bus_directory(self) -> Path:
        """The NATS server's configuration and streams."""
        return self.directory / "bus"

    @property
    def run_directory(self) -> Path:
        """Pid files, sockets and the last known state; safe to lose."""
        return self.directory / "run"

    @property
    def log_directory(self) -> Path:
        """One log a role, rotated."""
        return self.directory / "logs"

    @property
    def mqtt_directory(self) -> Path:
        """The listener's port and retained messages."""
        return self.directory / "mqtt"

    @property
    def live_socket(self) -> Path:
        """Where web hands /live to; under a private temporary directory where the data directory's path is too long."""
        socket = self.run_directory / "live.sock"
        if len(os.fsencode(socket)) <= SOCKET_PATH_BYTES_MAX:
            return socket
        return self.short_directory / "live.sock"

    @property
    def short_directory(self) -> Path:
        """A short path of this installation's own, mode 0700, for sockets alone."""
        mark = hashlib.sha256(os.fsencode(self.directory)).hexdigest()[:12]
        return Path(tempfile.gettempdir()) / f"kandelia-{os.getuid()}-{mark}"

"""Everything that the installed Synapse serves: every method and path pattern of every resource it can mount, printed as JSON.

Run by the Python that has Synapse (test/synapse/servlets.test.ts). Synapse builds its own resources here, with every optional and
experimental feature switched on, once as a homeserver of its own and once with matrix-authentication-service in front; nothing listens.
"""

import contextlib
import importlib.metadata
import json
import os
import sys
import tempfile

from synapse.app.homeserver import SynapseHomeServer, create_homeserver, setup
from synapse.config.homeserver import HomeServerConfig
from synapse.http.server import JsonResource
from twisted.web.resource import Resource
from twisted.web.static import File

NAMES = ["client", "media", "federation", "keys", "openid", "static", "metrics", "replication"]
VERBS = ["GET", "POST", "PUT", "DELETE"]

OWN = {
    "oidc_providers": [
        {
            "idp_id": "id",
            "idp_name": "id",
            "discover": False,
            "issuer": "https://id.example.org",
            "client_id": "c",
            "client_secret": "s",
            "authorization_endpoint": "https://id.example.org/a",
            "token_endpoint": "https://id.example.org/t",
            "jwks_uri": "https://id.example.org/j",
            "backchannel_logout_enabled": True,
            "user_mapping_provider": {"config": {"localpart_template": "{{ user.sub }}"}},
        }
    ],
    "cas_config": {"enabled": True, "server_url": "https://cas.example.org"},
    "login_via_existing_session": {"enabled": True},
    "refreshable_access_token_lifetime": "5m",
    "account_validity": {"enabled": False},
    "enable_registration": False,
}
DELEGATED = {
    "matrix_authentication_service": {"enabled": True, "endpoint": "https://mas.example.org", "secret": "s"},
    "password_config": {"enabled": False},
}


def configured(folder, more):
    """A configuration with everything on that can be switched on by a file; experimental features are switched on afterwards."""
    path = os.path.join(folder, "homeserver.yaml")
    templates = os.path.join(folder, "consent", "en")
    os.makedirs(templates, exist_ok=True)
    for name in ["1.html", "success.html"]:
        with open(os.path.join(templates, name), "w") as file:
            file.write("consent")
    log = os.path.join(folder, "log.yaml")
    with open(log, "w") as file:
        json.dump({"version": 1, "root": {"level": "CRITICAL"}}, file)
    content = {
        "server_name": "example.org",
        "public_baseurl": "https://matrix.example.org/",
        "report_stats": False,
        "pid_file": os.path.join(folder, "pid"),
        "log_config": log,
        "signing_key_path": os.path.join(folder, "signing.key"),
        "media_store_path": os.path.join(folder, "media"),
        "database": {"name": "sqlite3", "args": {"database": os.path.join(folder, "homeserver.db")}},
        "trusted_key_servers": [],
        "suppress_key_server_warning": True,
        "macaroon_secret_key": "m",
        "form_secret": "f",
        "listeners": [],
        "enable_metrics": True,
        "federation_whitelist_endpoint_enabled": True,
        "federation_domain_whitelist": ["example.org"],
        "retention": {"enabled": True},
        "email": {"smtp_host": "localhost", "notif_from": "a@example.org"},
        **more,
    }
    if more is OWN:
        content["user_consent"] = {"version": "1", "template_dir": os.path.join(folder, "consent")}
    with open(path, "w") as file:
        json.dump(content, file)
    HomeServerConfig.load_or_generate_config("servlets", ["-c", path, "--generate-keys"])
    config = HomeServerConfig.load_config("servlets", ["-c", path])
    for name, value in list(vars(config.experimental).items()):
        if isinstance(value, bool) and name.startswith("msc") and name != "msc3861":
            setattr(config.experimental, name, True)
    # Its libraries are only asked for when a preview is made.
    config.media.url_preview_enabled = True
    config.media.url_preview_url_blocklist = []
    config.media.url_preview_ip_range_blocklist = config.server.ip_range_blocklist
    config.media.url_preview_ip_range_allowlist = config.server.ip_range_allowlist
    config.media.url_preview_accept_language = ["en"]
    if not config.experimental.msc4108_delegation_endpoint:
        config.experimental.msc4108_delegation_endpoint = "https://rendezvous.example.org"
    return config


def walk(path, resource):
    """Yields (method, pattern) of a resource and of what hangs below it. A pattern begins with ^; what does not is a literal path."""
    if isinstance(resource, JsonResource):
        for pattern, methods in resource._routes.items():
            for method in methods:
                yield method.decode(), pattern.pattern
        return
    if isinstance(resource, File):
        for folder, _, files in os.walk(resource.path):
            for file in files:
                yield "GET", f"{path}/{os.path.relpath(os.path.join(folder, file), resource.path)}"
    served = [verb for verb in VERBS if hasattr(resource, f"_async_render_{verb}") or hasattr(resource, f"render_{verb}")]
    children = getattr(resource, "children", {})
    if isinstance(resource, Resource) and type(resource).render is not Resource.render and not served:
        served = ["GET"]
    # A folder that answers nothing itself.
    if children and type(resource).__name__ in ("Resource", "UnrecognizedRequestResource", "OIDCResource", "MasResource", "SAML2Resource"):
        served = []
    for method in served:
        yield method, path
    for name, child in children.items():
        yield from walk(f"{path}/{name.decode() if isinstance(name, bytes) else name}", child)


def everything(more):
    with tempfile.TemporaryDirectory() as folder:
        config = configured(folder, more)
        hs = create_homeserver(config)
        setup(hs)
        for name in NAMES + (["consent"] if more is OWN else []):
            for path, resource in hs._configure_named_resource(name).items():
                yield from walk(path, resource)


def main():
    # Synapse says on standard output that it makes keys.
    with contextlib.redirect_stdout(sys.stderr):
        found = sorted({entry for more in (OWN, DELEGATED) for entry in everything(more)}, key=lambda entry: (entry[1], entry[0]))
    by_pattern = {}
    for method, pattern in found:
        by_pattern.setdefault(pattern, []).append(method)
    json.dump({"version": importlib.metadata.version("matrix-synapse"), "servlets": by_pattern}, sys.stdout)


main()
# The reactor was never started: nothing is waited for.
sys.stdout.flush()
os._exit(0)

"""scim2-tester's checks against a SCIM server: one JSON line a check. Arguments: the base URL; the token is in SCIM_TOKEN."""
import json
import os
import sys

from httpx2 import Client
from scim2_client.engines.httpx2 import SyncSCIMClient
from scim2_tester import check_server

client = SyncSCIMClient(
    Client(
        base_url=sys.argv[1],
        headers={"Authorization": f"Bearer {os.environ['SCIM_TOKEN']}"},
        timeout=30,
    )
)
for result in check_server(client):
    print(
        json.dumps(
            {
                "status": result.status.name,
                "title": result.title,
                "resource": result.resource_type,
                "reason": result.reason,
            }
        )
    )

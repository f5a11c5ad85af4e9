"""A directory as scim2-client speaks for it. Arguments: the base URL, a step and its arguments; the token is in SCIM_TOKEN. Prints JSON."""
import json
import os
import sys

from httpx2 import Client
from scim2_client.engines.httpx2 import SyncSCIMClient
from scim2_models import PatchOp, PatchOperation, SearchRequest

base, step, *rest = sys.argv[1:]
client = SyncSCIMClient(
    Client(base_url=base, headers={"Authorization": f"Bearer {os.environ['SCIM_TOKEN']}"}, timeout=30)
)
client.discover()
User, Group = client.get_resource_model("User"), client.get_resource_model("Group")


def named(username):
    found = client.query(User, query_parameters=SearchRequest(filter=f'userName eq "{username}"'))
    assert found.total_results == 1, found
    return found.resources[0]


def shown(resource):
    print(json.dumps(resource.model_dump()))


def modified(resource, operation):
    model = type(resource)
    shown(client.modify(model, resource.id, PatchOp[model](operations=[operation])))


if step == "provision":
    username, mail, group = rest
    email = User.get_field_root_type("emails")
    user = client.create(
        User(user_name=username, display_name="New Here", external_id=f"hr-{username}", emails=[email(value=mail)])
    )
    member = Group.get_field_root_type("members")
    client.create(Group(display_name=group, members=[member(value=user.id)]))
    shown(named(username))
elif step == "update":
    user = named(rest[0])
    user.display_name = rest[1]
    shown(client.replace(user))
elif step == "suspend":
    modified(
        named(rest[0]),
        PatchOperation(op=PatchOperation.Op.replace_, path="active", value=False),
    )
elif step == "delete":
    client.delete(User, named(rest[0]).id)
    found = client.query(User, query_parameters=SearchRequest(filter=f'userName eq "{rest[0]}"'))
    print(json.dumps({"left": found.total_results}))

"""matrix-nio as PyPI ships it, without encryption (its libolm is not installed), told what to do by lines of JSON and answering in kind."""

import asyncio
import json
import sys

from nio import AsyncClient, AsyncClientConfig, RoomMessagesResponse, SyncResponse


async def main(base):
    # Retried by the test instead of inside the library, so that what was withheld shows.
    client = AsyncClient(base, "", config=AsyncClientConfig(max_limit_exceeded=0, max_timeouts=0))

    async def login(token):
        answer = await client.login(token=token, device_name="nio")
        client.user_id = answer.user_id
        return {"user": answer.user_id}

    async def sync(since, timeout):
        answer = await client.sync(timeout=timeout, since=since or None, full_state=False)
        if not isinstance(answer, SyncResponse):
            return {"status": answer.transport_response.status if answer.transport_response else 0}
        rooms = {
            room_id: {"ids": [event.event_id for event in room.timeline.events], "prev": room.timeline.prev_batch, "limited": room.timeline.limited}
            for room_id, room in answer.rooms.join.items()
        }
        return {"status": 200, "next": answer.next_batch, "rooms": rooms}

    async def messages(room, start):
        answer = await client.room_messages(room, start, limit=100)
        if not isinstance(answer, RoomMessagesResponse):
            return {"status": answer.transport_response.status if answer.transport_response else 0}
        return {"status": 200, "ids": [event.event_id for event in answer.chunk], "end": answer.end}

    does = {"login": login, "sync": sync, "messages": messages}
    reader = asyncio.StreamReader()
    await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    while line := await reader.readline():
        asked = json.loads(line)
        print(json.dumps(await does[asked["do"]](*asked["with"])), flush=True)
    await client.close()


asyncio.run(main(*sys.argv[1:]))

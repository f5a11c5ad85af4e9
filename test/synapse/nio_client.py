"""matrix-nio as PyPI ships it, with a base URL and nothing else: signs in, talks, scrolls back; prints a JSON line a step."""

import asyncio
import json
import sys

from nio import AsyncClient, RoomMessageText, RoomMessagesResponse, SyncResponse


def say(step, **detail):
    print(json.dumps({"step": step, **detail}), flush=True)


async def main(base, login_token, archive, talk):
    client = AsyncClient(base, "")
    answer = await client.login(token=login_token, device_name="nio")
    client.user_id = answer.user_id
    say("in", user=answer.user_id, device=answer.device_id)
    await client.join(archive)
    await client.join(talk)
    first = await client.sync(timeout=0, full_state=True)
    assert isinstance(first, SyncResponse), first
    heard = asyncio.Event()

    async def on_message(room, event):
        if room.room_id == talk and event.body == "hello from js":
            say("heard", event=event.event_id)
            heard.set()

    client.add_event_callback(on_message, RoomMessageText)
    sent = await client.room_send(talk, "m.room.message", {"msgtype": "m.text", "body": "hello from nio"})
    say("sent", event=sent.event_id)
    since = first.next_batch
    while not heard.is_set():
        since = (await client.sync(timeout=5000, since=since)).next_batch

    seen = {event.event_id for event in first.rooms.join[archive].timeline.events if isinstance(event, RoomMessageText)}
    token = first.rooms.join[archive].timeline.prev_batch
    told = False
    while token:
        page = await client.room_messages(archive, token, limit=100)
        assert isinstance(page, RoomMessagesResponse), page
        seen.update(event.event_id for event in page.chunk if isinstance(event, RoomMessageText))
        if not told and len(seen) >= 2900:
            told = True
            say("2900")
        token = page.end if page.chunk else None
    say("done", ids=sorted(seen))
    await client.close()


asyncio.run(main(*sys.argv[1:]))

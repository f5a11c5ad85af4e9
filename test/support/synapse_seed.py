"""Writes a past into a stopped Synapse with its own handlers and storage classes: rooms, messages, people, files, a key backup.

Run by the Python that has Synapse: `synapse_seed.py homeserver.yaml < what.json > written.json` (test/support/synapse-past.ts has the
types of both). Messages are built, hashed, signed and persisted as Synapse does when somebody sends them, a few hundred at a time
rather than one by one, which is what makes 100,000 of them a matter of minutes. Rooms that are listed go into the public directory.
"""

import io
import json
import os
import sys
import time

from synapse.app.homeserver import create_homeserver, setup
from synapse.config.homeserver import HomeServerConfig
from synapse.events.snapshot import EventContext
from synapse.logging.context import LoggingContext
from synapse.storage.databases.main.user_directory import _UserDirProfile
from synapse.storage.engines.sqlite import Sqlite3Engine
from synapse.types import UserID, create_requester
from twisted.internet import defer

BATCH = 250
DAY_MS = 86_400_000


class Past:
    def __init__(self, hs, what):
        self.hs = hs
        self.what = what
        self.store = hs.get_datastores().main
        self.storage = hs.get_storage_controllers()
        self.now = int(time.time() * 1000)

    def user(self, localpart):
        return UserID(localpart, self.hs.hostname)

    async def register(self, localpart, name):
        user = self.user(localpart)
        await self.store.register_user(user.to_string(), create_profile_with_displayname=name)
        return user

    async def room(self, creator, name, listed, members=()):
        requester = create_requester(creator)
        config = {"preset": "public_chat", "name": name, "visibility": "public" if listed else "private"}
        room_id, _, _ = await self.hs.get_room_creation_handler().create_room(requester, config, ratelimit=False)
        for member in members:
            await self.hs.get_room_member_handler().update_membership(
                create_requester(member), member, room_id, "join", ratelimit=False
            )
        return room_id

    async def messages(self, room_id, sender, count, first_ms, step_ms, encrypted=False, notified=False, threads=0, mark=""):
        """Persists `count` messages in batches; their ids, oldest first."""
        version = await self.store.get_room_version(room_id)
        factory = self.hs.get_event_builder_factory()
        latest = await self.store.get_prev_events_for_room(room_id)
        depth = await self.store.get_max_depth_of(latest)
        depth = (depth[1] if isinstance(depth, tuple) else depth) + 1
        prev, auth, group, ids = list(latest), None, None, []
        for start in range(0, count, BATCH):
            pairs = []
            for number in range(start, min(start + BATCH, count)):
                if encrypted:
                    kind, content = "m.room.encrypted", {
                        "algorithm": "m.megolm.v1.aes-sha2",
                        "ciphertext": f"A{number:080d}",
                        "device_id": "SEEDER",
                        "sender_key": "k",
                        "session_id": f"session-{number}",
                    }
                else:
                    kind, content = "m.room.message", {"msgtype": "m.text", "body": f"{mark} message {number} of the archive"}
                # The first messages are the roots, and every second one after them is in one of their threads.
                if threads and number >= threads and number % 2 == 1:
                    content["m.relates_to"] = {"rel_type": "m.thread", "event_id": ids[number % threads]}
                builder = factory.for_room_version(
                    version,
                    {
                        "type": kind,
                        "room_id": room_id,
                        "sender": sender.to_string(),
                        "content": content,
                        "origin_server_ts": first_ms + number * step_ms,
                    },
                )
                event = await builder.build(prev_event_ids=prev, auth_event_ids=None if auth is None else list(auth), depth=depth)
                if group is None:
                    auth = list(event.auth_event_ids())
                    group = (await self.hs.get_state_handler().compute_event_context(event)).state_group
                context = EventContext.with_state(
                    storage=self.storage,
                    state_group=group,
                    state_group_before_event=group,
                    state_delta_due_to_event={},
                    partial_state=False,
                    state_group_deltas={},
                )
                pairs.append((event, context))
                ids.append(event.event_id)
                prev, depth = [event.event_id], depth + 1
            if notified:
                await self.hs.get_bulk_push_rule_evaluator().action_for_events_by_user(pairs)
            await self.storage.persistence.persist_events(pairs)
        return ids

    async def people(self, count):
        """People of the directory, in a few statements: users, profiles and what the directory search looks at."""
        names = [(f"agent{number:05d}", f"Agent {number:05d}") for number in range(count)]
        host = self.hs.hostname

        def write(txn):
            txn.executemany(
                "INSERT INTO users(name, creation_ts, is_guest, admin, deactivated, shadow_banned, approved) VALUES (?, ?, 0, 0, 0, FALSE, TRUE)",
                [(f"@{local}:{host}", self.now // 1000) for local, _ in names],
            )
            txn.executemany(
                "INSERT INTO profiles(user_id, displayname, full_user_id) VALUES (?, ?, ?)",
                [(local, name, f"@{local}:{host}") for local, name in names],
            )
            self.store._update_profiles_in_user_dir_txn(
                txn, [_UserDirProfile(f"@{local}:{host}", name, None) for local, name in names]
            )

        await self.store.db_pool.runInteraction("people", write)

    async def media(self, count, size, owner):
        repository = self.hs.get_media_repository()
        ids = []
        for number in range(count):
            content = (f"file {number} ".encode() * (size // 5))[:size]
            uri = await repository.create_or_update_content("application/octet-stream", f"file-{number}", io.BytesIO(content), len(content), owner)
            ids.append(uri.media_id)
        return ids

    async def pictures(self, count, owner):
        from PIL import Image

        ids = []
        for number in range(count):
            picture = io.BytesIO()
            Image.effect_noise((320, 240), 40 + number % 60).save(picture, "PNG")
            length = picture.tell()
            picture.seek(0)
            uri = await self.hs.get_media_repository().create_or_update_content("image/png", f"picture-{number}", picture, length, owner)
            ids.append(uri.media_id)
        return ids

    async def backup(self, owner, rooms, sessions):
        keys = self.hs.get_e2e_room_keys_handler()
        who = owner.to_string()
        version = await keys.create_version(who, {"algorithm": "m.megolm_backup.v1.curve25519-aes-sha2", "auth_data": {"public_key": "k", "signatures": {}}})
        content, written = {}, []
        for number in range(sessions):
            room, session = rooms[number % min(10, len(rooms))], f"session-{number}"
            content.setdefault(room, {"sessions": {}})["sessions"][session] = {
                "first_message_index": 0,
                "forwarded_count": 0,
                "is_verified": True,
                "session_data": {"ephemeral": "e", "ciphertext": f"c{number}", "mac": "m"},
            }
            written.append([room, session])
        await keys.upload_room_keys(who, version, {"rooms": content})
        return {"version": version, "sessions": written}

    async def write(self):
        what = self.what
        # The user of the application service, which goes on writing in these rooms (registerSeeder).
        writer = await self.register("seeder", "Wanda Writer")
        owners = [await self.register(name, name.capitalize()) for name in what.get("owners", [])]
        rooms = []
        for kind in what.get("rooms", []):
            members = owners if kind.get("members") is None else [self.user(name) for name in kind["members"]]
            for number in range(kind["count"]):
                room_id = await self.room(writer, f"{kind['name']} {number + 1}", kind.get("listed", False), members)
                count, days = kind.get("messages", 0), kind.get("days", 40)
                first = self.now - days * DAY_MS + number * 60_000
                step = max(1, int((days - kind.get("until_days", 1)) * DAY_MS / max(1, count)))
                ids = await self.messages(
                    room_id,
                    writer,
                    count,
                    first,
                    step,
                    encrypted=kind.get("encrypted", False),
                    notified=kind.get("notified", False),
                    threads=kind.get("threads", 0),
                    mark=kind["name"],
                )
                rooms.append({"kind": kind["name"], "room": room_id, "ids": ids})
        await self.people(what.get("people", 0))
        written = {"rooms": rooms}
        if owners:
            written["files"] = await self.media(what.get("files", 0), what.get("file_bytes", 65_536), owners[0])
            written["pictures"] = await self.pictures(what.get("pictures", 0), owners[0])
        if what.get("backup_sessions"):
            written["backup"] = await self.backup(owners[0], [room["room"] for room in rooms], what["backup_sessions"])
        return written


def main():
    # Nothing is lost that cannot be seeded again.
    connected = Sqlite3Engine.on_new_connection

    def quick(engine, connection):
        connected(engine, connection)
        for pragma in ["synchronous=OFF", "cache_size=-200000"]:
            connection.execute(f"PRAGMA {pragma}")

    Sqlite3Engine.on_new_connection = quick
    config = HomeServerConfig.load_config("seed", ["-c", sys.argv[1]])
    what = json.load(sys.stdin)
    out = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    with LoggingContext(name="seed", server_name=config.server.server_name):
        hs = create_homeserver(config)
        setup(hs)
    reactor = hs.get_reactor()
    failed = []

    async def run():
        with LoggingContext(name="seed", server_name=config.server.server_name):
            try:
                json.dump(await Past(hs, what).write(), out)
                out.flush()
            except BaseException as error:
                import traceback

                traceback.print_exc()
                failed.append(error)
            finally:
                reactor.callLater(0.5, reactor.stop)

    reactor.callWhenRunning(lambda: defer.ensureDeferred(run()))
    reactor.run()
    sys.stderr.flush()
    os._exit(1 if failed else 0)


main()

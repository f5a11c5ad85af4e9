-- The metering functions: every change of a person's figures, under that person's lock. See docs/reference/metering.md.
-- Hand-written: drizzle-kit generates tables only.

CREATE TYPE palier_rings AS (newest bigint[], used integer[]);
--> statement-breakpoint
-- The rings as they stand at a moment: sub-buckets that left their window are dropped. A ring never moves backwards.
CREATE FUNCTION palier_rings_at(r palier_rings, width integer[], size integer[], moment timestamptz)
RETURNS palier_rings LANGUAGE plpgsql IMMUTABLE AS $$
DECLARE
  seconds bigint := floor(extract(epoch FROM moment));
  total integer := 0;
  carried integer := 0;
  start integer := 0;
  result palier_rings;
  reached bigint;
  moved bigint;
BEGIN
  FOR w IN 1 .. cardinality(size) LOOP total := total + size[w]; END LOOP;
  result.newest := ARRAY[]::bigint[];
  result.used := ARRAY[]::integer[];
  IF r.used IS NULL OR cardinality(r.used) <> total OR cardinality(r.newest) <> cardinality(width) THEN
    -- A new row, or a policy with other sub-buckets: what was counted is kept whole, as of now.
    SELECT coalesce(sum(u), 0) INTO carried FROM unnest(r.used) u;
    FOR w IN 1 .. cardinality(width) LOOP
      result.newest := result.newest || (seconds / width[w]);
      result.used := result.used || array_fill(0, ARRAY[size[w] - 1]) || carried;
    END LOOP;
    RETURN result;
  END IF;
  FOR w IN 1 .. cardinality(width) LOOP
    reached := seconds / width[w];
    moved := reached - r.newest[w];
    IF moved <= 0 THEN
      result.newest := result.newest || r.newest[w];
      result.used := result.used || r.used[start + 1 : start + size[w]];
    ELSIF moved >= size[w] THEN
      result.newest := result.newest || reached;
      result.used := result.used || array_fill(0, ARRAY[size[w]]);
    ELSE
      result.newest := result.newest || reached;
      result.used := result.used || r.used[start + 1 + moved : start + size[w]] || array_fill(0, ARRAY[moved::integer]);
    END IF;
    start := start + size[w];
  END LOOP;
  RETURN result;
END $$;
--> statement-breakpoint
-- Counts n events in the sub-buckets of a moment (`counted_at`, now or before). When the clock went back, now is the newest.
CREATE FUNCTION palier_rings_add(
  r palier_rings, width integer[], size integer[], n integer, moment timestamptz, counted_at timestamptz
) RETURNS palier_rings LANGUAGE plpgsql IMMUTABLE AS $$
DECLARE
  seconds bigint := floor(extract(epoch FROM moment));
  counted bigint := floor(extract(epoch FROM counted_at));
  start integer := 0;
  back bigint;
BEGIN
  FOR w IN 1 .. cardinality(width) LOOP
    back := greatest(0, seconds / width[w] - counted / width[w]);
    IF back < size[w] THEN
      r.used[start + size[w] - back] := r.used[start + size[w] - back] + n;
    END IF;
    start := start + size[w];
  END LOOP;
  RETURN r;
END $$;
--> statement-breakpoint
CREATE FUNCTION palier_rings_used(r palier_rings, size integer[])
RETURNS integer[] LANGUAGE plpgsql IMMUTABLE AS $$
DECLARE
  result integer[] := ARRAY[]::integer[];
  start integer := 0;
  total bigint;
BEGIN
  FOR w IN 1 .. cardinality(size) LOOP
    SELECT sum(u) INTO total FROM unnest(r.used[start + 1 : start + size[w]]) u;
    result := result || total::integer;
    start := start + size[w];
  END LOOP;
  RETURN result;
END $$;
--> statement-breakpoint
-- What is left in the tightest window, what is held taken off. Below zero when over.
CREATE FUNCTION palier_meter_left(server text, person text, which text, policy jsonb, moment timestamptz)
RETURNS integer LANGUAGE plpgsql AS $$
DECLARE
  width integer[] := (policy -> 'meters' -> which ->> 'width')::integer[];
  size integer[] := (policy -> 'meters' -> which ->> 'size')::integer[];
  caps integer[] := (policy -> 'meters' -> which ->> 'limit')::integer[];
  r palier_rings;
  in_use integer := 0;
  used_now integer[];
  result integer;
BEGIN
  SELECT m.newest, m.used, m.held INTO r.newest, r.used, in_use
    FROM meters m WHERE m.server_name = server AND m.person_id = person AND m.meter = which;
  used_now := palier_rings_used(palier_rings_at(r, width, size, moment), size);
  FOR w IN 1 .. cardinality(caps) LOOP
    result := least(result, caps[w] - used_now[w]);
  END LOOP;
  RETURN result - coalesce(in_use, 0);
END $$;
--> statement-breakpoint
-- Seconds until every window of a meter has room for one event again, with nothing else happening.
CREATE FUNCTION palier_meter_wait(server text, person text, which text, policy jsonb, moment timestamptz)
RETURNS integer LANGUAGE plpgsql AS $$
DECLARE
  width integer[] := (policy -> 'meters' -> which ->> 'width')::integer[];
  size integer[] := (policy -> 'meters' -> which ->> 'size')::integer[];
  caps integer[] := (policy -> 'meters' -> which ->> 'limit')::integer[];
  r palier_rings;
  used_now integer[];
  start integer := 0;
  over integer;
  seconds bigint := 0;
BEGIN
  SELECT m.newest, m.used INTO r.newest, r.used
    FROM meters m WHERE m.server_name = server AND m.person_id = person AND m.meter = which;
  r := palier_rings_at(r, width, size, moment);
  used_now := palier_rings_used(r, size);
  FOR w IN 1 .. cardinality(caps) LOOP
    over := used_now[w] - caps[w] + 1;
    FOR b IN 1 .. size[w] LOOP
      EXIT WHEN over <= 0;
      over := over - r.used[start + b];
      IF over <= 0 THEN
        seconds := greatest(seconds, (r.newest[w] + b) * width[w] - floor(extract(epoch FROM moment))::bigint);
      END IF;
    END LOOP;
    start := start + size[w];
  END LOOP;
  RETURN greatest(0, seconds);
END $$;
--> statement-breakpoint
-- Moves events from held to used, in the person's rings and in the device's.
CREATE FUNCTION palier_meter_charge(
  server text, person text, device text, which text, n integer, unheld integer, policy jsonb, at_moment timestamptz,
  counted_at timestamptz
) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  width integer[] := (policy -> 'meters' -> which ->> 'width')::integer[];
  size integer[] := (policy -> 'meters' -> which ->> 'size')::integer[];
  r palier_rings;
  known boolean;
BEGIN
  IF n = 0 THEN
    IF unheld <> 0 THEN
      UPDATE meters m SET held = greatest(0, m.held - unheld)
        WHERE m.server_name = server AND m.person_id = person AND m.meter = which;
    END IF;
    RETURN;
  END IF;
  SELECT m.newest, m.used INTO r.newest, r.used
    FROM meters m WHERE m.server_name = server AND m.person_id = person AND m.meter = which;
  known := FOUND;
  r := palier_rings_add(palier_rings_at(r, width, size, at_moment), width, size, n, at_moment, counted_at);
  IF known THEN
    UPDATE meters m SET newest = r.newest, used = r.used, held = greatest(0, m.held - unheld)
      WHERE m.server_name = server AND m.person_id = person AND m.meter = which;
  ELSE
    INSERT INTO meters (server_name, person_id, meter, newest, used, held)
      VALUES (server, person, which, r.newest, r.used, 0);
  END IF;
  IF device IS NULL THEN RETURN; END IF;
  r := NULL;
  SELECT d.newest, d.used INTO r.newest, r.used FROM device_meters d WHERE d.device_id = device AND d.meter = which;
  known := FOUND;
  r := palier_rings_add(palier_rings_at(r, width, size, at_moment), width, size, n, at_moment, counted_at);
  IF known THEN
    UPDATE device_meters d SET newest = r.newest, used = r.used WHERE d.device_id = device AND d.meter = which;
  ELSE
    INSERT INTO device_meters (device_id, meter, newest, used) VALUES (device, which, r.newest, r.used);
  END IF;
END $$;
--> statement-breakpoint
-- Of some event hashes, each once, those not charged to the device lately.
CREATE FUNCTION palier_meter_fresh(device text, hashes bigint[], policy jsonb, moment timestamptz)
RETURNS bigint[] LANGUAGE sql STABLE AS $$
  SELECT coalesce(array_agg(h), '{}') FROM (
    SELECT unnest(hashes) AS h
    EXCEPT
    SELECT unnest(c.event_hashes) FROM charged_events c
      WHERE c.device_id = device AND c.charged_at > moment - make_interval(secs => (policy ->> 'chargedAgainSeconds')::integer)
  ) fresh
$$;
--> statement-breakpoint
-- Live events and state rows: counted always, withheld never. The meters that are over their alarm ceiling.
CREATE FUNCTION palier_meter_watch(op jsonb, policy jsonb, moment timestamptz)
RETURNS text[] LANGUAGE plpgsql AS $$
DECLARE
  alarms text[] := ARRAY[]::text[];
  which text;
  n integer;
BEGIN
  FOREACH which IN ARRAY ARRAY['live', 'state'] LOOP
    n := (op ->> which)::integer;
    CONTINUE WHEN coalesce(n, 0) = 0;
    PERFORM palier_meter_charge(op ->> 'server', op ->> 'person', op ->> 'device', which, n, 0, policy, moment, moment);
    IF palier_meter_left(op ->> 'server', op ->> 'person', which, policy, moment) < 0 THEN
      alarms := alarms || which;
    END IF;
  END LOOP;
  RETURN alarms;
END $$;
--> statement-breakpoint
CREATE FUNCTION palier_meter_reserve(op jsonb, policy jsonb, moment timestamptz)
RETURNS jsonb LANGUAGE plpgsql AS $$
DECLARE
  server text := op ->> 'server';
  person text := op ->> 'person';
  device text := op ->> 'device';
  wanted integer := (op ->> 'events')::integer;
  idle boolean := (op ->> 'idle')::boolean;
  deadline timestamptz := moment + make_interval(secs => (policy ->> 'reservationSeconds')::integer);
  again integer;
  available integer := 0;
  n integer;
  earlier reservations%ROWTYPE;
  allowance allowances%ROWTYPE;
BEGIN
  SELECT * INTO earlier FROM reservations WHERE reservations.id = op ->> 'id';
  IF FOUND THEN
    RETURN jsonb_build_object('state', 'granted', 'events', earlier.events, 'limit', greatest(1, earlier.events),
      'source', CASE WHEN earlier.allowance_id IS NOT NULL THEN 'allowance' WHEN earlier.events = 0 THEN 'repeat' ELSE 'window' END,
      'allowanceId', earlier.allowance_id, 'left', 0);
  END IF;
  IF EXISTS (SELECT 1 FROM incidents i WHERE i.device_id = device) THEN
    RETURN jsonb_build_object('state', 'refused', 'reason', 'device-ended', 'held', 0, 'retryAfterSeconds', 0);
  END IF;
  SELECT max(c.limit_used) INTO again FROM charged_events c
    WHERE c.device_id = device AND c.request_hash = op ->> 'requestHash'
      AND c.charged_at > moment - make_interval(secs => (policy ->> 'chargedAgainSeconds')::integer);
  IF again > wanted THEN again := wanted; END IF;

  IF NOT idle THEN available := palier_meter_left(server, person, 'archive', policy, moment); END IF;
  IF available >= 1 THEN
    n := least(wanted, available);
    UPDATE meters m SET held = m.held + n WHERE m.server_name = server AND m.person_id = person AND m.meter = 'archive';
    INSERT INTO reservations (id, server_name, person_id, device_id, meter, allowance_id, events, deadline)
      VALUES (op ->> 'id', server, person, device, 'archive', NULL, n, deadline);
    RETURN jsonb_build_object('state', 'granted', 'events', n, 'limit', greatest(n, again), 'source', 'window',
      'allowanceId', NULL, 'left', available - n);
  END IF;

  SELECT * INTO allowance FROM allowances a
    WHERE a.device_id = device AND a.server_name = server AND a.person_id = person AND a.network = op ->> 'network'
      AND a.client = op ->> 'client' AND a.direction = op ->> 'direction' AND a.rooms ? (op ->> 'room')
      AND a.expires_at > moment AND a.granted - a.used - a.held >= 1
    ORDER BY a.expires_at, a.id LIMIT 1;
  IF FOUND THEN
    available := allowance.granted - allowance.used - allowance.held;
    n := least(wanted, available);
    UPDATE allowances a SET held = a.held + n WHERE a.id = allowance.id;
    INSERT INTO reservations (id, server_name, person_id, device_id, meter, allowance_id, events, deadline)
      VALUES (op ->> 'id', server, person, device, 'archive', allowance.id, n, deadline);
    RETURN jsonb_build_object('state', 'granted', 'events', n, 'limit', greatest(n, again), 'source', 'allowance',
      'allowanceId', allowance.id, 'left', available - n);
  END IF;

  IF again IS NOT NULL THEN
    INSERT INTO reservations (id, server_name, person_id, device_id, meter, allowance_id, events, deadline)
      VALUES (op ->> 'id', server, person, device, CASE WHEN idle THEN 'none' ELSE 'archive' END, NULL, 0, deadline);
    RETURN jsonb_build_object('state', 'granted', 'events', 0, 'limit', again, 'source', 'repeat', 'allowanceId', NULL, 'left', 0);
  END IF;

  RETURN jsonb_build_object('state', 'refused', 'reason', CASE WHEN idle THEN 'idle' ELSE 'archive-exhausted' END,
    'held', coalesce((SELECT sum(x.events) FROM reservations x WHERE x.server_name = server AND x.person_id = person), 0),
    'retryAfterSeconds', CASE WHEN idle THEN 0 ELSE palier_meter_wait(server, person, 'archive', policy, moment) END);
END $$;
--> statement-breakpoint
CREATE FUNCTION palier_meter_settle(op jsonb, policy jsonb, moment timestamptz)
RETURNS jsonb LANGUAGE plpgsql AS $$
DECLARE
  server text := op ->> 'server';
  person text := op ->> 'person';
  device text := op ->> 'device';
  hashes bigint[] := (op ->> 'hashes')::bigint[];
  held_here reservations%ROWTYPE;
  fresh bigint[];
  cost integer;
  available integer;
BEGIN
  DELETE FROM reservations x
    WHERE x.id = op ->> 'id' AND x.server_name = server AND x.person_id = person AND x.device_id = device
    RETURNING * INTO held_here;
  IF NOT FOUND THEN
    RETURN jsonb_build_object('state',
      CASE WHEN EXISTS (SELECT 1 FROM incidents i WHERE i.device_id = device) THEN 'device-ended' ELSE 'gone' END);
  END IF;

  fresh := palier_meter_fresh(device, hashes, policy, moment);
  cost := cardinality(fresh) + (op ->> 'bare')::integer;
  IF held_here.allowance_id IS NULL THEN
    available := held_here.events;
    IF held_here.meter = 'archive' THEN
      available := available + palier_meter_left(server, person, 'archive', policy, moment);
    END IF;
    IF cost > greatest(available, held_here.events) THEN
      PERFORM palier_meter_charge(server, person, device, 'archive', 0, held_here.events, policy, moment, moment);
      RETURN jsonb_build_object('state', 'unpaid', 'cost', cost, 'left', greatest(0, available));
    END IF;
    PERFORM palier_meter_charge(server, person, device, 'archive', cost, held_here.events, policy, moment, moment);
  ELSE
    UPDATE allowances a SET held = a.held - held_here.events, used = a.used + cost
      WHERE a.id = held_here.allowance_id
        AND (cost <= held_here.events OR (a.expires_at > moment AND a.used + a.held - held_here.events + cost <= a.granted))
      RETURNING a.granted - a.used - a.held INTO available;
    IF NOT FOUND THEN
      UPDATE allowances a SET held = a.held - held_here.events WHERE a.id = held_here.allowance_id
        RETURNING a.granted - a.used - a.held INTO available;
      RETURN jsonb_build_object('state', 'unpaid', 'cost', cost, 'left', coalesce(available, 0));
    END IF;
    available := available + cost;
  END IF;

  IF cardinality(fresh) > 0 OR (cardinality(hashes) > 0 AND NOT EXISTS (
    SELECT 1 FROM charged_events c WHERE c.device_id = device AND c.request_hash = op ->> 'requestHash'
      AND c.charged_at > moment - make_interval(secs => (policy ->> 'chargedAgainSeconds')::integer)))
  THEN
    INSERT INTO charged_events (device_id, request_hash, limit_used, event_hashes, charged_at)
      VALUES (device, op ->> 'requestHash', (op ->> 'limitUsed')::integer, fresh, moment);
  END IF;
  RETURN jsonb_build_object('state', 'released', 'cost', cost, 'left', greatest(0, available - cost),
    'alarms', to_jsonb(palier_meter_watch(op, policy, moment)));
END $$;
--> statement-breakpoint
CREATE FUNCTION palier_meter_refund(op jsonb, policy jsonb, moment timestamptz)
RETURNS jsonb LANGUAGE plpgsql AS $$
DECLARE
  held_here reservations%ROWTYPE;
BEGIN
  DELETE FROM reservations x
    WHERE x.id = op ->> 'id' AND x.server_name = op ->> 'server' AND x.person_id = op ->> 'person'
      AND x.device_id = op ->> 'device'
    RETURNING * INTO held_here;
  IF FOUND AND held_here.allowance_id IS NULL THEN
    PERFORM palier_meter_charge(op ->> 'server', op ->> 'person', NULL, 'archive', 0, held_here.events, policy, moment, moment);
  ELSIF held_here.allowance_id IS NOT NULL THEN
    UPDATE allowances a SET held = a.held - held_here.events WHERE a.id = held_here.allowance_id;
  END IF;
  RETURN jsonb_build_object('state', CASE WHEN held_here.id IS NULL THEN 'gone' ELSE 'refunded' END);
END $$;
--> statement-breakpoint
-- All streams of one /sync answer, or none.
CREATE FUNCTION palier_meter_spend(op jsonb, policy jsonb, moment timestamptz)
RETURNS jsonb LANGUAGE plpgsql AS $$
DECLARE
  server text := op ->> 'server';
  person text := op ->> 'person';
  device text := op ->> 'device';
  stream text;
  hashes bigint[];
  fresh bigint[];
  charged bigint[] := ARRAY[]::bigint[];
  first_charged bigint[] := ARRAY[]::bigint[];
  asked bigint[] := ARRAY[]::bigint[];
  cost jsonb := '{}';
  available jsonb := '{}';
  n integer;
  room_left integer;
  affordable boolean := true;
BEGIN
  IF EXISTS (SELECT 1 FROM incidents i WHERE i.device_id = device) THEN
    RETURN jsonb_build_object('state', 'device-ended');
  END IF;
  PERFORM palier_meter_come_back(device, op ->> 'sinceHash', moment);
  FOREACH stream IN ARRAY ARRAY['archive', 'catch-up', 'first-sync'] LOOP
    CONTINUE WHEN op -> 'streams' -> stream IS NULL;
    hashes := (op -> 'streams' -> stream ->> 'hashes')::bigint[];
    fresh := palier_meter_fresh(device, hashes, policy, moment);
    IF cardinality(charged) > 0 THEN
      SELECT coalesce(array_agg(h), '{}') INTO fresh FROM (SELECT unnest(fresh) AS h EXCEPT SELECT unnest(charged)) other;
    END IF;
    n := cardinality(fresh) + (op -> 'streams' -> stream ->> 'bare')::integer;
    CONTINUE WHEN n = 0;
    charged := charged || fresh;
    IF stream = 'first-sync' THEN first_charged := fresh; END IF;
    cost := cost || jsonb_build_object(stream, n);
    room_left := palier_meter_stream_left(op, stream, policy, moment);
    IF n > room_left THEN affordable := false; END IF;
  END LOOP;

  IF NOT affordable THEN
    FOREACH stream IN ARRAY ARRAY['archive', 'catch-up', 'first-sync'] LOOP
      available := available || jsonb_build_object(stream, greatest(0, palier_meter_stream_left(op, stream, policy, moment)));
      asked := asked || coalesce((op -> 'streams' -> stream ->> 'hashes')::bigint[], '{}');
    END LOOP;
    RETURN jsonb_build_object('state', 'short', 'left', available,
      'free', (SELECT coalesce(string_agg(h::text, ','), '')
        FROM (SELECT unnest(asked) AS h EXCEPT SELECT unnest(palier_meter_fresh(device, asked, policy, moment))) free));
  END IF;

  FOR stream, n IN SELECT key, value::integer FROM jsonb_each_text(cost) LOOP
    IF stream = 'first-sync' THEN
      INSERT INTO first_syncs AS f (device_id, used) VALUES (device, n)
        ON CONFLICT (device_id) DO UPDATE SET used = f.used + n;
    ELSE
      PERFORM palier_meter_charge(server, person, device, stream, n, 0, policy, moment, moment);
    END IF;
  END LOOP;
  IF cardinality(charged) > 0 THEN
    INSERT INTO charged_events (device_id, request_hash, limit_used, event_hashes, charged_at)
      SELECT device, paid.by, NULL, paid.hashes, moment FROM (VALUES
        ('first-sync', first_charged),
        ('sync', (SELECT coalesce(array_agg(h), '{}') FROM (SELECT unnest(charged) AS h EXCEPT SELECT unnest(first_charged)) other))
      ) paid (by, hashes) WHERE cardinality(paid.hashes) > 0;
  END IF;
  IF op ->> 'positionHash' IS NOT NULL THEN
    DELETE FROM device_positions p WHERE p.device_id = device
      AND p.delivered_at < moment - make_interval(secs => (policy ->> 'positionOverlapSeconds')::integer)
      -- The one before this stays however old it is: this answer may be lost on its way.
      AND p.delivered_at < (SELECT max(n.delivered_at) FROM device_positions n WHERE n.device_id = device);
    INSERT INTO device_positions AS p (device_id, position_hash, delivered_at, covers_until_ms, generation)
      VALUES (device, op ->> 'positionHash', moment, (op ->> 'coversUntilMs')::bigint, 0)
      ON CONFLICT (device_id, position_hash) DO UPDATE SET delivered_at = moment;
  END IF;
  RETURN jsonb_build_object('state', 'paid', 'cost', cost, 'alarms', to_jsonb(palier_meter_watch(op, policy, moment)));
END $$;
--> statement-breakpoint
CREATE FUNCTION palier_meter_stream_left(op jsonb, stream text, policy jsonb, moment timestamptz)
RETURNS integer LANGUAGE plpgsql AS $$
DECLARE
  first_used integer;
BEGIN
  IF stream = 'first-sync' THEN
    SELECT CASE WHEN f.closed_at IS NULL THEN f.used END INTO first_used FROM first_syncs f WHERE f.device_id = op ->> 'device';
    IF NOT FOUND THEN first_used := 0; END IF;
    RETURN coalesce((policy ->> 'firstSyncEvents')::integer - first_used, 0);
  END IF;
  IF (op ->> 'idle')::boolean THEN RETURN 0; END IF;
  RETURN palier_meter_left(op ->> 'server', op ->> 'person', stream, policy, moment);
END $$;
--> statement-breakpoint
-- What an approval released, once an approval (unique), within the day's ceiling.
CREATE FUNCTION palier_meter_grant(op jsonb, policy jsonb, moment timestamptz)
RETURNS jsonb LANGUAGE plpgsql AS $$
DECLARE
  n integer := (op ->> 'events')::integer;
  available integer := palier_meter_left(op ->> 'server', op ->> 'person', 'tap-release', policy, moment);
  until timestamptz := moment + make_interval(secs => (op ->> 'ttlSeconds')::integer);
BEGIN
  IF EXISTS (SELECT 1 FROM allowances a WHERE a.approval_hash = op ->> 'approvalHash') THEN
    RETURN jsonb_build_object('state', 'already-granted');
  END IF;
  IF n > available THEN
    RETURN jsonb_build_object('state', 'ceiling-reached', 'left', greatest(0, available));
  END IF;
  INSERT INTO allowances (id, approval_hash, server_name, person_id, device_id, network, client, rooms, direction, granted, created_at, expires_at)
    VALUES (op ->> 'id', op ->> 'approvalHash', op ->> 'server', op ->> 'person', op ->> 'device', op ->> 'network',
      op ->> 'client', op -> 'rooms', op ->> 'direction', n, moment, until);
  PERFORM palier_meter_charge(op ->> 'server', op ->> 'person', NULL, 'tap-release', n, 0, policy, moment, moment);
  RETURN jsonb_build_object('state', 'granted', 'expiresAtMs', floor(extract(epoch FROM until) * 1000));
END $$;
--> statement-breakpoint
-- An ended device: its reservations count as consumed, its consumption moves to the incident and leaves the person's rings.
CREATE FUNCTION palier_meter_give_back(op jsonb, policy jsonb, moment timestamptz)
RETURNS jsonb LANGUAGE plpgsql AS $$
DECLARE
  server text := op ->> 'server';
  person text := op ->> 'person';
  device text := op ->> 'device';
  taken jsonb := '{}';
  width integer[];
  size integer[];
  own palier_rings;
  mine record;
  total integer;
  first_used integer;
  generous boolean;
BEGIN
  INSERT INTO incidents (id, server_name, person_id, device_id, reason, consumed, created_at)
    VALUES (op ->> 'incident', server, person, device, op ->> 'reason', '{}', moment)
    ON CONFLICT (device_id) DO NOTHING;
  IF NOT FOUND THEN RETURN jsonb_build_object('state', 'given-back-before'); END IF;
  SELECT count(*) < (policy ->> 'giveBacksPer30Days')::integer INTO generous FROM incidents i
    WHERE i.server_name = server AND i.person_id = person AND i.given_back AND i.created_at > moment - interval '30 days';

  FOR mine IN DELETE FROM reservations x WHERE x.device_id = device AND x.server_name = server AND x.person_id = person
    RETURNING * LOOP
    PERFORM palier_meter_consume(server, person, device, mine.allowance_id, mine.events, moment, policy, moment);
  END LOOP;
  UPDATE allowances a SET expires_at = least(a.expires_at, moment)
    WHERE a.device_id = device AND a.server_name = server AND a.person_id = person;

  FOR mine IN SELECT d.meter, d.newest, d.used FROM device_meters d WHERE d.device_id = device ORDER BY d.meter LOOP
    width := (policy -> 'meters' -> mine.meter ->> 'width')::integer[];
    size := (policy -> 'meters' -> mine.meter ->> 'size')::integer[];
    own := palier_rings_at(ROW(mine.newest, mine.used)::palier_rings, width, size, moment);
    SELECT coalesce(max(u), 0) INTO total FROM unnest(palier_rings_used(own, size)) u;
    taken := taken || jsonb_build_object(mine.meter, total);
    CONTINUE WHEN NOT generous;
    UPDATE meters m SET
      newest = (palier_rings_at(ROW(m.newest, m.used)::palier_rings, width, size, moment)).newest,
      used = (SELECT array_agg(greatest(0, person_used - device_used) ORDER BY place)
        FROM unnest((palier_rings_at(ROW(m.newest, m.used)::palier_rings, width, size, moment)).used, own.used)
          WITH ORDINALITY AS both_rings(person_used, device_used, place))
      WHERE m.server_name = server AND m.person_id = person AND m.meter = mine.meter;
  END LOOP;
  DELETE FROM device_meters d WHERE d.device_id = device;
  SELECT f.used INTO first_used FROM first_syncs f WHERE f.device_id = device;
  IF first_used > 0 THEN taken := taken || jsonb_build_object('first-sync', first_used); END IF;
  SELECT coalesce(sum(a.used), 0) INTO total FROM allowances a WHERE a.device_id = device;
  IF total > 0 THEN taken := taken || jsonb_build_object('tap-release', total); END IF;
  UPDATE incidents i SET consumed = taken, given_back = generous WHERE i.id = op ->> 'incident';
  RETURN jsonb_build_object('state', 'given-back', 'consumed', taken);
END $$;
--> statement-breakpoint
-- A reservation that will never be settled: all of it counts as consumed, at the moment it should have been settled.
CREATE FUNCTION palier_meter_consume(
  server text, person text, device text, allowance text, n integer, counted_at timestamptz, policy jsonb, moment timestamptz
) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  IF allowance IS NULL THEN
    PERFORM palier_meter_charge(server, person, device, 'archive', n, n, policy, moment, counted_at);
  ELSE
    UPDATE allowances a SET held = a.held - n, used = a.used + n WHERE a.id = allowance;
  END IF;
END $$;
--> statement-breakpoint
CREATE FUNCTION palier_meter_read(op jsonb, policy jsonb, moment timestamptz)
RETURNS jsonb LANGUAGE plpgsql AS $$
DECLARE
  result jsonb := '[]';
  which text;
  layout jsonb;
  r palier_rings;
  in_use integer;
BEGIN
  FOR which, layout IN SELECT key, value FROM jsonb_each(policy -> 'meters') LOOP
    r := NULL;
    in_use := 0;
    SELECT m.newest, m.used, m.held INTO r.newest, r.used, in_use
      FROM meters m WHERE m.server_name = op ->> 'server' AND m.person_id = op ->> 'person' AND m.meter = which;
    result := result || jsonb_build_array(jsonb_build_object('meter', which, 'held', coalesce(in_use, 0), 'used',
      to_jsonb(palier_rings_used(
        palier_rings_at(r, (layout ->> 'width')::integer[], (layout ->> 'size')::integer[], moment),
        (layout ->> 'size')::integer[]))));
  END LOOP;
  RETURN result;
END $$;
--> statement-breakpoint
-- What a position covers, NULL when it was not delivered to the device. A device that comes back ends its first sync for good.
CREATE FUNCTION palier_meter_come_back(device text, since text, moment timestamptz)
RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
  covers bigint;
BEGIN
  IF since IS NULL THEN RETURN NULL; END IF;
  SELECT p.covers_until_ms INTO covers FROM device_positions p WHERE p.device_id = device AND p.position_hash = since;
  IF FOUND AND NOT EXISTS (SELECT 1 FROM first_syncs f WHERE f.device_id = device AND f.closed_at IS NOT NULL) THEN
    INSERT INTO first_syncs AS f (device_id, closed_at) VALUES (device, moment)
      ON CONFLICT (device_id) DO UPDATE SET closed_at = moment WHERE f.closed_at IS NULL;
    -- It has what its first sync gave: who asks for that again with its token, asks the archive.
    DELETE FROM charged_events c WHERE c.device_id = device AND c.request_hash = 'first-sync';
  END IF;
  RETURN covers;
END $$;
--> statement-breakpoint
CREATE FUNCTION palier_meter_position(op jsonb, moment timestamptz)
RETURNS jsonb LANGUAGE plpgsql AS $$
DECLARE
  device text := op ->> 'device';
  covers bigint := palier_meter_come_back(device, op ->> 'hash', moment);
BEGIN
  RETURN jsonb_build_object('coversUntilMs', covers,
    'firstSyncOpen', NOT EXISTS (SELECT 1 FROM first_syncs f WHERE f.device_id = device AND f.closed_at IS NOT NULL));
END $$;
--> statement-breakpoint
-- The one entry: a batch of operations, a result each, in order. `moment_given` is for tests; the clock is the database's.
CREATE FUNCTION palier_meter(ops jsonb, policy jsonb, moment_given timestamptz DEFAULT NULL)
RETURNS jsonb LANGUAGE plpgsql AS $$
DECLARE
  results jsonb[] := ARRAY[]::jsonb[];
  moment timestamptz;
  overdue record;
  op jsonb;
BEGIN
  -- The row of `archive` is a person's lock. Missing ones are made first, then all are taken, each time in key order.
  INSERT INTO meters (server_name, person_id, meter, newest, used)
    SELECT DISTINCT o ->> 'server', o ->> 'person', 'archive', '{}'::bigint[], '{}'::integer[]
      FROM jsonb_array_elements(ops) o
      WHERE o ->> 'person' IS NOT NULL AND NOT EXISTS (SELECT 1 FROM meters m
        WHERE m.server_name = o ->> 'server' AND m.person_id = o ->> 'person' AND m.meter = 'archive')
      ORDER BY 1, 2
    ON CONFLICT DO NOTHING;
  PERFORM 1 FROM meters m
    JOIN (SELECT DISTINCT o ->> 'server' AS server, o ->> 'person' AS person FROM jsonb_array_elements(ops) o) p
      ON m.server_name = p.server AND m.person_id = p.person AND m.meter = 'archive'
    ORDER BY m.server_name, m.person_id FOR UPDATE OF m;
  -- Read after the locks are held, so that a person's moments do not run backwards.
  moment := coalesce(moment_given, clock_timestamp());

  FOR overdue IN DELETE FROM reservations x
    USING (SELECT DISTINCT o ->> 'server' AS server, o ->> 'person' AS person FROM jsonb_array_elements(ops) o) p
    WHERE x.server_name = p.server AND x.person_id = p.person AND x.deadline <= moment
    RETURNING x.* LOOP
    PERFORM palier_meter_consume(overdue.server_name, overdue.person_id, overdue.device_id, overdue.allowance_id,
      overdue.events, overdue.deadline, policy, moment);
  END LOOP;

  FOR op IN SELECT value FROM jsonb_array_elements(ops) WITH ORDINALITY AS listed(value, place) ORDER BY place LOOP
    results := results || CASE op ->> 'op'
      WHEN 'reserve' THEN palier_meter_reserve(op, policy, moment)
      WHEN 'settle' THEN palier_meter_settle(op, policy, moment)
      WHEN 'refund' THEN palier_meter_refund(op, policy, moment)
      WHEN 'spend' THEN palier_meter_spend(op, policy, moment)
      WHEN 'grant' THEN palier_meter_grant(op, policy, moment)
      WHEN 'give-back' THEN palier_meter_give_back(op, policy, moment)
      WHEN 'read' THEN palier_meter_read(op, policy, moment)
      WHEN 'position' THEN palier_meter_position(op, moment)
    END;
  END LOOP;
  RETURN to_jsonb(results);
END $$;

-- The metering functions: every change of a person's figures, under that person's lock. See docs/reference/metering.md.
-- Hand-written: drizzle-kit generates tables only.
--
-- A head is the row of one meter, of a person (`device_id` empty) or of what one device consumed of it. For each of up to
-- three windows it has the newest sub-bucket's index, what was counted in it (tail), and the sum of the whole ring (total).
-- Sub-buckets before the newest are rows of meter_buckets. A layout names width and number of sub-buckets of each window:
-- `60:61,900:97`.

CREATE TYPE palier_head AS (server text, person text, device text, meter text, layout text);
--> statement-breakpoint
CREATE TYPE palier_charge AS (server text, person text, device text, meter text, units bigint, unheld bigint);
--> statement-breakpoint
CREATE TYPE palier_asked AS (
  place integer, who integer, id text, server text, person text, device text, network text, client text, room text, room_hash bigint,
  direction text, events bigint, idle boolean, request_hash text, caps bigint[], rooms_limit bigint, rooms_seconds integer,
  lives_seconds integer, again_seconds integer
);
--> statement-breakpoint
CREATE TYPE palier_settling AS (
  place integer, id text, server text, person text, device text, hashes bigint[], bare bigint, live bigint, state bigint,
  request_hash text, limit_used integer, caps bigint[], live_caps bigint[], state_caps bigint[], span_from bigint,
  span_to bigint, again_seconds integer, held bigint, held_meter text, allowance_id text
);
--> statement-breakpoint
-- Makes sure that heads are there, laid out as given, and stand at this moment. A ring never moves backwards.
CREATE FUNCTION palier_heads(heads palier_head[], seconds bigint) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  missing palier_head[];
  changed palier_head[];
  behind palier_head[];
BEGIN
  SELECT array_agg(h) FILTER (WHERE m.meter IS NULL), array_agg(h) FILTER (WHERE m.layout <> h.layout),
      array_agg(h) FILTER (WHERE m.newest1 < seconds / m.width1 OR m.newest2 < seconds / m.width2 OR m.newest3 < seconds / m.width3)
    INTO missing, changed, behind
    FROM unnest(heads) h LEFT JOIN LATERAL (SELECT * FROM meters m
      WHERE m.server_name = h.server AND m.person_id = h.person AND m.device_id = h.device AND m.meter = h.meter OFFSET 0) m ON true;

  IF missing IS NOT NULL THEN
    INSERT INTO meters (server_name, person_id, device_id, meter, layout, width1, width2, width3, size1, size2, size3, newest1, newest2, newest3)
      SELECT h.server, h.person, h.device, h.meter, h.layout, l.width[1], l.width[2], l.width[3], l.size[1], l.size[2], l.size[3],
        seconds / l.width[1], seconds / l.width[2], seconds / l.width[3]
      FROM unnest(missing) h, LATERAL palier_layout(h.layout) l
      ON CONFLICT DO NOTHING;
  END IF;

  IF changed IS NOT NULL THEN
    -- Other sub-buckets than before: what was counted is kept whole, as of now.
    DELETE FROM meter_buckets b USING unnest(changed) h
      WHERE b.server_name = h.server AND b.person_id = h.person AND b.device_id = h.device AND b.meter = h.meter;
    UPDATE meters m SET layout = h.layout, width1 = l.width[1], width2 = l.width[2], width3 = l.width[3],
        size1 = l.size[1], size2 = l.size[2], size3 = l.size[3], newest1 = seconds / l.width[1], newest2 = seconds / l.width[2],
        newest3 = seconds / l.width[3], tail1 = kept.n, total1 = kept.n,
        tail2 = CASE WHEN l.width[2] IS NULL THEN 0 ELSE kept.n END, total2 = CASE WHEN l.width[2] IS NULL THEN 0 ELSE kept.n END,
        tail3 = CASE WHEN l.width[3] IS NULL THEN 0 ELSE kept.n END, total3 = CASE WHEN l.width[3] IS NULL THEN 0 ELSE kept.n END
      FROM unnest(changed) h, LATERAL palier_layout(h.layout) l, meters old, LATERAL (SELECT greatest(old.total1, old.total2, old.total3) AS n) kept
      WHERE m.server_name = h.server AND m.person_id = h.person AND m.device_id = h.device AND m.meter = h.meter
        AND old.server_name = h.server AND old.person_id = h.person AND old.device_id = h.device AND old.meter = h.meter;
  END IF;

  IF behind IS NOT NULL THEN
    INSERT INTO meter_buckets AS b (server_name, person_id, device_id, meter, place, bucket, used)
      SELECT m.server_name, m.person_id, m.device_id, m.meter, r.place, r.newest, r.tail
      FROM unnest(behind) h CROSS JOIN LATERAL (SELECT * FROM meters m
          WHERE m.server_name = h.server AND m.person_id = h.person AND m.device_id = h.device AND m.meter = h.meter OFFSET 0) m
        CROSS JOIN LATERAL (VALUES (1, m.newest1, m.tail1, m.width1), (2, m.newest2, m.tail2, m.width2), (3, m.newest3, m.tail3, m.width3))
          r (place, newest, tail, width)
      WHERE r.tail > 0 AND r.newest < seconds / r.width
      ON CONFLICT (server_name, person_id, device_id, meter, place, bucket) DO UPDATE SET used = b.used + excluded.used;
    DELETE FROM meter_buckets gone WHERE gone.ctid = ANY (ARRAY(
      SELECT b.ctid FROM unnest(behind) h
        CROSS JOIN LATERAL (SELECT * FROM meters m
          WHERE m.server_name = h.server AND m.person_id = h.person AND m.device_id = h.device AND m.meter = h.meter OFFSET 0) m
        CROSS JOIN LATERAL (SELECT b.ctid, b.place, b.bucket FROM meter_buckets b
          WHERE b.server_name = h.server AND b.person_id = h.person AND b.device_id = h.device AND b.meter = h.meter OFFSET 0) b
        WHERE b.bucket <= CASE b.place WHEN 1 THEN seconds / m.width1 - m.size1 WHEN 2 THEN seconds / m.width2 - m.size2 ELSE seconds / m.width3 - m.size3 END));
    UPDATE meters m SET
        newest1 = greatest(m.newest1, seconds / m.width1), newest2 = greatest(m.newest2, seconds / m.width2), newest3 = greatest(m.newest3, seconds / m.width3),
        tail1 = CASE WHEN m.newest1 < seconds / m.width1 THEN 0 ELSE m.tail1 END,
        tail2 = CASE WHEN m.newest2 < seconds / m.width2 THEN 0 ELSE m.tail2 END,
        tail3 = CASE WHEN m.newest3 < seconds / m.width3 THEN 0 ELSE m.tail3 END,
        total1 = CASE WHEN m.newest1 < seconds / m.width1 THEN past.used1 ELSE m.total1 END,
        total2 = CASE WHEN m.newest2 < seconds / m.width2 THEN past.used2 ELSE m.total2 END,
        total3 = CASE WHEN m.newest3 < seconds / m.width3 THEN past.used3 ELSE m.total3 END
      FROM unnest(behind) h, LATERAL (SELECT coalesce(sum(b.used) FILTER (WHERE b.place = 1), 0)::bigint AS used1,
          coalesce(sum(b.used) FILTER (WHERE b.place = 2), 0)::bigint AS used2, coalesce(sum(b.used) FILTER (WHERE b.place = 3), 0)::bigint AS used3
        FROM meter_buckets b
        WHERE b.server_name = h.server AND b.person_id = h.person AND b.device_id = h.device AND b.meter = h.meter) past,
        LATERAL (SELECT m.ctid AS at FROM meters m
          WHERE m.server_name = h.server AND m.person_id = h.person AND m.device_id = h.device AND m.meter = h.meter OFFSET 0) own
      WHERE m.ctid = own.at;
  END IF;
END $$;
--> statement-breakpoint
CREATE FUNCTION palier_layout(layout text, OUT width bigint[], OUT size bigint[]) LANGUAGE sql IMMUTABLE AS $$
  SELECT array_agg(split_part(ring, ':', 1)::bigint ORDER BY place), array_agg(split_part(ring, ':', 2)::bigint ORDER BY place)
    FROM unnest(string_to_array(layout, ',')) WITH ORDINALITY AS listed (ring, place)
$$;
--> statement-breakpoint
-- Counts now, in the person's heads and in the devices', and lets go of what was held. The heads stand at this moment.
CREATE FUNCTION palier_meter_charge(charges palier_charge[]) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  UPDATE meters m SET tail1 = m.tail1 + x.units, total1 = m.total1 + x.units, held = greatest(0, m.held - x.unheld),
      tail2 = CASE WHEN m.width2 IS NULL THEN 0 ELSE m.tail2 + x.units END, total2 = CASE WHEN m.width2 IS NULL THEN 0 ELSE m.total2 + x.units END,
      tail3 = CASE WHEN m.width3 IS NULL THEN 0 ELSE m.tail3 + x.units END, total3 = CASE WHEN m.width3 IS NULL THEN 0 ELSE m.total3 + x.units END
    FROM (
      SELECT c.server, c.person, '' AS device, c.meter, sum(c.units)::bigint AS units, sum(c.unheld)::bigint AS unheld
        FROM unnest(charges) c GROUP BY c.server, c.person, c.meter
      UNION ALL
      SELECT c.server, c.person, c.device, c.meter, sum(c.units)::bigint, 0
        FROM unnest(charges) c WHERE c.device <> '' AND c.units > 0 GROUP BY c.server, c.person, c.device, c.meter
    ) x, LATERAL (SELECT m.ctid AS at FROM meters m
      WHERE m.server_name = x.server AND m.person_id = x.person AND m.device_id = x.device AND m.meter = x.meter OFFSET 0) own
    WHERE m.ctid = own.at;
END $$;
--> statement-breakpoint
-- What is left in the tightest window, what is held taken off. Below zero when over. The head stands at this moment.
CREATE FUNCTION palier_meter_left(server text, person text, which text, caps bigint[]) RETURNS bigint LANGUAGE plpgsql STABLE AS $$
DECLARE
  result bigint;
BEGIN
  SELECT least(caps[1] - m.total1, caps[2] - m.total2, caps[3] - m.total3) - m.held INTO result FROM meters m
    WHERE m.server_name = server AND m.person_id = person AND m.device_id = '' AND m.meter = which;
  IF FOUND THEN RETURN coalesce(result, 0); END IF;
  RETURN coalesce(least(caps[1], caps[2], caps[3]), 0);
END $$;
--> statement-breakpoint
-- Seconds until every window of a meter has room for one unit again, with nothing else happening.
CREATE FUNCTION palier_meter_wait(server text, person text, which text, caps bigint[], seconds bigint)
RETURNS integer LANGUAGE plpgsql STABLE AS $$
DECLARE
  result bigint;
BEGIN
  SELECT max(freed.at) INTO result FROM meters m,
    LATERAL (VALUES (1, m.newest1, m.tail1, m.total1, m.width1, m.size1), (2, m.newest2, m.tail2, m.total2, m.width2, m.size2),
      (3, m.newest3, m.tail3, m.total3, m.width3, m.size3)) r (place, newest, tail, total, width, size),
    LATERAL (SELECT (s.bucket + r.size) * r.width AS at FROM (
        SELECT ring.bucket, sum(ring.used) OVER (ORDER BY ring.bucket) AS freed FROM (
          SELECT b.bucket, b.used FROM meter_buckets b
            WHERE b.server_name = server AND b.person_id = person AND b.device_id = '' AND b.meter = which AND b.place = r.place
          UNION ALL SELECT r.newest, r.tail) ring) s
      WHERE s.freed >= r.total - caps[r.place] + 1 ORDER BY s.bucket LIMIT 1) freed
    WHERE m.server_name = server AND m.person_id = person AND m.device_id = '' AND m.meter = which
      AND r.total - caps[r.place] + 1 > 0;
  RETURN greatest(0, coalesce(result, seconds) - seconds);
END $$;
--> statement-breakpoint
-- Of some hashes, each once, those not charged to the device lately.
CREATE FUNCTION palier_meter_fresh(device text, hashes bigint[], since timestamptz)
RETURNS bigint[] LANGUAGE plpgsql STABLE AS $$
BEGIN
  IF cardinality(hashes) = 0 THEN RETURN '{}'; END IF;
  RETURN (SELECT coalesce(array_agg(h), '{}') FROM (
    SELECT unnest(hashes) AS h
    EXCEPT
    SELECT unnest(c.event_hashes) FROM charged_events c WHERE c.device_id = device AND c.charged_at > since
  ) fresh);
END $$;
--> statement-breakpoint
-- Rooms of these that the person did not read within the window. A read is written down at most once a minute, so that one
-- counts for a minute longer than the window.
CREATE FUNCTION palier_rooms_new(server text, person text, rooms bigint[], window_seconds integer, moment timestamptz)
RETURNS bigint[] LANGUAGE plpgsql STABLE AS $$
BEGIN
  RETURN (SELECT coalesce(array_agg(DISTINCT r), '{}') FROM unnest(rooms) r
    WHERE (SELECT true FROM room_reads x WHERE x.server_name = server AND x.person_id = person AND x.room = r
      AND x.read_at > moment - make_interval(secs => window_seconds + 60) LIMIT 1) IS NULL);
END $$;
--> statement-breakpoint
CREATE FUNCTION palier_rooms_read(server text, person text, window_seconds integer, moment timestamptz)
RETURNS bigint LANGUAGE plpgsql STABLE AS $$
BEGIN
  RETURN (SELECT count(DISTINCT x.room) FROM room_reads x WHERE x.server_name = server AND x.person_id = person
    AND x.read_at > moment - make_interval(secs => window_seconds + 60));
END $$;
--> statement-breakpoint
-- Seconds until one more room may be read.
CREATE FUNCTION palier_rooms_wait(server text, person text, cap bigint, window_seconds integer, moment timestamptz)
RETURNS integer LANGUAGE plpgsql STABLE AS $$
DECLARE
  freed timestamptz;
BEGIN
  IF cap < 1 THEN RETURN 0; END IF;
  -- The limit's last among the latest read: once it is over, one room fewer than the limit is left.
  SELECT max(x.read_at) INTO freed FROM room_reads x WHERE x.server_name = server AND x.person_id = person
    AND x.read_at > moment - make_interval(secs => window_seconds + 60)
    GROUP BY x.room ORDER BY 1 DESC OFFSET cap - 1 LIMIT 1;
  RETURN greatest(0, coalesce(ceil(extract(epoch FROM freed - moment))::integer + window_seconds + 60, 0));
END $$;
--> statement-breakpoint
CREATE FUNCTION palier_rooms_note(server text, person text, device text, rooms bigint[], moment timestamptz)
RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO room_reads AS x (server_name, person_id, room, device_id, read_at)
    SELECT DISTINCT server, person, r, device, moment FROM unnest(rooms) r
    ON CONFLICT (server_name, person_id, room, device_id) DO UPDATE SET read_at = excluded.read_at
      WHERE x.read_at <= excluded.read_at - interval '1 minute';
END $$;
--> statement-breakpoint
-- One unexpired allowance with something left, equal in all it is bound to. `*` in its network, client or direction: two
-- administrators released it for any.
CREATE FUNCTION palier_allowance(
  server text, person text, device text, which text, network text, client text, room text, direction text, needed bigint,
  dated boolean, moment timestamptz
) RETURNS allowances LANGUAGE plpgsql STABLE AS $$
DECLARE
  found allowances%ROWTYPE;
BEGIN
  SELECT a.* INTO found FROM allowances a
    WHERE a.device_id = device AND a.server_name = server AND a.person_id = person AND a.meter = which
      AND a.network IN (palier_allowance.network, '*') AND a.client IN (palier_allowance.client, '*')
      AND a.direction IN (palier_allowance.direction, '*')
      AND CASE WHEN room IS NULL THEN a.rooms = '[]' ELSE a.rooms ? room END
      AND a.expires_at > moment AND a.granted - a.used - a.held >= needed AND (dated OR a.dates_from_ms IS NULL)
    ORDER BY a.dates_from_ms IS NOT NULL, a.expires_at, a.id LIMIT 1;
  RETURN found;
END $$;
--> statement-breakpoint
-- Of these meters, those over their alarm ceiling.
CREATE FUNCTION palier_meter_alarms(server text, person text, live bigint, live_caps bigint[], state bigint, state_caps bigint[])
RETURNS text LANGUAGE plpgsql STABLE AS $$
DECLARE
  alarms text[] := '{}';
BEGIN
  IF live > 0 AND palier_meter_left(server, person, 'live', live_caps) < 0 THEN alarms := alarms || '"live"'::text; END IF;
  IF state > 0 AND palier_meter_left(server, person, 'state', state_caps) < 0 THEN alarms := alarms || '"state"'::text; END IF;
  RETURN '[' || array_to_string(alarms, ',') || ']';
END $$;
--> statement-breakpoint
-- One reservation: near a limit, for an idle device, of a room not read within the minute.
CREATE FUNCTION palier_meter_reserve(o palier_asked, moment timestamptz, seconds bigint)
RETURNS jsonb LANGUAGE plpgsql AS $$
DECLARE
  again bigint;
  available bigint := 0;
  n bigint;
  earlier reservations%ROWTYPE;
  allowance allowances%ROWTYPE;
  rooms_full boolean := false;
BEGIN
  SELECT * INTO earlier FROM reservations x WHERE x.id = o.id;
  IF FOUND THEN
    RETURN jsonb_build_object('state', 'granted', 'events', earlier.events, 'limit', greatest(1, earlier.events),
      'source', CASE WHEN earlier.allowance_id IS NOT NULL THEN 'allowance' WHEN earlier.events = 0 THEN 'repeat' ELSE 'window' END,
      'allowanceId', earlier.allowance_id, 'left', 0);
  END IF;
  IF EXISTS (SELECT 1 FROM incidents i WHERE i.device_id = o.device) THEN
    RETURN jsonb_build_object('state', 'refused', 'reason', 'device-ended', 'held', 0, 'retryAfterSeconds', 0);
  END IF;
  SELECT max(c.limit_used) INTO again FROM charged_events c
    WHERE c.device_id = o.device AND c.request_hash = o.request_hash
      AND c.charged_at > moment - make_interval(secs => o.again_seconds);
  IF again > o.events THEN again := o.events; END IF;

  IF NOT o.idle THEN available := palier_meter_left(o.server, o.person, 'archive', o.caps); END IF;
  IF available >= 1 AND o.room <> '*' THEN
    rooms_full := cardinality(palier_rooms_new(o.server, o.person, ARRAY[o.room_hash], o.rooms_seconds, moment)) > 0
      AND palier_rooms_read(o.server, o.person, o.rooms_seconds, moment) >= o.rooms_limit;
  END IF;
  IF available >= 1 AND NOT rooms_full THEN
    n := least(o.events, available);
    IF o.room <> '*' THEN PERFORM palier_rooms_note(o.server, o.person, o.device, ARRAY[o.room_hash], moment); END IF;
    UPDATE meters m SET held = m.held + n
      WHERE m.server_name = o.server AND m.person_id = o.person AND m.device_id = '' AND m.meter = 'archive';
    INSERT INTO reservations (id, server_name, person_id, device_id, meter, allowance_id, events, deadline)
      VALUES (o.id, o.server, o.person, o.device, 'archive', NULL, n, moment + make_interval(secs => o.lives_seconds));
    RETURN jsonb_build_object('state', 'granted', 'events', n, 'limit', greatest(n, again), 'source', 'window',
      'allowanceId', NULL, 'left', available - n);
  END IF;

  allowance := palier_allowance(o.server, o.person, o.device, 'archive', o.network, o.client, o.room, o.direction, 1, true, moment);
  IF allowance.id IS NOT NULL THEN
    available := allowance.granted - allowance.used - allowance.held;
    n := least(o.events, available);
    UPDATE allowances a SET held = a.held + n WHERE a.id = allowance.id AND a.meter = 'archive';
    INSERT INTO reservations (id, server_name, person_id, device_id, meter, allowance_id, events, deadline)
      VALUES (o.id, o.server, o.person, o.device, 'archive', allowance.id, n, moment + make_interval(secs => o.lives_seconds));
    RETURN jsonb_build_object('state', 'granted', 'events', n, 'limit', greatest(n, again), 'source', 'allowance',
      'allowanceId', allowance.id, 'left', available - n);
  END IF;

  IF again IS NOT NULL THEN
    -- Nothing may be charged for it where the windows do not pay: only what was charged before comes through.
    INSERT INTO reservations (id, server_name, person_id, device_id, meter, allowance_id, events, deadline)
      VALUES (o.id, o.server, o.person, o.device, CASE WHEN o.idle OR rooms_full THEN 'none' ELSE 'archive' END, NULL, 0,
        moment + make_interval(secs => o.lives_seconds));
    RETURN jsonb_build_object('state', 'granted', 'events', 0, 'limit', again, 'source', 'repeat', 'allowanceId', NULL, 'left', 0);
  END IF;

  RETURN jsonb_build_object('state', 'refused',
    'reason', CASE WHEN o.idle THEN 'idle' WHEN rooms_full THEN 'rooms-exhausted' ELSE 'archive-exhausted' END,
    'held', palier_meter_held(o.server, o.person),
    'retryAfterSeconds', CASE WHEN o.idle THEN 0
      WHEN rooms_full THEN palier_rooms_wait(o.server, o.person, o.rooms_limit, o.rooms_seconds, moment)
      ELSE palier_meter_wait(o.server, o.person, 'archive', o.caps, seconds) END);
END $$;
--> statement-breakpoint
CREATE FUNCTION palier_meter_held(server text, person text) RETURNS bigint LANGUAGE plpgsql STABLE AS $$
BEGIN
  RETURN (SELECT coalesce(sum(x.events), 0)::bigint FROM reservations x WHERE x.server_name = server AND x.person_id = person);
END $$;
--> statement-breakpoint
-- One settlement whose reservation is taken already: of an allowance, of a page seen before, or of more than was held.
CREATE FUNCTION palier_meter_settle(o palier_settling, moment timestamptz)
RETURNS jsonb LANGUAGE plpgsql AS $$
DECLARE
  since timestamptz := moment - make_interval(secs => o.again_seconds);
  fresh bigint[] := palier_meter_fresh(o.device, o.hashes, since);
  cost bigint := cardinality(fresh) + o.bare;
  available bigint;
BEGIN
  IF o.allowance_id IS NULL THEN
    available := o.held;
    IF o.held_meter = 'archive' THEN
      available := available + palier_meter_left(o.server, o.person, 'archive', o.caps);
    END IF;
    IF cost > greatest(available, o.held) THEN
      PERFORM palier_meter_charge(ARRAY[ROW(o.server, o.person, '', 'archive', 0, o.held)::palier_charge]);
      RETURN jsonb_build_object('state', 'unpaid', 'cost', cost, 'left', greatest(0, available));
    END IF;
    PERFORM palier_meter_charge(ARRAY[ROW(o.server, o.person, o.device, 'archive', cost, o.held)::palier_charge]);
  ELSE
    UPDATE allowances a SET held = a.held - o.held, used = a.used + cost
      WHERE a.id = o.allowance_id AND a.meter = 'archive'
        AND (cost <= o.held OR (a.expires_at > moment AND a.used + a.held - o.held + cost <= a.granted))
        AND (cost = 0 OR a.dates_from_ms IS NULL OR (o.span_from >= a.dates_from_ms AND o.span_to < a.dates_until_ms))
      RETURNING a.granted - a.used - a.held INTO available;
    IF NOT FOUND THEN
      UPDATE allowances a SET held = a.held - o.held WHERE a.id = o.allowance_id AND a.meter = 'archive'
        RETURNING a.granted - a.used - a.held INTO available;
      RETURN jsonb_build_object('state', 'unpaid', 'cost', cost, 'left', coalesce(available, 0));
    END IF;
    available := available + cost;
  END IF;

  IF cardinality(fresh) > 0 OR (cardinality(o.hashes) > 0 AND NOT EXISTS (
    SELECT 1 FROM charged_events c WHERE c.device_id = o.device AND c.request_hash = o.request_hash AND c.charged_at > since))
  THEN
    INSERT INTO charged_events (device_id, request_hash, limit_used, event_hashes, charged_at)
      VALUES (o.device, o.request_hash, o.limit_used, fresh, moment);
  END IF;
  IF o.live > 0 OR o.state > 0 THEN
    PERFORM palier_meter_charge(ARRAY[ROW(o.server, o.person, o.device, 'live', o.live, 0)::palier_charge,
      ROW(o.server, o.person, o.device, 'state', o.state, 0)::palier_charge]);
  END IF;
  RETURN jsonb_build_object('state', 'released', 'cost', cost, 'left', greatest(0, available - cost),
    'alarms', palier_meter_alarms(o.server, o.person, o.live, o.live_caps, o.state, o.state_caps)::jsonb);
END $$;
--> statement-breakpoint
CREATE FUNCTION palier_meter_refund(op jsonb) RETURNS jsonb LANGUAGE plpgsql AS $$
DECLARE
  held_here reservations%ROWTYPE;
BEGIN
  DELETE FROM reservations x
    WHERE x.id = op ->> 'id' AND x.server_name = op ->> 'server' AND x.person_id = op ->> 'person'
      AND x.device_id = op ->> 'device'
    RETURNING * INTO held_here;
  IF held_here.allowance_id IS NOT NULL THEN
    UPDATE allowances a SET held = a.held - held_here.events WHERE a.id = held_here.allowance_id AND a.meter = 'archive';
  ELSIF held_here.id IS NOT NULL THEN
    PERFORM palier_meter_charge(ARRAY[ROW(op ->> 'server', op ->> 'person', '', 'archive', 0, held_here.events)::palier_charge]);
  END IF;
  RETURN jsonb_build_object('state', CASE WHEN held_here.id IS NULL THEN 'gone' ELSE 'refunded' END);
END $$;
--> statement-breakpoint
-- What is left of a stream without a tap.
CREATE FUNCTION palier_meter_stream_left(op jsonb, stream text, moment timestamptz) RETURNS bigint LANGUAGE plpgsql STABLE AS $$
DECLARE
  first_used bigint;
BEGIN
  IF (op ->> 'tapOnly')::boolean OR stream = 'pushers' THEN RETURN 0; END IF;
  IF stream = 'first-sync' THEN
    SELECT CASE WHEN f.closed_at IS NULL THEN f.used END INTO first_used FROM first_syncs f WHERE f.device_id = op ->> 'device';
    IF NOT FOUND THEN first_used := 0; END IF;
    RETURN coalesce((op ->> 'firstSyncEvents')::bigint - first_used, 0);
  END IF;
  IF stream = 'rooms' THEN
    RETURN (op ->> 'roomsLimit')::bigint - palier_rooms_read(op ->> 'server', op ->> 'person', (op ->> 'roomsSeconds')::integer, moment);
  END IF;
  IF (op ->> 'idle')::boolean AND stream IN ('archive', 'catch-up', 'key-backup') THEN RETURN 0; END IF;
  RETURN palier_meter_left(op ->> 'server', op ->> 'person', stream, (op -> 'caps' ->> stream)::bigint[]);
END $$;
--> statement-breakpoint
-- All streams of one answer, or none.
CREATE FUNCTION palier_meter_spend(op jsonb, moment timestamptz, seconds bigint) RETURNS jsonb LANGUAGE plpgsql AS $$
DECLARE
  server text := op ->> 'server';
  person text := op ->> 'person';
  device text := op ->> 'device';
  scope jsonb := nullif(op -> 'scope', 'null');
  since timestamptz := moment - make_interval(secs => (op ->> 'againSeconds')::integer);
  rooms bigint[] := coalesce((op -> 'streams' -> 'rooms' ->> 'hashes')::bigint[], '{}');
  rooms_new bigint[];
  rooms_fit boolean := true;
  stream text;
  hashes bigint[];
  fresh bigint[];
  charged bigint[] := '{}';
  first_charged bigint[] := '{}';
  asked bigint[] := '{}';
  cost jsonb := '{}';
  available jsonb := '{}';
  charges palier_charge[] := '{}';
  allowance allowances%ROWTYPE;
  paying text[] := '{}';
  due jsonb;
  n bigint;
  first_n bigint := 0;
  short_of text;
  archive_free boolean := false;
BEGIN
  IF EXISTS (SELECT 1 FROM incidents i WHERE i.device_id = device) THEN
    RETURN jsonb_build_object('state', 'device-ended');
  END IF;
  IF op ->> 'sinceHash' IS NOT NULL THEN PERFORM palier_meter_come_back(device, op ->> 'sinceHash', moment); END IF;
  IF cardinality(rooms) > 0 THEN
    rooms_new := palier_rooms_new(server, person, rooms, (op ->> 'roomsSeconds')::integer, moment);
    rooms_fit := cardinality(rooms_new) = 0 OR cardinality(rooms_new) <= palier_meter_stream_left(op, 'rooms', moment);
  END IF;

  IF op -> 'streams' <> '{}' THEN
    FOREACH stream IN ARRAY ARRAY['archive', 'catch-up', 'first-sync', 'state', 'directory', 'media-bytes', 'media-files',
      'key-backup', 'joins', 'pushers'] LOOP
      due := op -> 'streams' -> stream;
      CONTINUE WHEN due IS NULL;
      hashes := (due ->> 'hashes')::bigint[];
      fresh := palier_meter_fresh(device, hashes, since);
      IF cardinality(charged) > 0 AND cardinality(fresh) > 0 THEN
        SELECT coalesce(array_agg(h), '{}') INTO fresh FROM (SELECT unnest(fresh) AS h EXCEPT SELECT unnest(charged)) other;
      END IF;
      n := cardinality(fresh) + (due ->> 'bare')::bigint;
      IF n = 0 THEN
        IF stream = 'archive' THEN archive_free := true; END IF;
        CONTINUE;
      END IF;
      charged := charged || fresh;
      cost := cost || jsonb_build_object(stream, n);
      IF n <= palier_meter_stream_left(op, stream, moment) AND (rooms_fit OR stream <> 'archive') THEN
        IF stream = 'first-sync' THEN
          first_charged := fresh;
          first_n := n;
        ELSE
          charges := charges || ROW(server, person, device, stream, n, 0)::palier_charge;
        END IF;
        CONTINUE;
      END IF;
      IF scope IS NOT NULL THEN
        allowance := palier_allowance(server, person, device, stream, scope ->> 'network', scope ->> 'client', scope ->> 'room',
          scope ->> 'direction', n, false, moment);
        IF allowance.id IS NOT NULL THEN
          paying := paying || ARRAY[allowance.id, stream, n::text];
          -- What a tap released names its rooms: they are no discovery.
          IF stream = 'archive' THEN
            rooms := '{}';
            rooms_fit := true;
          END IF;
          CONTINUE;
        END IF;
      END IF;
      IF short_of IS NULL THEN
        short_of := CASE WHEN stream = 'archive' AND NOT rooms_fit AND n <= palier_meter_stream_left(op, stream, moment) THEN 'rooms' ELSE stream END;
      END IF;
    END LOOP;
  END IF;
  IF archive_free AND NOT rooms_fit THEN
    -- Nothing that was not paid for already.
    rooms := '{}';
    rooms_fit := true;
  END IF;
  IF NOT rooms_fit AND short_of IS NULL THEN short_of := 'rooms'; END IF;

  IF short_of IS NOT NULL THEN
    FOREACH stream IN ARRAY ARRAY['archive', 'catch-up', 'first-sync', 'state', 'directory', 'media-bytes', 'media-files',
      'key-backup', 'joins', 'pushers', 'rooms'] LOOP
      CONTINUE WHEN op -> 'streams' -> stream IS NULL AND stream NOT IN ('archive', 'catch-up', 'first-sync');
      available := available || jsonb_build_object(stream, greatest(0, palier_meter_stream_left(op, stream, moment)));
      IF stream <> 'rooms' THEN asked := asked || coalesce((op -> 'streams' -> stream ->> 'hashes')::bigint[], '{}'); END IF;
    END LOOP;
    rooms := coalesce((op -> 'streams' -> 'rooms' ->> 'hashes')::bigint[], '{}');
    RETURN jsonb_build_object('state', 'short', 'meter', short_of, 'left', available,
      'held', palier_meter_held(server, person),
      'retryAfterSeconds', CASE
        WHEN (op ->> 'tapOnly')::boolean OR short_of IN ('first-sync', 'pushers') THEN 0
        WHEN short_of = 'rooms' THEN palier_rooms_wait(server, person, (op ->> 'roomsLimit')::bigint, (op ->> 'roomsSeconds')::integer, moment)
        WHEN (op ->> 'idle')::boolean AND short_of IN ('archive', 'catch-up', 'key-backup') THEN 0
        ELSE palier_meter_wait(server, person, short_of, (op -> 'caps' ->> short_of)::bigint[], seconds) END,
      'free', (SELECT coalesce(string_agg(h::text, ','), '') FROM (
        (SELECT unnest(asked) AS h EXCEPT SELECT unnest(palier_meter_fresh(device, asked, since)))
        UNION (SELECT unnest(rooms) EXCEPT SELECT unnest(rooms_new))) free));
  END IF;

  FOR i IN 1 .. cardinality(paying) BY 3 LOOP
    UPDATE allowances a SET used = a.used + paying[i + 2]::bigint WHERE a.id = paying[i] AND a.meter = paying[i + 1];
  END LOOP;
  IF first_n > 0 THEN
    INSERT INTO first_syncs AS f (device_id, used) VALUES (device, first_n)
      ON CONFLICT (device_id) DO UPDATE SET used = f.used + first_n;
  END IF;
  IF (op ->> 'live')::bigint > 0 THEN charges := charges || ROW(server, person, device, 'live', (op ->> 'live')::bigint, 0)::palier_charge; END IF;
  IF (op ->> 'state')::bigint > 0 THEN charges := charges || ROW(server, person, device, 'state', (op ->> 'state')::bigint, 0)::palier_charge; END IF;
  IF cardinality(charges) > 0 THEN PERFORM palier_meter_charge(charges); END IF;
  IF cardinality(rooms) > 0 THEN PERFORM palier_rooms_note(server, person, device, rooms, moment); END IF;
  IF cardinality(charged) > 0 THEN
    INSERT INTO charged_events (device_id, request_hash, limit_used, event_hashes, charged_at)
      SELECT device, paid.by, NULL, paid.hashes, moment FROM (VALUES
        ('first-sync', first_charged),
        ('sync', CASE WHEN cardinality(first_charged) = 0 THEN charged ELSE
          (SELECT coalesce(array_agg(h), '{}') FROM (SELECT unnest(charged) AS h EXCEPT SELECT unnest(first_charged)) other) END)
      ) paid (by, hashes) WHERE cardinality(paid.hashes) > 0;
  END IF;
  IF op ->> 'positionHash' IS NOT NULL THEN
    DELETE FROM device_positions p WHERE p.device_id = device
      AND p.delivered_at < moment - make_interval(secs => (op ->> 'positionOverlapSeconds')::integer)
      -- The newest stay however old they are: this answer may be lost on its way, and sliding sync has a position for each of
      -- a client's connections, which do not come back all at once.
      AND p.position_hash NOT IN (SELECT n.position_hash FROM device_positions n
        WHERE n.device_id = device ORDER BY n.delivered_at DESC LIMIT 8);
    INSERT INTO device_positions AS p (device_id, position_hash, delivered_at, covers_until_ms, generation)
      VALUES (device, op ->> 'positionHash', moment, (op ->> 'coversUntilMs')::bigint, 0)
      ON CONFLICT (device_id, position_hash) DO UPDATE SET delivered_at = moment;
  END IF;
  RETURN jsonb_build_object('state', 'paid', 'cost', cost, 'source', CASE WHEN cardinality(paying) > 0 THEN 'allowance' ELSE 'window' END,
    'alarms', palier_meter_alarms(server, person, (op ->> 'live')::bigint, (op -> 'caps' ->> 'live')::bigint[],
      (op ->> 'state')::bigint, (op -> 'caps' ->> 'state')::bigint[])::jsonb);
END $$;
--> statement-breakpoint
-- What an approval released of each meter, once an approval; archive within the day's ceiling.
CREATE FUNCTION palier_meter_grant(op jsonb, moment timestamptz) RETURNS jsonb LANGUAGE plpgsql AS $$
DECLARE
  server text := op ->> 'server';
  person text := op ->> 'person';
  n bigint := coalesce((op -> 'amounts' ->> 'archive')::bigint, 0);
  available bigint;
  until timestamptz := moment + make_interval(secs => (op ->> 'ttlSeconds')::integer);
BEGIN
  IF EXISTS (SELECT 1 FROM allowances a WHERE a.approval_hash = op ->> 'approvalHash') THEN
    RETURN jsonb_build_object('state', 'already-granted');
  END IF;
  IF n > 0 THEN
    available := palier_meter_left(server, person, 'tap-release', (op -> 'caps' ->> 'tap-release')::bigint[]);
    IF n > available THEN
      RETURN jsonb_build_object('state', 'ceiling-reached', 'left', greatest(0, available));
    END IF;
    PERFORM palier_meter_charge(ARRAY[ROW(server, person, '', 'tap-release', n, 0)::palier_charge]);
  END IF;
  INSERT INTO allowances (id, meter, approval_hash, server_name, person_id, device_id, network, client, rooms, direction, granted, created_at, expires_at)
    SELECT op ->> 'id', a.key, op ->> 'approvalHash', server, person, op ->> 'device', op ->> 'network', op ->> 'client',
      op -> 'rooms', op ->> 'direction', a.value::bigint, moment, until
    FROM jsonb_each_text(op -> 'amounts') a WHERE a.value::bigint > 0;
  RETURN jsonb_build_object('state', 'granted', 'expiresAtMs', floor(extract(epoch FROM until) * 1000));
END $$;
--> statement-breakpoint
-- A reservation that will never be settled: all of it counts as consumed, at the moment it should have been settled.
CREATE FUNCTION palier_meter_consume(r reservations, counted_at timestamptz, seconds bigint) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  counted bigint := floor(extract(epoch FROM counted_at));
  laid_out text;
BEGIN
  IF r.allowance_id IS NOT NULL THEN
    UPDATE allowances a SET held = a.held - r.events, used = a.used + r.events WHERE a.id = r.allowance_id AND a.meter = 'archive';
    RETURN;
  END IF;
  IF r.events = 0 THEN RETURN; END IF;
  SELECT m.layout INTO laid_out FROM meters m
    WHERE m.server_name = r.server_name AND m.person_id = r.person_id AND m.device_id = '' AND m.meter = 'archive';
  PERFORM palier_heads(ARRAY[ROW(r.server_name, r.person_id, '', 'archive', laid_out)::palier_head,
    ROW(r.server_name, r.person_id, r.device_id, 'archive', laid_out)::palier_head], seconds);
  INSERT INTO meter_buckets AS b (server_name, person_id, device_id, meter, place, bucket, used)
    SELECT m.server_name, m.person_id, m.device_id, m.meter, w.place, w.newest - w.back, r.events
    FROM meters m, LATERAL (VALUES (1, m.newest1, seconds / m.width1 - counted / m.width1, m.size1),
      (2, m.newest2, seconds / m.width2 - counted / m.width2, m.size2),
      (3, m.newest3, seconds / m.width3 - counted / m.width3, m.size3)) w (place, newest, back, size)
    WHERE m.server_name = r.server_name AND m.person_id = r.person_id AND m.device_id IN ('', r.device_id) AND m.meter = 'archive'
      AND w.back > 0 AND w.back < w.size AND w.newest IS NOT NULL
    ON CONFLICT (server_name, person_id, device_id, meter, place, bucket) DO UPDATE SET used = b.used + excluded.used;
  UPDATE meters m SET
      tail1 = m.tail1 + CASE WHEN seconds / m.width1 <= counted / m.width1 THEN r.events ELSE 0 END,
      tail2 = m.tail2 + CASE WHEN seconds / m.width2 <= counted / m.width2 THEN r.events ELSE 0 END,
      tail3 = m.tail3 + CASE WHEN seconds / m.width3 <= counted / m.width3 THEN r.events ELSE 0 END,
      total1 = m.total1 + CASE WHEN seconds / m.width1 - counted / m.width1 < m.size1 THEN r.events ELSE 0 END,
      total2 = m.total2 + CASE WHEN seconds / m.width2 - counted / m.width2 < m.size2 THEN r.events ELSE 0 END,
      total3 = m.total3 + CASE WHEN seconds / m.width3 - counted / m.width3 < m.size3 THEN r.events ELSE 0 END,
      held = CASE WHEN m.device_id = '' THEN greatest(0, m.held - r.events) ELSE m.held END
    WHERE m.server_name = r.server_name AND m.person_id = r.person_id AND m.device_id IN ('', r.device_id) AND m.meter = 'archive';
END $$;
--> statement-breakpoint
-- An ended device: its reservations count as consumed, its consumption moves to the incident and leaves the person's rings.
CREATE FUNCTION palier_meter_give_back(op jsonb, moment timestamptz, seconds bigint) RETURNS jsonb LANGUAGE plpgsql AS $$
DECLARE
  server text := op ->> 'server';
  person text := op ->> 'person';
  device text := op ->> 'device';
  taken jsonb;
  mine reservations%ROWTYPE;
  total bigint;
  generous boolean;
BEGIN
  INSERT INTO incidents (id, server_name, person_id, device_id, reason, consumed, created_at)
    VALUES (op ->> 'incident', server, person, device, op ->> 'reason', '{}', moment)
    ON CONFLICT (device_id) DO NOTHING;
  IF NOT FOUND THEN RETURN jsonb_build_object('state', 'given-back-before'); END IF;
  SELECT count(*) < (op ->> 'giveBacksPer30Days')::integer INTO generous FROM incidents i
    WHERE i.server_name = server AND i.person_id = person AND i.given_back AND i.created_at > moment - interval '30 days';

  FOR mine IN DELETE FROM reservations x WHERE x.device_id = device AND x.server_name = server AND x.person_id = person
    RETURNING x.* LOOP
    PERFORM palier_meter_consume(mine, moment, seconds);
  END LOOP;
  UPDATE allowances a SET expires_at = least(a.expires_at, moment)
    WHERE a.device_id = device AND a.server_name = server AND a.person_id = person;

  PERFORM palier_heads(array_agg(ROW(server, person, owner.id, m.meter, coalesce(op -> 'layouts' ->> m.meter, m.layout))::palier_head), seconds)
    FROM meters m, (VALUES (''), (device)) owner (id)
    WHERE m.server_name = server AND m.person_id = person AND m.device_id = device;
  SELECT coalesce(jsonb_object_agg(m.meter, greatest(m.total1, m.total2, m.total3)), '{}') INTO taken FROM meters m
    WHERE m.server_name = server AND m.person_id = person AND m.device_id = device;
  IF generous THEN
    -- The device's newest sub-bucket is laid with the others, then each is taken off the person's of the same index.
    INSERT INTO meter_buckets AS b (server_name, person_id, device_id, meter, place, bucket, used)
      SELECT m.server_name, m.person_id, m.device_id, m.meter, w.place, w.newest, w.tail
      FROM meters m, LATERAL (VALUES (1, m.newest1, m.tail1), (2, m.newest2, m.tail2), (3, m.newest3, m.tail3)) w (place, newest, tail)
      WHERE m.server_name = server AND m.person_id = person AND m.device_id = device AND w.tail > 0 AND w.newest IS NOT NULL
      ON CONFLICT (server_name, person_id, device_id, meter, place, bucket) DO UPDATE SET used = b.used + excluded.used;
    UPDATE meter_buckets b SET used = greatest(0, b.used - d.used) FROM meter_buckets d
      WHERE d.server_name = server AND d.person_id = person AND d.device_id = device
        AND b.server_name = server AND b.person_id = person AND b.device_id = '' AND b.meter = d.meter AND b.place = d.place AND b.bucket = d.bucket;
    UPDATE meters m SET
        tail1 = greatest(0, m.tail1 - coalesce((SELECT d.used FROM meter_buckets d WHERE d.server_name = server AND d.person_id = person
          AND d.device_id = device AND d.meter = m.meter AND d.place = 1 AND d.bucket = m.newest1), 0)),
        tail2 = greatest(0, m.tail2 - coalesce((SELECT d.used FROM meter_buckets d WHERE d.server_name = server AND d.person_id = person
          AND d.device_id = device AND d.meter = m.meter AND d.place = 2 AND d.bucket = m.newest2), 0)),
        tail3 = greatest(0, m.tail3 - coalesce((SELECT d.used FROM meter_buckets d WHERE d.server_name = server AND d.person_id = person
          AND d.device_id = device AND d.meter = m.meter AND d.place = 3 AND d.bucket = m.newest3), 0))
      WHERE m.server_name = server AND m.person_id = person AND m.device_id = '' AND taken ? m.meter;
    UPDATE meters m SET total1 = m.tail1 + past.used1, total2 = m.tail2 + past.used2, total3 = m.tail3 + past.used3
      FROM (SELECT own.meter, coalesce(sum(b.used) FILTER (WHERE b.place = 1), 0)::bigint AS used1,
          coalesce(sum(b.used) FILTER (WHERE b.place = 2), 0)::bigint AS used2, coalesce(sum(b.used) FILTER (WHERE b.place = 3), 0)::bigint AS used3
        FROM meters own LEFT JOIN meter_buckets b
          ON b.server_name = server AND b.person_id = person AND b.device_id = '' AND b.meter = own.meter
        WHERE own.server_name = server AND own.person_id = person AND own.device_id = ''
        GROUP BY own.meter) past
      WHERE m.server_name = server AND m.person_id = person AND m.device_id = '' AND m.meter = past.meter AND taken ? m.meter;
  END IF;
  DELETE FROM meter_buckets b WHERE b.server_name = server AND b.person_id = person AND b.device_id = device;
  DELETE FROM meters m WHERE m.server_name = server AND m.person_id = person AND m.device_id = device;

  SELECT count(*) INTO total FROM room_reads x WHERE x.server_name = server AND x.person_id = person AND x.device_id = device;
  IF total > 0 THEN taken := taken || jsonb_build_object('rooms', total); END IF;
  IF generous THEN
    DELETE FROM room_reads x WHERE x.server_name = server AND x.person_id = person AND x.device_id = device;
  END IF;
  SELECT f.used INTO total FROM first_syncs f WHERE f.device_id = device;
  IF total > 0 THEN taken := taken || jsonb_build_object('first-sync', total); END IF;
  SELECT coalesce(sum(a.used), 0) INTO total FROM allowances a WHERE a.device_id = device AND a.meter = 'archive';
  IF total > 0 THEN taken := taken || jsonb_build_object('tap-release', total); END IF;
  UPDATE incidents i SET consumed = taken, given_back = generous WHERE i.id = op ->> 'incident';
  RETURN jsonb_build_object('state', 'given-back', 'consumed', taken);
END $$;
--> statement-breakpoint
-- The meters that a person has, as they stand: nothing is moved.
CREATE FUNCTION palier_meter_read(op jsonb, moment timestamptz, seconds bigint) RETURNS jsonb LANGUAGE sql STABLE AS $$
  SELECT jsonb_build_object('rooms', palier_rooms_read(op ->> 'server', op ->> 'person', (op ->> 'roomsSeconds')::integer, moment),
    'meters', coalesce(jsonb_agg(jsonb_build_object('meter', m.meter, 'held', m.held, 'used', (
      SELECT jsonb_agg(CASE WHEN w.newest > reached - w.size THEN w.tail ELSE 0 END + coalesce((SELECT sum(b.used) FROM meter_buckets b
          WHERE b.server_name = m.server_name AND b.person_id = m.person_id AND b.device_id = '' AND b.meter = m.meter
            AND b.place = w.place AND b.bucket > reached - w.size), 0) ORDER BY w.place)
      FROM (VALUES (1, m.newest1, m.tail1, m.width1, m.size1), (2, m.newest2, m.tail2, m.width2, m.size2),
          (3, m.newest3, m.tail3, m.width3, m.size3)) w (place, newest, tail, width, size),
        LATERAL (SELECT greatest(w.newest, seconds / w.width) AS reached) at
      WHERE w.width IS NOT NULL))), '[]'))
    FROM meters m WHERE m.server_name = op ->> 'server' AND m.person_id = op ->> 'person' AND m.device_id = ''
$$;
--> statement-breakpoint
-- What a position covers, NULL when it was not delivered to the device. A device that comes back ends its first sync for good.
CREATE FUNCTION palier_meter_come_back(device text, since text, moment timestamptz) RETURNS bigint LANGUAGE plpgsql AS $$
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
CREATE FUNCTION palier_meter_position(op jsonb, moment timestamptz) RETURNS jsonb LANGUAGE plpgsql AS $$
DECLARE
  device text := op ->> 'device';
  covers bigint := palier_meter_come_back(device, op ->> 'hash', moment);
BEGIN
  RETURN jsonb_build_object('coversUntilMs', covers,
    'firstSyncOpen', NOT EXISTS (SELECT 1 FROM first_syncs f WHERE f.device_id = device AND f.closed_at IS NOT NULL));
END $$;
--> statement-breakpoint
-- Reservations of a batch: in one statement for everyone who is far from every limit, one by one for the others.
CREATE FUNCTION palier_meter_reserve_all(asked palier_asked[], moment timestamptz, seconds bigint) RETURNS text[] LANGUAGE plpgsql AS $$
DECLARE
  results text[];
  one palier_asked;
  done integer[];
BEGIN
  WITH o AS (
    SELECT a.*, sum(a.events) OVER (PARTITION BY a.who) AS wanted, sum(a.events) OVER (PARTITION BY a.who ORDER BY a.place) AS before
    FROM unnest(asked) a
  ),
  clear AS MATERIALIZED (
    SELECT o.place, o.id, o.who, o.server, o.person, o.device, o.events, o.lives_seconds, m.at, m.available - o.before AS available
    FROM o CROSS JOIN LATERAL (
      SELECT m.ctid AS at, least(o.caps[1] - m.total1, o.caps[2] - m.total2, o.caps[3] - m.total3) - m.held AS available FROM meters m
      WHERE m.server_name = o.server AND m.person_id = o.person AND m.device_id = '' AND m.meter = 'archive' OFFSET 0) m
    WHERE NOT o.idle AND o.wanted <= m.available
      AND (SELECT true FROM incidents i WHERE i.device_id = o.device) IS NULL
      AND (SELECT true FROM reservations x WHERE x.id = o.id) IS NULL
      AND (o.room = '*' OR (SELECT x.read_at FROM room_reads x WHERE x.server_name = o.server AND x.person_id = o.person
        AND x.room = o.room_hash AND x.device_id = o.device) > moment - interval '1 minute')
  ),
  made AS (
    INSERT INTO reservations (id, server_name, person_id, device_id, meter, allowance_id, events, deadline)
      SELECT c.id, c.server, c.person, c.device, 'archive', NULL, c.events, moment + make_interval(secs => c.lives_seconds) FROM clear c
  ),
  hold AS (
    UPDATE meters m SET held = m.held + x.events
      FROM (SELECT c.at, sum(c.events)::bigint AS events FROM clear c GROUP BY c.at) x WHERE m.ctid = x.at
  )
  SELECT array_agg(c.place), array_agg('[' || c.place || ',' || c.events || ',' || c.available || ']') INTO done, results FROM clear c;
  IF cardinality(asked) = coalesce(cardinality(done), 0) THEN RETURN results; END IF;

  FOREACH one IN ARRAY asked LOOP
    CONTINUE WHEN one.place = ANY (done);
    results := results || ('[' || one.place || ',' || palier_meter_reserve(one, moment, seconds)::text || ']');
  END LOOP;
  RETURN results;
END $$;
--> statement-breakpoint
-- Settlements of a batch: those within what was held, of events new to their device, in one statement; the others one by one.
CREATE FUNCTION palier_meter_settle_all(settling palier_settling[], moment timestamptz) RETURNS text[] LANGUAGE plpgsql AS $$
DECLARE
  results text[];
  rest palier_settling[];
  plain palier_settling[];
  one palier_settling;
BEGIN
  WITH known AS MATERIALIZED (
    SELECT ROW(o.place, o.id, o.server, o.person, o.device, o.hashes, o.bare, o.live, o.state, o.request_hash, o.limit_used, o.caps,
        o.live_caps, o.state_caps, o.span_from, o.span_to, o.again_seconds, x.events, x.meter, x.allowance_id)::palier_settling AS it,
      x.at IS NOT NULL AND x.allowance_id IS NULL AND o.bare + cardinality(o.hashes) <= x.events
        AND row_number() OVER (PARTITION BY o.device ORDER BY o.place) = 1
        AND (cardinality(o.hashes) = 0 OR (
          SELECT true FROM charged_events c WHERE c.device_id = o.device AND c.charged_at > moment - make_interval(secs => o.again_seconds)
            AND c.event_hashes && o.hashes LIMIT 1) IS NULL) AS plainly,
      x.at, o.place, o.device
    FROM unnest(settling) o LEFT JOIN LATERAL (
      SELECT x.ctid AS at, x.events, x.meter, x.allowance_id FROM reservations x
      WHERE x.id = o.id AND x.server_name = o.server AND x.person_id = o.person AND x.device_id = o.device OFFSET 0) x ON true
  ),
  taken AS (DELETE FROM reservations x WHERE x.ctid = ANY (ARRAY(SELECT known.at FROM known WHERE known.at IS NOT NULL)))
  SELECT array_agg(known.it) FILTER (WHERE known.plainly), array_agg(known.it) FILTER (WHERE NOT known.plainly AND known.at IS NOT NULL),
      array_agg('[' || known.place || ',{"state":"' || CASE WHEN (SELECT true FROM incidents i WHERE i.device_id = known.device) IS NULL
        THEN 'gone' ELSE 'device-ended' END || '"}]') FILTER (WHERE known.at IS NULL)
    INTO plain, rest, results FROM known;

  IF plain IS NOT NULL THEN
    PERFORM palier_meter_charge(array_agg(ROW(p.server, p.person, p.device, c.meter, c.units, c.unheld)::palier_charge))
      FROM unnest(plain) p, LATERAL (VALUES ('archive', cardinality(p.hashes) + p.bare, p.held), ('live', p.live, 0), ('state', p.state, 0)) c (meter, units, unheld)
      WHERE c.units > 0 OR c.unheld > 0;
    INSERT INTO charged_events (device_id, request_hash, limit_used, event_hashes, charged_at)
      SELECT p.device, p.request_hash, p.limit_used, p.hashes, moment FROM unnest(plain) p WHERE cardinality(p.hashes) > 0;
    results := results || (SELECT array_agg('[' || p.place || ',' || cardinality(p.hashes) + p.bare || ','
        || greatest(0, least(p.caps[1] - m.total1, p.caps[2] - m.total2, p.caps[3] - m.total3) - m.held) || ','
        || CASE WHEN p.live > 0 OR p.state > 0
          THEN palier_meter_alarms(p.server, p.person, p.live, p.live_caps, p.state, p.state_caps) ELSE '[]' END || ']')
      FROM unnest(plain) p CROSS JOIN LATERAL (SELECT m.total1, m.total2, m.total3, m.held FROM meters m
        WHERE m.server_name = p.server AND m.person_id = p.person AND m.device_id = '' AND m.meter = 'archive' OFFSET 0) m);
  END IF;
  IF rest IS NOT NULL THEN
    FOREACH one IN ARRAY rest LOOP
      results := results || ('[' || one.place || ',' || palier_meter_settle(one, moment)::text || ']');
    END LOOP;
  END IF;
  RETURN results;
END $$;
--> statement-breakpoint
-- People whose meters are asked for the first time.
CREATE FUNCTION palier_meter_people(servers text[], persons text[]) RETURNS void LANGUAGE sql AS $$
  INSERT INTO meters (server_name, person_id, device_id, meter)
    SELECT p.server, p.person, '', 'archive' FROM unnest(servers, persons) p (server, person) ORDER BY 1, 2
    ON CONFLICT DO NOTHING
$$;
--> statement-breakpoint
-- The one entry: a batch of operations, a result each with its place; NULL, and nothing done, when a person has no meters yet
-- (palier_meter_people). `hashes`: those of all settlements, one after the other. What is called at once has no order, so settlements come
-- before spending and that before reservations. Each id comes once. What is looked up is looked up row by row through its
-- index (LATERAL … OFFSET 0), whatever the statistics say: a plan made while the tables were small must not stay. Rows are
-- changed by the place they were found at: only whoever has the person's lock changes them. `moment_given` is for tests; the clock is the database's.
CREATE FUNCTION palier_meter(batch jsonb, hashes bigint[], moment_given timestamptz DEFAULT NULL) RETURNS text LANGUAGE plpgsql
SET plan_cache_mode = force_generic_plan SET enable_seqscan = off SET jit = off AS $$
DECLARE
  servers text[] := (batch -> 'people' ->> 'server')::text[];
  persons text[] := (batch -> 'people' ->> 'person')::text[];
  results text[] := '{}';
  moment timestamptz;
  seconds bigint;
  locked integer;
  overdue reservations%ROWTYPE;
  op jsonb;
  columns jsonb;
BEGIN
  -- The person's head of `archive` is the lock, taken in key order. Whoever has none yet is told so, before anything happens:
  -- making it here would take a lock out of order.
  IF cardinality(persons) > 0 THEN
    SELECT count(*) INTO locked FROM (SELECT p.server, p.person FROM unnest(servers, persons) p (server, person) ORDER BY 1, 2 OFFSET 0) p
      CROSS JOIN LATERAL (SELECT 1 FROM meters m
        WHERE m.server_name = p.server AND m.person_id = p.person AND m.device_id = '' AND m.meter = 'archive' OFFSET 0 FOR UPDATE) own;
    IF locked < cardinality(persons) THEN RETURN NULL; END IF;
  END IF;
  -- Read after the locks are held, so that a person's moments do not run backwards.
  moment := coalesce(moment_given, clock_timestamp());
  seconds := floor(extract(epoch FROM moment));

  columns := batch -> 'heads';
  IF columns IS NOT NULL THEN
    PERFORM palier_heads(array_agg(ROW(h.server, h.person, h.device, h.meter, h.layout)::palier_head), seconds)
      FROM unnest((columns ->> 'server')::text[], (columns ->> 'person')::text[], (columns ->> 'device')::text[],
        (columns ->> 'meter')::text[], (columns ->> 'layout')::text[]) h (server, person, device, meter, layout);
  END IF;
  IF cardinality(persons) > 0 THEN
    FOR overdue IN DELETE FROM reservations x WHERE x.ctid = ANY (ARRAY(
      SELECT late.at FROM unnest(servers, persons) p (server, person) CROSS JOIN LATERAL (SELECT y.ctid AS at FROM reservations y
        WHERE y.server_name = p.server AND y.person_id = p.person AND y.deadline <= moment OFFSET 0) late)) RETURNING x.* LOOP
      PERFORM palier_meter_consume(overdue, overdue.deadline, seconds);
    END LOOP;
  END IF;

  columns := batch -> 'settle';
  IF columns IS NOT NULL THEN
    results := results || palier_meter_settle_all((SELECT array_agg(ROW(o.place, o.id, o.server, o.person, o.device, palier_meter.hashes[o.hashes_from : o.hashes_to], o.bare,
        o.live, o.state, o.request_hash, o.limit_used, o.caps::bigint[], o.live_caps::bigint[], o.state_caps::bigint[], o.span_from, o.span_to,
        o.again_seconds, NULL, NULL, NULL)::palier_settling)
      FROM unnest((columns ->> 'place')::integer[], (columns ->> 'id')::text[], (columns ->> 'server')::text[], (columns ->> 'person')::text[],
        (columns ->> 'device')::text[], (columns ->> 'hashesFrom')::integer[], (columns ->> 'hashesTo')::integer[], (columns ->> 'bare')::bigint[], (columns ->> 'live')::bigint[],
        (columns ->> 'state')::bigint[], (columns ->> 'requestHash')::text[], (columns ->> 'limitUsed')::integer[], (columns ->> 'caps')::text[],
        (columns ->> 'liveCaps')::text[], (columns ->> 'stateCaps')::text[], (columns ->> 'spanFrom')::bigint[], (columns ->> 'spanTo')::bigint[],
        (columns ->> 'againSeconds')::integer[])
        o (place, id, server, person, device, hashes_from, hashes_to, bare, live, state, request_hash, limit_used, caps, live_caps, state_caps, span_from,
          span_to, again_seconds)), moment);
  END IF;

  FOR op IN SELECT value FROM jsonb_array_elements(batch -> 'others') LOOP
    results := results || ('[' || (op ->> 'place') || ',' || CASE op ->> 'op'
      WHEN 'refund' THEN palier_meter_refund(op)
      WHEN 'spend' THEN palier_meter_spend(op, moment, seconds)
      WHEN 'grant' THEN palier_meter_grant(op, moment)
      WHEN 'give-back' THEN palier_meter_give_back(op, moment, seconds)
      WHEN 'read' THEN palier_meter_read(op, moment, seconds)
      WHEN 'position' THEN palier_meter_position(op, moment)
    END::text || ']');
  END LOOP;

  columns := batch -> 'reserve';
  IF columns IS NOT NULL THEN
    results := results || palier_meter_reserve_all((SELECT array_agg(ROW(o.place, o.who, o.id, o.server, o.person, o.device, o.network, o.client, o.room,
        o.room_hash, o.direction, o.events, o.idle, o.request_hash, o.caps::bigint[], o.rooms_limit, o.rooms_seconds, o.lives_seconds,
        o.again_seconds)::palier_asked)
      FROM unnest((columns ->> 'place')::integer[], (columns ->> 'who')::integer[], (columns ->> 'id')::text[], (columns ->> 'server')::text[], (columns ->> 'person')::text[],
        (columns ->> 'device')::text[], (columns ->> 'network')::text[], (columns ->> 'client')::text[], (columns ->> 'room')::text[],
        (columns ->> 'roomHash')::bigint[], (columns ->> 'direction')::text[], (columns ->> 'events')::bigint[], (columns ->> 'idle')::boolean[],
        (columns ->> 'requestHash')::text[], (columns ->> 'caps')::text[], (columns ->> 'roomsLimit')::bigint[], (columns ->> 'roomsSeconds')::integer[],
        (columns ->> 'livesSeconds')::integer[], (columns ->> 'againSeconds')::integer[])
        o (place, who, id, server, person, device, network, client, room, room_hash, direction, events, idle, request_hash, caps, rooms_limit,
          rooms_seconds, lives_seconds, again_seconds)), moment, seconds);
  END IF;
  RETURN '[' || array_to_string(results, ',') || ']';
END $$;--> statement-breakpoint
-- The rings as lists, newest last: to read, never to decide by.
CREATE VIEW meter_rings AS
  SELECT m.server_name, m.person_id, m.device_id, m.meter, array_remove(ARRAY[m.newest1, m.newest2, m.newest3], NULL) AS newest,
    (SELECT array_agg(CASE WHEN i = w.newest THEN w.tail ELSE coalesce(b.used, 0) END ORDER BY w.place, i)
      FROM (VALUES (1, m.newest1, m.tail1, m.size1), (2, m.newest2, m.tail2, m.size2), (3, m.newest3, m.tail3, m.size3)) w (place, newest, tail, size)
        CROSS JOIN LATERAL generate_series(w.newest - w.size + 1, w.newest) i
        LEFT JOIN meter_buckets b ON b.server_name = m.server_name AND b.person_id = m.person_id AND b.device_id = m.device_id
          AND b.meter = m.meter AND b.place = w.place AND b.bucket = i) AS used
  FROM meters m;

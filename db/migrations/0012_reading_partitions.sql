-- Lines of reading are kept by day (UTC) and dropped whole. Hand-written: drizzle-kit knows neither partitions nor functions.
CREATE TABLE "readings" (
	"id" bigserial NOT NULL,
	"at" timestamp (3) with time zone NOT NULL,
	"server_name" text NOT NULL,
	"person_id" text NOT NULL,
	"device_id" text NOT NULL,
	"network" text NOT NULL,
	"client" text NOT NULL,
	"groups" text[],
	"route" text NOT NULL,
	"decision" text NOT NULL,
	"reason" text NOT NULL,
	"would_be" text,
	"source" text,
	"meter" text,
	"policy_version" integer NOT NULL,
	"answers" integer NOT NULL,
	"parts" jsonb NOT NULL,
	"asked" jsonb,
	"asked_rooms" text[],
	"rooms_total" integer NOT NULL,
	"live" integer NOT NULL,
	"state" integer NOT NULL,
	"withheld" bigint NOT NULL,
	"allowance_id" text,
	"from_at" timestamp (3) with time zone,
	"to_at" timestamp (3) with time zone
) PARTITION BY RANGE ("at");--> statement-breakpoint
CREATE INDEX "readings_person" ON "readings" USING btree ("person_id","at");--> statement-breakpoint
CREATE INDEX "readings_at" ON "readings" USING btree ("at","id");--> statement-breakpoint
-- A day without a partition loses nothing: its lines wait here until the partition is made.
CREATE TABLE "readings_default" PARTITION OF "readings" DEFAULT;--> statement-breakpoint
-- One batch of one writer, once: whether it was written now. False: it had been written before.
CREATE FUNCTION palier_readings_write(writer text, number bigint, rows jsonb, totals jsonb, rooms jsonb) RETURNS boolean LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO reading_writers AS w (id, batch, written_at) VALUES (writer, number, clock_timestamp())
    ON CONFLICT (id) DO UPDATE SET batch = excluded.batch, written_at = excluded.written_at WHERE w.batch < excluded.batch;
  IF NOT FOUND THEN RETURN false; END IF;
  INSERT INTO readings (at, server_name, person_id, device_id, network, client, groups, route, decision, reason, would_be, source,
      meter, policy_version, answers, parts, asked, asked_rooms, rooms_total, live, state, withheld, allowance_id, from_at, to_at)
    SELECT r.at, r.server_name, r.person_id, r.device_id, r.network, r.client, r.groups, r.route, r.decision, r.reason, r.would_be, r.source,
      r.meter, r.policy_version, r.answers, r.parts, r.asked, r.asked_rooms, r.rooms_total, r.live, r.state, r.withheld, r.allowance_id, r.from_at, r.to_at
    FROM jsonb_to_recordset(rows) AS r (at timestamptz, server_name text, person_id text, device_id text, network text, client text,
      groups text[], route text, decision text, reason text, would_be text, source text, meter text, policy_version integer, answers integer,
      parts jsonb, asked jsonb, asked_rooms text[], rooms_total integer, live integer, state integer, withheld bigint, allowance_id text,
      from_at timestamptz, to_at timestamptz);
  INSERT INTO reading_rooms AS k (pseudonym, room, last_on)
    SELECT r.pseudonym, r.room, r.last_on FROM jsonb_to_recordset(rooms) AS r (pseudonym text, room text, last_on date) ORDER BY r.pseudonym
    ON CONFLICT (pseudonym) DO UPDATE SET last_on = excluded.last_on WHERE k.last_on < excluded.last_on;
  -- Last, and in one order on every gateway: these rows are everybody's.
  INSERT INTO reading_totals AS k (width, at, meter, decision, answers, units, withheld)
    SELECT t.width, to_timestamp(floor(extract(epoch FROM t.at) / t.width) * t.width), t.meter, t.decision,
      sum(t.answers), sum(t.units), sum(t.withheld)
    FROM (SELECT w.width, r.* FROM jsonb_to_recordset(totals) AS r (at timestamptz, meter text, decision text, answers bigint, units bigint, withheld bigint),
      (VALUES (60), (3600)) w (width)) t
    GROUP BY 1, 2, 3, 4 ORDER BY 1, 2, 3, 4
    ON CONFLICT (width, at, meter, decision) DO UPDATE SET
      answers = k.answers + excluded.answers, units = k.units + excluded.units, withheld = k.withheld + excluded.withheld;
  RETURN true;
END $$;--> statement-breakpoint
-- Makes the partitions of the days from `today` on, and those of days whose lines wait in the default one. Returns how many;
-- null when another process is at it.
CREATE FUNCTION palier_readings_make(today date, ahead integer) RETURNS integer LANGUAGE plpgsql AS $$
DECLARE
  day date;
  name text;
  made integer := 0;
BEGIN
  IF NOT pg_try_advisory_xact_lock(hashtextextended('partitions of readings', 0)) THEN RETURN NULL; END IF;
  FOR day IN
    SELECT d::date FROM generate_series(today::timestamp, (today + ahead)::timestamp, interval '1 day') d
    UNION SELECT DISTINCT (r.at AT TIME ZONE 'UTC')::date FROM readings_default r
    ORDER BY 1
  LOOP
    name := 'readings_' || to_char(day, 'YYYYMMDD');
    CONTINUE WHEN to_regclass(name) IS NOT NULL;
    EXECUTE format('CREATE TABLE %I (LIKE readings INCLUDING DEFAULTS INCLUDING INDEXES)', name);
    LOCK TABLE readings_default IN ACCESS EXCLUSIVE MODE;
    EXECUTE format('WITH moved AS (DELETE FROM readings_default r WHERE (r.at AT TIME ZONE ''UTC'')::date = %L RETURNING r.*)
      INSERT INTO %I SELECT * FROM moved', day, name);
    EXECUTE format('ALTER TABLE readings ATTACH PARTITION %I FOR VALUES FROM (%L) TO (%L)', name,
      to_char(day, 'YYYY-MM-DD') || ' 00:00:00+00', to_char(day + 1, 'YYYY-MM-DD') || ' 00:00:00+00');
    made := made + 1;
  END LOOP;
  RETURN made;
END $$;--> statement-breakpoint
-- Drops the partitions of days before `before`, whole. Returns how many; null when another process is at it.
CREATE FUNCTION palier_readings_drop(before date) RETURNS integer LANGUAGE plpgsql AS $$
DECLARE
  name text;
  dropped integer := 0;
BEGIN
  IF NOT pg_try_advisory_xact_lock(hashtextextended('partitions of readings', 0)) THEN RETURN NULL; END IF;
  DELETE FROM readings_default r WHERE (r.at AT TIME ZONE 'UTC')::date < before;
  FOR name IN
    SELECT c.relname FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
    WHERE i.inhparent = 'readings'::regclass AND c.relname ~ '^readings_\d{8}$' AND to_date(right(c.relname, 8), 'YYYYMMDD') < before
    ORDER BY 1
  LOOP
    EXECUTE format('DROP TABLE %I', name);
    dropped := dropped + 1;
  END LOOP;
  RETURN dropped;
END $$;

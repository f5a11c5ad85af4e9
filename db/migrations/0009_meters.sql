-- Every meter: heads and sub-buckets instead of arrays, distinct rooms, allowances of each meter; what was counted stays
-- counted. The functions of 0001 go; those that take their place are in 0010. Column types and names as generated.
DROP FUNCTION "palier_meter", "palier_meter_position", "palier_meter_come_back", "palier_meter_read", "palier_meter_consume",
  "palier_meter_give_back", "palier_meter_grant", "palier_meter_stream_left", "palier_meter_spend", "palier_meter_refund",
  "palier_meter_settle", "palier_meter_reserve", "palier_meter_watch", "palier_meter_fresh", "palier_meter_charge",
  "palier_meter_wait", "palier_meter_left", "palier_rings_used", "palier_rings_add", "palier_rings_at";--> statement-breakpoint
DROP TYPE "palier_rings";--> statement-breakpoint
CREATE TABLE "meter_buckets" (
	"server_name" text NOT NULL,
	"person_id" text NOT NULL,
	"device_id" text NOT NULL,
	"meter" text NOT NULL,
	"place" integer NOT NULL,
	"bucket" bigint NOT NULL,
	"used" bigint NOT NULL,
	CONSTRAINT "meter_buckets_server_name_person_id_device_id_meter_place_bucket_pk" PRIMARY KEY("server_name","person_id","device_id","meter","place","bucket")
);--> statement-breakpoint
CREATE TABLE "room_reads" (
	"server_name" text NOT NULL,
	"person_id" text NOT NULL,
	"room" bigint NOT NULL,
	"device_id" text NOT NULL,
	"read_at" timestamp (3) with time zone NOT NULL,
	CONSTRAINT "room_reads_server_name_person_id_room_device_id_pk" PRIMARY KEY("server_name","person_id","room","device_id")
);--> statement-breakpoint
ALTER TABLE "allowances" DROP CONSTRAINT "allowances_pkey";--> statement-breakpoint
ALTER TABLE "allowances" DROP CONSTRAINT "allowances_approval_hash_unique";--> statement-breakpoint
DROP INDEX "reservations_person";--> statement-breakpoint
ALTER TABLE "meters" DROP CONSTRAINT "meters_server_name_person_id_meter_pk";--> statement-breakpoint
ALTER TABLE "allowances" ALTER COLUMN "granted" SET DATA TYPE bigint;--> statement-breakpoint
ALTER TABLE "allowances" ALTER COLUMN "used" SET DATA TYPE bigint;--> statement-breakpoint
ALTER TABLE "allowances" ALTER COLUMN "held" SET DATA TYPE bigint;--> statement-breakpoint
ALTER TABLE "meters" ALTER COLUMN "held" SET DATA TYPE bigint;--> statement-breakpoint
ALTER TABLE "reservations" ALTER COLUMN "events" SET DATA TYPE bigint;--> statement-breakpoint
ALTER TABLE "allowances" ADD COLUMN "dates_from_ms" bigint;--> statement-breakpoint
ALTER TABLE "allowances" ADD COLUMN "dates_until_ms" bigint;--> statement-breakpoint
ALTER TABLE "allowances" ADD COLUMN "meter" text DEFAULT 'archive' NOT NULL;--> statement-breakpoint
ALTER TABLE "meters" ADD COLUMN "device_id" text DEFAULT '' NOT NULL;--> statement-breakpoint
ALTER TABLE "meters" ADD COLUMN "layout" text DEFAULT '' NOT NULL;--> statement-breakpoint
ALTER TABLE "meters" ADD COLUMN "width1" bigint;--> statement-breakpoint
ALTER TABLE "meters" ADD COLUMN "width2" bigint;--> statement-breakpoint
ALTER TABLE "meters" ADD COLUMN "width3" bigint;--> statement-breakpoint
ALTER TABLE "meters" ADD COLUMN "size1" bigint;--> statement-breakpoint
ALTER TABLE "meters" ADD COLUMN "size2" bigint;--> statement-breakpoint
ALTER TABLE "meters" ADD COLUMN "size3" bigint;--> statement-breakpoint
ALTER TABLE "meters" ADD COLUMN "newest1" bigint;--> statement-breakpoint
ALTER TABLE "meters" ADD COLUMN "newest2" bigint;--> statement-breakpoint
ALTER TABLE "meters" ADD COLUMN "newest3" bigint;--> statement-breakpoint
ALTER TABLE "meters" ADD COLUMN "tail1" bigint DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE "meters" ADD COLUMN "tail2" bigint DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE "meters" ADD COLUMN "tail3" bigint DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE "meters" ADD COLUMN "total1" bigint DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE "meters" ADD COLUMN "total2" bigint DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE "meters" ADD COLUMN "total3" bigint DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE "allowances" ADD CONSTRAINT "allowances_id_meter_pk" PRIMARY KEY("id","meter");--> statement-breakpoint
ALTER TABLE "meters" ADD CONSTRAINT "meters_server_name_person_id_device_id_meter_pk" PRIMARY KEY("server_name","person_id","device_id","meter");--> statement-breakpoint
ALTER TABLE "allowances" ADD CONSTRAINT "allowances_once" UNIQUE("approval_hash","meter");--> statement-breakpoint
CREATE INDEX "reservations_person" ON "reservations" USING btree ("server_name","person_id","deadline");--> statement-breakpoint
CREATE INDEX "approvals_pending" ON "approvals" USING btree ("expires_at") WHERE state = 'pending';--> statement-breakpoint
CREATE INDEX "approvals_decided" ON "approvals" USING btree ("decided_at");--> statement-breakpoint
CREATE INDEX "incidents_created" ON "incidents" USING btree ("created_at","id");--> statement-breakpoint
CREATE INDEX "incidents_person" ON "incidents" USING btree ("person_id");--> statement-breakpoint
-- What the devices consumed, beside their person's.
INSERT INTO "meters" ("server_name", "person_id", "device_id", "meter", "newest", "used")
  SELECT d.server_name, d.person_id, m.device_id, m.meter, m.newest, m.used FROM device_meters m JOIN devices d ON d.id = m.device_id;--> statement-breakpoint
-- The sub-buckets before the newest, of the windows as they were laid out until now.
INSERT INTO "meter_buckets" ("server_name", "person_id", "device_id", "meter", "place", "bucket", "used")
  SELECT m.server_name, m.person_id, m.device_id, m.meter, l.place, m.newest[l.ring] - l.size + u.at, u.used
  FROM meters m
    JOIN (VALUES ('archive', 279, 1, 1, 61, 0), ('archive', 279, 2, 2, 97, 61), ('archive', 279, 3, 3, 121, 158), ('catch-up', 97, 1, 1, 97, 0),
      ('live', 61, 1, 1, 61, 0), ('state', 97, 1, 2, 97, 0), ('tap-release', 97, 1, 1, 97, 0)) l (meter, kept, ring, place, size, start)
      ON l.meter = m.meter AND l.kept = cardinality(m.used),
    LATERAL unnest(m.used[l.start + 1 : l.start + l.size - 1]) WITH ORDINALITY u (used, at)
  WHERE u.used > 0;--> statement-breakpoint
UPDATE "meters" SET layout = '60:61,900:97,21600:121', width1 = 60, width2 = 900, width3 = 21600, size1 = 61, size2 = 97, size3 = 121,
    newest1 = newest[1], newest2 = newest[2], newest3 = newest[3], tail1 = used[61], tail2 = used[158], tail3 = used[279],
    total1 = (SELECT sum(u) FROM unnest(used[1:61]) u), total2 = (SELECT sum(u) FROM unnest(used[62:158]) u), total3 = (SELECT sum(u) FROM unnest(used[159:279]) u)
  WHERE meter = 'archive' AND cardinality(used) = 279;--> statement-breakpoint
UPDATE "meters" SET layout = '900:97', width1 = 900, size1 = 97, newest1 = newest[1], tail1 = used[97], total1 = (SELECT sum(u) FROM unnest(used) u)
  WHERE meter IN ('catch-up', 'tap-release') AND cardinality(used) = 97;--> statement-breakpoint
UPDATE "meters" SET layout = '60:61', width1 = 60, size1 = 61, newest1 = newest[1], tail1 = used[61], total1 = (SELECT sum(u) FROM unnest(used) u)
  WHERE meter = 'live' AND cardinality(used) = 61;--> statement-breakpoint
UPDATE "meters" SET layout = '60:61,900:97', width1 = 60, width2 = 900, size1 = 61, size2 = 97, newest1 = 0, newest2 = newest[1], tail2 = used[97],
    total2 = (SELECT sum(u) FROM unnest(used) u)
  WHERE meter = 'state' AND cardinality(used) = 97;--> statement-breakpoint
-- Windows of another shape: kept whole, as of the first use.
UPDATE "meters" SET total1 = (SELECT sum(u) FROM unnest(used) u) WHERE layout = '' AND cardinality(used) > 0;--> statement-breakpoint
DROP TABLE "device_meters";--> statement-breakpoint
ALTER TABLE "meters" DROP COLUMN "newest";--> statement-breakpoint
ALTER TABLE "meters" DROP COLUMN "used";--> statement-breakpoint
-- Changed all the time, and never in an indexed column: new versions stay on their page.
ALTER TABLE "meters" SET (fillfactor = 50);

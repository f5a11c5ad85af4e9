CREATE TABLE "reading_reveals" (
	"id" text PRIMARY KEY NOT NULL,
	"pseudonym" text NOT NULL,
	"first_id" text NOT NULL,
	"second_id" text NOT NULL,
	"reason" text NOT NULL,
	"at" timestamp (3) with time zone NOT NULL
);
--> statement-breakpoint
CREATE TABLE "reading_rooms" (
	"pseudonym" text PRIMARY KEY NOT NULL,
	"room" text NOT NULL,
	"last_on" date NOT NULL
);
--> statement-breakpoint
CREATE TABLE "reading_totals" (
	"width" integer NOT NULL,
	"at" timestamp (3) with time zone NOT NULL,
	"meter" text NOT NULL,
	"decision" text NOT NULL,
	"answers" bigint NOT NULL,
	"units" bigint NOT NULL,
	"withheld" bigint NOT NULL,
	CONSTRAINT "reading_totals_width_at_meter_decision_pk" PRIMARY KEY("width","at","meter","decision")
);
--> statement-breakpoint
CREATE TABLE "reading_writers" (
	"id" text PRIMARY KEY NOT NULL,
	"batch" bigint NOT NULL,
	"written_at" timestamp (3) with time zone NOT NULL
);
--> statement-breakpoint
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
);
--> statement-breakpoint
CREATE TABLE "alerts" (
	"id" text PRIMARY KEY NOT NULL,
	"kind" text NOT NULL,
	"action" text NOT NULL,
	"server_name" text NOT NULL,
	"person_id" text,
	"device_id" text,
	"explanation" jsonb NOT NULL,
	"evidence" jsonb NOT NULL,
	"raised_at" timestamp (3) with time zone NOT NULL,
	"state" text DEFAULT 'open' NOT NULL,
	"handled_at" timestamp (3) with time zone,
	"handled_by" text,
	"handled_how" text,
	"note" text,
	"told" jsonb
);
--> statement-breakpoint
CREATE TABLE "gateways_heard" (
	"id" text PRIMARY KEY NOT NULL,
	"server_name" text NOT NULL,
	"started_at" timestamp (3) with time zone NOT NULL,
	"heard_at" timestamp (3) with time zone NOT NULL,
	"held" integer NOT NULL
);
--> statement-breakpoint
CREATE INDEX "reading_reveals_at" ON "reading_reveals" USING btree ("at");--> statement-breakpoint
CREATE INDEX "readings_person" ON "readings" USING btree ("person_id","at");--> statement-breakpoint
CREATE INDEX "readings_at" ON "readings" USING btree ("at","id");--> statement-breakpoint
CREATE INDEX "alerts_raised" ON "alerts" USING btree ("raised_at","id");--> statement-breakpoint
CREATE INDEX "alerts_open" ON "alerts" USING btree ("raised_at","id") WHERE state = 'open';--> statement-breakpoint
CREATE INDEX "alerts_person" ON "alerts" USING btree ("person_id","raised_at");--> statement-breakpoint
CREATE INDEX "alerts_device" ON "alerts" USING btree ("device_id");--> statement-breakpoint
CREATE INDEX "approvals_pending" ON "approvals" USING btree ("expires_at") WHERE state = 'pending';--> statement-breakpoint
CREATE INDEX "approvals_decided" ON "approvals" USING btree ("decided_at");--> statement-breakpoint
CREATE INDEX "incidents_created" ON "incidents" USING btree ("created_at","id");--> statement-breakpoint
CREATE INDEX "incidents_person" ON "incidents" USING btree ("person_id");--> statement-breakpoint
CREATE INDEX "devices_ended" ON "devices" USING btree ("ended_at") WHERE ended_at IS NOT NULL;--> statement-breakpoint
CREATE INDEX "devices_created" ON "devices" USING btree ("created_at","id");--> statement-breakpoint
CREATE INDEX "devices_live_created" ON "devices" USING btree ("created_at","id") WHERE ended_at IS NULL;--> statement-breakpoint
CREATE INDEX "devices_network" ON "devices" USING btree ("network","created_at","id");--> statement-breakpoint
CREATE INDEX "id_sessions_created" ON "id_sessions" USING btree ("created_at","hash");
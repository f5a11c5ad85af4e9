-- The policy in versions, what two administrators sign, and signed heads of the audit log.
CREATE TABLE "policy_versions" (
	"number" integer PRIMARY KEY NOT NULL,
	"document" jsonb NOT NULL,
	"sha256" text NOT NULL,
	"applied_by" text NOT NULL,
	"applied_at" timestamp (3) with time zone NOT NULL,
	"reason" text NOT NULL
);
--> statement-breakpoint
CREATE TABLE "releases" (
	"id" text PRIMARY KEY NOT NULL,
	"typ" text NOT NULL,
	"state" text NOT NULL,
	"server_name" text NOT NULL,
	"intent" text NOT NULL,
	"requested_by" text NOT NULL,
	"created_at" timestamp (3) with time zone NOT NULL,
	"expires_at" timestamp (3) with time zone NOT NULL,
	"first_person" text,
	"first_at" timestamp (3) with time zone,
	"first_tap" jsonb,
	"second_person" text,
	"granted_at" timestamp (3) with time zone,
	"granted_until" timestamp (3) with time zone,
	"receipt" jsonb,
	"ended_by" text,
	"ended_at" timestamp (3) with time zone,
	"events" integer
);
--> statement-breakpoint
CREATE TABLE "acts" (
	"id" text PRIMARY KEY NOT NULL,
	"verb" text NOT NULL,
	"state" text NOT NULL,
	"intent" text NOT NULL,
	"concerns" text,
	"requested_by" text NOT NULL,
	"created_at" timestamp (3) with time zone NOT NULL,
	"expires_at" timestamp (3) with time zone NOT NULL,
	"first_person" text,
	"first_at" timestamp (3) with time zone,
	"first_tap" jsonb,
	"second_person" text,
	"second_at" timestamp (3) with time zone,
	"not_before" timestamp (3) with time zone,
	"receipt" jsonb,
	"started_at" timestamp (3) with time zone,
	"ended_by" text,
	"ended_at" timestamp (3) with time zone,
	"answer" jsonb,
	"failure" text
);
--> statement-breakpoint
CREATE TABLE "audit_heads" (
	"sequence" bigint PRIMARY KEY NOT NULL,
	"hash" text NOT NULL,
	"signed_at" timestamp (3) with time zone NOT NULL,
	"jws" text NOT NULL
);
--> statement-breakpoint
DROP INDEX "audit_entries_subject";--> statement-breakpoint
ALTER TABLE "releases" ADD CONSTRAINT "releases_requested_by_people_id_fk" FOREIGN KEY ("requested_by") REFERENCES "public"."people"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "releases" ADD CONSTRAINT "releases_first_person_people_id_fk" FOREIGN KEY ("first_person") REFERENCES "public"."people"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "releases" ADD CONSTRAINT "releases_second_person_people_id_fk" FOREIGN KEY ("second_person") REFERENCES "public"."people"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "acts" ADD CONSTRAINT "acts_requested_by_people_id_fk" FOREIGN KEY ("requested_by") REFERENCES "public"."people"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "acts" ADD CONSTRAINT "acts_first_person_people_id_fk" FOREIGN KEY ("first_person") REFERENCES "public"."people"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "acts" ADD CONSTRAINT "acts_second_person_people_id_fk" FOREIGN KEY ("second_person") REFERENCES "public"."people"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "releases_created" ON "releases" USING btree ("created_at");--> statement-breakpoint
CREATE INDEX "releases_state" ON "releases" USING btree ("typ","state");--> statement-breakpoint
CREATE INDEX "acts_created" ON "acts" USING btree ("created_at","id");--> statement-breakpoint
CREATE INDEX "acts_state" ON "acts" USING btree ("state");--> statement-breakpoint
CREATE INDEX "audit_entries_actor" ON "audit_entries" USING btree ("actor","sequence");--> statement-breakpoint
CREATE INDEX "audit_entries_action" ON "audit_entries" USING btree ("action" text_pattern_ops,"sequence");--> statement-breakpoint
CREATE INDEX "audit_entries_at" ON "audit_entries" USING btree ("at");--> statement-breakpoint
CREATE INDEX "audit_entries_subject" ON "audit_entries" USING btree ("subject","sequence");

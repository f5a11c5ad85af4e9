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
ALTER TABLE "acts" ADD CONSTRAINT "acts_requested_by_people_id_fk" FOREIGN KEY ("requested_by") REFERENCES "public"."people"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "acts" ADD CONSTRAINT "acts_first_person_people_id_fk" FOREIGN KEY ("first_person") REFERENCES "public"."people"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "acts" ADD CONSTRAINT "acts_second_person_people_id_fk" FOREIGN KEY ("second_person") REFERENCES "public"."people"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "acts_created" ON "acts" USING btree ("created_at","id");--> statement-breakpoint
CREATE INDEX "acts_state" ON "acts" USING btree ("state");
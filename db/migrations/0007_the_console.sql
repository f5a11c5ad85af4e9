ALTER TABLE "groups" ADD COLUMN "version" integer DEFAULT 1 NOT NULL;--> statement-breakpoint
ALTER TABLE "credentials" ADD COLUMN "kind" text DEFAULT 'security-key' NOT NULL;--> statement-breakpoint
ALTER TABLE "credentials" ADD COLUMN "serial" text;--> statement-breakpoint
ALTER TABLE "enrolment_tickets" ADD COLUMN "policy" text;--> statement-breakpoint
ALTER TABLE "enrolment_tickets" ADD COLUMN "uses_left" integer DEFAULT 1 NOT NULL;--> statement-breakpoint
ALTER TABLE "people" ADD COLUMN "email" text;--> statement-breakpoint
ALTER TABLE "people" ADD COLUMN "external_id" text;--> statement-breakpoint
ALTER TABLE "people" ADD COLUMN "deleted_at" timestamp (3) with time zone;--> statement-breakpoint
ALTER TABLE "people" ADD COLUMN "version" integer DEFAULT 1 NOT NULL;--> statement-breakpoint
ALTER TABLE "people" ADD CONSTRAINT "people_external_id_unique" UNIQUE("external_id");
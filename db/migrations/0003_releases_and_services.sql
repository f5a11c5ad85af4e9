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
CREATE TABLE "service_renewals" (
	"id" text PRIMARY KEY NOT NULL,
	"service_id" text NOT NULL,
	"person_id" text NOT NULL,
	"intent" text NOT NULL,
	"created_at" timestamp (3) with time zone NOT NULL,
	"expires_at" timestamp (3) with time zone NOT NULL,
	"renewed_at" timestamp (3) with time zone,
	"credential_id" text,
	"receipt" jsonb
);
--> statement-breakpoint
CREATE TABLE "services" (
	"id" text PRIMARY KEY NOT NULL,
	"server_name" text NOT NULL,
	"name" text NOT NULL,
	"user_id" text NOT NULL,
	"namespace" jsonb NOT NULL,
	"homeserver_token" text,
	"token_hash" text NOT NULL,
	"networks" jsonb NOT NULL,
	"rooms" jsonb,
	"limits" jsonb NOT NULL,
	"sponsor_id" text NOT NULL,
	"created_at" timestamp (3) with time zone NOT NULL,
	"expires_at" timestamp (3) with time zone NOT NULL,
	"last_used_at" timestamp (3) with time zone,
	"ended_at" timestamp (3) with time zone,
	"ended_reason" text,
	CONSTRAINT "services_token_hash_unique" UNIQUE("token_hash")
);
--> statement-breakpoint
ALTER TABLE "allowances" ADD COLUMN "dates_from_ms" bigint;--> statement-breakpoint
ALTER TABLE "allowances" ADD COLUMN "dates_until_ms" bigint;--> statement-breakpoint
ALTER TABLE "releases" ADD CONSTRAINT "releases_requested_by_people_id_fk" FOREIGN KEY ("requested_by") REFERENCES "public"."people"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "releases" ADD CONSTRAINT "releases_first_person_people_id_fk" FOREIGN KEY ("first_person") REFERENCES "public"."people"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "releases" ADD CONSTRAINT "releases_second_person_people_id_fk" FOREIGN KEY ("second_person") REFERENCES "public"."people"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "service_renewals" ADD CONSTRAINT "service_renewals_service_id_services_id_fk" FOREIGN KEY ("service_id") REFERENCES "public"."services"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "service_renewals" ADD CONSTRAINT "service_renewals_person_id_people_id_fk" FOREIGN KEY ("person_id") REFERENCES "public"."people"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "services" ADD CONSTRAINT "services_sponsor_id_people_id_fk" FOREIGN KEY ("sponsor_id") REFERENCES "public"."people"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "releases_created" ON "releases" USING btree ("created_at");--> statement-breakpoint
CREATE INDEX "releases_state" ON "releases" USING btree ("typ","state");--> statement-breakpoint
CREATE INDEX "service_renewals_service" ON "service_renewals" USING btree ("service_id","created_at");--> statement-breakpoint
CREATE UNIQUE INDEX "services_name" ON "services" USING btree ("server_name","name");--> statement-breakpoint
CREATE INDEX "services_sponsor" ON "services" USING btree ("sponsor_id");
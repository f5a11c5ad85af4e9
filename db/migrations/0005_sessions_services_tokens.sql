-- Sessions that end at a time, bots and bridges, API tokens, and the indexes that lists of sessions and devices walk.
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
CREATE TABLE "api_tokens" (
	"id" text PRIMARY KEY NOT NULL,
	"hash" text NOT NULL,
	"person_id" text NOT NULL,
	"name" text NOT NULL,
	"permissions" jsonb NOT NULL,
	"created_at" timestamp (3) with time zone NOT NULL,
	"expires_at" timestamp (3) with time zone NOT NULL,
	"last_used_at" timestamp (3) with time zone,
	"revoked_at" timestamp (3) with time zone,
	CONSTRAINT "api_tokens_hash_unique" UNIQUE("hash")
);
--> statement-breakpoint
ALTER TABLE "id_sessions" ADD COLUMN "ends_at" timestamp (3) with time zone;--> statement-breakpoint
ALTER TABLE "sids" ADD COLUMN "ends_at" timestamp (3) with time zone;--> statement-breakpoint
ALTER TABLE "services" ADD CONSTRAINT "services_sponsor_id_people_id_fk" FOREIGN KEY ("sponsor_id") REFERENCES "public"."people"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "service_renewals" ADD CONSTRAINT "service_renewals_service_id_services_id_fk" FOREIGN KEY ("service_id") REFERENCES "public"."services"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "service_renewals" ADD CONSTRAINT "service_renewals_person_id_people_id_fk" FOREIGN KEY ("person_id") REFERENCES "public"."people"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "api_tokens" ADD CONSTRAINT "api_tokens_person_id_people_id_fk" FOREIGN KEY ("person_id") REFERENCES "public"."people"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
CREATE UNIQUE INDEX "services_name" ON "services" USING btree ("server_name","name");--> statement-breakpoint
CREATE INDEX "services_sponsor" ON "services" USING btree ("sponsor_id");--> statement-breakpoint
CREATE INDEX "service_renewals_service" ON "service_renewals" USING btree ("service_id","created_at");--> statement-breakpoint
CREATE INDEX "api_tokens_person" ON "api_tokens" USING btree ("person_id");--> statement-breakpoint
CREATE INDEX "devices_ended" ON "devices" USING btree ("ended_at") WHERE ended_at IS NOT NULL;--> statement-breakpoint
CREATE INDEX "devices_device_id" ON "devices" USING btree ("device_id");--> statement-breakpoint
CREATE INDEX "devices_created" ON "devices" USING btree ("created_at","id");--> statement-breakpoint
CREATE INDEX "devices_live_created" ON "devices" USING btree ("created_at","id") WHERE ended_at IS NULL;--> statement-breakpoint
CREATE INDEX "devices_network" ON "devices" USING btree ("network","created_at","id");--> statement-breakpoint
CREATE INDEX "id_sessions_created" ON "id_sessions" USING btree ("created_at","hash");

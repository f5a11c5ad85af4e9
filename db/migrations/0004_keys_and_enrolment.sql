-- What is known of keys and asked of them, temporary passes, the ways in, and metadata that was looked at.
CREATE TABLE "enrolment_proofs" (
	"state_hash" text PRIMARY KEY NOT NULL,
	"ticket_hash" text NOT NULL,
	"browser_hash" text NOT NULL,
	"created_at" timestamp (3) with time zone NOT NULL,
	"expires_at" timestamp (3) with time zone NOT NULL,
	"answered_at" timestamp (3) with time zone,
	"proved_at" timestamp (3) with time zone
);
--> statement-breakpoint
CREATE TABLE "expected_keys" (
	"id" text PRIMARY KEY NOT NULL,
	"person_id" text NOT NULL,
	"serial" text,
	"aaguid" text,
	"batch" text,
	"created_by" text NOT NULL,
	"created_at" timestamp (3) with time zone NOT NULL,
	"matched_at" timestamp (3) with time zone,
	"matched_credential_id" text,
	"withdrawn_at" timestamp (3) with time zone
);
--> statement-breakpoint
CREATE TABLE "temporary_passes" (
	"hash" text PRIMARY KEY NOT NULL,
	"credential_id" text NOT NULL,
	"person_id" text NOT NULL,
	"issued_by" text NOT NULL,
	"created_at" timestamp (3) with time zone NOT NULL,
	"expires_at" timestamp (3) with time zone NOT NULL,
	"used_at" timestamp (3) with time zone
);
--> statement-breakpoint
CREATE TABLE "group_key_policies" (
	"group_id" text PRIMARY KEY NOT NULL,
	"policy" text NOT NULL,
	"aaguids" jsonb,
	"platform_allowed" boolean NOT NULL,
	"min_keys" integer NOT NULL,
	"updated_at" timestamp (3) with time zone NOT NULL,
	"version" integer DEFAULT 1 NOT NULL
);
--> statement-breakpoint
CREATE TABLE "metadata_uploads" (
	"hash" text PRIMARY KEY NOT NULL,
	"jwt" text NOT NULL,
	"uploaded_by" text NOT NULL,
	"uploaded_at" timestamp (3) with time zone NOT NULL
);
--> statement-breakpoint
ALTER TABLE "credentials" ADD COLUMN "kind" text DEFAULT 'security-key' NOT NULL;--> statement-breakpoint
ALTER TABLE "credentials" ADD COLUMN "serial" text;--> statement-breakpoint
ALTER TABLE "credentials" ADD COLUMN "expires_at" timestamp (3) with time zone;--> statement-breakpoint
ALTER TABLE "credentials" ADD COLUMN "last_used_network" text;--> statement-breakpoint
ALTER TABLE "credentials" ADD COLUMN "last_used_client" text;--> statement-breakpoint
ALTER TABLE "credentials" ADD COLUMN "version" integer DEFAULT 1 NOT NULL;--> statement-breakpoint
ALTER TABLE "enrolment_tickets" ADD COLUMN "policy" text;--> statement-breakpoint
ALTER TABLE "enrolment_tickets" ADD COLUMN "uses_left" integer DEFAULT 1 NOT NULL;--> statement-breakpoint
ALTER TABLE "enrolment_tickets" ADD COLUMN "browser_hash" text;--> statement-breakpoint
ALTER TABLE "metadata_imports" ADD COLUMN "new_allowed" boolean;--> statement-breakpoint
ALTER TABLE "enrolment_proofs" ADD CONSTRAINT "enrolment_proofs_ticket_hash_enrolment_tickets_hash_fk" FOREIGN KEY ("ticket_hash") REFERENCES "public"."enrolment_tickets"("hash") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "expected_keys" ADD CONSTRAINT "expected_keys_person_id_people_id_fk" FOREIGN KEY ("person_id") REFERENCES "public"."people"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "expected_keys" ADD CONSTRAINT "expected_keys_matched_credential_id_credentials_id_fk" FOREIGN KEY ("matched_credential_id") REFERENCES "public"."credentials"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "temporary_passes" ADD CONSTRAINT "temporary_passes_credential_id_credentials_id_fk" FOREIGN KEY ("credential_id") REFERENCES "public"."credentials"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "temporary_passes" ADD CONSTRAINT "temporary_passes_person_id_people_id_fk" FOREIGN KEY ("person_id") REFERENCES "public"."people"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "group_key_policies" ADD CONSTRAINT "group_key_policies_group_id_groups_id_fk" FOREIGN KEY ("group_id") REFERENCES "public"."groups"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "enrolment_proofs_ticket" ON "enrolment_proofs" USING btree ("ticket_hash");--> statement-breakpoint
CREATE INDEX "enrolment_proofs_expiry" ON "enrolment_proofs" USING btree ("expires_at");--> statement-breakpoint
CREATE INDEX "expected_keys_person" ON "expected_keys" USING btree ("person_id");--> statement-breakpoint
CREATE INDEX "temporary_passes_person" ON "temporary_passes" USING btree ("person_id");--> statement-breakpoint
CREATE INDEX "temporary_passes_expiry" ON "temporary_passes" USING btree ("expires_at");--> statement-breakpoint
CREATE INDEX "metadata_uploads_at" ON "metadata_uploads" USING btree ("uploaded_at");--> statement-breakpoint
CREATE INDEX "credentials_active" ON "credentials" USING btree ("person_id") WHERE "credentials"."revoked_at" IS NULL AND "credentials"."kind" <> 'temporary-pass';--> statement-breakpoint
CREATE INDEX "credentials_model" ON "credentials" USING btree ("aaguid");--> statement-breakpoint
CREATE INDEX "credentials_standing" ON "credentials" USING btree ("person_id","kind","acr","aaguid","backup_eligible","id") WHERE revoked_at IS NULL;--> statement-breakpoint
CREATE INDEX "credentials_revoked_reason" ON "credentials" USING btree ("revoked_reason") WHERE revoked_reason IS NOT NULL;

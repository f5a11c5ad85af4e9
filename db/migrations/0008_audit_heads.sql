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
CREATE TABLE "audit_heads" (
	"sequence" bigint PRIMARY KEY NOT NULL,
	"hash" text NOT NULL,
	"signed_at" timestamp (3) with time zone NOT NULL,
	"jws" text NOT NULL
);
--> statement-breakpoint
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
DROP INDEX "audit_entries_subject";--> statement-breakpoint
ALTER TABLE "groups" ADD COLUMN "modified_at" timestamp (3) with time zone DEFAULT now() NOT NULL;--> statement-breakpoint
ALTER TABLE "outbox" ADD COLUMN "sealed_link" text;--> statement-breakpoint
ALTER TABLE "credentials" ADD COLUMN "expires_at" timestamp (3) with time zone;--> statement-breakpoint
ALTER TABLE "enrolment_tickets" ADD COLUMN "browser_hash" text;--> statement-breakpoint
ALTER TABLE "people" ADD COLUMN "modified_at" timestamp (3) with time zone DEFAULT now() NOT NULL;--> statement-breakpoint
ALTER TABLE "api_tokens" ADD CONSTRAINT "api_tokens_person_id_people_id_fk" FOREIGN KEY ("person_id") REFERENCES "public"."people"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "enrolment_proofs" ADD CONSTRAINT "enrolment_proofs_ticket_hash_enrolment_tickets_hash_fk" FOREIGN KEY ("ticket_hash") REFERENCES "public"."enrolment_tickets"("hash") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "expected_keys" ADD CONSTRAINT "expected_keys_person_id_people_id_fk" FOREIGN KEY ("person_id") REFERENCES "public"."people"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "expected_keys" ADD CONSTRAINT "expected_keys_matched_credential_id_credentials_id_fk" FOREIGN KEY ("matched_credential_id") REFERENCES "public"."credentials"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "temporary_passes" ADD CONSTRAINT "temporary_passes_credential_id_credentials_id_fk" FOREIGN KEY ("credential_id") REFERENCES "public"."credentials"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "temporary_passes" ADD CONSTRAINT "temporary_passes_person_id_people_id_fk" FOREIGN KEY ("person_id") REFERENCES "public"."people"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "api_tokens_person" ON "api_tokens" USING btree ("person_id");--> statement-breakpoint
CREATE INDEX "enrolment_proofs_ticket" ON "enrolment_proofs" USING btree ("ticket_hash");--> statement-breakpoint
CREATE INDEX "enrolment_proofs_expiry" ON "enrolment_proofs" USING btree ("expires_at");--> statement-breakpoint
CREATE INDEX "expected_keys_person" ON "expected_keys" USING btree ("person_id");--> statement-breakpoint
CREATE INDEX "temporary_passes_person" ON "temporary_passes" USING btree ("person_id");--> statement-breakpoint
CREATE INDEX "temporary_passes_expiry" ON "temporary_passes" USING btree ("expires_at");--> statement-breakpoint
CREATE INDEX "audit_entries_actor" ON "audit_entries" USING btree ("actor","sequence");--> statement-breakpoint
CREATE INDEX "audit_entries_action" ON "audit_entries" USING btree ("action" text_pattern_ops,"sequence");--> statement-breakpoint
CREATE INDEX "audit_entries_at" ON "audit_entries" USING btree ("at");--> statement-breakpoint
CREATE INDEX "audit_entries_subject" ON "audit_entries" USING btree ("subject","sequence");
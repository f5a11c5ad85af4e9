CREATE TABLE "audit_entries" (
	"sequence" bigint PRIMARY KEY NOT NULL,
	"at" timestamp (3) with time zone NOT NULL,
	"action" text NOT NULL,
	"actor" text NOT NULL,
	"subject" text NOT NULL,
	"detail" jsonb NOT NULL,
	"previous_hash" text NOT NULL,
	"hash" text NOT NULL,
	CONSTRAINT "audit_entries_hash_unique" UNIQUE("hash")
);
--> statement-breakpoint
CREATE TABLE "bindings" (
	"hash" text PRIMARY KEY NOT NULL,
	"server_name" text NOT NULL,
	"purpose" text NOT NULL,
	"action" text,
	"action_subject" text,
	"target_hash" text,
	"device_id" text,
	"redirect_url" text,
	"network" text NOT NULL,
	"client" text NOT NULL,
	"browser_hash" text,
	"state_hash" text,
	"code_hash" text,
	"sid" text,
	"created_at" timestamp (3) with time zone NOT NULL,
	"expires_at" timestamp (3) with time zone NOT NULL,
	"completed_at" timestamp (3) with time zone,
	"used_at" timestamp (3) with time zone,
	CONSTRAINT "bindings_state_hash_unique" UNIQUE("state_hash"),
	CONSTRAINT "bindings_code_hash_unique" UNIQUE("code_hash")
);
--> statement-breakpoint
CREATE TABLE "login_tokens" (
	"hash" text PRIMARY KEY NOT NULL,
	"server_name" text NOT NULL,
	"sid" text NOT NULL,
	"homeserver_login_token" text NOT NULL,
	"network" text NOT NULL,
	"created_at" timestamp (3) with time zone NOT NULL,
	"expires_at" timestamp (3) with time zone NOT NULL
);
--> statement-breakpoint
CREATE TABLE "allowances" (
	"id" text PRIMARY KEY NOT NULL,
	"approval_hash" text NOT NULL,
	"server_name" text NOT NULL,
	"person_id" text NOT NULL,
	"device_id" text NOT NULL,
	"network" text NOT NULL,
	"client" text NOT NULL,
	"rooms" jsonb NOT NULL,
	"direction" text NOT NULL,
	"granted" integer NOT NULL,
	"used" integer DEFAULT 0 NOT NULL,
	"held" integer DEFAULT 0 NOT NULL,
	"created_at" timestamp (3) with time zone NOT NULL,
	"expires_at" timestamp (3) with time zone NOT NULL,
	CONSTRAINT "allowances_approval_hash_unique" UNIQUE("approval_hash")
);
--> statement-breakpoint
CREATE TABLE "approvals" (
	"hash" text PRIMARY KEY NOT NULL,
	"sealed_token" text NOT NULL,
	"state" text NOT NULL,
	"server_name" text NOT NULL,
	"person_id" text NOT NULL,
	"device_id" text NOT NULL,
	"network" text NOT NULL,
	"client" text NOT NULL,
	"intent" text NOT NULL,
	"merge_key" text NOT NULL,
	"created_at" timestamp (3) with time zone NOT NULL,
	"expires_at" timestamp (3) with time zone NOT NULL,
	"decided_at" timestamp (3) with time zone,
	"decided_by" text,
	"credential_id" text,
	"receipt" jsonb
);
--> statement-breakpoint
CREATE TABLE "charged_events" (
	"device_id" text NOT NULL,
	"request_hash" text NOT NULL,
	"limit_used" integer,
	"event_hashes" bigint[] NOT NULL,
	"charged_at" timestamp (3) with time zone NOT NULL
);
--> statement-breakpoint
CREATE TABLE "device_meters" (
	"device_id" text NOT NULL,
	"meter" text NOT NULL,
	"newest" bigint[] NOT NULL,
	"used" integer[] NOT NULL,
	CONSTRAINT "device_meters_device_id_meter_pk" PRIMARY KEY("device_id","meter")
);
--> statement-breakpoint
CREATE TABLE "first_syncs" (
	"device_id" text PRIMARY KEY NOT NULL,
	"used" integer DEFAULT 0 NOT NULL,
	"closed_at" timestamp (3) with time zone
);
--> statement-breakpoint
CREATE TABLE "incidents" (
	"id" text PRIMARY KEY NOT NULL,
	"server_name" text NOT NULL,
	"person_id" text NOT NULL,
	"device_id" text NOT NULL,
	"reason" text NOT NULL,
	"consumed" jsonb NOT NULL,
	"given_back" boolean DEFAULT false NOT NULL,
	"created_at" timestamp (3) with time zone NOT NULL,
	CONSTRAINT "incidents_device_id_unique" UNIQUE("device_id")
);
--> statement-breakpoint
CREATE TABLE "meters" (
	"server_name" text NOT NULL,
	"person_id" text NOT NULL,
	"meter" text NOT NULL,
	"newest" bigint[] NOT NULL,
	"used" integer[] NOT NULL,
	"held" integer DEFAULT 0 NOT NULL,
	CONSTRAINT "meters_server_name_person_id_meter_pk" PRIMARY KEY("server_name","person_id","meter")
);
--> statement-breakpoint
CREATE TABLE "reservations" (
	"id" text PRIMARY KEY NOT NULL,
	"server_name" text NOT NULL,
	"person_id" text NOT NULL,
	"device_id" text NOT NULL,
	"meter" text NOT NULL,
	"allowance_id" text,
	"events" integer NOT NULL,
	"deadline" timestamp (3) with time zone NOT NULL
);
--> statement-breakpoint
CREATE TABLE "resume_points" (
	"device_id" text NOT NULL,
	"room_id" text NOT NULL,
	"withheld_event_id" text NOT NULL,
	"token" text NOT NULL,
	"created_at" timestamp (3) with time zone NOT NULL,
	CONSTRAINT "resume_points_device_id_room_id_withheld_event_id_pk" PRIMARY KEY("device_id","room_id","withheld_event_id")
);
--> statement-breakpoint
CREATE TABLE "seal_keys" (
	"key_id" text PRIMARY KEY NOT NULL,
	"probe" text NOT NULL,
	"created_at" timestamp (3) with time zone NOT NULL,
	"retired_at" timestamp (3) with time zone
);
--> statement-breakpoint
CREATE TABLE "authorization_codes" (
	"hash" text PRIMARY KEY NOT NULL,
	"client_id" text NOT NULL,
	"sid" text NOT NULL,
	"redirect_uri" text NOT NULL,
	"code_challenge" text NOT NULL,
	"nonce" text,
	"scope" text NOT NULL,
	"created_at" timestamp (3) with time zone NOT NULL,
	"expires_at" timestamp (3) with time zone NOT NULL,
	"redeemed_at" timestamp (3) with time zone
);
--> statement-breakpoint
CREATE TABLE "clients" (
	"client_id" text PRIMARY KEY NOT NULL,
	"name" text NOT NULL,
	"secret" text,
	"redirect_uris" jsonb NOT NULL,
	"post_logout_redirect_uris" jsonb DEFAULT '[]'::jsonb NOT NULL,
	"backchannel_logout_uri" text,
	"server_name" text,
	"created_at" timestamp (3) with time zone NOT NULL
);
--> statement-breakpoint
CREATE TABLE "logout_deliveries" (
	"id" text PRIMARY KEY NOT NULL,
	"client_id" text NOT NULL,
	"sid" text NOT NULL,
	"subject" text NOT NULL,
	"attempts" integer DEFAULT 0 NOT NULL,
	"next_attempt_at" timestamp (3) with time zone,
	"delivered_at" timestamp (3) with time zone,
	"last_error" text,
	"created_at" timestamp (3) with time zone NOT NULL
);
--> statement-breakpoint
CREATE TABLE "oidc_refresh_tokens" (
	"hash" text PRIMARY KEY NOT NULL,
	"family" text NOT NULL,
	"client_id" text NOT NULL,
	"sid" text NOT NULL,
	"scope" text NOT NULL,
	"created_at" timestamp (3) with time zone NOT NULL,
	"expires_at" timestamp (3) with time zone NOT NULL,
	"used_at" timestamp (3) with time zone,
	"used_by" text,
	"revoked_at" timestamp (3) with time zone
);
--> statement-breakpoint
CREATE TABLE "revoked_access_tokens" (
	"jti" text PRIMARY KEY NOT NULL,
	"expires_at" timestamp (3) with time zone NOT NULL
);
--> statement-breakpoint
CREATE TABLE "signing_keys" (
	"kid" text PRIMARY KEY NOT NULL,
	"algorithm" text NOT NULL,
	"state" text NOT NULL,
	"public_jwk" jsonb NOT NULL,
	"private_jwk" text,
	"created_at" timestamp (3) with time zone NOT NULL,
	"activated_at" timestamp (3) with time zone,
	"retired_at" timestamp (3) with time zone
);
--> statement-breakpoint
CREATE TABLE "transactions" (
	"hash" text PRIMARY KEY NOT NULL,
	"client_id" text NOT NULL,
	"redirect_uri" text NOT NULL,
	"state" text,
	"nonce" text,
	"scope" text NOT NULL,
	"code_challenge" text NOT NULL,
	"response_mode" text DEFAULT 'query' NOT NULL,
	"force_tap" boolean NOT NULL,
	"max_age_seconds" integer,
	"acr_values" jsonb DEFAULT '[]'::jsonb NOT NULL,
	"expected_person_id" text,
	"login_hint" text,
	"browser_hash" text NOT NULL,
	"id_session_hash" text,
	"created_at" timestamp (3) with time zone NOT NULL,
	"expires_at" timestamp (3) with time zone NOT NULL
);
--> statement-breakpoint
CREATE TABLE "authenticator_models" (
	"aaguid" text PRIMARY KEY NOT NULL,
	"description" text NOT NULL,
	"entry" jsonb NOT NULL,
	"allowed" boolean DEFAULT true NOT NULL
);
--> statement-breakpoint
CREATE TABLE "ceremonies" (
	"id" text PRIMARY KEY NOT NULL,
	"kind" text NOT NULL,
	"challenge" "bytea" NOT NULL,
	"browser_hash" text NOT NULL,
	"person_id" text,
	"subject" text NOT NULL,
	"nonce" "bytea",
	"created_at" timestamp (3) with time zone NOT NULL,
	"expires_at" timestamp (3) with time zone NOT NULL
);
--> statement-breakpoint
CREATE TABLE "credentials" (
	"id" text PRIMARY KEY NOT NULL,
	"person_id" text NOT NULL,
	"webauthn_id" text NOT NULL,
	"name" text NOT NULL,
	"public_key" "bytea" NOT NULL,
	"sign_count" bigint NOT NULL,
	"transports" jsonb NOT NULL,
	"aaguid" text NOT NULL,
	"attestation_format" text NOT NULL,
	"backup_eligible" boolean NOT NULL,
	"policy" text NOT NULL,
	"acr" text NOT NULL,
	"discoverable" boolean NOT NULL,
	"attestation_object" "bytea" NOT NULL,
	"registration_client_data" "bytea" NOT NULL,
	"created_at" timestamp (3) with time zone NOT NULL,
	"last_used_at" timestamp (3) with time zone,
	"revoked_at" timestamp (3) with time zone,
	"revoked_reason" text,
	CONSTRAINT "credentials_webauthn_id_unique" UNIQUE("webauthn_id")
);
--> statement-breakpoint
CREATE TABLE "enrolment_tickets" (
	"hash" text PRIMARY KEY NOT NULL,
	"person_id" text,
	"kind" text NOT NULL,
	"created_by" text NOT NULL,
	"created_at" timestamp (3) with time zone NOT NULL,
	"expires_at" timestamp (3) with time zone NOT NULL,
	"redeemed_at" timestamp (3) with time zone
);
--> statement-breakpoint
CREATE TABLE "metadata_imports" (
	"number" integer PRIMARY KEY NOT NULL,
	"next_update" text NOT NULL,
	"imported_at" timestamp (3) with time zone NOT NULL,
	"entries" integer NOT NULL
);
--> statement-breakpoint
CREATE TABLE "people" (
	"id" text PRIMARY KEY NOT NULL,
	"username" text NOT NULL,
	"display_name" text NOT NULL,
	"role" text DEFAULT 'person' NOT NULL,
	"created_at" timestamp (3) with time zone NOT NULL,
	"suspended_at" timestamp (3) with time zone,
	CONSTRAINT "people_username_unique" UNIQUE("username")
);
--> statement-breakpoint
CREATE TABLE "device_positions" (
	"device_id" text NOT NULL,
	"position_hash" text NOT NULL,
	"delivered_at" timestamp (3) with time zone NOT NULL,
	"covers_until_ms" bigint NOT NULL,
	"generation" integer DEFAULT 0 NOT NULL
);
--> statement-breakpoint
CREATE TABLE "device_tokens" (
	"hash" text PRIMARY KEY NOT NULL,
	"device_id" text NOT NULL,
	"kind" text NOT NULL,
	"created_at" timestamp (3) with time zone NOT NULL,
	"expires_at" timestamp (3) with time zone NOT NULL,
	"used_at" timestamp (3) with time zone,
	"successor_hash" text,
	"repeated_at" timestamp (3) with time zone
);
--> statement-breakpoint
CREATE TABLE "devices" (
	"id" text PRIMARY KEY NOT NULL,
	"server_name" text NOT NULL,
	"user_id" text NOT NULL,
	"device_id" text NOT NULL,
	"person_id" text NOT NULL,
	"credential_id" text NOT NULL,
	"sid" text NOT NULL,
	"acr" text NOT NULL,
	"amr" jsonb NOT NULL,
	"auth_time" timestamp (3) with time zone NOT NULL,
	"homeserver_token" text,
	"display_name" text,
	"client" text NOT NULL,
	"network" text NOT NULL,
	"refreshes" boolean NOT NULL,
	"created_at" timestamp (3) with time zone NOT NULL,
	"last_active_at" timestamp (3) with time zone NOT NULL,
	"last_tap_at" timestamp (3) with time zone NOT NULL,
	"expires_at" timestamp (3) with time zone NOT NULL,
	"ended_at" timestamp (3) with time zone,
	"ended_reason" text,
	"upstream_logout_attempts" integer DEFAULT 0 NOT NULL,
	"upstream_logout_at" timestamp (3) with time zone,
	"first_sync_until" timestamp (3) with time zone
);
--> statement-breakpoint
CREATE TABLE "id_sessions" (
	"hash" text PRIMARY KEY NOT NULL,
	"person_id" text NOT NULL,
	"credential_id" text NOT NULL,
	"auth_time" timestamp (3) with time zone NOT NULL,
	"acr" text NOT NULL,
	"amr" jsonb NOT NULL,
	"network" text NOT NULL,
	"user_agent" text NOT NULL,
	"created_at" timestamp (3) with time zone NOT NULL,
	"expires_at" timestamp (3) with time zone NOT NULL,
	"ended_at" timestamp (3) with time zone
);
--> statement-breakpoint
CREATE TABLE "revocations" (
	"id" bigserial PRIMARY KEY NOT NULL,
	"kind" text NOT NULL,
	"subject" text NOT NULL,
	"reason" text NOT NULL,
	"at" timestamp (3) with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
CREATE TABLE "sids" (
	"id" text PRIMARY KEY NOT NULL,
	"person_id" text NOT NULL,
	"credential_id" text NOT NULL,
	"id_session_hash" text NOT NULL,
	"client_id" text NOT NULL,
	"auth_time" timestamp (3) with time zone NOT NULL,
	"acr" text NOT NULL,
	"amr" jsonb NOT NULL,
	"created_at" timestamp (3) with time zone NOT NULL,
	"ended_at" timestamp (3) with time zone
);
--> statement-breakpoint
ALTER TABLE "bindings" ADD CONSTRAINT "bindings_device_id_devices_id_fk" FOREIGN KEY ("device_id") REFERENCES "public"."devices"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "authorization_codes" ADD CONSTRAINT "authorization_codes_client_id_clients_client_id_fk" FOREIGN KEY ("client_id") REFERENCES "public"."clients"("client_id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "authorization_codes" ADD CONSTRAINT "authorization_codes_sid_sids_id_fk" FOREIGN KEY ("sid") REFERENCES "public"."sids"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "logout_deliveries" ADD CONSTRAINT "logout_deliveries_client_id_clients_client_id_fk" FOREIGN KEY ("client_id") REFERENCES "public"."clients"("client_id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "oidc_refresh_tokens" ADD CONSTRAINT "oidc_refresh_tokens_client_id_clients_client_id_fk" FOREIGN KEY ("client_id") REFERENCES "public"."clients"("client_id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "oidc_refresh_tokens" ADD CONSTRAINT "oidc_refresh_tokens_sid_sids_id_fk" FOREIGN KEY ("sid") REFERENCES "public"."sids"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "transactions" ADD CONSTRAINT "transactions_client_id_clients_client_id_fk" FOREIGN KEY ("client_id") REFERENCES "public"."clients"("client_id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "transactions" ADD CONSTRAINT "transactions_expected_person_id_people_id_fk" FOREIGN KEY ("expected_person_id") REFERENCES "public"."people"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "ceremonies" ADD CONSTRAINT "ceremonies_person_id_people_id_fk" FOREIGN KEY ("person_id") REFERENCES "public"."people"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "credentials" ADD CONSTRAINT "credentials_person_id_people_id_fk" FOREIGN KEY ("person_id") REFERENCES "public"."people"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "enrolment_tickets" ADD CONSTRAINT "enrolment_tickets_person_id_people_id_fk" FOREIGN KEY ("person_id") REFERENCES "public"."people"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "device_tokens" ADD CONSTRAINT "device_tokens_device_id_devices_id_fk" FOREIGN KEY ("device_id") REFERENCES "public"."devices"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "devices" ADD CONSTRAINT "devices_person_id_people_id_fk" FOREIGN KEY ("person_id") REFERENCES "public"."people"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "devices" ADD CONSTRAINT "devices_credential_id_credentials_id_fk" FOREIGN KEY ("credential_id") REFERENCES "public"."credentials"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "devices" ADD CONSTRAINT "devices_sid_sids_id_fk" FOREIGN KEY ("sid") REFERENCES "public"."sids"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "id_sessions" ADD CONSTRAINT "id_sessions_person_id_people_id_fk" FOREIGN KEY ("person_id") REFERENCES "public"."people"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "id_sessions" ADD CONSTRAINT "id_sessions_credential_id_credentials_id_fk" FOREIGN KEY ("credential_id") REFERENCES "public"."credentials"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "sids" ADD CONSTRAINT "sids_person_id_people_id_fk" FOREIGN KEY ("person_id") REFERENCES "public"."people"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "sids" ADD CONSTRAINT "sids_credential_id_credentials_id_fk" FOREIGN KEY ("credential_id") REFERENCES "public"."credentials"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "audit_entries_subject" ON "audit_entries" USING btree ("subject");--> statement-breakpoint
CREATE INDEX "bindings_expiry" ON "bindings" USING btree ("expires_at");--> statement-breakpoint
CREATE INDEX "allowances_device" ON "allowances" USING btree ("device_id");--> statement-breakpoint
CREATE INDEX "approvals_person" ON "approvals" USING btree ("person_id","state");--> statement-breakpoint
CREATE UNIQUE INDEX "approvals_one_pending" ON "approvals" USING btree ("merge_key") WHERE state = 'pending';--> statement-breakpoint
CREATE INDEX "charged_events_device" ON "charged_events" USING btree ("device_id","charged_at");--> statement-breakpoint
CREATE INDEX "reservations_person" ON "reservations" USING btree ("server_name","person_id");--> statement-breakpoint
CREATE INDEX "reservations_deadline" ON "reservations" USING btree ("deadline");--> statement-breakpoint
CREATE INDEX "authorization_codes_expiry" ON "authorization_codes" USING btree ("expires_at");--> statement-breakpoint
CREATE INDEX "authorization_codes_sid" ON "authorization_codes" USING btree ("sid");--> statement-breakpoint
CREATE INDEX "logout_deliveries_due" ON "logout_deliveries" USING btree ("next_attempt_at");--> statement-breakpoint
CREATE INDEX "oidc_refresh_tokens_family" ON "oidc_refresh_tokens" USING btree ("family");--> statement-breakpoint
CREATE INDEX "oidc_refresh_tokens_sid" ON "oidc_refresh_tokens" USING btree ("sid");--> statement-breakpoint
CREATE INDEX "oidc_refresh_tokens_expiry" ON "oidc_refresh_tokens" USING btree ("expires_at");--> statement-breakpoint
CREATE INDEX "revoked_access_tokens_expiry" ON "revoked_access_tokens" USING btree ("expires_at");--> statement-breakpoint
CREATE UNIQUE INDEX "signing_keys_one_a_state" ON "signing_keys" USING btree ("algorithm","state") WHERE state <> 'retired';--> statement-breakpoint
CREATE INDEX "transactions_expiry" ON "transactions" USING btree ("expires_at");--> statement-breakpoint
CREATE INDEX "ceremonies_expiry" ON "ceremonies" USING btree ("expires_at");--> statement-breakpoint
CREATE INDEX "ceremonies_subject" ON "ceremonies" USING btree ("subject");--> statement-breakpoint
CREATE INDEX "credentials_person" ON "credentials" USING btree ("person_id");--> statement-breakpoint
CREATE UNIQUE INDEX "metadata_imports_number" ON "metadata_imports" USING btree ("number");--> statement-breakpoint
CREATE UNIQUE INDEX "device_positions_key" ON "device_positions" USING btree ("device_id","position_hash");--> statement-breakpoint
CREATE INDEX "device_tokens_device" ON "device_tokens" USING btree ("device_id");--> statement-breakpoint
CREATE UNIQUE INDEX "devices_live" ON "devices" USING btree ("server_name","user_id","device_id","id");--> statement-breakpoint
CREATE INDEX "devices_person" ON "devices" USING btree ("person_id");--> statement-breakpoint
CREATE INDEX "devices_credential" ON "devices" USING btree ("credential_id");--> statement-breakpoint
CREATE INDEX "devices_sid" ON "devices" USING btree ("sid");--> statement-breakpoint
CREATE INDEX "id_sessions_person" ON "id_sessions" USING btree ("person_id");--> statement-breakpoint
CREATE INDEX "id_sessions_expiry" ON "id_sessions" USING btree ("expires_at");--> statement-breakpoint
CREATE INDEX "revocations_at" ON "revocations" USING btree ("at");--> statement-breakpoint
CREATE INDEX "sids_person" ON "sids" USING btree ("person_id");--> statement-breakpoint
CREATE INDEX "sids_credential" ON "sids" USING btree ("credential_id");--> statement-breakpoint
CREATE INDEX "sids_id_session" ON "sids" USING btree ("id_session_hash");--> statement-breakpoint
CREATE INDEX "sids_created" ON "sids" USING btree ("created_at");
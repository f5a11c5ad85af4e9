DROP INDEX "audit_entries_at";--> statement-breakpoint
DROP INDEX "audit_entries_actor";--> statement-breakpoint
DROP INDEX "credentials_model";--> statement-breakpoint
CREATE INDEX "audit_entries_thousand" ON "audit_entries" USING btree (("sequence" / 1000),"at");--> statement-breakpoint
CREATE INDEX "credentials_serial" ON "credentials" USING btree ("serial") WHERE serial IS NOT NULL;--> statement-breakpoint
CREATE INDEX "credentials_used" ON "credentials" USING btree ("last_used_at","created_at") WHERE revoked_at IS NULL AND kind <> 'temporary-pass';--> statement-breakpoint
CREATE INDEX "credentials_revoked" ON "credentials" USING btree ("person_id") WHERE revoked_at IS NOT NULL AND kind <> 'temporary-pass';--> statement-breakpoint
CREATE INDEX "people_search" ON "people" USING btree ("username","search","suspended_at","role","id") WHERE deleted_at IS NULL;--> statement-breakpoint
CREATE INDEX "people_active" ON "people" USING btree ("id") WHERE deleted_at IS NULL AND suspended_at IS NULL;--> statement-breakpoint
CREATE INDEX "people_suspended" ON "people" USING btree ("username") WHERE suspended_at IS NOT NULL AND deleted_at IS NULL;--> statement-breakpoint
CREATE INDEX "people_deleted" ON "people" USING btree ("username") WHERE deleted_at IS NOT NULL;--> statement-breakpoint
CREATE INDEX "people_username_begins" ON "people" USING btree ("username" text_pattern_ops);--> statement-breakpoint
CREATE INDEX "people_name_begins" ON "people" USING btree (lower("display_name") text_pattern_ops);--> statement-breakpoint
CREATE INDEX "devices_client" ON "devices" USING btree ("client");--> statement-breakpoint
CREATE INDEX "devices_live_person" ON "devices" USING btree ("person_id") WHERE ended_at IS NULL;--> statement-breakpoint
CREATE INDEX "id_sessions_network" ON "id_sessions" USING btree ("network","created_at","hash");--> statement-breakpoint
CREATE INDEX "id_sessions_client" ON "id_sessions" USING btree ("user_agent");--> statement-breakpoint
CREATE INDEX "audit_entries_actor" ON "audit_entries" USING btree ("actor" text_pattern_ops,"sequence");--> statement-breakpoint
CREATE INDEX "credentials_model" ON "credentials" USING btree ("aaguid","acr") WHERE revoked_at IS NULL AND kind <> 'temporary-pass';--> statement-breakpoint
-- Half of each page is left free for the one change that every row of these sees: its end, and then nothing is written to their indexes.
-- None of those may be on when it ended. Ending a hundred thousand people takes a second here that way, and fifteen otherwise.
ALTER TABLE "sids" SET (fillfactor = 50);--> statement-breakpoint
ALTER TABLE "id_sessions" SET (fillfactor = 50);

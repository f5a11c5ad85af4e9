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
ALTER TABLE "credentials" ADD COLUMN "last_used_network" text;--> statement-breakpoint
ALTER TABLE "credentials" ADD COLUMN "last_used_client" text;--> statement-breakpoint
ALTER TABLE "credentials" ADD COLUMN "version" integer DEFAULT 1 NOT NULL;--> statement-breakpoint
ALTER TABLE "metadata_imports" ADD COLUMN "new_allowed" boolean;--> statement-breakpoint
ALTER TABLE "group_key_policies" ADD CONSTRAINT "group_key_policies_group_id_groups_id_fk" FOREIGN KEY ("group_id") REFERENCES "public"."groups"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "metadata_uploads_at" ON "metadata_uploads" USING btree ("uploaded_at");--> statement-breakpoint
CREATE INDEX "credentials_model" ON "credentials" USING btree ("aaguid");--> statement-breakpoint
CREATE INDEX "credentials_revoked_reason" ON "credentials" USING btree ("revoked_reason") WHERE revoked_reason IS NOT NULL;--> statement-breakpoint
CREATE INDEX "people_modified" ON "people" USING btree ("modified_at");--> statement-breakpoint
-- The version of a person or a group moves with every change, whoever writes it: an edit, an ETag, names the version that it was made of.
CREATE FUNCTION palier_modified() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  NEW.modified_at := clock_timestamp();
  IF NEW.version = OLD.version THEN NEW.version := OLD.version + 1; END IF;
  RETURN NEW;
END $$;--> statement-breakpoint
CREATE TRIGGER people_modified BEFORE UPDATE ON people FOR EACH ROW EXECUTE FUNCTION palier_modified();--> statement-breakpoint
CREATE TRIGGER groups_modified BEFORE UPDATE ON groups FOR EACH ROW EXECUTE FUNCTION palier_modified();--> statement-breakpoint
-- A change of members is one of the group. In the order of their ids, so that two who change several do not wait for each other.
CREATE FUNCTION palier_members_modified() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM 1 FROM groups WHERE id IN (SELECT group_id FROM changed) ORDER BY id FOR NO KEY UPDATE;
  UPDATE groups SET modified_at = clock_timestamp() WHERE id IN (SELECT group_id FROM changed);
  RETURN NULL;
END $$;--> statement-breakpoint
CREATE TRIGGER group_members_added AFTER INSERT ON group_members REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION palier_members_modified();--> statement-breakpoint
CREATE TRIGGER group_members_removed AFTER DELETE ON group_members REFERENCING OLD TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION palier_members_modified();

-- What the database itself keeps, whoever writes. Hand-written: drizzle-kit generates tables only.

-- The one place that decides whether an owner may be lost: whatever changes a person or a key, by whatever way, comes through here.
-- An owner counts while they are neither suspended nor deleted and have a key that is not revoked; a temporary pass is no key.
-- Changes to owners take turns, and each statement of a function sees what the turn before committed (READ COMMITTED).
CREATE FUNCTION "palier_keep_an_owner"() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  subject text;
  had_key boolean;
BEGIN
  PERFORM pg_advisory_xact_lock(hashtextextended('palier owners', 0));
  -- Set by `palier admin recover`, for its own transaction: it leaves a link instead.
  IF current_setting('palier.recovering', true) = 'on' THEN RETURN NULL; END IF;
  IF TG_TABLE_NAME = 'people' THEN
    subject := OLD.id;
    had_key := EXISTS (SELECT 1 FROM credentials c
      WHERE c.person_id = subject AND c.revoked_at IS NULL AND c.kind <> 'temporary-pass');
  ELSE
    subject := OLD.person_id;
    IF NOT EXISTS (SELECT 1 FROM people p
      WHERE p.id = subject AND p.role = 'owner' AND p.suspended_at IS NULL AND p.deleted_at IS NULL) THEN RETURN NULL; END IF;
    IF EXISTS (SELECT 1 FROM credentials c
      WHERE c.person_id = subject AND c.revoked_at IS NULL AND c.kind <> 'temporary-pass') THEN RETURN NULL; END IF;
    had_key := true;
  END IF;
  -- An owner without a key is no loss while another is left, with a key or still without.
  IF EXISTS (SELECT 1 FROM people p
    WHERE p.id <> subject AND p.role = 'owner' AND p.suspended_at IS NULL AND p.deleted_at IS NULL
      AND (NOT had_key OR EXISTS (SELECT 1 FROM credentials c
        WHERE c.person_id = p.id AND c.revoked_at IS NULL AND c.kind <> 'temporary-pass'))) THEN RETURN NULL; END IF;
  RAISE EXCEPTION 'this would leave no owner who can sign in: make another one first, or run palier admin recover'
    USING ERRCODE = 'PL001';
END $$;--> statement-breakpoint
CREATE TRIGGER "people_keep_an_owner" AFTER UPDATE ON "people" FOR EACH ROW
  WHEN (OLD.role = 'owner' AND OLD.suspended_at IS NULL AND OLD.deleted_at IS NULL
    AND (NEW.role <> 'owner' OR NEW.suspended_at IS NOT NULL OR NEW.deleted_at IS NOT NULL))
  EXECUTE FUNCTION "palier_keep_an_owner"();--> statement-breakpoint
CREATE TRIGGER "credentials_keep_an_owner" AFTER UPDATE ON "credentials" FOR EACH ROW
  WHEN (OLD.revoked_at IS NULL AND NEW.revoked_at IS NOT NULL AND OLD.kind <> 'temporary-pass')
  EXECUTE FUNCTION "palier_keep_an_owner"();--> statement-breakpoint
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
CREATE TRIGGER group_members_removed AFTER DELETE ON group_members REFERENCING OLD TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION palier_members_modified();--> statement-breakpoint
-- Versions are added and never changed or taken away: what was in force when stays known.
CREATE FUNCTION "palier_policy_append_only"() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'policy versions are append-only';
END $$;--> statement-breakpoint
CREATE TRIGGER "policy_versions_append_only" BEFORE UPDATE OR DELETE ON "policy_versions"
  FOR EACH STATEMENT EXECUTE FUNCTION "palier_policy_append_only"();--> statement-breakpoint
-- Where the audit chain stands, once the chain's lock is held until the end of the transaction: one round trip while everybody else waits.
-- The second statement sees what the lock's last holder committed: in READ COMMITTED each takes a snapshot of its own.
CREATE FUNCTION palier_audit_head() RETURNS TABLE (sequence bigint, hash text) LANGUAGE plpgsql AS $$
BEGIN
  -- 'audit' read as a number.
  PERFORM pg_advisory_xact_lock(418581342580);
  RETURN QUERY SELECT e.sequence, e.hash FROM audit_entries e ORDER BY e.sequence DESC LIMIT 1;
END $$;

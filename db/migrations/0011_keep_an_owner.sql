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
-- How text is compared when somebody searches: small letters, without the accents of French and its neighbours.
CREATE FUNCTION "palier_fold"("said" text) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE RETURNS NULL ON NULL INPUT AS $$
  SELECT translate(lower(said), 'àáâãäåçèéêëìíîïñòóôõöùúûüýÿ’', 'aaaaaaceeeeiiiinooooouuuuyy''')
$$;

-- Where the audit chain stands, once the chain's lock is held until the end of the transaction: one round trip while everybody else waits.
-- The second statement sees what the lock's last holder committed: in READ COMMITTED each takes a snapshot of its own.
CREATE FUNCTION palier_audit_head() RETURNS TABLE (sequence bigint, hash text) LANGUAGE plpgsql AS $$
BEGIN
  -- 'audit' read as a number.
  PERFORM pg_advisory_xact_lock(418581342580);
  RETURN QUERY SELECT e.sequence, e.hash FROM audit_entries e ORDER BY e.sequence DESC LIMIT 1;
END $$;

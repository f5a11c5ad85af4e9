// An organisation of a hundred thousand people, put into a database as enrolment, sign-in and imports leave them.
import type { Sql } from '../../db/client.ts'

export const PEOPLE = 100_000

/** Half have two keys, a third one, the others none; each is in one group of two hundred and everybody in one more; each key signed in one device. */
export async function fillOrganisation(sql: Sql): Promise<void> {
  await sql`
    INSERT INTO people (id, username, display_name, email, role, created_at, suspended_at)
    SELECT 'per_bench' || n, 'agent' || lpad(n::text, 6, '0'),
      (ARRAY['Hélène','Zoé','Émile','Anne','Luc','Inès','Paul','Noël'])[1 + n % 8] || ' ' ||
      (ARRAY['Durand','Lefèvre','Müller','Petit','Moreau','Garçon','Le Goff'])[1 + n % 7] || ' ' || n,
      'agent' || n || '@example.org',
      CASE WHEN n % 1000 = 7 THEN 'enroller' ELSE 'person' END, now(), CASE WHEN n % 50 = 0 THEN now() END
    FROM generate_series(1, ${PEOPLE}) n`
  await sql`
    INSERT INTO credentials (id, person_id, webauthn_id, name, public_key, sign_count, transports, aaguid, attestation_format,
      backup_eligible, policy, acr, discoverable, attestation_object, registration_client_data, created_at)
    SELECT 'key_bench' || n || '_' || k, 'per_bench' || n, 'bench' || n || '_' || k, 'Key', '\\x00', 0, '[]', '', 'none',
      false, 'any', 'phr', true, '\\x00', '\\x00', now()
    FROM generate_series(1, ${PEOPLE}) n, generate_series(1, 2) k WHERE n % 6 < 3 OR (k = 1 AND n % 6 < 5)`
  await sql`
    INSERT INTO groups (id, display_name, created_at)
    SELECT 'grp_bench' || g, CASE g WHEN 0 THEN 'Tout le monde' ELSE 'Service ' || g END, now() FROM generate_series(0, 200) g`
  await sql`
    INSERT INTO group_members (group_id, person_id, added_at)
    SELECT 'grp_bench' || g, 'per_bench' || n, now() FROM generate_series(1, ${PEOPLE}) n, LATERAL (VALUES (0), (1 + n % 200)) AS in_group (g)`
  await sql`
    INSERT INTO sids (id, client_id, person_id, id_session_hash, credential_id, auth_time, acr, amr, created_at)
    SELECT 'sid_' || id, 'hs', person_id, 'bench', id, now(), 'phr', '["hwk"]', now() FROM credentials`
  await sql`
    INSERT INTO devices (id, sid, device_id, server_name, user_id, person_id, client, network, credential_id, auth_time, acr, amr,
      refreshes, created_at, last_active_at, last_tap_at, expires_at)
    SELECT 'dev_' || s.id, s.id, 'DEV' || s.id, 'example.org', '@' || p.username || ':example.org', p.id, 'Element', '192.0.2.0/24',
      s.credential_id, now(), 'phr', '["hwk"]', false, now(), now(), now(), now() + interval '12 hours'
    FROM sids s JOIN people p ON p.id = s.person_id`
  for (const table of ['people', 'credentials', 'groups', 'group_members', 'sids', 'devices'])
    await sql.unsafe(`VACUUM ANALYZE ${table}`)
}

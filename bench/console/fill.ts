// An organisation of a hundred thousand people, put into a database as enrolment, sign-in and imports leave them.
import type { Sql } from '../../db/client.ts'

export const PEOPLE = 100_000

/** The id of the n-th person. */
export const personId = (n: number): string => `per_${String(n).padStart(22, 'b')}`

/** The same in SQL. */
const PERSON = `'per_' || lpad(n::text, 22, 'b')`

/**
 * 150,000 keys: two in three have two, one in six has one, the others none; one in a hundred was revoked besides. Each is in one group of
 * two hundred and everybody in one more. 200,000 devices: one for each key, and a second for one in three.
 */
export async function fillOrganisation(sql: Sql): Promise<void> {
  await fillPeople(sql)
  await fillKeys(sql)
  await fillGroups(sql)
  await fillDevices(sql)
}

async function fillPeople(sql: Sql): Promise<void> {
  await sql.unsafe(`
    INSERT INTO people (id, username, display_name, email, role, created_at, suspended_at, deleted_at)
    SELECT ${PERSON}, 'agent' || lpad(n::text, 6, '0'),
      (ARRAY['Hélène','Zoé','Émile','Anne','Luc','Inès','Paul','Noël'])[1 + n % 8] || ' ' ||
      (ARRAY['Durand','Lefèvre','Müller','Petit','Moreau','Garçon','Le Goff'])[1 + n % 7] || ' ' || n,
      'agent' || n || '@example.org', CASE WHEN n % 1000 = 7 THEN 'enroller' ELSE 'person' END, now() - interval '3 years',
      CASE WHEN n % 50 = 0 THEN now() END, CASE WHEN n % 500 = 0 THEN now() END
    FROM generate_series(1, ${PEOPLE}) n`)
}

// One in ten was never used, one in five hundred not for more than a year. One in three is of a model that is proved, one in nine is built in.
async function fillKeys(sql: Sql): Promise<void> {
  await sql.unsafe(`
    INSERT INTO credentials (id, person_id, webauthn_id, name, serial, kind, public_key, sign_count, transports, aaguid, attestation_format,
      backup_eligible, policy, acr, discoverable, attestation_object, registration_client_data, created_at, last_used_at, revoked_at,
      revoked_reason)
    SELECT 'key_bench' || n || '_' || k, ${PERSON}, 'bench' || n || '_' || k, 'Key', CASE WHEN n % 3 = 0 THEN 'S' || n || k END,
      CASE WHEN k = 2 AND n % 6 = 1 THEN 'platform' ELSE 'security-key' END, decode(repeat('00', 77), 'hex'), 0, '["usb","nfc"]',
      '0000000' || n % 5 || '-0000-4000-8000-000000000000', CASE WHEN n % 3 = 0 THEN 'packed' ELSE 'none' END, false, 'any',
      CASE WHEN n % 3 = 0 THEN 'phrh' ELSE 'phr' END, true, decode(repeat('00', 900), 'hex'), decode(repeat('00', 120), 'hex'),
      now() - interval '2 years',
      CASE WHEN n % 10 = 4 THEN NULL WHEN n % 500 = 3 THEN now() - interval '400 days' ELSE now() - n % 300 * interval '1 day' END,
      CASE WHEN k = 3 THEN now() - n % 300 * interval '1 day' END,
      CASE WHEN k = 3 THEN CASE WHEN n % 500 = 1 THEN 'model-compromised' ELSE 'lost' END END
    FROM generate_series(1, ${PEOPLE}) n, generate_series(1, 3) k
    WHERE n % 500 <> 0 AND ((k < 3 AND n % 6 < 4) OR (k = 1 AND n % 6 = 4) OR (k = 3 AND n % 100 = 1))`)
}

async function fillGroups(sql: Sql): Promise<void> {
  await sql.unsafe(`
    INSERT INTO groups (id, display_name, created_at)
    SELECT 'grp_bench' || g, CASE g WHEN 0 THEN 'Tout le monde' ELSE 'Service ' || g END, now() FROM generate_series(0, 200) g`)
  await sql.unsafe(`
    INSERT INTO group_members (group_id, person_id, added_at)
    SELECT 'grp_bench' || g, ${PERSON}, now() FROM generate_series(1, ${PEOPLE}) n, LATERAL (VALUES (0), (1 + n % 200)) AS in_group (g)
    WHERE n % 500 <> 0`)
  // Hardly any key of everybody's is below what is asked of everybody: each has to be looked at.
  await sql.unsafe(`
    INSERT INTO group_key_policies (group_id, policy, aaguids, platform_allowed, min_keys, updated_at)
    VALUES ('grp_bench0', 'device-bound', NULL, true, 1, now()), ('grp_bench3', 'attested', NULL, false, 2, now())`)
}

async function fillDevices(sql: Sql): Promise<void> {
  await sql.unsafe(`
    INSERT INTO clients (client_id, name, redirect_uris, backchannel_logout_uri, created_at)
    VALUES ('hs', 'Homeserver', '[]', 'http://127.0.0.1:9/logout', now())`)
  await sql.unsafe(`
    INSERT INTO id_sessions (hash, person_id, credential_id, auth_time, acr, amr, network, user_agent, created_at, expires_at)
    SELECT 'ids_' || c.id, c.person_id, c.id, now(), 'phr', '["hwk"]', '10.' || n % 200 || '.0.0/24', 'Mozilla/5.0 (' || n % 300 || ')',
      now() - n * interval '100 milliseconds', now() + interval '12 hours'
    FROM (SELECT id, person_id, row_number() OVER (ORDER BY webauthn_id COLLATE "C" DESC) AS n FROM credentials WHERE revoked_at IS NULL) c`)
  await sql.unsafe(`
    INSERT INTO sids (id, client_id, person_id, id_session_hash, credential_id, auth_time, acr, amr, created_at)
    SELECT 'sid_' || d || c.id, 'hs', person_id, 'ids_' || c.id, c.id, now(), 'phr', '["hwk"]', now()
    FROM credentials c, generate_series(1, 2) d WHERE revoked_at IS NULL AND (d = 1 OR hashtext(c.id) % 3 = 0)`)
  await sql.unsafe(`
    INSERT INTO devices (id, sid, device_id, server_name, user_id, person_id, client, network, credential_id, auth_time, acr, amr,
      homeserver_token, refreshes, created_at, last_active_at, last_tap_at, expires_at)
    SELECT 'dev_' || s.id, s.id, 'DEV' || s.id, 'example.org', '@' || p.username || ':example.org', p.id,
      'Element/1.' || s.n % 60 || ' (' || s.n % 9 || ')', '10.' || s.n % 200 || '.0.0/24', s.credential_id, now(), 'phr', '["hwk"]',
      decode(repeat('00', 80), 'hex'), true, now() - s.n * interval '100 milliseconds', now(), now(), now() + interval '12 hours'
    FROM (SELECT *, row_number() OVER (ORDER BY id COLLATE "C" DESC) AS n FROM sids) s JOIN people p ON p.id = s.person_id`)
  await sql.unsafe(`
    INSERT INTO device_tokens (hash, device_id, kind, created_at, expires_at)
    SELECT md5(id || kind) || md5(kind || id), id, kind, now(), now() + interval '12 hours'
    FROM devices, LATERAL (VALUES ('access'), ('refresh')) AS of_kind (kind)`)
}

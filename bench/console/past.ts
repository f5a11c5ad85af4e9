// What a year leaves behind in an organisation of a hundred thousand: the audit log, what was read, prompts, alerts, incidents, acts, tokens.
import type { Sql } from '../../db/client.ts'
import { policyForDatabase, ringOf } from '../../server/metering/layout.ts'
import { defaultPolicy, type RingMeter } from '../../server/policy/defaults.ts'
import { PEOPLE } from './fill.ts'

export const AUDIT_ENTRIES = 1_000_000
const READ_LINES = 1_000_000
const PROMPTS = 200_000

const PERSON = `'per_' || lpad(n::text, 22, 'b')`
const someone = (n: string) => `'per_' || lpad((1 + ${n} % ${PEOPLE})::text, 22, 'b')`

/** Of each kind as much as a busy year. Of the audit log the first two thousandths are of the days of setting up, and of nothing after. */
export async function fillPast(sql: Sql): Promise<void> {
  await sql.unsafe(`
    INSERT INTO audit_entries (sequence, at, action, actor, subject, detail, previous_hash, hash)
    SELECT n, now() - (${AUDIT_ENTRIES} - n) * interval '31 seconds',
      CASE WHEN n <= ${AUDIT_ENTRIES / 500} THEN 'set-up.' || n % 3
        ELSE (ARRAY['session.ended','approval.approved','person.created','key.enrolled','alert.handled','session.began','approval.denied',
          'group.member-added','device.bound','token.used'])[1 + n % 10] END,
      CASE WHEN n <= ${AUDIT_ENTRIES / 500} THEN 'cli' WHEN n % 2 = 0 THEN 'system' WHEN n % 97 = 0 THEN ${someone('n')} || '/tok_bench' || n % 5
        ELSE ${someone('(n * 7919::bigint)')} END,
      ${someone('(n * 104729::bigint)')}, '{"reason":"bench","network":"10.0.0.0/24","devices":["dev_bench"]}', md5((n - 1)::text) || md5(n::text),
      md5(n::text) || md5((n + 1)::text)
    FROM generate_series(1, ${AUDIT_ENTRIES}) n`)
  await fillReading(sql)
  await fillMeters(sql)
  await fillPrompts(sql)
  await fillDesk(sql)
}

// A tenth of it within the last hour: everybody reads.
async function fillReading(sql: Sql): Promise<void> {
  await sql.unsafe(`SELECT palier_readings_make(((now() AT TIME ZONE 'UTC') - interval '29 days')::date, 30)`)
  await sql.unsafe(`
    INSERT INTO readings (at, server_name, person_id, device_id, network, client, route, decision, reason, meter, policy_version, answers,
      parts, rooms_total, live, state, withheld)
    SELECT now() - CASE WHEN n % 10 = 0 THEN n * interval '3.5 milliseconds' ELSE n * interval '2.5 seconds' END, 'example.org',
      ${someone('(n * 7919::bigint)')}, 'dev_bench', '10.0.0.0/24', 'Element/1.1', 'messages', 'released', 'within', 'archive', 1, 1,
      '[{"r":"room","u":{"archive":20}}]', 1, 0, 0, 0
    FROM generate_series(1, ${READ_LINES}) n`)
  await sql.unsafe(`
    INSERT INTO reading_totals (width, at, meter, decision, answers, units, withheld)
    SELECT width, date_trunc('minute', now()) - n * width * interval '1 second', meter, decision, 100, 1000, 0
    FROM (VALUES (60, 20160), (3600, 9000)) w (width, rows), LATERAL generate_series(1, w.rows) n,
      (VALUES ('archive'), ('catch-up'), ('state'), ('media-bytes')) m (meter), (VALUES ('released'), ('withheld')) d (decision)`)
}

// Everybody has used some of each meter.
async function fillMeters(sql: Sql): Promise<void> {
  const { layouts } = policyForDatabase(defaultPolicy)
  for (const meter of [
    'archive',
    'catch-up',
    'live',
    'state',
    'media-bytes',
    'media-files',
  ] as const satisfies RingMeter[]) {
    const rings = defaultPolicy.windows[meter].map(ringOf)
    const columns = rings.flatMap((_, at) =>
      ['width', 'size', 'newest', 'tail', 'total'].map((name) => `${name}${at + 1}`),
    )
    const values = rings.flatMap(({ width, size, limit }) => {
      const used = `${limit} * (n * 7919::bigint % 1000) / 1000`
      return [width, size, `extract(epoch FROM now())::bigint / ${width}`, used, used]
    })
    await sql.unsafe(`
      INSERT INTO meters (server_name, person_id, device_id, meter, layout, ${columns.join(', ')})
      SELECT 'example.org', ${PERSON}, '', '${meter}', '${layouts[meter]}', ${values.join(', ')} FROM generate_series(1, ${PEOPLE}) n`)
  }
}

async function fillPrompts(sql: Sql): Promise<void> {
  await sql.unsafe(`
    INSERT INTO approvals (hash, sealed_token, state, server_name, person_id, device_id, network, client, intent, merge_key, created_at,
      expires_at, decided_at, decided_by, receipt)
    SELECT md5(n::text) || substr(md5((n + 1)::text), 1, 11), '\\x00',
      CASE WHEN n <= 100 THEN 'pending' WHEN n % 8 = 0 THEN 'denied' ELSE 'approved' END, 'example.org', ${someone('(n * 7919::bigint)')}, 'dev_bench',
      '10.0.0.0/24', 'Element/1.1', '{"amounts":[{"meter":"archive","units":2000}],"rooms":[{"id":"!a:example.org","name":null}]}', 'bench' || n,
      now() - n * interval '60 seconds', now() - n * interval '60 seconds' + interval '2 hours',
      CASE WHEN n > 100 THEN now() - n * interval '59 seconds' END, CASE WHEN n > 100 THEN ${someone('(n * 7919::bigint)')} END,
      CASE WHEN n > 100 AND n % 8 <> 0 THEN jsonb_build_object('intent', repeat('x', 600)) END
    FROM generate_series(1, ${PROMPTS}) n`)
}

async function fillDesk(sql: Sql): Promise<void> {
  await sql.unsafe(`
    INSERT INTO alerts (id, kind, action, server_name, person_id, device_id, explanation, evidence, raised_at, state, handled_at)
    SELECT 'alr_bench' || n, CASE WHEN n > 49000 THEN 'rare' ELSE 'kind-' || n % 6 END, 'alert', 'example.org', ${someone('(n * 7919::bigint)')}, NULL,
      '{"fr":"Beaucoup en peu de temps","en":"Much in a short time"}', '{"events":100}', now() - n * interval '5 minutes',
      CASE WHEN n % 10 = 0 THEN 'open' ELSE 'handled' END, CASE WHEN n % 10 <> 0 THEN now() END
    FROM generate_series(1, 50000) n`)
  await sql.unsafe(`
    INSERT INTO incidents (id, server_name, person_id, device_id, reason, consumed, created_at)
    SELECT 'inc_bench' || n, 'example.org', d.person_id, d.id, CASE WHEN n > 19000 THEN 'not-me' ELSE 'revoked' END, '{"archive":500}',
      now() - n * interval '20 minutes'
    FROM (SELECT id, person_id, row_number() OVER () AS n FROM devices LIMIT 20000) d`)
  await sql.unsafe(`
    INSERT INTO acts (id, verb, state, intent, requested_by, created_at, expires_at)
    SELECT 'act_' || lpad(n::text, 22, 'b'), 'people.delete', CASE WHEN n % 400 = 0 THEN 'awaiting-second' ELSE 'done' END,
      '{"v":1,"typ":"console-act","jti":"act_x","iss":"http://localhost:8080","server_name":"example.org","verb":"people.delete","input":{"id":"x"},' ||
        '"concerns":null,"reason":"left","asked_by":{"person":"per_x","username":"x"},"iat":1,"exp":2}', ${PERSON}, now() - n * interval '1 hour', now() + interval '1 day'
    FROM generate_series(1, 5000) n`)
  await sql.unsafe(`
    INSERT INTO api_tokens (id, hash, person_id, name, permissions, created_at, expires_at)
    SELECT 'tok_bench' || n, 'bench' || n, 'per_' || lpad((n % 100 * 1000 + 7)::text, 22, 'b'), 'bench', '["people.read"]', now() - n * interval '1 hour',
      now() + interval '1 day'
    FROM generate_series(1, 5000) n`)
}
